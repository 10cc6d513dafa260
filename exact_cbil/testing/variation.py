"""An earlier question with one thing changed: what a learner that keeps too much takes for it.

A memory that leaves out a part of the question answers a question rightly until one comes that
differs from an earlier one in that part alone. So there is a variation for each part.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from typing import Any

from exact_cbil.environment import silent
from exact_cbil.history import History, Rule, Step
from exact_cbil.learner import imitator_step
from exact_cbil.model import Model
from exact_cbil.policy import MoorePolicy
from exact_cbil.semimeasure import Semimeasure
from exact_cbil.testing.axes import Choose, one_of
from exact_cbil.testing.drawing import altered
from exact_cbil.testing.questions import Question

__all__ = ["VARIATIONS", "varied"]

ALPHAS = tuple(map(Fraction, ("1/2", "1/3", "1/7", "2/3", "1")))


TRIES = 4
"""Changes that are tried, for one that changes the answer."""


def varied(question: Question, choose: Choose) -> Question:
    """The question with one thing changed, such that the answer changes too, or the same again."""
    model, history = question.model, question.history
    before = imitator_step(model, history)
    for _ in range(TRIES):
        change = one_of(VARIATIONS, choose)
        made = change(model, history, choose)
        if change is _same or imitator_step(*made) != before:
            break
    return altered(question, *made)


Varied = tuple[Model, History]
Variation = Callable[[Model, History, Choose], Varied]


# -- the history ----------------------------------------------------------------------------------


def _same(model: Model, history: History, choose: Choose) -> Varied:
    return model, history


def _fewer_steps(model: Model, history: History, choose: Choose) -> Varied:
    return model, history[: len(history) // 2]


def _other_step(part: str) -> Variation:
    def other(model: Model, history: History, choose: Choose) -> Varied:
        if not history:
            return model, history
        place = choose(len(history) - 1)
        step = history[place]
        names = {"action": model.actions, "observation": model.observations}.get(part)
        changed: dict[str, Any] = {
            part: not step.queried if names is None else one_of(names, choose)
        }
        return model, (*history[:place], step._replace(**changed), *history[place + 1 :])

    return other


def _other_observations(model: Model, history: History, choose: Choose) -> Varied:
    """All the observations go round."""
    names = model.observations
    turned = dict(zip(names, [*names[1:], *names[:1]], strict=True))
    return model, tuple(s._replace(observation=turned[s.observation]) for s in history)


def _other_order(model: Model, history: History, choose: Choose) -> Varied:
    place = choose(max(0, len(history) - 2))
    return model, (*history[:place], *history[place : place + 2][::-1], *history[place + 2 :])


def _one_more(model: Model, history: History, choose: Choose) -> Varied:
    """One more step, which was not asked."""
    step = Step(False, one_of(model.actions, choose), one_of(model.observations, choose))
    place = choose(len(history))
    return model, (*history[:place], step, *history[place:])


def _one_twice(model: Model, history: History, choose: Choose) -> Varied:
    place = choose(max(0, len(history) - 1))
    return model, (*history[: place + 1], *history[place:])


# -- the model ------------------------------------------------------------------------------------


def _other_alpha(model: Model, history: History, choose: Choose) -> Varied:
    return model.with_alpha(one_of(ALPHAS, choose)), history


def _other_prior(model: Model, history: History, choose: Choose) -> Varied:
    first, *others = model.weights
    return replace(model, prior=dict(zip(model.policies, [*others, first], strict=True))), history


def _other_class_order(model: Model, history: History, choose: Choose) -> Varied:
    policies = {name: model.policies[name] for name in reversed(tuple(model.policies))}
    return replace(model, policies=policies), history


def _one_more_action(model: Model, history: History, choose: Choose) -> Varied:
    actions = (*model.actions, f"{max(model.actions, key=len)}+")
    world = silent(actions, model.observations[0])
    return replace(model, actions=actions, environment=world), history


States = dict[str, tuple[Semimeasure[str], tuple[Rule, ...]]]


def _machine(
    change: Callable[[str, States, Choose], tuple[str, States]],
    fit: Callable[[MoorePolicy], bool] = lambda _: True,
) -> Variation:
    """A variation of one machine of the class that is fit for it, often that of most states."""

    def other(model: Model, history: History, choose: Choose) -> Varied:
        machines = {n: p for n, p in model.policies.items() if isinstance(p, MoorePolicy)}
        names = [name for name, machine in machines.items() if fit(machine)]
        if not names:
            return model, history
        name = max(names, key=lambda n: len(machines[n].emissions))
        if choose(1):
            name = one_of(names, choose)
        machine = machines[name]
        states = {s: (e, machine.transitions.rules[s]) for s, e in machine.emissions.items()}
        made = MoorePolicy.of(*change(machine.start, states, choose))
        return replace(model, policies={**model.policies, name: made}), history

    return other


def _other_start(start: str, states: States, choose: Choose) -> tuple[str, States]:
    names = [name for name in states if name != start] or [start]
    return one_of(names, choose), states


def _other_emission(start: str, states: States, choose: Choose) -> tuple[str, States]:
    """The masses of the start, or of any state, go round the actions."""
    name = start if choose(1) else one_of(list(states), choose)
    emission, rules = states[name]
    names, masses = list(emission), [mass for _, mass in emission.items()]
    turned = Semimeasure(dict(zip(names, [*masses[1:], *masses[:1]], strict=True)))
    return start, {**states, name: (turned, rules)}


def _other_targets(start: str, states: States, choose: Choose) -> tuple[str, States]:
    """The rules of the start lead to the next state of the list."""
    emission, rules = states[start]
    names = list(states)
    turned = dict(zip(names, [*names[1:], *names[:1]], strict=True))
    led = tuple(replace(rule, to=turned[rule.to]) for rule in rules)
    return start, {**states, start: (emission, led)}


def _broader_rules(part: str) -> Variation:
    """No rule names a part."""

    def broader(start: str, states: States, choose: Choose) -> tuple[str, States]:
        nothing: dict[str, Any] = {part: None}
        return start, {
            name: (emission, tuple(replace(rule, **nothing) for rule in rules))
            for name, (emission, rules) in states.items()
        }

    def names_it(machine: MoorePolicy) -> bool:
        return any(getattr(r, part) is not None for r in chain(*machine.transitions.rules.values()))

    return _machine(broader, names_it)


VARIATIONS: tuple[Variation, ...] = (
    _same,
    _fewer_steps,
    _other_step("queried"),
    _other_step("action"),
    _other_step("observation"),
    _other_observations,
    _other_order,
    _one_more,
    _one_twice,
    _other_alpha,
    _other_prior,
    _other_class_order,
    _one_more_action,
    _machine(_other_start),
    _machine(_other_emission),
    _machine(_other_targets),
    _broader_rules("action"),
    _broader_rules("observation"),
    _broader_rules("queried"),
    # Twice, as where there is one observation it cannot be another.
    _one_more,
    _other_step("observation"),
    _broader_rules("observation"),
    _broader_rules("queried"),
)
"""Each changes one part of a question; the first is the question again."""

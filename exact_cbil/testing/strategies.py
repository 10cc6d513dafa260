"""Hypothesis strategies for everything the learner reads, for the tests of its users.

Numbers are drawn as small integers and normalised, so that they shrink to small exact fractions
and ties are common. `st.from_type` knows Semimeasure, Policy, Environment, Event, Model, Question.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from exact_cbil.environment import MooreEnvironment
from exact_cbil.event import Automaton
from exact_cbil.history import History, Rule, Step, unlabelled
from exact_cbil.learner import Learner, break_points
from exact_cbil.model import Model
from exact_cbil.numbers import to_fraction
from exact_cbil.policy import MoorePolicy
from exact_cbil.sampling import SampledStep
from exact_cbil.semimeasure import Semimeasure

__all__ = [
    "alphas",
    "any_histories",
    "classes",
    "environments",
    "events",
    "histories",
    "models",
    "near_tie_models",
    "policies",
    "runs",
    "semimeasures",
]

ACTIONS = ("a", "b", "c", "d")
OBSERVATIONS = ("x", "y", "z")
"""The first names of actions and observations; where more are asked for, numbers follow."""
NEAR = Fraction(1, 2**60)
X = TypeVar("X")

upto = cache(st.integers)  # a strategy is costly to make and cheap to share


def _one_of(draw: DrawFn, options: Sequence[X]) -> X:
    """One of some options; shrinks to the first."""
    return options[draw(upto(0, len(options) - 1))]


def named(first: Sequence[str], count: int) -> tuple[str, ...]:
    """So many names: the first ones given, then the first of them with a number."""
    return (*first[:count], *(f"{first[0]}{k}" for k in range(len(first), count)))


@st.composite
def semimeasures(
    draw: DrawFn,
    elements: Sequence[str] = ACTIONS[:2],
    *,
    measure: bool = False,
    max_part: int = 4,
) -> Semimeasure[str]:
    """Semimeasures over `elements`: integer parts from 0 to `max_part`, over their sum.

    measure: whether the masses must sum to 1. Shrinks to all mass on the first element.
    Source: SPEC D1.
    """
    # With 0 meaning "one part on the first element" the simplest draw is valid.
    parts = [draw(upto(0, max_part)) for _ in elements]
    missing = 0 if measure else draw(upto(0, max_part)) // 2
    if not any(parts) and (measure or not missing):
        parts[0] = 1
    total = sum(parts) + missing
    return Semimeasure({e: Fraction(n, total) for e, n in zip(elements, parts, strict=True)})


@st.composite
def _rules(
    draw: DrawFn,
    states: Sequence[str],
    actions: Sequence[str],
    observations: Sequence[str],
    sees_queried: bool,
    most: int,
) -> tuple[Rule, ...]:
    def perhaps(options: Sequence[str]) -> str | None:
        choice = draw(upto(0, len(options)))
        return options[choice - 1] if choice else None

    return tuple(
        Rule(
            _one_of(draw, states),
            perhaps(actions),
            perhaps(observations),
            (None, True, False)[draw(upto(0, 2))] if sees_queried else None,
        )
        for _ in range(draw(upto(0, most)))
    )


@st.composite
def policies(
    draw: DrawFn,
    actions: Sequence[str] = ACTIONS[:2],
    observations: Sequence[str] = OBSERVATIONS[:1],
    *,
    max_states: int = 3,
    max_rules: int = 2,
    measure: bool = False,
    sees_queried: bool = True,
) -> MoorePolicy:
    """Finite machines that emit semimeasures over `actions`.

    max_rules: of a state. measure: whether every state emits a measure.
    sees_queried: whether rules may name `queried`.
    A demonstrator needs `measure=True, sees_queried=False`. Shrinks to one state and no rules.
    Source: SPEC D2, R2, R5.
    """
    names = [f"s{k}" for k in range(draw(upto(1, max_states)))]
    return MoorePolicy.of(
        _one_of(draw, names),
        {
            name: (
                draw(semimeasures(actions, measure=measure)),
                draw(_rules(names, actions, observations, sees_queried, max_rules))
                if len(names) > 1
                else (),
            )
            for name in names
        },
    )


@st.composite
def environments(
    draw: DrawFn,
    actions: Sequence[str] = ACTIONS[:2],
    observations: Sequence[str] = OBSERVATIONS[:1],
    *,
    max_states: int = 2,
    max_rules: int = 2,
) -> MooreEnvironment:
    """Finite machines that emit, for every action, a measure over `observations`.

    Source: SPEC D2.
    """
    names = [f"e{k}" for k in range(draw(upto(1, max_states)))]
    certain = Semimeasure.point(observations[0])
    shown = semimeasures(observations, measure=True)
    return MooreEnvironment.of(
        _one_of(draw, names),
        {
            name: (
                {a: draw(shown) if len(observations) > 1 else certain for a in actions},
                draw(_rules(names, actions, observations, False, max_rules))
                if len(names) > 1
                else (),
            )
            for name in names
        },
    )


@st.composite
def events(
    draw: DrawFn,
    actions: Sequence[str] = ACTIONS[:2],
    observations: Sequence[str] = OBSERVATIONS[:1],
    *,
    max_states: int = 3,
    max_rules: int = 2,
) -> Automaton:
    """Finite automata that read actions and observations. Shrinks to the event of no history.

    Source: SPEC D7.
    """
    names = [f"s{k}" for k in range(draw(upto(1, max_states)))]
    return Automaton.of(
        _one_of(draw, names),
        [name for name in names if draw(upto(0, 1))],
        {name: draw(_rules(names, actions, observations, False, max_rules)) for name in names},
    )


@st.composite
def classes(
    draw: DrawFn,
    actions: Sequence[str] = ACTIONS[:2],
    observations: Sequence[str] = OBSERVATIONS[:1],
    *,
    max_policies: int = 5,
    max_states: int = 3,
    max_weight: int = 6,
    realizable: bool = True,
    place: int = 0,
) -> tuple[dict[str, MoorePolicy], dict[str, Fraction]]:
    """A class: policies by name and their prior weights.

    realizable: whether a policy can be the demonstrator: that at `place`, or the last if there are
        fewer. Weights are integers from 1 to `max_weight`, over their sum, so that ties are common.
    Source: SPEC D3.
    """
    weight = upto(1, max_weight)
    first = policies(
        actions,
        observations,
        max_states=max_states,
        measure=realizable,
        sees_queried=not realizable,
    )
    other = policies(actions, observations, max_states=max_states)
    # One list of pairs, so that shrinking deletes a policy together with its weight.
    fit = (draw(first), draw(weight))
    listed = draw(st.lists(st.tuples(other, weight), max_size=max_policies - 1))
    listed.insert(place, fit)
    total = sum(part for _, part in listed)
    return (
        {f"p{k}": policy for k, (policy, _) in enumerate(listed)},
        {f"p{k}": Fraction(part, total) for k, (_, part) in enumerate(listed)},
    )


def alphas() -> SearchStrategy[Fraction]:
    """Values of alpha, the special ones often: 1/2, 1, and both sides of 1/2. Source: SPEC D5."""
    plain = st.builds(Fraction, st.integers(1, 12), st.integers(12, 24))
    special = [Fraction(1, n) for n in (2, 1, 3, 4, 10)] + [Fraction(2, 3), Fraction(99, 100)]
    return st.one_of(st.sampled_from(special), plain)


@st.composite
def models(
    draw: DrawFn,
    *,
    max_actions: int = 3,
    max_observations: int = 2,
    max_policies: int = 5,
    max_states: int = 3,
    realizable: bool | None = None,
    alpha: SearchStrategy[Fraction] | None = None,
    max_horizon: int = 3,
    max_histories: int | None = None,
    max_events: int = 2,
) -> Model:
    """Models made of finite machines, so that every one can be written as a model file.

    realizable: whether the demonstrator is in the class; None for either.
    alpha: by default `alphas()`, or a ratio that the weights meet exactly (see `met_alphas`).
    max_histories: bounds the horizon T by `(2 |A| |O|)^T <= max_histories`, for enumeration.
    Shrinks to one policy that always takes the first action, horizon 0 and no events.
    Source: SPEC D2, D3, D7.
    """
    actions = named(ACTIONS, draw(upto(1, max_actions)))
    observations = named(OBSERVATIONS, draw(upto(1, max_observations)))
    inside = draw(upto(0, 3)) < 3 if realizable is None else realizable
    place = draw(upto(0, max_policies - 1)) if inside else 0
    members, prior = draw(
        classes(
            actions,
            observations,
            max_policies=max_policies,
            max_states=max_states,
            realizable=inside,
            place=place,
        )
    )
    outsider = policies(actions, observations, measure=True, sees_queried=False)
    least = alpha
    if least is None:
        least = met_alphas(members, prior, actions) if draw(upto(0, 3)) == 3 else alphas()
    branches = 2 * len(actions) * len(observations)
    horizons = [
        t for t in range(max_horizon + 1) if max_histories is None or branches**t <= max_histories
    ]
    event = events(actions, observations)
    return Model(
        actions=actions,
        observations=observations,
        policies=members,
        prior=prior,
        demonstrator=f"p{min(place, len(members) - 1)}" if inside else draw(outsider),
        environment=draw(environments(actions, observations)),
        alpha=draw(least),
        horizon=draw(upto(0, horizons[-1])),
        events={f"e{k}": draw(event) for k in range(draw(upto(0, max_events)))},
    )


@st.composite
def met_alphas(
    draw: DrawFn,
    members: Mapping[str, MoorePolicy],
    prior: Mapping[str, Fraction],
    actions: Sequence[str],
) -> Fraction:
    """Values of alpha that some weights meet exactly, at first or after one answer, where `>=` and
    `>` part ways.

    Source: SPEC D5, R3.
    """
    weights = list(prior.values())
    if draw(upto(0, 1)):
        answer = _one_of(draw, actions)
        seen = [member.emit(member.start)[answer] for member in members.values()]
        weights = [w * mass for w, mass in zip(weights, seen, strict=True)]
    return _one_of(draw, threshold_ratios(weights)[::-1])


@st.composite
def near_tie_models(draw: DrawFn, *, near: Fraction = NEAR, max_policies: int = 5) -> Model:
    """Models whose first decision lies exactly on a boundary or `near` it.

    Two prior weights differ by a factor in {1 - near, 1, 1 + near}, or alpha is such a factor
    times a ratio `w_n / (w_1 + ... + w_n)`, n > 1. A class of one policy
    decides nothing. near: in [0, 1/2].
    Source: SPEC D5, R1, R3.
    """
    model = draw(models(max_policies=max_policies, alpha=alphas()))
    factor = 1 + near * draw(upto(-1, 1))
    weights = dict(zip(model.policies, model.weights, strict=True))
    if len(weights) > 1 and draw(st.booleans()):
        heavy = max(weights, key=lambda name: weights[name])
        other = next(name for name in weights if name != heavy)
        weights[other] = weights[heavy] * factor
        total = sum(weights.values(), Fraction(0))
        return replace(model, prior={name: w / total for name, w in weights.items()})
    # Rank 1 is a member at every alpha: its ratio decides nothing.
    every = threshold_ratios(list(weights.values()))
    ratio = _one_of(draw, every[1:] or every)
    return model.with_alpha(min(Fraction(1), ratio * factor))


def threshold_ratios(weights: Sequence[Fraction]) -> list[Fraction]:
    """Every alpha at which the threshold is met exactly: `w_n / (w_1 + ... + w_n)` by rank."""
    return [to_fraction(ratio) for ratio in break_points(weights)] or [Fraction(1)]


def _walk(draw: DrawFn, model: Model, length: int) -> Iterator[SampledStep]:
    """Steps that happen one after the other with positive probability under `P_i`."""
    learner = Learner(model)
    belief = learner.start
    asked, world = model.demonstrator_policy, model.environment
    demonstrator, environment = asked.start, world.start
    for t in range(length):
        upcoming = learner.imitator_step(belief)
        least = upcoming.minimum
        moves = [(False, a) for a in least]
        moves += [(True, a) for a in asked.emit(demonstrator) if least.deficit]
        queried, action = _one_of(draw, moves)
        seen = list(world.emit(environment, action))
        step = Step(queried, action, _one_of(draw, seen))
        yield SampledStep(t, upcoming, step)
        belief = learner.observe(belief, step)
        hidden = unlabelled(step)
        demonstrator = asked.advance(demonstrator, hidden)
        environment = world.advance(environment, hidden)


@st.composite
def histories(draw: DrawFn, model: Model, *, max_length: int = 6) -> History:
    """Histories that the imitator reaches with positive probability in `model`.

    Shrinks to the empty history. Source: SPEC D6, D7.
    """
    return tuple(walked.step for walked in _walk(draw, model, draw(upto(0, max_length))))


@st.composite
def runs(draw: DrawFn, model: Model) -> tuple[SampledStep, ...]:
    """Whole runs of the imitator, to the model's horizon, each of positive probability.

    Each step says what the learner was about to do and what happened, as `sampling.sample` does.
    Source: SPEC D6, D7.
    """
    return tuple(_walk(draw, model, model.horizon))


@st.composite
def any_histories(draw: DrawFn, model: Model, *, max_length: int = 6) -> History:
    """Histories over the names of `model`: the learner's answer is defined whether or not they can
    happen.

    Shrinks to the empty history. Source: SPEC D4.
    """
    return tuple(
        Step(
            bool(draw(upto(0, 1))),
            _one_of(draw, model.actions),
            _one_of(draw, model.observations),
        )
        for _ in range(draw(upto(0, max_length)))
    )

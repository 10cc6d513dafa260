"""Hypothesis strategies for everything the learner reads, for the tests of its users.

Numbers are drawn as small integers and normalised, so that they shrink to small exact fractions
and ties are common. `st.from_type` knows Semimeasure, Model, MoorePolicy and Question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from exact_cbil.environment import MooreEnvironment
from exact_cbil.history import History, Rule, Step
from exact_cbil.learner import Learner
from exact_cbil.model import Model
from exact_cbil.policy import MoorePolicy
from exact_cbil.semimeasure import Semimeasure

__all__ = [
    "alphas",
    "classes",
    "environments",
    "histories",
    "models",
    "near_tie_models",
    "policies",
    "semimeasures",
]

ACTIONS = ("a", "b", "c", "d")
OBSERVATIONS = ("x", "y", "z")
NEAR = Fraction(1, 2**60)

upto = cache(st.integers)  # a strategy is costly to make and cheap to share


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
) -> tuple[Rule, ...]:
    def perhaps(options: Sequence[str]) -> str | None:
        choice = draw(upto(0, len(options)))
        return options[choice - 1] if choice else None

    return tuple(
        Rule(
            states[draw(upto(0, len(states) - 1))],
            perhaps(actions),
            perhaps(observations),
            (None, True, False)[draw(upto(0, 2))] if sees_queried else None,
        )
        for _ in range(draw(upto(0, 2)))
    )


@st.composite
def policies(
    draw: DrawFn,
    actions: Sequence[str] = ACTIONS[:2],
    observations: Sequence[str] = OBSERVATIONS[:1],
    *,
    max_states: int = 3,
    measure: bool = False,
    sees_queried: bool = True,
) -> MoorePolicy:
    """Finite machines that emit semimeasures over `actions`.

    measure: whether every state emits a measure. sees_queried: whether rules may name `queried`.
    A demonstrator needs `measure=True, sees_queried=False`. Shrinks to one state and no rules.
    Source: SPEC D2, R2, R5.
    """
    names = [f"s{k}" for k in range(draw(upto(1, max_states)))]
    return MoorePolicy.of(
        names[0],
        {
            name: (
                draw(semimeasures(actions, measure=measure)),
                draw(_rules(names, actions, observations, sees_queried)) if len(names) > 1 else (),
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
) -> MooreEnvironment:
    """Finite machines that emit, for every action, a measure over `observations`.

    Source: SPEC D2.
    """
    names = [f"e{k}" for k in range(draw(upto(1, max_states)))]
    certain = Semimeasure.point(observations[0])
    shown = semimeasures(observations, measure=True)
    return MooreEnvironment.of(
        names[0],
        {
            name: (
                {a: draw(shown) if len(observations) > 1 else certain for a in actions},
                draw(_rules(names, actions, observations, False)) if len(names) > 1 else (),
            )
            for name in names
        },
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
) -> tuple[dict[str, MoorePolicy], dict[str, Fraction]]:
    """A class: policies by name and their prior weights.

    realizable: whether the first policy can be the demonstrator.
    Weights are integers from 1 to `max_weight`, over their sum, so that ties are common.
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
    listed = [(draw(first), draw(weight))]
    listed += draw(st.lists(st.tuples(other, weight), max_size=max_policies - 1))
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
    max_horizon: int = 0,
) -> Model:
    """Models made of finite machines, so that every one can be written as a model file.

    realizable: whether the demonstrator is in the class; None for either.
    alpha: by default `alphas()`. Shrinks to one policy that always takes the first action.
    Source: SPEC D2, D3, section 3.
    """
    actions = ACTIONS[: draw(upto(1, max_actions))]
    observations = OBSERVATIONS[: draw(upto(1, max_observations))]
    inside = draw(upto(0, 3)) < 3 if realizable is None else realizable
    members, prior = draw(
        classes(
            actions,
            observations,
            max_policies=max_policies,
            max_states=max_states,
            realizable=inside,
        )
    )
    outsider = policies(actions, observations, measure=True, sees_queried=False)
    return Model(
        actions=actions,
        observations=observations,
        policies=members,
        prior=prior,
        demonstrator="p0" if inside else draw(outsider),
        environment=draw(environments(actions, observations)),
        alpha=draw(alphas() if alpha is None else alpha),
        horizon=draw(upto(0, max_horizon)),
    )


@st.composite
def near_tie_models(draw: DrawFn, *, near: Fraction = NEAR, max_policies: int = 5) -> Model:
    """Models whose first decision lies exactly on a boundary or `near` it.

    Two prior weights differ by a factor in {1 - near, 1, 1 + near}, or alpha is such a factor
    times a ratio `w_n / (w_1 + ... + w_n)`, n > 1. A class of one policy
    decides nothing. near: in [0, 1/2].
    Source: SPEC D5, R1, R3.
    """
    model = draw(models(max_policies=max_policies))
    factor = 1 + near * draw(upto(-1, 1))
    weights = dict(zip(model.policies, model.weights, strict=True))
    if len(weights) > 1 and draw(st.booleans()):
        heavy = max(weights, key=lambda name: weights[name])
        other = next(name for name in weights if name != heavy)
        weights[other] = weights[heavy] * factor
        total = sum(weights.values(), Fraction(0))
        return with_prior(model, {name: w / total for name, w in weights.items()})
    # Rank 1 is a member at every alpha: its ratio decides nothing.
    every = threshold_ratios(list(weights.values()))
    ratios = every[1:] or every
    ratio = ratios[draw(upto(0, len(ratios) - 1))]
    return model.with_alpha(min(Fraction(1), ratio * factor))


def with_prior(model: Model, prior: Mapping[str, Fraction]) -> Model:
    """The same model with another prior."""
    return replace(model, prior=dict(prior))


def threshold_ratios(weights: Sequence[Fraction]) -> list[Fraction]:
    """Every alpha at which the threshold is met exactly: `w_n / (w_1 + ... + w_n)` by rank."""
    ratios, running = [], Fraction(0)
    for weight in sorted((Fraction(w) for w in weights if w > 0), reverse=True):
        running += weight
        ratios.append(weight / running)
    return ratios or [Fraction(1)]


@st.composite
def histories(draw: DrawFn, model: Model, *, max_length: int = 6) -> History:
    """Histories that the imitator reaches with positive probability in `model`.

    Shrinks to the empty history. Source: SPEC D6, D7.
    """
    learner = Learner(model)
    belief = learner.start
    demonstrator, environment = model.demonstrator_policy.start, model.environment.start
    steps: list[Step] = []
    for _ in range(draw(upto(0, max_length))):
        least = learner.imitator_step(belief).minimum
        asked = model.demonstrator_policy.emit(demonstrator)
        moves = [(False, a) for a in least] + [(True, a) for a in asked if least.deficit]
        queried, action = moves[draw(upto(0, len(moves) - 1))]
        seen = list(model.environment.emit(environment, action))
        step = Step(queried, action, seen[draw(upto(0, len(seen) - 1))])
        steps.append(step)
        belief = learner.observe(belief, step)
        hidden = step._replace(queried=True)
        demonstrator = model.demonstrator_policy.advance(demonstrator, hidden)
        environment = model.environment.advance(environment, hidden)
    return tuple(steps)

"""Random models, whole and with parameters, for the tests of the symbolic code.

Small integers are drawn and normalised: ties are frequent and shrinking works.
"""

from __future__ import annotations

import os
from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from exact_cbil.environment import MooreEnvironment
from exact_cbil.event import once
from exact_cbil.history import Rule
from exact_cbil.model import Model
from exact_cbil.parametric.model import ParametricModel
from exact_cbil.policy import MoorePolicy
from exact_cbil.semimeasure import Semimeasure

LARGE = os.environ.get("CBIL_LARGE") == "1"


def examples(count: int) -> settings:
    """Settings for slow tests: this many examples, many times as many with CBIL_LARGE=1."""
    return settings(
        max_examples=40 * count if LARGE else count,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


ACTIONS = ("a", "b", "c")
OBSERVATIONS = ("x", "y")


def _measures(names: tuple[str, ...], *, slack: bool = False) -> Any:
    size = len(names) + slack

    def normalise(parts: list[int]) -> Semimeasure[str]:
        total = sum(parts)
        return Semimeasure({n: Fraction(k, total) for n, k in zip(names, parts, strict=False)})

    return st.lists(st.integers(0, 3), min_size=size, max_size=size).filter(any).map(normalise)


def _rules(*, queried: bool) -> Any:
    maybe = st.none() | st.booleans() if queried else st.none()
    one = st.builds(
        Rule,
        st.sampled_from(["s", "t"]),
        st.none() | st.sampled_from(ACTIONS),
        st.none() | st.sampled_from(OBSERVATIONS),
        maybe,
    )
    return st.lists(one, max_size=2)


def _policies(*, asked: bool) -> Any:
    state = st.tuples(_measures(ACTIONS, slack=not asked), _rules(queried=not asked))
    return st.builds(lambda s, t: MoorePolicy.of("s", {"s": s, "t": t}), state, state)


@st.composite
def models(draw: Any, max_policies: int = 3, max_horizon: int = 3) -> Model:
    """Whole models; of some the demonstrator is outside the class."""
    count = draw(st.integers(1, max_policies))
    weights = draw(st.lists(st.integers(1, 4), min_size=count, max_size=count))
    inside = draw(st.integers(-1, count - 1))
    policies = {f"p{k}": draw(_policies(asked=k == inside)) for k in range(count)}
    shows = _measures(OBSERVATIONS)
    world = st.tuples(st.fixed_dictionaries(dict.fromkeys(ACTIONS, shows)), _rules(queried=False))
    return Model(
        actions=ACTIONS,
        observations=OBSERVATIONS,
        policies=policies,
        prior={n: Fraction(w, sum(weights)) for n, w in zip(policies, weights, strict=True)},
        demonstrator=f"p{inside}" if inside >= 0 else draw(_policies(asked=True)),
        environment=MooreEnvironment.of("s", {"s": draw(world), "t": draw(world)}),
        alpha=Fraction(1, draw(st.integers(1, 6))),
        horizon=draw(st.integers(0, max_horizon)),
        events={"b-seen": once(action="b"), "y-seen": once(observation="y")},
    )


def fractions(low: Fraction = Fraction(0), high: Fraction = Fraction(1)) -> Any:
    """Rationals strictly between two ends; simple ones are frequent."""
    denominators = st.integers(2, 12) | st.integers(2, 10**6)
    inside = denominators.flatmap(lambda d: st.integers(1, d - 1).map(lambda n: Fraction(n, d)))
    return inside.map(lambda t: low + (high - low) * t)


@st.composite
def parametric_models(draw: Any, max_horizon: int = 2) -> ParametricModel:
    """Models with the parameters alpha, u (mixes prior weights) and v (moves a policy's mass)."""
    model = draw(models(max_policies=3, max_horizon=max_horizon))
    ranges: dict[str, Any] = {}
    given: dict[str, Any] = {}
    names = list(model.policies)
    if draw(st.booleans()):
        ranges["alpha"], given["alpha"] = (0, 1), "alpha"
    if len(names) > 1 and draw(st.booleans()):
        ranges["u"] = (0, 1)
        both = Fraction(model.prior[names[0]]) + Fraction(model.prior[names[1]])
        given["prior"] = {names[0]: f"{both}*u", names[1]: f"{both}*(1 - u)"}
    if not ranges or draw(st.booleans()):
        ranges["v"] = (0, 1)
        name = draw(st.sampled_from([*names, *([] if model.realizable else [None])]))
        # (1-2v)^2 is 0 inside the range: a policy can die, or an action vanish, at one point.
        mass = draw(st.sampled_from(["v", "v^2", "(1 - 2*v)^2", "v*(1 - v)"]))
        given["emissions"] = {(name, "s"): {"a": mass, "b": f"1 - {mass}"}}
        if draw(st.booleans()):
            given["shown"] = {("s", "a"): {"x": "1 - v", "y": "v"}}
    return ParametricModel.of(model, ranges, **given)


@st.composite
def points(draw: Any, model: ParametricModel) -> dict[str, Fraction]:
    """Points of a model's range, the middle of (0, 1) often among the coordinates."""
    ends = model.parameters.ranges.items()
    return {n: draw(st.just(Fraction(1, 2)) | fractions(low, high)) for n, (low, high) in ends}

"""Families of models with parameters, as Hypothesis strategies. `register` adds one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from importlib import import_module
from typing import TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from bounds.explorer.draw import ALPHAS
from bounds.witness.hazard import hazard_model
from bounds.witness.model import schedule_model
from bounds.witness.schedule import Schedule, Stage
from exact_cbil.environment import silent
from exact_cbil.errors import CbilError
from exact_cbil.event import once
from exact_cbil.model import Model
from exact_cbil.models import chain, rare_action, shared_error
from exact_cbil.policy import Policy, constant
from exact_cbil.semimeasure import Semimeasure

__all__ = ["FAMILIES", "Family", "family", "known", "register"]

Family: TypeAlias = Callable[[], SearchStrategy[Model]]

FAMILIES: dict[str, Family] = {}


def register(name: str) -> Callable[[Family], Family]:
    """Add a family under a name; CbilError when the name is taken."""

    def add(family: Family) -> Family:
        if name in FAMILIES:
            raise CbilError(f"a family called {name!r} is registered already")
        FAMILIES[name] = family
        return family

    return add


def known() -> tuple[tuple[str, str], ...]:
    """All families: the module that registers each, and its name."""
    return tuple((family.__module__, name) for name, family in FAMILIES.items())


def family(module: str, name: str) -> SearchStrategy[Model]:
    """The models of a family; in another process, its module may have to be imported first."""
    import_module(module)
    if name not in FAMILIES:
        raise CbilError(f"the family {name!r} is not registered by the module {module!r}")
    return FAMILIES[name]()


SMALL = [alpha for alpha in ALPHAS if alpha < Fraction(1, 2)]
HORIZONS = st.one_of(st.integers(1, 128), st.integers(1, 128), st.integers(1, 1024))


@register("chain")
def _chains() -> SearchStrategy[Model]:
    """W1. Source: SPEC W1."""
    return st.builds(chain, st.integers(0, 5), st.sampled_from(SMALL))


@register("rare-action")
def _rare_actions() -> SearchStrategy[Model]:
    """W2 at any horizon. Source: SPEC W2."""
    rare = st.builds(Fraction, st.integers(1, 3), st.integers(4, 20))
    return st.builds(rare_action, rare, st.sampled_from([Fraction(1, 2), *SMALL]), HORIZONS)


@register("shared-error")
def _shared_errors() -> SearchStrategy[Model]:
    """W3: the demonstrator is outside the class. Source: SPEC W3."""
    return st.builds(shared_error, st.integers(1, 16))


def near_truth_model(lean: Fraction, alpha: Fraction, horizon: int) -> Model:
    """A fair coin is the demonstrator; the class is of the coins of bias lean and 1 - lean."""
    model = _class(_coin(Fraction(1, 2)), [], Fraction(0), alpha, horizon)
    policies = {"lean": _coin(lean), "other": _coin(1 - lean)}
    prior = dict.fromkeys(policies, Fraction(1, 2))
    asked = model.demonstrator_policy
    return replace(model, policies=policies, prior=prior, demonstrator=asked)


def _class(
    demonstrator: Policy, others: list[Policy], odds: Fraction, alpha: Fraction, horizon: int
) -> Model:
    """Actions a, b; every other policy has prior odds `odds` to the demonstrator."""
    own = 1 / (1 + odds * len(others))
    policies = {"demonstrator": demonstrator, **{f"p{k}": p for k, p in enumerate(others, 1)}}
    prior = {name: own * (1 if name == "demonstrator" else odds) for name in policies}
    events = {f"ever-{action}": once(action=action) for action in "ab"}
    environment = silent(("a", "b"))
    return Model(
        ("a", "b"), ("x",), policies, prior, "demonstrator", environment, alpha, horizon, events
    )


def _coin(chance: Fraction) -> Policy:
    return constant(Semimeasure({"a": chance, "b": 1 - chance}))


@register("twin-coins")
@st.composite
def _twin_coins(draw: DrawFn) -> Model:
    """Coins of bias +-eps: likelihood ratios are powers of one number, so few states merge many."""
    eps = Fraction(1, draw(st.integers(2, 10)))
    alpha = Fraction(1, draw(st.sampled_from([10, 3, 100, 1000])))
    one, other = _coin((1 - eps) / 2), _coin((1 + eps) / 2)
    return _class(one, [other], Fraction(1), alpha, draw(HORIZONS))


@register("near-truth")
@st.composite
def _near_truth(draw: DrawFn) -> Model:
    """A fair coin outside the class of two that lean to either side of it. Source: SPEC T8."""
    lean = Fraction(1, draw(st.integers(3, 20)))
    steps = draw(st.integers(1, 12))
    alpha = 1 / (1 + (1 / lean - 1) ** steps)  # either is trusted while as many answers ahead
    return near_truth_model(lean, alpha, draw(st.integers(1, 128)))


@register("wrong-for-sure")
@st.composite
def _wrong(draw: DrawFn) -> Model:
    """The demonstrator is almost or quite sure; the others play the other action, or nothing."""
    stray: Policy = draw(st.sampled_from([_coin(Fraction(0)), constant(Semimeasure({}))]))
    own = draw(st.sampled_from([Fraction(1), Fraction(3, 4)]))
    odds = Fraction(draw(st.sampled_from([1, 3, 9])))
    others = [stray] * draw(st.integers(1, 3))
    return _class(_coin(own), others, odds, draw(st.sampled_from(ALPHAS)), draw(st.integers(1, 4)))


@register("schedules")
@st.composite
def _schedules(draw: DrawFn) -> Model:
    """Alternatives that lose weight in turn, by dying. Source: SPEC W4."""
    count = draw(st.integers(1, 4))
    stages = [Stage(Fraction(count, g), g, Fraction(0)) for g in range(count, 0, -1)]
    alpha = Fraction(1, draw(st.sampled_from([10**6, 50])))
    return schedule_model(Schedule(count, tuple(stages)), alpha, defective=draw(st.booleans()))


@register("hazards")
def _hazards() -> SearchStrategy[Model]:
    """Alternatives that refuse a rare action in turn. Source: SPEC T4, W2."""
    rare = st.builds(Fraction, st.just(1), st.integers(2, 12))
    alphas = st.sampled_from([Fraction(1, 50), Fraction(1, 10**6)])
    return st.builds(hazard_model, st.integers(1, 3), rare, alphas, st.integers(1, 256))

"""Families of models with parameters, which the search sweeps before it draws at random.

A family yields models, the cheap ones first. `register` adds one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import TypeAlias

from bounds.claims import FALSE_CLAIMS
from bounds.witness.hazard import hazard_model
from bounds.witness.model import schedule_model
from bounds.witness.schedule import Schedule, Stage
from exact_cbil.environment import silent
from exact_cbil.errors import CbilError
from exact_cbil.event import once
from exact_cbil.model import Model
from exact_cbil.models import SHIPPED, chain, rare_action, shared_error
from exact_cbil.policy import Policy, constant
from exact_cbil.semimeasure import Semimeasure

__all__ = ["FAMILIES", "Family", "models", "register"]

Family: TypeAlias = Callable[[], Iterable[Model]]

ALPHAS = tuple(Fraction(*pair) for pair in ((1, 4), (1, 2), (1, 10), (2, 3), (1, 50), (1, 1)))
FAMILIES: dict[str, Family] = {}


def register(name: str) -> Callable[[Family], Family]:
    """Add a family under a name; CbilError when the name is taken."""

    def add(family: Family) -> Family:
        if name in FAMILIES:
            raise CbilError(f"a family called {name!r} is registered already")
        FAMILIES[name] = family
        return family

    return add


def models() -> Iterator[tuple[str, Model]]:
    """The models of all families with their family's name, one of each in turn."""
    waiting = [(name, iter(family())) for name, family in FAMILIES.items()]
    while waiting:
        left = []
        for name, found in waiting:
            model = next(found, None)
            if model is not None:
                yield name, model
                left.append((name, found))
        waiting = left


@register("false-claims")
def _refuters() -> Iterator[Model]:
    """The models that refute the statements that are false on purpose."""
    for claim in FALSE_CLAIMS:
        for _, model in claim.witnesses():
            yield model


@register("shipped")
def _shipped() -> Iterator[Model]:
    for make in SHIPPED.values():
        for alpha in ALPHAS:
            yield make().with_alpha(alpha)


@register("chain")
def _chain() -> Iterator[Model]:
    """W1. Source: SPEC W1."""
    for rounds, alpha in product(range(6), ("1/4", "1/10", "49/100", "1/100")):
        yield chain(rounds, alpha)


@register("rare-action")
def _rare_action() -> Iterator[Model]:
    """W2, and its start at shorter horizons. Source: SPEC W2."""
    for part, alpha in product((2, 4, 8, 12, 16, 20), ("1/10", "1/2", "1/100")):
        model = rare_action(Fraction(1, part), alpha)
        yield model
        yield model.with_horizon(max(1, model.horizon // 8))


@register("shared-error")
def _shared_error() -> Iterator[Model]:
    """W3: the demonstrator is outside the class. Source: SPEC W3."""
    for horizon in (1, 4, 16):
        yield shared_error(horizon)


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
def _twin_coins() -> Iterator[Model]:
    """Coins of bias +-eps: likelihood ratios are powers of one number, so few states merge many."""
    sweep = [
        (part, alpha, horizon)
        for part, alpha in product((2, 3, 4, 6), (10, 100))
        for horizon in (part, part**2, 3 * part**3)
    ]
    for part, alpha, horizon in [*sweep, (8, 1000, 2048), (10, 100, 2000)]:
        eps = Fraction(1, part)
        one, other = _coin((1 - eps) / 2), _coin((1 + eps) / 2)
        yield _class(one, [other], Fraction(1), Fraction(1, alpha), horizon)


@register("wrong-for-sure")
def _wrong() -> Iterator[Model]:
    """The demonstrator is almost or quite sure; the others play the other action, or nothing."""
    for lost, odds, alpha, count in product((False, True), (1, 3, 9), ALPHAS, (1, 3)):
        stray: Policy = constant(Semimeasure({})) if lost else _coin(Fraction(0))
        for own in (Fraction(1), Fraction(3, 4)):
            yield _class(_coin(own), [stray] * count, Fraction(odds), alpha, 2)


@register("crowd")
def _crowd() -> Iterator[Model]:
    """Many equal policies that agree with the demonstrator, but rank before or after it."""
    for count, alpha in product((2, 3, 6), ALPHAS):
        model = _class(
            _coin(Fraction(1, 2)), [_coin(Fraction(1, 2))] * count, Fraction(1), alpha, 3
        )
        yield model
        names = reversed(list(model.policies))
        yield replace(model, policies={name: model.policies[name] for name in names})


@register("adversary")
def _adversary() -> Iterator[Model]:
    """Alternatives that lose weight in turn, and that refuse a rare action in turn."""
    for count, alpha in product((2, 3, 4), ("1/50", "1/1000000")):
        stages = [Stage(Fraction(count, g), g, Fraction(0)) for g in range(count, 0, -1)]
        yield schedule_model(Schedule(count, tuple(stages)), alpha)
        yield hazard_model(count, "1/8", alpha)
    yield schedule_model(FOUR)


def _four() -> Schedule:
    """Two die; the other two, at twice the threshold, fall to it, one with and one without gain."""
    one, zero = Fraction(1), Fraction(0)
    rows = ((one, 4, zero), (Fraction(4, 3), 3, zero), (Fraction(2), 2, one), (one, 1, zero))
    last = ((Fraction(3), 1, one), (one, 1, zero))
    return Schedule(4, tuple(Stage(*row) for row in (*rows, *last)))


FOUR = _four()

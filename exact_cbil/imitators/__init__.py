"""Learners side by side in one world: the imitators L1 to L12, and the protocol for your own.

`imitator` is the protocol; `bayesian`, `unweighted` and `trained` are the rules; `chain` is the law
of histories of any of them. `LEARNERS` has them by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction

from exact_cbil.errors import CbilError, OutOfRange, shorten
from exact_cbil.imitators.bayesian import (
    Absolute,
    Committed,
    Conservative,
    Gate,
    Heaviest,
    Predictive,
    Relative,
)
from exact_cbil.imitators.imitator import ASK, AsksFirst, Imitator
from exact_cbil.imitators.trained import Gradient, Leader
from exact_cbil.imitators.unweighted import Always, Ensemble, VersionSpace
from exact_cbil.model import MAX_HORIZON, Model
from exact_cbil.numbers import rational, text

__all__ = ["ASK", "LEARNERS", "AsksFirst", "Imitator", "Kind", "Named", "named"]

FASTEST = 1000
"""The greatest rate of a gradient step."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of a learner: its symbol, its domain in words, and how it is read."""

    symbol: str
    domain: str
    holds: Callable[[Fraction], bool]

    def read(self, word: str, place: str) -> Fraction:
        """The number that a word stands for, or OutOfRange."""
        value = rational(word, f"{place}, {self.symbol}")
        if not self.holds(value):
            raise OutOfRange(f"{place}, {self.symbol}", value, self.domain)
        return value


def _whole(symbol: str, least: int) -> Parameter:
    def holds(value: Fraction) -> bool:
        return value.denominator == 1 and least <= value <= MAX_HORIZON

    return Parameter(symbol, f"a whole number from {least} to {MAX_HORIZON}", holds)


ALPHA = Parameter("A", "a rational in (0, 1]", lambda value: 0 < value <= 1)
APART = Parameter("C", "a rational in [0, 1]", lambda value: 0 <= value <= 1)
RATE = Parameter("E", f"a rational in (0, {FASTEST}]", lambda value: 0 < value <= FASTEST)
ASKED, SIZE = _whole("N", 0), _whole("K", 1)


@dataclass(frozen=True)
class Kind:
    """A learner by name: its parameters, and how it is made from a model and their values."""

    parameters: tuple[Parameter, ...]
    make: Callable[..., Imitator]


def _after(rule: Callable[..., Imitator]) -> Callable[..., Imitator]:
    """A rule that asks at the first N steps, N being the last parameter."""

    def make(model: Model, *values: Fraction) -> Imitator:
        return AsksFirst(int(values[-1]), rule(model, *values[:-1]))

    return make


LEARNERS: dict[str, Kind] = {
    "conservative": Kind((ALPHA,), Conservative),
    "relative": Kind((ALPHA,), Relative),
    "absolute": Kind((ALPHA,), Absolute),
    "predictive": Kind((ASKED,), _after(Predictive)),
    "map": Kind((ASKED,), _after(Heaviest)),
    "committed": Kind((ASKED,), _after(Committed)),
    "ensemble": Kind((SIZE,), lambda model, size: Ensemble(model, int(size))),
    "gate": Kind((ALPHA, APART), Gate),
    "version-space": Kind((), VersionSpace),
    "leader": Kind((ASKED,), _after(Leader)),
    "gradient": Kind((RATE, ASKED), _after(Gradient)),
    "always": Kind((), lambda _: Always()),
}
"""The learners L1 to L12 by name, in this order."""


@dataclass(frozen=True)
class Named:
    """A learner by its name and the values of its parameters: `conservative:1/10`."""

    name: str
    values: tuple[Fraction, ...]

    def __str__(self) -> str:
        return ":".join((self.name, *map(text, self.values)))

    def imitator(self, model: Model) -> Imitator:
        """The learner in the world of a model."""
        return LEARNERS[self.name].make(model, *self.values)


def named(word: str) -> Named:
    """The learner that a word such as `conservative:1/10` names; CbilError where there is none.

    Source: SPEC L1.

    >>> print(named("gate:1/10:2/20"))
    gate:1/10:1/10
    >>> named("conservatve:1/10")
    Traceback (most recent call last):
    ...
    exact_cbil.errors.CbilError: learner: unknown name 'conservatve'; did you mean 'conservative'?
    """
    name, *given = word.split(":")
    kind = LEARNERS.get(name)
    if kind is None:
        close = get_close_matches(name[:60], LEARNERS, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(LEARNERS)}"
        raise CbilError(f"learner: unknown name {shorten(name)}; {hint}")
    if len(given) != len(kind.parameters):
        form = ":".join((name, *(parameter.symbol for parameter in kind.parameters)))
        raise CbilError(f"learner: expected {form}, got {shorten(word)}")
    values = (
        parameter.read(value, f"learner {name}")
        for parameter, value in zip(kind.parameters, given, strict=True)
    )
    return Named(name, tuple(values))

"""What an implementation declares about itself: error budgets, omitted fields, skipped flags."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from exact_cbil.errors import CbilError, shorten
from exact_cbil.numbers import rational
from exact_cbil.testing.answers import FIELDS
from exact_cbil.testing.wrong_learners import WRONG_LEARNERS

__all__ = ["EXACT", "Budget", "Declaration", "ulp", "ulps_between"]

_DECIMAL = re.compile(r"[0-9]{1,30}(\.[0-9]{1,30})?(e-?[0-9]{1,3})?\Z", re.ASCII)


def ulp(value: Fraction) -> Fraction:
    """The spacing of float64 numbers at `|value|`: `2^(max(e, -1022) - 52)`, `2^e <= |value|`.

    >>> ulp(Fraction(1)), ulp(Fraction(1, 3)) == Fraction(1, 2**54)
    (Fraction(1, 4503599627370496), True)
    """
    if value == 0:
        return Fraction(1, 2**1074)
    up, down = abs(value.numerator), value.denominator
    exponent = up.bit_length() - down.bit_length()
    if (down << max(exponent, 0)) > (up << max(-exponent, 0)):
        exponent -= 1
    place = max(exponent, -1022) - 52
    return Fraction(1 << place) if place >= 0 else Fraction(1, 1 << -place)


def ulps_between(given: Fraction, exact: Fraction) -> Fraction:
    """The error of `given` in units of `ulp(exact)`."""
    return abs(given - exact) / ulp(exact) if given != exact else Fraction(0)


@dataclass(frozen=True)
class Budget:
    """A bound on the error of each number of a field.

    amount: non-negative. ulps: whether it counts units in the last place of the exact value.
    """

    amount: Fraction
    ulps: bool = False

    @classmethod
    def parse(cls, given: str) -> Budget:
        """Read `4ulp` (units in the last place) or `1/1000`, `1e-12` (absolute).

        >>> Budget.parse("4ulp"), Budget.parse("1e-3")
        (Budget(amount=Fraction(4, 1), ulps=True), Budget(amount=Fraction(1, 1000), ulps=False))
        """
        number, ulps = re.subn(r"ulps?\Z", "", given)
        amount = Fraction(number) if _DECIMAL.match(number) else rational(number, "budget")
        if amount < 0:
            raise CbilError(f"budget: expected a bound from 0, got {shorten(given)}")
        return cls(amount, bool(ulps))

    def radius(self, exact: Fraction) -> Fraction:
        """The largest allowed distance from `exact`."""
        return self.amount * ulp(exact) if self.ulps else self.amount


EXACT = Budget(Fraction(0))


@dataclass(frozen=True)
class Declaration:
    """What an implementation says of itself before it is asked anything.

    budgets: by field; an error budget of 0 where a field has none. That of `top_set` bounds the
        errors of the weights behind its comparisons, and is that of `posterior` unless given.
    omits: fields that it does not compute.
    skips: flags whose questions it must not be asked, with the reason.
    """

    budgets: dict[str, Budget] = field(default_factory=dict)
    omits: frozenset[str] = frozenset()
    skips: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(
        cls, budgets: Iterable[str] = (), omits: Iterable[str] = (), skips: Iterable[str] = ()
    ) -> Declaration:
        """Read `field=amount`, `field` and `flag=reason`; CbilError names what is wrong."""
        left_out = _listed(omits, "omits")
        for name in left_out:
            _known(name, FIELDS, "omits: unknown field")
        if set(left_out) == set(FIELDS):
            raise CbilError("omits: nothing is left to check")
        amounts = _pairs(budgets, FIELDS, "budget", "field")
        return cls(
            {name: Budget.parse(amount) for name, amount in amounts.items()},
            frozenset(left_out),
            _pairs(skips, WRONG_LEARNERS, "skips", "flag"),
        )

    def budget(self, name: str) -> Budget:
        """The budget of a field."""
        fallback = self.budgets.get("posterior", EXACT) if name == "top_set" else EXACT
        return self.budgets.get(name, fallback)


def _listed(given: Iterable[str], option: str) -> list[str]:
    if isinstance(given, str):
        raise CbilError(f"{option}: expected a sequence of strings, got {shorten(given)}")
    return list(given)


def _known(name: str, names: Collection[str], problem: str) -> None:
    if name not in names:
        raise CbilError(f"{problem} {shorten(name)}; there are {', '.join(names)}")


def _pairs(given: Iterable[str], names: Collection[str], option: str, kind: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in _listed(given, option):
        name, equals, value = pair.partition("=")
        if not equals or not value:
            raise CbilError(f"{option}: expected NAME=VALUE, got {shorten(pair)}")
        _known(name, names, f"{option}: unknown {kind}")
        if name in found:
            raise CbilError(f"{option}: {name} is given twice")
        found[name] = value
    return found

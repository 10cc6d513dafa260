"""The potential `S` that bounds T1, exactly (D8, D9).

`S` is a rational plus twice the logarithm of a rational, and is kept as that pair. It is never
rounded: comparisons refine a rigorous enclosure (FLINT's ball arithmetic) until they are decided.

| symbol | here                |
|--------|---------------------|
| tau    | `threshold(alpha)`  |
| F(x)   | `potential(x)`      |
| S      | `prior_potential`   |
| S_lin  | `linear_potential`  |
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb, ctx, fmpq, fmpz

from exact_cbil.errors import OutOfRange
from exact_cbil.model import Model
from exact_cbil.numbers import (
    RationalLike,
    decimal,
    elide,
    exact_sum,
    rational,
    to_fraction,
    to_mpq,
)

__all__ = ["LogNumber", "linear_potential", "potential", "prior_potential", "threshold"]


@dataclass(frozen=True)
class LogNumber:
    """The real number `constant + 2 ln(argument)`, for rationals with `argument > 0`.

    `<`, `<=`, `>`, `>=` with rationals are exact and always end: the logarithm of a rational other
    than 1 is irrational (Lindemann), so a strict comparison shows at some precision.
    Raises InexactNumber or OutOfRange when made from anything else.
    """

    constant: Fraction
    argument: Fraction = Fraction(1)

    def __post_init__(self) -> None:
        object.__setattr__(self, "constant", rational(self.constant, "constant"))
        object.__setattr__(self, "argument", rational(self.argument, "argument"))
        if self.argument <= 0:
            raise OutOfRange("argument", self.argument, "a positive rational")

    def __add__(self, other: LogNumber) -> LogNumber:
        argument = to_mpq(self.argument) * to_mpq(other.argument)
        return LogNumber(self.constant + other.constant, to_fraction(argument))

    def enclosure(self, bits: int = 64) -> Any:
        """A ball (`flint.arb`) that contains the number, computed with `bits` of precision."""
        with ctx.workprec(bits):
            ratio = arb(_fmpq(self.argument))
            return arb(_fmpq(self.constant)) + 2 * ratio.log()

    def interval(self, bits: int = 64) -> tuple[Fraction, Fraction]:
        """Rational lower and upper bounds, computed with `bits` of precision."""
        ball = self.enclosure(bits)
        # Midpoint and radius are exact; lower() and upper() round to the ambient precision.
        middle, radius = _dyadic(ball.mid()), _dyadic(ball.rad())
        return middle - radius, middle + radius

    def compare(self, other: RationalLike) -> int:
        """-1, 0 or 1 as the number is below, equal to or above a rational; always decided."""
        value = rational(other, "other")
        if self.argument == 1:
            return (self.constant > value) - (self.constant < value)
        bits = 64
        while True:
            low, high = self.interval(bits)
            if low > value:
                return 1
            if high < value:
                return -1
            bits *= 2

    def __lt__(self, other: RationalLike) -> bool:
        return self.compare(other) < 0

    def __le__(self, other: RationalLike) -> bool:
        return self.compare(other) <= 0

    def __gt__(self, other: RationalLike) -> bool:
        return self.compare(other) > 0

    def __ge__(self, other: RationalLike) -> bool:
        return self.compare(other) >= 0

    def decimal(self, digits: int = 6) -> str:
        """The number rounded to `digits` significant decimal digits, correctly."""
        bits = 64
        while True:
            low, high = (decimal(end, digits) for end in self.interval(bits))
            if low == high:
                return low
            if self.argument == 1:
                return decimal(self.constant, digits)
            bits *= 2

    def __str__(self) -> str:
        if self.argument == 1:
            return elide(self.constant)
        return f"{elide(self.constant)} + 2 ln({elide(self.argument)})"


def _fmpq(value: Fraction) -> Any:
    return fmpq(fmpz(value.numerator), fmpz(value.denominator))


def _dyadic(ball: Any) -> Fraction:
    """The exact value of a ball of radius 0."""
    mantissa, exponent = ball.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def threshold(alpha: RationalLike) -> Fraction:
    """`tau = alpha / (1 - alpha)` for `alpha <= 1/2`, and 1 above.

    alpha: in (0, 1]. Every policy in the top set has `z_pi >= tau`. Source: SPEC D8.

    >>> threshold("1/10"), threshold("2/3")
    (Fraction(1, 9), Fraction(1, 1))
    """
    exact = rational(alpha, "alpha")
    if not 0 < exact <= 1:
        raise OutOfRange("alpha", exact, "a rational in (0, 1]")
    return exact / (1 - exact) if 2 * exact <= 1 else Fraction(1)


def potential(x: RationalLike) -> LogNumber:
    """`F(x) = 3x` for `0 <= x <= 1`, and `3 + 2 ln x` for `x >= 1`.

    Source: SPEC D9.

    >>> print(potential("1/3"), "and", potential(2))
    1 and 3 + 2 ln(2)
    """
    exact = rational(x, "x")
    if exact < 0:
        raise OutOfRange("x", exact, "a rational from 0")
    return LogNumber(3 * exact) if exact <= 1 else LogNumber(Fraction(3), exact)


def prior_potential(model: Model) -> LogNumber:
    """`S = sum over pi != pi_d of F(z_pi(empty) / tau)`, which bounds `E sum theta^3`.

    Raises CbilError for a demonstrator outside the class. Source: SPEC D9, T1.
    """
    tau = threshold(model.alpha)
    total = LogNumber(Fraction(0))
    for z in model.odds.values():
        total = total + potential(z / tau)
    return total


def linear_potential(model: Model) -> Fraction:
    """`S_lin = (3/tau) (1/w_d - 1) >= S`.

    Raises CbilError for a demonstrator outside the class. Source: SPEC D9, T1a.

    >>> from exact_cbil.models import treacherous_turn
    >>> linear_potential(treacherous_turn())
    Fraction(243, 1)
    """
    return 3 / threshold(model.alpha) * exact_sum(model.odds.values())

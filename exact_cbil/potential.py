"""The potential `S` that bounds T1, exactly (D8, D9).

`S` is a rational plus twice the logarithm of a rational and is kept in that form, so that a
comparison with it is always decided.

| symbol | here                |
|--------|---------------------|
| tau    | `threshold(alpha)`  |
| F(x)   | `potential(x)`      |
| Psi_2, Psi_3 | `PSI_2`, `PSI_3` |
| S      | `prior_potential`   |
| S_lin  | `linear_potential`  |
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from exact_cbil.errors import OutOfRange
from exact_cbil.model import Model
from exact_cbil.numbers import RationalLike, exact_sum, rational
from exact_cbil.real import (
    LogSum,
    Real,
    RealLike,
    Undecided,
    Undefined,
    compare,
    ln,
    root,
    sign,
    total,
)

__all__ = [
    "CUBES",
    "DIVERGENCE",
    "PSI_2",
    "PSI_3",
    "Potential",
    "RootPotential",
    "linear_potential",
    "potential",
    "prior_potential",
    "threshold",
]


@dataclass(frozen=True)
class Potential:
    """`constant * x` on `[0, 1]`, and `constant + slope * ln x` above.

    It takes rationals and reals alike; Undefined below 0.

    >>> print(CUBES(Fraction(1, 3)), "and", DIVERGENCE(2))
    1 and 34/25 + 9/25 ln(2)
    """

    constant: Fraction
    slope: Fraction

    def __call__(self, x: RealLike) -> Real:
        value = Real.of(x)
        if _is_above_one(value):
            return ln(value) * self.slope + self.constant
        return value * self.constant

    def rounded(self, points: Iterable[float]) -> list[float]:
        """The values at many points, for plots."""
        return [float(self(Fraction(point))) for point in points]


CUBES = Potential(Fraction(3), Fraction(2))
"""`F`, which pays for the query cubes. Source: SPEC D9."""


def _is_above_one(value: Real) -> bool:
    """Which piece of a potential applies; Undefined below 0."""
    if sign(value) < 0:
        raise Undefined("the potential of a negative number")
    order = compare(value, 1)
    if order is None:
        raise Undecided("on which side of 1 the potential is taken")
    return order > 0


DIVERGENCE = Potential(Fraction(34, 25), Fraction(9, 25))
"""`F_4`, which pays for the divergence. Source: SPEC T4a."""


@dataclass(frozen=True)
class RootPotential:
    """`1 + slope * x` on `[0, 1]`, and `(1 + slope) sqrt(x)` above.

    It takes rationals and reals alike; Undefined below 0.

    >>> print(PSI_2(Fraction(3, 5)), "and", PSI_3(4))
    2 and 8
    """

    slope: Fraction

    def __call__(self, x: RealLike) -> Real:
        value = Real.of(x)
        if _is_above_one(value):
            return root(value, 2) * (1 + self.slope)
        return value * self.slope + 1


PSI_2 = RootPotential(Fraction(5, 3))
"""`Psi_2`, which pays for the exponential moment of `sum theta G`. Source: SPEC D9, T6."""

PSI_3 = RootPotential(Fraction(3))
"""`Psi_3`, which pays for that of `sum theta E l^3`. Source: SPEC D9, T7."""


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


def potential(x: RationalLike) -> Real:
    """`F(x) = 3x` for `0 <= x <= 1`, and `3 + 2 ln x` for `x >= 1`.

    Source: SPEC D9.

    >>> print(potential("1/3"), "and", potential(2))
    1 and 3 + 2 ln(2)
    """
    exact = rational(x, "x")
    if exact < 0:
        raise OutOfRange("x", exact, "a rational from 0")
    return CUBES(exact)


def prior_potential(model: Model, of: Potential = CUBES, member: str | None = None) -> Real:
    """`S = sum over pi != pi_d of F(z_pi(empty) / tau)`, which bounds `E sum theta^3`.

    of: another potential to sum. member: whose odds to take, for the demonstrator's (T8's `S~`).
    Raises CbilError for a demonstrator outside the class where no member is given.
    Source: SPEC D9, T1, T8.
    """
    tau = threshold(model.alpha)
    odds = model.odds if member is None else model.odds_against(member)
    found = total(of(z / tau) for z in odds.values()).form
    assert isinstance(found, LogSum)
    return Real.of(found.joined())


def linear_potential(model: Model) -> Fraction:
    """`S_lin = (3/tau) (1/w_d - 1) >= S`.

    Raises CbilError for a demonstrator outside the class. Source: SPEC D9, T1a.

    >>> from exact_cbil.models import treacherous_turn
    >>> linear_potential(treacherous_turn())
    Fraction(243, 1)
    """
    return 3 / threshold(model.alpha) * exact_sum(model.odds.values())

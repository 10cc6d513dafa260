"""Real arithmetic for candidates: rigorous, with the cases that have no value told apart.

Enclosures never settle a tie. Rationals, sums of logarithms and roots of rationals are therefore
kept in a form in which ties are decided; of anything else a tie stays undecided.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import Any

from flint import arb, fmpq
from gmpy2 import iroot, mpz

from bounds.enclosure import INFINITY, Real, RealLike
from bounds.enclosure import compare as compare_reals
from bounds.enclosure import exp as exp_real
from bounds.enclosure import ln as ln_real

__all__ = [
    "Undecided",
    "Undefined",
    "add",
    "divide",
    "exp",
    "largest",
    "ln",
    "multiply",
    "order",
    "power",
    "root",
    "smallest",
]

MAX_BITS = 100_000
"""The most bits of a rational that is kept exactly when it is raised to a power."""

MAX_DEGREE = 1_000
"""The highest root that is kept in its algebraic form."""


class Undefined(Exception):
    """An expression has no value at a model, such as a division by 0."""


class Undecided(Exception):
    """Enclosures did not separate a number from one where its meaning changes."""


class Root(Real):
    """`radicand^(1/degree)`, for a positive rational that is no perfect power of that degree."""

    def __init__(self, radicand: Fraction, degree: int) -> None:
        def ball() -> Any:
            return arb(fmpq(radicand.numerator, radicand.denominator)).root(degree)

        super().__init__(ball)
        self.radicand, self.degree = radicand, degree


def order(left: RealLike, right: RealLike) -> int | None:
    """-1, 0 or 1 as `left` is below, equal to or above `right`; None when not decided."""
    one, two = _as_root(left), _as_root(right)
    if one is not None and two is not None:
        raised = _raised(one, two)
        if raised is not None:
            x, y, _ = raised
            return (x > y) - (x < y)
    return compare_reals(left, right)


def _raised(
    one: tuple[Fraction, int], two: tuple[Fraction, int]
) -> tuple[Fraction, Fraction, int] | None:
    """Radicands of two roots under one degree; None where they would be too long."""
    degree = lcm(one[1], two[1])
    if degree > MAX_DEGREE or not all(_fits(r, degree // n) for r, n in (one, two)):
        return None
    return one[0] ** (degree // one[1]), two[0] ** (degree // two[1]), degree


def _as_root(value: RealLike) -> tuple[Fraction, int] | None:
    real = Real.of(value)
    if isinstance(real, Root):
        return real.radicand, real.degree
    exact = real.exact
    return (exact, 1) if exact is not None and exact >= 0 else None


def sign(value: Real) -> int:
    """-1, 0 or 1; Undecided otherwise."""
    found = order(value, 0)
    if found is None:
        raise Undecided("the sign of a part of the expression")
    return found


def add(left: Real, right: Real) -> Real:
    """`left + right`. Nothing is ever minus infinity."""
    return left + right


def subtract(left: Real, right: Real) -> Real:
    """`left - right`."""
    if right is INFINITY:
        raise Undefined("infinity is subtracted")
    return left - right


def multiply(left: Real, right: Real) -> Real:
    """`left * right`; infinity only times a positive number."""
    if INFINITY in (left, right):
        if sign(left) <= 0 or sign(right) <= 0:
            raise Undefined("infinity times a number that is not positive")
        return INFINITY
    if left.exact == 0 or right.exact == 0:
        return Real.of(0)
    one, two = _as_root(left), _as_root(right)
    if one is not None and two is not None and Root in (type(left), type(right)):
        raised = _raised(one, two)
        if raised is not None:
            return _root_of(raised[0] * raised[1], raised[2])
    return left * right


def divide(left: Real, right: Real) -> Real:
    """`left / right`; Undefined for a divisor of 0."""
    if sign(right) == 0:
        raise Undefined("division by 0")
    if isinstance(right, Root):
        return multiply(left, _root_of(1 / right.radicand, right.degree))
    if left is INFINITY:
        if right is INFINITY:
            raise Undefined("infinity over infinity")
        return multiply(left, right)
    return left if left.exact == 0 else left / right


def power(base: Real, exponent: Real) -> Real:
    """`base^exponent`: `exp(exponent ln base)`, and by multiplication for whole exponents."""
    if exponent is INFINITY or base is INFINITY:
        if base is not INFINITY or exponent is INFINITY or sign(exponent) <= 0:
            raise Undefined("a power with infinity")
        return INFINITY
    exact = exponent.exact
    if exact is None:
        if sign(base) <= 0:
            raise Undefined("an irrational power of a number that is not positive")
        return Real(lambda: (exponent.ball() * base.ball().log()).exp())
    if exact == 0:
        return Real.of(1)
    if exact < 0:
        return divide(Real.of(1), power(base, Real.of(-exact)))
    if exact.denominator > 1 and sign(base) < 0:
        raise Undefined("a root of a negative number")
    return _positive_power(base, exact)


def _positive_power(base: Real, exponent: Fraction) -> Real:
    if exponent == 1 or base.exact in (0, 1):
        return base
    top, degree = exponent.numerator, exponent.denominator
    known = _as_root(base)
    if known is not None and degree * known[1] <= MAX_DEGREE and _fits(known[0], top):
        return _root_of(known[0] ** top, degree * known[1])
    if (exact := base.exact) is not None and degree == 1 and _fits(exact, top):
        return Real.of(exact**top)
    if degree == 1:
        return Real(lambda: base.ball() ** top)
    ratio = fmpq(top, degree)
    return Real(lambda: base.ball() ** arb(ratio))


def _fits(value: Fraction, exponent: int) -> bool:
    bits = max(value.numerator.bit_length(), value.denominator.bit_length())
    return bits * exponent <= MAX_BITS


def root(value: Real, degree: Real) -> Real:
    """The root of a number from 0, of a whole degree from 1."""
    exact = degree.exact
    if exact is None or exact.denominator != 1 or not 1 <= exact <= MAX_DEGREE:
        raise Undefined(f"a root needs a whole degree from 1 to {MAX_DEGREE}")
    return power(value, Real.of(1 / exact))


def _root_of(radicand: Fraction, degree: int) -> Real:
    """A root of a rational from 0, exact where it is rational."""
    if degree == 1 or radicand in (0, 1):
        return Real.of(radicand)
    top, top_exact = iroot(mpz(radicand.numerator), degree)
    bottom, bottom_exact = iroot(mpz(radicand.denominator), degree)
    if top_exact and bottom_exact:
        return Real.of(Fraction(int(top), int(bottom)))
    return Root(radicand, degree)


def ln(value: Real) -> Real:
    """The natural logarithm; Undefined at 0 and below."""
    if value is INFINITY:
        return INFINITY
    if sign(value) <= 0:
        raise Undefined("a logarithm of a number that is not positive")
    if isinstance(value, Root):
        return ln_real(value.radicand) * Fraction(1, value.degree)
    return ln_real(value)


def exp(value: Real) -> Real:
    """The exponential."""
    return INFINITY if value is INFINITY else exp_real(value)


def largest(left: Real, right: Real) -> Real:
    """The larger of two; an enclosure of it where they cannot be told apart."""
    found = order(left, right)
    if found is None:
        return Real(lambda: left.ball().max(right.ball()))
    return left if found >= 0 else right


def smallest(left: Real, right: Real) -> Real:
    """The smaller of two; an enclosure of it where they cannot be told apart."""
    found = order(left, right)
    if found is None:
        return Real(lambda: left.ball().min(right.ball()))
    return left if found <= 0 else right

"""Real numbers built from rationals by field operations, roots, exp and ln, compared rigorously.

A `Real` can be enclosed in a ball of FLINT's arithmetic at any precision. A comparison raises the
precision until the balls separate. A number of the form `c + sum_i c_i ln(q_i)` also carries that
form (`LogSum`), in which a tie is decided algebraically.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import gcd
from typing import Any, TypeAlias

from flint import arb, ctx, fmpq

from exact_cbil.numbers import decimal, elide
from exact_cbil.potential import LogNumber

__all__ = ["INFINITY", "LogSum", "Real", "RealLike", "compare", "exp", "ln", "root"]

MAX_BITS = 1 << 14
"""Where a comparison without an algebraic decision gives up."""


def _ball(value: Fraction) -> Any:
    return arb(fmpq(value.numerator, value.denominator))


@dataclass(frozen=True)
class LogSum:
    """The number `constant + sum_q coefficients[q] * ln(q)`, for positive rationals q."""

    constant: Fraction = Fraction(0)
    coefficients: Mapping[Fraction, Fraction] = field(default_factory=dict)

    def __add__(self, other: LogSum) -> LogSum:
        merged = dict(self.coefficients)
        for argument, c in other.coefficients.items():
            merged[argument] = merged.get(argument, Fraction(0)) + c
        kept = {q: c for q, c in merged.items() if c and q != 1}
        return LogSum(self.constant + other.constant, kept)

    def scale(self, factor: Fraction) -> LogSum:
        """The number times a rational."""
        if not factor:
            return LogSum()
        return LogSum(self.constant * factor, {q: c * factor for q, c in self.coefficients.items()})

    def ball(self) -> Any:
        """An enclosure at the working precision."""
        total = _ball(self.constant)
        for q, c in self.coefficients.items():
            total += _ball(c) * _ball(q).log()
        return total

    def is_zero(self) -> bool:
        """Whether the number is 0, decided algebraically.

        By Lindemann's theorem a rational other than 0 is no sum of such logarithms; and
        `sum c_i ln q_i = 0` iff the exponents of every element of a coprime base cancel.
        """
        if self.constant:
            return False
        numbers = [n for q in self.coefficients for n in (q.numerator, q.denominator)]
        for base in _coprime_base(numbers):
            exponent = Fraction(0)
            for q, c in self.coefficients.items():
                power = _valuation(q.numerator, base) - _valuation(q.denominator, base)
                exponent += c * power
            if exponent:
                return False
        return True

    def sign(self) -> int:
        """-1, 0 or 1; always decided."""
        if not self.coefficients:
            return (self.constant > 0) - (self.constant < 0)
        bits = 64
        while True:
            with ctx.workprec(bits):
                ball = self.ball()
                if ball > 0:
                    return 1
                if ball < 0:
                    return -1
            if bits == 256 and self.is_zero():
                return 0
            bits *= 2


def _coprime_base(numbers: list[int]) -> list[int]:
    """Pairwise coprime integers above 1 whose products of powers include all the given ones."""
    base: list[int] = []
    pending = [n for n in numbers if n > 1]
    while pending:
        n = pending.pop()
        for k, b in enumerate(base):
            if (common := gcd(n, b)) > 1:
                del base[k]
                pending += [x for x in (common, n // common, b // common) if x > 1]
                break
        else:
            base.append(n)
    return base


def _valuation(n: int, base: int) -> int:
    power = 0
    while n % base == 0:
        n //= base
        power += 1
    return power


class Real:
    """A real number, or plus infinity, that can be enclosed as tightly as wanted.

    form: the number as a `LogSum`, where it has that form; a rational always has.
    """

    def __init__(self, ball: Callable[[], Any], form: LogSum | None = None) -> None:
        self.ball = ball
        self.form = form

    @classmethod
    def of(cls, value: RealLike) -> Real:
        """A rational, a `LogNumber` or a `LogSum` as a real."""
        if isinstance(value, Real):
            return value
        if isinstance(value, LogNumber):
            log = {value.argument: Fraction(2)} if value.argument != 1 else {}
            value = LogSum(value.constant, log)
        if isinstance(value, int):
            value = Fraction(value)
        form = value if isinstance(value, LogSum) else LogSum(value)
        return cls(form.ball, form)

    @property
    def exact(self) -> Fraction | None:
        """The value, when it is known to be rational."""
        if self.form is not None and not self.form.coefficients:
            return self.form.constant
        return None

    def interval(self, bits: int = 64) -> tuple[Fraction, Fraction]:
        """Rational lower and upper bounds, computed with `bits` of precision."""
        with ctx.workprec(bits):
            ball = self.ball()
            return _dyadic(ball.lower()), _dyadic(ball.upper())

    def decimal(self, digits: int = 6) -> str:
        """The number rounded to `digits` significant digits; the enclosure's middle at a tie."""
        if self is INFINITY:
            return "inf"
        if (exact := self.exact) is not None:
            return decimal(exact, digits)
        bits = 64
        while True:
            low, high = self.interval(bits)
            shown = decimal(low, digits)
            if shown == decimal(high, digits) or bits >= MAX_BITS:
                return shown
            bits *= 2

    def __str__(self) -> str:
        if (exact := self.exact) is not None:
            return elide(exact)
        if self.form is not None and len(self.form.coefficients) == 1:
            ((argument, factor),) = self.form.coefficients.items()
            return f"{elide(self.form.constant)} + {elide(factor)} ln({elide(argument)})"
        return "inf" if self is INFINITY else f"~{self.decimal(12)}"

    def __add__(self, other: RealLike) -> Real:
        right = Real.of(other)
        if INFINITY in (self, right):
            return INFINITY
        if self.form is not None and right.form is not None:
            return Real.of(self.form + right.form)
        return Real(lambda: self.ball() + right.ball())

    def __mul__(self, other: RealLike) -> Real:
        right = Real.of(other)
        if INFINITY in (self, right):
            return INFINITY
        for one, two in ((self, right), (right, self)):
            if (factor := one.exact) is not None and two.form is not None:
                return Real.of(two.form.scale(factor))
        return Real(lambda: self.ball() * right.ball())

    def __sub__(self, other: RealLike) -> Real:
        return self + Real.of(other) * -1

    def __truediv__(self, other: RealLike) -> Real:
        right = Real.of(other)
        if right is INFINITY:
            return Real.of(0)
        if (divisor := right.exact) is not None:
            return self * (1 / divisor)
        return Real(lambda: self.ball() / right.ball())


RealLike: TypeAlias = Real | LogNumber | LogSum | Fraction | int
INFINITY = Real(lambda: arb("inf"))


def _dyadic(ball: Any) -> Fraction:
    mantissa, exponent = ball.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def ln(value: RealLike) -> Real:
    """The natural logarithm of a positive number.

    >>> compare(ln(Fraction(4)), ln(Fraction(2)) * 2)
    0
    """
    real = Real.of(value)
    if (exact := real.exact) is not None:
        return Real.of(LogSum(Fraction(0), {exact: Fraction(1)} if exact != 1 else {}))
    return Real(lambda: real.ball().log())


def exp(value: RealLike) -> Real:
    """The exponential."""
    real = Real.of(value)
    return Real.of(1) if real.exact == 0 else Real(lambda: real.ball().exp())


def root(value: RealLike, degree: int) -> Real:
    """The root of a non-negative number."""
    real = Real.of(value)
    if real.exact == 0:
        return real
    return Real(lambda: real.ball().root(degree))


def compare(left: RealLike, right: RealLike) -> int | None:
    """-1, 0 or 1 as `left` is below, equal to or above `right`; None when not decided."""
    one, two = Real.of(left), Real.of(right)
    if one is INFINITY or two is INFINITY:
        return (one is INFINITY) - (two is INFINITY)
    if (a := one.exact) is not None and (b := two.exact) is not None:
        return (a > b) - (a < b)
    if one.form is not None and two.form is not None:
        return (one.form + two.form.scale(Fraction(-1))).sign()
    bits = 64
    while bits <= MAX_BITS:
        with ctx.workprec(bits):
            difference = one.ball() - two.ball()
            if difference > 0:
                return 1
            if difference < 0:
                return -1
        bits *= 4
    return None

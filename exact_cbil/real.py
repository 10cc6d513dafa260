"""Real numbers built from rationals by arithmetic, roots, exp and ln, and compared rigorously.

A `Real` can be enclosed in a ball of FLINT's arithmetic at any precision, and a comparison raises
the precision until the balls separate. Balls never settle a tie. Numbers of the form
`c + sum_i c_i ln(q_i)` and their roots are therefore kept in that form too (`LogSum`, `Root`), in
which a tie is decided by algebra; of anything else a tie stays undecided.

Nothing here takes memory in proportion to the size of a number: a ball keeps an exponent, a power
too long to write keeps only its ball, and what is beyond `2^65536` is never written out.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import inf, lcm, nan
from typing import Any, TypeAlias

import gmpy2
from flint import arb, ctx, fmpq
from gmpy2 import mpz

from exact_cbil.errors import CbilError
from exact_cbil.numbers import decimal, elide, rational, to_fraction, to_mpq

__all__ = [
    "INFINITY",
    "LogSum",
    "Real",
    "RealLike",
    "Root",
    "Undecided",
    "Undefined",
    "compare",
    "exp",
    "largest",
    "ln",
    "power",
    "root",
    "sign",
    "smallest",
    "total",
]

FIRST_BITS = 96
"""The precision that is tried first; most numbers are asked again for the ball that it gave."""

MAX_BITS = 1 << 14
"""The precision at which a comparison without an algebraic decision gives up."""

MAX_EXPONENT = 1 << 16
"""Numbers beyond `2^MAX_EXPONENT` and below `2^-MAX_EXPONENT` are not written out."""

LONGEST_POWER = 100_000
"""The most bits of a rational that is kept exactly when it is raised to a power."""

LONGEST = 1 << 20
"""The most bits of a rational that is kept exactly when two long ones are combined."""

MAX_DEGREE = 1_000
"""The highest root that is kept in its algebraic form."""

EXP_LIMIT = 1 << 60
"""Where `exp` of less than minus this is enclosed between 0 and `exp(-EXP_LIMIT)`."""


class Undefined(CbilError):
    """An expression has no value, such as a division by 0."""


class Undecided(CbilError):
    """Enclosures did not separate a number from one where its meaning changes."""


def _ball(value: Fraction) -> Any:
    return arb(fmpq(value.numerator, value.denominator))


def _rational(value: Fraction | int) -> Fraction:
    if type(value) is Fraction:
        return value
    return Fraction(value) if type(value) is int else rational(value, "number")


def _order(one: Fraction, two: Fraction) -> int:
    left, right = one.numerator * two.denominator, two.numerator * one.denominator
    return (left > right) - (left < right)


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def _combined(combine: Callable[[Any, Any], Any], one: Fraction, two: Fraction) -> Fraction | None:
    """A sum or product; None where it is too long to be kept.

    That of long numbers is made by GMP, whose gcd is not quadratic in their length.
    """
    left, right = _bits(one), _bits(two)
    if left + right < 4096:
        exact: Fraction = combine(one, two)
        return exact
    if left + right <= LONGEST or min(left, right) <= 64:
        return to_fraction(combine(to_mpq(one), to_mpq(two)))
    return None


NO_LOGARITHMS: Mapping[Fraction, Fraction] = {}
ZERO, MINUS_ONE = Fraction(0), Fraction(-1)


@dataclass(frozen=True)
class LogSum:
    """The number `constant + sum_q coefficients[q] * ln(q)`, for positive rationals q."""

    constant: Fraction = Fraction(0)
    coefficients: Mapping[Fraction, Fraction] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.constant, frozenset(self.coefficients.items())))

    def plus(self, other: LogSum) -> LogSum | None:
        """The sum; None where it is too long to be kept."""
        constant = _combined(operator.add, self.constant, other.constant)
        if constant is None:
            return None
        if not other.coefficients:
            return LogSum(constant, self.coefficients)
        merged = dict(self.coefficients)
        for argument, c in other.coefficients.items():
            together = _combined(operator.add, merged.get(argument, ZERO), c)
            if together is None:
                return None
            merged[argument] = together
        return LogSum(constant, {q: c for q, c in merged.items() if c and q != 1})

    def times(self, factor: Fraction) -> LogSum | None:
        """The number times a rational; None where it is too long to be kept."""
        if not factor:
            return LogSum()
        constant = _combined(operator.mul, self.constant, factor)
        scaled: dict[Fraction, Fraction] = {}
        for q, c in self.coefficients.items():
            product = _combined(operator.mul, c, factor)
            if product is None:
                return None
            scaled[q] = product
        return None if constant is None else LogSum(constant, scaled)

    def joined(self) -> LogSum:
        """The same number with one logarithm, of a product, for each coefficient."""
        products: dict[Fraction, Fraction] = {}
        for q, c in self.coefficients.items():
            products[c] = to_fraction(to_mpq(products.get(c, Fraction(1))) * to_mpq(q))
        found: dict[Fraction, Fraction] = {}
        for c, q in products.items():
            found[q] = found.get(q, Fraction(0)) + c
        return LogSum(self.constant, {q: c for q, c in found.items() if c and q != 1})

    @property
    def rational(self) -> Fraction | None:
        """The number, if no logarithm is left in it."""
        return None if self.coefficients else self.constant

    def ball(self) -> Any:
        """An enclosure at the working precision."""
        return _ball(self.constant) + self._logarithms()

    def _logarithms(self) -> Any:
        found = arb(0)
        for q, c in self.coefficients.items():
            found += _ball(c) * _ball(q).log()
        return found

    @property
    def reduced(self) -> LogSum:
        """The same number, without its logarithms where these cancel, which one alone cannot."""
        return self._reduced if len(self.coefficients) > 1 else self

    @cached_property
    def _reduced(self) -> LogSum:
        """By Lindemann's theorem a sum of such logarithms is 0 or irrational.

        So the balls are asked first, and the algebra only where they leave 0 open.
        """
        with ctx.workprec(128):
            apart = not self._logarithms().contains(0)
        return self if apart or not self._cancels() else LogSum(self.constant)

    def _cancels(self) -> bool:
        """Whether `sum c_i ln q_i = 0`: the exponents of every element of a coprime base cancel."""
        numbers = [n for q in self.coefficients for n in (q.numerator, q.denominator)]
        for base in _coprime_base(numbers):
            exponent = Fraction(0)
            for q, c in self.coefficients.items():
                exponent += c * (_valuation(q.numerator, base) - _valuation(q.denominator, base))
            if exponent:
                return False
        return True

    def sign(self) -> int:
        """-1, 0 or 1; always decided."""
        number = self.reduced
        if (value := number.rational) is not None:
            return _order(value, ZERO)
        bits = 64
        while True:  # ends: the number is not 0
            with ctx.workprec(bits):
                ball = number.ball()
                if ball > 0:
                    return 1
                if ball < 0:
                    return -1
            bits *= 2


def _coprime_base(numbers: Iterable[int]) -> list[mpz]:
    """Pairwise coprime integers above 1 whose products of powers include all the given ones.

    A common factor is taken out of both numbers with all its powers at once, which ends quickly
    for numbers such as 2^3 and 2^100000 too.
    """
    base: list[mpz] = []
    pending = [mpz(n) for n in set(numbers) if n > 1]
    while pending:
        n = pending.pop()
        for k, b in enumerate(base):
            if (common := gmpy2.gcd(n, b)) > 1:
                if n != b:
                    del base[k]
                    rest = (gmpy2.remove(n, common)[0], gmpy2.remove(b, common)[0])
                    pending += [x for x in (common, *rest) if x > 1]
                break
        else:
            base.append(n)
    return base


def _valuation(n: int, base: mpz) -> int:
    return int(gmpy2.remove(mpz(n), base)[1])


class Real:
    """A real number, or plus infinity, that can be enclosed as tightly as wanted.

    form: the number as a `LogSum`, where it has that form; a rational always has. Operators raise
    Undefined where there is no value, and comparisons Undecided where balls do not separate.

    >>> print(Real.of(Fraction(1, 2)) + ln(2) * 3)
    1/2 + 3 ln(2)
    """

    __slots__ = ("_ball", "_first", "form")

    def __init__(self, ball: Callable[[], Any] | None, form: LogSum | None = None) -> None:
        self._ball = ball  # None where the form says all
        self._first: Any = None  # the ball at FIRST_BITS, once it has been asked for
        self.form = form

    def ball(self) -> Any:
        """An enclosure at the working precision."""
        if ctx.prec != FIRST_BITS:
            return self._made()
        if self._first is None:
            self._first = self._made()
        return self._first

    def _made(self) -> Any:
        if self._ball is not None:
            return self._ball()
        assert self.form is not None
        return self.form.ball()

    def first(self) -> Any:
        """The enclosure at the precision that is tried first."""
        if self._first is None:
            with ctx.workprec(FIRST_BITS):
                return self.ball()
        return self._first

    @classmethod
    def of(cls, value: RealLike) -> Real:
        """A rational or a `LogSum` as a real."""
        if type(value) is Fraction:  # first, because most numbers are
            return Real(None, LogSum(value, NO_LOGARITHMS))
        if isinstance(value, Real):
            return value
        form = value if isinstance(value, LogSum) else LogSum(_rational(value), NO_LOGARITHMS)
        return Real(None, form)

    @property
    def exact(self) -> Fraction | None:
        """The value, when it is known to be rational."""
        return None if self.form is None else self.form.reduced.rational

    def _enclosed(self, bits: int) -> Any:
        """A finite ball; at more precision where it takes that to be finite."""
        while True:
            with ctx.workprec(bits):
                ball = self.ball()
                if ball.is_finite():
                    return ball
            if bits >= MAX_BITS:
                raise Undecided("the size of a number")
            bits *= 4

    def interval(self, bits: int = 64) -> tuple[Fraction, Fraction]:
        """Rational lower and upper bounds, computed with `bits` of precision.

        Ends closer to 0 than `2^-65536` are moved outward, to 0 or to that.
        Raises Undecided for a number that is not known to be below `2^65536`.
        """
        if (exact := self.exact) is not None:
            return exact, exact
        ball = self._enclosed(bits)
        with ctx.workprec(bits):
            if not ball.abs_upper() < arb(2) ** MAX_EXPONENT:
                raise Undecided(f"a number that may be beyond 2^{MAX_EXPONENT}")
            return _dyadic(ball.lower(), -1), _dyadic(ball.upper(), 1)

    def decimal(self, digits: int = 6) -> str:
        """The number rounded to `digits` significant digits.

        Where it is too large or too small to be written out, only that: `>2^65536`.
        """
        if self is INFINITY:
            return "inf"
        if (exact := self.exact) is not None:
            return decimal(exact, digits)
        try:
            return self._rounded(digits)
        except Undecided:
            return "not enclosed"

    def _rounded(self, digits: int) -> str:
        limit = arb(2) ** MAX_EXPONENT
        ball = self._enclosed(64)
        if ball.abs_lower() >= limit:
            return f">2^{MAX_EXPONENT}" if ball > 0 else f"<-2^{MAX_EXPONENT}"
        if ball.abs_upper() < 1 / limit:
            return f"0 +- 2^-{MAX_EXPONENT}"
        bits = 64
        while True:
            low, high = self.interval(bits)
            shown = decimal(low, digits)
            if shown == decimal(high, digits):
                return shown
            if bits >= MAX_BITS:  # a tie of the rounding, or not told from 0
                return shown if low > 0 or high < 0 else f"0 +- 2^-{bits // 2}"
            bits *= 2

    def __str__(self) -> str:
        if self is INFINITY:
            return "inf"
        if (exact := self.exact) is not None:
            return elide(exact)
        form = LogSum() if self.form is None else self.form.joined()
        if len(form.coefficients) != 1:
            return f"~{self.decimal(12)}"
        ((argument, factor),) = form.coefficients.items()
        return f"{elide(form.constant)} + {elide(factor)} ln({elide(argument)})"

    def __float__(self) -> float:
        """A rounded value for pictures and rankings, NaN where none is had; it decides nothing."""
        if self is INFINITY:
            return inf
        exact = self.exact
        try:
            return float(self._enclosed(64).mid() if exact is None else exact)
        except OverflowError:
            return inf if sign(self) > 0 else -inf
        except Undecided:
            return nan

    def __add__(self, other: RealLike) -> Real:
        right = Real.of(other)
        if INFINITY in (self, right):
            return INFINITY
        if self.form is not None and right.form is not None:
            found = self.form.plus(right.form)
            if found is not None:
                return Real.of(found)
        return Real(lambda: self.ball() + right.ball())

    def __sub__(self, other: RealLike) -> Real:
        right = Real.of(other)
        if right is INFINITY:
            raise Undefined("infinity is subtracted")
        return self + right * MINUS_ONE

    def __mul__(self, other: RealLike) -> Real:
        right = Real.of(other)
        if INFINITY in (self, right):
            if sign(self) <= 0 or sign(right) <= 0:
                raise Undefined("infinity times a number that is not positive")
            return INFINITY
        for one, two in ((self, right), (right, self)):
            factor = one.exact
            if factor is not None and two.form is not None:
                form = two.form.times(factor)
                if form is not None:
                    return Real.of(form)
            if factor == 0:
                return Real.of(0)
        if Root in (type(self), type(right)):
            product = _multiplied(self, right)
            if product is not None:
                return product
        return Real(lambda: self.ball() * right.ball())

    def __truediv__(self, other: RealLike) -> Real:
        right = Real.of(other)
        if right is INFINITY:
            if self is INFINITY:
                raise Undefined("infinity over infinity")
            return Real.of(0)
        if sign(right) == 0:
            raise Undefined("division by 0")
        if (divisor := right.exact) is not None:
            return self * (1 / divisor)
        if self is INFINITY:
            return self * right  # the sign decides
        if isinstance(right, Root) and right.radicand.rational is not None:
            return self * _root_of(1 / right.radicand.rational, right.degree)
        return self if self.exact == 0 else Real(lambda: self.ball() / right.ball())

    def _order(self, other: RealLike) -> int:
        found = compare(self, other)
        if found is None:
            raise Undecided("which of two numbers is the larger")
        return found

    def __lt__(self, other: RealLike) -> bool:
        return self._order(other) < 0

    def __le__(self, other: RealLike) -> bool:
        return self._order(other) <= 0

    def __gt__(self, other: RealLike) -> bool:
        return self._order(other) > 0

    def __ge__(self, other: RealLike) -> bool:
        return self._order(other) >= 0


RealLike: TypeAlias = Real | LogSum | Fraction | int
INFINITY = Real(lambda: arb("inf"))


class Root(Real):
    """`radicand^(1/degree)`, positive and in general irrational."""

    __slots__ = ("degree", "radicand")

    def __init__(self, radicand: LogSum, degree: int) -> None:
        super().__init__(lambda: radicand.ball().root(degree))
        self.radicand, self.degree = radicand, degree


def _dyadic(ball: Any, outward: int) -> Fraction:
    """A ball of radius 0 as a fraction; outward: -1 for a lower end and 1 for an upper one."""
    mantissa, exponent = ball.man_exp()
    digits, power_of_two = int(mantissa), int(exponent)
    if digits.bit_length() + power_of_two > -MAX_EXPONENT:
        if power_of_two >= 0:
            return Fraction(digits << power_of_two)
        return Fraction(digits, 1 << -power_of_two)
    if mantissa == 0 or (mantissa > 0) != (outward > 0):
        return Fraction(0)
    return Fraction(outward, 2**MAX_EXPONENT)


def sign(value: RealLike) -> int:
    """-1, 0 or 1; raises Undecided."""
    real = Real.of(value)
    if real.form is None:
        found = compare(real, 0)
    elif (exact := real.form.rational) is not None:
        return _order(exact, ZERO)
    else:
        found = _sign(real.first()) or real.form.sign()
    if found is None:
        raise Undecided("the sign of a part of the expression")
    return found


def _sign(ball: Any) -> int:
    """1 or -1 where a ball is on one side of 0, else 0."""
    return 1 if ball > 0 else -1 if ball < 0 else 0


def compare(left: RealLike, right: RealLike) -> int | None:
    """-1, 0 or 1 as `left` is below, equal to or above `right`; None when not decided.

    >>> compare(ln(4), ln(2) * 2), compare(root(8, 3), 2)
    (0, 0)
    """
    one, two = Real.of(left), Real.of(right)
    if one is two:
        return 0  # also where no algebra knows the number
    if INFINITY in (one, two):
        return (one is INFINITY) - (two is INFINITY)
    a = None if one.form is None else one.form.rational
    b = None if two.form is None else two.form.rational
    if a is not None and b is not None:
        return _order(a, b)
    # Most numbers are apart: only where their balls meet is a tie decided by algebra.
    with ctx.workprec(FIRST_BITS):
        apart = _sign(one.first() - two.first())
    if apart:
        return apart
    raised = _raised(one, two)
    if raised is not None:
        x, y = raised
        if (a := x.rational) is not None and (b := y.rational) is not None:
            return _order(a, b)
        found = None if (negated := y.times(MINUS_ONE)) is None else x.plus(negated)
        if found is not None:
            return found.sign()
    bits = 256
    while bits <= MAX_BITS:
        with ctx.workprec(bits):
            apart = _sign(one.ball() - two.ball())
        if apart:
            return apart
        bits *= 4
    return None


def _as_root(value: Real) -> tuple[LogSum, int] | None:
    """A number as the root of a form; a form itself is its first root."""
    if isinstance(value, Root):
        return value.radicand, value.degree
    return None if value.form is None else (value.form.reduced, 1)


def _raised(one: Real, two: Real) -> tuple[LogSum, LogSum] | None:
    """Two numbers raised to one power that makes both forms; None where that cannot be had."""
    left, right = _as_root(one), _as_root(two)
    if left is None or right is None:
        return None
    if left[1] == right[1] == 1:
        return left[0], right[0]
    degree = lcm(left[1], right[1])
    if degree > 1 and (left[0].sign() < 0 or right[0].sign() < 0):
        return None
    raised = [_form_power(form, degree // own) for form, own in (left, right)]
    return None if raised[0] is None or raised[1] is None else (raised[0], raised[1])


def _form_power(form: LogSum, exponent: int) -> LogSum | None:
    if exponent == 1:
        return form
    value = form.rational
    if value is None or exponent > MAX_DEGREE or not _power_fits(value, exponent):
        return None
    return LogSum(value**exponent)


def _power_fits(value: Fraction, exponent: int) -> bool:
    return _bits(value) * exponent <= LONGEST_POWER


def _multiplied(one: Real, two: Real) -> Real | None:
    """The product of two roots under one degree."""
    raised = _raised(one, two)
    left, right = _as_root(one), _as_root(two)
    if raised is None or left is None or right is None:
        return None
    for x, y in (raised, raised[::-1]):
        if (factor := x.rational) is not None:
            product = y.times(factor)
            return None if product is None else _root_of(product, lcm(left[1], right[1]))
    return None


def _root_of(radicand: LogSum | Fraction, degree: int) -> Real:
    """The root of a number from 0, exact where it is rational."""
    form = radicand.reduced if isinstance(radicand, LogSum) else LogSum(radicand)
    value = form.rational
    if degree == 1 or value in (0, 1):
        return Real.of(form)
    if value is not None:
        top, top_exact = gmpy2.iroot(mpz(value.numerator), degree)
        bottom, bottom_exact = gmpy2.iroot(mpz(value.denominator), degree)
        if top_exact and bottom_exact:
            return Real.of(Fraction(int(top), int(bottom)))
    return Root(form, degree)


def power(base: RealLike, exponent: RealLike) -> Real:
    """`base^exponent`: `exp(exponent ln base)`, and by multiplication for whole exponents."""
    below, above = Real.of(base), Real.of(exponent)
    if INFINITY in (below, above):
        if below is not INFINITY or above is INFINITY or sign(above) <= 0:
            raise Undefined("a power with infinity")
        return INFINITY
    exact = above.exact
    if exact is None:
        if sign(below) <= 0:
            raise Undefined("an irrational power of a number that is not positive")
        if below.exact == 1:
            return below
        return Real(lambda: _exp_ball(above.ball() * below.ball().log()))
    if exact == 0:
        return Real.of(1)
    if exact < 0:
        return Real.of(1) / power(below, Real.of(-exact))
    if exact.denominator > 1 and sign(below) < 0:
        raise Undefined("a root of a negative number")
    return _positive_power(below, exact)


def _positive_power(base: Real, exponent: Fraction) -> Real:
    if exponent == 1 or base.exact in (0, 1):
        return base
    top, degree = exponent.numerator, exponent.denominator
    known = _as_root(base)
    if known is not None and degree * known[1] <= MAX_DEGREE:
        form = known[0]
        value = form.rational
        if value is not None and value < 0:
            if _power_fits(value, top):
                return Real.of(value**top)
        elif top == 1:
            return _root_of(form, degree * known[1])
        elif value is not None and _power_fits(value, top):
            return _root_of(value**top, degree * known[1])
    if degree == 1:
        return Real(lambda: base.ball() ** top)
    if top == 1 and degree <= MAX_DEGREE:
        return Real(lambda: base.ball().root(degree))
    return Real(lambda: base.ball() ** arb(fmpq(top, degree)))


def root(value: RealLike, degree: RealLike) -> Real:
    """The root of a number from 0, of a whole degree from 1 to 1,000."""
    real, exact = Real.of(value), Real.of(degree).exact
    if exact is None or exact.denominator != 1 or not 1 <= exact <= MAX_DEGREE:
        raise Undefined(f"a root needs a whole degree from 1 to {MAX_DEGREE}")
    if real is INFINITY:
        return INFINITY
    if exact > 1 and sign(real) < 0:
        raise Undefined("a root of a negative number")
    return _positive_power(real, 1 / exact)


def ln(value: RealLike) -> Real:
    """The natural logarithm; Undefined at 0 and below."""
    real = Real.of(value)
    if real is INFINITY:
        return INFINITY
    if sign(real) <= 0:
        raise Undefined("a logarithm of a number that is not positive")
    if (exact := real.exact) is not None:
        return Real.of(LogSum(Fraction(0), {exact: Fraction(1)} if exact != 1 else {}))
    if isinstance(real, Root) and real.radicand.rational is not None:
        return ln(real.radicand.rational) * Fraction(1, real.degree)
    return Real(lambda: real.ball().log())


def exp(value: RealLike) -> Real:
    """The exponential."""
    real = Real.of(value)
    if real is INFINITY:
        return INFINITY
    return Real.of(1) if real.exact == 0 else Real(lambda: _exp_ball(real.ball()))


def _exp_ball(ball: Any) -> Any:
    """`exp` of a ball; between 0 and a bound for arguments so negative that FLINT gives up."""
    if ball < -EXP_LIMIT:
        return arb(0).union(arb(-EXP_LIMIT).exp())
    return ball.exp()


def largest(left: RealLike, right: RealLike) -> Real:
    """The larger of two; an enclosure of it where they cannot be told apart."""
    one, two = Real.of(left), Real.of(right)
    found = compare(one, two)
    if found is None:
        return Real(lambda: one.ball().max(two.ball()))
    return one if found >= 0 else two


def smallest(left: RealLike, right: RealLike) -> Real:
    """The smaller of two; an enclosure of it where they cannot be told apart."""
    one, two = Real.of(left), Real.of(right)
    found = compare(one, two)
    if found is None:
        return Real(lambda: one.ball().min(two.ball()))
    return one if found <= 0 else two


def total(terms: Iterable[RealLike]) -> Real:
    """The sum of any number of reals: pairwise, so that balls are not nested as deep as it is long.

    >>> print(total([1, ln(2), Fraction(1, 2)]))
    3/2 + 1 ln(2)
    """
    level = [Real.of(term) for term in terms] or [Real.of(0)]
    while len(level) > 1:
        rest = [level[-1]] if len(level) % 2 else []
        level = [one + two for one, two in zip(level[::2], level[1::2], strict=False)] + rest
    return level[0]

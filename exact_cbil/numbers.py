"""The exactness boundary: what counts as a number, and how numbers are written.

Users see `fractions.Fraction`; the inner loops use GMP through gmpy2. A float never enters.
"""

from __future__ import annotations

import numbers
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Any, SupportsInt, TypeAlias

import gmpy2
from gmpy2 import mpq, mpz

from exact_cbil.errors import InexactNumber, OutOfRange

__all__ = [
    "MAX_DIGITS",
    "Enclosure",
    "FractionSum",
    "RationalLike",
    "decimal",
    "elide",
    "exact_sum",
    "primitive",
    "rational",
    "text",
    "to_fraction",
    "to_mpq",
]

RationalLike: TypeAlias = int | numbers.Rational | str

MAX_DIGITS = 1_000_000
"""The most digits that the numerator or denominator of a number string may have."""

_PATTERN = re.compile(r"(-?(?:0|[1-9][0-9]*))(?:/([1-9][0-9]*))?\Z")


def rational(value: object, argument: str = "value") -> Fraction:
    """Return `value` as a reduced fraction, or raise.

    value: an int, a Fraction or another `numbers.Rational` (gmpy2, sympy, NumPy), an integer or a
        rational of python-flint, or an ASCII string ``-?(0|[1-9][0-9]*)(/[1-9][0-9]*)?``.
    argument: the name to blame in the error.
    Raises InexactNumber for anything else: floats, Decimals, "0.5"; and bools, which are not meant
    as numbers.
    Source: SPEC cbil-model/1.

    >>> rational("2/4")
    Fraction(1, 2)
    >>> rational(0.5, "alpha")
    Traceback (most recent call last):
    ...
    exact_cbil.errors.InexactNumber: alpha: expected an exact rational (int, Fraction or a string \
such as '1/3'), got float 0.5
    """
    if isinstance(value, Fraction):
        return value
    if isinstance(value, str):
        return _from_text(value, argument)
    if isinstance(value, bool) or not (isinstance(value, numbers.Rational) or _of_flint(value)):
        raise InexactNumber(argument, value)
    exact: Any = value
    return to_fraction(mpq(int(exact.numerator), int(exact.denominator)))


def _from_text(value: str, argument: str) -> Fraction:
    match = _PATTERN.match(value)
    if match is None:
        raise InexactNumber(argument, value)
    numerator, denominator = match.group(1), match.group(2) or "1"
    longest = max(len(numerator), len(denominator))
    if longest > MAX_DIGITS:
        problem = f"a number of {longest} digits (at most {MAX_DIGITS})"
        raise InexactNumber(argument, value, problem)
    # gmpy2 reads integers beyond CPython's limit of 4,300 digits.
    return to_fraction(mpq(mpz(numerator), mpz(denominator)))


def _of_flint(value: object) -> bool:
    """Whether `value` is a rational of python-flint, which does not register its types."""
    flint = sys.modules.get("flint")
    return flint is not None and isinstance(value, flint.fmpq | flint.fmpz)


@numbers.Rational.register
class _Reduced:
    """A numerator and denominator known to be coprime: Fraction copies them without a gcd."""

    __slots__ = ("denominator", "numerator")

    def __init__(self, numerator: SupportsInt, denominator: SupportsInt) -> None:
        self.numerator = int(numerator)
        self.denominator = int(denominator)


def to_fraction(value: mpq) -> Fraction:
    """Convert a gmpy2 rational; exact, without a second reduction."""
    reduced: Any = _Reduced(value.numerator, value.denominator)
    return Fraction(reduced)


def to_mpq(value: Fraction) -> mpq:
    """Convert a Fraction to a gmpy2 rational; exact."""
    return mpq(value.numerator, value.denominator)


def text(value: Fraction) -> str:
    """Write a fraction as `p/q` (or `p`), whatever its length.

    >>> text(Fraction(1, 2)), text(Fraction(3))
    ('1/2', '3')
    """
    numerator: str = mpz(value.numerator).digits(10)
    if value.denominator == 1:
        return numerator
    return f"{numerator}/{mpz(value.denominator).digits(10)}"


def elide(value: Fraction, width: int = 36) -> str:
    """Write a fraction for a table: long integers lose their middle, and say how long they are."""

    def short(integer: int, room: int) -> str:
        digits: str = mpz(integer).digits(10)
        if len(digits) <= room:
            return digits
        return f"{digits[:4]}..{digits[-4:]}({len(digits)} digits)"

    if value.denominator == 1:
        return short(value.numerator, width)
    whole = text(value) if value.denominator.bit_length() < 4 * width else ""
    if whole and len(whole) <= width:
        return whole
    return f"{short(value.numerator, width // 2)}/{short(value.denominator, width // 2)}"


def decimal(value: Fraction, digits: int = 6) -> str:
    """Write a fraction rounded (half to even) to `digits` significant decimal digits.

    >>> decimal(Fraction(2, 3), 4), decimal(Fraction(1, 2), 4), decimal(Fraction(29999, 30000), 4)
    ('0.6667', '0.5', '1.000')
    """
    if value == 0:
        return "0"
    # Scale to an integer of about digits+3 digits first, so that the size of value does not matter.
    sign, size = (-1, -value) if value < 0 else (1, value)
    numerator, denominator = mpz(size.numerator), mpz(size.denominator)
    magnitude = int((numerator.bit_length() - denominator.bit_length()) * 0.30103)
    shift = digits + 3 - magnitude
    if shift >= 0:
        quotient, remainder = gmpy2.f_divmod(numerator * mpz(10) ** shift, denominator)
    else:
        quotient, remainder = gmpy2.f_divmod(numerator, denominator * mpz(10) ** -shift)
    # A sticky digit keeps the rounding right when digits beyond the scale are not zero.
    scaled = int(quotient) * 10 + (1 if remainder else 0)
    context = Context(prec=digits, rounding=ROUND_HALF_EVEN, Emax=10**9, Emin=-(10**9))
    rounded = context.create_decimal(Decimal(sign * scaled).scaleb(-shift - 1, context))
    exponent = rounded.adjusted()
    if -7 < exponent < 15:
        shown = f"{rounded:f}"
        exact = Fraction(rounded) == value
        # Zeros at the end say something only of a rounded number.
        return shown.rstrip("0").rstrip(".") if exact and "." in shown else shown
    return f"{rounded:.{digits - 1}e}"


def primitive(integers: Sequence[mpz]) -> tuple[mpz, ...]:
    """Divide integers by their greatest common divisor: one tuple for each ray.

    >>> [int(n) for n in primitive([mpz(6), mpz(0), mpz(4)])]
    [3, 0, 2]
    """
    common = gmpy2.gcd(*integers)
    if common <= 1:
        return tuple(integers)
    return tuple(gmpy2.divexact(n, common) for n in integers)


def exact_sum(values: Iterable[Fraction]) -> Fraction:
    """The sum of fractions, by GMP: a denominator may have hundreds of thousands of digits.

    >>> exact_sum([Fraction(1, 2), Fraction(1, 3)])
    Fraction(5, 6)
    """
    return to_fraction(sum(map(to_mpq, values), mpq(0)))


def common_integers(values: Iterable[Fraction | mpq]) -> tuple[tuple[mpz, ...], mpz]:
    """Write fractions, of Python or gmpy2, as integers over their least common denominator."""
    listed = [mpq(v) for v in values]
    denominator = gmpy2.lcm(*(v.denominator for v in listed)) if listed else mpz(1)
    return tuple(v.numerator * (denominator // v.denominator) for v in listed), denominator


class FractionSum:
    """The number `(n_1/d_1 + ... + n_k/d_k) / denominator`, not reduced before it is asked for.

    terms: the pairs (n, d), integers from 0 and from 1. denominator: from 1.
    Reducing a sum of many long fractions can take most of a run; rounding it takes next to nothing.

    >>> third = FractionSum([(mpz(1), mpz(2)), (mpz(1), mpz(6))], mpz(2))
    >>> third.reduced(), third == Fraction(1, 3), decimal(third.between()[0])
    (Fraction(1, 3), True, '0.333333')
    """

    def __init__(self, terms: Iterable[tuple[mpz, mpz]], denominator: mpz) -> None:
        self._terms = list(terms)
        self._denominator = denominator
        self._reduced: Fraction | None = None

    def size(self) -> int:
        """The bytes of its integers."""
        return int(sum(n.bit_length() + d.bit_length() for n, d in self._terms)) // 8

    def between(self, bits: int = 64) -> tuple[Fraction, Fraction]:
        """Two numbers that it lies between: each term is rounded down to a multiple of 2^-bits."""
        if self._reduced is not None:
            return self._reduced, self._reduced
        low = sum(((n << bits) // d for n, d in self._terms), mpz(0))
        scale = self._denominator << bits
        return to_fraction(mpq(low, scale)), to_fraction(mpq(low + len(self._terms), scale))

    def reduced(self) -> Fraction:
        """The number itself. Where operands are long, other threads may run meanwhile."""
        if self._reduced is None:
            self._reduced = self._reduce()
            self._terms = []
        return self._reduced

    def _reduce(self) -> Fraction:
        # Adding k terms one after another multiplies an ever longer sum by a short term each time,
        # which costs as much as k^2 products of short numbers. Added in pairs, then pairs of pairs,
        # numbers meet only their equals in length, where GMP's fast multiplication pays: the cost
        # is log k products of the longest numbers. Nothing is reduced on the way. For four coprime
        # policies at T = 60 (19,000 terms, 4.6 million bits) a gcd at each node would make the sum
        # six times as slow and spare a twentieth of the digits; the one gcd at the end finds all.
        level = self._terms or [(mpz(0), mpz(1))]
        while len(level) > 1:
            with gmpy2.context(gmpy2.get_context(), allow_release_gil=len(level) < 256):
                pairs = zip(level[::2], level[1::2], strict=False)
                paired = [(a * d + b * c, c * d) for (a, c), (b, d) in pairs]
            if len(level) % 2:
                paired.append(level[-1])
            level = paired
        total, common = level[0]
        with gmpy2.context(gmpy2.get_context(), allow_release_gil=True):
            common *= self._denominator
            shared = gmpy2.gcd(total, common)
            reduced: Any = _Reduced(gmpy2.divexact(total, shared), gmpy2.divexact(common, shared))
            return Fraction(reduced)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, FractionSum):
            return self.reduced() == other.reduced()
        return self.reduced() == other if isinstance(other, Fraction) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.reduced())

    def __repr__(self) -> str:
        return repr(self.reduced())


def probability(value: object, argument: str) -> Fraction:
    """Return `value` as an exact rational in [0, 1], or raise OutOfRange."""
    number = rational(value, argument)
    if not 0 <= number <= 1:
        raise OutOfRange(argument, number, "a number from 0 to 1")
    return number


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A number known to lie from `lo` to `hi`, both rational and included.

    >>> value = Enclosure(Fraction(33, 100), Fraction(34, 100))
    >>> Fraction(1, 3) in value, str(value.width), str(value)
    (True, '1/100', '0.3...')
    """

    lo: Fraction
    hi: Fraction

    def __post_init__(self) -> None:
        if self.lo > self.hi:
            raise OutOfRange("enclosure", self.hi, f"an upper end of at least {text(self.lo)}")

    def __contains__(self, value: Fraction | int) -> bool:
        return self.lo <= value <= self.hi

    @property
    def width(self) -> Fraction:
        """`hi - lo`."""
        return self.hi - self.lo

    @property
    def middle(self) -> Fraction:
        """The number half way, for pictures; it proves nothing."""
        return (self.lo + self.hi) / 2

    def to_json(self) -> dict[str, str]:
        """Both ends, as `p/q`."""
        return {"lo": text(self.lo), "hi": text(self.hi)}

    def __str__(self) -> str:
        return self.decimal()

    def decimal(self, places: int = 50) -> str:
        """The digits that both ends share, at most so many after the point, and `...`.

        Where the ends lie on two sides of a short decimal: that, and how far from it they may be.

        >>> Enclosure(Fraction(49999, 100000), Fraction(50001, 100000)).decimal()
        '0.5 +- 1e-4'
        """
        if self.hi < 0:
            return f"-{Enclosure(-self.hi, -self.lo).decimal(places)}"
        sure = 0  # 10^-sure is at least the width
        while sure < places and self.width * 10 ** (sure + 1) <= 1:
            sure += 1
        for shown in range(sure, max(0, sure - 3) - 1, -1):
            low = self.lo * 10**shown // 1
            if low == self.hi * 10**shown // 1 and low >= 0:
                digits = f"{low:0{shown + 1}d}"
                whole, part = digits[: len(digits) - shown], digits[len(digits) - shown :]
                exact = self.width == 0 and low == self.lo * 10**shown
                part = part.rstrip("0") if exact else f"{part}..."
                return f"{whole}.{part}" if part else whole
        short = next(k for k in range(sure + 2) if -(-self.lo * 10**k // 1) <= self.hi * 10**k)
        return f"{decimal(Fraction(-(-self.lo * 10**short // 1), 10**short), 50)} +- 1e-{sure}"

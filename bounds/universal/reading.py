"""The sides of a claim over unknowns: its text, of the grammar of candidates, as polynomials."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any, TypeAlias, TypeVar

import z3

from bounds.language.scene import Meaning
from exact_cbil.errors import CbilError

__all__ = ["Side", "Unknowns", "product_of", "sum_of"]

Term: TypeAlias = Any
"""A number of Z3, or a whole number."""


@dataclass(frozen=True)
class Side:
    """`(top/bottom)^(1/degree)`, bottom >= 0; so that comparing two is comparing polynomials.

    top is not negative where the degree is above 1. Where bottom is 0 the side is infinite.
    """

    top: Term
    bottom: Term = 1
    degree: int = 1

    def __add__(self, other: Side) -> Side:
        if (self.degree, other.degree) != (1, 1):
            raise CbilError("claim: a sum of roots cannot be unrolled")
        if z3.is_expr(self.bottom) and z3.is_expr(other.bottom) and self.bottom.eq(other.bottom):
            return Side(self.top + other.top, self.bottom)
        left, right = product_of(self.top, other.bottom), product_of(other.top, self.bottom)
        return Side(left + right, product_of(self.bottom, other.bottom))

    def __sub__(self, other: Side) -> Side:
        return self + Side(-1 * other.top, other.bottom, other.degree)

    def __mul__(self, other: Side) -> Side:
        degree = lcm(self.degree, other.degree)
        one, two = self._under(degree), other._under(degree)
        return Side(product_of(one.top, two.top), product_of(one.bottom, two.bottom), degree)

    def __truediv__(self, other: Side) -> Side:
        """Over a number that is not negative."""
        return self * Side(other.bottom, other.top, other.degree)

    def __pow__(self, exponent: Fraction) -> Side:
        if exponent < 0:
            return Side(1) / self**-exponent
        raised = self._under(self.degree * exponent.numerator)
        return Side(raised.top, raised.bottom, self.degree * exponent.denominator)

    def _under(self, degree: int) -> Side:
        """What is under the root of a degree that is a multiple of its own."""
        times = degree // self.degree
        return Side(product_of(*[self.top] * times), product_of(*[self.bottom] * times))

    def exceeds(self, other: Side) -> z3.BoolRef:
        """`self > other`, for an other side that is not negative if either is a root."""
        degree = lcm(self.degree, other.degree)
        one, two = self._under(degree), other._under(degree)
        above = product_of(one.top, two.bottom) > product_of(two.top, one.bottom)
        return above if degree == 1 else z3.And(self.top > 0, above)


def sum_of(parts: Sequence[Term]) -> Term:
    """The sum; of a single term that term, because cvc5 reads no sum of one."""
    return z3.Sum(parts) if len(parts) > 1 else parts[0]


def product_of(*factors: Term) -> Term:
    """The product, without factors of 1."""
    found: Term = 1
    for factor in factors:
        if isinstance(found, int) and found == 1:
            found = factor
        elif not (isinstance(factor, int) and factor == 1):
            found = found * factor
    return found


class Unknowns(Meaning[Side]):
    """What the names, laws and functions of a claim stand for; CbilError for any other word."""

    def __init__(
        self,
        names: Mapping[str, Callable[[], Side]],
        laws: Mapping[str, Callable[[], Side]],
        functions: Mapping[str, Callable[[Side], Side]],
    ) -> None:
        self._names, self._laws, self._functions = names, laws, functions

    def number(self, value: int) -> Side:
        """A whole number."""
        return Side(value)

    def quantity(self, name: str) -> Side:
        """A named quantity."""
        return _known(self._names, name)()

    def chance(self, law: str, event: str | None) -> Side:
        """The probability of an event under a law, whatever the event."""
        return _known(self._laws, law)()

    def power(self, base: Side, exponent: Side) -> Side:
        """The power, for an exponent that is a number."""
        if isinstance(exponent.top, int) and isinstance(exponent.bottom, int):
            return base ** Fraction(exponent.top, exponent.bottom)
        raise CbilError("claim: a power of an unknown exponent cannot be unrolled")

    def call(self, function: str, arguments: list[Side]) -> Side:
        """The value of a function."""
        return _known(self._functions, function)(*arguments)

    def sum_z(self, inner: Callable[[Meaning[Side]], Side]) -> Side:
        """Refused: the claims that are unrolled name `S` instead."""
        raise CbilError("claim: sum_z cannot be unrolled")


V = TypeVar("V")


def _known(meanings: Mapping[str, V], word: str) -> V:
    if word not in meanings:
        raise CbilError(f"claim: {word} cannot be unrolled")
    return meanings[word]

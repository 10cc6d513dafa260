"""Polynomials in the parameters as text: reading them from a model file, and writing them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from exact_cbil.errors import CbilError, shorten
from exact_cbil.expressions import (
    Binary,
    Expression,
    Limits,
    Name,
    Negative,
    NotUnderstood,
    Number,
    fold,
    parse,
)
from exact_cbil.numbers import text
from exact_cbil.parametric.parameters import Parameters, fraction_of

__all__ = ["MAX_DEGREE", "MAX_LENGTH", "parse_polynomial", "polynomial_text"]

MAX_LENGTH, MAX_DEGREE, MAX_WORK, MAX_BITS = 4_000, 32, 40_000, 1 << 16
LIMITS = Limits(length=MAX_LENGTH, exponent=MAX_DEGREE)


def parse_polynomial(source: str, parameters: Parameters, place: str = "polynomial") -> Any:
    """Read a polynomial such as ``"1 - p"`` or ``"p*q/2"``, in the grammar of `expressions`.

    source: ASCII text of at most MAX_LENGTH characters; degree at most MAX_DEGREE. Untrusted.
    Raises CbilError for an undeclared name, a division by anything but a constant, and whatever
    else is no polynomial.

    >>> print(parse_polynomial("(1 - p)^2/2", Parameters({"p": (0, 1)})))
    1/2*p**2 - p + 1/2
    """
    reader = _Reader(source, parameters, place)
    try:
        tree = parse(source, LIMITS)
    except NotUnderstood as problem:
        raise reader.fault(f"{problem.problem} at character {problem.position}") from None
    return fold(tree, reader.value)


class _Reader:
    """Gives an expression its value in the ring, within limits of degree, terms and digits."""

    def __init__(self, source: str, parameters: Parameters, place: str) -> None:
        self.source, self.parameters, self.place = source, parameters, place

    def fault(self, detail: str) -> CbilError:
        names = ", ".join(self.parameters.names)
        return CbilError(
            f"{self.place}: expected a polynomial in {names}: {detail}, in {shorten(self.source)}"
        )

    def value(self, node: Expression, parts: list[Any]) -> Any:
        if isinstance(node, Number):
            return self.parameters.constant(Fraction(node.value))
        if isinstance(node, Name):
            return self.parameters.symbol(node.name, self.place)
        if isinstance(node, Negative):
            return -parts[0]
        if not isinstance(node, Binary):
            raise self.fault("got a function")
        left, right = parts
        if node.sign == "+":
            return left + right
        if node.sign == "-":
            return left - right
        if node.sign == "*":
            return self._times(left, right)
        return self._divide(left, right) if node.sign == "/" else self._power(left, node.right)

    def _times(self, left: Any, right: Any) -> Any:
        if _degree(left) + _degree(right) > MAX_DEGREE:
            raise self.fault(f"got a degree above {MAX_DEGREE}")
        if len(left) * len(right) > MAX_WORK:
            raise self.fault("got too many terms")
        if _bits(left) + _bits(right) > MAX_BITS:
            raise self.fault("got too large a number")
        return left * right

    def _divide(self, value: Any, divisor: Any) -> Any:
        if divisor.is_ground and divisor:
            return self._times(value, self.parameters.ring.one.quo_ground(divisor.LC))
        if self.parameters.sign(divisor) == 0:
            raise self.fault("got a division by something that can be 0 on the range")
        raise self.fault("got a division by something that is not a constant")

    def _power(self, base: Any, exponent: Expression) -> Any:
        if not isinstance(exponent, Number):
            raise self.fault("got an exponent that is not a whole number")
        result = self.parameters.ring.one
        for _ in range(exponent.value):
            result = self._times(result, base)
        return result


def _degree(polynomial: Any) -> int:
    return max(map(sum, polynomial.monoms()), default=0)


def _bits(polynomial: Any) -> int:
    """The length of the longest numerator or denominator."""
    coefficients = map(fraction_of, polynomial.coeffs())
    return max(
        (max(c.numerator.bit_length(), c.denominator.bit_length()) for c in coefficients), default=0
    )


def polynomial_text(value: Any) -> str:
    """Write a polynomial, so that `parse_polynomial` reads it back, or a ratio of two.

    >>> polynomial_text(parse_polynomial("(1 - p)**2/2", Parameters({"p": (0, 1)})))
    '1/2*p^2 - p + 1/2'
    """
    if hasattr(value, "denom"):
        if value.denom != value.denom.ring.one:
            return f"({polynomial_text(value.numer)})/({polynomial_text(value.denom)})"
        value = value.numer
    shown = ""
    for exponents, coefficient in value.terms():
        number = fraction_of(coefficient)
        factors = [
            str(symbol) if power == 1 else f"{symbol}^{power}"
            for symbol, power in zip(value.ring.symbols, exponents, strict=True)
            if power
        ]
        if abs(number) != 1 or not factors:
            factors.insert(0, text(abs(number)))
        sign = "-" if number < 0 else "+"
        shown += (
            f" {sign} {'*'.join(factors)}" if shown else f"{sign.strip('+')}{'*'.join(factors)}"
        )
    return shown or "0"

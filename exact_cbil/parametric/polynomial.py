"""Reading a polynomial from untrusted text, by a small grammar, within fixed limits.

    sum     = ["-"] product {("+" | "-") product}
    product = power {("*" | "/") power}
    power   = atom [("^" | "**") integer]
    atom    = integer | name | "(" sum ")"

Numbers are integers; fractions are divisions. Nothing is evaluated but these four operations.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from gmpy2 import mpz

from exact_cbil.errors import CbilError, shorten
from exact_cbil.numbers import text
from exact_cbil.parametric.parameters import Parameters, fraction_of

__all__ = ["MAX_DEGREE", "MAX_LENGTH", "parse_polynomial", "polynomial_text"]

MAX_LENGTH, MAX_NESTING, MAX_DEGREE, MAX_WORK = 4_000, 40, 32, 40_000

_TOKEN = re.compile(r" *(?:(0|[1-9][0-9]*)|([A-Za-z_][A-Za-z0-9_]*)|(\*\*|[-+*/^()]))")


def parse_polynomial(source: str, parameters: Parameters, place: str = "polynomial") -> Any:
    """Read a polynomial such as ``"1 - p"`` or ``"p*q/2"``.

    source: ASCII text of at most MAX_LENGTH characters; degree at most MAX_DEGREE. Untrusted.
    Raises CbilError for an undeclared name, a division by anything but a constant, and whatever
    else the grammar does not allow.

    >>> print(parse_polynomial("(1 - p)^2/2", Parameters({"p": (0, 1)})))
    1/2*p**2 - p + 1/2
    """
    if len(source) > MAX_LENGTH:
        raise CbilError(f"{place}: expected at most {MAX_LENGTH} characters, got {len(source)}")
    return _Parser(source, parameters, place).parse()


class _Parser:
    def __init__(self, source: str, parameters: Parameters, place: str) -> None:
        self.source, self.parameters, self.place = source, parameters, place
        self.tokens = self._tokens()
        self.next = 0
        self.depth = 0

    def _tokens(self) -> list[tuple[str, str]]:
        found, position, end = [], 0, len(self.source.rstrip(" "))
        while position < end:
            match = _TOKEN.match(self.source, position)
            if match is None:
                raise self._fault(f"got {shorten(self.source[position:].lstrip(' ')[:1])}")
            kind = ("number", "name", "sign")[(match.lastindex or 1) - 1]
            found.append((kind, match[match.lastindex or 1]))
            position = match.end()
        return found

    def _fault(self, detail: str) -> CbilError:
        return CbilError(
            f"{self.place}: expected a polynomial in {', '.join(self.parameters.names)}, {detail} "
            f"in {shorten(self.source)}"
        )

    def _take(self, *signs: str) -> str | None:
        if self.next < len(self.tokens) and self.tokens[self.next] in [("sign", s) for s in signs]:
            self.next += 1
            return self.tokens[self.next - 1][1]
        return None

    def parse(self) -> Any:
        value = self._sum()
        if self.next < len(self.tokens):
            raise self._fault(f"got {shorten(self.tokens[self.next][1])} too many")
        return value

    def _sum(self) -> Any:
        negative = self._take("-")
        value = -self._product() if negative else self._product()
        while sign := self._take("+", "-"):
            term = self._product()
            value = value + term if sign == "+" else value - term
        return value

    def _product(self) -> Any:
        value = self._power()
        while sign := self._take("*", "/"):
            factor = self._power()
            value = self._times(value, factor) if sign == "*" else self._divide(value, factor)
        return value

    def _times(self, left: Any, right: Any) -> Any:
        if _degree(left) + _degree(right) > MAX_DEGREE:
            raise self._fault(f"got a degree above {MAX_DEGREE}")
        if len(left) * len(right) > MAX_WORK:
            raise self._fault("got too many terms")
        return left * right

    def _divide(self, value: Any, divisor: Any) -> Any:
        if divisor.is_ground and divisor:
            return value.quo_ground(divisor.LC)
        if self.parameters.sign(divisor) == 0:
            raise self._fault("got a division by something that can be 0 on the range")
        raise self._fault("got a division by something that is not a constant")

    def _power(self) -> Any:
        value = self._atom()
        if not self._take("^", "**"):
            return value
        kind, digits = self.tokens[self.next] if self.next < len(self.tokens) else ("end", "")
        if kind != "number":
            raise self._fault("got an exponent that is not a whole number")
        self.next += 1
        if len(digits) > 3 or int(digits) > MAX_DEGREE:
            raise self._fault(f"got an exponent above {MAX_DEGREE}")
        result = self.parameters.ring.one
        for _ in range(int(digits)):
            result = self._times(result, value)
        return result

    def _atom(self) -> Any:
        if self.next == len(self.tokens):
            raise self._fault("got an end too early")
        kind, word = self.tokens[self.next]
        self.next += 1
        if kind == "number":
            return self.parameters.constant(Fraction(int(mpz(word))))
        if kind == "name":
            return self.parameters.symbol(word, self.place)
        if word != "(":
            raise self._fault(f"got {shorten(word)}")
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise self._fault(f"got more than {MAX_NESTING} nested parentheses")
        value = self._sum()
        self.depth -= 1
        if not self._take(")"):
            raise self._fault("got no closing parenthesis")
        return value


def _degree(polynomial: Any) -> int:
    return max(map(sum, polynomial.monoms()), default=0)


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

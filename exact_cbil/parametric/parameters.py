"""Named parameters with ranges, the polynomials in them, and what is known on the whole range."""

from __future__ import annotations

import os
import re
import select
import signal
from collections.abc import Iterable, Mapping
from contextlib import suppress
from fractions import Fraction
from functools import cached_property, reduce
from math import gcd, lcm
from typing import Any

import sympy
import z3
from sympy.polys.domains import QQ
from sympy.polys.rings import ring

from exact_cbil.errors import CbilError, OutOfRange, UnknownName, shorten
from exact_cbil.numbers import RationalLike, rational, text

__all__ = ["MAX_PARAMETERS", "RLIMIT", "Parameters", "fraction_of", "total_degree"]

MAX_PARAMETERS = 8
"""The most parameters of one model."""

RLIMIT = 200_000
"""Z3's resource limit for one question: the same on every machine, unlike wall time."""

HARD, CPU_SECONDS, MOST_UNANSWERED = 8, 3, 5
"""From this total degree on Z3 sometimes heeds no limit: it is asked in a process that has one, and
no more after so many questions that it did not answer."""

PATIENCE = 20 * CPU_SECONDS
"""Seconds by the clock that such a process is waited for."""

NAMED = {True: b"y", False: b"n", None: b"?"}
"""What it tells its parent."""

MAX_QUESTIONS = 5_000
"""How often Z3 is asked about one set of parameters, and as often again to make results shorter."""

UNANSWERED = 10
"""A question on which Z3 gives up counts as so many: it takes as long as these, or longer."""

MAX_FACTORED_DEGREE = 40
"""Beyond this degree a polynomial is compared as it is, without factoring it first."""

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,30}")


def fraction_of(coefficient: Any) -> Fraction:
    """A coefficient of a polynomial, whatever integers sympy works with."""
    return Fraction(int(QQ.numer(coefficient)), int(QQ.denom(coefficient)))


def total_degree(polynomial: Any) -> int:
    """The largest sum of exponents in a term."""
    return max((sum(exponents) for exponents in polynomial.monoms()), default=0)


def _asked(solver: Any) -> bool | None:
    """Whether a solver finds its conditions unsatisfiable; None when it gives up."""
    answer = solver.check()
    return None if answer == z3.unknown else bool(answer == z3.unsat)


def _asked_apart(solver: Any) -> bool | None:
    """The same from a copy of this process, which ends after CPU_SECONDS of work."""
    if not hasattr(os, "fork"):
        return _asked(solver)
    answers, said = os.pipe()
    child = os.fork()
    if not child:
        with suppress(BaseException):  # whatever it is, then there is no answer
            import resource

            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends it
            resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
            os.write(said, NAMED[_asked(solver)])
        os._exit(0)
    os.close(said)
    try:
        # The copy of a program with threads may find a lock taken for ever: no CPU time ends that.
        ready, _, _ = select.select([answers], [], [], PATIENCE)
        told = os.read(answers, 1) if ready else b""
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(answers)
    return next((answer for answer, name in NAMED.items() if name == told), None)


class Parameters:
    """Distinct names, each with an open interval of rationals over which it ranges.

    ranges: for every name its ends, lower first.
    Polynomials are elements of `ring`, with exact rational coefficients.

    >>> Parameters({"p": ("0", "1")}).middle
    {'p': Fraction(1, 2)}
    """

    def __init__(self, ranges: Mapping[str, tuple[RationalLike, RationalLike]]) -> None:
        if not 1 <= len(ranges) <= MAX_PARAMETERS:
            raise OutOfRange("parameters", len(ranges), f"1 to {MAX_PARAMETERS} of them")
        self.ranges: dict[str, tuple[Fraction, Fraction]] = {}
        for name, ends in ranges.items():
            if not isinstance(name, str) or not NAME.fullmatch(name):
                raise CbilError(
                    f"parameters: expected a name of ASCII letters, digits and _, up to 31 "
                    f"characters, got {shorten(name)}"
                )
            low, high = (rational(end, f"range of {name}") for end in ends)
            if low >= high:
                raise OutOfRange(f"range of {name}", f"({text(low)}, {text(high)})", "low < high")
            self.ranges[name] = (low, high)
        self.names = tuple(self.ranges)
        self.ring: Any = ring(self.names, QQ)[0]
        self.variables = tuple(z3.Real(name) for name in self.names)
        self.answers: dict[frozenset[Any], bool | None] = {}
        """Which sets of conditions are known to be empty, or not to be; None where Z3 gave up."""
        self.questions = 0
        """How often Z3 has been asked; UNANSWERED times where it gave up."""
        self._unanswered = 0
        self._terms: dict[Any, Any] = {}
        self._reduced: dict[Any, Any] = {}
        self._signs: dict[Any, int] = {}

    @property
    def middle(self) -> dict[str, Fraction]:
        """The middle of every range."""
        return {name: (low + high) / 2 for name, (low, high) in self.ranges.items()}

    def to_json(self) -> dict[str, list[str]]:
        """The ranges as in a model file."""
        return {name: [text(low), text(high)] for name, (low, high) in self.ranges.items()}

    def constant(self, value: Fraction) -> Any:
        """A rational as a polynomial."""
        return self.ring.ground_new(QQ(value.numerator, value.denominator))

    def symbol(self, name: str, place: str = "polynomial") -> Any:
        """A parameter as a polynomial; UnknownName for a name that was not declared."""
        if name not in self.ranges:
            raise UnknownName(place, name, "parameter")
        return self.ring.gens[self.names.index(name)]

    def from_sympy(self, expression: sympy.Expr, place: str = "expression") -> Any:
        """A sympy expression as a polynomial; its symbols are found by name.

        Raises CbilError for anything but a polynomial in declared symbols over the rationals.
        """
        for symbol in sorted(expression.free_symbols, key=str):
            self.symbol(str(symbol), place)
        named = expression.xreplace({s: sympy.Symbol(str(s)) for s in expression.free_symbols})
        if named.has(sympy.Float):
            raise CbilError(f"{place}: expected exact numbers, got a float in {expression}")
        try:
            return self.ring.from_expr(named)
        except (ValueError, sympy.PolynomialError, sympy.CoercionFailed):
            raise CbilError(
                f"{place}: expected a polynomial with rational coefficients, got {expression}"
            ) from None

    def evaluate(self, polynomial: Any, values: Mapping[str, Fraction]) -> Fraction:
        """A polynomial's value at a point."""
        total = Fraction(0)
        for exponents, coefficient in polynomial.terms():
            term = fraction_of(coefficient)
            for name, power in zip(self.names, exponents, strict=True):
                if power:
                    term *= values[name] ** power
            total += term
        return total

    def point(self, values: Mapping[str, RationalLike]) -> dict[str, Fraction]:
        """A point of the range, checked: every parameter once, inside its open interval."""
        for name in values:
            self.symbol(name, "values")
        found: dict[str, Fraction] = {}
        for name, (low, high) in self.ranges.items():
            if name not in values:
                raise CbilError(f"values: expected a value for the parameter {name}")
            found[name] = rational(values[name], name)
            if not low < found[name] < high:
                raise OutOfRange(name, found[name], f"a rational in ({text(low)}, {text(high)})")
        return found

    def to_z3(self, polynomial: Any) -> Any:
        """A polynomial as a Z3 term over `variables`."""
        found = self._terms.get(polynomial)
        if found is None:
            found = self._terms[polynomial] = self._term(polynomial)
        return found

    def _term(self, polynomial: Any) -> Any:
        terms = []
        for exponents, coefficient in polynomial.terms():
            factors = [z3.RealVal(text(fraction_of(coefficient)))]
            for variable, power in zip(self.variables, exponents, strict=True):
                factors += [variable] * power
            terms.append(z3.Product(factors) if len(factors) > 1 else factors[0])
        return z3.Sum(terms) if len(terms) > 1 else terms[0] if terms else z3.RealVal(0)

    @cached_property
    def range_z3(self) -> tuple[Any, ...]:
        """The range as Z3 formulas."""
        formulas = []
        for variable, (low, high) in zip(self.variables, self.ranges.values(), strict=True):
            formulas += [variable > z3.RealVal(text(low)), variable < z3.RealVal(text(high))]
        return tuple(formulas)

    def empty(self, conditions: Iterable[Any], degree: int = 0) -> bool | None:
        """Whether no point of the range meets all Z3 conditions; None when Z3 gives up.

        degree: the total degree of the conditions. Beyond twice MAX_QUESTIONS nothing is asked.
        """
        self.questions += 1
        if self.questions > 2 * MAX_QUESTIONS:
            return None
        solver = z3.SolverFor("QF_NRA")
        solver.set("rlimit", RLIMIT)
        solver.add(*self.range_z3, *conditions)
        hard = degree >= HARD
        if hard and self._unanswered == MOST_UNANSWERED:
            return None
        found = (_asked_apart if hard else _asked)(solver)
        if found is None:
            self.questions += UNANSWERED - 1
            self._unanswered += hard
        return found

    def line(self, polynomial: Any) -> tuple[Fraction, Fraction] | None:
        """Slope and constant of a polynomial of degree 1 of a lone parameter; None of others."""
        if len(self.names) > 1 or polynomial.degree() != 1:
            return None
        return fraction_of(polynomial.LC), fraction_of(polynomial.coeff(1))

    def empty_line(self, halves: Iterable[tuple[Fraction, Fraction, bool]]) -> bool:
        """Whether no point of a lone parameter's range is in all half-lines.

        halves: slope, constant and whether `slope * x + constant` is positive or just not negative.
        """
        ((low, high),) = self.ranges.values()
        # Of two ends at one place the strict one says more.
        lower, upper = (low, True), (-high, True)
        for slope, constant, strict in halves:
            root = -constant / slope
            if slope > 0:
                lower = max(lower, (root, strict))
            else:
                upper = max(upper, (-root, strict))
        width = -upper[0] - lower[0]
        return width < 0 or (width == 0 and (lower[1] or upper[1]))

    def sign(self, polynomial: Any) -> int:
        """1 or -1 where a polynomial has that sign on the whole range; 0 when not known to."""
        if polynomial.is_ground:
            value = self.evaluate(polynomial, {})
            return (value > 0) - (value < 0)
        known = self._signs.get(polynomial)
        if known is None and (line := self.line(polynomial)) is not None:
            ends = [line[0] * end + line[1] for end in self.ranges[self.names[0]]]
            known = self._signs[polynomial] = (min(ends) >= 0) - (max(ends) <= 0)
        if known is None:
            term, degree = self.to_z3(polynomial), total_degree(polynomial)
            below, above = ([term <= 0], degree), ([term >= 0], degree)
            known = 1 if self.empty(*below) else -1 if self.empty(*above) else 0
            self._signs[polynomial] = known
        return known

    def reduced(self, polynomial: Any) -> Any:
        """A simpler polynomial with the same sign at every point of the range.

        Factors that keep one sign go, powers become 1 or 2, coefficients coprime integers.
        """
        found = self._reduced.get(polynomial)
        if found is None:
            found = self._reduced[polynomial] = self._reduce(polynomial)
        return found

    def _reduce(self, polynomial: Any) -> Any:
        if polynomial.is_ground:
            return self.constant(Fraction(self.sign(polynomial)))
        if max(map(sum, polynomial.monoms())) > MAX_FACTORED_DEGREE:
            return self.primitive(polynomial)
        leading, factors = polynomial.factor_list()
        product = self.constant(Fraction(1 if leading > 0 else -1))
        for factor, power in factors:
            sign = self.sign(factor)
            if sign == 0:
                product *= factor ** (2 if power % 2 == 0 else 1)
            elif sign < 0 and power % 2:
                product = -product
        return self.primitive(product)

    def primitive(self, polynomial: Any) -> Any:
        """The positive rational multiple whose coefficients are coprime integers; 0 stays 0."""
        if not polynomial:
            return polynomial
        scale = common_scale([polynomial])
        return polynomial.mul_ground(QQ(scale.numerator, scale.denominator))


def common_scale(polynomials: Iterable[Any]) -> Fraction:
    """The positive rational that makes all coefficients together coprime integers."""
    coefficients = [fraction_of(c) for p in polynomials for c in p.coeffs()]
    denominator = reduce(lcm, (c.denominator for c in coefficients), 1)
    divisor = reduce(gcd, (int(c * denominator) for c in coefficients), 0)
    return Fraction(denominator, divisor or 1)

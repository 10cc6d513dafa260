"""A polynomial implication over the reals, and a certificate for it that is checked exactly.

Hypotheses are polynomials asserted to be non-negative (or positive); some variables are defined as
polynomials in the others. The implication is "then goal >= 0". A certificate is an identity

    multiplier * goal = sum of coefficient * product of hypotheses * square

with positive coefficients and a product of positive hypotheses as multiplier. Or it shows the
hypotheses to be contradictory: such a sum, one term of which is positive, that is identically 0.
Checking it is expanding polynomials over the rationals; no solver is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeAlias

import z3
from sympy import QQ, ring

from exact_cbil.parametric.parameters import value_at, z3_term

__all__ = ["Case", "Certificate", "Poly", "Term", "variables"]

Poly: TypeAlias = Any


def variables(*names: str) -> dict[str, Poly]:
    """A polynomial ring over the rationals: its generators by name."""
    made, *generators = ring(list(names), QQ)
    del made
    return dict(zip(names, generators, strict=True))


@dataclass(frozen=True)
class Term:
    """`coefficient * (product of the named hypotheses) * square^2`, which is non-negative."""

    factors: tuple[str, ...]
    coefficient: Fraction = Fraction(1)
    square: Poly = 1


@dataclass(frozen=True)
class Certificate:
    """Terms that sum to `multiplier * goal`.

    multiplier: names of positive hypotheses; None when the terms sum to 0 and one is positive, so
        that the hypotheses are contradictory.
    """

    terms: tuple[Term, ...]
    multiplier: tuple[str, ...] | None = ()


@dataclass(frozen=True)
class Case:
    """An implication: hypotheses and definitions imply `goal >= 0`.

    variables: the ring's generators by name. hypotheses: polynomials that are >= 0.
    positive: polynomials that are > 0. definitions: name -> polynomial in the variables before it.
    """

    name: str
    variables: Mapping[str, Poly]
    hypotheses: Mapping[str, Poly]
    goal: Poly
    positive: Mapping[str, Poly] = field(default_factory=dict)
    definitions: Mapping[str, Poly] = field(default_factory=dict)
    certificate: Certificate | None = None

    def certified(self) -> bool:
        """Whether the certificate is there and right, in exact arithmetic."""
        certificate = self.certificate
        if certificate is None or any(term.coefficient <= 0 for term in certificate.terms):
            return False
        zero = 0 * self.goal
        total = sum((self._value(term) for term in certificate.terms), zero)
        if certificate.multiplier is None:
            strict = any(
                set(term.factors) <= set(self.positive) and term.square == 1
                for term in certificate.terms
            )
            return strict and self._reduce(total) == 0
        if not set(certificate.multiplier) <= set(self.positive):
            return False
        left = self.goal
        for name in certificate.multiplier:
            left = left * self.positive[name]
        return bool(self._reduce(left - total) == 0)

    def _value(self, term: Term) -> Poly:
        known = {**self.hypotheses, **self.positive}
        number = QQ(term.coefficient.numerator, term.coefficient.denominator)
        value = self._in_ring(term.square**2 * number)
        for name in term.factors:
            value = value * known[name]
        return value

    def _reduce(self, poly: Poly) -> Poly:
        """Replace defined variables, the last first: a definition uses only those before it."""
        for name, definition in reversed(list(self.definitions.items())):
            poly = poly.compose(self.variables[name], definition)
        return poly

    def violated_at(self, point: Mapping[str, Fraction]) -> bool:
        """Whether a rational point satisfies the hypotheses and not the goal, exactly.

        point: a value for every variable that is not defined.
        """
        values = dict(point)

        def at(poly: Poly) -> Fraction:
            return value_at(self._in_ring(poly), values)

        for name, definition in self.definitions.items():
            values[name] = at(definition)
        return (
            all(at(poly) >= 0 for poly in self.hypotheses.values())
            and all(at(poly) > 0 for poly in self.positive.values())
            and at(self.goal) < 0
        )

    def _in_ring(self, poly: Poly) -> Poly:
        """The polynomial, or the number, as an element of the ring."""
        return poly + 0 * self.goal

    def smtlib(self) -> str:
        """The negation as an SMT-LIB script without a `check-sat`: unsat proves the case."""

        def term(poly: Poly) -> Any:
            return z3_term(self._in_ring(poly))

        solver = z3.Solver()
        for name, poly in self.definitions.items():
            solver.add(z3.Real(name) == term(poly))
        solver.add(*(term(poly) >= 0 for poly in self.hypotheses.values()))
        solver.add(*(term(poly) > 0 for poly in self.positive.values()))
        solver.add(term(self.goal) < 0)
        return str(solver.sexpr())

"""Cells: the points of a parameter range at which given polynomials are (or are not) negative.

Where conditions are linear in a lone parameter their ends decide whether a cell is empty, and Z3
otherwise. Where Z3 gives up the cell is kept and marked, never dropped: a cell too many says
nothing false, since each holds its values only where its conditions hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, NamedTuple

import sympy
from sympy.polys.domains import QQ

from exact_cbil.numbers import text
from exact_cbil.parametric.decide import Undecided
from exact_cbil.parametric.parameters import Parameters, fraction_of, total_degree
from exact_cbil.parametric.polynomial import polynomial_text

__all__ = ["Cell", "Condition"]


class Condition(NamedTuple):
    """`polynomial >= 0`, or `polynomial > 0` when strict."""

    polynomial: Any
    strict: bool

    @property
    def negation(self) -> Condition:
        """The condition that holds exactly where this one does not."""
        return Condition(-self.polynomial, not self.strict)

    def _sides(self) -> tuple[Any, str, Fraction]:
        """Left side, relation and right side, the constant on the right: `a <= 1/9`."""
        constant = fraction_of(self.polynomial.coeff(1))
        left = self.polynomial - self.polynomial.coeff(1)
        leading = fraction_of(self.polynomial.LC)
        scale = abs(leading) if len(left) == 1 else 1
        # A negative leading coefficient reads better turned round: 1 - p >= 0 as p <= 1.
        if leading < 0:
            scale = -scale
        divisor = Fraction(scale)
        left = left.quo_ground(QQ(divisor.numerator, divisor.denominator))
        relation = ("<" if leading < 0 else ">") + ("" if self.strict else "=")
        return left, relation, -constant / divisor

    def __str__(self) -> str:
        left, relation, right = self._sides()
        return f"{polynomial_text(left)} {relation} {text(right)}"

    def to_sympy(self) -> Any:
        """The condition as a sympy relation."""
        left, relation, right = self._sides()
        kinds = {"<": sympy.Lt, "<=": sympy.Le, ">": sympy.Gt, ">=": sympy.Ge}
        bound = sympy.Rational(right.numerator, right.denominator)
        return kinds[relation](left.as_expr(), bound, evaluate=False)

    def to_z3(self, parameters: Parameters) -> Any:
        """The condition as a Z3 formula."""
        term = parameters.to_z3(self.polynomial)
        return term > 0 if self.strict else term >= 0


@dataclass(frozen=True)
class Cell:
    """The points of the range that meet every condition.

    unproved: Z3 gave up on whether there is such a point.
    """

    parameters: Parameters
    conditions: tuple[Condition, ...] = ()
    unproved: bool = False

    def at_least(self, x: Any, y: Any) -> bool:
        """Whether `x >= y` at every point of the cell; Undecided when the points differ."""
        difference = self.parameters.reduced(self.parameters.ring(x) - y)
        if difference.is_ground:
            return self.parameters.sign(difference) >= 0
        holds = Condition(difference, strict=False)
        if holds in self.conditions or Condition(difference, strict=True) in self.conditions:
            return True
        if holds.negation in self.conditions:
            return False
        fails_nowhere = self._empty_with(holds.negation)
        if fails_nowhere:
            return True
        holds_nowhere = self._empty_with(holds)
        if holds_nowhere:
            return False
        raise Undecided(
            self.where(holds, unproved=holds_nowhere is None),
            self.where(holds.negation, unproved=fails_nowhere is None),
        )

    def where(self, condition: Condition, *, unproved: bool = False) -> Cell:
        """The part of the cell on which one more condition holds."""
        conditions = (*self.conditions, condition)
        return replace(self, conditions=conditions, unproved=self.unproved or unproved)

    def _empty_with(self, condition: Condition) -> bool | None:
        conditions = (*self.conditions, condition)
        key, known = frozenset(conditions), self.parameters.answers
        if key not in known:  # where Z3 gave up too: asking again would cost the most
            known[key] = self._ask(conditions)
        return known[key]

    def _ask(self, conditions: Sequence[Condition]) -> bool | None:
        halves = []
        for polynomial, strict in conditions:
            line = self.parameters.line(polynomial)
            if line is None:
                degree = max(total_degree(c.polynomial) for c in conditions)
                return self.parameters.empty([c.to_z3(self.parameters) for c in conditions], degree)
            halves.append((*line, strict))
        return self.parameters.empty_line(halves)

    def within(self, other: Cell) -> bool:
        """Whether it is certain that every point of the cell lies in another."""
        return all(self._empty_with(c.negation) for c in other.conditions)

    def simplified(self) -> Cell:
        """The same cell without conditions that the others imply."""
        kept = list(self.conditions)
        for condition in self.conditions:
            others = [c for c in kept if c != condition]
            if Cell(self.parameters, tuple(others))._empty_with(condition.negation):
                kept = others
        return replace(self, conditions=tuple(kept))

    def contains(self, values: Any) -> bool:
        """Whether a point of the range, given by name, lies in the cell."""
        for condition in self.conditions:
            value = self.parameters.evaluate(condition.polynomial, values)
            if value < 0 or (condition.strict and value == 0):
                return False
        return True

    def to_json(self) -> list[str]:
        """The conditions as text."""
        return [str(condition) for condition in self.conditions]

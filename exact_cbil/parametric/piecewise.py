"""Functions of the parameters that are one formula on each of finitely many cells."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import permutations
from typing import Any

import sympy
import z3

from exact_cbil.display import latex_lines, latex_text
from exact_cbil.errors import CbilError
from exact_cbil.numbers import RationalLike
from exact_cbil.parametric.cell import Cell, Condition
from exact_cbil.parametric.parameters import Parameters
from exact_cbil.parametric.polynomial import polynomial_text

__all__ = ["Branch", "Formulas", "PiecewiseFunction", "evaluate", "gather"]


@dataclass(frozen=True)
class Branch:
    """A polynomial, or a ratio of two, and the disjoint cells on which it is the value."""

    cells: tuple[Cell, ...]
    value: Any


@dataclass(frozen=True)
class PiecewiseFunction:
    """One number of a parametric model as a function of the parameters.

    branches: their cells are disjoint and cover the range; values differ from branch to branch.
    """

    parameters: Parameters
    branches: tuple[Branch, ...]

    @classmethod
    def of(cls, parameters: Parameters, cases: Iterable[tuple[Cell, Any]]) -> PiecewiseFunction:
        """Gather the cells with equal values, and join and simplify them."""
        branches = (Branch(cells, value) for cells, value in gather(cases))
        return cls(parameters, tuple(branches))

    def at(self, values: Mapping[str, RationalLike]) -> Fraction:
        """The exact value at a point of the range."""
        point = self.parameters.point(values)
        for branch in self.branches:
            if any(cell.contains(point) for cell in branch.cells):
                return evaluate(self.parameters, branch.value, point)
        raise CbilError("values: no cell contains this point")

    def to_sympy(self) -> Any:
        """The function as a sympy expression: a `Piecewise` where there are several branches.

        Its conditions take the parameters' ranges for granted.
        """
        if len(self.branches) == 1:
            return self.branches[0].value.as_expr()
        pieces = [(branch.value.as_expr(), _condition(branch)) for branch in self.branches]
        return sympy.Piecewise(*pieces, evaluate=False)

    def to_z3(self) -> Any:
        """The function as a Z3 term over the real constants named like the parameters."""
        *others, last = self.branches
        term = self._term(last.value)
        for branch in reversed(others):
            holds = z3.Or(
                *(
                    z3.And(*(c.to_z3(self.parameters) for c in cell.conditions))
                    for cell in branch.cells
                )
            )
            term = z3.If(holds, self._term(branch.value), term)
        return term

    def _term(self, value: Any) -> Any:
        numerator, denominator = _ratio(value)
        term = self.parameters.to_z3(numerator)
        return term if denominator is None else term / self.parameters.to_z3(denominator)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {_latex(self)}$"

    def __str__(self) -> str:
        if len(self.branches) == 1:
            return polynomial_text(self.branches[0].value)
        return "; ".join(
            f"{polynomial_text(branch.value)} if "
            + " or ".join(" and ".join(map(str, cell.conditions)) for cell in branch.cells)
            for branch in self.branches
        )


def _condition(branch: Branch) -> Any:
    cells = [
        sympy.And(*(c.to_sympy() for c in cell.conditions), evaluate=False)
        if len(cell.conditions) != 1
        else cell.conditions[0].to_sympy()
        for cell in branch.cells
    ]
    return cells[0] if len(cells) == 1 else sympy.Or(*cells, evaluate=False)


def _ratio(value: Any) -> tuple[Any, Any]:
    """Numerator and denominator of a ratio; of a polynomial, itself and None."""
    return (value.numer, value.denom) if hasattr(value, "denom") else (value, None)


def evaluate(parameters: Parameters, value: Any, point: Mapping[str, Fraction]) -> Fraction:
    """A polynomial's, or a ratio's, value at a point."""
    numerator, denominator = _ratio(value)
    found = parameters.evaluate(numerator, point)
    return found if denominator is None else found / parameters.evaluate(denominator, point)


def gather(cases: Iterable[tuple[Cell, Any]]) -> list[tuple[tuple[Cell, ...], Any]]:
    """Gather disjoint cells by (hashable) value; join and simplify the cells of each."""
    found: dict[Any, list[Cell]] = {}
    for cell, value in cases:
        found.setdefault(value, []).append(cell)
    return [
        (tuple(cell.simplified() for cell in _joined(cells)), value)
        for value, cells in found.items()
    ]


MAX_JOINED = 12
"""Up to this many cells of one value are compared pair by pair."""


def _joined(cells: list[Cell]) -> list[Cell]:
    """Join cells while there are two whose union is one cell."""
    cells = _join_siblings(cells)
    # The other way asks Z3, and only makes the result shorter: not for large unions.
    while len(cells) <= MAX_JOINED:
        for i, j in permutations(range(len(cells)), 2):
            both = _join_overlapping(cells[i], cells[j])
            if both is not None:
                cells = [*(cell for k, cell in enumerate(cells) if k not in (i, j)), both]
                break
        else:
            break
    return cells


def _join_siblings(cells: list[Cell]) -> list[Cell]:
    """Join cells that differ only in that a condition holds in one and not in the other."""
    known = {frozenset(cell.conditions): cell for cell in cells}
    waiting = list(known)
    while waiting:
        conditions = waiting.pop()
        if conditions not in known:
            continue
        for condition in known[conditions].conditions:
            sibling = conditions - {condition} | {condition.negation}
            if sibling in known:
                both = _without(known.pop(conditions), condition, known.pop(sibling))
                known[frozenset(both.conditions)] = both
                waiting.append(frozenset(both.conditions))
                break
    return list(known.values())


def _join_overlapping(one: Cell, other: Cell) -> Cell | None:
    """Drop a condition `c` of one cell where that adds exactly the other: K, K and c, K and not c.

    The union of K and c with a cell A is K when A lies in K and holds all of K and not c.
    """
    for condition in one.conditions:
        if condition.negation not in other.conditions:
            continue
        both = _without(one, condition, other)
        rest = both.where(condition.negation)
        if other.within(both) and rest.within(other):
            return both
    return None


def _without(cell: Cell, condition: Condition, other: Cell) -> Cell:
    kept = tuple(c for c in cell.conditions if c != condition)
    return replace(cell, conditions=kept, unproved=cell.unproved or other.unproved)


class Formulas(ABC):
    """What is known as piecewise functions with names, for LaTeX and notebooks."""

    @property
    @abstractmethod
    def functions(self) -> dict[str, PiecewiseFunction]:
        """The functions by name."""

    def latex(self) -> str:
        """All functions as one aligned LaTeX display."""
        lines = []
        for name, function in self.functions.items():
            shown = "\\theta" if name == "theta" else latex_text(name)
            lines.append((shown, f"= {_latex(function)}"))
        return latex_lines(lines)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"


def _latex(function: PiecewiseFunction) -> str:
    try:
        return str(sympy.latex(function.to_sympy()))
    except ValueError:  # an integer beyond CPython's limit on decimal text
        raise CbilError("LaTeX: a number is too long to print; use JSON") from None

"""Counter-models in small numbers: a step that fails is refuted at once, and always by the same.

With every number replaced by a small one, products are linear and `ln` is asked about at constants
only, so each candidate is decided. What a solver does with the whole question depends on its limits
and the clock. The candidates are tried in a fixed order; finding none says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice
from typing import Any, TypeAlias

import z3
from z3 import z3util

__all__ = ["small_model"]

Number: TypeAlias = int | Fraction
SMALL: tuple[Number, ...] = (0, 1, 2, -1, Fraction(1, 2), -2, Fraction(1, 4), 4)
MOST = 1500
"""How many candidates are tried."""


def small_model(formulas: Sequence[Any]) -> dict[str, str] | None:
    """Small numbers for the variables, and a line for each sequence, that satisfy the formulas."""
    question = z3.And(list(formulas))
    symbols = sorted(z3util.get_vars(question), key=str)
    if not all(map(z3.is_arith, symbols)):
        return None
    sequences = _sequences(question)
    shortest_first = sorted(formulas, key=lambda formula: len(formula.sexpr()))
    for choice in islice(_choices(len(symbols) + 2 * len(sequences)), MOST):
        numbers = dict(zip(symbols, choice, strict=False))
        rest = iter(choice[len(symbols) :])
        lines = {f: (next(rest), next(rest)) for f in sequences}
        if _satisfied(shortest_first, numbers, lines):
            shown = {
                str(x).partition("!")[0]: str(_value(x, number)) for x, number in numbers.items()
            }
            return shown | {
                f"{f}(n)": f"{start} + {slope} n" for f, (start, slope) in lines.items()
            }
    return None


def _satisfied(
    formulas: Sequence[Any],
    numbers: Mapping[Any, Number],
    lines: Mapping[Any, tuple[Number, Number]],
) -> bool:
    values = [(x, _value(x, number)) for x, number in numbers.items()]
    bodies = [(f, _line(*line)) for f, line in lines.items()]
    left = []
    for formula in formulas:
        candidate = z3.substitute(formula, *values)
        if bodies:
            candidate = z3.substitute_funs(candidate, *bodies)
        candidate = z3.simplify(candidate)
        if z3.is_false(candidate):
            return False
        left.append(candidate)
    solver = z3.SimpleSolver()
    solver.set("rlimit", 100_000)
    solver.add(left)
    return str(solver.check()) == "sat"


def _choices(places: int) -> Iterator[tuple[Number, ...]]:
    """Every choice of small numbers, those that come first in SMALL first."""
    for total in range(places * (len(SMALL) - 1) + 1):
        for ranks in _ranks(places, total):
            yield tuple(SMALL[rank] for rank in ranks)


def _ranks(places: int, total: int) -> Iterator[tuple[int, ...]]:
    """Every way to write `total` as a sum of that many ranks."""
    if places == 0:
        if total == 0:
            yield ()
        return
    for first in range(min(total, len(SMALL) - 1) + 1):
        for rest in _ranks(places - 1, total - first):
            yield (first, *rest)


def _value(symbol: Any, number: Number) -> Any:
    return z3.IntVal(int(number)) if z3.is_int(symbol) else z3.RealVal(str(number))


def _line(start: Number, slope: Number) -> Any:
    """`start + slope n`, as the body of a function of n."""
    n = z3.ToReal(z3.Var(0, z3.IntSort()))
    return z3.RealVal(str(start)) + z3.RealVal(str(slope)) * n


def _sequences(question: Any) -> list[Any]:
    """The uninterpreted functions from whole numbers to numbers."""
    found: dict[str, Any] = {}
    todo = [question]
    while todo:
        term = todo.pop()
        todo.extend(term.children())
        if z3.is_app(term) and term.num_args() == 1 and _is_sequence(term.decl()):
            found[term.decl().name()] = term.decl()
    return [found[name] for name in sorted(found)]


def _is_sequence(function: Any) -> bool:
    sorts = (function.domain(0), function.range())
    return function.kind() == z3.Z3_OP_UNINTERPRETED and sorts == (z3.IntSort(), z3.RealSort())

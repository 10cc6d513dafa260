"""What claims say of the whole process, as terms over the histories."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeAlias

import z3

from bounds.universal.histories import Histories, Moment, Path, Step, tag
from bounds.universal.reading import Side, Term, product_of, sum_of

__all__ = ["SUMS", "Quantities", "bounded", "excess_within", "written"]

SUMS = ("query_cubes", "queries", "divergence_sum")
"""Sums over steps of at most 1 each, 0 while pi_d is alone in the top set (fact "bounded")."""

Values: TypeAlias = Mapping[str, Callable[[], Side]]
NOTHING = z3.RealVal(0)


class Quantities:
    """The quantities and laws of a claim that speak of the process, and the facts about them."""

    def __init__(self, names: Values, laws: Values, facts: list[z3.BoolRef]) -> None:
        self.names, self.laws, self.facts = names, laws, facts


def bounded(horizon: int) -> Quantities:
    """Only what the fact "bounded" says: each sum is at most T."""
    value = z3.Real("value")
    return Quantities({name: lambda: Side(value) for name in SUMS}, {}, [value <= horizon])


def excess_within(histories: Histories) -> Quantities:
    """Only what the fact "excess" says of events: `P_i(B) - P_g(B)` is at most the exclusion."""
    value = z3.Real("value")
    facts = [*histories.facts, value <= _exclusion(histories)]
    return Quantities({}, {"P_i": lambda: Side(value), "P_g": lambda: Side(0)}, facts)


def written(histories: Histories) -> Quantities:
    """Everything, over every history."""
    facts = [*histories.facts]
    terms: dict[str, Callable[[], Term]] = {
        "query_cubes": lambda: _sum_of_powers(histories, 3),
        "queries": lambda: _sum_of_powers(histories, 1),
        "exclusion": lambda: _exclusion(histories),
        "divergence_sum": lambda: _divergence(histories, facts),
        "P_i": lambda: _event(histories, facts, guarded=False),
        "P_g": lambda: _event(histories, facts, guarded=True),
    }

    @cache  # a law is run again for each of its cases
    def side(name: str) -> Side:
        return Side(terms[name]())

    values = {name: (lambda name=name: side(name)) for name in terms}
    laws = {name: values.pop(name) for name in ("P_i", "P_g")}
    return Quantities(values, laws, facts)


def _expected(node: Moment, after: Mapping[Step, Term]) -> Term:
    parts = [node.chance(step) * value for step, value in after.items() if value is not NOTHING]
    return sum_of(parts) if parts else NOTHING


def _sum_of_powers(histories: Histories, power: int) -> Term:
    """`E sum theta^power`."""

    def visit(node: Moment, after: Mapping[Step, Term]) -> Term:
        return product_of(*[node.theta] * power) + _expected(node, after)

    return histories.fold(visit, lambda path: NOTHING)


def _exclusion(histories: Histories) -> Term:
    """`P_i(pi_d is ever outside the top set)`."""

    def visit(node: Moment, after: Mapping[Step, Term]) -> Term:
        return z3.If(node.inside, _expected(node, after), z3.RealVal(1))

    return histories.fold(visit, lambda path: NOTHING)


def _divergence(histories: Histories, facts: list[z3.BoolRef]) -> Term:
    """`E_g sum k`: `k = sum_a s_a l_a`, where `s = m + theta p` and `l_a` stands for `ln(s_a/p_a)`.

    The tangent of the logarithm says `p_a l_a <= s_a - p_a`; where `p_a = 0` so is `s_a`.
    """

    def visit(node: Moment, after: Mapping[Step, Term]) -> Term:
        cost = []
        for a, (m, p) in enumerate(zip(node.least, node.target, strict=True)):
            s, log = m + node.theta * p, z3.Real(f"ln_{tag(node.path)}_{a}")
            facts.append(p * log <= s - p)
            cost.append(s * log)
        return z3.If(node.inside, sum_of(cost) + _expected(node, after), z3.RealVal(0))

    return histories.fold(visit, lambda path: NOTHING)


def _event(histories: Histories, facts: list[z3.BoolRef], guarded: bool) -> Term:
    """The chance of any set of action sequences, or of a mixture of such sets."""

    def leaf(path: Path) -> tuple[Term, Term]:
        chance = z3.Real("b" + "".join(str(a) for _, a in path))
        facts.extend((chance >= 0, chance <= 1))
        return chance, chance

    def visit(node: Moment, after: Mapping[Step, tuple[Term, Term]]) -> tuple[Term, Term]:
        target = sum_of([p * after[True, a][1] for a, p in enumerate(node.target)])
        found = _expected(node, {step: own for step, (own, _) in after.items()})
        return (z3.If(node.inside, found, target) if guarded else found), target

    own: Any = histories.fold(visit, leaf)[0]
    return own

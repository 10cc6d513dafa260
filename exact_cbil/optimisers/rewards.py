"""Rewards that behaviour cannot tell apart, and what they stand to lose (P6).

A reward is linear in the objectives: `r_w(s)` is the sum of the `w_o` of the objectives o that hold
in the state s in which an instance ends, with every `w_o` in [-1, 1].
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeAlias

from exact_cbil.errors import CbilError
from exact_cbil.numbers import exact_sum, text
from exact_cbil.optimisers.program import Program, Search
from exact_cbil.optimisers.task import Task

__all__ = ["Gap", "Optimum", "Rewards", "maximise"]

Vector: TypeAlias = tuple[Fraction, ...]
ZERO = Fraction(0)


def _times(one: Iterable[Fraction], other: Iterable[Fraction]) -> Fraction:
    return exact_sum(a * b for a, b in zip(one, other, strict=True))


@dataclass(frozen=True)
class Optimum:
    """The most of `c.w` over the w in the box with `r.w >= 0` for every row r, with its proof.

    For multipliers `y >= 0`, `c.w <= (c + sum y_r r).w`, which is at most the sum of that vector's
    absolute values. Made only where a point attains it: else CbilError. Source: SPEC P6.
    """

    objective: Vector
    rows: tuple[Vector, ...]
    point: Vector
    multipliers: Vector

    def __post_init__(self) -> None:
        inside = all(abs(w) <= 1 for w in self.point)
        inside &= all(_times(row, self.point) >= 0 for row in self.rows)
        if not inside or any(y < 0 for y in self.multipliers) or self.value != self.bound:
            raise CbilError("linear program: the solver's answer is not an optimum")

    @property
    def value(self) -> Fraction:
        """`c.w` at the point."""
        return _times(self.objective, self.point)

    @property
    def bound(self) -> Fraction:
        """What the multipliers prove that no point exceeds."""
        columns = zip(*self.rows, strict=True) if self.rows else [()] * len(self.objective)
        pushed = [
            c + _times(column, self.multipliers)
            for c, column in zip(self.objective, columns, strict=True)
        ]
        return exact_sum(map(abs, pushed))


def maximise(objective: Sequence[Fraction], rows: Sequence[Sequence[Fraction]]) -> Optimum:
    """The most of `c.w` over `-1 <= w <= 1` with `r.w >= 0` for every row r, proved by its dual.

    objective: c. rows: vectors of the same length.
    Z3 finds the point and the multipliers, in rationals; both are checked here. Source: SPEC P6.

    >>> found = maximise([Fraction(1), Fraction(-2)], [[Fraction(-1), Fraction(1)]])
    >>> str(found.value), [str(w) for w in found.point]
    ('1', ['-1', '-1'])
    """
    import z3

    c, size = tuple(objective), range(len(objective))
    listed = tuple(tuple(row) for row in rows)

    context = z3.Context()  # a new one each time: what was solved before changes nothing

    def real(value: Fraction) -> Any:
        return z3.RealVal(text(value), context)

    def weighed(factors: Sequence[Fraction], unknowns: Sequence[Any], shift: Fraction) -> Any:
        parts = zip(factors, unknowns, strict=True)
        return z3.Sum([real(shift), *(real(factor) * x for factor, x in parts if factor)])

    def solved(solver: Any, unknowns: list[Any]) -> Vector:
        if solver.check() != z3.sat:
            raise CbilError("linear program: the solver has no answer")
        found = solver.model()
        values = (found.eval(x, model_completion=True) for x in unknowns)
        return tuple(Fraction(v.numerator_as_long(), v.denominator_as_long()) for v in values)

    w = [z3.Real(f"w{j}", context) for j in size]
    primal = z3.Optimize(ctx=context)
    primal.add(*(z3.And(x >= -1, x <= 1) for x in w))
    primal.add(*(weighed(row, w, ZERO) >= 0 for row in listed))
    primal.maximize(weighed(c, w, ZERO))

    y = [z3.Real(f"y{i}", context) for i in range(len(listed))]
    sizes = [z3.Real(f"size{j}", context) for j in size]
    dual = z3.Optimize(ctx=context)
    dual.add(*(x >= 0 for x in y))
    for j in size:
        pushed = weighed([row[j] for row in listed], y, c[j])
        dual.add(sizes[j] >= pushed, sizes[j] >= -pushed)
    dual.minimize(z3.Sum(sizes))
    return Optimum(c, listed, solved(primal, w), solved(dual, y))


@dataclass(frozen=True)
class Gap:
    """The most that a reward loses on an instance, against the best plan there.

    reward: the weight of each objective, where most is lost.
    """

    instance: int
    optimum: Optimum
    reward: Mapping[str, Fraction]

    @property
    def value(self) -> Fraction:
        """The loss."""
        return self.optimum.value


class Rewards:
    """The rewards for which a program acted best on the instances seen.

    program: by default the search for the base to the full depth. seen: numbers of instances.
    Source: SPEC P6.
    """

    def __init__(self, task: Task, seen: Iterable[int], program: Program | None = None) -> None:
        self.task = task
        self.seen = tuple(seen)
        self.program = program or Search(task.turns, task.base)
        self._solved: dict[Vector, Optimum] = {}

    def _features(self, number: int, state: Any) -> Vector:
        instance = self.task.instances[number]
        return tuple(Fraction(instance.succeeds(o, state)) for o in self.task.objectives)

    def _differences(self, number: int) -> list[Vector]:
        """What other plans end with less what the program does, each once, without zeros."""
        instance = self.task.instances[number]
        own = self._features(number, self.program.run(self.task, number))
        others = (self._features(number, instance.after(plan)) for plan in self.task.plans())
        found = dict.fromkeys(
            tuple(a - b for a, b in zip(other, own, strict=True)) for other in others
        )
        return [difference for difference in found if any(difference)]

    @cached_property
    def rows(self) -> tuple[Vector, ...]:
        """The polyhedron's inequalities `r.w >= 0`: no other plan was better on what was seen."""
        found = dict.fromkeys(
            tuple(-d for d in difference)
            for number in self.seen
            for difference in self._differences(number)
        )
        return tuple(found)

    @property
    def inequalities(self) -> list[str]:
        """The inequalities as text, without those of the box.

        >>> from exact_cbil.optimisers.tasks import maze
        >>> Rewards(maze(), [0]).inequalities
        ['exit + door + lamp + east >= 0', 'exit + door + lamp >= 0']
        """
        return [f"{_sum(row, self.task.objectives)} >= 0" for row in self.rows]

    def gap(self, new: Iterable[int]) -> Gap | None:
        """The most that any of the rewards loses on a new instance, if the program stays as it is.

        It is the largest `r_w(best plan) - r_w(program)` over the instances and the rewards; None
        where there are no instances. Source: SPEC P6.

        >>> from exact_cbil.optimisers.tasks import maze
        >>> task = maze()
        >>> [str(Rewards(task, seen).gap(task.deployed).value) for seen in ([0], [0, 64])]
        ['3', '2']
        """
        worst: Gap | None = None
        nothing = (ZERO,) * len(self.task.objectives)
        for number in new:
            for difference in (nothing, *self._differences(number)):
                # No reward of the box loses more than this sum.
                if worst is not None and sum(map(abs, difference)) <= worst.value:
                    continue
                optimum = self._solved.get(difference)
                if optimum is None:
                    optimum = self._solved[difference] = maximise(difference, self.rows)
                if worst is None or optimum.value > worst.value:
                    reward = dict(zip(self.task.objectives, optimum.point, strict=True))
                    worst = Gap(number, optimum, reward)
        return worst


def _sum(row: Vector, names: Sequence[str]) -> str:
    shown = ""
    for factor, name in zip(row, names, strict=True):
        if factor:
            size = "" if abs(factor) == 1 else f"{text(abs(factor))} "
            sign = "-" if factor < 0 else "+" if shown else ""
            shown += f" {sign} {size}{name}" if shown else f"{sign}{size}{name}"
    return shown

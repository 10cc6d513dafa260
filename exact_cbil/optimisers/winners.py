"""The best of all programs that solve the first N lessons, and what the toy model predicts (P3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations, product
from math import perm

from exact_cbil.errors import CbilError, OutOfRange
from exact_cbil.optimisers.outcomes import Outcomes
from exact_cbil.optimisers.program import (
    Conditional,
    Constant,
    Entry,
    Program,
    Search,
    index_bits,
)
from exact_cbil.optimisers.task import Plan, Task
from exact_cbil.optimisers.toy import Toy, toy

__all__ = ["MAX_RESTS", "Winner", "Winners", "predicted"]

MAX_RESTS = 100_000
"""The most programs without a table that are tried."""


@dataclass(frozen=True)
class Winner:
    """The programs that solve the first lessons and are best: of least length, or length and time.

    programs: one for each way to end the table, in order of their codes.
    """

    lessons: int
    length: int
    time: int
    programs: tuple[Program, ...]

    @property
    def program(self) -> Program:
        """The first of them."""
        return self.programs[0]

    @property
    def searches(self) -> tuple[str | None, ...]:
        """What they search for, each objective once; None for those that do not search."""
        endings = [program.ending for program in self.programs]
        found = [e.objective if isinstance(e, Search) else None for e in endings]
        return tuple(dict.fromkeys(found))


class Winners:
    """The best programs for a task, of any length.

    Raises CbilError for a task of so many features that more than MAX_RESTS must be tried.

    >>> from exact_cbil.optimisers.tasks import hash_game
    >>> best = Winners(hash_game())
    >>> for lessons in (1, 3, 8):
    ...     print(best.after(lessons).program)
    0: B A; always A
    0: B A; 1: B A; always A
    search(2, bit)
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        features, actions = len(task.features), len(task.actions)
        rules = sum(perm(features, n) * actions**n for n in range(features + 1))
        if rules * (actions + task.turns * len(task.objectives)) > MAX_RESTS:
            raise CbilError(f"features: more than {MAX_RESTS} programs without a table")

    @cached_property
    def _rests(self) -> list[tuple[int, Program, int, int]]:
        """Every program without a table that may be best: length, itself, time, what it solves."""
        task, outcomes = self.task, Outcomes(self.task)
        return sorted(
            (
                (rest.length(task), rest, rest.time(task), outcomes.of(rest)[0])
                for rest in self._without_tables()
            ),
            key=lambda found: found[0],
        )

    def _without_tables(self) -> Iterator[Program]:
        # A feature that an earlier rule tests is never seen by a later one.
        task = self.task
        endings: list[Program] = [Constant(action) for action in task.actions]
        depths = range(1, task.turns + 1)
        endings += [Search(depth, o) for depth in depths for o in task.objectives]
        for count in range(len(task.features) + 1):
            for features in permutations(task.features, count):
                for actions in product(task.actions, repeat=count):
                    for program in endings:
                        for feature, action in zip(features, actions, strict=True):
                            program = Conditional(feature, action, program)
                        yield program

    @cached_property
    def _solutions(self) -> dict[int, Plan]:
        """The first plan that solves each lesson."""
        task = self.task
        return {
            number: next(
                plan
                for plan in task.plans()
                if (instance := task.instances[number]).succeeds(task.base, instance.after(plan))
            )
            for number in task.lessons
        }

    def after(self, lessons: int, time_penalty: bool = False, *, searching: bool = True) -> Winner:
        """The programs that solve the first lessons and maximise `2^-length`.

        lessons: how many; from 0 to those that the task has.
        time_penalty: maximise `2^-length/time`. searching: whether programs that search take part.
        Source: SPEC P3.
        """
        task = self.task
        if not 0 <= lessons <= len(task.lessons):
            raise OutOfRange("lessons", lessons, f"a whole number from 0 to {len(task.lessons)}")
        # Of a program that solves the lessons, put the entries first, with the plans that it
        # followed, and leave out those for instances that the rest solves, or that are no lessons.
        # What is left solves the lessons too, takes no more time, and is no longer: an entry costs
        # more than a wider gap. So the best program is a best table before some rest.
        best, found = 0, list[tuple[int, int, Program]]()
        for length, rest, time, solved in self._rests:
            factor = time if time_penalty else 1
            barred = not searching and isinstance(rest.ending, Search)
            if barred or (found and factor << length > best):
                continue
            program = rest
            for number in reversed(task.lessons[:lessons]):
                if not solved >> number & 1:
                    program = Entry(number, self._solutions[number], program)
            length = program.length(task)
            if not found or factor << length < best:
                best, found = factor << length, []
            if factor << length == best:
                found.append((length, time, program))
        # Lengths may differ at the same cost, when one takes less time.
        found.sort(key=lambda one: (one[0], one[2].code(task)))
        length, time, _ = found[0]
        return Winner(lessons, length, time, tuple(program for _, _, program in found))


def predicted(task: Task) -> Toy:
    """The toy model with the task's own costs: f(0) a constant, f(x) a search of x bits of actions.

    A search of depth d selects among plans of `d` actions, which are x bits in a table. The power
    is as large as it takes; it does not change which x is best. Source: SPEC P1, P3.

    >>> from exact_cbil.optimisers.tasks import maze
    >>> [str(n) for n in predicted(maze()).break_points]
    ['13/6']
    """
    action = index_bits(len(task.actions))
    costs = {0: Constant(task.actions[0]).length(task)}
    for depth in range(1, task.turns + 1):
        costs[depth * action] = Search(depth, task.base).length(task)
    return toy(max(costs.values()), costs)

"""How programs end the instances of a task, many programs at a time."""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

from exact_cbil.optimisers.program import Conditional, Constant, Entry, Program
from exact_cbil.optimisers.task import Task

__all__ = ["Outcomes", "Reached"]

Reached: TypeAlias = tuple[int, ...]
"""For each objective of a task the instances that end with it, as bits from instance 0."""

NOTHING = Constant("")
"""What follows an entry that is looked at on its own instance only."""


class Outcomes:
    """How programs end the instances of a task; what parts of many programs do is kept."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self._last: tuple[Program | None, Reached] = (None, ())
        self._ends, self._wholes = cache(self._end), cache(self._whole)

    def of(self, program: Program) -> Reached:
        """For each objective the instances that end with it, as in `Group`."""
        if isinstance(program, Entry):
            # A listing has many programs in a row that differ in their first plan only.
            rest, reached = self._last
            if rest is not program.otherwise:
                reached = self.of(program.otherwise)
                self._last = (program.otherwise, reached)
            end = self._ends(Entry(program.instance, program.plan, NOTHING), program.instance)
            return _with(reached, program.instance, end)
        *clauses, ending = program.clauses()
        reached = self._wholes(
            _rebuilt([clause for clause in clauses if isinstance(clause, Conditional)], ending)
        )
        for place, clause in enumerate(clauses):
            if isinstance(clause, Entry):
                # On its instance an entry acts below the conditionals above it, and no other does.
                above = [c for c in clauses[:place] if isinstance(c, Conditional)]
                alone = _rebuilt(above, Entry(clause.instance, clause.plan, NOTHING))
                reached = _with(reached, clause.instance, self._ends(alone, clause.instance))
        return reached

    def _whole(self, program: Program) -> Reached:
        """How a program without entries ends the instances."""
        reached = tuple(0 for _ in self.task.objectives)
        for number in range(len(self.task.instances)):
            reached = _with(reached, number, self._ends(program, number))
        return reached

    def _end(self, program: Program, number: int) -> tuple[bool, ...]:
        """Which objectives hold where a program ends an instance."""
        state = program.run(self.task, number)
        succeeds = self.task.instances[number].succeeds
        return tuple(succeeds(objective, state) for objective in self.task.objectives)


def _with(reached: Reached, number: int, end: tuple[bool, ...]) -> Reached:
    """The same with another end of one instance."""
    bit = 1 << number
    return tuple(bits | bit if hit else bits & ~bit for bits, hit in zip(reached, end, strict=True))


def _rebuilt(clauses: list[Conditional], ending: Program) -> Program:
    for clause in reversed(clauses):
        ending = Conditional(clause.feature, clause.action, ending)
    return ending

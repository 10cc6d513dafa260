"""The programs for a task, in order of length: how many there are, and each of them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cache

from exact_cbil.errors import CbilError, OutOfRange
from exact_cbil.optimisers.program import (
    Conditional,
    Constant,
    Entry,
    Program,
    Search,
    gamma,
    index_bits,
)
from exact_cbil.optimisers.task import Task

__all__ = ["MAX_LENGTH", "MAX_PROGRAMS", "Listing"]

MAX_PROGRAMS = 1_000_000
"""The most programs that are listed."""

MAX_LENGTH = 64
"""The most bits of a program that is listed."""


class Listing:
    """All programs for a task of at most `max_length` bits. Source: SPEC P0.

    max_length: a whole number from 0 to MAX_LENGTH.
    Raises CbilError where there are more than MAX_PROGRAMS, without listing them.

    >>> from exact_cbil.optimisers.tasks import hash_game
    >>> listing = Listing(hash_game().of(2, 0), 7)
    >>> [listing.count(n) for n in range(8)], str(listing.kraft)
    ([0, 0, 2, 0, 0, 0, 0, 16], '5/8')
    """

    def __init__(self, task: Task, max_length: int) -> None:
        if not 0 <= max_length <= MAX_LENGTH:
            raise OutOfRange("max length", max_length, f"a whole number from 0 to {MAX_LENGTH}")
        self.task = task
        self.max_length = max_length
        actions, instances = index_bits(len(task.actions)), len(task.instances)
        self._constant = 1 + actions
        self._conditional = 3 + index_bits(len(task.features)) + actions
        self._entry = [
            2 + len(gamma(gap)) + task.turns * actions for gap in range(1, instances + 1)
        ]
        objective = 3 + task.search_bits + index_bits(len(task.objectives))
        self._search = [objective + len(gamma(d)) for d in range(1, task.turns + 1)]
        self._counted = cache(self._count)
        total = 0
        for length in range(max_length + 1):
            total += self.count(length)
            if total > MAX_PROGRAMS:
                raise CbilError(
                    f"max length: more than {MAX_PROGRAMS} programs have at most {length} bits; "
                    "expected a smaller length, or fewer instances"
                )
        self.total = total

    def count(self, length: int) -> int:
        """How many programs have a length."""
        return self._counted(length, -1)

    def _count(self, length: int, after: int) -> int:
        task = self.task
        if length <= 0:
            return 0
        found = len(task.actions) * (length == self._constant)
        found += len(task.objectives) * self._search.count(length)
        rules = len(task.features) * len(task.actions)
        if rules:
            found += rules * self._counted(length - self._conditional, after)
        plans = len(task.actions) ** task.turns
        for number in range(after + 1, len(task.instances)):
            rest = length - self._entry[number - after - 1]
            if rest <= 0:
                break
            found += plans * self._counted(rest, number)
        return found

    @property
    def kraft(self) -> Fraction:
        """The sum of `2^-length` over the programs; at most 1, as the code is a prefix code."""
        return sum((Fraction(self.count(n), 2**n) for n in range(self.max_length + 1)), Fraction(0))

    def __iter__(self) -> Iterator[tuple[int, Program]]:
        """Every program after its length, in order of length."""
        for length in range(self.max_length + 1):
            for program in self._programs(length, -1):
                yield length, program

    def _programs(self, length: int, after: int) -> Iterator[Program]:
        task = self.task
        if length == self._constant:
            yield from map(Constant, task.actions)
        for number in range(after + 1, len(task.instances)):
            rest = length - self._entry[number - after - 1]
            if rest <= 0:
                break
            if self._counted(rest, number):
                for otherwise in self._programs(rest, number):
                    yield from (Entry(number, plan, otherwise) for plan in task.plans())
        rest = length - self._conditional
        if task.features and self._counted(rest, after):
            for otherwise in self._programs(rest, after):
                for feature in task.features:
                    yield from (Conditional(feature, a, otherwise) for a in task.actions)
        for depth, bits in enumerate(self._search, start=1):
            if bits == length:
                yield from (Search(depth, objective) for objective in task.objectives)

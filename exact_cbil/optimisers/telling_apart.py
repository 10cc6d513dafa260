"""Which objectives behaviour has not told apart, and the tests that do (P6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from exact_cbil.errors import CbilError
from exact_cbil.optimisers.program import Search
from exact_cbil.optimisers.task import Task

__all__ = ["EXHAUSTIVE", "Strategy", "ToldApart", "outcomes", "surviving", "tell_apart"]

EXHAUSTIVE = 12
"""Up to so many objectives that tests tell apart, the best strategy is searched for."""

Outcomes: TypeAlias = Sequence[Sequence[bool]]


def surviving(task: Task, seen: Iterable[int]) -> list[str]:
    """The objectives that the base's search reaches on every instance seen where any plan does.

    seen: numbers of instances. Source: SPEC P6.

    >>> from exact_cbil.optimisers.tasks import maze
    >>> surviving(maze(), range(4)), surviving(maze(), [0, 1, 64])
    (['exit', 'door', 'lamp', 'east'], ['exit', 'lamp', 'east'])
    """
    search, listed = Search(task.turns, task.base), list(seen)
    ends = {number: search.run(task, number) for number in listed}
    return [
        objective
        for objective in task.objectives
        if all(
            task.instances[number].succeeds(objective, ends[number])
            or not task.solvable(number, objective)
            for number in listed
        )
    ]


def outcomes(task: Task, objectives: Sequence[str], tests: Iterable[int]) -> list[list[bool]]:
    """For each objective, whether a full search for it reaches the base in each test.

    tests: numbers of instances. Source: SPEC P6.
    """
    listed = list(tests)

    def reached(objective: str, number: int) -> bool:
        end = Search(task.turns, objective).run(task, number)
        return task.instances[number].succeeds(task.base, end)

    return [[reached(objective, number) for number in listed] for objective in objectives]


@dataclass(frozen=True)
class Strategy:
    """What to test next, by its place; and what then, where the base is reached or not.

    left: the places in the list that are still possible here. test: None where no test is left that
        tells them apart.
    """

    left: tuple[int, ...]
    test: int | None = None
    reached: Strategy | None = None
    missed: Strategy | None = None

    @property
    def depth(self) -> int:
        """The most tests that it takes."""
        if self.reached is None or self.missed is None:
            return 0
        return 1 + max(self.reached.depth, self.missed.depth)

    def to_json(self, names: Sequence[str], tests: Sequence[int]) -> dict[str, Any]:
        """Nested objects that name what is left at each end."""
        if self.test is None or self.reached is None or self.missed is None:
            return {"left": [names[place] for place in self.left]}
        return {
            "instance": tests[self.test],
            "reached": self.reached.to_json(names, tests),
            "missed": self.missed.to_json(names, tests),
        }


@dataclass(frozen=True)
class ToldApart:
    """How to find out which of a list it is, up to those that no test tells apart.

    blocks: what cannot be told apart, by places in the list.
    best_split: the test that leaves the fewest at worst; None where none tells any apart.
    optimal: whether it is known that no strategy takes fewer tests.
    """

    blocks: tuple[tuple[int, ...], ...]
    best_split: int | None
    strategy: Strategy
    optimal: bool

    @property
    def tests(self) -> int:
        """The most tests that the strategy takes."""
        return self.strategy.depth

    @property
    def least(self) -> int:
        """`log2` of the number of blocks, rounded up: fewer tests have too few outcomes."""
        return (len(self.blocks) - 1).bit_length()


def tell_apart(found: Outcomes) -> ToldApart:
    """The fewest tests that tell a list apart, in the worst case, each chosen by those before.

    found: for each of the list its outcomes in the tests; at least one of the list. The strategy is
    the best of all for at most EXHAUSTIVE blocks, and else splits as evenly as it can at each test.
    Source: SPEC P6.

    >>> three = tell_apart([[True, True], [False, True], [False, False]])
    >>> three.tests, three.least, three.best_split
    (2, 2, 0)
    """
    if not found:
        raise CbilError("list: expected at least one to be told apart")
    rows: dict[tuple[bool, ...], list[int]] = {}
    for place, row in enumerate(found):
        rows.setdefault(tuple(row), []).append(place)
    distinct, blocks = list(rows), tuple(map(tuple, rows.values()))
    columns = range(len(distinct[0]))
    everything = tuple(range(len(distinct)))
    choose: Callable[[tuple[int, ...], int], int]

    def split(left: tuple[int, ...], test: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        reached = tuple(k for k in left if distinct[k][test])
        return reached, tuple(k for k in left if not distinct[k][test])

    def useful(left: tuple[int, ...]) -> list[int]:
        return [test for test in columns if all(split(left, test))]

    def larger(left: tuple[int, ...], test: int) -> int:
        return max(map(len, split(left, test)))

    @cache
    def fewest(left: tuple[int, ...]) -> int:
        if len(left) < 2:
            return 0
        # Different rows differ somewhere, so some test splits any two.
        return 1 + min(max(map(fewest, split(left, test))) for test in useful(left))

    def worst_after(left: tuple[int, ...], test: int) -> int:
        return max(map(fewest, split(left, test)))

    optimal = len(blocks) <= EXHAUSTIVE
    choose = worst_after if optimal else larger

    def planned(left: tuple[int, ...]) -> Strategy:
        places = tuple(place for k in left for place in blocks[k])
        if len(left) < 2:
            return Strategy(places)
        test = min(useful(left), key=lambda test: choose(left, test))
        reached, missed = split(left, test)
        return Strategy(places, test, planned(reached), planned(missed))

    splitting = useful(everything)
    best = min(splitting, key=lambda test: larger(everything, test)) if splitting else None
    return ToldApart(blocks, best, planned(everything), optimal)

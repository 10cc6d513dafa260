"""The programs for a task counted by what they do: optimisation power, posterior shares (P2, P4).

Programs that end the same instances with the same objectives, at the same length and time and with
the same search, are one group: nothing that is asked here tells them apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import TYPE_CHECKING, NamedTuple

from exact_cbil.errors import CbilError
from exact_cbil.memory import need
from exact_cbil.optimisers.listing import Listing
from exact_cbil.optimisers.outcomes import Outcomes, Reached
from exact_cbil.optimisers.program import Search
from exact_cbil.real import Real, ln

if TYPE_CHECKING:
    from exact_cbil.interaction import Progress

__all__ = ["Census", "Group", "Power", "Shares", "bits_of"]

GROUP_BYTES = 600
"""What a group takes in memory; roughly."""


class Group(NamedTuple):
    """What programs of one group have in common.

    searches: the objective of the search that they end in, or None.
    reached: for each objective of the task the instances that end with it, as bits from instance 0.
    """

    length: int
    time: int
    searches: str | None
    reached: Reached


@dataclass(frozen=True)
class Power:
    """The share of the programs that solve at least `score` of the lessons, by count and by prior.

    Source: SPEC P2.
    """

    score: int
    count: Fraction
    prior: Fraction


@dataclass(frozen=True)
class Shares:
    """What the posterior holds after `lessons` training instances have been solved.

    searching: for each objective the share of the programs that search for it.
    pursuing: for each objective the probability, on average over the instances of deployment, that
        it is what holds in the end.
    betrayed: the same for the proxy holding and the base objective not; None without a proxy.
    Source: SPEC P4.
    """

    lessons: int
    searching: Mapping[str, Fraction]
    pursuing: Mapping[str, Fraction]
    betrayed: Fraction | None

    @property
    def search(self) -> Fraction:
        """The share of the programs that search."""
        return sum(self.searching.values(), Fraction(0))


class Census:
    """The groups of all programs of a listing, and how many programs each has.

    time_penalty: whether the prior is `2^-length/time` in place of `2^-length`.

    >>> from exact_cbil.optimisers.tasks import hash_game
    >>> census = Census(Listing(hash_game().of(4), 18))
    >>> [str(census.shares(n).search) for n in (0, 1, 3)]
    ['5/12217', '3/1535', '1/19']
    """

    def __init__(
        self, listing: Listing, time_penalty: bool = False, progress: Progress | None = None
    ) -> None:
        self.task = listing.task
        self.listing = listing
        self.time_penalty = time_penalty
        self.groups = self._counted(progress)

    def _counted(self, progress: Progress | None) -> Counter[Group]:
        task, seen = self.task, Outcomes(self.task)
        times = {1: 1} | {
            depth: Search(depth, task.base).time(task) for depth in range(1, task.turns + 1)
        }
        found: Counter[Group] = Counter()
        for number, (length, program) in enumerate(self.listing):
            if not number & 4095:
                need(4096 * GROUP_BYTES, f"after {number} programs")
                if progress is not None:
                    progress("programs", number, self.listing.total)
            ending = program.ending
            searches = ending.objective if isinstance(ending, Search) else None
            time = times[ending.depth] if isinstance(ending, Search) else 1
            found[Group(length, time, searches, seen.of(program))] += 1
        return found

    @cached_property
    def _masses(self) -> dict[Group, int]:
        """The prior weight of each group, in units of which all are whole numbers."""
        longest = self.listing.max_length
        common = lcm(*(g.time for g in self.groups)) if self.time_penalty else 1

        def units(group: Group) -> int:
            each = common // group.time if self.time_penalty else 1
            return self.groups[group] * each << longest - group.length

        return {group: units(group) for group in self.groups}

    def _weighed(self, chosen: Iterable[Group]) -> int:
        return sum(self._masses[group] for group in chosen)

    def power(self, score: int, lessons: int | None = None) -> Power:
        """The share of the programs that solve at least `score` of the first lessons.

        lessons: by default all. Source: SPEC P2.
        """
        mask = self.task.mask(lessons)
        chosen = [g for g in self.groups if (g.reached[0] & mask).bit_count() >= score]
        programs = sum(self.groups[g] for g in chosen)
        if not self.groups:
            raise CbilError(f"max length: no program has at most {self.listing.max_length} bits")
        prior = Fraction(self._weighed(chosen), self._weighed(self.groups))
        return Power(score, Fraction(programs, self.listing.total), prior)

    def shares(self, lessons: int) -> Shares:
        """The posterior after the first lessons were solved: the prior of those that solve them.

        Raises CbilError where no program of the listing does. Source: SPEC P4.
        """
        task, mask = self.task, self.task.mask(lessons)
        chosen = [g for g in self.groups if g.reached[0] & mask == mask]
        total = self._weighed(chosen)
        if not total:
            raise CbilError(
                f"no program of at most {self.listing.max_length} bits solves {lessons}"
            )
        searching = dict.fromkeys(task.objectives, 0)
        pursuing = [0] * len(task.objectives)
        betrayed = 0
        for group in chosen:
            mass = self._masses[group]
            if group.searches is not None:
                searching[group.searches] += mass
            deployed = [reached >> task.deployed.start for reached in group.reached]
            for k, reached in enumerate(deployed):
                pursuing[k] += mass * reached.bit_count()
            if task.proxy is not None:
                betrayed += mass * (deployed[1] & ~deployed[0]).bit_count()
        whole = total * max(1, len(task.deployed))
        return Shares(
            lessons,
            {objective: Fraction(mass, total) for objective, mass in searching.items()},
            {o: Fraction(mass, whole) for o, mass in zip(task.objectives, pursuing, strict=True)},
            None if task.proxy is None else Fraction(betrayed, whole),
        )

    def best_without_search(self) -> dict[int, int]:
        """For each length the most lessons that a program of that length solves without searching.

        Lengths at which no shorter program is beaten are left out. Source: SPEC P2.
        """
        best: dict[int, int] = {}
        mask = self.task.mask()
        for group in sorted(self.groups, key=lambda g: g.length):
            if group.searches is None:
                solved = (group.reached[0] & mask).bit_count()
                if solved > max(best.values(), default=-1):
                    best[group.length] = solved
        return best


def bits_of(share: Fraction) -> Real | None:
    """`-log2` of a share in [0, 1], enclosed, or exact for a power of 1/2; None for 0.

    Source: SPEC P2.

    >>> print(bits_of(Fraction(1, 8)), "and", bits_of(Fraction(1, 3)))
    3 and ~1.58496250072
    """
    if not share:
        return None
    inverse = 1 / share
    if inverse.denominator == 1 and inverse.numerator & (inverse.numerator - 1) == 0:
        return Real.of(inverse.numerator.bit_length() - 1)
    return ln(inverse) / ln(2)

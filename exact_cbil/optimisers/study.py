"""All that is asked of one task, in one place, and as `cbil-optimisers/1`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from exact_cbil.numbers import text
from exact_cbil.optimisers.census import Census, Power, Shares, bits_of
from exact_cbil.optimisers.listing import Listing
from exact_cbil.optimisers.rewards import Gap, Rewards
from exact_cbil.optimisers.task import Task
from exact_cbil.optimisers.telling_apart import ToldApart, outcomes, surviving, tell_apart
from exact_cbil.optimisers.toy import Toy
from exact_cbil.optimisers.winners import Winner, Winners, predicted

if TYPE_CHECKING:
    from exact_cbil.interaction import Progress

__all__ = ["FORMAT", "Row", "Study", "Unidentified", "study"]

FORMAT = "cbil-optimisers/1"


@dataclass(frozen=True)
class Row:
    """After so many lessons: who has won, and what the posterior holds.

    shares: None where no program of the listing solves them all.
    """

    lessons: int
    shortest: Winner
    without_search: Winner
    penalised: Winner
    predicted: int
    power: Power
    shares: Shares | None

    def to_json(self) -> dict[str, Any]:
        """Fractions as strings, enclosures as pairs of them."""
        shares = self.shares
        return {
            "lessons": self.lessons,
            "shortest": _winner_json(self.shortest),
            "without_search": _winner_json(self.without_search),
            "penalised": _winner_json(self.penalised),
            "predicted_bits": self.predicted,
            "power": {
                "count": text(self.power.count),
                "count_bits": _bits_json(self.power.count),
                "prior": text(self.power.prior),
                "prior_bits": _bits_json(self.power.prior),
            },
            "search": None if shares is None else text(shares.search),
            "searching": None if shares is None else _shares_json(shares.searching),
            "pursuing": None if shares is None else _shares_json(shares.pursuing),
            "betrayed": None
            if shares is None or shares.betrayed is None
            else text(shares.betrayed),
        }


def _winner_json(winner: Winner) -> dict[str, Any]:
    return {
        "length": winner.length,
        "time": winner.time,
        "program": str(winner.program),
        "searches": list(winner.searches),
    }


def _bits_json(share: Fraction) -> dict[str, str] | None:
    bits = bits_of(share)
    if bits is None:
        return None
    low, high = bits.interval()
    return {"lo": text(low), "hi": text(high)}


def _shares_json(shares: Mapping[str, Fraction]) -> dict[str, str]:
    return {name: text(share) for name, share in shares.items()}


@dataclass(frozen=True)
class Unidentified:
    """What behaviour leaves open on all lessons and the first `deployed` instances of deployment.

    objectives: those that survive. gap: the most that a reward stands to lose in deployment; None
    where there is none. Source: SPEC P6.
    """

    deployed: int
    objectives: tuple[str, ...]
    inequalities: tuple[str, ...]
    gap: Gap | None

    def to_json(self) -> dict[str, Any]:
        """Fractions as strings; the multipliers are those of the inequalities, in order."""
        gap = self.gap
        return {
            "deployed": self.deployed,
            "objectives": list(self.objectives),
            "inequalities": list(self.inequalities),
            "gap": None
            if gap is None
            else {
                "value": text(gap.value),
                "instance": gap.instance,
                "reward": _shares_json(gap.reward),
                "multipliers": [text(y) for y in gap.optimum.multipliers],
            },
        }


@dataclass(frozen=True)
class Study:
    """What the base optimiser finds for a task, for every number of lessons.

    chance: what share of the training instances a plan drawn at random solves.
    unsolvable: what share of them no plan solves.
    unidentified: for each number of instances of deployment that are seen, from 0.
    told_apart: how to tell the objectives apart that survive the lessons, by those instances.
    """

    census: Census
    toy: Toy
    chance: Fraction
    unsolvable: Fraction
    rows: tuple[Row, ...]
    unidentified: tuple[Unidentified, ...]
    told_apart: ToldApart

    def to_json(self) -> dict[str, Any]:
        """The format `cbil-optimisers/1`."""
        task, listing = self.census.task, self.census.listing
        return {
            "format": FORMAT,
            "task": task.name,
            "objectives": list(task.objectives),
            "instances": len(task.training),
            "lessons": list(task.lessons),
            "deployment": list(task.deployed),
            "chance": text(self.chance),
            "unsolvable": text(self.unsolvable),
            "search_bits": task.search_bits,
            "max_length": listing.max_length,
            "programs": listing.total,
            "kraft": text(listing.kraft),
            "time_penalty": self.census.time_penalty,
            "predicted": self.toy.to_json()["pieces"],
            "best_without_search": [
                {"length": length, "solved": solved}
                for length, solved in self.census.best_without_search().items()
            ],
            "rows": [row.to_json() for row in self.rows],
            "unidentified": [left.to_json() for left in self.unidentified],
            "told_apart": self._told_apart_json(),
        }

    def _told_apart_json(self) -> dict[str, Any]:
        names, apart = self.unidentified[0].objectives, self.told_apart
        return {
            "blocks": [[names[place] for place in block] for block in apart.blocks],
            "tests": apart.tests,
            "least": apart.least,
            "optimal": apart.optimal,
            "strategy": apart.strategy.to_json(names, self.census.task.deployed),
        }


def study(
    task: Task, max_length: int, time_penalty: bool = False, progress: Progress | None = None
) -> Study:
    """Count the programs for a task, and find the winners, after each number of lessons from 1.

    max_length: of the programs that are counted; the winners are of any length.
    time_penalty: whether programs are counted by `2^-length/time` in place of `2^-length`.
    Source: SPEC P2, P3, P4, P6.
    """
    census = Census(Listing(task, max_length), time_penalty, progress)
    winners, toy = Winners(task), predicted(task)
    rows = []
    for lessons in range(1, len(task.lessons) + 1):
        power = census.power(lessons, lessons)
        rows.append(
            Row(
                lessons,
                winners.after(lessons),
                winners.after(lessons, searching=False),
                winners.after(lessons, time_penalty=True),
                toy.bits(lessons),
                power,
                census.shares(lessons) if power.count else None,
            )
        )
        if progress is not None:
            progress("lessons", lessons, len(task.lessons))
    unidentified = tuple(_left_open(task, progress))
    count = len(task.training)
    tried = count * len(task.actions) ** task.turns
    hits = sum(
        instance.succeeds(task.base, instance.after(plan))
        for instance in task.training
        for plan in task.plans()
    )
    return Study(
        census,
        toy,
        Fraction(hits, tried) if count else Fraction(0),
        Fraction(count - len(task.lessons), count) if count else Fraction(0),
        tuple(rows),
        unidentified,
        tell_apart(outcomes(task, unidentified[0].objectives, task.deployed)),
    )


def _left_open(task: Task, progress: Progress | None) -> Iterator[Unidentified]:
    before: Rewards | None = None
    gap: Gap | None = None
    for deployed in range(len(task.deployed) + 1):
        seen = [*task.lessons, *task.deployed[:deployed]]
        rewards = Rewards(task, seen)
        if before is None or rewards.rows != before.rows:
            gap = rewards.gap(task.deployed)
        before = rewards
        if progress is not None:
            progress("rewards", deployed, len(task.deployed))
        objectives = tuple(surviving(task, seen))
        yield Unidentified(deployed, objectives, tuple(rewards.inequalities), gap)

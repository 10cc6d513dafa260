"""Schedules whose value tends to 3 for each alternative: the constant of T1 and T1a is sharp.

Levels are powers of `rho = (q+1)/q`. A *batch* at level rho^j, j >= 1, takes n alternatives, a
multiple of 2q+1; stage after stage, of all that still wait, one falls to rho^(j-1). When
`m = n (q+1)/(2q+1)` have fallen, the n - m others have risen to exactly rho^(j+1), for
`m rho^-1 + (n-m) rho = n`. Stage t has `theta = n/(n(q+1) - tq)`, so the batch yields at least

    integral_0^m theta(t)^2 dt - theta(m)^2 = n/(q+1)^2 - ((2q+1)/(q+1)^2)^2.

A batch at level 1 lets m = n/(q+1) of n alternatives die, which yields m; the others rise to rho.

One alternative's path is thus a random walk: from rho^j down with probability (q+1)/(2q+1); from 1
dead with probability 1/(q+1). It is at level 1 q+1 times in expectation and above it q(2q+1) times
(V_1 = q(2q+1)/(q+1), V_(j+1) = V_j q/(q+1)). So with many alternatives the yield of each tends to

    c(q) = 1 + q(2q+1)/(q+1)^2 = 3 - (3q+2)/(q+1)^2,

as fewer than 2q+1 are left waiting at each of finitely many levels, and few pass any high level.
As k, then q, grow, `value / (3k)` tends to 1; the limits in T and alpha are those of `Schedule`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from bounds.witness.schedule import Schedule, Stage
from exact_cbil.errors import CbilError, OutOfRange
from exact_cbil.interaction import Progress

__all__ = ["Batch", "Walk", "limit_constant"]

MOST_STEPS = 5_000_000


def limit_constant(q: int) -> Fraction:
    """`c(q) = 3 - (3q+2)/(q+1)^2`, the yield of an alternative as their number grows.

    q: from 1.

    >>> [str(limit_constant(q)) for q in (1, 2, 10)]
    ['7/4', '19/9', '331/121']
    """
    _check("q", q, 1)
    return 3 - Fraction(3 * q + 2, (q + 1) ** 2)


def _check(name: str, value: int, least: int) -> None:
    if value < least:
        raise OutOfRange(name, value, f"a whole number from {least}")


class Batch(NamedTuple):
    """`size` alternatives at level rho^`power`, of which `falling` fall a level (or die)."""

    power: int
    size: int
    falling: int

    def stages(self, q: int) -> Iterator[Stage]:
        """The stages of the batch, one by one."""
        rho = Fraction(q + 1, q)
        level = rho**self.power
        fall = rho ** (self.power - 1) if self.power else Fraction(0)
        for waiting in range(self.size, self.size - self.falling, -1):
            stage = Stage(level, waiting, fall)
            yield stage
            if stage.rise is not None:
                level = stage.rise


@dataclass(frozen=True)
class Walk:
    """The batches of `alternatives` policies on the levels 1, rho, ..., rho^(height - 1).

    q, height, alternatives: from 1. Those that reach rho^height, or are too few at a level for
    another batch there, are left alone and yield nothing more.
    """

    q: int
    height: int
    alternatives: int

    def __post_init__(self) -> None:
        for name in ("q", "height", "alternatives"):
            _check(name, getattr(self, name), 1)

    def batches(self, progress: Progress | None = None) -> Iterator[Batch]:
        """The batches, in sweeps from the lowest level to the highest.

        Raises CbilError when they are too many.
        """
        q, steps = self.q, 0
        count, highest = Counter({0: self.alternatives}), 0
        moved = True
        while moved:
            moved = False
            for power in range(self.height):
                if power > highest:
                    break
                steps += 1
                if progress is not None and steps % 100_000 == 0:
                    progress("batches, at most", steps, MOST_STEPS)
                if steps > MOST_STEPS:
                    raise CbilError(
                        f"walk: more than {MOST_STEPS} batches; expected a smaller q, height or "
                        "number of alternatives"
                    )
                unit = q + 1 if power == 0 else 2 * q + 1
                taken = count[power] // unit * unit
                if taken == 0:
                    continue
                moved = True
                falling = taken // unit * (1 if power == 0 else q + 1)
                count[power] -= taken
                count[power + 1] += taken - falling
                highest = max(highest, power + 1)
                if power:
                    count[power - 1] += falling
                yield Batch(power, taken, falling)

    def least_value(self, progress: Progress | None = None) -> Fraction:
        """An exact lower bound on the value of the walk's schedule."""
        q, dead, taken, batches = self.q, 0, 0, 0
        for batch in self.batches(progress):
            if batch.power == 0:
                dead += batch.falling
            else:
                taken += batch.size
                batches += 1
        waste = Fraction(2 * q + 1, (q + 1) ** 2) ** 2
        return dead + Fraction(taken, (q + 1) ** 2) - batches * waste

    def least_ratio(self, progress: Progress | None = None) -> Fraction:
        """A lower bound on the supremum of `E sum theta^3 / S_lin` over T and alpha."""
        return self.least_value(progress) / (3 * self.alternatives)

    def schedule(self) -> Schedule:
        """The walk stage by stage; for few alternatives."""
        stages = tuple(stage for batch in self.batches() for stage in batch.stages(self.q))
        return Schedule(self.alternatives, stages)

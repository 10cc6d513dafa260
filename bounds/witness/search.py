"""Search for schedules of large value: a beam over multisets of levels, exact throughout.

States are sorted by what they have gained; among those of like gain, the ones kept have the most
left in them, guessed as `sum over levels of n (a + b ln x) - c`: high levels, shared by many. Good
a, b and c depend on k and are drawn at random for each descent. Levels are GMP's rationals here,
which are faster.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil, log
from random import Random

from gmpy2 import mpq

from bounds.witness.schedule import Schedule, Stage, after
from exact_cbil.errors import OutOfRange
from exact_cbil.interaction import Progress
from exact_cbil.numbers import to_fraction

__all__ = ["search"]

Levels = tuple[tuple[mpq, int], ...]

FRACTIONS = tuple(mpq(n, d) for n, d in ((1, 6), (1, 4), (1, 3), (1, 2)))
MOST_SECONDS = 10**6
LARGEST = 10**6
"""The largest denominator of a level: simple levels meet, and models stay small."""


@dataclass(frozen=True)
class Guess:
    """The parameters of one descent. width: states kept in a bin. bin: of gain."""

    base: float
    slope: float
    per_level: float
    width: int
    bin: mpq

    def __call__(self, levels: Levels) -> float:
        return sum(
            count * (self.base + self.slope * log(level)) - self.per_level
            for level, count in levels
        )


@dataclass(slots=True)
class _Entry:
    gain: mpq
    parent: Levels | None
    move: Stage | None


def search(
    alternatives: int,
    sizes: tuple[int, ...],
    budget: float,
    seed: int = 0,
    progress: Progress | None = None,
) -> Schedule:
    """The best schedule found for `alternatives` in `budget` seconds, from one descent on.

    sizes: the sizes of stages to use. budget: finite. progress: told the seconds that have passed.
    """
    if not 0 <= budget <= MOST_SECONDS:
        raise OutOfRange("budget", budget, f"seconds from 0 to {MOST_SECONDS}")
    began = time.monotonic()
    random, until = Random(seed), began + budget

    def tell() -> None:
        if progress is not None:
            passed = int(min(time.monotonic() - began, budget))
            progress("seconds of the search", passed, ceil(budget))

    best: Schedule | None = None
    while best is None or time.monotonic() < until:
        guess = Guess(
            base=random.uniform(0, 3),
            slope=random.uniform(0.2, 2),
            per_level=random.choice((0, 0.2, 0.5, 1)),
            width=random.choice((10, 30, 100, 200)) if best else 10,
            bin=mpq(1, random.choice((3, 5, 10))),
        )
        found = _descend(alternatives, sizes, guess, until if best else None, tell)
        if found is not None and (best is None or found.value > best.value):
            best = found
    return best


def _descend(
    alternatives: int,
    sizes: tuple[int, ...],
    guess: Guess,
    until: float | None,
    tell: Callable[[], None],
) -> Schedule | None:
    start: Levels = ((mpq(1), alternatives),)
    bins: dict[int, dict[Levels, _Entry]] = defaultdict(dict)
    bins[0][start] = _Entry(mpq(0), None, None)
    done: dict[Levels, _Entry] = {}
    end: _Entry | None = None
    while bins:
        tell()
        number = min(bins)
        entries = bins.pop(number)
        order = sorted(
            entries.items(), key=lambda item: float(item[1].gain) + guess(item[0]), reverse=True
        )
        pending = order[: guess.width]
        while pending and len(pending) <= 8 * guess.width:
            levels, entry = pending.pop(0)
            if levels in done and done[levels].gain >= entry.gain:
                continue
            done[levels] = entry
            for move in _moves(levels, sizes):
                following = tuple(sorted(after(Counter(dict(levels)), move).items()))
                reached = _Entry(entry.gain + move.theta**2, levels, move)
                if not following:
                    if end is None or reached.gain > end.gain:
                        end = reached
                    continue
                place = int(reached.gain / guess.bin)
                if place == number:
                    pending.append((following, reached))
                elif following not in bins[place] or bins[place][following].gain < reached.gain:
                    bins[place][following] = reached
        if until is not None and time.monotonic() > until:
            return None
    return None if end is None else _schedule(alternatives, end, done)


def _schedule(alternatives: int, end: _Entry, done: dict[Levels, _Entry]) -> Schedule:
    stages = []
    entry: _Entry = end
    while entry.move is not None:
        level, fall = to_fraction(entry.move.level), to_fraction(entry.move.fall)
        stages.append(Stage(level, entry.move.size, fall))
        assert entry.parent is not None
        entry = done[entry.parent]
    return Schedule(alternatives, tuple(reversed(stages)))


def _moves(levels: Levels, sizes: tuple[int, ...]) -> Iterator[Stage]:
    """Stages worth trying: fall to death, to 1, to a level in use or by a simple fraction; or fall
    so that the others rise to a level in use."""
    for level, count in levels:
        falls = {mpq(0), mpq(1)}
        falls |= {other for other, _ in levels if other < level}
        falls |= {fall for f in FRACTIONS if (fall := level * (1 - f)) >= 1}
        for size in sizes:
            if size > count:
                break
            meeting = {
                fall
                for other, _ in levels
                if other > level and size > 1 and (fall := size * level - (size - 1) * other) >= 1
            }
            for fall in falls | meeting:
                if fall < level and fall.denominator <= LARGEST:
                    yield Stage(level, size, fall)

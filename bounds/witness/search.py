"""Search for schedules of large value: a beam over multisets of levels, exact throughout.

States are sorted by what they have gained; among those of like gain, the ones kept have the most
left in them, guessed as `sum over levels of n (a + b ln x) - c`: high levels, shared by many. Good
a, b and c depend on k and are drawn at random for each descent.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import log
from random import Random

from gmpy2 import mpq

from bounds.witness.schedule import Schedule, Stage
from exact_cbil.numbers import to_fraction

__all__ = ["search"]

Levels = tuple[tuple[mpq, int], ...]
Move = tuple[mpq, int, mpq]

FRACTIONS = tuple(mpq(n, d) for n, d in ((1, 6), (1, 4), (1, 3), (1, 2)))
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
    move: Move | None


def search(
    alternatives: int,
    sizes: tuple[int, ...],
    budget: float,
    seed: int = 0,
    report: Callable[[Schedule], None] | None = None,
) -> Schedule:
    """The best schedule found for `alternatives` in `budget` seconds.

    sizes: the sizes of stages to use. report: called with each better schedule.
    """
    random, until = Random(seed), time.monotonic() + budget
    best: Schedule | None = None
    while best is None or time.monotonic() < until:
        guess = Guess(
            base=random.uniform(0, 3),
            slope=random.uniform(0.2, 2),
            per_level=random.choice((0, 0.2, 0.5, 1)),
            width=random.choice((10, 30, 100, 200)) if best else 10,
            bin=mpq(1, random.choice((3, 5, 10))),
        )
        found = _descend(alternatives, sizes, guess, until if best else None)
        if found is not None and (best is None or found.value > best.value):
            best = found
            if report is not None:
                report(found)
    return best


def _descend(
    alternatives: int, sizes: tuple[int, ...], guess: Guess, until: float | None
) -> Schedule | None:
    start: Levels = ((mpq(1), alternatives),)
    bins: dict[int, dict[Levels, _Entry]] = defaultdict(dict)
    bins[0][start] = _Entry(mpq(0), None, None)
    done: dict[Levels, _Entry] = {}
    end: _Entry | None = None
    while bins:
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
                following, gain = _after(levels, move)
                reached = _Entry(entry.gain + gain, levels, move)
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
        level, size, fall = entry.move
        stages.append(Stage(to_fraction(level), size, to_fraction(fall)))
        assert entry.parent is not None
        entry = done[entry.parent]
    return Schedule(alternatives, tuple(reversed(stages)))


def _moves(levels: Levels, sizes: tuple[int, ...]) -> Iterator[Move]:
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
                    yield level, size, fall


def _after(levels: Levels, move: Move) -> tuple[Levels, mpq]:
    level, size, fall = move
    counts = dict(levels)
    counts[level] -= size
    if not counts[level]:
        del counts[level]
    if fall:
        counts[fall] = counts.get(fall, 0) + 1
    if size > 1:
        rise = (size * level - fall) / (size - 1)
        counts[rise] = counts.get(rise, 0) + size - 1
    return tuple(sorted(counts.items())), (1 - fall / level) ** 2

"""Splitting: how code written for numbers runs over a whole cell of numbers.

Code asks a cell to decide its comparisons. One that comes out differently at different points of
the cell raises `Undecided` with the parts on which it is settled, and the code runs on each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

__all__ = ["Decider", "Undecided", "decide_each", "explore"]


class Decider(Protocol):
    """A set of points that decides comparisons, or splits."""

    def at_least(self, x: Any, y: Any) -> bool:
        """Whether `x >= y` at every point; Undecided when that differs from point to point."""


C = TypeVar("C", bound=Decider)
X = TypeVar("X")
Y = TypeVar("Y")


class Undecided(Exception):
    """A comparison depends on the point; `cells` are disjoint, cover the cell, and settle it."""

    def __init__(self, *cells: Any) -> None:
        self.cells = cells
        super().__init__("a comparison is undecided on this cell")


def decide_each(
    cell: C, items: Sequence[X], decide: Callable[[C, X], Y]
) -> Iterator[tuple[C, list[Y]]]:
    """Split a cell until `decide(part, item)` is settled for every item; yield each part.

    An item settled before a split is not looked at again: it stays settled on every part.
    """
    waiting: list[tuple[C, list[Y]]] = [(cell, [])]
    while waiting:
        part, settled = waiting.pop()
        for item in items[len(settled) :]:
            try:
                settled.append(decide(part, item))
            except Undecided as split:
                waiting.extend((smaller, settled.copy()) for smaller in reversed(split.cells))
                break
        else:
            yield part, settled


def explore(cell: C, function: Callable[[C], Y]) -> Iterator[tuple[C, Y]]:
    """Split a cell until `function(part)` is settled; yield each part with its value."""
    for part, (value,) in decide_each(cell, (None,), lambda smaller, _: function(smaller)):
        yield part, value

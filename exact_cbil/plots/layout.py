"""Where the states of a finite machine stand in a drawing: layers from the start, and rows of them.

Sizes are in inches. A state's layer is its distance from the start. Layers stand side by side, and
where they would be wider than a page they turn back under themselves, as a river does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Placed", "layers", "place"]

GAP = 0.3
"""The least room between layers, and between rows of them."""


@dataclass(frozen=True)
class Placed:
    """The middle of each state, and the size of the whole; (0, 0) is its lower left corner."""

    middles: Mapping[str, tuple[float, float]]
    width: float
    height: float


def layers(start: str, moves: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """The states by distance from the start, those that it never reaches last.

    moves: for every state those that its rules lead to.

    >>> layers("a", {"a": ["b", "c"], "b": ["a"], "c": [], "lost": []})
    [['a'], ['b', 'c'], ['lost']]
    """
    found, known = [[start]], {start}
    while found[-1]:
        following = [after for state in found[-1] for after in moves[state]]
        found.append([state for state in dict.fromkeys(following) if state not in known])
        known.update(found[-1])
    found[-1] = [state for state in moves if state not in known]
    return [layer for layer in found if layer]


def place(
    columns: Sequence[Sequence[str]],
    sizes: Mapping[str, tuple[float, float]],
    room: Sequence[float],
    gap: float,
    most: float,
) -> Placed:
    """Place the layers of a machine.

    columns: its layers. sizes: the width and height of each state. most: the width of a page.
    room: for each layer the width that the labels need between it and the one before.
    gap: the room between states above each other.

    >>> placed = place([["a"], ["b"]], {"a": (1, 1), "b": (1, 1)}, [0, 2], 1, 10)
    >>> placed.middles, placed.width
    ({'a': (0.5, 0.5), 'b': (3.5, 0.5)}, 4.0)
    """
    widths = [max(sizes[state][0] for state in column) for column in columns]
    rows: list[list[int]] = [[]]
    used = 0.0
    for k, width in enumerate(widths):
        needed = width + (max(GAP, room[k]) if rows[-1] else 0.0)
        if rows[-1] and used + needed > most:
            rows.append([])
            used, needed = 0.0, width
        rows[-1].append(k)
        used += needed
    return _stack(columns, sizes, room, gap, widths, rows)


def _stack(
    columns: Sequence[Sequence[str]],
    sizes: Mapping[str, tuple[float, float]],
    room: Sequence[float],
    gap: float,
    widths: Sequence[float],
    rows: Sequence[Sequence[int]],
) -> Placed:
    """Place each row under the one before, every second from right to left."""
    heights = [sum(sizes[s][1] for s in column) + gap * (len(column) - 1) for column in columns]
    lengths = [
        sum(widths[k] + (max(GAP, room[k]) if k != row[0] else 0.0) for k in row) for row in rows
    ]
    whole = max(lengths)
    tall = [max(heights[k] for k in row) for row in rows]
    height = sum(tall) + (gap + GAP) * (len(rows) - 1)
    middles: dict[str, tuple[float, float]] = {}
    top = 0.0
    for number, (row, tallest) in enumerate(zip(rows, tall, strict=True)):
        across = 0.0
        for k in row:
            across += max(GAP, room[k]) if k != row[0] else 0.0
            x = across + widths[k] / 2
            y = top + (tallest - heights[k]) / 2
            for state in columns[k]:
                high = sizes[state][1]
                middles[state] = (whole - x if number % 2 else x, y + high / 2)
                y += high + gap
            across += widths[k]
        top += tallest + gap + GAP
    return Placed({state: (x, height - y) for state, (x, y) in middles.items()}, whole, height)

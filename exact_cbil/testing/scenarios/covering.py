"""Drawn from rows that let every pair of levels meet (see `axes`): what no one would think of."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from exact_cbil.testing.axes import covering_rows
from exact_cbil.testing.drawing import drawing
from exact_cbil.testing.scenarios.notation import Entry
from exact_cbil.testing.stream import chooser

__all__ = ["entries"]

DRAWN = {
    (0, 0): "query-probability",
    (1, 0): "empty-top-set class-minimum",
    (1, 2): "no-match observation-rule count-observations count-rules",
    (2, 0): "zero-probability count-steps",
    (3, 0): "underflow count-actions",
    (4, 0): "count-states start",
    (5, 0): "heaviest-weight defective-member one-action",
    (6, 0): "no-update dropped-returns",
    (6, 2): "count-states count-steps",
    (7, 0): "running-weight near-tie alpha-digits",
    (7, 2): "near-tie maximum alpha-digits",
    (9, 0): "tie-order alpha-half names",
    (10, 0): "posterior-support huge-numbers key-order",
    (11, 0): "threshold-met missing-action",
    (12, 0): "long-history count-steps",
    (15, 0): "count-policies class-order integer-keys",
    (26, 0): "key-order names",
    (27, 0): "prior",
    (27, 1): "prior-digits",
    (28, 0): "unqueried-update unqueried-advance rule-order action-rule queried-rule count-rules "
    "class-order history rule-kinds",
    (35, 0): "names",
    (36, 0): "rank-order last-step count-actions history",
    (37, 0): "tie-order renormalised-minimum",
    (37, 1): "reserved-names",
    (38, 0): "long-product",
    (39, 0): "total-weight prior-digits",
    (47, 0): "likelihood-digits",
    (48, 0): "start",
    (49, 0): "names",
    (50, 0): "count-actions names",
    (51, 0): "likelihood-digits",
    (52, 0): "eight-actions",
    (54, 0): "reserved-names",
    (55, 0): "names",
    (58, 0): "names",
    (67, 0): "alpha-one",
}
"""For each row and drawing that is kept, the bugs that it catches and no smaller one does."""


def entries() -> Iterator[Entry]:
    """The entries of this kind, in the order of their ids."""
    rows = list(covering_rows())
    for (place, number), flags in DRAWN.items():
        choose = chooser(Random(f"cbil-vector:{place}:{number}"))
        name = f"v2-covering-{place}-{number}"
        yield drawing(rows[place], choose, name, tuple(flags.split())), "drawn from every axis"

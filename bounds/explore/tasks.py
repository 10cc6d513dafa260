"""What a worker does: a part of a grid, some given models, or a climb from a model."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from random import Random
from typing import Any

from bounds.explore.aims import Aims
from bounds.explore.document import Document, model_of
from bounds.explore.draw import drawn
from bounds.explore.examine import Batch, Entry, examine, prepare
from bounds.explore.moves import changed
from bounds.grid.grid import Grid
from bounds.grid.sweep import orders
from bounds.language.candidate import Candidate
from exact_cbil.model import Model

__all__ = ["climb", "given_models", "part_of_grid"]


@cache
def _grid(sizes: tuple[tuple[str, Any], ...]) -> Grid:
    return Grid(**dict(sizes))


def part_of_grid(
    candidate: Candidate, sizes: Mapping[str, Any], start: int, stop: int, end: float
) -> Batch:
    """Check the models of a grid with numbers in a range, at the ends of each interval of alpha."""
    grid = _grid(tuple(sizes.items()))
    found = (
        piece.evidence.model.with_alpha(alpha)
        for _, member in grid.range(start, stop)
        for piece in orders(grid, member)
        for alpha in _alphas(candidate, piece.above, piece.alpha)
    )
    return _examined(candidate, found, end)


def _alphas(candidate: Candidate, above: Fraction, alpha: Fraction) -> list[Fraction]:
    """The process is the same on `(above, alpha]`; sides that contain alpha are not."""
    if (fixed := candidate.fixed.get("alpha")) is not None:
        return [fixed] if above < fixed <= alpha else []
    near = [c for c in candidate.near.get("alpha", ()) if above < c < alpha]
    return [alpha, *near, above + (alpha - above) / 8, above + (alpha - above) / 1024]


def given_models(candidate: Candidate, documents: Sequence[Document], end: float) -> Batch:
    """Check models."""
    found = (model for model in map(model_of, documents) if model is not None)
    return _examined(candidate, found, end)


def _examined(candidate: Candidate, found: Iterator[Model], end: float) -> Batch:
    deadline, batch = _deadline(end), Batch()
    for model in found:
        if time.monotonic() > deadline:
            batch.partial = True
            break
        finding = examine(candidate, shown := prepare(candidate, model), deadline)
        if finding.kind == "too large" and time.monotonic() > deadline:
            batch.partial = True  # nothing is known of this model: time is up
            break
        batch.add(shown, finding)
        if batch.refuted is not None:
            break
    return batch


def _deadline(end: float) -> float:
    """A moment given on the clock of the world, on that of this process."""
    return time.monotonic() + end - time.time()


COOLING = (0.03, 0.001)
"""The temperatures, on the scale of scores, at the start and the end of a climb."""

CLIMB_STATES = 1_000
"""The most merged states of a model on a climb, which looks at many."""

DRAWS, STARTS = 100, 12
"""How many random models are drawn at most for a start, which is the best of some with a score."""


def climb(candidate: Candidate, start: Entry | None, steps: int, seed: str, end: float) -> Batch:
    """Simulated annealing of the score from one model, or from a random one.

    steps: how many models are examined. seed: the climb depends on this and the start alone, unless
        it is ended early. end: when, as `time.time()` counts.
    """
    deadline, batch, rng = _deadline(end), Batch(), Random(seed)
    current = start or _first(candidate, batch, rng, deadline)
    for step in range(steps):
        if current is None or batch.refuted is not None or time.monotonic() > deadline:
            break
        heat = COOLING[0] * (COOLING[1] / COOLING[0]) ** (step / steps)
        following = _step(candidate, changed(current[1], rng, aims_of(candidate)), batch, deadline)
        if following is not None and _accept(following[0] - current[0], heat, rng):
            current = following
    return batch


def aims_of(candidate: Candidate) -> Aims:
    """What the hypotheses ask of models."""
    return Aims(candidate.fixed, candidate.near, candidate.realizable)


def _accept(gain: float, heat: float, rng: Random) -> bool:
    return gain >= 0 or rng.random() < math.exp(gain / heat)


def _first(candidate: Candidate, batch: Batch, rng: Random, deadline: float) -> Entry | None:
    found: list[Entry] = []
    for _ in range(DRAWS):
        document = drawn(rng, aims_of(candidate))
        entry = _step(candidate, document, batch, deadline)
        found += [entry] if entry is not None else []
        if len(found) == STARTS or batch.refuted is not None or time.monotonic() > deadline:
            break
    return max(found, key=lambda entry: entry[0], default=None)


def _step(candidate: Candidate, document: Document, batch: Batch, deadline: float) -> Entry | None:
    """Examine one model; its score, if it satisfies the hypotheses and has one."""
    model = model_of(document)
    if model is None:
        return None
    finding = examine(candidate, shown := prepare(candidate, model), deadline, CLIMB_STATES)
    batch.add(shown, finding)
    return (finding.score, document) if finding.kind in ("holds", "refuted") else None

"""What a worker does: look at witnesses, given models, a part of a grid, or random models.

A task may be told when to end, as `time.time()` counts: workers share no other clock.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings, target
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from bounds.evidence import Evidence
from bounds.explorer.draw import models_near
from bounds.explorer.examine import Batch, Finding, Source, examine, is_small, prepare, score
from bounds.explorer.families import family as family_named
from bounds.explorer.size import measure
from bounds.explorer.witnesses import evidence_of, reckoned_families, reckoned_numbers
from bounds.grid.grid import Grid
from bounds.grid.sweep import orders
from bounds.language.candidate import Candidate
from bounds.witness.family import Family
from exact_cbil.errors import CbilError
from exact_cbil.model import Model
from exact_cbil.modelfile import write_model

__all__ = ["of_families", "of_hypotheses", "own_models", "part_of_grid", "reckoned", "witnesses"]

SHRINKS = 600
"""The most models that are tried to make a refuting one smaller."""


def part_of_grid(
    candidate: Candidate, sizes: Mapping[str, Any], start: int, stop: int, end: float = math.inf
) -> Batch:
    """Check the models of a grid with numbers in a range, at the ends of each interval of alpha."""
    grid = Grid.from_json(sizes)
    found = (
        (None, Evidence(prepare(candidate, piece.evidence.model.with_alpha(alpha))))
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
    width = alpha - above
    low = [simplest_between(above + width / (2 * n), above + width / n) for n in (8, 1024)]
    return [alpha, *near, *low]


def simplest_between(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of the smallest denominator in a closed interval of positive numbers.

    >>> simplest_between(Fraction(3, 10), Fraction(39, 100))
    Fraction(1, 3)
    """
    whole = -(-low.numerator // low.denominator)
    if whole <= high:
        return Fraction(whole)
    below = whole - 1
    return below + 1 / simplest_between(1 / (high - below), 1 / (low - below))


def witnesses(candidate: Candidate, names: Sequence[str], end: float = math.inf) -> Batch:
    """Check the witnesses of some names."""
    found = ((name, evidence_of(name, candidate)) for name in names)
    return _examined(candidate, found, end)


def reckoned(candidate: Candidate, end: float = math.inf) -> Batch:
    """Check the witnesses that are too large to run: they refute, or nothing is known of them."""
    batch = Batch()
    for name, family in reckoned_families().items():
        if time.time() > end:
            batch.complete = False
            break
        batch.add(_reckon(candidate, family), None, name)
        if batch.refuted is not None:
            break
    return batch


def _reckon(candidate: Candidate, family: Family) -> Finding:
    try:
        comparison = reckoned_numbers(family, candidate).compare(candidate)
    except CbilError as problem:  # its numbers say nothing of the candidate
        return Finding("outside", reason=str(problem))
    if comparison.order == 1:
        return Finding("refuted", score(comparison))
    return Finding("outside", reason="of the left side only a lower bound is known")


def own_models(candidate: Candidate, models: Sequence[Model], end: float = math.inf) -> Batch:
    """Check given models, however large."""
    found = ((None, Evidence(prepare(candidate, model))) for model in models)
    return _examined(candidate, found, end)


def _examined(
    candidate: Candidate, found: Iterable[tuple[str | None, Evidence]], end: float
) -> Batch:
    batch = Batch()
    for name, evidence in found:
        if time.time() > end:
            batch.complete = False
            break
        batch.add(examine(candidate, evidence), evidence.model, name)
        if batch.refuted is not None:
            break
    return batch


def of_families(
    candidate: Candidate,
    families: Sequence[tuple[str, str]],
    number: int,
    most: int,
    end: float = math.inf,
) -> Batch:
    """Search some families, named as by `known`, for `most` models; see `searched`."""
    return searched(
        candidate, st.one_of([family_named(*one) for one in families]), number, most, end
    )


def of_hypotheses(candidate: Candidate, number: int, most: int, end: float = math.inf) -> Batch:
    """Search where the hypotheses are for `most` models; see `searched`."""
    strategy = models_near(candidate)
    return Batch() if strategy is None else searched(candidate, strategy, number, most, end)


class _Refuted(Exception):
    """Tells Hypothesis that a model is to be made smaller."""


class _Ended(BaseException):
    """Passes through Hypothesis: time is up, or the model small enough."""


def searched(
    candidate: Candidate, strategy: SearchStrategy[Model], number: int, most: int, end: float
) -> Batch:
    """Look at about `most` models of a strategy, drawn so that the ratio of the sides rises.

    A model that refutes the candidate is made smaller by Hypothesis's shrinker.
    number: the seed; what comes of the search depends on it alone, unless `end` comes first.
    """
    batch, trials = Batch(), 0
    smallest: Source | None = None

    def look(model: Model) -> None:
        nonlocal trials, smallest
        if time.time() > end:
            batch.complete = smallest is not None
            raise _Ended
        trials += smallest is not None
        if trials > SHRINKS:
            raise _Ended
        evidence = Evidence(prepare(candidate, model))
        finding = examine(candidate, evidence) if is_small(evidence) else Finding("too large")
        if finding.kind == "refuted":
            shown: Source = {"model": write_model(evidence.model)}
            if smallest is None:
                batch.add(finding, evidence.model)
            if smallest is None or measure(shown["model"]) < measure(smallest["model"]):
                smallest = shown
            raise _Refuted
        if smallest is None:
            batch.add(finding, evidence.model)
            if finding.kind == "holds":
                target(finding.score)

    run = settings(
        max_examples=most,
        database=None,
        deadline=None,
        derandomize=False,
        phases=(Phase.generate, Phase.target, Phase.shrink),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )(seed(number)(given(strategy)(look)))
    try:
        run()
    except (_Refuted, _Ended):
        batch.refuted = smallest
    return batch

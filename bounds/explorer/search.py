"""The search for a model that refutes a candidate: witnesses, grids, families, random models.

Witnesses too large to run come after those that are not.
"""

from __future__ import annotations

import json
import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import count, islice
from pathlib import Path
from typing import Any

from bounds.evidence import Evidence
from bounds.explorer.draw import models_near
from bounds.explorer.examine import Batch, Source, score
from bounds.explorer.families import known
from bounds.explorer.tasks import (
    of_families,
    of_hypotheses,
    own_models,
    part_of_grid,
    reckoned,
    witnesses,
)
from bounds.explorer.witnesses import (
    evidence_of,
    reckoned_families,
    reckoned_numbers,
    witness_names,
)
from bounds.grid.grid import Grid
from bounds.kept import Kept
from bounds.language.candidate import Candidate
from bounds.pool import Lost, Pool, Task
from bounds.verdict import Comparison, Holds, Violated
from bounds.witness.reckoned import Reckoned
from exact_cbil.errors import CbilError
from exact_cbil.interaction import Progress
from exact_cbil.model import Model
from exact_cbil.modelfile import read_model

__all__ = [
    "FILE",
    "GRIDS",
    "STAGES",
    "Found",
    "Limits",
    "Outcome",
    "Refutation",
    "explore",
    "try_models",
]

GRIDS = (
    Grid("time", 2, 2, 1, 4),
    Grid("time", 2, 2, 2, 2),
    Grid("time", 3, 2, 1, 3),
    Grid("time", 2, 3, 1, 3),
    Grid("machine", 2, 2, 2, 2, observations=2),
)
"""The grids that are searched whole, the cheap ones first."""

FILE = "explore.jsonl"

SHARES = {"witnesses": 0.2, "reckoned": 0.25, "grids": 0.4, "families": 0.6, "random": 1.0}
"""The stages, and the part of the budget at which each must end."""

STAGES = tuple(SHARES)

AGAIN = 0.25
"""The part of the budget that is spent to find a smaller model than a witness."""

NAMES, PART, DRAWN = 4, 60, 150
"""Witnesses in a task, numbers of a grid, models that are drawn."""

LONGEST = 300.0
"""Seconds after which a task that others wait for is ended."""


@dataclass(frozen=True)
class Limits:
    """Where a search ends.

    seconds: by the clock. models: in each stage, after about so many; then what is found does not
        depend on how fast the machine is.
    """

    seconds: float = math.inf
    models: float = math.inf


@dataclass(frozen=True)
class Found:
    """A model with the closest comparison of a candidate's sides.

    evidence: about the model; its numbers alone, where it is too large to run. name: of a witness.
    """

    evidence: Evidence | Reckoned
    comparison: Comparison
    name: str | None

    @property
    def model(self) -> Model:
        """The model; CbilError where it is too large to run."""
        if isinstance(self.evidence, Reckoned):
            raise CbilError(f"{self.name}: a model too large to run; its numbers refute alone")
        return self.evidence.model


@dataclass(frozen=True)
class Refutation(Found):
    """One at which the candidate fails.

    stage: which found it. seconds: of search until the candidate was refuted.
    """

    stage: str
    seconds: float


@dataclass
class Outcome:
    """What a search found.

    batches: by stage, what came of the models. finished: the stages that have looked at all of
        theirs. seconds: spent by all runs.
    """

    candidate: Candidate
    seed: int
    batches: dict[str, Batch] = field(default_factory=dict)
    finished: list[str] = field(default_factory=list)
    seconds: float = 0.0
    refuted_after: float | None = None

    def take(self, stage: str, batch: Batch, seconds: float) -> None:
        """Add what came of a task. seconds: spent so far."""
        self.batches.setdefault(stage, Batch()).merge(batch)
        self.seconds = seconds
        if batch.refuted is not None and self.refuted_after is None:
            self.refuted_after = seconds

    @property
    def total(self) -> Batch:
        """All stages together."""
        found = Batch()
        for batch in self.batches.values():
            found.merge(batch)
        return found

    @cached_property
    def refutation(self) -> Refutation | None:
        """The model that refutes the candidate, checked again from its own text.

        None when the candidate survived, which proves nothing. The last stage found the smallest.
        """
        for stage, batch in reversed(self.batches.items()):
            if batch.refuted is not None:
                found = _checked(self.candidate, batch.refuted, refuted=True)
                return Refutation(
                    found.evidence, found.comparison, found.name, stage, self.refuted_after or 0.0
                )
        return None

    @cached_property
    def worst(self) -> Found | None:
        """The model that came closest to refuting a candidate that survived."""
        closest = self.total.closest
        return None if closest is None else _checked(self.candidate, closest[1], refuted=False)


def _checked(candidate: Candidate, source: Source, *, refuted: bool) -> Found:
    """A model made again from where it comes from, and compared again."""
    name = source.get("witness")
    family = reckoned_families().get(name or "")
    if family is not None:
        numbers = reckoned_numbers(family, candidate)
        return Found(numbers, numbers.compare(candidate), name)
    if name is None:
        evidence = Evidence(read_model(json.dumps(source["model"])))
    else:
        evidence = evidence_of(name, candidate)
    verdict = candidate.check(evidence)
    if isinstance(verdict, Violated):
        return Found(evidence, verdict.witness.comparison, name)
    if refuted or not isinstance(verdict, Holds):
        raise CbilError("explore: a model that was found says something else when checked again")
    return Found(evidence, max(verdict.certificate, key=score), name)


def explore(
    candidate: Candidate,
    limits: Limits,
    pool: Pool,
    seed: int = 0,
    out: Path | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Look for a model that refutes a candidate.

    seed: of random models. out: a directory in which a killed search goes on where it was.
    Every comparison is exact. A witness that refutes the candidate is as it is; the search then
    goes on for a while, for a smaller model. Raises CbilError when the directory cannot be used.

    >>> from bounds.pool import Pool
    >>> candidate = Candidate.parse("query_cubes <= S_lin/4")
    >>> found = explore(candidate, Limits(models=40), Pool()).refutation
    >>> found.model.horizon, str(found.comparison.left), str(found.comparison.right)
    (1, '1', '3/4')
    """
    about = {"candidate": candidate.key, "seed": seed}
    with Kept(out, FILE, about) as kept:
        # Processes that start now load what they need before the clock runs.
        deque(pool.run([(witnesses, (candidate, []))] * pool.width), maxlen=0)
        search = _Search(candidate, limits, pool, seed, kept)
        return search.run(progress)


def try_models(candidate: Candidate, models: Sequence[Model], pool: Pool) -> Outcome:
    """Check a candidate at given models only, however large they are."""
    outcome, began = Outcome(candidate, 0), time.monotonic()
    tasks: list[Task] = [(own_models, (candidate, [model])) for model in models]
    with closing(pool.run(tasks)) as results:
        for found in results:
            outcome.take("given models", _batch(found), time.monotonic() - began)
    outcome.finished.append("given models")
    return outcome


def _batch(found: Any) -> Batch:
    """What came of a task; one that came to nothing is one model undecided."""
    if isinstance(found, Lost):
        return Batch({"undecided": 1}, doubt=(found.reason, None))
    assert isinstance(found, Batch)
    return found


class _Search:
    def __init__(
        self, candidate: Candidate, limits: Limits, pool: Pool, seed: int, kept: Kept
    ) -> None:
        self.candidate, self.limits, self.pool, self.kept = candidate, limits, pool, kept
        self.outcome = Outcome(candidate, seed)
        self.done = dict.fromkeys(STAGES, 0)
        for record in kept.records:
            if record["batch"] is None:
                self.outcome.finished.append(record["stage"])
                continue
            batch = _loaded(record["batch"])
            self.outcome.take(record["stage"], batch, record["seconds"])
            self.done[record["stage"]] += 1
        self.spent, self.began = self.outcome.seconds, time.monotonic()
        self.end = self.began + limits.seconds

    def run(self, progress: Progress | None) -> Outcome:
        """Do the stages in order, as far as limits allow."""
        for stage in STAGES:
            self.outcome.batches.setdefault(stage, Batch())
        for stage in STAGES:
            if stage not in self.outcome.finished and not self._ended(stage):
                self._stage(stage, progress)
        self.outcome.seconds = self.spent + time.monotonic() - self.began
        return self.outcome

    def _ended(self, stage: str) -> bool:
        """Whether nothing in a stage is better than what refutes the candidate: not its witness."""
        found = [batch.refuted for batch in self.outcome.batches.values() if batch.refuted]
        return any("model" in source or stage == "reckoned" for source in found)

    def _stage(self, stage: str, progress: Progress | None) -> None:
        until = min(self.began + SHARES[stage] * self.limits.seconds, self.end)
        end = time.time() + until - time.monotonic()  # workers know no other clock
        mine = self.outcome.batches[stage]

        def timely() -> Iterator[Task]:
            for function, arguments in islice(self._tasks(stage), self.done[stage], None):
                if time.monotonic() >= until:
                    return
                yield function, (self.candidate, *arguments, end)

        if mine.seen >= self.limits.models:
            return
        whole = True
        with closing(self.pool.run(timely(), self.end, LONGEST)) as results:
            for found in results:
                if isinstance(found, Lost) and time.monotonic() > self.end:
                    return  # time is up, and nothing else is known
                batch = _batch(found)
                whole = whole and (batch.complete or batch.refuted is not None)
                self._take(stage, batch, whole)
                if progress is not None:
                    self._report(stage, progress)
                if batch.refuted is not None or mine.seen >= self.limits.models:
                    break
            else:
                if whole and time.monotonic() < until:
                    self.outcome.finished.append(stage)
                    self.kept.add({"stage": stage, "batch": None})

    def _take(self, stage: str, batch: Batch, whole: bool) -> None:
        seconds = self.spent + time.monotonic() - self.began
        self.outcome.take(stage, batch, seconds)
        if whole:  # else it is done again when the search goes on
            self.kept.add({"stage": stage, "batch": asdict(batch), "seconds": seconds})
        if batch.refuted is not None:
            self.end = min(self.end, time.monotonic() + AGAIN * self.limits.seconds)

    def _report(self, stage: str, progress: Progress) -> None:
        past, limits = time.monotonic() - self.began, self.limits
        if limits.models < math.inf:
            seen = self.outcome.batches[stage].seen
            progress(f"{stage} (models)", min(seen, int(limits.models)), int(limits.models))
        elif limits.seconds < math.inf:
            progress(f"{stage} (seconds)", min(int(limits.seconds), int(past)), int(limits.seconds))

    def _tasks(self, stage: str) -> Iterator[Task]:
        """All tasks of a stage, without what all tasks are given."""
        if stage == "witnesses":
            near = [c for c in self.candidate.near.get("alpha", ()) if 0 < c <= 1]
            moments = "moment" in self.candidate.functions
            names = iter(dict.fromkeys(witness_names(near, moments=moments)))
            while part := list(islice(names, NAMES)):
                yield witnesses, (part,)
        elif stage == "reckoned":
            yield reckoned, ()
        elif stage == "grids":
            yield from self._grids()
        elif stage == "families" or models_near(self.candidate) is not None:
            function: Callable[..., Batch] = of_hypotheses
            families: tuple[Any, ...] = ()
            if stage == "families":
                function, families = of_families, (known(),)
            most = int(min(DRAWN, self.limits.models))
            for number in count():
                yield function, (*families, self.outcome.seed * 10**6 + number, most)

    def _grids(self) -> Iterator[Task]:
        for grid in GRIDS:
            sizes = {
                "|A|": grid.actions,
                "|Pi|": grid.policies,
                "|O|": grid.observations,
                "T": grid.horizon,
            }
            if all(self.candidate.allows(name, value) for name, value in sizes.items()):
                for start in range(0, grid.size, PART):
                    yield part_of_grid, (grid.to_json(), start, start + PART)


def _loaded(found: dict[str, Any]) -> Batch:
    closest = None if found["closest"] is None else tuple(found["closest"])
    doubt = None if found["doubt"] is None else tuple(found["doubt"])
    return Batch(**{**found, "closest": closest, "doubt": doubt})

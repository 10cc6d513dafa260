"""The search for a model that refutes a candidate: grids, families, climbs; then shrinking."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from itertools import count, islice
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

from joblib import Parallel, delayed, effective_n_jobs
from joblib.externals.loky.process_executor import BrokenProcessPool, TerminatedWorkerError

from bounds.evidence import Evidence
from bounds.explore.document import Document, model_of
from bounds.explore.examine import Batch, Entry, examine, score
from bounds.explore.families import models
from bounds.explore.shrink import Shrunk, shrink
from bounds.explore.state import State, Store
from bounds.explore.tasks import climb, given_models, part_of_grid
from bounds.grid.engine import MAX_DEATHS, backend
from bounds.grid.grid import Grid
from bounds.language.candidate import Candidate
from bounds.verdict import Comparison, Violated
from exact_cbil.errors import CbilError
from exact_cbil.interaction import Progress
from exact_cbil.model import Model
from exact_cbil.modelfile import write_model

__all__ = ["GRIDS", "Outcome", "Refutation", "explore"]

GRIDS = (
    Grid("time", 2, 2, 1, 4),
    Grid("time", 2, 2, 2, 2),
    Grid("time", 3, 2, 1, 3),
    Grid("time", 2, 3, 1, 3),
    Grid("machine", 2, 2, 2, 2, observations=2),
)
"""The grids that are searched whole, the cheap ones first."""

PART, FAMILY_PART, CLIMB = 60, 6, 80
"""Numbers of a grid in a task, family models in one, and models that one climb examines."""

ENDS = {"grids": 0.25, "families": 0.5, "climb": 0.85}
"""The part of the budget at which a stage must end; the rest is for shrinking."""

Task: TypeAlias = tuple[Callable[..., Batch], tuple[Any, ...]]


@dataclass(frozen=True)
class Refutation:
    """A model at which a candidate fails, its two sides, and how it was shrunk, in what time."""

    model: Model
    comparison: Comparison
    shrunk: Shrunk
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """What a search found.

    refutation: None when the candidate survived, which proves nothing.
    """

    candidate: Candidate
    state: State
    refutation: Refutation | None

    @cached_property
    def worst(self) -> tuple[Model, Comparison] | None:
        """The model that came closest to refuting a candidate that survived."""
        for _, document in self.state.total().best:
            model = model_of(document)
            verdict = None if model is None else self.candidate.check(Evidence(model))
            if model is not None and (found := getattr(verdict, "certificate", ())):
                return model, max(found, key=score)
        return None


def explore(
    candidate: Candidate,
    budget: float = 120,
    seed: int = 0,
    workers: int = -1,
    cluster: str | None = None,
    out: Path | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Look for a model that refutes a candidate, for `budget` seconds.

    seed: with it and the number of workers, which models are looked at is determined, up to where
        time ends a stage. workers: local processes, -1 for one a core. cluster: the address of a
        Dask scheduler to use instead. out: a directory in which a killed search is resumed.
    Every comparison is exact. Raises CbilError when the directory or cluster cannot be used.
    """
    began = time.monotonic()
    with Store(out) as store:
        state = store.load(candidate.key, seed)
        spent = state.seconds
        if state.total().refuted is None:
            with backend(workers, cluster) as parallel:
                for stage in _Search(candidate, state, budget, parallel).run():
                    past = time.monotonic() - began
                    state.seconds = spent + past
                    store.save(state)
                    if progress is not None:
                        progress(f"{stage} (seconds)", min(int(budget), int(past)), int(budget))
        refuted = state.total().refuted
        if refuted is not None and state.found is None:
            state.found = state.seconds
        left = max(1.0, began + budget - time.monotonic())
        found = None if refuted is None else _refutation(candidate, refuted, left)
        state.seconds = spent + time.monotonic() - began
        store.save(state)
    return Outcome(candidate, state, found)


def _refutation(candidate: Candidate, document: Document, seconds: float) -> Refutation:
    """Shrink a refuting model, and check what is left from its own text."""

    began = time.monotonic()

    def refutes(model: Model) -> bool:
        return examine(candidate, model, began + seconds).kind == "refuted"

    shrunk = shrink(document, refutes, seconds)
    model = model_of(shrunk.document)
    verdict = None if model is None else candidate.check(Evidence(model))
    if model is None or not isinstance(verdict, Violated):
        raise CbilError("explore: a model that refuted the candidate no longer does")
    return Refutation(model, verdict.witness.comparison, shrunk, time.monotonic() - began)


class _Search:
    def __init__(
        self,
        candidate: Candidate,
        state: State,
        budget: float,
        parallel: Mapping[str, Any],
    ) -> None:
        self.candidate, self.state, self.parallel = candidate, state, parallel
        now = time.time()
        self.ends = {stage: now + budget * share for stage, share in ENDS.items()}

    def run(self) -> Iterator[str]:
        """Do the stages in order; yields the stage's name whenever the state has changed.

        Raises CbilError when workers keep dying.
        """
        deaths = 0
        while True:
            try:
                for stage in self._stages():
                    deaths = 0
                    yield stage
                return
            except (TerminatedWorkerError, BrokenProcessPool):
                deaths += 1
                if deaths == MAX_DEATHS:
                    raise CbilError(f"explore: workers died {deaths} times in a row") from None

    def _stages(self) -> Iterator[str]:
        sources = {"grids": self._grids, "families": self._families}
        for stage, tasks in sources.items():
            if stage not in self.state.finished:
                done = self.state.done[stage]
                finished = True
                for batch in self._results(stage, islice(tasks(), done, None)):
                    if batch.partial and batch.refuted is None:
                        finished = False  # to be done again, whole
                        break
                    self._take(stage, batch)
                    yield stage
                    if batch.refuted is not None:
                        return
                if finished and time.time() < self.ends[stage]:
                    self.state.finished.append(stage)
        yield from self._climbs()

    def _take(self, stage: str, batch: Batch) -> None:
        self.state.batches[stage].merge(batch)
        self.state.done[stage] += 1

    def _results(self, stage: str, tasks: Iterator[Task]) -> Iterator[Batch]:
        """The tasks' results in order, until the stage must end."""
        end = self.ends[stage]

        def timely() -> Iterator[Any]:
            for function, arguments in tasks:
                if time.time() >= end:
                    return
                yield delayed(function)(self.candidate, *arguments, end)

        found = Parallel(
            return_as="generator", pre_dispatch="2*n_jobs", batch_size=1, **self.parallel
        )(timely())
        with closing(found), warnings.catch_warnings():
            # Tasks are cancelled on purpose once a model refutes the candidate.
            warnings.filterwarnings("ignore", ".*have been cancelled", UserWarning)
            yield from found

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

    def _families(self) -> Iterator[Task]:
        near = [c for c in self.candidate.near.get("alpha", ()) if 0 < c <= 1]
        documents = (
            write_model(shown)
            for _, model in models()
            for shown in (model, *map(model.with_alpha, near))
        )
        while part := list(islice(documents, FAMILY_PART)):
            yield given_models, (part,)

    def _climbs(self) -> Iterator[str]:
        """Rounds of climbs, one a worker: from the best so far, or from random models."""
        islands = effective_n_jobs(self.parallel["n_jobs"])
        for number in count(self.state.done["climb"]):
            if time.time() >= self.ends["climb"]:
                return
            pool = self.state.total().best
            tasks = [
                (climb, (self._start(pool, rng), CLIMB, seed))
                for island in range(islands)
                for seed in [f"{self.state.seed}/{number}/{island}"]
                for rng in [Random(f"start/{seed}")]
            ]
            round_ = Batch()
            for batch in self._results("climb", iter(tasks)):
                round_.merge(batch)
            self._take("climb", round_)
            yield "climb"
            if round_.refuted is not None:
                return

    def _start(self, pool: list[Entry], rng: Random) -> Entry | None:
        if not pool or rng.random() < 0.35:
            return None
        return min(rng.choices(pool, k=3), key=lambda entry: -entry[0])

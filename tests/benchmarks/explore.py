"""Planted false candidates: how long until each is refuted, and how small the witness is.

Run as `python -m tests.benchmarks.explore`; with `--workers N` and `--models N`.
"""

from __future__ import annotations

import argparse
import time

from rich.console import Console
from rich.table import Table

from bounds.explorer.search import Limits, Outcome, explore
from bounds.explorer.size import describe
from bounds.language.candidate import Candidate
from bounds.pool import Pool, pool
from exact_cbil.modelfile import write_model
from tests.explore_candidates import FALSE, TRUE


def _compared(outcome: Outcome) -> str:
    return str(outcome.total.compared)


def _refuted(table: Table, limits: Limits, processes: Pool) -> None:
    for text, wrong in FALSE.items():
        began = time.perf_counter()
        outcome = explore(Candidate.parse(text), limits, processes)
        whole = time.perf_counter() - began
        found = outcome.refutation
        if found is None:
            table.add_row(text, wrong, f"not in {whole:.0f}", "", "", _compared(outcome), "")
            continue
        size = describe(write_model(found.model))
        seconds = (f"{found.seconds:.1f}", f"{whole:.1f}")
        table.add_row(text, wrong, *seconds, found.stage, _compared(outcome), size)


def _survivors(table: Table, limits: Limits, processes: Pool) -> None:
    for text in TRUE.values():
        outcome = explore(Candidate.parse(text), limits, processes)
        worst = outcome.worst
        ratio = None if worst is None else worst.comparison.ratio
        shown = "-" if ratio is None else ratio.decimal()
        verdict = "survived" if outcome.refutation is None else "REFUTED"
        unknown = str(outcome.total.counts.get("undecided", 0))
        table.add_row(text, verdict, _compared(outcome), unknown, shown)


def main() -> None:
    """Print both tables."""
    options = argparse.ArgumentParser()
    options.add_argument("--models", type=int, default=1000, help="In each stage.")
    options.add_argument("--workers", type=int, default=2)
    given = options.parse_args()
    columns = ("candidate", "wrong", "refuted in s", "smallest in s", "stage", "models", "model")
    refuted = Table(*columns, title="False")
    survivors = Table("candidate", "verdict", "models", "undecided", "worst ratio", title="True")
    with pool(given.workers) as processes:
        list(processes.run([(time.time, ())]))  # starts the workers
        limits = Limits(models=given.models)
        _refuted(refuted, limits, processes)
        _survivors(survivors, limits, processes)
    console = Console(width=200)
    console.print(refuted)
    console.print(survivors)


if __name__ == "__main__":
    main()

"""Planted false candidates: how long until each is refuted, and how small the witness is.

Run as `python -m tests.benchmarks.explore`; with `--workers N` and `--budget SECONDS`.
"""

from __future__ import annotations

import argparse
import time

from rich.console import Console
from rich.table import Table

from bounds.explore.search import Outcome, explore
from bounds.explore.shrink import describe
from bounds.language.candidate import Candidate
from tests.explore_candidates import FALSE, TRUE


def _models(outcome: Outcome) -> str:
    return str(outcome.state.total().models)


def _refuted(table: Table, budget: float, workers: int) -> None:
    for text, wrong in FALSE.items():
        began = time.perf_counter()
        outcome = explore(Candidate.parse(text), budget, workers=workers)
        whole = time.perf_counter() - began
        found = outcome.refutation
        if found is None:
            table.add_row(text, wrong, f"not in {whole:.0f}", "", _models(outcome), "")
            continue
        size = describe(found.shrunk.document)
        seconds = (f"{outcome.state.found or 0:.1f}", f"{whole:.1f}")
        table.add_row(text, wrong, *seconds, _models(outcome), size)


def _survivors(table: Table, budget: float, workers: int) -> None:
    for text in TRUE.values():
        outcome = explore(Candidate.parse(text), budget, workers=workers)
        worst = outcome.worst
        ratio = None if worst is None else worst[1].ratio
        shown = "-" if ratio is None else ratio.decimal()
        verdict = "survived" if outcome.refutation is None else "REFUTED"
        unknown = str(outcome.state.total().counts.get("undecided", 0))
        table.add_row(text, verdict, _models(outcome), unknown, shown)


def main() -> None:
    """Print both tables."""
    options = argparse.ArgumentParser()
    options.add_argument("--budget", type=float, default=120)
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--survivors", type=float, default=20, help="Seconds for a true one.")
    given = options.parse_args()
    explore(Candidate.parse("S <= S_lin"), 2, workers=given.workers)  # starts the workers
    columns = ("candidate", "wrong", "refuted in s", "shrunk in s", "models", "witness")
    refuted = Table(*columns, title="False")
    _refuted(refuted, given.budget, given.workers)
    survivors = Table("candidate", "verdict", "models", "undecided", "worst ratio", title="True")
    _survivors(survivors, given.survivors, given.workers)
    console = Console(width=200)
    console.print(refuted)
    console.print(survivors)


if __name__ == "__main__":
    main()

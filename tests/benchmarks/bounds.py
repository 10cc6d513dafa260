"""Checking a grid of models: rate, scaling from one worker to two, and memory.

Run as `python -m tests.benchmarks.bounds`.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

from rich.console import Console
from rich.table import Table

from bounds.grid.engine import check_grid
from bounds.grid.grid import Grid
from bounds.grid.store import Store
from bounds.grid.summary import Summary
from bounds.pool import pool

WARM_UP = Grid("time", 2, 2, 1, 2)
SMALL = Grid("time", 2, 2, 2, 2)
LARGE = Grid("time", 2, 2, 2, 3)

MEMORY = """
import sys
from tests.benchmarks.bounds import LARGE, SMALL, measure
measure(LARGE if sys.argv[1] == "large" else SMALL, 0)
import resource
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def measure(grid: Grid, workers: int) -> tuple[Summary, float]:
    """Check a grid; the summary and the seconds it took."""
    with Store(grid, batch=50) as store, pool(workers) as processes:
        began = time.perf_counter()
        check_grid(store, processes)
        return store.summary(), time.perf_counter() - began


def _peak(which: str) -> int:
    """The peak memory in KiB of a process of its own that checks a grid with one worker."""
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, which], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def main() -> None:
    """Print the table; ratios are of figures measured in this run."""
    processor = time.process_time()
    summary, alone = measure(LARGE, 0)
    processor = time.process_time() - processor
    measure(WARM_UP, 2)  # starts the workers
    _, together = measure(LARGE, 2)
    small, large = _peak("small"), _peak("large")
    table = Table("figure", "value")
    table.add_row("models checked", str(summary.models))
    table.add_row("pieces (class order and interval of alpha) a model", _ratio(summary))
    table.add_row("models a second of one core's time", f"{summary.models / processor:.0f}")
    table.add_row("pieces a second of one core's time", f"{summary.pieces / processor:.0f}")
    table.add_row("wall time, one worker over two", f"{alone / together:.2f}")
    table.add_row("models, large grid over small", f"{LARGE.count / SMALL.count:.1f}")
    table.add_row("peak memory, large grid over small", f"{large / small:.2f}")
    table.add_row("peak memory of this process (MiB)", f"{_own_peak() / 1024:.0f}")
    Console().print(table)


def _ratio(summary: Summary) -> str:
    return f"{summary.pieces / summary.models:.1f}"


def _own_peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main()

"""Every alpha at once: pieces and time, against one `run` for each piece.

Run as `python -m tests.benchmarks.profile`. Seconds are wall time; ratios compare figures of the
same run. A run for each piece is a lower bound on what a grid costs: it is told the break points.
"""

from __future__ import annotations

import time

from rich.console import Console
from rich.table import Table

from exact_cbil import run
from exact_cbil.model import Model
from exact_cbil.models import shipped
from exact_cbil.parametric.profile import profile

CASES = [
    ("treacherous-turn", 10),
    ("treacherous-turn", 20),
    ("treacherous-turn", 30),
    ("rare-action", 64),
    ("defective", 12),
    ("two-observers", 8),
]


def measure(model: Model) -> tuple[int, float, float]:
    """Pieces, seconds for the profile, seconds for a run at the end of every piece."""
    began = time.perf_counter()
    found = profile(model)
    middle = time.perf_counter()
    for piece in found.pieces:
        result = run(model.with_alpha(piece.end))
        assert result.query_cubes == piece.query_cubes
    return len(found.pieces), middle - began, time.perf_counter() - middle


def main() -> None:
    """Print the table."""
    table = Table(title="profile, against one run for each piece", title_justify="left")
    for column in ("model", "horizon", "pieces", "profile s", "runs s", "runs / profile"):
        table.add_column(column, justify="left" if column == "model" else "right")
    for name, horizon in CASES:
        pieces, once, each = measure(shipped(name).with_horizon(horizon))
        figures = (str(horizon), str(pieces), f"{once:.3f}", f"{each:.3f}", f"{each / once:.2f}")
        table.add_row(name, *figures)
    Console(width=100).print(table)


if __name__ == "__main__":
    main()

"""The batches of a grid that are done, kept in a directory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bounds.grid.grid import Grid
from bounds.grid.summary import Summary
from bounds.kept import Kept

__all__ = ["BATCH", "FILE", "Store"]

FILE = "results.jsonl"
BATCH = 250
"""Numbers in a batch: about a second's work, all that a kill can lose for each worker."""


class Store(Kept):
    """The batches done of one grid; in memory without a directory.

    batch: how many numbers make a batch. Raises CbilError as `Kept` does.
    """

    def __init__(self, grid: Grid, directory: Path | None = None, batch: int = BATCH) -> None:
        self.grid, self.batch = grid, batch
        super().__init__(directory, FILE, {"grid": grid.to_json(), "batch": batch})

    @property
    def batches(self) -> int:
        """How many batches the grid has."""
        count: int = -(-self.grid.size // self.batch)
        return count

    def done(self) -> set[int]:
        """The numbers of the batches done."""
        return {record["number"] for record in self.records}

    def missing(self) -> Iterator[tuple[int, int, int]]:
        """The batches not done: (number, first model, end)."""
        done = self.done()
        for number in range(self.batches):
            if number not in done:
                start = number * self.batch
                yield number, start, min(start + self.batch, self.grid.size)

    def summary(self) -> Summary:
        """All batches added up, each once."""
        total = Summary()
        kept = {record["number"]: record["summary"] for record in self.records}
        for number in sorted(kept):
            total.merge(Summary.from_json(kept[number]))
        return total

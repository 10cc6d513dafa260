"""Results of a grid on disk: one SQLite file in a directory, one transaction a batch.

The primary key keeps a batch from counting twice.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bounds.grid.grid import Grid
from bounds.grid.summary import Summary
from bounds.kept import KeptFile
from exact_cbil.errors import CbilError

__all__ = ["BATCH", "FILE", "Store"]

FILE = "results.sqlite"
BATCH = 250
"""Numbers in a batch: about a second's work, all that a kill can lose for each worker."""

APPLICATION = 0x4342494C
VERSION = 1
SCHEMA: list[tuple[str, tuple[Any, ...]]] = [
    ("CREATE TABLE grid (sizes TEXT NOT NULL, batch INTEGER NOT NULL)", ()),
    (
        "CREATE TABLE batches "
        "(number INTEGER PRIMARY KEY, summary TEXT NOT NULL, check_sum INTEGER NOT NULL)",
        (),
    ),
]


class Store(KeptFile):
    """The batches done of one grid; in memory without a directory.

    directory: made if need be. One process at a time may hold it.
    Raises CbilError when the directory cannot be used, holds something else, the results of
    another grid, or a damaged file; results already there are never overwritten.
    """

    def __init__(self, grid: Grid, directory: Path | None = None, batch: int = BATCH) -> None:
        self.grid = grid
        insert = ("INSERT INTO grid VALUES (?, ?)", (self._sizes(), batch))
        super().__init__(directory, FILE, APPLICATION, VERSION, [*SCHEMA, insert])
        with self.explained(), self.closed_on_error():
            described = self.connection.execute("SELECT sizes, batch FROM grid").fetchone()
            if described is None:
                raise sqlite3.DatabaseError("no grid is described")
            sizes, self.batch = described
            if sizes != self._sizes():
                raise CbilError(f"{self.place}: results of another grid, {sizes}")

    def _sizes(self) -> str:
        return json.dumps(self.grid.to_json(), sort_keys=True)

    @property
    def batches(self) -> int:
        """How many batches the grid has."""
        count: int = -(-self.grid.size // self.batch)
        return count

    def done(self) -> set[int]:
        """The numbers of the batches done."""
        with self.explained():
            return {number for (number,) in self.connection.execute("SELECT number FROM batches")}

    def missing(self) -> Iterator[tuple[int, int, int]]:
        """The batches not done: (number, first model, end)."""
        done = self.done()
        for number in range(self.batches):
            if number not in done:
                start = number * self.batch
                yield number, start, min(start + self.batch, self.grid.size)

    def add(self, number: int, content: str) -> None:
        """Keep one batch; CbilError when the disk is full, and then nothing of it is kept."""
        with self.explained():
            row = (number, content, zlib.crc32(content.encode()))
            self.connection.execute("INSERT INTO batches VALUES (?, ?, ?)", row)

    def summary(self) -> Summary:
        """All batches added up; a damaged one is an error, not a smaller count."""
        total = Summary()
        with self.explained():
            query = "SELECT number, summary, check_sum FROM batches ORDER BY number"
            for number, content, check_sum in self.connection.execute(query):
                if zlib.crc32(str(content).encode()) != check_sum:
                    raise sqlite3.DatabaseError(f"batch {number} has changed")
                total.merge(Summary.load(content))
        return total

"""Results of a grid on disk: one SQLite file in a directory, one transaction a batch.

SQLite makes a batch appear whole or not at all, whatever kills the process, and its primary key
keeps a batch from counting twice.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bounds.grid.grid import Grid
from bounds.grid.summary import Summary
from exact_cbil.errors import CbilError

__all__ = ["BATCH", "FILE", "Store"]

FILE = "results.sqlite"
BATCH = 250
"""Numbers in a batch: about a second's work, all that a kill can lose for each worker."""

APPLICATION = 0x4342494C
VERSION = 1
SCHEMA = """
CREATE TABLE grid (sizes TEXT NOT NULL, batch INTEGER NOT NULL);
CREATE TABLE batches (
    number INTEGER PRIMARY KEY, summary TEXT NOT NULL, check_sum INTEGER NOT NULL
);
"""


class Store:
    """The batches done of one grid; in memory without a directory.

    directory: made if need be. One process at a time may hold it.
    Raises CbilError when the directory cannot be used, holds something else, the results of
    another grid, or a damaged file; results already there are never overwritten.
    """

    def __init__(self, grid: Grid, directory: Path | None = None, batch: int = BATCH) -> None:
        self.grid = grid
        self.place = ":memory:" if directory is None else str(directory / FILE)
        with self._explained():
            if directory is not None:
                directory.mkdir(parents=True, exist_ok=True)
                self._refuse_foreign(directory)
            self._connection = sqlite3.connect(self.place, isolation_level=None, timeout=1)
            try:
                self._open(batch)
            except BaseException:
                self.close()
                raise

    def _refuse_foreign(self, directory: Path) -> None:
        if not (directory / FILE).exists() and any(directory.iterdir()):
            raise CbilError(f"{directory}: expected an empty directory or one with {FILE}")

    def _open(self, batch: int) -> None:
        run = self._connection.execute
        run("PRAGMA locking_mode = EXCLUSIVE")
        run("BEGIN IMMEDIATE")
        (application,) = run("PRAGMA application_id").fetchone()
        tables = run("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if application == 0 and tables == 0:
            for statement in SCHEMA.strip().split(";")[:-1]:
                run(statement)
            run(f"PRAGMA application_id = {APPLICATION}")
            run(f"PRAGMA user_version = {VERSION}")
            run("INSERT INTO grid VALUES (?, ?)", (self._sizes(), batch))
        elif application != APPLICATION:
            raise CbilError(f"{self.place}: not a file of results")
        run("COMMIT")
        (version,) = run("PRAGMA user_version").fetchone()
        if version != VERSION:
            raise CbilError(f"{self.place}: results of format {version}, expected {VERSION}")
        if run("PRAGMA quick_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("quick check failed")
        described = run("SELECT sizes, batch FROM grid").fetchone()
        if described is None:
            raise sqlite3.DatabaseError("no grid is described")
        sizes, self.batch = described
        if sizes != self._sizes():
            raise CbilError(f"{self.place}: results of another grid, {sizes}")

    def _sizes(self) -> str:
        return json.dumps(self.grid.to_json(), sort_keys=True)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as problem:
            if "locked" in str(problem):
                raise CbilError(f"{self.place}: in use by another process") from None
            raise CbilError(f"{self.place}: cannot write results: {problem}") from None
        except sqlite3.DatabaseError as problem:
            raise CbilError(f"{self.place}: damaged results ({problem}); move it away") from None
        except OSError as problem:
            reason = problem.strerror or problem
            raise CbilError(f"{problem.filename or self.place}: {reason}") from None

    @property
    def batches(self) -> int:
        """How many batches the grid has."""
        count: int = -(-self.grid.size // self.batch)
        return count

    def done(self) -> set[int]:
        """The numbers of the batches done."""
        with self._explained():
            return {number for (number,) in self._connection.execute("SELECT number FROM batches")}

    def missing(self) -> Iterator[tuple[int, int, int]]:
        """The batches not done: (number, first model, end)."""
        done = self.done()
        for number in range(self.batches):
            if number not in done:
                start = number * self.batch
                yield number, start, min(start + self.batch, self.grid.size)

    def add(self, number: int, content: str) -> None:
        """Keep one batch; CbilError when the disk is full, and then nothing of it is kept."""
        with self._explained():
            row = (number, content, zlib.crc32(content.encode()))
            self._connection.execute("INSERT INTO batches VALUES (?, ?, ?)", row)

    def summary(self) -> Summary:
        """All batches added up; a damaged one is an error, not a smaller count."""
        total = Summary()
        with self._explained():
            query = "SELECT number, summary, check_sum FROM batches ORDER BY number"
            for number, content, check_sum in self._connection.execute(query):
                if zlib.crc32(str(content).encode()) != check_sum:
                    raise sqlite3.DatabaseError(f"batch {number} has changed")
                total.merge(Summary.load(content))
        return total

    def close(self) -> None:
        """Give the directory back."""
        self._connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

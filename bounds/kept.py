"""One SQLite file in a directory, held by one process at a time: results that survive a kill.

SQLite makes a change appear whole or not at all, whatever kills the process.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from exact_cbil.errors import CbilError

__all__ = ["KeptFile"]


class KeptFile:
    """A database of one application; in memory without a directory.

    directory: made if need be. file: its name there. application, version: which mark it as ours.
    statements: what a new file is made with, pairs of SQL and its values.
    Raises CbilError when the directory cannot be used, or holds something else or a damaged file;
    what is already there is never overwritten.
    """

    def __init__(
        self,
        directory: Path | None,
        file: str,
        application: int,
        version: int,
        statements: list[tuple[str, tuple[Any, ...]]],
    ) -> None:
        self.place = ":memory:" if directory is None else str(directory / file)
        with self.explained():
            if directory is not None:
                directory.mkdir(parents=True, exist_ok=True)
                if not (directory / file).exists() and any(directory.iterdir()):
                    raise CbilError(f"{directory}: expected an empty directory or one with {file}")
            self.connection = sqlite3.connect(self.place, isolation_level=None, timeout=1)
            with self.closed_on_error():
                self._open(application, version, statements)

    def _open(
        self, application: int, version: int, statements: list[tuple[str, tuple[Any, ...]]]
    ) -> None:
        run = self.connection.execute
        run("PRAGMA locking_mode = EXCLUSIVE")
        run("BEGIN IMMEDIATE")
        (found,) = run("PRAGMA application_id").fetchone()
        (tables,) = run("SELECT count(*) FROM sqlite_master").fetchone()
        if found == 0 and tables == 0:
            for statement, values in statements:
                run(statement, values)
            run(f"PRAGMA application_id = {application}")
            run(f"PRAGMA user_version = {version}")
        elif found != application:
            raise CbilError(f"{self.place}: not a file of results")
        run("COMMIT")
        (kept,) = run("PRAGMA user_version").fetchone()
        if kept != version:
            raise CbilError(f"{self.place}: results of format {kept}, expected {version}")
        if run("PRAGMA quick_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("quick check failed")

    @contextmanager
    def closed_on_error(self) -> Iterator[None]:
        """Give the directory back when something fails."""
        try:
            yield
        except BaseException:
            self.close()
            raise

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn the faults of disks and databases into CbilErrors."""
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

    def close(self) -> None:
        """Give the directory back."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

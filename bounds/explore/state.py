"""How far a search has come, and where that is kept so that a killed run goes on."""

from __future__ import annotations

import json
import sqlite3
import zlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bounds.explore.examine import Batch
from bounds.kept import KeptFile
from exact_cbil.errors import CbilError

__all__ = ["FILE", "STAGES", "State", "Store"]

FILE = "explore.sqlite"
STAGES = ("grids", "families", "climb")

APPLICATION = 0x4342584C
VERSION = 1
SCHEMA = "CREATE TABLE state (id INTEGER PRIMARY KEY, content TEXT, check_sum INTEGER)"


@dataclass
class State:
    """What a search knows.

    candidate, seed: what it is about. seconds: spent so far, by all runs. found: those spent when
        a model refuted the candidate.
    done: by stage, how many tasks (of the climb, rounds) are behind it.
    finished: the stages that have nothing left to do.
    batches: by stage, what came of the models.
    """

    candidate: str
    seed: int
    seconds: float = 0.0
    found: float | None = None
    done: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STAGES, 0))
    finished: list[str] = field(default_factory=list)
    batches: dict[str, Batch] = field(default_factory=lambda: {name: Batch() for name in STAGES})

    def total(self) -> Batch:
        """All stages together."""
        found = Batch()
        for batch in self.batches.values():
            found.merge(batch)
        return found

    def dump(self) -> str:
        """As JSON text."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, content: str) -> State:
        """The inverse of `dump`."""
        found = json.loads(content)
        batches = {name: _batch(given) for name, given in found.pop("batches").items()}
        return cls(**found, batches=batches)


def _batch(given: dict[str, Any]) -> Batch:
    best = [(score, document) for score, document in given["best"]]
    doubt = None if given["doubt"] is None else (given["doubt"][0], given["doubt"][1])
    return Batch(given["counts"], best, given["refuted"], doubt)


class Store(KeptFile):
    """One state on disk, replaced whole; in memory without a directory.

    Raises CbilError when the directory is in use, foreign or damaged, or holds another search.
    """

    def __init__(self, directory: Path | None = None) -> None:
        super().__init__(directory, FILE, APPLICATION, VERSION, [(SCHEMA, ())])

    def load(self, candidate: str, seed: int) -> State:
        """The state kept, or a new one."""
        with self.explained():
            query = "SELECT content, check_sum FROM state"
            row = self.connection.execute(query).fetchone()
            if row is None:
                return State(candidate, seed)
            content, check_sum = row
            if zlib.crc32(str(content).encode()) != check_sum:
                raise sqlite3.DatabaseError("the state has changed")
        found = State.load(content)
        if (found.candidate, found.seed) != (candidate, seed):
            held = f"{found.candidate!r} with seed {found.seed}"
            raise CbilError(f"{self.place}: holds another search, of {held}")
        return found

    def save(self, state: State) -> None:
        """Replace the state, whole or not at all."""
        content = state.dump()
        row = (1, content, zlib.crc32(content.encode()))
        with self.explained():
            self.connection.execute("INSERT OR REPLACE INTO state VALUES (?, ?, ?)", row)

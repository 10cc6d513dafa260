"""Witnesses that are named by a family and its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from bounds.evidence import Evidence
from bounds.language.candidate import Candidate
from bounds.witness.falls import falls_model
from bounds.witness.hazard import hazard_model
from bounds.witness.lasting import Lasting
from bounds.witness.model import schedule_model
from bounds.witness.reckoned import Reckoned, reckoned_schedule
from bounds.witness.schedule import read_schedule
from bounds.witness.turns import read_turns
from exact_cbil.errors import CbilError

__all__ = ["WITNESSES", "Family", "family_of", "stored", "tuples"]

WITNESSES: Traversable = files("bounds") / "ledger" / "witnesses"


@dataclass(frozen=True)
class Family:
    """A witness given by a family of `bounds.witness` and its parameters.

    schedule: a file of `ledger/witnesses`. defective: build its model so. reckoned: by a lower
    bound, as its model is too large to run. turns: a file of `ledger/witnesses`, reckoned too.
    walk: q, height and number of alternatives, whose value is a limit in T and alpha. hazard:
    number of alternatives, and eps. falls: rho, drop, height and horizon. lasting: share, ratio,
    horizon and falls, reckoned too.
    """

    schedule: str | None = None
    defective: bool = False
    reckoned: bool = False
    turns: str | None = None
    walk: tuple[int, int, int] | None = None
    hazard: tuple[int, str] | None = None
    falls: tuple[str, int, int, int] | None = None
    lasting: tuple[str, str, int, int] | None = None

    @property
    def name(self) -> str:
        """The witness in words."""
        if self.walk is not None:
            q, _, alternatives = self.walk
            return f"walk q={q}, {alternatives} alternatives"
        if self.hazard is not None:
            return "hazard of {}, eps {}".format(*self.hazard)
        if self.falls is not None:
            return "falls by {1} of {2} powers of {0}, {3} steps".format(*self.falls)
        if self.lasting is not None:
            return "lasting through {3} falls to {1} of share {0}, {2} steps".format(*self.lasting)
        assert self.file is not None
        return self.file

    @property
    def file(self) -> str | None:
        """The file of `ledger/witnesses` that it is made from, if any."""
        return self.schedule or self.turns

    @property
    def is_reckoned(self) -> bool:
        """Whether its model is too large to run."""
        return self.reckoned or self.turns is not None or self.lasting is not None

    def subject(self, candidate: Candidate) -> Evidence | Reckoned:
        """What the family's model is, for a candidate; CbilError for a walk, which is a limit."""
        if self.hazard is not None:
            return _hazard(*self.hazard)
        if self.falls is not None:
            return _falls(*self.falls)
        if self.turns is not None:
            return _turns(self.turns, "query_cubes" in candidate.quantities)
        if self.lasting is not None:
            return _lasting(*self.lasting)
        if self.schedule is None:
            raise CbilError(f"{self.name}: a limit, not a model")
        made = _reckoned_schedule if self.reckoned else _schedule
        return made(self.schedule, self.defective)


# Several bounds share a witness, whose numbers are computed once.


@cache
def _hazard(alternatives: int, eps: str) -> Evidence:
    return Evidence(hazard_model(alternatives, eps))


@cache
def _falls(rho: str, drop: int, height: int, horizon: int) -> Evidence:
    return Evidence(falls_model(rho, drop, height, horizon))


@cache
def _turns(name: str, cubes: bool) -> Reckoned:
    turns = read_turns(stored(name))
    return turns.yielding() if cubes else turns.diverging()


@cache
def _lasting(share: str, ratio: str, horizon: int, falls: int) -> Reckoned:
    return Lasting(Fraction(share), Fraction(ratio), horizon, falls).reckoned()


@cache
def _schedule(name: str, defective: bool) -> Evidence:
    schedule = read_schedule(stored(name))
    return Evidence(schedule_model(schedule, defective=defective), symmetric=True)


@cache
def _reckoned_schedule(name: str, defective: bool) -> Reckoned:
    return reckoned_schedule(read_schedule(stored(name)), defective=defective)


def stored(name: str) -> bytes:
    """A file of `ledger/witnesses`; CbilError where it cannot be read."""
    try:
        return (WITNESSES / name).read_bytes()
    except OSError as problem:
        raise CbilError(f"ledger: witness {name}: {problem.strerror}") from None


def family_of(row: dict[str, Any]) -> Family:
    """A family as a table names it."""
    return Family(**tuples(row))


def tuples(row: dict[str, Any]) -> dict[str, Any]:
    """A row of a table with its lists as tuples."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}

"""Replaying the ledger: what certificates and witnesses show, found anew each time."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from subprocess import TimeoutExpired
from typing import Literal, TypeAlias

from bounds.claims import Claim, Family, Known, claim_named, stored
from bounds.evidence import Evidence
from bounds.explorer.search import GRIDS
from bounds.explorer.tasks import part_of_grid
from bounds.language.candidate import Candidate
from bounds.verdict import Holds, Violated
from bounds.witness.falls import falls_model
from bounds.witness.hazard import hazard_model
from bounds.witness.limit import Walk
from bounds.witness.model import schedule_model
from bounds.witness.schedule import read_schedule
from exact_cbil import processes
from exact_cbil.enclosure import Real, compare
from exact_cbil.errors import CbilError

__all__ = ["Line", "Status", "replay"]

Status: TypeAlias = Literal[
    "proved in general",
    "proved by hand",
    "certified",
    "survives",
    "open, claimed false",
    "refuted",
]

CERTIFICATES: Traversable = files("bounds") / "ledger" / "certificates"
CHECKER_SECONDS = 120

STATUS: Mapping[Known, Status] = {
    "kernel": "proved in general",
    "hand": "proved by hand",
    "certificate": "certified",
}


@dataclass(frozen=True)
class Line:
    """What the ledger says of one claim.

    evidence: where the status comes from: a tag, certificates, how many models of small grids, or
        a model that refutes.
    ratio: the largest ratio of the bound's sides at a witness, where 1 is tight; None without one.
    witness: which witness that is. shown: what the certificates say they show.
    """

    claim: Claim
    status: Status
    evidence: str
    ratio: Real | None
    witness: str
    shown: tuple[str, ...]

    @property
    def gap(self) -> Real | None:
        """`1 - ratio`: how much of the bound no known model attains; None where refuted."""
        if self.ratio is None or self.status == "refuted":
            return None
        return Real.of(1) - self.ratio


def replay(
    listed: tuple[Claim, ...], report: Callable[[str, int, int], None] | None = None
) -> Iterator[Line]:
    """Check every certificate and every witness; one line for each claim.

    Raises CbilError when a stored file does not show what the table says that it shows.
    """
    for number, claim in enumerate(listed):
        yield _line(claim)
        if report is not None:
            report("ledger", number + 1, len(listed))


def _line(claim: Claim) -> Line:
    best: Real | None = None
    witness, refuted = "", None
    for name, ratio, violated in _witnesses(claim):
        if violated:
            refuted = refuted or name
        if best is None or compare(ratio, best) == 1:
            best, witness = ratio, name
    if refuted is not None and claim.truth != "false":
        problem = f"is refuted by {refuted}, and stored as {claim.truth}"
        raise CbilError(f"ledger: {claim.name} {problem}")
    if refuted is None and claim.truth == "false":
        raise CbilError(f"ledger: {claim.name} is stored as false, and no witness refutes it")
    shown = tuple(_check(name) for name in claim.certificate)
    if claim.floor is not None:
        shown += (_check(claim.floor),)
    status, evidence = _status(claim) if refuted is None else ("refuted", refuted)
    return Line(claim, status, evidence, best, witness, shown)


def _status(claim: Claim) -> tuple[Status, str]:
    if claim.known is not None:
        tag = () if claim.tag is None else (f"claim {claim.tag}",)
        return STATUS[claim.known], ", ".join((*tag, *claim.certificate))
    survived = f"{_survived(claim.candidate)} models of small grids"
    if claim.doubt is None:
        return "survives", survived
    return "open, claimed false", f"{claim.doubt}; survives {survived}"


def _survived(candidate: Candidate) -> int:
    """On how many models of small grids the candidate holds; CbilError where it does not."""
    held = 0
    for grid in GRIDS[:2]:
        found = part_of_grid(candidate, grid.to_json(), 0, grid.size, math.inf)
        if found.refuted is not None:
            raise CbilError(f"ledger: {candidate.name} is refuted on a grid, and stored as open")
        if any(found.counts.get(kind) for kind in ("undecided", "too large")):
            raise CbilError(f"ledger: {candidate.name} is not decided at every model of a grid")
        held += found.counts.get("holds", 0)
    if not held:
        raise CbilError(f"ledger: {candidate.name} is compared at no model of a grid")
    return held


def _check(name: str) -> str:
    """What a certificate shows, in the words of the program that checks it."""
    with (
        as_file(CERTIFICATES / name) as path,
        as_file(files("bounds") / "check_potential.py") as program,
    ):
        command = [sys.executable, "-I", str(program), str(path)]
        try:
            done = processes.run(command, timeout=CHECKER_SECONDS)
        except TimeoutExpired:
            limit = f"{CHECKER_SECONDS} seconds"
            raise CbilError(f"ledger: certificate {name} was not checked in {limit}") from None
    said = done.stdout.decode().strip()
    if done.returncode != 0:
        raise CbilError(f"ledger: certificate {name} is not accepted: {said}")
    return said.partition(": accepted: ")[2]


def _witnesses(claim: Claim) -> Iterator[tuple[str, Real, bool]]:
    for name, model in claim.witnesses():
        yield (name, *_ratio(claim.candidate, Evidence(model)))
    for family in claim.families:
        yield from _family(family, claim.candidate)


def _family(family: Family, candidate: Candidate) -> Iterator[tuple[str, Real, bool]]:
    if family.schedule is not None:
        yield (family.schedule, *_ratio(candidate, _of_schedule(family.schedule, family.defective)))
    if family.walk is not None:
        q, height, alternatives = family.walk
        if str(candidate) not in WALKED:
            raise CbilError(f"ledger: a walk is a witness of {', '.join(WALKED)} only")
        ratio = Real.of(_of_walk(q, height, alternatives))
        yield f"walk q={q}, {alternatives} alternatives", ratio, False
    if family.hazard is not None:
        alternatives, eps = family.hazard
        evidence = _of_hazard(alternatives, eps)
        yield (f"hazard of {alternatives}, eps {eps}", *_ratio(candidate, evidence))
    if family.falls is not None:
        rho, drop, height, horizon = family.falls
        evidence = Evidence(falls_model(rho, drop, height, horizon))
        name = f"falls by {drop} of {height} powers of {rho}, {horizon} steps"
        yield (name, *_ratio(candidate, evidence))


WALKED = tuple(str(claim_named(name).candidate) for name in ("T1a", "T1", "T1b", "T1 gain"))
"""Bounds whose right sides are all 3k in the limit of a walk of k alternatives: `z_0/tau -> 1`."""


# Several bounds share a witness, whose numbers are computed once.


@cache
def _of_walk(q: int, height: int, alternatives: int) -> Fraction:
    return Walk(q, height, alternatives).least_ratio()


@cache
def _of_schedule(name: str, defective: bool) -> Evidence:
    schedule = read_schedule(stored(name))
    return Evidence(schedule_model(schedule, defective=defective), symmetric=True)


@cache
def _of_hazard(alternatives: int, eps: str) -> Evidence:
    return Evidence(hazard_model(alternatives, eps))


def _ratio(candidate: Candidate, evidence: Evidence) -> tuple[Real, bool]:
    """The larger ratio of the sides over the model's events, and whether the bound fails."""
    verdict = candidate.check(evidence)
    if isinstance(verdict, Violated):
        ratio = verdict.witness.comparison.ratio
        return ratio or Real.of(1), True
    if not isinstance(verdict, Holds):
        raise CbilError(f"ledger: {candidate.name} cannot be compared at a witness: {verdict}")
    best = Real.of(0)
    for comparison in verdict.certificate:
        ratio = comparison.ratio
        if ratio is not None and compare(ratio, best) == 1:
            best = ratio
    return best, False

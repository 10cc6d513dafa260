"""Replaying the ledger: what certificates and witnesses show, found anew each time."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from subprocess import TimeoutExpired
from typing import Literal, TypeAlias

from bounds.claims import TABLE, Claim, Known, claim_named
from bounds.evidence import Evidence
from bounds.explorer.search import GRIDS
from bounds.explorer.tasks import part_of_grid
from bounds.language.candidate import Candidate
from bounds.language.grammar import parse_statement
from bounds.language.scene import Scene
from bounds.ledger.constants import Constants, Record
from bounds.verdict import Comparison, Holds, Violated
from bounds.witness.family import WITNESSES, Family, stored
from bounds.witness.limit import Walk
from bounds.witness.reckoned import Reckoned
from exact_cbil import children
from exact_cbil.errors import CbilError
from exact_cbil.interaction import Progress
from exact_cbil.modelfile import read_model
from exact_cbil.models import SHIPPED
from exact_cbil.real import Real, compare

__all__ = [
    "Line",
    "Status",
    "attained",
    "below",
    "checked",
    "ratio",
    "replay",
    "replay_records",
    "unrecorded",
]

Status: TypeAlias = Literal[
    "proved in general",
    "proved by hand",
    "certified",
    "survives",
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

    evidence: where the status comes from: a tag, certificates, how many models of a small grid, or
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


def replay(listed: tuple[Claim, ...], report: Progress | None = None) -> Iterator[Line]:
    """Check every certificate and every witness; one line for each claim.

    Raises CbilError when a stored file does not show what the table says that it shows.
    """
    named = [(*claim.certificate, *filter(None, [claim.floor])) for claim in listed]
    words = checked(name for names in named for name in names)
    for number, (claim, names) in enumerate(zip(listed, named, strict=True)):
        yield _line(claim, tuple(words[name] for name in names))
        if report is not None:
            report("claims", number + 1, len(listed))


def _line(claim: Claim, shown: tuple[str, ...]) -> Line:
    best: Real | None = None
    witness, refuted = "", None
    for name, reached, violated in _witnesses(claim):
        if violated:
            refuted = refuted or name
        if best is None or compare(reached, best) == 1:
            best, witness = reached, name
    if refuted is not None and claim.truth != "false":
        problem = f"is refuted by {refuted}, and stored as {claim.truth}"
        raise CbilError(f"ledger: {claim.name} {problem}")
    if refuted is None and claim.truth == "false":
        raise CbilError(f"ledger: {claim.name} is stored as false, and no witness refutes it")
    status, evidence = _status(claim) if refuted is None else ("refuted", refuted)
    return Line(claim, status, evidence, best, witness, shown)


def _status(claim: Claim) -> tuple[Status, str]:
    if claim.known is not None:
        tag = () if claim.tag is None else (f"claim {claim.tag}",)
        return STATUS[claim.known], ", ".join((*tag, *claim.certificate))
    return "survives", f"{_survived(claim.candidate)} models of a small grid"


def _survived(candidate: Candidate) -> int:
    """On how many models of a small grid the candidate holds; CbilError where it does not."""
    grid = GRIDS[0]
    found = part_of_grid(candidate, grid.to_json(), 0, grid.size, math.inf)
    if found.refuted is not None:
        raise CbilError(f"ledger: {candidate.name} is refuted on a grid, and stored as open")
    if any(found.counts.get(kind) for kind in ("undecided", "too large")):
        raise CbilError(f"ledger: {candidate.name} is not decided at every model of a grid")
    held = found.counts.get("holds", 0)
    if not held:
        raise CbilError(f"ledger: {candidate.name} is compared at no model of a grid")
    return held


def checked(names: Iterable[str], folder: Traversable | None = None) -> dict[str, str]:
    """What certificates show, in the words of the program that checks them, in its own process.

    folder: where they are, if not in the ledger. Raises CbilError at the first one not accepted.
    """
    listed, folder = tuple(dict.fromkeys(names)), folder or CERTIFICATES
    if not listed:
        return {}
    with ExitStack() as stack:
        paths = [stack.enter_context(as_file(folder / name)) for name in listed]
        program = stack.enter_context(as_file(files("bounds") / "check_potential.py"))
        command = [sys.executable, "-I", str(program), *map(str, paths)]
        try:
            done = children.run(command, timeout=CHECKER_SECONDS)
        except TimeoutExpired:
            limit = f"{CHECKER_SECONDS} seconds"
            raise CbilError(f"ledger: certificates were not checked in {limit}") from None
    said = done.stdout.decode().splitlines()
    if len(said) != len(listed):
        raise CbilError(f"ledger: the checker of certificates ended with code {done.returncode}")
    return {name: _accepted(name, line) for name, line in zip(listed, said, strict=True)}


def _accepted(name: str, said: str) -> str:
    _, accepted, words = said.partition(": accepted: ")
    if not accepted:
        problem = said.partition(": ")[2]
        raise CbilError(f"ledger: certificate {name} is not accepted: {problem}")
    return words


def _witnesses(claim: Claim) -> Iterator[tuple[str, Real, bool]]:
    for name, model in claim.witnesses():
        yield (name, *ratio(claim.candidate, Evidence(model)))
    for family in claim.families:
        yield (family.name, *family_ratio(family, claim.candidate))


def family_ratio(family: Family, candidate: Candidate) -> tuple[Real, bool]:
    """The ratio of a candidate's sides at a family's model, and whether the candidate fails."""
    if family.walk is not None:
        if (value := WALKED.get(str(candidate))) is None:
            raise CbilError(f"ledger: a walk is a witness of {', '.join(WALKED)} only")
        return Real.of(_of_walk(*family.walk) * 3 / value), False
    return ratio(candidate, family.subject(candidate))


WALKED: Mapping[str, int] = {
    str(claim_named(name).candidate): 3 for name in ("T1a", "T1", "T1b", "T1 gain")
} | {"query_cubes <= 1*X/tau": 1}
"""Bounds whose right sides are 3k, or k, in the limit of a walk of k alternatives: `z_0/tau -> 1`.

A walk's least ratio is to 3k.
"""


@cache
def _of_walk(q: int, height: int, alternatives: int) -> Fraction:
    return Walk(q, height, alternatives).least_ratio()


@cache
def _of_model(name: str) -> Evidence:
    return Evidence(SHIPPED[name]() if name in SHIPPED else read_model(stored(name)))


def ratio(candidate: Candidate, of: Evidence | Reckoned) -> tuple[Real, bool]:
    """The larger ratio of the sides over the model's events, and whether the bound fails."""
    if isinstance(of, Reckoned):
        comparison = of.compare(candidate)
        return _best([comparison]), comparison.order == 1
    verdict = candidate.check(of)
    if isinstance(verdict, Violated):
        return verdict.witness.comparison.ratio or Real.of(1), True
    if not isinstance(verdict, Holds):
        raise CbilError(f"ledger: {candidate.name} cannot be compared at a witness: {verdict}")
    return _best(verdict.certificate), False


def _best(comparisons: Iterable[Comparison]) -> Real:
    best = Real.of(0)
    for comparison in comparisons:
        reached = comparison.ratio
        if reached is not None and compare(reached, best) == 1:
            best = reached
    return best


# Records -----------------------------------------------------------------------------------------


def replay_records(
    constants: Constants, names: Iterable[str], report: Progress | None = None
) -> dict[str, str]:
    """Find every record on these constants anew; what the floors of them show, by constant.

    Raises CbilError where a record is not what comes of it.
    """
    listed = tuple(names)
    records = [record for record in constants.records if record.constant in listed]
    floors = {name: floor for name in listed if (floor := constants.named(name).floor)}
    certificates = [record.certificate for record in records if record.certificate is not None]
    words = checked([*certificates, *floors.values()])
    for number, record in enumerate(records):
        found = _found(constants, record, words)
        if found != record.value:
            place = f"ledger: {record.constant}, {record.side} bound {record.value}"
            raise CbilError(f"{place}: {record.source} shows {found}")
        if report is not None:
            report("records", number + 1, len(records))
    return {name: words[floor] for name, floor in floors.items()}


def unrecorded(constants: Constants) -> Iterator[str]:
    """The files of the ledger that nothing names: they show what nobody has entered."""
    named = {record.file or record.source for record in constants.records}
    named |= {one.floor for one in constants.by_name.values() if one.floor is not None}
    for claim in TABLE:
        named |= {*claim.certificate, *claim.models, *(one.name for one in claim.families)}
    for folder in (CERTIFICATES, WITNESSES):
        names = sorted(path.name for path in folder.iterdir())
        yield from (f"{folder.name}/{name}" for name in names if name not in named)


def _found(constants: Constants, record: Record, words: Mapping[str, str]) -> str:
    """The value that a record should have; its own where it rests on a text alone."""
    constant = constants.named(record.constant)
    if record.certificate is not None:
        shown = words[record.certificate]
        return constant.certified(shown) or f"something else: {shown}"
    if record.witness is not None:
        return below(attained(constant.candidate(), record.witness))
    if record.claim is not None and constant.bound is not None:
        stated, claim = constant.candidate(record.value), claim_named(record.claim)
        return record.value if _says(claim, stated) else f"something else: {claim.bound}"
    return record.value


def attained(candidate: Candidate, witness: str | Family) -> Real:
    """The ratio of a candidate's sides at a witness of the ledger, a model or a family."""
    if isinstance(witness, Family):
        return family_ratio(witness, candidate)[0]
    return ratio(candidate, _of_model(witness))[0]


def below(value: Real) -> str:
    """A number rounded down to four decimal places; a whole number as it is.

    >>> below(Real.of(Fraction(2, 3))), below(Real.of(3))
    ('0.6666', '3')
    """
    if value.exact is not None and value.exact.denominator == 1:
        return str(value.exact)
    steps = math.floor(value.interval(96)[0] * 10**4)
    return f"{steps // 10**4}.{steps % 10**4:04}"


def _says(claim: Claim, stated: Candidate) -> bool:
    """Whether a claim, with a link of its right side, is the bound that is stated.

    Left side and hypotheses by their text; the right side by its value at every prior tried.
    """
    one, other = parse_statement(str(claim.candidate)), parse_statement(str(stated))
    if (one.claim.left, one.hypotheses) != (other.claim.left, other.hypotheses):
        return False
    links = [parse_statement(text).claim for text, _ in claim.links]
    rights = [one.claim.right] + [link.right for link in links if link.left == one.claim.right]
    scenes = [Scene(_of_model(name)) for name in ("chain", "rare-action", "two-observers")]
    return any(
        all(compare(scene.value(right), scene.value(other.claim.right)) == 0 for scene in scenes)
        for right in rights
    )

"""The audit: build from clean, re-check, and hold what is proved against what is recorded.

It reads no source text. A name is a full name, a statement is what the kernel has, and every
definition below a statement is compared too; so renaming, shadowing, redefining, an axiom in
another file, checks switched off, and text in comments or strings all come to nothing.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from exact_cbil.files import told
from proofs.axioms import beyond
from proofs.build import Report, build, quiet
from proofs.printing import Printed, print_theorems
from proofs.record import Record, Theorem, read_record, read_theorems, write_record
from proofs.session import rechecking, version
from proofs.tools import RocqRejects

__all__ = ["Audit", "Finding", "audit", "context_problems"]

T = TypeVar("T")

_CONTEXT = {
    "Constants/Inductives relying on type-in-type": "type-in-type",
    "Constants/Inductives relying on unsafe (co)fixpoints": "an unchecked fixpoint",
    "Inductives whose positivity is assumed": "unchecked positivity",
}


@dataclass
class Finding:
    """What the audit found about one theorem; it passes without problems."""

    theorem: Theorem
    assumptions: tuple[str, ...] = ()
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass
class Audit:
    """The whole outcome. problems: those of the development as a whole. seconds: by stage."""

    rocq: str
    findings: list[Finding]
    problems: list[str]
    seconds: dict[str, float]

    @property
    def passes(self) -> bool:
        """Whether nothing was found to be wrong."""
        return not self.problems and not any(finding.problems for finding in self.findings)


def audit(
    sources: Path,
    record: Path,
    directory: Path,
    jobs: int = 0,
    rewrite: bool = False,
    report: Report = quiet,
) -> Audit:
    """Audit the development in `sources` against the record in the directory `record`.

    directory: where to build. jobs: how many files to compile at a time; 0 for all cores.
    rewrite: first replace the recorded statements by the printed ones.
    Raises CbilError when Rocq is absent or the directories are not what is expected.
    """
    theorems = read_theorems(record)
    recorded = read_record(record)
    seconds: dict[str, float] = {}
    with told(directory):
        directory.mkdir(parents=True, exist_ok=True)
    rocq = version(directory)
    try:
        built = _timed(
            seconds,
            "build",
            lambda: build(directory, jobs, sources=sources, report=report),
        )
        printed, problems = _examine(directory, theorems, seconds, report)
    except RocqRejects as problem:
        return Audit(rocq, [], [str(problem)], seconds)
    if rewrite:
        write_record(record, rocq, printed)
        recorded = read_record(record)
    findings = [_finding(theorem, printed, recorded) for theorem in theorems]
    for finding in findings:
        finding.seconds = built.get(f"{finding.theorem.file.removesuffix('.v')}.v", 0.0)
    if recorded.rocq not in ("", rocq) and any(finding.problems for finding in findings):
        problems.append(f"recorded with Rocq {recorded.rocq}, this is {rocq}: texts may differ")
    return Audit(rocq, findings, problems + _strangers(theorems, recorded), seconds)


def _examine(
    directory: Path, theorems: list[Theorem], seconds: dict[str, float], report: Report
) -> tuple[dict[str, Printed], list[str]]:
    """Print the theorems while `coqchk` re-checks the libraries."""
    names = [theorem.full_name for theorem in theorems]
    began = time.monotonic()
    with told(directory), rechecking(directory) as summary:
        printed = _timed(seconds, "print", lambda: print_theorems(directory, names, report))
        report("re-checked by coqchk", 0, 1)
        problems = context_problems(summary())
        report("re-checked by coqchk", 1, 1)
    seconds["coqchk"] = time.monotonic() - began
    return printed, problems


def _timed(seconds: dict[str, float], stage: str, work: Callable[[], T]) -> T:
    began = time.monotonic()
    try:
        return work()
    finally:
        seconds[stage] = time.monotonic() - began


def context_problems(summary: str) -> list[str]:
    """What the context summary of `coqchk` holds that it must not."""
    problems = [] if "* Theory: Set is predicative" in summary else ["coqchk: not the usual theory"]
    sections = {
        title: [] if text.strip() == "<none>" else text.split()
        for title, text in re.findall(r"^\* ([^:\n]+):([^*]*)", summary, re.M)
    }
    for title, meaning in _CONTEXT.items():
        names = sections.get(title)
        if names is None:
            problems.append(f"coqchk: its summary does not speak of {meaning}")
        problems += [f"coqchk: {name} rests on {meaning}" for name in names or []]
    for name in sections.get("Axioms", ["a summary without axioms"]):
        # Other axioms of the standard library are loaded with the real numbers; that no theorem
        # uses them is decided theorem by theorem.
        if not name.startswith("Coq."):
            problems.append(f"coqchk: an axiom of the development's own: {name}")
    return problems


def _finding(theorem: Theorem, printed: dict[str, Printed], recorded: Record) -> Finding:
    name = theorem.full_name
    now = printed.get(name)
    if now is None:
        return Finding(theorem, problems=["missing: no theorem of this name is proved"])
    problems = [f"rests on {each}" for each in beyond(now.assumptions)] + now.doubts
    if name not in recorded.texts:
        return Finding(theorem, now.assumptions, [*problems, "its statement is not recorded"])
    if recorded.texts[name] != now.statement:
        problems.append("its statement is not the recorded one")
    if sorted(now.assumptions) != recorded.assumptions.get(name):
        problems.append("its assumptions are not the recorded ones")
    before = set(recorded.definitions.get(name, []))
    for definition in sorted(before | now.definitions.keys()):
        if definition not in now.definitions:
            problems.append(f"its statement no longer rests on {definition}")
        elif definition not in before:
            problems.append(f"its statement newly rests on {definition}")
        elif recorded.texts.get(definition) != now.definitions[definition]:
            problems.append(f"its statement rests on {definition}, which has changed")
    return Finding(theorem, now.assumptions, problems)


def _strangers(theorems: list[Theorem], recorded: Record) -> list[str]:
    """Recorded theorems that are not named any more: dropping one must be seen, too."""
    named = {theorem.full_name for theorem in theorems}
    gone = sorted(set(recorded.assumptions) - named)
    return [f"recorded, but no longer a named theorem: {name}" for name in gone]

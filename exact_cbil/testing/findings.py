"""What a run found, as one object: the table, JSON, page, JUnit and badge are all made of it."""

from __future__ import annotations

import os
import platform
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, NamedTuple

from exact_cbil.numbers import text
from exact_cbil.testing.budgets import Declaration
from exact_cbil.testing.diagnosis import Diagnosis
from exact_cbil.testing.judge import Grade, Judgement
from exact_cbil.testing.questions import Question
from exact_cbil.testing.suite import Report
from exact_cbil.testing.wrong_learners import WRONG_LEARNERS

__all__ = ["Bug", "Findings", "versions"]


def versions() -> dict[str, str]:
    """The versions that a result depends on."""
    return {"exact-cbil": version("exact-cbil"), "Python": platform.python_version()}


class Bug(NamedTuple):
    """A kind of bug and what the questions say of it.

    asked, failed: answered questions whose flags name it, and those of them that were failed.
    accounts: failures that a learner with this bug would share, 0 if it is no suspect.
    """

    flag: str
    meaning: str
    asked: int
    failed: int
    accounts: int


@dataclass(frozen=True)
class Findings:
    """A run, what it was asked, and what came of it.

    asked: what was asked, in words. command: the words of a shell that ask questions from standard
    input (`exact-cbil conform --questions -`) of the same implementation in the same way.
    """

    report: Report
    diagnosis: Diagnosis
    declared: Declaration
    asked: str
    command: tuple[str, ...]
    versions: dict[str, str]

    @property
    def conforms(self) -> bool:
        """Whether the implementation conforms."""
        return self.report.conforms

    @property
    def verdict(self) -> str:
        """The verdict in words."""
        return "conforms" if self.conforms else "does not conform"

    @property
    def failed(self) -> int:
        """How many questions were not answered acceptably."""
        return sum(count for grade, count in self.report.counts.items() if not grade.fine)

    def replay(self, question: Question) -> str:
        """One line for a shell that asks a question again."""
        words = " ".join(map(_quoted, self.command))
        return f"printf '%s\\n' {shlex.quote(question.line)} | {words}"

    def replay_saved(self) -> str:
        """One line for a shell that asks the questions again that `--save` put into FOLDER."""
        start = ["exact-cbil", "conform", "--vectors", "FOLDER", "--random", "0"]
        return " ".join(map(_quoted, [*start, *self.command[4:]]))

    def bugs(self) -> list[Bug]:
        """Every kind of bug that some question asks for or that is a suspect, suspects first."""
        accounts = dict(self.diagnosis.suspects)
        order = [*accounts, *(flag for flag in WRONG_LEARNERS if flag not in accounts)]
        report = self.report
        return [
            Bug(
                flag,
                WRONG_LEARNERS[flag].meaning,
                report.flagged[flag],
                report.failed[flag],
                accounts.get(flag, 0),
            )
            for flag in order
            if report.flagged[flag] or flag in accounts
        ]

    def advice(self) -> Iterator[str]:
        """What else a person should know of the failures, one sentence each."""
        for name in self.diagnosis.right_alone:
            yield f"{name}: right when asked alone, so something is kept from others"
        if self.diagnosis.floats:
            fields = ", ".join(self.diagnosis.floats)
            yield f"Float answers are off in {fields}: declare their error, --budget FIELD=4ulp"
        for name, step in self.diagnosis.diverging:
            yield f"{name}: first wrong after {step} steps"

    def to_json(self) -> dict[str, Any]:
        """The findings for machines; numbers are exact strings."""
        report, diagnosis = self.report, self.diagnosis
        smallest = diagnosis.smallest
        return {
            "format": "cbil-conformance/1",
            "subject": report.subject,
            "conforms": report.conforms,
            "asked": report.asked,
            "selection": self.asked,
            "versions": self.versions,
            "outcomes": {grade.value: report.counts[grade] for grade in Grade},
            "skipped": dict(report.reasons),
            "worst_ulps": {name: text(error) for name, error in report.errors.items()},
            "stopped": report.stopped,
            "near": [_judgement_json(judgement) for judgement in report.near],
            "failures": [
                {**_judgement_json(f.judgement), "flags": list(f.question.flags)}
                for f in report.failures
            ],
            "covered": {axis: dict(levels) for axis, levels in report.covered.items()},
            "suspects": [{"flag": flag, "failures": count} for flag, count in diagnosis.suspects],
            "right_alone": diagnosis.right_alone,
            "floats_without_budget": diagnosis.floats,
            "first_wrong_step": dict(diagnosis.diverging),
            "smallest": None if smallest is None else smallest.document,
        }


def _quoted(word: str) -> str:
    """A word for a shell, and inert on a terminal."""
    if word.isprintable():
        return shlex.quote(word)
    return "$'" + "".join(f"\\x{byte:02x}" for byte in os.fsencode(word)) + "'"


def _judgement_json(judgement: Judgement) -> dict[str, Any]:
    return {
        "id": judgement.id,
        "outcome": judgement.grade.value,
        "problems": judgement.problems,
        "distance": None if judgement.distance is None else text(judgement.distance),
    }

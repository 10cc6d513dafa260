"""What to tell the author of an implementation that failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from exact_cbil.testing.budgets import Declaration
from exact_cbil.testing.judge import Grade
from exact_cbil.testing.questions import Question
from exact_cbil.testing.reference import Reference
from exact_cbil.testing.stream import origin, shrink
from exact_cbil.testing.subjects import CouldNotRun, Subject, SubjectFailed
from exact_cbil.testing.suite import Failure, Report, ask, diverging_step
from exact_cbil.testing.suspects import suspects

__all__ = ["Diagnosis", "diagnose"]

EXAMINED = 3
"""Failures whose history is searched for its first wrong step."""


@dataclass
class Diagnosis:
    """Where to look.

    suspects: flags of likely bugs, best first, with the number of failures each accounts for.
    diverging: question id and the least number of steps after which the answer is wrong.
    smallest: the smallest failing question found.
    """

    suspects: list[tuple[str, int]] = field(default_factory=list)
    diverging: list[tuple[str, int]] = field(default_factory=list)
    smallest: Question | None = None


def diagnose(
    report: Report,
    subject: Subject,
    declared: Declaration,
    reference: Reference,
    *,
    shrinking: bool = True,
) -> Diagnosis:
    """Look into the failures of a run by asking more questions."""
    found = Diagnosis(suspects(report, declared))
    wrong = [f for f in report.failures if f.judgement.grade is Grade.MISMATCH]
    for failure in wrong[:EXAMINED]:
        step = diverging_step(subject, failure.question, declared, reference)
        if step is not None:
            found.diverging.append((failure.question.id, step))
    drawn = [(f, place) for f in report.failures if (place := origin(f.question))]
    if shrinking and drawn:
        failure, place = drawn[0]
        fails = _fails_alike(failure, subject, declared, reference)
        found.smallest = shrink(*place, fails)
    if found.smallest is None and report.failures:
        found.smallest = min((f.question for f in report.failures), key=lambda q: len(q.line))
    return found


def _fails_alike(
    failure: Failure, subject: Subject, declared: Declaration, reference: Reference
) -> Callable[[Question], bool]:
    """Whether a question fails in the way that another one failed: wrongly, or with no answer."""
    grade = failure.judgement.grade

    def fails(question: Question) -> bool:
        try:
            # A run of its own for each question, so that none is blamed for an earlier one.
            return ask(subject, question, declared, reference).grade is grade
        except (SubjectFailed, CouldNotRun):
            return grade is Grade.NO_ANSWER

    return fails

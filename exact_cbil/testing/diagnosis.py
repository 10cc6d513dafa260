"""What to tell the author of an implementation that failed."""

from __future__ import annotations

from dataclasses import dataclass, field

from exact_cbil.testing.budgets import Declaration
from exact_cbil.testing.judge import Grade
from exact_cbil.testing.questions import Question
from exact_cbil.testing.reference import Reference
from exact_cbil.testing.shrinking import shrink
from exact_cbil.testing.stream import origin
from exact_cbil.testing.subjects import CouldNotRun, Subject, SubjectFailed
from exact_cbil.testing.suite import Report, ask, diverging_step
from exact_cbil.testing.suspects import suspects

__all__ = ["Diagnosis", "diagnose"]

EXAMINED = 3
"""Wrong answers that are asked for again, alone, and searched for their first wrong step."""


@dataclass
class Diagnosis:
    """Where to look.

    suspects: flags of likely bugs, best first, with the number of failures each accounts for.
    diverging: question id and the least number of steps after which the answer is wrong.
    smallest: the smallest failing question found.
    right_alone: ids of questions that were failed in the run, and are answered rightly when asked
        alone.
    floats: fields whose float answers are off, for which no budget was declared.
    """

    suspects: list[tuple[str, int]] = field(default_factory=list)
    diverging: list[tuple[str, int]] = field(default_factory=list)
    smallest: Question | None = None
    right_alone: list[str] = field(default_factory=list)
    floats: list[str] = field(default_factory=list)


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
    found.floats = [
        name for name, error in report.errors.items() if error and name not in declared.budgets
    ]
    failures, wrong = [], 0
    for failure in report.failures:
        missing = failure.judgement.grade is Grade.NO_ANSWER
        wrong += not missing
        if not missing and wrong > EXAMINED:
            failures.append(failure)
            continue
        subject.close()  # a process that is kept would remember
        alone = _grade_alone(failure.question, subject, declared, reference)
        if missing and alone is not Grade.NO_ANSWER:
            continue
        if alone.fine:
            found.right_alone.append(failure.question.id)
            continue
        failures.append(failure)
        if missing:  # the one at which it broke off; the others were not reached
            break
    if found.right_alone:  # what is wrong alone cannot tell
        others = [suspect for suspect in found.suspects if suspect[0] != "memory"]
        found.suspects = [("memory", len(found.right_alone)), *others]
        failures = []  # nor can what was not asked alone, or in another series
    for failure in failures[:EXAMINED]:
        if failure.judgement.grade is Grade.MISMATCH:
            step = diverging_step(subject, failure.question, declared, reference)
            if step is not None:
                found.diverging.append((failure.question.id, step))
    drawn = [(f, place) for f in failures if (place := origin(f.question))]
    if shrinking and drawn:
        failure, place = drawn[0]
        grade = _grade_alone(failure.question, subject, declared, reference)

        def fails(question: Question) -> bool:
            return _grade_alone(question, subject, declared, reference) is grade

        found.smallest = shrink(*place, fails)
    if found.smallest is None and failures:
        found.smallest = min((f.question for f in failures), key=lambda q: len(q.line))
    return found


def _grade_alone(
    question: Question, subject: Subject, declared: Declaration, reference: Reference
) -> Grade:
    """What comes of a question in a run of its own, in which none is blamed for an earlier one."""
    try:
        return ask(subject, question, declared, reference).grade
    except (SubjectFailed, CouldNotRun):
        return Grade.NO_ANSWER

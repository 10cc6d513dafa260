"""A run: ask an implementation many questions, judge the answers, and say what went wrong."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice

from exact_cbil.testing.answers import Answer
from exact_cbil.testing.budgets import Declaration
from exact_cbil.testing.judge import Outcome, Verdict, judge
from exact_cbil.testing.questions import Question
from exact_cbil.testing.reference import Reference
from exact_cbil.testing.subjects import Reply, Subject, SubjectFailed

__all__ = ["Failure", "Report", "diverging_step", "examine", "verdict_of"]

KEPT = 40
"""Failures, near-boundary answers and matches that are kept whole; the rest are counted."""
LONGEST_SEARCH = 2000


@dataclass(frozen=True)
class Failure:
    """A question whose answer was wrong, and how."""

    question: Question
    answer: Answer | None
    verdict: Verdict


@dataclass
class Report:
    """What a run found.

    counts: questions by outcome; they sum to `asked`.
    errors: for each field, the worst error of a float answer in ulps.
    stopped: why the implementation was given up, if it was.
    failures, near, matched: the first KEPT of each kind. reasons: why questions were skipped.
    """

    subject: str
    asked: int = 0
    counts: Counter[Outcome] = field(default_factory=Counter)
    errors: dict[str, Fraction] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    near: list[Verdict] = field(default_factory=list)
    matched: list[Question] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    stopped: str | None = None

    @property
    def conforms(self) -> bool:
        """Whether every question was answered acceptably, and at least one was answered right."""
        return (
            self.stopped is None
            and self.counts[Outcome.MATCH] > 0
            and all(outcome.fine for outcome, count in self.counts.items() if count)
        )

    def count(self, outcome: Outcome) -> None:
        """Count a question."""
        self.asked += 1
        self.counts[outcome] += 1

    def add(self, question: Question, answer: Answer | None, verdict: Verdict) -> None:
        """Count a judged question and keep it if it is of use in a report."""
        self.count(verdict.outcome)
        for name, error in verdict.errors.items():
            self.errors[name] = max(error, self.errors.get(name, Fraction(0)))
        if verdict.outcome is Outcome.MATCH:
            if len(self.matched) < KEPT:
                self.matched.append(question)
        elif verdict.outcome is Outcome.NEAR_BOUNDARY:
            if len(self.near) < KEPT:
                self.near.append(verdict)
        elif len(self.failures) < KEPT:
            self.failures.append(Failure(question, answer, verdict))


def verdict_of(reply: Reply, reference: Reference, declared: Declaration) -> Verdict:
    """Judge a reply."""
    if reply.answer is None:
        problem = reply.problem or "no answer"
        return Verdict(reply.question.id, Outcome.ERRORED, [problem])
    return judge(reference.expected(reply.question), reply.answer, declared)


def examine(
    subject: Subject,
    questions: Iterable[Question],
    declared: Declaration | None = None,
    progress: Callable[[int], None] | None = None,
    reference: Reference | None = None,
) -> Report:
    """Ask every question, judge every answer.

    progress: called with the number of questions judged.
    Raises CouldNotRun when the implementation could not even be started.
    """
    declaration = declared or Declaration()
    reference = reference or Reference()
    report = Report(subject.name)
    pending: deque[Question] = deque()

    def asked() -> Iterator[Question]:
        for question in questions:
            skipped = [declaration.skips[f] for f in question.flags if f in declaration.skips]
            if skipped:
                report.count(Outcome.SKIPPED)
                report.reasons[skipped[0]] += 1
                continue
            pending.append(question)
            yield question

    judged = 0
    try:
        for reply in subject.answers(asked()):
            pending.popleft()
            report.add(reply.question, reply.answer, verdict_of(reply, reference, declaration))
            judged += 1
            if progress is not None:
                progress(judged)
    except SubjectFailed as problem:
        report.stopped = str(problem)
        for question in pending:
            verdict = Verdict(question.id, Outcome.NO_ANSWER, [report.stopped])
            report.add(question, None, verdict)
    return report


def diverging_step(
    subject: Subject, question: Question, declared: Declaration, reference: Reference
) -> int | None:
    """The least number of steps of a history after which the answer is wrong; None if never."""
    prefixes = (question.prefix(n) for n in range(len(question.history) + 1))
    try:
        for number, reply in enumerate(subject.answers(islice(prefixes, LONGEST_SEARCH))):
            if not verdict_of(reply, reference, declared).outcome.fine:
                return number
    except SubjectFailed:
        pass
    return None

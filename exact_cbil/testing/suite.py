"""A run: ask an implementation many questions, judge the answers, and say what went wrong."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from exact_cbil.testing.answers import Answer
from exact_cbil.testing.axes import AXES, covered
from exact_cbil.testing.budgets import Declaration
from exact_cbil.testing.judge import Grade, Judgement, judge
from exact_cbil.testing.questions import Question
from exact_cbil.testing.reference import Expected, Reference
from exact_cbil.testing.subjects import Reply, Subject, SubjectFailed

__all__ = ["Failure", "Report", "ask", "diverging_step", "examine", "judge_reply"]

KEPT = 40
"""Failures and near-boundary answers that are kept whole; the rest are counted."""
LONGEST_SEARCH = 2000


@dataclass(frozen=True)
class Failure:
    """A question whose answer was wrong, and how."""

    question: Question
    answer: Answer | None
    judgement: Judgement


@dataclass
class Report:
    """What a run found.

    counts: questions by grade; they sum to `asked`.
    errors: for each field, the worst error of a float answer in ulps.
    stopped: why the implementation was given up, if it was.
    grades: by question id. failures, near: the first KEPT of each kind.
    reasons: why questions were skipped.
    flagged, failed: questions by flag, those that were answered and those answered wrongly.
    covered: for each axis, the questions by level.
    """

    subject: str
    asked: int = 0
    counts: Counter[Grade] = field(default_factory=Counter)
    grades: dict[str, Grade] = field(default_factory=dict)
    errors: dict[str, Fraction] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    near: list[Judgement] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    flagged: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    covered: dict[str, Counter[str]] = field(
        default_factory=lambda: {axis: Counter(dict.fromkeys(AXES[axis], 0)) for axis in AXES}
    )
    stopped: str | None = None

    @property
    def conforms(self) -> bool:
        """Whether every question was answered acceptably, and at least one was answered right."""
        return (
            self.stopped is None
            and self.counts[Grade.MATCH] > 0
            and all(grade.fine for grade, count in self.counts.items() if count)
        )

    def count(self, name: str, grade: Grade) -> None:
        """Count the question of this id."""
        self.asked += 1
        self.counts[grade] += 1
        self.grades[name] = grade

    def add(self, question: Question, answer: Answer | None, judgement: Judgement) -> None:
        """Count a judged question and keep it if it is of use in a report."""
        self.count(question.id, judgement.grade)
        for name, error in judgement.errors.items():
            self.errors[name] = max(error, self.errors.get(name, Fraction(0)))
        if judgement.grade is not Grade.NO_ANSWER:  # it says nothing of a bug
            self.flagged.update(question.flags)
        if judgement.grade is Grade.NEAR_BOUNDARY:
            if len(self.near) < KEPT:
                self.near.append(judgement)
        elif judgement.grade is not Grade.MATCH:
            if judgement.grade is not Grade.NO_ANSWER:
                self.failed.update(question.flags)
            if len(self.failures) < KEPT:
                self.failures.append(Failure(question, answer, judgement))


def judge_reply(expected: Expected, reply: Reply, declared: Declaration) -> Judgement:
    """Judge a reply to a question whose right answer is known."""
    if reply.answer is None:
        problem = reply.problem or "no answer"
        return Judgement(reply.question.id, Grade.ERRORED, [problem])
    return judge(expected, reply.answer, declared)


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
    pending: deque[Expected] = deque()

    def asked() -> Iterator[Question]:
        for question in questions:
            skipped = [declaration.skips[f] for f in question.flags if f in declaration.skips]
            if skipped:
                report.count(question.id, Grade.SKIPPED)
                report.reasons[skipped[0]] += 1
                continue
            # Answered here before it is asked there: nothing done there can change the answer.
            pending.append(reference.expected(question))
            yield question

    judged = 0
    try:
        for reply in subject.answers(asked()):
            expected = pending.popleft()
            report.add(expected.question, reply.answer, judge_reply(expected, reply, declaration))
            for axis, level in covered(expected).items():
                report.covered[axis][level] += 1
            judged += 1
            if progress is not None:
                progress(judged)
    except SubjectFailed as problem:
        report.stopped = str(problem)
        for expected in pending:
            name = expected.question.id
            judgement = Judgement(name, Grade.NO_ANSWER, [report.stopped])
            report.add(expected.question, None, judgement)
    return report


def ask(
    subject: Subject, question: Question, declared: Declaration, reference: Reference
) -> Judgement:
    """Ask one question. Raises SubjectFailed or CouldNotRun when there is no answer to it."""
    expected = reference.expected(question)
    # To the end of the series: a process that is left in the middle of one is not kept.
    (reply,) = list(subject.answers([question]))
    return judge_reply(expected, reply, declared)


def diverging_step(
    subject: Subject, question: Question, declared: Declaration, reference: Reference
) -> int | None:
    """The least number of steps of a history after which the answer is wrong; None if never."""
    lengths = range(min(len(question.history) + 1, LONGEST_SEARCH))
    right = [reference.expected(question.prefix(n)) for n in lengths]
    try:
        replies = subject.answers(expected.question for expected in right)
        for length, (expected, reply) in enumerate(zip(right, replies, strict=False)):
            if not judge_reply(expected, reply, declared).grade.fine:
                return length
    except SubjectFailed:
        pass
    return None

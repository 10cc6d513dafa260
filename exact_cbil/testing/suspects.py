"""From failures to the kind of bug that fits them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from fractions import Fraction

from exact_cbil.testing.answers import FIELDS, Answer, Number, answer_document, read_answer
from exact_cbil.testing.budgets import Declaration
from exact_cbil.testing.misreadings import MISREADINGS
from exact_cbil.testing.questions import Question
from exact_cbil.testing.suite import Report
from exact_cbil.testing.wrong_learners import WRONG_LEARNERS, LiteralLearner

__all__ = ["suspects"]

COMPARED = 20
"""Failures whose answers are compared with those of the wrong learners."""
LONGEST_HISTORY, MOST_POLICIES = 40, 40
"""Of a question that the wrong learners, which are slow, are asked."""


def suspects(report: Report, declared: Declaration) -> list[tuple[str, int]]:
    """The kinds of bug that fit the failures, best first: (flag, failures that it accounts for).

    A bug accounts for a failure if a learner that has it gives the same wrong answer (within the
    budget). After those come, and alone where there are none, the flags of the vectors that were
    failed: first those of which the largest share was. Where all were, that says nothing.
    """
    # A misreading often looks like an edit, which says more: it is named where no edit fits.
    same = _alike(report, declared, WRONG_LEARNERS.keys() - MISREADINGS.keys())
    if not same.total():
        same = _alike(report, declared, MISREADINGS.keys())

    def share(flag: str) -> Fraction:
        return Fraction(report.failed[flag], report.flagged[flag] or 1)

    telling = any(report.failed[flag] < count for flag, count in report.flagged.items())
    ranked = sorted(
        (f for f in WRONG_LEARNERS if same[f] or (telling and report.failed[f])),
        key=lambda flag: (-same[flag], -share(flag), -report.failed[flag]),
    )
    return [(flag, same[flag] or report.failed[flag]) for flag in ranked]


def _alike(report: Report, declared: Declaration, flags: Collection[str]) -> Counter[str]:
    """For each flag, the failures whose answers a learner with that bug gives too."""
    same: Counter[str] = Counter()
    small = [f for f in report.failures if f.answer is not None and _small(f.question)]
    for failure in small[:COMPARED]:
        assert failure.answer is not None
        for flag in flags:
            learners = WRONG_LEARNERS[flag].learners
            answers = (_answer(learner, failure.question) for learner in learners)
            same[flag] += any(
                answer is not None and _same(answer, failure.answer, declared) for answer in answers
            )
    return same


def _small(question: Question) -> bool:
    policies = question.model.policies
    return len(question.history) <= LONGEST_HISTORY and len(policies) <= MOST_POLICIES


def _answer(learner: LiteralLearner, question: Question) -> Answer | None:
    """What a wrong learner answers; None when it raises, as one that misreads may anywhere."""
    try:
        answer = learner.answer(question.document)
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return None
    return read_answer(answer_document(answer, question.id, question.model.actions))


def _same(wrong: Answer, given: Answer, declared: Declaration) -> bool:
    if given.top_set is not None and given.top_set != wrong.top_set:
        return False
    return all(
        _equal(name, _listed(getattr(wrong, name)), _listed(getattr(given, name)), declared)
        for name in FIELDS[1:]
        if getattr(given, name) is not None
    )


def _equal(
    name: str, wrong: dict[str, Number], given: dict[str, Number], declared: Declaration
) -> bool:
    budget = declared.budget(name)
    return wrong.keys() == given.keys() and all(
        abs(given[key].value - number.value) <= budget.radius(number.value)
        for key, number in wrong.items()
    )


def _listed(value: dict[str, Number] | Number | None) -> dict[str, Number]:
    if value is None:
        return {}
    return {"": value} if isinstance(value, Number) else value

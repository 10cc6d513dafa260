"""From failures to the kind of bug that fits them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from exact_cbil.testing.answers import FIELDS, Answer, Number
from exact_cbil.testing.budgets import Declaration
from exact_cbil.testing.bugs import BUGS
from exact_cbil.testing.judge import Grade, judge
from exact_cbil.testing.questions import Question
from exact_cbil.testing.reference import Reference
from exact_cbil.testing.suite import Report

__all__ = ["suspects"]


@lru_cache(2**14)
def _outcome(flag: str, question: Question, reference: Reference) -> tuple[bool, Answer | None]:
    """Whether a learner with this bug errs, and its answer unless it raises."""
    try:
        answer = BUGS[flag].learner.step(question.model, question.history)
    except ZeroDivisionError:
        return True, None
    return judge(reference.expected(question), answer).grade is not Grade.MATCH, answer


class _Suspicion:
    """What learners with known bugs answer to the questions of a run."""

    def __init__(self, declared: Declaration, reference: Reference) -> None:
        self.declared = declared
        self.reference = reference

    def grade(self, flag: str, question: Question) -> tuple[bool, Answer | None]:
        """Whether a learner with this bug errs, and its answer unless it raises."""
        return _outcome(flag, question, self.reference)

    def explains(self, flag: str, question: Question, given: Answer | None) -> bool:
        """Whether a learner with this bug would have given the same wrong answer."""
        errs, answer = self.grade(flag, question)
        return errs and answer is not None and given is not None and self._same(answer, given)

    def _same(self, wrong: Answer, given: Answer) -> bool:
        if given.top_set is not None and given.top_set != wrong.top_set:
            return False
        return all(
            self._equal(name, _listed(getattr(wrong, name)), _listed(getattr(given, name)))
            for name in FIELDS[1:]
            if getattr(given, name) is not None
        )

    def _equal(self, name: str, wrong: dict[str, Number], given: dict[str, Number]) -> bool:
        budget = self.declared.budget(name)
        return wrong.keys() == given.keys() and all(
            abs(given[key].value - number.value) <= budget.radius(number.value)
            for key, number in wrong.items()
        )


def _listed(value: dict[str, Number] | Number | None) -> dict[str, Number]:
    if value is None:
        return {}
    return {"": value} if isinstance(value, Number) else value


def suspects(report: Report, declared: Declaration, reference: Reference) -> list[tuple[str, int]]:
    """The kinds of bug that fit the failures, best first: (flag, failures it accounts for).

    A bug explains a failure when a learner that has it gives the same wrong answer (within the
    budget). Among bugs that explain equally many, that one comes first which best predicts the
    failures, counting questions that matched against it: with `e11` failures on which it errs, the
    score is `e11 / sqrt(failures * all on which it errs)` (Ochiai).
    """
    suspicion = _Suspicion(declared, reference)
    wrong: Sequence[tuple[Question, Answer | None]] = [
        (failure.question, failure.answer) for failure in report.failures
    ]
    ranked = []
    for flag in BUGS:
        hits = sum(suspicion.grade(flag, question)[0] for question, _ in wrong)
        if not hits:
            continue
        explained = sum(suspicion.explains(flag, question, answer) for question, answer in wrong)
        missed = sum(suspicion.grade(flag, question)[0] for question in report.matched)
        ranked.append((explained, hits / math.sqrt(len(wrong) * (hits + missed)), flag, hits))
    ranked.sort(key=lambda row: (-row[0], -row[1]))
    return [(flag, explained or hits) for explained, _, flag, hits in ranked]

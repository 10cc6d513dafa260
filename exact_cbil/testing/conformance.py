"""Conformance as pytest tests: subclass `ConformanceTests`, or `pytest --cbil-implementation`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from exact_cbil.testing.budgets import Declaration
from exact_cbil.testing.judge import Verdict
from exact_cbil.testing.questions import Question
from exact_cbil.testing.reference import Reference
from exact_cbil.testing.stream import stream
from exact_cbil.testing.subjects import ObjectSubject, Subject, SubjectFailed, load
from exact_cbil.testing.suite import examine, verdict_of
from exact_cbil.testing.suspects import suspects
from exact_cbil.testing.vectors import Vector, shipped_vectors

__all__ = ["ConformanceTests"]

_reference = Reference()


@cache
def _vectors() -> dict[str, Vector]:
    return {vector.question.id: vector for vector in shipped_vectors()}


class ConformanceTests:
    """The tests that an implementation must pass. Subclass it, name it `Test...`, set `subject`.

    implementation: an object with `step` or `steps`, a `Subject`, or "module:name".
    budgets, omits, skips: what it declares, as in `exact-cbil conform`.
    random_questions, seed: how many random questions, and which.

    class TestMine(ConformanceTests):
        implementation = MyLearner()
        budgets = ("posterior=4ulp",)
    """

    implementation: Any = None
    budgets: Iterable[str] = ()
    omits: Iterable[str] = ()
    skips: Iterable[str] = ()
    random_questions: int = 200
    seed: int = 0

    def pytest_generate_tests(self, metafunc: Any) -> None:
        """Make one test of each vector."""
        if "vector_id" in metafunc.fixturenames:
            metafunc.parametrize("vector_id", list(_vectors()))

    def _subject(self) -> Subject:
        given = self.implementation
        if isinstance(given, Subject):
            return given
        return load(given) if isinstance(given, str) else ObjectSubject(given)

    def _declaration(self) -> Declaration:
        return Declaration.parse(self.budgets, self.omits, self.skips)

    def test_vector(self, vector_id: str) -> None:
        """One stored question is answered as it must be."""
        import pytest

        question = _vectors()[vector_id].question
        declared = self._declaration()
        for flag in question.flags:
            if flag in declared.skips:
                pytest.skip(f"declared: {declared.skips[flag]}")
        try:
            (reply,) = self._subject().answers([question])
        except SubjectFailed as problem:
            pytest.fail(str(problem))
        verdict = verdict_of(reply, _reference, declared)
        if not verdict.outcome.fine:
            pytest.fail(_message(question, verdict), pytrace=False)

    def test_random_questions(self) -> None:
        """A stream of random questions is answered as it must be."""
        import pytest

        declared = self._declaration()
        questions = stream(self.seed, self.random_questions)
        report = examine(self._subject(), questions, declared, reference=_reference)
        if report.conforms:
            return
        lines = [f"{report.asked} questions: {_counts(report.counts)}", report.stopped or ""]
        lines += [f"suspect {flag}" for flag, _ in suspects(report, declared, _reference)[:3]]
        lines += [_message(f.question, f.verdict) for f in report.failures[:1]]
        pytest.fail("\n".join(filter(None, lines)), pytrace=False)


def _counts(counts: Any) -> str:
    return ", ".join(f"{count} {outcome.value}" for outcome, count in counts.items())


def _message(question: Question, verdict: Verdict) -> str:
    flags = f" (suspect: {', '.join(question.flags)})" if question.flags else ""
    problems = "\n  ".join(verdict.problems)
    return f"{question.id}: {verdict.outcome.value}{flags}\n  {problems}\n  {question.line[:2000]}"

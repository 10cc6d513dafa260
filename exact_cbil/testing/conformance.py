"""Conformance as pytest tests: subclass `ConformanceTests`, or `pytest --cbil-implementation`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from exact_cbil.testing.budgets import Declaration
from exact_cbil.testing.judge import Judgement
from exact_cbil.testing.programs import HostedSubject
from exact_cbil.testing.questions import Question
from exact_cbil.testing.reference import Reference
from exact_cbil.testing.stream import RANDOM_QUESTIONS, stream
from exact_cbil.testing.subjects import CouldNotRun, ObjectSubject, Subject, SubjectFailed
from exact_cbil.testing.suite import ask, examine
from exact_cbil.testing.suspects import suspects
from exact_cbil.testing.vectors import Vector, shipped_vectors

__all__ = ["ConformanceTests"]

_reference = Reference()


@cache
def _vectors() -> dict[str, Vector]:
    return {vector.question.id: vector for vector in shipped_vectors()}


class ConformanceTests:
    """The tests that an implementation must pass: subclass it, call that `Test...`.

    implementation: "module:name", which is run in a process of its own; or an object with `step`
        or `steps`, run in this one, where nothing keeps it from changing the judge; or a `Subject`.
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
    random_questions: int = RANDOM_QUESTIONS
    seed: int = 0
    _made: Any

    def pytest_generate_tests(self, metafunc: Any) -> None:
        """Make one test of each vector."""
        if "vector_id" in metafunc.fixturenames:
            metafunc.parametrize("vector_id", list(_vectors()))

    @classmethod
    def _subject(cls) -> Subject:
        if "_made" not in cls.__dict__:
            cls._made = _subject_of(cls.implementation)
        made: Subject = cls._made
        return made

    @classmethod
    def teardown_class(cls) -> None:
        """End the process of an implementation that has one."""
        if "_made" in cls.__dict__:
            cls._made.close()
            del cls._made

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
            judgement = ask(self._subject(), question, declared, _reference)
        except (CouldNotRun, SubjectFailed) as problem:
            pytest.fail(str(problem), pytrace=False)
        if not judgement.grade.fine:
            pytest.fail(_message(question, judgement), pytrace=False)

    def test_random_questions(self) -> None:
        """A stream of random questions is answered as it must be."""
        import pytest

        declared = self._declaration()
        if self.random_questions == 0:
            pytest.skip("declared: random_questions = 0")
        questions = stream(self.seed, self.random_questions)
        try:
            report = examine(self._subject(), questions, declared, reference=_reference)
        except CouldNotRun as problem:
            pytest.fail(str(problem), pytrace=False)
        if report.conforms:
            return
        lines = [f"{report.asked} questions: {_counts(report.counts)}", report.stopped or ""]
        lines += [f"suspect {flag}" for flag, _ in suspects(report, declared)[:3]]
        lines += [_message(f.question, f.judgement) for f in report.failures[:1]]
        pytest.fail("\n".join(filter(None, lines)), pytrace=False)


def _subject_of(given: Any) -> Subject:
    if isinstance(given, Subject):
        return given
    if isinstance(given, str):
        return HostedSubject(given)
    return ObjectSubject(given() if isinstance(given, type) else given)


def _counts(counts: Any) -> str:
    return ", ".join(f"{count} {grade.value}" for grade, count in counts.items())


def _message(question: Question, judgement: Judgement) -> str:
    flags = f" (suspect: {', '.join(question.flags)})" if question.flags else ""
    problems = "\n  ".join(judgement.problems)
    return f"{question.id}: {judgement.grade.value}{flags}\n  {problems}\n  {question.line[:2000]}"

"""Every wrong learner is caught by the vectors alone and by the stream alone, and is named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from exact_cbil.testing import Grade, ObjectSubject, Question, examine
from exact_cbil.testing.suite import Report
from exact_cbil.testing.suspects import suspects
from tests.conform_helpers import EXACT, REFERENCE, random_questions, vectors
from tests.subjects.brute import Brute
from tests.subjects.float64 import Float64
from tests.subjects.integers import Batch
from tests.subjects.mutants import MUTANTS, Mutant

FIRST = 3
"""How many suspects count as the first reported."""
each = pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)


def ask(implementation: Any, questions: Sequence[Question]) -> Report:
    return examine(ObjectSubject(implementation), questions, EXACT, reference=REFERENCE)


def assert_named(report: Report, mutant: Mutant) -> None:
    flags = [flag for flag, _ in suspects(report, EXACT, REFERENCE)]
    assert mutant.flag in flags[:FIRST], flags


@pytest.mark.parametrize("right", [Brute(), Batch(), REFERENCE], ids=lambda r: type(r).__name__)
def test_right_learners_pass_both(right: Any) -> None:
    for questions in (vectors(), random_questions(2000)):
        report = ask(right, questions)
        assert report.conforms
        assert report.counts == {Grade.MATCH: len(questions)}


@each
def test_vectors_alone_catch_and_name_it(mutant: Mutant) -> None:
    report = ask(mutant.implementation(), vectors())
    assert not report.conforms
    assert_named(report, mutant)


@each
def test_the_stream_alone_catches_and_names_it(mutant: Mutant) -> None:
    for count in (150, 600, 2000):
        report = ask(mutant.implementation(), random_questions(count))
        if len(report.failures) >= 10:
            break
    assert not report.conforms
    assert_named(report, mutant)


def test_there_are_enough_mutants_for_every_kind_of_bug() -> None:
    from exact_cbil.testing.bugs import BUGS

    assert {mutant.flag for mutant in MUTANTS} == set(BUGS)


def test_a_bug_in_a_float_learner_is_named_too() -> None:
    """The flag is found through rounding: within the budget, the wrong answers are the same."""
    from exact_cbil.testing import Declaration
    from tests.subjects.float64 import BUDGETS

    class Maximum(Float64):
        def step(self, model: Any, history: Any) -> dict[str, Any]:
            answer = super().step(model, history)
            answer["query_probability"] = 1 - answer["query_probability"]
            return answer

    declared = Declaration.parse(BUDGETS)
    report = examine(ObjectSubject(Maximum()), vectors(), declared, reference=REFERENCE)
    assert suspects(report, declared, REFERENCE)[0][0] == "query-probability"

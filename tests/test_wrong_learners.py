"""Every wrong learner is caught by the vectors alone and by the stream alone, and is named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import pytest

from exact_cbil.testing import Declaration, Grade, ObjectSubject, Question, examine
from exact_cbil.testing.misreadings import MISREADINGS
from exact_cbil.testing.questions import read_question
from exact_cbil.testing.suite import Report
from exact_cbil.testing.suspects import LONGEST_HISTORY, MOST_POLICIES, suspects
from exact_cbil.testing.suspects import _answer as suspects_answer
from exact_cbil.testing.wrong_learners import RIGHT, WRONG_LEARNERS, LiteralLearner, WrongLearner
from tests.conform_helpers import EXACT, REFERENCE, SCALE, STREAM, random_questions, vectors
from tests.conftest import LARGE
from tests.subjects.float64 import BUDGETS, Float64
from tests.subjects.integers import Batch

FIRST = 4
"""How many suspects count as the first reported."""
SIZES = {"many-policies", "long-history", "underflow"}
"""Bugs that only a large question shows."""
UNNAMED = {"alpha-one", "memory"}
"""One answers nothing, the other answers rightly when it is asked alone, as a suspect is."""

SAMPLE = 1 if LARGE else 14
"""One misreading in so many is asked about; of the edits, the first of each kind."""

misreading = pytest.mark.parametrize(
    "learner",
    [
        pytest.param(learner, id=f"{flag}-{number}")
        for flag in MISREADINGS
        for number, learner in enumerate(WRONG_LEARNERS[flag].learners)
    ][::SAMPLE],
)

each = pytest.mark.parametrize(
    ("wrong", "learner"),
    [
        pytest.param(wrong, learner, id=f"{wrong.flag}-{number}")
        for wrong in WRONG_LEARNERS.values()
        if wrong.flag not in MISREADINGS
        for number, learner in enumerate(wrong.learners)
        if LARGE or number == 0
    ],
)


@pytest.fixture(scope="module", autouse=True)
def _answers_once() -> Iterator[None]:
    """Read each question once, and keep what each learner answers: it is a suspect of all others.

    None of the learners here changes what it is given.
    """
    answer = LiteralLearner.answer
    known, suspected = dict[tuple[int, str], Any](), dict[tuple[int, str], Any]()

    def once(learner: LiteralLearner, question: Mapping[str, Any]) -> Any:
        key = id(learner), question["id"]
        if key not in known:
            known[key] = answer(learner, question)
        return known[key]

    def suspected_once(learner: LiteralLearner, question: Question) -> Any:
        key = id(learner), question.id
        if key not in suspected:
            suspected[key] = suspects_answer(learner, question)
        return suspected[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LiteralLearner, "answer", once)
        patch.setattr("exact_cbil.testing.suspects._answer", suspected_once)
        patch.setattr("exact_cbil.testing.subjects.read_question", cache(read_question))
        yield


def ask(implementation: Any, questions: Sequence[Question]) -> Report:
    return examine(ObjectSubject(implementation), questions, EXACT, reference=REFERENCE)


def quick(questions: Sequence[Question], flag: str = "") -> list[Question]:
    """Those that a literal learner answers quickly, and those that bear a flag."""
    return [
        q
        for q in questions
        if flag in q.flags
        or (len(q.history) <= LONGEST_HISTORY and len(q.model.policies) <= MOST_POLICIES)
    ]


def assert_named(report: Report, wrong: WrongLearner) -> None:
    flags = [flag for flag, _ in suspects(report, EXACT)]
    assert wrong.flag in flags[:FIRST], flags


@pytest.mark.parametrize("right", [Batch(), REFERENCE], ids=lambda r: type(r).__name__)
def test_right_learners_pass_both(right: Any) -> None:
    for questions in (vectors(), random_questions(150 * SCALE)):
        report = ask(right, questions)
        assert report.conforms
        assert report.counts == {Grade.MATCH: len(questions)}


def test_the_specification_agrees_with_the_engine() -> None:
    questions = quick(random_questions(150 * SCALE))
    assert ask(RIGHT, questions).counts == {Grade.MATCH: len(questions)}


@each
def test_vectors_alone_catch_and_name_it(wrong: WrongLearner, learner: LiteralLearner) -> None:
    report = ask(learner, quick(vectors(), wrong.flag if wrong.flag in SIZES else ""))
    assert not report.conforms
    if wrong.flag not in UNNAMED:
        assert_named(report, wrong)


@each
def test_the_stream_alone_catches_it(wrong: WrongLearner, learner: LiteralLearner) -> None:
    for count in (50, 150, 600, 2000):
        questions = random_questions(count)
        if wrong.flag in SIZES:
            small = set(map(id, quick(questions)))
            report = ask(learner, [q for q in questions if id(q) not in small])
        else:
            report = ask(learner, quick(questions))
        if not report.conforms:
            break
    assert not report.conforms
    if wrong.flag not in SIZES | UNNAMED:
        assert_named(report, wrong)


@misreading
def test_vectors_alone_catch_a_misreading(learner: LiteralLearner) -> None:
    assert caught_by(learner, sorted(vectors(), key=lambda question: len(question.line)))


@misreading
def test_the_stream_alone_catches_a_misreading(learner: LiteralLearner) -> None:
    assert caught_by(learner, random_questions(2000 if LARGE else STREAM))


def caught_by(learner: LiteralLearner, questions: Sequence[Question]) -> bool:
    """Whether some question is answered wrongly, or not at all; no more are asked after it."""
    return any(not ask(learner, [question]).conforms for question in questions)


def test_there_are_enough_wrong_learners() -> None:
    assert sum(len(wrong.learners) for wrong in WRONG_LEARNERS.values()) >= 150


def test_a_bug_in_a_float_learner_is_named_too() -> None:
    """The flag is found through rounding: within the budget, the wrong answers are the same."""

    class Mass(Float64):
        def step(self, model: Any, history: Any) -> dict[str, Any]:
            answer = super().step(model, history)
            answer["query_probability"] = 1 - answer["query_probability"]
            return answer

    declared = Declaration.parse(BUDGETS)
    report = examine(ObjectSubject(Mass()), quick(vectors()), declared, reference=REFERENCE)
    assert suspects(report, declared)[0][0] == "query-probability"

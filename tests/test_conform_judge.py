"""The judge: exactness, budgets, what is near a boundary and what is not."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exact_cbil.errors import CbilError
from exact_cbil.models import treacherous_turn
from exact_cbil.testing import Declaration, Grade, ObjectSubject, Question, examine
from exact_cbil.testing.answers import Answer, Number, answer_document, read_answer
from exact_cbil.testing.budgets import Budget, ulp, ulps_between
from exact_cbil.testing.diagnosis import diagnose
from exact_cbil.testing.judge import judge
from exact_cbil.testing.strategies import near_tie_models
from exact_cbil.testing.subjects import Reply, SubjectFailed
from exact_cbil.testing.suite import diverging_step
from tests.conform_helpers import REFERENCE, STREAM, expected, random_questions, vectors
from tests.conftest import examples
from tests.subjects.float64 import BUDGETS, Float64

QUESTION = Question("q", treacherous_turn().with_alpha("1/20"), ())
FLOATS = Declaration.parse(BUDGETS)


def right(question: Question) -> Answer:
    return read_answer(answer_document(expected(question).step, "q", question.model.actions))


def with_posterior(answer: Answer, name: str, number: Number) -> Answer:
    assert answer.posterior is not None
    return replace(answer, posterior={**answer.posterior, name: number})


@given(st.fractions(min_value=0, max_value=1), st.integers(-1070, 3))
def test_ulp_is_that_of_the_machine(value: Fraction, exponent: int) -> None:
    import math

    number = math.ldexp(float(value), exponent)
    assert ulp(Fraction(number)) == Fraction(math.ulp(number))


@pytest.mark.parametrize("off", [0, 1, 4, 5])
def test_a_float_is_held_to_its_budget_in_ulps(off: int) -> None:
    exact = Fraction(7, 10)
    given_value = exact + off * ulp(exact)
    answer = with_posterior(right(QUESTION), "traitor", Number(given_value, False))
    judgement = judge(expected(QUESTION), answer, Declaration.parse(["posterior=4ulp"]))
    assert judgement.grade is (Grade.MATCH if off <= 4 else Grade.MISMATCH)
    assert judgement.errors == {"posterior": off}


def test_an_exact_answer_has_no_budget() -> None:
    off = Fraction(7, 10) + Fraction(1, 10**40)
    answer = with_posterior(right(QUESTION), "traitor", Number(off, True))
    judgement = judge(expected(QUESTION), answer, Declaration.parse(["posterior=1"]))
    assert judgement.grade is Grade.MISMATCH


def test_absolute_budgets() -> None:
    answer = with_posterior(
        right(QUESTION), "traitor", Number(Fraction(7, 10) + Fraction(1, 1000), False)
    )
    for bound, grade in (("1e-3", Grade.MATCH), ("1/1001", Grade.MISMATCH)):
        declared = Declaration.parse([f"posterior={bound}", "top_set=0"])
        assert judge(expected(QUESTION), answer, declared).grade is grade


@pytest.mark.parametrize("name", ["top_set", "posterior", "minimum", "query_probability"])
def test_a_field_may_be_left_out_only_if_declared(name: str) -> None:
    answer = replace(right(QUESTION), **{name: None})
    assert judge(expected(QUESTION), answer).grade is Grade.MISMATCH
    declared = Declaration.parse(omits=[name])
    assert judge(expected(QUESTION), answer, declared).grade is Grade.MATCH


@pytest.mark.parametrize(
    ("top", "problem"),
    [
        (("traitor", "noisy"), "is not at the threshold"),
        (("noisy", "traitor", "demonstrator"), "is ranked before"),
        (("traitor", "traitor"), "a name twice"),
        (("traitor", "nobody"), "has no weight"),
        ((), "has no weight"),
    ],
)
def test_a_wrong_top_set_far_from_a_boundary(top: tuple[str, ...], problem: str) -> None:
    answer = replace(right(QUESTION), top_set=top)
    judgement = judge(expected(QUESTION), answer, FLOATS)
    assert judgement.grade is Grade.MISMATCH
    assert problem in judgement.problems[0]


def swapped_tie() -> tuple[Question, Answer]:
    question = next(q for q in vectors() if q.id == "v1-tie-two")
    return question, replace(right(question), top_set=("two", "one"))


def test_a_tie_is_excused_only_by_a_budget() -> None:
    question, answer = swapped_tie()
    assert judge(expected(question), answer).grade is Grade.MISMATCH
    judgement = judge(expected(question), answer, FLOATS)
    assert judgement.grade is Grade.NEAR_BOUNDARY
    assert "within the budget of a boundary" in judgement.problems[0]
    assert judgement.distance == 0


def test_a_budget_excuses_one_decision_and_not_another() -> None:
    """A tie at the head does not excuse leaving out a clear member."""
    question = next(q for q in vectors() if q.id == "v1-tie-two")
    answer = replace(right(question), top_set=("two",))
    judgement = judge(expected(question), answer, FLOATS)
    assert judgement.grade is Grade.MISMATCH


def test_the_minimum_is_that_of_the_excused_top_set() -> None:
    question = next(q for q in vectors() if q.id == "v1-near-threshold")
    both = {"a": Number(Fraction(1, 4), False), "b": Number(Fraction(1, 4), False)}
    fine = replace(
        right(question),
        top_set=("one", "two"),
        minimum=both,
        query_probability=Number(Fraction(1, 2), False),
    )
    assert judge(expected(question), fine, FLOATS).grade is Grade.NEAR_BOUNDARY
    mixed = replace(fine, minimum=right(question).minimum)
    assert judge(expected(question), mixed, FLOATS).grade is Grade.MISMATCH


@examples(60)
@given(near_tie_models(), st.data())
def test_whatever_is_excused_lies_within_the_budget(model: Any, data: st.DataObject) -> None:
    """For any claimed top set: excused implies distance <= the largest relative radius."""
    question = Question("q", model, ())
    truth = expected(question)
    names = list(model.policies)
    top = data.draw(st.lists(st.sampled_from(names), unique=True))
    budget = data.draw(st.sampled_from(["1ulp", "256ulp", "1e-15", "1/100"]))
    answer = Answer(top_set=tuple(top))
    declared = Declaration.parse(
        [f"top_set={budget}"], omits=["posterior", "minimum", "query_probability"]
    )
    judgement = judge(truth, answer, declared)
    assert (judgement.grade is Grade.MATCH) == (tuple(top) == truth.step.top_set)
    if judgement.grade is Grade.NEAR_BOUNDARY:
        radius = max(Budget.parse(budget).radius(w) / w for w in truth.step.posterior.values())
        assert judgement.distance is not None
        assert judgement.distance <= radius


def test_the_float64_learner_fails_only_beyond_its_budget_or_near_a_boundary() -> None:
    questions = [*vectors(), *random_questions(STREAM)]
    report = examine(ObjectSubject(Float64()), questions, FLOATS, reference=REFERENCE)
    assert report.stopped is None
    assert set(report.counts) <= {Grade.MATCH, Grade.NEAR_BOUNDARY, Grade.MISMATCH}
    assert report.counts[Grade.NEAR_BOUNDARY] > STREAM // 100
    assert report.counts[Grade.MATCH] > STREAM * 3 // 4
    subject = Float64()
    for judgement in report.near:
        # 256 ulp is at most 2^-44 of a weight.
        assert judgement.distance is not None
        assert judgement.distance <= Fraction(1, 2**44)
    for failure in report.failures:
        given_answer = subject.step(failure.question.model, failure.question.history)
        exact = expected(failure.question).step.posterior
        errors = [
            ulps_between(Fraction(given_answer["posterior"][name]), weight)
            for name, weight in exact.items()
        ]
        assert max(errors) > 256
    assert report.conforms == (not report.failures)


def test_first_diverging_step() -> None:
    class SlipsAtThree:
        def step(self, model: Any, history: Any) -> Any:
            return REFERENCE.step(model, history[:2])

    question = next(q for q in vectors() if q.id == "v1-dropped-returns")
    subject = ObjectSubject(SlipsAtThree())
    assert diverging_step(subject, question, Declaration(), REFERENCE) == 3


def test_raising_and_miscounting_objects() -> None:
    class Raises:
        def step(self, model: Any, history: Any) -> Any:
            raise RuntimeError("two\nlines")

    class Drops:
        def steps(self, batch: Any) -> list[Any]:
            return [REFERENCE.step(q.model, q.history) for q in batch][1:]

    report = examine(ObjectSubject(Raises()), vectors()[:3])
    assert report.counts == {Grade.ERRORED: 3}
    assert report.failures[0].judgement.problems == [
        r"answered with an error: 'raised RuntimeError: two\nlines'"
    ]
    report = examine(ObjectSubject(Drops()), vectors()[:3])
    assert report.counts == {Grade.NO_ANSWER: 3}
    assert report.stopped == "steps: expected 3 answers, got 2"


def test_declared_skips_are_counted_with_their_reason_and_do_not_conform_alone() -> None:
    declared = Declaration.parse(skips=["many-policies=at most 256 policies"])
    subject = ObjectSubject(REFERENCE)
    report = examine(subject, vectors(), declared)
    assert report.conforms
    assert report.reasons == {"at most 256 policies": 2}
    only = [q for q in vectors() if "many-policies" in q.flags]
    assert not examine(subject, only, declared).conforms


@pytest.mark.parametrize(
    ("budgets", "omits"),
    [
        (["posterior"], []),
        (["speed=4ulp"], []),
        (["posterior=-1"], []),
        (["posterior=1e99999"], []),
        (["posterior=x"], []),
        (["minimum=1ulp", "minimum=2ulp"], []),
        ("posterior=1ulp", []),
        ([], ["speed"]),
        ([], "minimum"),
        ([], ["top_set", "posterior", "minimum", "query_probability"]),
    ],
)
def test_bad_declarations(budgets: list[str], omits: list[str]) -> None:
    with pytest.raises(CbilError):
        Declaration.parse(budgets, omits)


def test_what_is_kept_between_questions_is_told_from_what_is_always_wrong() -> None:
    class Remembers:
        """Answers what it answered first about a class of these names; forgets when ended."""

        def __init__(self) -> None:
            self.known: dict[Any, Any] = {}

        def step(self, model: Any, history: Any) -> Any:
            key = tuple(model.policies)
            return self.known.setdefault(key, REFERENCE.step(model, history))

    class Restarted(ObjectSubject):
        def close(self) -> None:
            self.implementation = Remembers()

    subject = Restarted(Remembers())
    report = examine(subject, vectors()[:12], reference=REFERENCE)
    assert not report.conforms
    found = diagnose(report, subject, Declaration(), REFERENCE)
    assert found.right_alone == [failure.question.id for failure in report.failures[:3]]
    assert found.smallest is None
    assert found.diverging == []  # its prefixes would be answered from memory as well
    assert found.suspects[0] == ("memory", 3)


def test_what_goes_wrong_in_another_way_alone_is_not_right() -> None:
    class Chatters(ObjectSubject):
        """Says something that is no answer, and more than was asked."""

        def answers(self, questions: Any) -> Any:
            for question in questions:
                yield Reply(question, None, "not an answer")
            raise SubjectFailed("printed more than one answer a question")

    subject = Chatters(REFERENCE)
    report = examine(subject, vectors()[:4], reference=REFERENCE)
    assert report.counts == {Grade.ERRORED: 4}
    found = diagnose(report, subject, Declaration(), REFERENCE)
    assert found.right_alone == []
    assert found.suspects == []
    assert found.smallest is not None


def test_who_answers_nothing_has_no_suspects() -> None:
    class Raises:
        def step(self, model: Any, history: Any) -> Any:
            raise TypeError("expected something else")

    subject = ObjectSubject(Raises())
    report = examine(subject, vectors()[:12], reference=REFERENCE)
    assert report.counts[Grade.ERRORED] == 12
    assert diagnose(report, subject, Declaration(), REFERENCE).suspects == []


def test_a_fraction_counts_by_its_value_reduced_or_not() -> None:
    step = expected(QUESTION).step.query_probability
    for factor in (1, 6):
        told = f"{factor * step.numerator}/{factor * step.denominator}"
        answer = read_answer({"query_probability": told})
        declared = Declaration.parse(omits=["top_set", "posterior", "minimum"])
        assert judge(expected(QUESTION), answer, declared).grade is Grade.MATCH


def test_floats_without_a_budget_are_pointed_out() -> None:
    subject = ObjectSubject(Float64())
    report = examine(subject, vectors()[:12], reference=REFERENCE)
    assert "posterior" in diagnose(report, subject, Declaration(), REFERENCE).floats


def test_the_question_that_breaks_a_learner_off_is_named_not_the_one_before_it() -> None:
    class BreaksOff(ObjectSubject):
        """Breaks off at one question, before answers to two earlier ones are let out."""

        def answers(self, questions: Any) -> Any:
            asked = list(questions)
            if any(question.id == "v1-tie-cut" for question in asked):
                yield from super().answers(asked[:-3])
                raise SubjectFailed("ended")
            yield from super().answers(asked)

    listed = [q for q in vectors() if q.id != "v1-tie-cut"][:4]
    listed.append(next(q for q in vectors() if q.id == "v1-tie-cut"))
    subject = BreaksOff(REFERENCE)
    report = examine(subject, listed, reference=REFERENCE)
    assert report.counts[Grade.NO_ANSWER] == 3
    found = diagnose(report, subject, Declaration(), REFERENCE)
    assert found.suspects == []  # what was not reached speaks for no bug
    assert found.smallest is not None
    assert found.smallest.id == "v1-tie-cut"

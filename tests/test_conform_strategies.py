"""The published strategies: valid, reachable, registered, shrinking; and the stream."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from exact_cbil import Model, Semimeasure
from exact_cbil.errors import CbilError
from exact_cbil.learner import Learner
from exact_cbil.modelfile import read_model, write_model
from exact_cbil.policy import MoorePolicy
from exact_cbil.testing import Question, Reference, read_question
from exact_cbil.testing import strategies as cbil
from exact_cbil.testing.reference import distance
from exact_cbil.testing.stream import shrink, stream
from tests.conform_helpers import SCALE

few = settings(max_examples=60 * SCALE)


@given(cbil.semimeasures(), cbil.semimeasures(measure=True))
def test_semimeasures(any_mass: Semimeasure[str], full: Semimeasure[str]) -> None:
    assert 0 <= any_mass.total <= 1
    assert full.total == 1


@few
@given(cbil.models(max_horizon=3))
def test_models_can_be_written_and_read(model: Model) -> None:
    document = write_model(model)
    assert write_model(read_model(json.dumps(document))) == document


@few
@given(st.data())
def test_histories_are_reachable(data: st.DataObject) -> None:
    """Multiply the probabilities of the steps, by the definition of the interaction."""
    model = data.draw(cbil.models())
    history = data.draw(cbil.histories(model))
    learner, chance = Learner(model), Fraction(1)
    for t, step in enumerate(history):
        asked = tuple(s._replace(queried=True) for s in history[:t])
        now = learner.imitator_step(learner.belief(history[:t]))
        act = now.law(model.demonstrator_policy(asked))[(step.queried, step.action)]
        chance *= act * model.environment(asked, step.action)[step.observation]
    assert chance > 0


@few
@given(cbil.near_tie_models())
def test_near_tie_models_are_near_a_boundary(model: Model) -> None:
    away = distance(model.weights, model.exact_alpha)
    assert len(model.policies) == 1 or (away is not None and away < Fraction(1, 2**50))


@pytest.mark.parametrize("kind", [Semimeasure, MoorePolicy, Model, Question])
def test_types_are_registered(kind: type) -> None:
    assert isinstance(find(st.from_type(kind), lambda _: True), kind)


def test_a_model_shrinks_to_the_smallest() -> None:
    model = find(cbil.models(), lambda _: True)
    assert (len(model.policies), len(model.actions), len(model.observations)) == (1, 1, 1)
    two = find(cbil.models(), lambda m: len(m.policies) > 1 and m.alpha != 1)
    assert len(two.policies) == 2
    assert two.weights == (Fraction(1, 2), Fraction(1, 2))


def test_the_stream_is_a_function_of_its_seed() -> None:
    first, again, other = ([q.line for q in stream(seed, 40)] for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert len(set(first)) == 40


def test_questions_of_the_stream_survive_the_line_protocol() -> None:
    reference = Reference()
    for question in stream(3, 150):
        read = read_question(question.line)
        assert read.line == question.line
        assert reference.expected(read).step == reference.expected(question).step


def test_a_failure_of_the_stream_shrinks() -> None:
    def ignores_evidence(question: Question) -> bool:
        expected = Reference().expected(question)
        return expected.step.posterior != dict(question.model.prior)

    index = next(n for n, q in enumerate(stream(0, 50)) if ignores_evidence(q))
    found = shrink(0, index, ignores_evidence)
    assert found is not None
    assert ignores_evidence(found)
    assert len(found.history) == 1
    assert len(found.model.policies) <= 2


def test_a_failure_that_does_not_happen_again_is_not_shrunk() -> None:
    assert shrink(0, 0, lambda _: False) is None


QUESTION: dict[str, Any] = next(iter(stream(0, 1))).document


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"format": "cbil-question/2"}, r"\$\.format: expected"),
        ({"id": ""}, r"\$\.id: expected a non-empty name"),
        ({"model": []}, r"\$\.model: expected an object"),
        ({"history": {}}, r"\$\.history: expected an array"),
        ({"history": [{}]}, r"\$\.history\[0\]\.queried: expected this key"),
        (
            {"history": [{"queried": 1, "action": "a", "observation": "x"}]},
            r"history\[0\].queried",
        ),
        (
            {"history": [{"queried": True, "action": "?", "observation": "x"}]},
            r"history\[0\].action",
        ),
        ({"model": {**QUESTION["model"], "alpha": "0.5"}}, r"\$\.model\.alpha"),
        ({"extra": 1}, r"\$\.extra: unknown key"),
    ],
)
def test_malformed_questions(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(CbilError, match=problem):
        read_question(json.dumps({**QUESTION, **change}))

"""The JSON Schemas of the protocol say what is sent and what is taken."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from exact_cbil.errors import CbilError
from exact_cbil.testing.answers import answer_document, read_answer
from exact_cbil.testing.questions import canonical, read_question
from tests.conform_helpers import VECTORS, random_questions, vectors
from tests.subjects.float64 import Float64
from tests.subjects.learner import Learner


def validator(name: str) -> Any:
    schema = json.loads((files("exact_cbil.testing") / "schemas" / f"{name}.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


QUESTION, ANSWER = validator("question"), validator("answer")
EXAMPLE, GOOD = next(
    (v.question.document, v.answer) for v in VECTORS if v.question.id == "v1-queried"
)


def test_every_question_is_one() -> None:
    for question in [*vectors(), *random_questions(50)]:
        QUESTION.validate(question.document)


def test_every_answer_of_a_right_learner_is_one() -> None:
    for vector in VECTORS:
        ANSWER.validate(vector.answer)
    questions = [question for question in random_questions(50) if len(question.line) < 5000]
    learner: Any = Learner()
    for question, answer in zip(questions, learner.steps(questions), strict=True):
        ANSWER.validate(answer)
        floats = Float64().step(question.model, question.history)
        ANSWER.validate(answer_document(floats, question.id, question.model.actions))
    ANSWER.validate({"id": "x", "error": "why"})


Edit = Callable[[dict[str, Any]], Any]
BAD_QUESTIONS: dict[str, Edit] = {
    "no id": lambda q: q.pop("id"),
    "an empty id": lambda q: q.update(id=""),
    "another format": lambda q: q.update(format="cbil-question/2"),
    "an unknown key": lambda q: q.update(speed=1),
    "a float": lambda q: q["model"].update(alpha=0.5),
    "a decimal": lambda q: q["model"].update(alpha="0.5"),
    "a leading zero": lambda q: q["model"].update(alpha="01/2"),
    "a zero denominator": lambda q: q["model"].update(alpha="1/0"),
    "no actions": lambda q: q["model"].update(actions=[]),
    "no policies": lambda q: q["model"].update(policies={}),
    "an action twice": lambda q: q["model"]["actions"].append(q["model"]["actions"][0]),
    "no environment": lambda q: q["model"].pop("environment"),
    "a step without `queried`": lambda q: q["history"][0].pop("queried"),
    "a number for `queried`": lambda q: q["history"][0].update(queried=1),
    "a number for an action": lambda q: q["history"][0].update(action=1),
    "a machine without a start": lambda q: next(iter(q["model"]["policies"].values())).pop("start"),
}
BAD_ANSWERS: dict[str, Edit] = {
    "no fields": lambda a: [a.pop(key) for key in list(a) if key != "id"],
    "an unknown key": lambda a: a.update(speed=1),
    "a decimal": lambda a: a.update(query_probability="0.5"),
    "a truth value": lambda a: a.update(query_probability=True),
    "a list of numbers": lambda a: a.update(posterior=["1"]),
    "names that are numbers": lambda a: a.update(top_set=[1]),
    "one name for the top set": lambda a: a.update(top_set="one"),
}


@pytest.mark.parametrize("fault", BAD_QUESTIONS)
def test_what_is_no_question(fault: str) -> None:
    document = deepcopy(EXAMPLE)
    BAD_QUESTIONS[fault](document)
    assert not QUESTION.is_valid(document)
    with pytest.raises(CbilError):
        read_question(canonical(document))


@pytest.mark.parametrize("fault", BAD_ANSWERS)
def test_what_is_no_answer(fault: str) -> None:
    document = deepcopy(GOOD)
    BAD_ANSWERS[fault](document)
    assert not ANSWER.is_valid(document)
    if fault != "no fields":  # which is read, and every field is missed
        with pytest.raises(CbilError):
            read_answer(document)
    assert not ANSWER.is_valid({key: value for key, value in document.items() if key != "id"})

"""The page "check your implementation": its example is right, its options exist."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

from exact_cbil.cli.conform import command
from exact_cbil.testing import Grade, Question, read_question
from exact_cbil.testing.answers import read_answer
from exact_cbil.testing.judge import judge
from exact_cbil.testing.wrong_learners import RIGHT
from tests.conform_helpers import REFERENCE

PAGE = (files("exact_cbil.testing") / "README.md").read_text()


def test_the_example_is_right() -> None:
    question_text, answer_text = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    question: Question = read_question(question_text)
    answer: dict[str, Any] = json.loads(answer_text)
    judgement = judge(REFERENCE.expected(question), read_answer(answer))
    assert judgement.grade is Grade.MATCH
    assert RIGHT.answer(json.loads(question_text))["top_set"] == answer["top_set"]
    assert answer["id"] == question.id


def test_the_options_exist() -> None:
    known = {name for parameter in command.params for name in parameter.opts}
    plugin = {"--cbil-implementation", "--my-flag"}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", PAGE)) - plugin <= known

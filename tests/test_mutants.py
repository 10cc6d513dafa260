"""Every mutant of the specification is caught, by the vectors alone and by the stream alone."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from exact_cbil.testing import Question
from exact_cbil.testing.wrong_learners import RIGHT
from tests import conform_helpers
from tests.conftest import LARGE
from tests.mutants import Mutant, mutants

LONGEST = 6000
"""Characters of a question that is asked: the specification is slow at large ones."""
STREAM = 2000
SAMPLE = 1 if LARGE else 40
"""One mutant in so many is asked."""

EQUIVALENT: dict[str, str] = {
    name: reason
    for reason, names in tomllib.loads(
        Path(__file__).with_name("equivalent_mutants.toml").read_text()
    ).items()
    for name in names
}
Asked = list[tuple[str, Any]]


def asked(questions: Sequence[Question]) -> Asked:
    lines = [question.line for question in questions]
    short = [line for line in lines if len(line) < LONGEST and line.count('"start"') < 14]
    return [(line, RIGHT.answer(json.loads(line))) for line in short]


@cache
def vectors() -> Asked:
    return asked(conform_helpers.vectors())


@cache
def random_questions() -> Asked:
    return asked(conform_helpers.random_questions(STREAM))


def caught(mutant: Mutant, questions: Asked) -> bool:
    learner = mutant.learner()
    return any(wrong(learner, line, right) for line, right in questions)


def wrong(learner: Callable[[str], Any], line: str, right: Any) -> bool:
    try:
        return bool(learner(line) != right)
    except Exception:  # whatever a wrong learner may raise: it gave no answer
        return True


@pytest.mark.parametrize("name", [n for n in mutants() if n not in EQUIVALENT][::SAMPLE])
def test_a_mutant_is_caught_by_both(name: str) -> None:
    mutant = mutants()[name]
    assert caught(mutant, vectors()), "by no vector"
    assert caught(mutant, random_questions()), "by no question of the stream"


@pytest.mark.parametrize("name", list(EQUIVALENT)[::SAMPLE])
def test_what_is_called_equivalent_answers_all_rightly(name: str) -> None:
    mutant = mutants()[name]
    assert not caught(mutant, vectors() + random_questions()[:: 1 if LARGE else 40])


def test_there_are_enough_mutants() -> None:
    assert EQUIVALENT.keys() <= mutants().keys()
    assert len(mutants()) - len(EQUIVALENT) >= 150

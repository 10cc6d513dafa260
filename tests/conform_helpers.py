"""What the tests of conformance share: subjects, questions and their answers, each made once."""

from __future__ import annotations

import json
from functools import cache
from itertools import islice
from pathlib import Path

from exact_cbil.testing import Declaration, Question, Reference
from exact_cbil.testing.reference import Expected
from exact_cbil.testing.stream import stream
from exact_cbil.testing.vectors import shipped_vectors
from tests.conftest import LARGE

SUBJECTS = Path(__file__).parent / "subjects"
C_BUDGETS = ("posterior=1ulp", "minimum=1ulp", "query_probability=1e-16", "top_set=4ulp")
EXACT = Declaration()
SCALE = 10 if LARGE else 1
"""How many times more examples a large run draws."""
STREAM = 2000 if LARGE else 600
"""How many questions of the stream are asked where many are."""


class Cached(Reference):
    """A reference that answers each question once, for many subjects."""

    def __init__(self) -> None:
        super().__init__()
        self.expected = cache(super().expected)  # type: ignore[method-assign]


REFERENCE = Cached()
VECTORS = shipped_vectors()


def named(name: str) -> str:
    """The line of a question of which the id, a policy and the demonstrator have a name."""
    document = json.loads(VECTORS[0].question.line)
    model = document["model"]
    first = next(iter(model["policies"]))
    for part in (model["policies"], model["prior"]):
        part[name] = part.pop(first)
    model["demonstrator"] = name
    return json.dumps(document | {"id": name})


def vectors() -> list[Question]:
    return [vector.question for vector in VECTORS]


_drawn: list[Question] = []
_others = stream(0)


def random_questions(count: int) -> list[Question]:
    """The first questions of the stream; each is drawn once."""
    _drawn.extend(islice(_others, max(0, count - len(_drawn))))
    return _drawn[:count]


def expected(question: Question) -> Expected:
    return REFERENCE.expected(question)

"""The vectors are canonical, right, of bounded size, and sensitive to the bugs they name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from exact_cbil.errors import CbilError
from exact_cbil.testing import ObjectSubject, Question, examine
from exact_cbil.testing.scenarios import groups
from exact_cbil.testing.vectors import (
    VERSIONS,
    Vector,
    read_vectors,
    write_vectors,
)
from exact_cbil.testing.wrong_learners import RIGHT, WRONG_LEARNERS
from tests.conform_helpers import REFERENCE, VECTORS
from tests.conftest import LARGE

HOME = Path(__file__).parents[1] / "exact_cbil" / "testing" / "vectors"
LINE = (HOME / "v1" / "top-set.jsonl").read_text().partition("\n")[0]
QUICK = [v for v in VECTORS if LARGE or len(v.question.model.policies) < 1000]
PAIRED = [v.question for v in VECTORS if "memory" in v.question.flags]
SAMPLE = 1 if LARGE else 3
"""One vector in so many is computed again."""

by_id = pytest.mark.parametrize("vector", VECTORS[::SAMPLE], ids=lambda v: v.question.id)
quick_by_id = pytest.mark.parametrize("vector", QUICK[::SAMPLE], ids=lambda v: v.question.id)


def numbers(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer with every number as a Fraction, read without the package."""
    return {
        **answer,
        "posterior": {k: Fraction(v) for k, v in answer["posterior"].items()},
        "minimum": {k: Fraction(v) for k, v in answer["minimum"].items()},
        "query_probability": Fraction(answer["query_probability"]),
    }


FROZEN = {
    "v1/evidence.jsonl": "9ee2914a1c43fcb1",
    "v1/machines.jsonl": "e4bb68616ebf42d3",
    "v1/minimum.jsonl": "5de37a5f290c34d2",
    "v1/shipped.jsonl": "1f998c1d0ceb9ef7",
    "v1/sizes.jsonl": "36d6e287ee28e43c",
    "v1/top-set.jsonl": "f20ca3605f3a9239",
    "v2/covering.jsonl": "87feaf77cd71ded8",
    "v2/mutants.jsonl": "2ea84e9c8c2e13ab",
    "v2/pairs.jsonl": "38224e53a1d52994",
    "v2/shapes.jsonl": "0966f554555924dd",
}
"""Published vectors do not change, whatever becomes of what drew them: new ones go to new files."""


def test_published_vectors_are_what_they_were() -> None:
    files = {f"{path.parent.name}/{path.name}": path.read_bytes() for path in HOME.glob("*/*")}
    digests = {name: hashlib.sha256(content).hexdigest()[:16] for name, content in files.items()}
    assert digests == FROZEN


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_written_by_hand_gives_the_same_bytes(tmp_path: Path, version: str) -> None:
    write_vectors(tmp_path, groups(version))
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (HOME / version / path.name).read_bytes()


@quick_by_id
def test_the_specification_gives_the_stored_answer(vector: Vector) -> None:
    assert RIGHT.answer(vector.question.document) == numbers(vector.answer)


def neighbours(question: Question) -> list[Question]:
    """The paired questions next to one, fewer than a batch."""
    place = PAIRED.index(question)
    return [*PAIRED[max(0, place - 4) : place], *PAIRED[place + 1 : place + 5]]


@quick_by_id
def test_a_learner_with_the_flagged_bug_is_caught(vector: Vector) -> None:
    assert vector.question.flags
    for flag in vector.question.flags:
        learners = map(ObjectSubject, WRONG_LEARNERS[flag].learners)
        # A memory, which may last for one batch, shows at the second of two questions.
        before = neighbours(vector.question) if flag == "memory" else []
        questions = [*before, vector.question]
        asked = (examine(learner, questions, reference=REFERENCE) for learner in learners)
        failed = [f.question for report in asked for f in report.failures]
        assert vector.question in failed, flag


def test_every_bug_is_flagged_somewhere() -> None:
    assert {flag for v in VECTORS for flag in v.question.flags} == set(WRONG_LEARNERS)


def test_no_integer_has_more_than_4000_digits() -> None:
    for path in HOME.glob("*/*"):
        assert max(map(len, re.findall(rb"[0-9]+", path.read_bytes()))) <= 4000


def decisions(weights: list[Fraction], alpha: Fraction) -> Iterator[tuple[Fraction, Fraction]]:
    """Both sides of every comparison that the top set rests on, by the definition."""
    ranked = sorted((w for w in weights if w), reverse=True)
    for n in range(1, len(ranked)):
        running = sum(ranked[:n], Fraction(0))
        yield ranked[n - 1], ranked[n]
        yield (1 - alpha) * ranked[n], alpha * running
        if ranked[n] < alpha * (running + ranked[n]):
            return


@by_id
def test_stored_distance_is_the_least_that_turns_a_decision(vector: Vector) -> None:
    weights = [Fraction(w) for w in vector.answer["posterior"].values()]
    if len(weights) > 100:
        weights = sorted(weights, reverse=True)[:600]
    sides = list(decisions(weights, vector.question.model.exact_alpha))
    away = [abs(x - y) / (x + y) for x, y in sides]
    assert vector.distance == min(away, default=None)
    # At that distance two factors in [1-d, 1+d] make both sides equal, and below it none do.
    for (x, y), d in zip(sides, away, strict=True):
        extremes = [x * (1 + s * d) - y * (1 + t * d) for s, t in product((-1, 1), repeat=2)]
        assert min(extremes) <= 0 <= max(extremes)
        assert 0 in extremes


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{}", r'a\.jsonl:1: \$\.format: expected "cbil-vector/1", got nothing'),
        (
            LINE.replace('"flags":["tie-order"]', '"flags":[{}]'),
            r"\.flags\[0\]: expected a non-e",
        ),
        (LINE.replace("tie-order", "zzz"), r"\$\.flags\[0\]: unknown flag 'zzz'"),
        (LINE.replace('"comment":', '"x":'), r"\$\.comment: expected this key"),
        (LINE.replace('"alpha":"1/3"', '"alpha":"0"'), r"\$\.question\.model\.alpha"),
        ("[]", "expected a JSON object"),
        ('{"format":"cbil-vector/1","format":"x"}', "expected a key once"),
    ],
)
def test_a_malformed_vector_is_refused(tmp_path: Path, line: str, complaint: str) -> None:
    (tmp_path / "a.jsonl").write_text(line + "\n")
    with pytest.raises(CbilError, match=complaint):
        read_vectors(tmp_path)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CbilError, match="no vectors"):
        read_vectors(tmp_path)

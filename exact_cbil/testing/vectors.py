"""Stored questions with their answers: `vectors/v1` and `v2`, one `cbil-vector/1` object a line.

The writer here owns ids and form; `scenarios` says what is asked. Published vectors do not change.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import StrictStr

from exact_cbil.errors import CbilError, InvalidModel, printable, shorten
from exact_cbil.files import open_untrusted
from exact_cbil.numbers import text
from exact_cbil.strict_json import Name, Part, Rational, parse_json, shaped
from exact_cbil.testing.answers import answer_document
from exact_cbil.testing.questions import (
    Question,
    QuestionShape,
    canonical,
    read_lines,
)
from exact_cbil.testing.reference import Reference
from exact_cbil.testing.wrong_learners import WRONG_LEARNERS

__all__ = ["FORMAT", "VERSIONS", "Vector", "read_vectors", "shipped_vectors", "vector_line"]

FORMAT = "cbil-vector/1"
VERSIONS = ("v1", "v2")


class VectorShape(Part):
    """A whole line."""

    format: Literal["cbil-vector/1"]
    flags: list[Name]
    comment: StrictStr
    distance: Rational | None
    question: QuestionShape
    answer: dict[Name, Any]


class Vector(NamedTuple):
    """A question, why it is asked, and the answer and distance stored with it."""

    question: Question
    comment: str
    answer: dict[str, Any]
    distance: Fraction | None


def _vector(line: bytes) -> Vector:
    value = parse_json(line)
    shape = shaped(value, VectorShape, FORMAT)
    for number, flag in enumerate(shape.flags):
        if flag not in WRONG_LEARNERS:
            raise InvalidModel(f"$.flags[{number}]", f"unknown flag {shorten(flag)}")
    try:
        question = shape.question.question(shape.flags, value["question"])
    except InvalidModel as problem:
        raise problem.within("$.question") from None
    return Vector(question, shape.comment, shape.answer, shape.distance)


def vector_line(question: Question, comment: str, reference: Reference | None = None) -> str:
    """The canonical line of a vector: its answer and distance come from the exact learner."""
    expected = (reference or Reference()).expected(question)
    away = expected.distance
    return canonical(
        {
            "format": FORMAT,
            "flags": list(question.flags),
            "comment": comment,
            "distance": None if away is None else text(away),
            "question": question.document,
            "answer": answer_document(expected.step, question.id, question.model.actions),
        }
    )


def read_vectors(folder: Path) -> list[Vector]:
    """The vectors in the `.jsonl` files of a folder, in order of name and line.

    Raises CbilError, which names the file and line, when one is malformed or there is none.
    """
    if not folder.is_dir():
        raise CbilError(f"{printable(str(folder))}: expected a folder of vectors")
    vectors: dict[str, Vector] = {}
    for path in sorted(folder.glob("*.jsonl")):
        with open_untrusted(path, pipes=True) as file:
            for place, vector in read_lines(file, path.name, _vector):
                name = vector.question.id
                if name in vectors:
                    raise CbilError(f"{place}: the id {shorten(name)} is used twice")
                vectors[name] = vector
    if not vectors:
        raise CbilError(f"{printable(str(folder))}: no vectors (.jsonl) there")
    return list(vectors.values())


def shipped_vectors(versions: Iterable[str] = VERSIONS) -> list[Vector]:
    """The vectors that ship with the package, of these versions."""
    home = Path(__file__).parent / "vectors"
    return [vector for version in versions for vector in read_vectors(home / version)]


def write_vectors(folder: Path, groups: Iterable[tuple[str, list[tuple[Question, str]]]]) -> None:
    """Write every group of (question, comment) as `<group>.jsonl`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, entries in groups:
        lines = [vector_line(question, comment) + "\n" for question, comment in entries]
        (folder / f"{name}.jsonl").write_bytes("".join(lines).encode())

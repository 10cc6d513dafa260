"""Stored questions with their answers: `vectors/v1`, one `cbil-vector/1` object a line.

The writer here owns ids and form; `scenarios` says what is asked. Published vectors do not change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from exact_cbil.errors import CbilError, shorten
from exact_cbil.numbers import text
from exact_cbil.testing.answers import answer_document
from exact_cbil.testing.bugs import BUGS
from exact_cbil.testing.questions import Question, canonical, parse_json, question_from
from exact_cbil.testing.reference import Reference

__all__ = ["FORMAT", "VERSION", "Vector", "read_vectors", "shipped_vectors", "vector_line"]

FORMAT = "cbil-vector/1"
VERSION = "v1"
KEYS = ("format", "flags", "comment", "distance", "question", "answer")


class Vector:
    """A question, the answer stored with it, and why it is asked."""

    def __init__(self, document: dict[str, Any]) -> None:
        if document.get("format") != FORMAT or tuple(document) != KEYS:
            raise CbilError(f'expected the keys {", ".join(KEYS)} of "{FORMAT}", in this order')
        flags = document["flags"]
        if not isinstance(flags, list) or not all(flag in BUGS for flag in flags):
            raise CbilError(f"flags: expected known flags, got {shorten(flags)}")
        if not isinstance(document["question"], dict):
            raise CbilError("question: expected an object")
        self.document = document
        self.question = question_from(document["question"], flags)
        self.answer: Any = document["answer"]
        self.comment: str = document["comment"]


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
            "answer": answer_document(question.id, expected.step, question.model.actions),
        }
    )


def _read(folder: Traversable) -> Iterator[Vector]:
    seen: set[str] = set()
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".jsonl"):
            continue
        for number, line in enumerate(file.read_bytes().splitlines(), 1):
            try:
                vector = Vector(parse_json(line))
                if vector.question.id in seen:
                    raise CbilError(f"the id {shorten(vector.question.id)} is used twice")
            except CbilError as problem:
                raise CbilError(f"{file.name}:{number}: {problem}") from None
            seen.add(vector.question.id)
            yield vector


def read_vectors(folder: Path) -> list[Vector]:
    """The vectors in the `.jsonl` files of a folder, in order of name and line.

    Raises CbilError, which names the file and line, when one is malformed or there is none.
    """
    if not folder.is_dir():
        raise CbilError(f"{folder}: expected a folder of vectors")
    vectors = list(_read(folder))
    if not vectors:
        raise CbilError(f"{folder}: no vectors (.jsonl) there")
    return vectors


def shipped_vectors() -> list[Vector]:
    """The vectors that ship with the package."""
    return list(_read(files("exact_cbil.testing") / "vectors" / VERSION))


def write_vectors(folder: Path, groups: Iterable[tuple[str, list[tuple[Question, str]]]]) -> None:
    """Write every group of (question, comment) as `<group>.jsonl`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, entries in groups:
        lines = [vector_line(question, comment) + "\n" for question, comment in entries]
        (folder / f"{name}.jsonl").write_bytes("".join(lines).encode())

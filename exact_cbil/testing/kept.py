"""The first questions of the default seed, kept with the package: drawn and answered once.

To draw a question and answer it exactly takes several times as long as to judge an answer. So what
nearly every run asks is stored, in blocks: two lines a question, the question as it is sent, and
its answer, distance and levels. They are data like the vectors; a test draws them again. Where what
is drawn changes, `python -m exact_cbil.testing.kept` writes them anew.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from exact_cbil.numbers import text
from exact_cbil.testing.questions import Kept, KeptQuestion, canonical

__all__ = ["COUNT", "SEED", "kept_questions"]

SEED = 0
"""The default seed."""
COUNT = 2000
"""Questions that are kept."""
BLOCK = 500
"""Questions of a file: as many as a run asks if nothing else is said."""
HOME = Path(__file__).parent / "drawn"


def kept_questions() -> Iterator[KeptQuestion]:
    """The questions that are kept, in order."""
    for first in range(0, COUNT, BLOCK):
        lines = lzma.decompress(_file(first).read_bytes()).decode("ascii").splitlines()
        for number, line in enumerate(lines[::2]):
            answer, distance, levels = json.loads(lines[2 * number + 1])
            yield KeptQuestion(answer["id"], line, Kept(answer, distance, levels))


def _file(first: int) -> Path:
    return HOME / f"seed-{SEED}-from-{first}.xz"


def _write() -> None:
    from exact_cbil.testing.answers import answer_document
    from exact_cbil.testing.axes import covered
    from exact_cbil.testing.reference import Reference
    from exact_cbil.testing.stream import drawn

    reference, questions = Reference(), drawn(SEED)
    HOME.mkdir(exist_ok=True)
    for first in range(0, COUNT, BLOCK):
        lines = []
        for question in islice(questions, BLOCK):
            expected = reference.expected(question)
            away = None if expected.distance is None else text(expected.distance)
            answer = answer_document(expected.step, question.id, expected.actions)
            lines += [question.line, canonical([answer, away, covered(expected)])]
        _file(first).write_bytes(lzma.compress("\n".join(lines).encode()))


if __name__ == "__main__":
    _write()

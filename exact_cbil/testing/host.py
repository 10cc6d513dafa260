"""The child process that a Python implementation is run in, for `HostedSubject`.

    python -m exact_cbil.testing.host MODULE:NAME

It says once, in a JSON object, whether the implementation could be loaded; then it answers
questions as any program does. An empty line asks for the answers to what was read so far, which an
implementation of `steps` is else given in full batches.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import IO

from exact_cbil.testing.questions import Question, canonical, read_question
from exact_cbil.testing.subjects import BATCH, CouldNotRun, SubjectFailed, load

__all__: list[str] = []


def _batches(lines: IO[bytes], size: int) -> Iterator[list[Question]]:
    batch: list[Question] = []
    for line in lines:
        if line.strip():
            batch.append(read_question(line))
        if len(batch) == size or not line.strip():
            yield batch
            batch = []
    yield batch


def _host(target: str, questions: IO[bytes], answers: IO[bytes]) -> None:
    def say(value: object) -> None:
        answers.write(canonical(value).encode() + b"\n")

    try:
        subject = load(target, interruptible=False)
    except CouldNotRun as problem:
        say({"failed": str(problem)})
        answers.flush()
        return
    size = BATCH if subject.batched else 1
    say({"failed": None, "batch": size})
    answers.flush()
    for batch in _batches(questions, size):
        try:
            for document in subject.documents(batch) if batch else ():
                say(document)
        except SubjectFailed as problem:
            say({"failed": str(problem)})
            return
        finally:
            answers.flush()


if __name__ == "__main__":
    # What the implementation prints is noise, not answers; what it reads is not the questions.
    _questions, _answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    _host(sys.argv[1], _questions, _answers)

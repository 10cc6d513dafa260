"""Questions, `cbil-question/1`: what does the learner do next after this history?

One JSON object a line; a model without `horizon` and `events` is complete, because neither matters
to a single step.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import IO, Any, Literal, NamedTuple, TypeVar

from pydantic import StrictBool

from exact_cbil.errors import CbilError, InvalidModel, printable, shorten
from exact_cbil.files import MAX_BYTES
from exact_cbil.history import History, Step
from exact_cbil.model import Model
from exact_cbil.modelfile import Document, build_model, write_model
from exact_cbil.strict_json import Horizon, Name, Part, parse_json, shaped

__all__ = [
    "FORMAT",
    "Kept",
    "KeptQuestion",
    "Question",
    "QuestionShape",
    "canonical",
    "read_lines",
    "read_question",
    "read_questions",
]

FORMAT = "cbil-question/1"
T = TypeVar("T")
MAX_STEPS = 100_000
"""The longest history that is read: weights get longer with each queried step."""


@dataclass(frozen=True, eq=False)
class Question:
    """One question: a model, a history, and what a wrong answer would suggest.

    id: distinct within a run.
    flags: kinds of bug (see `exact_cbil.testing.wrong_learners`); never sent to the implementation.
    written: the JSON object as it was given, whose keys may come in any order; None for our own.
    """

    id: str
    model: Model
    history: History
    flags: tuple[str, ...] = ()
    written: Mapping[str, Any] | None = None

    @cached_property
    def document(self) -> dict[str, Any]:
        """The question as a JSON object."""
        if self.written is not None:
            return dict(self.written)
        model = write_model(self.model)
        del model["horizon"], model["events"]
        return {
            "format": FORMAT,
            "id": self.id,
            "model": model,
            "history": [step._asdict() for step in self.history],
        }

    @cached_property
    def line(self) -> str:
        """The question as one line of ASCII, without its end."""
        return canonical(self.document)

    def prefix(self, length: int) -> Question:
        """The same question asked after only the first `length` steps."""
        return self.changed(f"{self.id}@{length}", self.history[:length])

    def changed(self, name: str, history: History | None = None) -> Question:
        """The same question under another id, with this history or its own."""
        history = self.history if history is None else history
        written = self.written
        if written is not None:
            steps = [step._asdict() for step in history]
            if history == self.history[: len(history)]:
                steps = written["history"][: len(history)]
            written = {
                key: {"id": name, "history": steps}.get(key, value)
                for key, value in written.items()
            }
        return Question(name, self.model, history, self.flags, written)


class Kept(NamedTuple):
    """What is known about a question since it was drawn: its right answer, and where it lies.

    answer: in JSON. distance: to the nearest decision. levels: of the axes.
    """

    answer: Mapping[str, Any]
    distance: str | None
    levels: Mapping[str, str]


class KeptQuestion(Question):
    """A question of which the line and the answer are kept; it is read when more is asked of it."""

    def __init__(self, name: str, line: str, kept: Kept) -> None:
        for key, value in (("id", name), ("flags", ()), ("line", line), ("kept", kept)):
            object.__setattr__(self, key, value)

    kept: Kept

    @cached_property
    def _read(self) -> Question:
        return read_question(self.line)

    @property
    def model(self) -> Model:
        """The model, of which reading takes longer than judging an answer."""
        return self._read.model

    @property
    def history(self) -> History:
        """The history."""
        return self._read.history

    @property
    def written(self) -> Mapping[str, Any] | None:
        """The JSON object."""
        return self._read.written


def canonical(value: Any) -> str:
    """The one way in which JSON is written here: no spaces, ASCII, keys in the order given."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


class StepShape(Part):
    """A step of a history."""

    queried: StrictBool
    action: Name
    observation: Name


class ModelShape(Document):
    """A model file in which what does not matter to a single step may be left out."""

    horizon: Horizon = 0


class QuestionShape(Part):
    """A whole question."""

    format: Literal["cbil-question/1"]
    id: Name
    model: ModelShape
    history: list[StepShape]

    def question(
        self, flags: Sequence[str] = (), written: Mapping[str, Any] | None = None
    ) -> Question:
        """The question, written as it was given; InvalidModel where a name refers to nothing."""
        try:
            model = build_model(self.model)
        except InvalidModel as problem:
            raise problem.within("$.model") from None
        known = {"action": set(model.actions), "observation": set(model.observations)}
        if len(self.history) > MAX_STEPS:
            wanted = f"expected at most {MAX_STEPS} steps, got {len(self.history)}"
            raise InvalidModel("$.history", wanted)
        steps = []
        for number, given in enumerate(self.history):
            step = Step(given.queried, given.action, given.observation)
            for kind, names in known.items():
                if (name := getattr(step, kind)) not in names:
                    place = f"$.history[{number}].{kind}"
                    raise InvalidModel(place, f"no {kind} is called {shorten(name)}")
            steps.append(step)
        if written is not None:
            told = written["model"].items()
            told = {key: value for key, value in told if key not in ("horizon", "events")}
            written = {**written, "model": told}
        return Question(self.id, model, tuple(steps), tuple(flags), written)


def read_question(line: bytes | str) -> Question:
    """Read one question; InvalidModel, with the JSON path of the first fault.

    >>> read_question('{"format": "cbil-question/1"}')
    Traceback (most recent call last):
    ...
    exact_cbil.errors.InvalidModel: $.id: expected this key, got nothing (and 2 more)
    """
    value = parse_json(line)
    return shaped(value, QuestionShape, FORMAT).question(written=value)


def read_lines(file: IO[bytes], source: str, read: Callable[[bytes], T]) -> Iterator[tuple[str, T]]:
    """Yield what each line that is not blank says, with its place, which a CbilError names too.

    read: how a line is read, of at most MAX_BYTES.
    """
    number = 0
    while line := file.readline(MAX_BYTES + 1):
        number += 1
        place = f"{printable(source)}:{number}"
        if len(line) > MAX_BYTES:
            raise CbilError(f"{place}: expected a line of at most {MAX_BYTES} bytes")
        if not line.strip():
            continue
        try:
            found = read(line)
        except CbilError as problem:
            raise CbilError(f"{place}: {problem}") from None
        yield place, found


def read_questions(file: IO[bytes], source: str) -> Iterator[Question]:
    """Read a file of questions, one a line; CbilError names the line of a bad one."""
    seen: set[str] = set()
    for place, question in read_lines(file, source, read_question):
        if question.id in seen:
            raise CbilError(f"{place}: the id {shorten(question.id)} is used twice")
        seen.add(question.id)
        yield question
    if not seen:
        raise CbilError(f"{printable(source)}: expected at least one question")

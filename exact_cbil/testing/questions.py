"""Questions, `cbil-question/1`: what does the learner do next after this history?

One JSON object a line; a model without `horizon` and `events` is complete, because neither matters
to a single step.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from exact_cbil.errors import CbilError, shorten
from exact_cbil.history import History, Step
from exact_cbil.model import Model
from exact_cbil.modelfile import MAX_BYTES, read_model, write_model

__all__ = ["FORMAT", "Question", "parse_json", "read_question", "read_questions"]

FORMAT = "cbil-question/1"
LONGEST_LITERAL = 400


@dataclass(frozen=True, eq=False)
class Question:
    """One question: a model, a history, and what a wrong answer would suggest.

    id: distinct within a run.
    flags: kinds of bug (see `exact_cbil.testing.bugs`); never sent to the implementation.
    """

    id: str
    model: Model
    history: History
    flags: tuple[str, ...] = ()

    @cached_property
    def document(self) -> dict[str, Any]:
        """The question as a JSON object."""
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
        return Question(f"{self.id}@{length}", self.model, self.history[:length], self.flags)


def canonical(value: Any) -> str:
    """The one way in which JSON is written here: no spaces, ASCII, keys in the order given."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise CbilError(f"expected a key once, got {shorten(repeated)} twice")
    return found


def _refuse(literal: str) -> None:
    raise CbilError(f"expected JSON, got the literal {literal}")


def _short(literal: str) -> str:
    if len(literal) > LONGEST_LITERAL:
        raise CbilError(f"expected a shorter number, got one of {len(literal)} characters")
    return literal


def parse_json(content: bytes | str) -> dict[str, Any]:
    """Parse one untrusted JSON object; CbilError says in a line what is wrong with it."""
    try:
        text = content.decode() if isinstance(content, bytes) else content
        value = json.loads(
            text,
            object_pairs_hook=_once,
            parse_int=lambda s: int(_short(s)),
            parse_float=lambda s: float(_short(s)),
            parse_constant=_refuse,
        )
    except UnicodeDecodeError as problem:
        raise CbilError(f"expected UTF-8, got a bad byte at {problem.start}") from None
    except json.JSONDecodeError as problem:
        raise CbilError(
            f"expected JSON: {problem.msg} at column {problem.colno} of {shorten(text)}"
        ) from None
    except RecursionError:
        raise CbilError("expected JSON nested less deeply") from None
    if not isinstance(value, dict):
        raise CbilError(f"expected a JSON object, got {shorten(value)}")
    return value


def question_from(value: Mapping[str, Any], flags: Sequence[str] = ()) -> Question:
    """A question from its JSON object; CbilError when it is malformed."""
    unknown = set(value) - {"format", "id", "model", "history"}
    if unknown:
        raise CbilError(f"question: unknown key {shorten(min(unknown))}")
    if value.get("format") != FORMAT:
        raise CbilError(f'question.format: expected "{FORMAT}", got {shorten(value.get("format"))}')
    name, model, history = value.get("id"), value.get("model"), value.get("history")
    if not isinstance(name, str) or not name:
        raise CbilError(f"question.id: expected a non-empty string, got {shorten(name)}")
    if not isinstance(model, dict):
        raise CbilError(f"question.model: expected an object, got {shorten(model)}")
    if not isinstance(history, list):
        raise CbilError(f"question.history: expected an array, got {shorten(history)}")
    read = _model(json.dumps({"horizon": 0, "events": {}, **model}))
    steps = tuple(_step(step, number, read) for number, step in enumerate(history))
    return Question(name, read, steps, tuple(flags))


@lru_cache(64)
def _model(text: str) -> Model:
    return read_model(text)


def _step(value: Any, number: int, model: Model) -> Step:
    place = f"question.history[{number}]"
    if not isinstance(value, dict) or set(value) != {"queried", "action", "observation"}:
        raise CbilError(f"{place}: expected queried, action and observation, got {shorten(value)}")
    if not isinstance(value["queried"], bool):
        raise CbilError(f"{place}.queried: expected true or false")
    for kind, known in (("action", model.actions), ("observation", model.observations)):
        if value[kind] not in known:
            raise CbilError(f"{place}.{kind}: unknown {kind} {shorten(value[kind])}")
    return Step(value["queried"], value["action"], value["observation"])


def read_question(line: bytes | str, flags: Sequence[str] = ()) -> Question:
    """Read one question; CbilError when it is malformed.

    >>> read_question('{"format": "cbil-question/1"}')
    Traceback (most recent call last):
    ...
    exact_cbil.errors.CbilError: question.id: expected a non-empty string, got None
    """
    return question_from(parse_json(line), flags)


def read_questions(lines: Iterable[bytes], source: str | Path) -> Iterator[Question]:
    """Read a file of questions, one a line; CbilError names the line of a bad one."""
    seen: set[str] = set()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            if len(line) > MAX_BYTES:
                raise CbilError(f"expected at most {MAX_BYTES} bytes")
            question = read_question(line)
        except CbilError as problem:
            raise CbilError(f"{source}:{number}: {problem}") from None
        if question.id in seen:
            raise CbilError(f"{source}:{number}: the id {shorten(question.id)} is used twice")
        seen.add(question.id)
        yield question

"""Implementations under test, and those in Python: one protocol for single questions, one for many.

An implementation is not trusted to leave alone what it is given, or to raise only errors: it gets
its own copy of each question, whatever it raises is its answer's fault, and what it returns is
written as JSON before it is looked at.
"""

from __future__ import annotations

import importlib
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any, NamedTuple, Protocol, runtime_checkable

from exact_cbil.errors import CbilError, shorten
from exact_cbil.history import History
from exact_cbil.model import Model
from exact_cbil.testing.answers import Answer, BadAnswer, answer_document, read_answer
from exact_cbil.testing.questions import Question, read_question

__all__ = [
    "BatchImplementation",
    "CouldNotRun",
    "Implementation",
    "ObjectSubject",
    "Reply",
    "Subject",
    "SubjectFailed",
    "load",
]

BATCH = 128
"""Questions that `steps` is given at once, and so lost at most when it ends its process."""
Asked = tuple[str, Sequence[str]]
"""The id of a question and the actions of its model."""


class CouldNotRun(CbilError):
    """The implementation could not be started at all, so nothing is known about it."""


class SubjectFailed(CbilError):
    """The implementation broke off: what it was still asked stays without an answer."""


@runtime_checkable
class Implementation(Protocol):
    """A learner that answers one question: an `ImitatorStep`, or a mapping with its fields."""

    def step(self, model: Model, history: History) -> Any:
        """The learner's next step in `model` after `history`."""


@runtime_checkable
class BatchImplementation(Protocol):
    """A learner that answers many questions at once, in order."""

    def steps(self, batch: Sequence[Question]) -> Sequence[Any]:
        """One answer for each question (its `model` and `history`, or its JSON `document`)."""


class Reply(NamedTuple):
    """An answer, or what was wrong with it."""

    question: Question
    answer: Answer | None
    problem: str | None = None

    @classmethod
    def read(cls, question: Question, document: dict[str, Any]) -> Reply:
        """The reply that a JSON object is."""
        try:
            return cls(question, read_answer(document))
        except BadAnswer as problem:
            return cls(question, None, str(problem))


class Subject(ABC):
    """An implementation under test, however it is reached."""

    name: str

    @abstractmethod
    def answers(self, questions: Iterable[Question]) -> Iterator[Reply]:
        """Yield one reply for each question, in order.

        Questions may be taken some way ahead of their replies.
        Raises SubjectFailed when no more replies can come, CouldNotRun when none ever could.
        """

    def close(self) -> None:  # noqa: B027 - most have nothing to end
        """End whatever still runs."""


class ObjectSubject(Subject):
    """A Python object with `step`, with `steps`, or a function of model and history.

    It runs in this process, where it could change the judge or end us: `HostedSubject` guards
    against that.
    interruptible: whether a KeyboardInterrupt is the user's, and let through.
    """

    def __init__(
        self, implementation: object, name: str | None = None, *, interruptible: bool = True
    ) -> None:
        self.batched = isinstance(implementation, BatchImplementation)
        if not (
            self.batched or isinstance(implementation, Implementation) or callable(implementation)
        ):
            raise CouldNotRun(f"{shorten(implementation)} has no method step or steps")
        self.implementation: Any = implementation
        self.name = name or type(implementation).__name__
        self.interruptible = interruptible

    def answers(self, questions: Iterable[Question]) -> Iterator[Reply]:
        source = iter(questions)
        while batch := list(islice(source, BATCH if self.batched else 1)):
            documents = self.documents([read_question(question.line) for question in batch])
            yield from map(Reply.read, batch, documents)

    def documents(self, batch: list[Question]) -> list[dict[str, Any]]:
        """One answer in JSON for each question, with `error` where there is no other."""
        # Noted first: what the implementation is given, it may change.
        asked = [(question.id, question.model.actions) for question in batch]
        if not self.batched:
            pairs = zip(asked, batch, strict=True)
            return [self._answer(of, partial(self._step, question)) for of, question in pairs]
        try:
            values = list(islice(self.implementation.steps(list(batch)), len(batch) + 1))
        except BaseException as problem:
            if len(batch) == 1:
                return [self._raised(asked[0], problem)]
            self._let_through(problem)
            # One bad question must not hide the answers to the others.
            return [document for question in batch for document in self.documents([question])]
        if len(values) != len(asked):
            got = len(values) if len(values) < len(asked) else "more"
            raise SubjectFailed(f"steps: expected {len(asked)} answers, got {got}")
        answered = zip(asked, values, strict=True)
        return [self._answer(of, partial(_same, value)) for of, value in answered]

    def _step(self, question: Question) -> Any:
        step = getattr(self.implementation, "step", self.implementation)
        return step(question.model, question.history)

    def _answer(self, asked: Asked, value: Callable[[], Any]) -> dict[str, Any]:
        name, actions = asked
        try:
            return answer_document(value(), name, actions)
        except BaseException as problem:
            return self._raised(asked, problem)

    def _raised(self, asked: Asked, problem: BaseException) -> dict[str, Any]:
        self._let_through(problem)
        told = str(problem) if isinstance(problem, BadAnswer) else f"raised {described(problem)}"
        return {"id": asked[0], "error": told}

    def _let_through(self, problem: BaseException) -> None:
        if self.interruptible and isinstance(problem, KeyboardInterrupt):
            raise problem


def _same(value: Any) -> Any:
    return value


def described(problem: BaseException) -> str:
    """What was raised, in a line; its own words may raise in their turn."""
    kind = type(problem).__name__
    try:
        return f"{kind}: {str.__str__(str(problem))[:160]}"
    except BaseException:
        return kind


def load(target: str, *, interruptible: bool = True) -> ObjectSubject:
    """The implementation that `module:name` names, in this process; a class is called for one.

    The current directory is searched first. Raises CouldNotRun when there is none.
    """
    module, found, name = target.partition(":")
    if not (module and found and name):
        raise CouldNotRun(f"expected module:name, got {shorten(target)}")
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        value: Any = importlib.import_module(module)
        for part in name.split("."):
            value = getattr(value, part)
        if isinstance(value, type):
            value = value()
        return ObjectSubject(value, target, interruptible=interruptible)
    except CouldNotRun:
        raise
    except BaseException as problem:
        if interruptible and isinstance(problem, KeyboardInterrupt):
            raise
        raise CouldNotRun(shorten(described(problem), 200)) from None  # who hosts it adds whose

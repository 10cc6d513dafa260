"""Implementations under test, in Python: one protocol for single questions, one for batches."""

from __future__ import annotations

import importlib
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple, Protocol, runtime_checkable

from exact_cbil.errors import CbilError, shorten
from exact_cbil.history import History
from exact_cbil.model import Model
from exact_cbil.testing.answers import Answer, BadAnswer, read_answer
from exact_cbil.testing.questions import Question

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


class Subject(ABC):
    """An implementation under test, however it is reached."""

    name: str

    @abstractmethod
    def answers(self, questions: Iterable[Question]) -> Iterator[Reply]:
        """Yield one reply for each question, in order.

        Questions may be taken some way ahead of their replies.
        Raises SubjectFailed when no more replies can come, CouldNotRun when none ever could.
        """


class ObjectSubject(Subject):
    """A Python object with `step`, with `steps`, or a function of model and history."""

    def __init__(self, implementation: object, name: str | None = None) -> None:
        batched = isinstance(implementation, BatchImplementation)
        if not (batched or isinstance(implementation, Implementation) or callable(implementation)):
            raise CouldNotRun(f"{shorten(implementation)} has no method step or steps")
        self.implementation: Any = implementation
        self.name = name or type(implementation).__name__
        self._batched = batched
        self._step: Any = getattr(implementation, "step", implementation)

    def answers(self, questions: Iterable[Question]) -> Iterator[Reply]:
        source = iter(questions)
        size = BATCH if self._batched else 1
        while batch := list(islice(source, size)):
            yield from self._many(batch) if self._batched else [self._one(batch[0])]

    def _one(self, question: Question) -> Reply:
        try:
            value = self._step(question.model, question.history)
        except Exception as problem:
            return _raised(question, problem)
        return _reply(question, value)

    def _many(self, batch: list[Question]) -> Iterator[Reply]:
        try:
            values = list(self.implementation.steps(batch))
        except Exception as problem:
            if len(batch) == 1:
                yield _raised(batch[0], problem)
                return
            # One bad question must not hide the answers to the others.
            for question in batch:
                yield from self._many([question])
            return
        if len(values) != len(batch):
            raise SubjectFailed(f"steps: expected {len(batch)} answers, got {len(values)}")
        for question, value in zip(batch, values, strict=True):
            yield _reply(question, value)


def _raised(question: Question, problem: Exception) -> Reply:
    return Reply(question, None, f"raised {type(problem).__name__}: {shorten(str(problem), 120)}")


def _reply(question: Question, value: object) -> Reply:
    try:
        return Reply(question, read_answer(value, question.model.actions))
    except BadAnswer as problem:
        return Reply(question, None, str(problem))


def load(target: str) -> ObjectSubject:
    """The implementation that `module:name` names; a class is called without arguments.

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
    except Exception as problem:
        reason = f"{type(problem).__name__}: {problem}"
        raise CouldNotRun(f"{target}: {shorten(reason, 200)}") from None
    return ObjectSubject(value, target)

"""Random questions: a seeded stream that draws from every axis."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from itertools import count as numbers

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from exact_cbil.errors import OutOfRange
from exact_cbil.testing.axes import Choose, random_row
from exact_cbil.testing.drawing import drawing
from exact_cbil.testing.kept import COUNT, SEED, kept_questions
from exact_cbil.testing.questions import Question
from exact_cbil.testing.variation import varied

__all__ = [
    "RANDOM_QUESTIONS",
    "choices_behind",
    "chosen",
    "drawn",
    "origin",
    "question_of",
    "questions",
    "stream",
]

AGAIN = 4
"""One question in so many is one that was asked before, with at most one thing changed."""
RECENT = 40
RANDOM_QUESTIONS = 500
"""How many random questions a run asks unless it is told otherwise."""


def _drawn(choose: Choose) -> Question:
    return drawing(random_row(choose), choose)


@st.composite
def questions(draw: DrawFn) -> Question:
    """Questions of every kind (see `axes`), for Hypothesis.

    Shrinks to one policy, one action and an empty history.
    """
    return _drawn(lambda most: draw(st.integers(0, most)))


def origin(question: Question) -> tuple[int, int] | None:
    """The seed and number of a question of the stream; None for any other."""
    match = re.fullmatch(r"random-(-?[0-9]{1,30})-([0-9]{1,30})", question.id)
    return (int(match[1]), int(match[2])) if match else None


def _source(seed: int, index: int) -> random.Random:
    return random.Random(f"cbil-stream:{seed}:{index}")


def chooser(source: random.Random) -> Choose:
    """Choices from a source of random numbers."""
    # Faster than `randrange`, and as good here: what matters is that all are reached.
    return lambda most: (
        int(source.random() * (most + 1)) if most < 2**40 else source.randint(0, most)
    )


def question_of(seed: int, index: int) -> Question:
    """The question of a number in the stream, whichever were asked before it."""
    name = f"random-{seed}-{index}"
    # Not the source of the question, whose first choice would depend on this one.
    source = random.Random(f"cbil-stream:{seed}:{index}:again")
    if index and not source.randrange(AGAIN):
        earlier = question_of(seed, max(0, index - 1 - source.randrange(RECENT)))
        return varied(earlier, chooser(source)).changed(name)
    return _drawn(chooser(_source(seed, index))).changed(name)


def choices_behind(seed: int, index: int) -> list[int]:
    """The choices that make the question of a number, if it is not one that was asked before."""
    made: list[int] = []
    choose = chooser(_source(seed, index))

    def noting(most: int) -> int:
        made.append(choose(most))
        return made[-1]

    _drawn(noting)
    return made


def chosen(choices: Iterable[int]) -> Question:
    """The question that choices make, each cut to what may be chosen there; 0 where they end."""
    left = iter(choices)
    return _drawn(lambda most: min(most, next(left, 0)))


def stream(seed: int, count: int | None = None) -> Iterator[Question]:
    """Yield random questions, the same for the same seed.

    seed: any integer. count: how many; None for no end. Each is a function of the seed and its
    number alone, which its id names. The first ones of the default seed are kept with their answers
    (see `kept`), the others are drawn.
    """
    if count is not None and count < 0:
        raise OutOfRange("random questions", count, "a number from 0")
    first = COUNT if seed == SEED else 0
    stored = kept_questions() if first else ()
    return islice(chain(stored, drawn(seed, first)), count)


def drawn(seed: int, first: int = 0) -> Iterator[Question]:
    """The questions of a seed from number `first` on, drawn anew."""
    return (question_of(seed, index) for index in numbers(first))

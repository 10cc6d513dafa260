"""Random questions: a seeded stream that draws from every axis, and shrinking a failure."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator
from itertools import chain, islice
from itertools import count as numbers

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from exact_cbil.errors import OutOfRange
from exact_cbil.testing.axes import Choose, random_row
from exact_cbil.testing.drawing import drawing
from exact_cbil.testing.kept import COUNT, SEED, kept_questions
from exact_cbil.testing.questions import Question
from exact_cbil.testing.trimming import trim
from exact_cbil.testing.variation import varied

__all__ = ["RANDOM_QUESTIONS", "drawn", "origin", "questions", "shrink", "stream"]

AGAIN = 4
"""One question in so many is one that was asked before, with at most one thing changed."""
RECENT = 40
RANDOM_QUESTIONS = 500
"""How many random questions a run asks unless it is told otherwise."""


def _drawn(choose: Choose) -> Question:
    return drawing(random_row(choose), choose)


@st.composite
def _questions(draw: DrawFn) -> Question:
    return _drawn(lambda most: draw(st.integers(0, most)))


def questions() -> SearchStrategy[Question]:
    """Questions of every kind (see `axes`), for Hypothesis.

    Shrinks to one policy, one action and an empty history.
    """
    return _questions()


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


def _question(seed: int, index: int) -> Question:
    """The question of a number, whichever were asked before it."""
    name = f"random-{seed}-{index}"
    # Not the source of the question, whose first choice would depend on this one.
    source = random.Random(f"cbil-stream:{seed}:{index}:again")
    if index and not source.randrange(AGAIN):
        earlier = _question(seed, max(0, index - 1 - source.randrange(RECENT)))
        return varied(earlier, chooser(source)).changed(name)
    return _drawn(chooser(_source(seed, index))).changed(name)


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
    return (_question(seed, index) for index in numbers(first))


def shrink(
    seed: int,
    index: int,
    fails: Callable[[Question], bool],
    tries: int = 2000,
    seconds: float = 20.0,
) -> Question | None:
    """The smallest question found that fails, from the one that failed in the stream.

    A question is a function of the choices behind it, of which 0 is the simplest: runs of choices
    are left out, and single ones made smaller, for as long as it fails.
    index: its number in the stream. fails: whether a question fails; asked once for each.
    tries: how many questions are asked. seconds: after which no smaller one is tried.
    Returns None when the failure does not happen again.
    """
    known: dict[str, bool] = {}
    deadline = time.monotonic() + seconds

    def known_to_fail(question: Question) -> bool:
        key = question.changed("random").line
        if key not in known:
            spent = len(known) >= tries or time.monotonic() >= deadline
            known[key] = not spent and fails(question.changed("random"))
        return known[key]

    def again(choices: list[int]) -> Question:
        left = iter(choices)
        return _drawn(lambda most: min(most, next(left, 0)))

    first = _question(seed, index)
    if not known_to_fail(first):
        return None
    made: list[int] = []
    choose = chooser(_source(seed, index))

    def noting(most: int) -> int:
        made.append(choose(most))
        return made[-1]

    _drawn(noting)
    if known_to_fail(again(made)):  # not so for one that was asked before
        first = again(_smaller(made, lambda choices: known_to_fail(again(choices))))
    return trim(first, known_to_fail).changed("random")


def _smaller(choices: list[int], fails: Callable[[list[int]], bool]) -> list[int]:
    """Choices that fail too, fewer and smaller."""
    before: list[int] = []
    while before != choices:
        before = choices
        run = len(choices)
        while run:
            place = 0
            while place < len(choices):
                gone = choices[:place] + choices[place + run :]
                none = choices[:place] + [0] * run + choices[place + run :]
                if fails(gone):
                    choices = gone
                elif any(choices[place : place + run]) and fails(none):
                    choices, place = none, place + run
                else:
                    place += run
            run //= 2
        for place, value in enumerate(choices):
            for lower in (1, value // 2, value - 1):
                fewer = [*choices[:place], lower, *choices[place + 1 :]]
                if 0 < lower < choices[place] and fails(fewer):
                    choices = fewer
    return choices

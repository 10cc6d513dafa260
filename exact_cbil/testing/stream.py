"""Random questions: a Hypothesis strategy, a seeded stream of it, and shrinking a failure."""

from __future__ import annotations

import random
import re
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.database import InMemoryExampleDatabase
from hypothesis.errors import HypothesisException, HypothesisWarning
from hypothesis.strategies import DrawFn

from exact_cbil.environment import silent
from exact_cbil.errors import OutOfRange
from exact_cbil.history import History, Step
from exact_cbil.learner import Learner
from exact_cbil.model import Model
from exact_cbil.policy import constant
from exact_cbil.testing.questions import Question
from exact_cbil.testing.strategies import (
    ACTIONS,
    NEAR,
    alphas,
    any_histories,
    histories,
    models,
    semimeasures,
    threshold_ratios,
    upto,
    with_prior,
)
from exact_cbil.testing.trimming import trim

__all__ = ["origin", "questions", "shrink", "stream"]

ENTROPY = 2**14
"""Random bytes behind one question; Hypothesis turns them into choices."""


@st.composite
def _ordinary(draw: DrawFn) -> tuple[Model, History]:
    # Neither a horizon nor an event matters to a question; ties are made below.
    model = draw(models(alpha=alphas(), max_horizon=0, max_events=0))
    reachable = draw(upto(0, 3)) < 3
    return model, draw(histories(model) if reachable else any_histories(model))


@st.composite
def _huge_numbers(draw: DrawFn) -> tuple[Model, History]:
    """Prior weights with denominators of many digits."""
    model, history = draw(_ordinary())
    parts = {name: draw(upto(1, 2**200)) for name in model.policies}
    total = sum(parts.values())
    return with_prior(model, {name: Fraction(n, total) for name, n in parts.items()}), history


@st.composite
def _long_history(draw: DrawFn) -> tuple[Model, History]:
    """A few steps repeated until the weights are below every float64, and a different end."""
    count = draw(upto(2, 3))
    members = {f"p{k}": constant(draw(semimeasures(measure=not k))) for k in range(count)}
    model = Model(
        ACTIONS[:2],
        ("x",),
        members,
        dict.fromkeys(members, Fraction(1, count)),
        "p0",
        silent(ACTIONS[:2]),
        Fraction(1, draw(upto(2, 12))),
    )
    block = (Step(True, "a", "x"), *draw(any_histories(model)))
    repeats = -(-draw(upto(65, 1400)) // len(block))
    return model, block * repeats + draw(any_histories(model))


@st.composite
def _many_policies(draw: DrawFn) -> tuple[Model, History]:
    """Hundreds of policies that emit one of a few semimeasures."""
    count = draw(upto(257, 300))
    emitted = [draw(semimeasures(measure=not k)) for k in range(4)]
    members = {f"p{i}": constant(emitted[i % 4]) for i in range(count)}
    stride = draw(upto(1, 9))
    parts = {f"p{i}": 1 + stride * i % 7 for i in range(count)}
    total = sum(parts.values())
    prior = {name: Fraction(n, total) for name, n in parts.items()}
    actions = ACTIONS[:2]
    alpha = Fraction(1, draw(upto(2, 900)))
    model = Model(actions, ("x",), members, prior, "p0", silent(actions), alpha)
    return model, draw(any_histories(model))


@st.composite
def questions(draw: DrawFn) -> Question:
    """Questions of every kind; in half of them the last decision is on or near a boundary.

    Shrinks to one policy, one action and an empty history.
    """
    kind = draw(upto(0, 127))
    shape = _ordinary
    if kind >= 120:
        shape = _huge_numbers
    elif kind == 119:
        shape = _many_policies
    elif kind >= 117:
        shape = _long_history
    model, history = draw(shape())
    # 0: leave alpha; 1: put it on a boundary; 2 and 3: a factor 2^-60 below or above one.
    where = max(0, draw(upto(0, 6)) - 3)
    if where:
        learner = Learner(model)
        weights = [Fraction(int(w)) for w in learner.belief(history).weights]
        ratios = threshold_ratios(weights)[:8]
        ratio = ratios[draw(upto(0, len(ratios) - 1))]
        factor = 1 + NEAR * (0, 0, -1, 1)[where]
        model = model.with_alpha(min(Fraction(1), ratio * factor))
    return Question("random", model, history)


def _fuzz(test: Any) -> Callable[[bytes], bytes | None]:
    """Run a property on the choices that given bytes stand for."""
    run: Callable[[bytes], bytes | None] = test.hypothesis.fuzz_one_input
    return run


def origin(question: Question) -> tuple[int, int] | None:
    """The seed and number of a question of the stream; None for any other."""
    match = re.fullmatch(r"random-(-?[0-9]{1,30})-([0-9]{1,30})", question.id)
    return (int(match[1]), int(match[2])) if match else None


class _Fails(Exception):
    """Tells Hypothesis that a question still fails."""


def _entropy(seed: int, index: int) -> bytes:
    return random.Random(f"cbil-stream:{seed}:{index}").randbytes(ENTROPY)


def stream(seed: int, count: int | None = None) -> Iterator[Question]:
    """Yield random questions, the same for the same seed and version of Hypothesis.

    seed: any integer. count: how many; None for no end. Each is a function of the seed and its
    number alone, which its id names.
    """
    if count is not None and count < 0:
        raise OutOfRange("random questions", count, "a number from 0")
    drawn: list[Question] = []

    @settings(database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(questions())
    def draw_one(question: Question) -> None:
        drawn.append(question)

    index = given_out = 0
    while count is None or given_out < count:
        drawn.clear()
        _fuzz(draw_one)(_entropy(seed, index))
        for question in drawn:
            yield Question(f"random-{seed}-{index}", question.model, question.history)
            given_out += 1
        index += 1


def shrink(
    seed: int,
    index: int,
    fails: Callable[[Question], bool],
    tries: int = 2000,
    seconds: float = 20.0,
) -> Question | None:
    """The smallest question found that fails, from the one that failed in the stream.

    index: its number in the stream. fails: whether a question fails; asked once for each.
    tries: how many questions are asked. seconds: after which no smaller one is tried.
    Returns None when the failure does not happen again.
    """
    known: dict[str, bool] = {}
    smallest: list[Question] = []
    deadline = time.monotonic() + seconds

    def known_to_fail(question: Question) -> bool:
        key = question.line
        if key not in known:
            spent = len(known) >= tries or time.monotonic() >= deadline
            known[key] = not spent and fails(question)
        return known[key]

    @settings(
        database=InMemoryExampleDatabase(),
        phases=[Phase.reuse, Phase.shrink],
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
        report_multiple_bugs=False,
    )
    @given(questions())
    def still_fails(question: Question) -> None:
        if known_to_fail(question):
            smallest.append(question)
            raise _Fails

    run: Any = still_fails
    with suppress(_Fails, HypothesisException), warnings.catch_warnings():
        warnings.simplefilter("ignore", HypothesisWarning)  # of a question too long to print
        _fuzz(run)(_entropy(seed, index))  # keeps its choices if it fails
    if smallest:
        with suppress(_Fails, HypothesisException), warnings.catch_warnings():
            warnings.simplefilter("ignore", HypothesisWarning)
            run()
    return trim(smallest[-1], known_to_fail) if smallest else None

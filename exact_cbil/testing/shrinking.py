"""From a question that fails to a small one that does: fewer and simpler choices, then parts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from exact_cbil.testing.drawing import altered
from exact_cbil.testing.questions import Question
from exact_cbil.testing.stream import choices_behind, chosen, question_of

__all__ = ["shrink"]


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

    first = question_of(seed, index)
    if not known_to_fail(first):
        return None
    choices = choices_behind(seed, index)
    if known_to_fail(chosen(choices)):  # not so for one that was asked before
        first = chosen(_smaller(choices, lambda fewer: known_to_fail(chosen(fewer))))
    return _trimmed(first, known_to_fail).changed("random")


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


def _trimmed(question: Question, fails: Callable[[Question], bool]) -> Question:
    """The question without whatever it still fails without: runs of steps, then policies.

    Fewer choices cannot do that: a long history is a block that repeats, of a number of steps that
    is one choice, and so is the number of policies.
    """
    in_order = Question(question.id, question.model, question.history, question.flags)
    if fails(in_order):
        question = in_order
    run = len(question.history)
    while run:
        place = 0
        while place < len(question.history):
            history = question.history
            shorter = altered(question, question.model, history[:place] + history[place + run :])
            if fails(shorter):
                question = shorter
            else:
                place += run
        run //= 2
    for name in reversed(tuple(question.model.policies)):
        smaller = _without(question, name)
        if smaller is not None and fails(smaller):
            question = smaller
    return question


def _without(question: Question, name: str) -> Question | None:
    """The question without a policy, the prior scaled to the others; None if it must stay."""
    model = question.model
    weights = dict(zip(model.policies, model.weights, strict=True))
    if len(weights) == 1 or model.demonstrator == name:
        return None
    del weights[name]
    total = sum(weights.values(), Fraction(0))
    smaller = replace(
        model,
        policies={other: model.policies[other] for other in weights},
        prior={other: weight / total for other, weight in weights.items()},
    )
    return altered(question, smaller, question.history)

"""Leave out of a failing question whatever it still fails without: steps, then policies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from exact_cbil.history import History
from exact_cbil.testing.questions import Question

__all__ = ["trim"]


def trim(question: Question, fails: Callable[[Question], bool]) -> Question:
    """A smaller question that fails too, or the same one.

    Hypothesis shrinks within its strategy; this goes on where the strategy cannot: a long history
    loses runs of steps, a large class loses policies.
    """

    def steps_kept(history: History) -> bool:
        return fails(Question(question.id, question.model, history, question.flags))

    history = question.history
    run = len(history)
    while run:
        place = 0
        while place < len(history):
            shorter = history[:place] + history[place + run :]
            if steps_kept(shorter):
                history = shorter
            else:
                place += run
        run //= 2
    question = Question(question.id, question.model, history, question.flags)
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
    return Question(question.id, smaller, question.history, question.flags)

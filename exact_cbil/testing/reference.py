"""The expected answer to a question, and how far the question lies from a different one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from gmpy2 import mpq

from exact_cbil.history import Action, History
from exact_cbil.learner import Belief, ImitatorStep, Learner, rank
from exact_cbil.model import Model
from exact_cbil.numbers import to_fraction
from exact_cbil.testing.questions import Question

__all__ = ["Expected", "Reference", "distance"]


def _away(x: Any, y: Any) -> Fraction:
    return to_fraction(abs(mpq(x) - mpq(y)) / (mpq(x) + mpq(y)))


def distance(weights: Sequence[int] | Sequence[Fraction], alpha: Fraction) -> Fraction | None:
    """How near the nearest decision about the top set is to going the other way.

    The decisions are: is rank n heavier than rank n+1 (for every member n); is the weight of rank
    n at least alpha times the weight up to it (for ranks 2 to the first non-member). The distance
    of one is the least `d` at which multiplying each weight by some factor in `[1-d, 1+d]` makes
    its two sides equal: `|x-y| / (x+y)`, where rank compares `x = w_n` with `y = w_(n+1)`, and the
    threshold compares `x = (1-alpha) w_n` with `y = alpha (w_1 + ... + w_(n-1))`.
    weights: in class order, on any common scale.
    Returns a number in [0, 1]; None when at most one weight is positive, so nothing is decided.
    Source: SPEC D5.

    >>> distance([3, 2], Fraction(1, 4)), distance([1, 1], Fraction(1, 3)), distance([1, 0], 1)
    (Fraction(1, 5), Fraction(0, 1), None)
    """
    ordered = [weights[i] for i in rank(weights)]
    up, down = alpha.numerator, alpha.denominator - alpha.numerator
    nearest: list[Fraction] = []
    running: Any = 0
    for heavy, light in pairwise(ordered):
        running += heavy
        x, y = down * light, up * running
        nearest.append(_away(heavy, light))
        nearest.append(_away(x, y))
        if x < y:
            break
    return min(nearest, default=None)


@dataclass(frozen=True)
class Expected:
    """The right answer to a question, with what is needed to judge a different one.

    distance: of the question to the nearest decision; None where nothing is decided.
    """

    question: Question
    learner: Learner
    belief: Belief
    step: ImitatorStep
    distance: Fraction | None

    def minimum(self, top: Sequence[str]) -> dict[Action, Fraction]:
        """The minimum over given policies of positive weight. Source: SPEC D6."""
        if tuple(top) == self.step.top_set:
            return {a: self.step.minimum[a] for a in self.question.model.actions}
        places = [self.learner.names.index(name) for name in top]
        least = self.learner.minimum(self.belief.states, places)
        actions = self.question.model.actions
        return {a: to_fraction(mpq(m)) for a, m in zip(actions, least, strict=True)}

    def alive(self, name: str) -> bool:
        """Whether a policy of the class has positive weight; False for an unknown name."""
        return self.step.posterior.get(name, Fraction(0)) > 0


class Reference:
    """Answers questions with the exact learner, kept for the model asked about last."""

    def __init__(self) -> None:
        self._learner: Learner | None = None

    def learner(self, model: Model) -> Learner:
        """The exact learner of a model."""
        if self._learner is None or self._learner.model is not model:
            self._learner = Learner(model)
        return self._learner

    def expected(self, question: Question) -> Expected:
        """The right answer. Source: SPEC D4, D5, D6."""
        learner = self.learner(question.model)
        belief = learner.belief(question.history)
        away = distance(belief.weights, question.model.exact_alpha)
        return Expected(question, learner, belief, learner.imitator_step(belief), away)

    def step(self, model: Model, history: History) -> ImitatorStep:
        """The reference as an implementation, to be checked like any other."""
        learner = self.learner(model)
        return learner.imitator_step(learner.belief(history))

"""The expected answer to a question, and how far the question lies from a different one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from gmpy2 import mpq

from exact_cbil.history import Action, History
from exact_cbil.learner import ImitatorStep, Learner, rank
from exact_cbil.model import Model
from exact_cbil.numbers import rational, to_fraction
from exact_cbil.semimeasure import Semimeasure
from exact_cbil.testing.questions import KeptQuestion, Question

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

    actions: of the model. distance: of the question to the nearest decision; None where nothing is
    decided. levels: of the axes (see `axes`), where they are known.
    """

    question: Question
    actions: tuple[Action, ...]
    step: ImitatorStep
    distance: Fraction | None
    levels: Mapping[str, str] | None = None

    def minimum(self, top: Sequence[str]) -> dict[Action, Fraction]:
        """The minimum over given policies of positive weight. Source: SPEC D6."""
        if tuple(top) == self.step.top_set:
            return {a: self.step.minimum[a] for a in self.actions}
        learner = Learner(self.question.model)
        states = learner.belief(self.question.history).states
        least = learner.minimum(states, [learner.names.index(name) for name in top])
        return {a: to_fraction(mpq(m)) for a, m in zip(self.actions, least, strict=True)}

    def alive(self, name: str) -> bool:
        """Whether a policy of the class has positive weight; False for an unknown name."""
        return self.step.posterior.get(name, Fraction(0)) > 0


def _kept(question: KeptQuestion) -> Expected:
    """The right answer, as it is kept."""
    answer, distance, levels = question.kept
    least = {action: rational(mass) for action, mass in answer["minimum"].items()}
    posterior = {name: rational(weight) for name, weight in answer["posterior"].items()}
    step = ImitatorStep(posterior, tuple(answer["top_set"]), Semimeasure(least))
    away = None if distance is None else rational(distance)
    return Expected(question, tuple(least), step, away, levels)


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
        if isinstance(question, KeptQuestion):
            return _kept(question)
        learner = self.learner(question.model)
        belief = learner.belief(question.history)
        away = distance(belief.weights, question.model.exact_alpha)
        step = learner.imitator_step(belief)
        return Expected(question, tuple(question.model.actions), step, away)

    def step(self, model: Model, history: History) -> ImitatorStep:
        """The reference as an implementation, to be checked like any other."""
        learner = self.learner(model)
        return learner.imitator_step(learner.belief(history))

"""Imitators that go by the posterior weights of the policies (L1 to L6, L8)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from fractions import Fraction
from itertools import combinations
from typing import Any

from gmpy2 import mpq, mpz

from exact_cbil.history import Action, Step
from exact_cbil.imitators.imitator import ASK, Imitator
from exact_cbil.learner import Belief, Learner, rank, top_set
from exact_cbil.model import Model
from exact_cbil.numbers import primitive, to_fraction, to_mpq
from exact_cbil.semimeasure import Semimeasure

__all__ = [
    "Absolute",
    "Bayesian",
    "Committed",
    "Conservative",
    "Gate",
    "Heaviest",
    "Predictive",
    "Relative",
    "weighed",
]


def weighed(
    learner: Learner,
    states: Sequence[Hashable],
    weights: Sequence[mpz],
    action: Action,
    times: int = 1,
) -> tuple[mpz, ...]:
    """The weights times what each policy gave the action, to the power `times`, up to scale."""
    likelihoods = learner.likelihoods(states, action)
    return primitive([w * p**times for w, p in zip(weights, likelihoods, strict=True)])


class Bayesian(Imitator):
    """Remembers the posterior, for which only answers are evidence. Source: SPEC D4."""

    def __init__(self, model: Model) -> None:
        self.learner = Learner(model)
        self.start: Hashable = self.learner.start

    def advance(self, memory: Any, step: Step) -> Hashable:
        return self.learner.observe(memory, step)

    def predictive(self, belief: Belief, among: Sequence[int]) -> Semimeasure[Action]:
        """`sum w pi` over some policies, their weights renormalised; it asks where there are none.

        among: positions of policies of positive weight.
        """
        total = sum(belief.weights[i] for i in among)
        parts = [(belief.weights[i], self.learner.emission(i, belief.states[i])) for i in among]
        return self.semimeasure(
            [
                sum((w * emitted[place] for w, emitted in parts), mpq(0)) / (total or 1)
                for place in range(len(self.learner.model.actions))
            ]
        )

    def agreed(self, belief: Belief, members: Sequence[int]) -> Semimeasure[Action]:
        """The least that any of some policies gives each action. Source: SPEC D6."""
        return self.semimeasure(self.learner.minimum(belief.states, members))

    def semimeasure(self, masses: Sequence[mpq]) -> Semimeasure[Action]:
        """Masses in the order of the model's actions."""
        actions = self.learner.model.actions
        return Semimeasure(
            {a: to_fraction(mpq(mass)) for a, mass in zip(actions, masses, strict=True)}
        )


class Conservative(Bayesian):
    """The least that any member of the top set gives. Source: SPEC L1."""

    def __init__(self, model: Model, alpha: Fraction) -> None:
        super().__init__(model)
        self.alpha = to_mpq(alpha)

    def members(self, belief: Belief) -> Sequence[int]:
        """The top set, as positions in class order."""
        return top_set(belief.weights, self.alpha)

    def emit(self, memory: Belief) -> Semimeasure[Action]:
        return self.agreed(memory, self.members(memory))


class Relative(Conservative):
    """As L1, with all policies of at least alpha times the greatest weight. Source: SPEC L2."""

    def members(self, belief: Belief) -> Sequence[int]:
        least = self.alpha * max(belief.weights)
        return [i for i in rank(belief.weights) if belief.weights[i] >= least]


class Absolute(Conservative):
    """As L1, with all policies of weight at least alpha, and the heaviest. Source: SPEC L3."""

    def members(self, belief: Belief) -> Sequence[int]:
        least = self.alpha * sum(belief.weights)
        ranked = rank(belief.weights)
        return ranked[:1] + [i for i in ranked[1:] if belief.weights[i] >= least]


class Gate(Conservative):
    """Acts by the top set's predictive while all in it are close, else asks. Source: SPEC L8.

    apart: the largest total variation, deficits counted as one more outcome, that is close.
    """

    def __init__(self, model: Model, alpha: Fraction, apart: Fraction) -> None:
        super().__init__(model, alpha)
        self.apart = to_mpq(apart)

    def emit(self, memory: Belief) -> Semimeasure[Action]:
        members = self.members(memory)
        emitted = [self.learner.emission(i, memory.states[i]) for i in members]
        if any(_variation(one, two) > self.apart for one, two in combinations(emitted, 2)):
            return ASK
        return self.predictive(memory, members)


def _variation(one: Sequence[mpq], two: Sequence[mpq]) -> mpq:
    """Total variation: half of all differences, that of the deficits among them."""
    apart = sum(abs(x - y) for x, y in zip(one, two, strict=True))
    return (apart + abs(sum(one) - sum(two))) / 2


class Predictive(Bayesian):
    """Acts by the posterior predictive `sum w pi`. Source: SPEC L4."""

    def emit(self, memory: Belief) -> Semimeasure[Action]:
        return self.predictive(memory, rank(memory.weights))


class Heaviest(Bayesian):
    """Acts by the heaviest policy. Source: SPEC L5."""

    def emit(self, memory: Belief) -> Semimeasure[Action]:
        return self.predictive(memory, rank(memory.weights)[:1])


class Committed(Predictive):
    """Acts by the predictive, and takes its own actions for evidence too. Source: SPEC L6."""

    def advance(self, memory: Belief, step: Step) -> Hashable:
        weights = weighed(self.learner, memory.states, memory.weights, step.action)
        return Belief(self.learner.advance(memory.states, weights, step), weights)

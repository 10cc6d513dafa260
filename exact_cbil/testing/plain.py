"""The learner written out in small parts, so that each can be replaced by a wrong one."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from exact_cbil.history import Action, History, Step
from exact_cbil.model import Model
from exact_cbil.policy import MoorePolicy
from exact_cbil.testing.answers import Answer, Number

__all__ = ["Plain"]

ZERO = Fraction(0)
Weights = list[Fraction]
Emission = dict[Action, Fraction]


class Plain:
    """The learner over finite machines, by the definitions. Source: SPEC D4, D5, D6."""

    def prior(self, model: Model) -> Weights:
        return list(model.weights)

    def steps(self, history: History) -> History:
        return history

    def counts(self, step: Step) -> bool:
        return step.queried

    def advances(self, step: Step) -> bool:
        return True

    def emission(self, policy: MoorePolicy, state: str) -> Emission:
        return dict(policy.emit(state).items())

    def update(self, weight: Fraction, likelihood: Fraction) -> Fraction:
        return weight * likelihood

    def after(self, policy: MoorePolicy, state: str, step: Step) -> str:
        return policy.advance(state, step)

    def settle(self, weights: Weights, model: Model, history: History) -> Weights:
        """The weights that the top set is chosen by."""
        return weights

    def rank(self, weights: Weights) -> list[int]:
        alive = [i for i, w in enumerate(weights) if w > 0]
        return sorted(alive, key=lambda i: -weights[i])

    def member(self, weight: Fraction, running: Fraction, alpha: Fraction) -> bool:
        return weight >= alpha * running

    def top(self, weights: Weights, alpha: Fraction) -> list[int]:
        running, members = ZERO, []
        for i in self.rank(weights):
            running += weights[i]
            if not self.member(weights[i], running, alpha):
                break
            members.append(i)
        return members

    def least(self, masses: Sequence[Fraction]) -> Fraction:
        return min(masses, default=ZERO)

    def minimum(self, top: list[int], emitted: list[Emission], model: Model) -> Emission:
        return {a: self.least([emitted[i].get(a, ZERO) for i in top]) for a in model.actions}

    def posterior(self, weights: Weights, top: list[int]) -> Weights:
        total = sum(weights, ZERO)
        return [w / total if total else ZERO for w in weights]

    def theta(self, minimum: Emission) -> Fraction:
        return 1 - sum(minimum.values(), ZERO)

    def run(self, model: Model, history: History) -> tuple[Weights, list[Emission]]:
        """The unnormalised weights and what each policy now emits."""
        policies: list[Any] = list(model.policies.values())
        states = [policy.start for policy in policies]
        weights = self.prior(model)
        for step in self.steps(history):
            if self.counts(step):
                for i, policy in enumerate(policies):
                    likelihood = self.emission(policy, states[i]).get(step.action, ZERO)
                    weights[i] = self.update(weights[i], likelihood)
            if self.advances(step):
                states = [self.after(p, s, step) for p, s in zip(policies, states, strict=True)]
        return weights, [self.emission(p, s) for p, s in zip(policies, states, strict=True)]

    def step(self, model: Model, history: History) -> Answer:
        """The answer that this learner gives."""
        weights, emitted = self.run(model, history)
        top = self.top(self.settle(weights, model, history), model.exact_alpha)
        minimum = self.minimum(top, emitted, model)
        names = list(model.policies)
        posterior = self.posterior(weights, top)
        return Answer(
            tuple(names[i] for i in top),
            {name: Number(w, True) for name, w in zip(names, posterior, strict=True)},
            {a: Number(m, True) for a, m in minimum.items()},
            Number(self.theta(minimum), True),
        )

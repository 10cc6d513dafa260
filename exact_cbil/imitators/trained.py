"""Imitators that are trained on rewards: wholly before every action, or by one gradient step after
it (L10, L11)."""

from __future__ import annotations

from collections.abc import Hashable
from fractions import Fraction
from typing import Any, NamedTuple

from flint import arb
from gmpy2 import mpq, mpz

from exact_cbil.history import Action, Step
from exact_cbil.imitators.bayesian import Bayesian, weighed
from exact_cbil.imitators.imitator import Enclosed, ball
from exact_cbil.learner import Belief
from exact_cbil.model import Model
from exact_cbil.numbers import to_mpq
from exact_cbil.reward import ASKED, Reward
from exact_cbil.semimeasure import Semimeasure

__all__ = ["Gradient", "Leader"]


class Leader(Bayesian):
    """Follows the policy of the largest `prod pi(a_t|h_<t)^(r_t)` over all steps, its own too.

    The prior plays no part, and of equal products the earlier policy leads (R1): the first of the
    class, where all products are 0. The memory is the reward's state beside the policies' states
    and products. Source: SPEC L10.
    """

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self.reward: Reward = model.reward or ASKED
        states = self.learner.start.states
        self.start = (self.reward.start, Belief(states, (mpz(1),) * len(states)))

    def emit(self, memory: Any) -> Semimeasure[Action]:
        _, (states, products) = memory
        leader = products.index(max(products))
        return self.semimeasure(self.learner.emission(leader, states[leader]))

    def advance(self, memory: Any, step: Step) -> Hashable:
        reward, (states, products) = memory
        earned = self.reward.given(reward, step)
        if earned:
            products = weighed(self.learner, states, products, step.action, earned)
        # One of product 0 may lead again, when all others have come to 0: none is forgotten.
        states = self.learner.advance(states, [True] * len(states), step)
        return (self.reward.advance(reward, step), Belief(states, products))


class Trained(NamedTuple):
    """What L11 remembers: states, and each update as (reward, what the policies gave the action).

    The order of the updates matters, so only histories of the same updates come together.
    """

    reward: Hashable
    states: tuple[Hashable, ...]
    updates: tuple[tuple[int, tuple[mpq, ...]], ...]


class Gradient(Bayesian):
    """Acts by `sum softmax(v) pi`; after each action, `v <- v + rate r grad_v ln P(a)`.

    `v = 0` at first, and stays as it is where no policy gives the action any mass, as there is no
    gradient then. With `s = softmax(v)` the gradient is `s_i (pi_i(a)/P(a) - 1)`.
    Its masses are enclosed by balls, at the working precision of FLINT. Source: SPEC L11.
    """

    longest = 24
    enclosed = True

    def __init__(self, model: Model, rate: Fraction) -> None:
        super().__init__(model)
        self.rate = ball(to_mpq(rate))
        self.reward: Reward = model.reward or ASKED
        states = self.learner.start.states
        self.start = Trained(self.reward.start, states, ())
        self._values: dict[Hashable, tuple[Any, ...]] = {(): (arb(0),) * len(states)}

    def emit(self, memory: Trained) -> Enclosed:
        shares = self.shares(memory.updates)
        emitted = [self.learner.emission(i, state) for i, state in enumerate(memory.states)]
        masses = tuple(_mixed(shares, given) for given in zip(*emitted, strict=True))
        return Enclosed(masses, _mixed(shares, [1 - sum(vector) for vector in emitted]))

    def advance(self, memory: Trained, step: Step) -> Trained:
        reward, states, updates = memory
        earned = self.reward.given(reward, step)
        if earned:
            place = self.learner.model.actions.index(step.action)
            given = tuple(self.learner.emission(i, s)[place] for i, s in enumerate(states))
            if any(given):
                updates = (*updates, (earned, given))
        states = self.learner.advance(states, [True] * len(states), step)
        return Trained(self.reward.advance(reward, step), states, updates)

    def shares(self, updates: tuple[tuple[int, tuple[mpq, ...]], ...]) -> list[Any]:
        """`softmax(v)` after some updates."""
        powers = [value.exp() for value in self.values(updates)]
        total = sum(powers, arb(0))
        return [power / total for power in powers]

    def values(self, updates: tuple[tuple[int, tuple[mpq, ...]], ...]) -> tuple[Any, ...]:
        """`v` after some updates."""
        found = self._values.get(updates)
        if found is None:
            earned, given = updates[-1]
            shares = self.shares(updates[:-1])
            mixed = _mixed(shares, given)
            found = self._values[updates] = tuple(
                v + self.rate * earned * share * (ball(p) / mixed - 1)
                for v, share, p in zip(self.values(updates[:-1]), shares, given, strict=True)
            )
        return found


def _mixed(shares: list[Any], given: Any) -> Any:
    """`sum s_i p_i` as a ball; the integer 0, where it is 0 for certain."""
    terms = [share * ball(mpq(p)) for share, p in zip(shares, given, strict=True) if p]
    return sum(terms, arb(0)) if terms else 0

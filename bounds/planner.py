"""Choosing alpha: what the theorems promise at each, and where T5's bound is least.

With odds `X = 1/w_d - 1` against the demonstrator and `tau = alpha/(1-alpha)`, T5's bound is

    X tau + (sqrt(T S(tau)) + ln 2) / ln(1/y),

a rising term and a falling one: on an interval [a, b] it is at least the first at a plus the second
at b, so bisection finds the minimum with proof. S is the largest that any class with these odds can
have: `3 X / tau`, or with n policies besides the demonstrator `n F(X/(n tau))`, F being concave. Of
a known model it is the model's own.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from fractions import Fraction

from bounds.claims import claim_named
from bounds.language.functions import transfer
from bounds.language.scene import Given
from exact_cbil.enclosure import Real, RealLike, compare, root
from exact_cbil.errors import CbilError, OutOfRange
from exact_cbil.interaction import Interaction, Progress, Result, run
from exact_cbil.model import Model
from exact_cbil.potential import CUBES, prior_potential, threshold

__all__ = ["Plan", "Situation", "plan"]

HALF = Fraction(1, 2)
TOLERANCE = Fraction(1, 10**4)
"""How far above the least bound, relatively, the chosen alpha's bound may be."""


@dataclass(frozen=True)
class Situation:
    """What is known before alpha is chosen.

    prior: `w_d`, in (0, 1). horizon: `T`, from 1. chance: `y`, an upper bound on `P_d(B)`, in
    [0, 1). policies: `|Pi|` where known, from 2. model: where it is known, S is that of its prior.
    Raises OutOfRange.
    """

    prior: Fraction
    horizon: int
    chance: Fraction
    policies: int | None = None
    model: Model | None = None

    def __post_init__(self) -> None:
        if not 0 < self.prior < 1:
            raise OutOfRange("w_d", self.prior, "a rational in (0, 1)")
        if self.horizon < 1:
            raise OutOfRange("horizon", self.horizon, "a whole number from 1")
        if not 0 <= self.chance < 1:
            raise OutOfRange("event probability", self.chance, "a rational in [0, 1)")
        if self.policies is not None and self.policies < 2:
            raise OutOfRange("policies", self.policies, "a whole number from 2")

    @classmethod
    def of(cls, model: Model, event: str, progress: Progress | None = None) -> Situation:
        """That of a model, with the exact `P_d(B)` of one of its events.

        Raises CbilError for a demonstrator outside the class, or an event that the model lacks.
        """
        prior = model.demonstrator_prior
        if prior is None:
            raise CbilError("plan: the bounds are about a demonstrator inside the class")
        if event not in model.events:
            raise CbilError(f"--event: the model has no event {event!r}")
        chance = Interaction(model, progress).probability(event, "demonstrator")
        return cls(prior, model.horizon, chance, len(model.policies), model)

    @property
    def odds(self) -> Fraction:
        """`X = 1/w_d - 1`."""
        return 1 / self.prior - 1

    def cubes(self, alpha: Fraction) -> Real:
        """S, or the largest S of a class in this situation. Source: SPEC D9, T1a, T1b."""
        if self.model is not None:
            return prior_potential(self.model.with_alpha(alpha))
        tau = threshold(alpha)
        if self.policies is None:
            return Real.of(CUBES.constant * self.odds / tau)
        others = self.policies - 1
        known: dict[str, RealLike] = {
            "|Pi|": self.policies,
            "z_max": self.odds / others,
            "tau": tau,
        }
        return claim_named("T1b").right(Given(known))

    def bound(self, name: str, alpha: Fraction, actions: int = 2) -> Real:
        """The right side of a claim at an alpha in (0, 1)."""
        known: dict[str, RealLike] = {
            "S": self.cubes(alpha),
            "T": self.horizon,
            "retention": self.odds * alpha / (1 - alpha),
            "alpha": alpha,
            "w_d": self.prior,
            "|A|": actions,
        }
        return claim_named(name).right(Given(known, {"P_d": self.chance}))

    def divergence(self, alpha: Fraction) -> Real:
        """`(sqrt(T S) + ln 2) / ln(1/y)`, 0 for y = 0: the falling part of T5. Source: SPEC T5."""
        return transfer(root(self.cubes(alpha) * self.horizon, 2), Real.of(self.chance))


@dataclass(frozen=True)
class Plan:
    """A choice of alpha: `situation.bound("T5", alpha)` is within TOLERANCE of the least possible.

    least: no alpha (within the budget) gives T5 a smaller bound; None where y = 0, when smaller is
        always better and the budget decides alone.
    """

    situation: Situation
    alpha: Fraction
    least: Fraction | None

    def exact(self, progress: Progress | None = None) -> Result | None:
        """What happens in the situation's model at this alpha; None without a model."""
        model = self.situation.model
        return None if model is None else run(model.with_alpha(self.alpha), progress)


def plan(situation: Situation, budget: int | None = None) -> Plan:
    """The alpha that minimises T5's bound, among those whose bound on queries is in the budget.

    budget: the most queries expected in T steps, from 1. Raises CbilError when no alpha meets it,
    or when y = 0 and there is none: then the bound falls with alpha for ever.

    >>> plan(Situation(Fraction(1, 2), 100, Fraction(1, 10**9))).alpha
    Fraction(5, 14)
    """
    lowest = Fraction(0) if budget is None else _lowest(situation, budget)
    if not situation.chance:
        if not lowest:
            raise CbilError(
                "plan: an event of probability 0 is bounded by retention alone, which falls with "
                "alpha; give a budget of queries below the horizon"
            )
        return Plan(situation, lowest, None)
    return _least(situation, lowest)


def _lowest(situation: Situation, budget: int) -> Fraction:
    """The smallest alpha whose bound on queries is at most the budget, to within TOLERANCE."""
    if budget < 1:
        raise OutOfRange("budget", budget, "a whole number from 1")
    if budget >= situation.horizon:
        return Fraction(0)  # there are never more queries than steps
    allowed = Fraction(budget**3, situation.horizon**2)

    def meets(alpha: Fraction) -> bool:
        return compare(situation.cubes(alpha), allowed) in (-1, 0)

    if not meets(HALF):
        raise CbilError(
            f"plan: no alpha promises at most {budget} queries; at alpha = 1/2 the bound is "
            f"{situation.bound('T2', HALF).decimal()}"
        )
    if situation.policies is None:
        tau = CUBES.constant * situation.odds / allowed
        return tau / (1 + tau)
    high = HALF
    while meets(high / 2):
        high /= 2
    low = high / 2
    while high - low > TOLERANCE * low:
        middle = (low + high) / 2
        low, high = (low, middle) if meets(middle) else (middle, high)
    return high


def _least(situation: Situation, lowest: Fraction) -> Plan:
    """Bisection with the bound of the module's docstring; intervals of tau in a heap."""

    def alpha_of(tau: Fraction) -> Fraction:
        return tau / (1 + tau)

    def above(tau: Fraction) -> Fraction:
        return situation.bound("T5", alpha_of(tau)).interval()[1]

    def falling(tau: Fraction) -> Fraction:
        return situation.divergence(alpha_of(tau)).interval()[0]

    one = Fraction(1)
    best, place = above(one), one
    low = lowest / (1 - lowest) or one
    if not lowest:
        while falling(low) < best:  # below such a tau the falling term alone is too much
            low /= 2
            best, place = min((best, place), (above(low), low))
    heap = [(situation.odds * low + falling(one), low, one)]
    while heap[0][0] < best * (1 - TOLERANCE / 2):
        _, left, right = heapq.heappop(heap)
        middle = (left + right) / 2
        best, place = min((best, place), (above(middle), middle))
        for a, b in ((left, middle), (middle, right)):
            heapq.heappush(heap, (situation.odds * a + falling(b), a, b))
    least = heap[0][0]
    return Plan(situation, _simple(situation, alpha_of(place), lowest, least), least)


def _simple(situation: Situation, alpha: Fraction, lowest: Fraction, least: Fraction) -> Fraction:
    """An alpha near the given one with a small denominator, and a bound within TOLERANCE."""
    largest = 10
    while largest < alpha.denominator:
        near = alpha.limit_denominator(largest)
        allowed = 0 < near <= HALF and lowest <= near
        if allowed and situation.bound("T5", near).interval()[1] <= least * (1 + TOLERANCE):
            return near
        largest *= 2
    return alpha

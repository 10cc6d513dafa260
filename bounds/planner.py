"""Choosing alpha: what the theorems promise at each, and where the bound on an event is least.

With odds `X = 1/w_d - 1` against the demonstrator and `tau = alpha/(1-alpha)`, T5, T7 and T7a each
bound an event's probability by

    X tau + (what falls as tau rises),

and the least of the three is a rising term plus a falling one: on an interval [a, b] it is at least
the first at a plus the second at b, so bisection finds the minimum with proof. S and PsiBar are the
largest that any class with these odds can have: `3 X / tau`, or with n policies besides the
demonstrator those of equal odds `X/n`, F and ln Psi being concave. Of a known model they are its
own. T7 is asked only where the number of policies is known.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from bounds.claims import claim_named
from bounds.language.functions import best_c, least_c, tailed, transfer
from bounds.language.scene import Given
from exact_cbil.errors import CbilError, OutOfRange
from exact_cbil.interaction import Interaction, Progress, Result, run
from exact_cbil.model import Model
from exact_cbil.potential import CUBES, PSI_2, prior_potential, threshold
from exact_cbil.real import Real, RealLike, compare, ln, root, smallest, total

__all__ = ["Plan", "Situation", "plan"]

HALF = Fraction(1, 2)
TOLERANCE = Fraction(1, 10**4)
"""How far above the least bound, relatively, the chosen alpha's bound may be."""

NEGLIGIBLE = Fraction(1, 2**100)
"""A bound as small as this is not made smaller: the search for a better alpha ends."""

LONGEST_TAIL = 10**9
"""The longest horizon at which `2^-n` is written out for up to T queries n."""


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

    @property
    def others(self) -> Mapping[Fraction, int] | None:
        """The odds of the other policies, with how many have them; None where they are not known.

        Of a class of which the size alone is known, those that make the bounds largest.
        """
        if self.model is not None:
            return Counter(self.model.odds.values())
        if self.policies is None:
            return None
        return {self.odds / (self.policies - 1): self.policies - 1}

    @property
    def event_claims(self) -> tuple[str, ...]:
        """The theorems that bound the event here and have a part that falls with alpha."""
        return ("T5", "T7a") if self.others is None else ("T5", "T7", "T7a")

    def bound(self, name: str, alpha: Fraction, actions: int = 2) -> Real:
        """The right side of a claim at an alpha in (0, 1)."""
        return self._right(name, alpha, self.odds * alpha / (1 - alpha), actions)

    def beyond(self, name: str, alpha: Fraction) -> Real:
        """What an event's bound adds to retention, T3's; it falls as alpha rises."""
        return self._right(name, alpha, Fraction(0), 2)

    def _right(self, name: str, alpha: Fraction, retention: Fraction, actions: int) -> Real:
        known: dict[str, RealLike] = {
            "S": self.cubes(alpha),
            "T": self.horizon,
            "retention": retention,
            "alpha": alpha,
            "tau": threshold(alpha),
            "w_d": self.prior,
            "|A|": actions,
        }
        others = self.others
        if others is not None:
            known["|Pi|"] = 1 + sum(others.values())
        return claim_named(name).right(Given(known, {"P_d": self.chance}, others))

    def best(self, alpha: Fraction) -> str:
        """The theorem whose bound on the event is the least; of equal ones the first."""
        return min(self.event_claims, key=lambda name: self.beyond(name, alpha).interval()[1])

    def most_queries(self, alpha: Fraction, confidence: Fraction) -> int:
        """A number that the queries in T steps do not exceed, with at least this probability.

        T itself where T6 says no more. confidence: in (0, 1). OutOfRange for a T beyond
        LONGEST_TAIL. Source: SPEC T6.
        """
        if not 0 < confidence < 1:
            raise OutOfRange("confidence", confidence, "a rational in (0, 1)")
        if self.horizon > LONGEST_TAIL:
            expected = f"at most {LONGEST_TAIL} with a confidence"
            raise OutOfRange("horizon", self.horizon, expected)
        low, high = 0, self.horizon + 1  # `high` queries or more are unlikely enough
        while high - low > 1:
            middle = (low + high) // 2
            unlikely = compare(self._query_tail(alpha, middle), 1 - confidence) in (-1, 0)
            low, high = (low, middle) if unlikely else (middle, high)
        return high - 1

    def _query_tail(self, alpha: Fraction, queries: int) -> Real:
        """A bound on the probability of so many queries or more."""
        horizon, rare = Real.of(self.horizon), Real.of(Fraction(1, 2**queries))
        by_cubes = least_c(self.cubes(alpha), horizon, rare)
        if (others := self.others) is None:
            return by_cubes
        tau = threshold(alpha)
        logarithms = total(ln(PSI_2(z / tau)) * count for z, count in others.items())
        by_moment = tailed(logarithms, Real.of(sum(others.values())), horizon, rare)
        return smallest(by_cubes, by_moment)

    def divergence(self, alpha: Fraction) -> Real:
        """`(sqrt(T S) + ln 2) / ln(1/y)`, 0 for y = 0: the falling part of T5. Source: SPEC T5."""
        return transfer(root(self.cubes(alpha) * self.horizon, 2), Real.of(self.chance))


@dataclass(frozen=True)
class Plan:
    """A choice of alpha: `bound` is within TOLERANCE of the least possible.

    least: no alpha (within the budget) gives a smaller bound on the event, or it is NEGLIGIBLE.
        None where y = 0, when smaller is always better and the budget decides alone, and where
        alpha was given.
    """

    situation: Situation
    alpha: Fraction
    least: Fraction | None

    @property
    def claim(self) -> str:
        """The theorem that bounds the event best at this alpha."""
        return self.situation.best(self.alpha)

    @property
    def b(self) -> Real | None:
        """`L/(2(NT+L))`, the exponent of T7's proof; None where T7 is not asked, or y = 0."""
        situation = self.situation
        if situation.others is None or not situation.chance:
            return None
        surprise = ln(1 / situation.chance)
        steps = sum(situation.others.values()) * situation.horizon
        return surprise / ((surprise + steps) * 2)

    @property
    def c(self) -> Real | None:
        """The c of T7a; None where y = 0."""
        situation = self.situation
        if not situation.chance:
            return None
        horizon, chance = Real.of(situation.horizon), Real.of(situation.chance)
        return best_c(situation.cubes(self.alpha), horizon, chance)

    def exact(self, progress: Progress | None = None) -> Result | None:
        """What happens in the situation's model at this alpha; None without a model."""
        model = self.situation.model
        return None if model is None else run(model.with_alpha(self.alpha), progress)


def plan(situation: Situation, budget: int | None = None, alpha: Fraction | None = None) -> Plan:
    """The alpha that makes the bound on the event least, by T5, T7 or T7a.

    budget: the most queries expected in T steps, from 1: alpha is one for which T2 promises it.
    alpha: this one, in (0, 1), instead of a choice; without a budget. Raises CbilError when no
    alpha meets the budget, or when y = 0 and there is none: then the bound falls with alpha for
    ever.

    >>> chosen = plan(Situation(Fraction(1, 8), 10**4, Fraction(1, 10**1000), policies=8))
    >>> chosen.claim, chosen.situation.bound("T7", chosen.alpha).decimal(3)
    ('T7', '0.0000378')
    """
    if alpha is not None:
        if budget is not None:
            raise CbilError("plan: a budget chooses alpha; it does not apply to one that is given")
        if not 0 < alpha < 1:
            raise OutOfRange("alpha", alpha, "a rational in (0, 1)")
        return Plan(situation, alpha, None)
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
    """The smallest alpha whose bound on queries is at most the budget, to within TOLERANCE.

    S of a finite class rises with ln(1/alpha) alone, so this may be smaller than anything: then it
    is one whose retention is far below NEGLIGIBLE.
    """
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
    while situation.odds * high > NEGLIGIBLE**2 and meets(high / 2):
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

    @cache
    def falling(tau: Fraction) -> tuple[Fraction, Fraction]:
        parts = [situation.beyond(n, alpha_of(tau)).interval() for n in situation.event_claims]
        return min(low for low, _ in parts), min(high for _, high in parts)

    best, place = Fraction(0), Fraction(0)

    def look(tau: Fraction) -> None:
        nonlocal best, place
        bound = situation.odds * tau + falling(tau)[1]
        if not place or bound < best:
            best, place = bound, tau

    def enough(floor: Fraction) -> bool:
        return best <= NEGLIGIBLE or floor >= best * (1 - TOLERANCE / 2)

    low = Fraction(1)
    heap: list[tuple[Fraction, Fraction, Fraction]] = []
    look(low)
    end = lowest / (1 - lowest)
    # Below a tau the falling part alone is at least what it is there.
    while low > end and not enough(falling(low)[0]):
        lower = max(low / 2, end)
        heapq.heappush(heap, (situation.odds * lower + falling(low)[0], lower, low))
        low = lower
        look(low)
    below = falling(low)[0] if low > end else None
    while heap and not enough(heap[0][0]):
        _, left, right = heapq.heappop(heap)
        middle = (left + right) / 2
        look(middle)
        for a, b in ((left, middle), (middle, right)):
            heapq.heappush(heap, (situation.odds * a + falling(b)[0], a, b))
    least = min(
        [*(floor for floor, _, _ in heap[:1]), *([] if below is None else [below])] or [best]
    )
    return Plan(situation, _simple(situation, alpha_of(place), lowest, best), least)


def _simple(situation: Situation, alpha: Fraction, lowest: Fraction, best: Fraction) -> Fraction:
    """An alpha near the given one, of a small denominator and with a bound near the best."""
    largest = 10
    while largest < alpha.denominator:
        near = alpha.limit_denominator(largest)
        if 0 < near <= HALF and lowest <= near:
            bounds = (situation.bound(name, near).interval()[1] for name in situation.event_claims)
            if min(bounds) <= best * (1 + TOLERANCE / 2):
                return near
        largest *= 2
    return alpha

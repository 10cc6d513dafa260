"""Models too large to run, by their numbers: a lower bound on what happens, the rest exact.

A schedule of many alternatives, or the turns of very many (`turns`), need horizons that no run
reaches. But the right side of a bound speaks of the prior, of alpha and of the sizes alone; and for
the left side Chebyshev's inequality will do, as what lasts long hardly varies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import isqrt, lcm

from bounds.language.candidate import Candidate
from bounds.language.grammar import parse_statement
from bounds.language.scene import Given
from bounds.verdict import Comparison
from bounds.witness.schedule import Schedule
from exact_cbil.errors import CbilError
from exact_cbil.expressions import Call, Expression, Name, walk
from exact_cbil.potential import CUBES, DIVERGENCE, threshold
from exact_cbil.real import RealLike, compare

__all__ = ["CARE", "Reckoned", "alike", "reckoned_schedule"]

CARE = 10**6
"""How near to their limits numbers come: what is lost is about a share of 1/CARE."""

ORDERS = {"<=": (-1, 0), "<": (-1,), ">=": (0, 1), ">": (1,), "==": (0,)}


@dataclass(frozen=True)
class Reckoned:
    """A model by its numbers.

    quantities: by their names in the language of bounds. least: those of them, and of the chances,
    that are lower bounds, where all others are exact. chances: of one event, by the law.
    """

    quantities: Mapping[str, RealLike]
    least: tuple[str, ...]
    chances: Mapping[str, RealLike] = field(default_factory=dict)

    @property
    def given(self) -> Given:
        """What the words of a bound mean here; the odds of the alternatives are all alike."""
        odds, policies = self.quantities["z_max"], self.quantities["|Pi|"]
        assert isinstance(odds, Fraction)
        assert isinstance(policies, int)
        return Given(self.quantities, self.chances, {odds: policies - 1})

    def compare(self, candidate: Candidate) -> Comparison:
        """Both sides of a candidate, the left one bounded below: its ratio is one, too.

        Raises CbilError where the numbers say nothing of it.
        """
        statement, given = parse_statement(str(candidate)), self.given
        left, right = statement.claim.left, statement.claim.right
        sides = (
            right,
            *(side for rule in statement.hypotheses for side in (rule.left, rule.right)),
        )
        exact = set(self.least).isdisjoint(_name(part) for side in sides for part in walk(side))
        if not (exact and _name(left) in self.least):
            least = " and ".join(self.least)
            raise CbilError(f"a witness whose {least} is reckoned says nothing of {candidate}")
        for rule in statement.hypotheses:
            if compare(given.value(rule.left), given.value(rule.right)) not in ORDERS[rule.sign]:
                raise CbilError(f"not applicable: only when {rule}")
        return Comparison.of(str(candidate), given.value(left), given.value(right))


def _name(part: Expression) -> str | None:
    """What a part of an expression names: a quantity, or the law of a chance."""
    if isinstance(part, Call):
        return part.function
    return part.name if isinstance(part, Name) else None


def alike(alternatives: int, margin: int, actions: int, horizon: int) -> dict[str, RealLike]:
    """The numbers of a prior of alternatives of like odds that stay inside the top set.

    margin: M, an upper bound on the sum of their levels at all times. Their odds are
    `z_0 = alpha/(1 - M alpha)`, so that `z_0 = alpha (1 + M z_0)`; alpha is `1/(CARE M)`.
    """
    alpha = Fraction(1, CARE * margin)
    odds, tau = alpha / (1 - margin * alpha), threshold(alpha)
    return {
        "T": horizon,
        "alpha": alpha,
        "tau": tau,
        "w_d": 1 / (1 + alternatives * odds),
        "X": alternatives * odds,
        "retention": alternatives * odds / (1 / alpha - 1),
        "z_max": odds,
        "z_min": odds,
        "S": CUBES(odds / tau) * alternatives,
        "S_4": DIVERGENCE(odds / tau) * alternatives,
        "S_lin": 3 * alternatives * odds / tau,
        "|A|": actions,
        "|O|": 1,
        "|Pi|": alternatives + 1,
    }


def reckoned_schedule(schedule: Schedule, *, defective: bool = False) -> Reckoned:
    """The model of a schedule at a long horizon T and a small alpha.

    A stage lasts a geometric time of mean `1/theta` and variance `(1 - theta)/theta^2`. The last is
    over by T with probability at least `1 - variance/(T - duration)^2`, and then all of
    `schedule.value` has been yielded. In a stage G is `theta^2`, for all fall by the same factor.
    defective: as of `schedule_model`. Raises CbilError without a stage. Source: SPEC W4.
    """
    if not schedule.stages:
        raise CbilError("schedule: expected at least one stage")
    variance = sum(((1 - s.theta) / s.theta**2 for s in schedule.stages), Fraction(0))
    horizon = int(schedule.duration) + isqrt(int(CARE * variance)) + 2
    late = variance / (horizon - schedule.duration) ** 2
    actions = lcm(*(stage.size for stage in schedule.stages)) + (not defective)
    numbers = alike(schedule.alternatives, schedule.alternatives, actions, horizon)
    yielded = dict.fromkeys(("query_cubes", "theta_gain"), schedule.value * (1 - late))
    return Reckoned(numbers | yielded, tuple(yielded))

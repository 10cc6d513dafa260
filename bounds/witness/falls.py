"""The family for T6: one alternative that falls rarely, and rises otherwise (W5).

Its levels are the powers `rho^k`, k from 0 to `height`. From `rho^k`, k >= 2, it falls
`min(k, drop)` levels where a query is answered from a set of probability q, and rises by one level
else; its mean of r is 1, so that `q = (rho - 1)/(rho - rho^-d)` for a fall by d levels. From 1 and
rho it falls to 0, with `q = 1 - 1/rho`; at the top it stays. The sets lie in one another, so an
action for each difference is enough. Below 1 it is outside the top set and nothing is asked.

In the clock of the sum of `theta G` the logarithm of the level is nearly a Brownian motion of drift
-1/2 when rho is near 1 and d large. So for a rate above 1/8 its `E exp(rate sum theta G)` grows
without bound with the horizon and the height, and no potential in place of `Psi_2` would do.
"""

from __future__ import annotations

from fractions import Fraction

from bounds.witness.model import Machine, class_at_threshold
from exact_cbil.errors import OutOfRange
from exact_cbil.history import Rule
from exact_cbil.model import Model
from exact_cbil.numbers import RationalLike, rational
from exact_cbil.policy import constant
from exact_cbil.semimeasure import Semimeasure

__all__ = ["falls_model"]

OUT = "out"
MOST_LEVELS = 1_000


def falls_model(
    rho: RationalLike,
    drop: int,
    height: int,
    horizon: int,
    alpha: RationalLike = "1/1000000000000",
) -> Model:
    """The class of one alternative, at level 1, that walks on the powers of rho.

    rho: in (1, 2]. drop: from 2. height: from 1 to 1,000. alpha: in (0, 1). Source: SPEC W5.
    """
    step = rational(rho, "rho")
    if not 1 < step <= 2:
        raise OutOfRange("rho", step, "a rational in (1, 2]")
    if drop < 2:
        raise OutOfRange("drop", drop, "a whole number from 2")
    if not 1 <= height <= MOST_LEVELS:
        raise OutOfRange("height", height, f"a whole number from 1 to {MOST_LEVELS}")
    # The longer the fall, the rarer: the first actions are those of the fall to 0.
    ratios = [Fraction(0), *(step**-d for d in range(min(drop, height), 1, -1))]
    shares = [(step - 1) / (step - ratio) for ratio in ratios]
    names = [f"a{n}" for n in range(len(shares) + 1)]
    ends = [Fraction(0), *shares, Fraction(1)]
    fair = {name: end - ends[n] for n, (name, end) in enumerate(zip(names, ends[1:], strict=True))}
    machine: Machine = {OUT: (Semimeasure(fair), [])}
    for k in range(height):
        place = 0 if k < 2 else len(ratios) + 1 - min(k, drop)
        lowered, ratio = names[: place + 1], ratios[place]
        emission = {a: p * (ratio if a in lowered else step) for a, p in fair.items()}
        below = OUT if k < 2 else str(k - min(k, drop))
        rules = [Rule(below, action=a, queried=True) for a in lowered]
        machine[str(k)] = (Semimeasure(emission), [*rules, Rule(str(k + 1), queried=True)])
    machine[str(height)] = (Semimeasure(fair), [])
    return class_at_threshold(
        constant(Semimeasure(fair)),
        {"walker": "0"},
        machine,
        actions=tuple(names),
        alpha=alpha,
        horizon=horizon,
        events={},
    )

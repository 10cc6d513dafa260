"""The family for T4: k alternatives that refuse a rare action in turn, each until it is caught.

The demonstrator plays `rare` with probability eps. The alternative whose turn it is never does, so
`theta = G = eps` and a step diverges by

    k_t = eps^2 ln eps + (1 - eps^2) ln(1 + eps)  ~  eps    as eps falls to 0,

until a query is answered by `rare`, with probability eps^2 a step. All start at the odds z_0 at
which they are just inside the top set, so `S ~ 3k`. At `T = k/eps^2` the ratio of `E_g sum k_t` to
`sqrt(T S)` tends to `1/sqrt(3)` as alpha and eps fall and k grows: by the law of large numbers the
turns last about until T, and theta^3 <= theta G is lost nowhere but in the constant 3.
"""

from __future__ import annotations

from math import ceil

from bounds.witness.model import Machine, class_at_threshold
from exact_cbil.errors import OutOfRange
from exact_cbil.event import once
from exact_cbil.history import Rule
from exact_cbil.model import Model
from exact_cbil.numbers import RationalLike, rational
from exact_cbil.policy import constant
from exact_cbil.semimeasure import Semimeasure

__all__ = ["hazard_model"]


def hazard_model(
    alternatives: int,
    eps: RationalLike,
    alpha: RationalLike = "1/1000000",
    horizon: int | None = None,
) -> Model:
    """The class of k alternatives that refuse `rare` in turn.

    alternatives: k, from 1. eps: in (0, 1). alpha: in (0, 1/k). horizon: by default
    `k/eps^2`, rounded up. Source: SPEC T4, W2.
    """
    if alternatives < 1:
        raise OutOfRange("alternatives", alternatives, "a whole number from 1")
    chance = rational(eps, "eps")
    if not 0 < chance < 1:
        raise OutOfRange("eps", chance, "a rational in (0, 1)")
    fair = Semimeasure({"rare": chance, "usual": 1 - chance})
    refusal = Semimeasure({"astray": chance, "usual": 1 - chance})
    # State d: it is the turn of the one that d others precede.
    machine: Machine = {"0": (refusal, [])}
    for d in range(1, alternatives):
        machine[str(d)] = (fair, [Rule(str(d - 1), action="rare", queried=True)])
    return class_at_threshold(
        constant(fair),
        {f"refuser-{turn}": str(turn) for turn in range(alternatives)},
        machine,
        actions=("rare", "usual", "astray"),
        alpha=alpha,
        horizon=ceil(alternatives / chance**2) if horizon is None else horizon,
        events={"ever-rare": once(action="rare")},
    )

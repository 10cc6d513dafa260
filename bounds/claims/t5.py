"""T5: what the demonstrator would almost never do, the imitator almost never does."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from bounds.claim import Claim
from bounds.evidence import Evidence
from bounds.verdict import Comparison
from exact_cbil.enclosure import INFINITY, Real, ln
from exact_cbil.interaction import EventProbability


def binary_divergence(x: Fraction, y: Fraction) -> Real:
    """`d(x||y) = x ln(x/y) + (1-x) ln((1-x)/(1-y))`, plus infinity off the support.

    >>> print(binary_divergence(Fraction(1, 2), Fraction(1, 2)))
    0
    """
    total = Real.of(0)
    for p, q in ((x, y), (1 - x, 1 - y)):
        if p and not q:
            return INFINITY
        if p:
            total = total + ln(p / q) * p
    return total


def event_bound(evidence: Evidence, y: Fraction, divergence: Real | None = None) -> Real:
    """`retention + (sqrt(T S) + ln 2)/ln(1/y)`; its limits at y = 0 and y = 1.

    divergence: a bound on `KL(P_g || P_d)` to use instead of `sqrt(T S)`.
    Source: SPEC T5.
    """
    if y == 1:
        return INFINITY
    if y == 0:
        return evidence.retention
    spread = evidence.spread if divergence is None else divergence
    return evidence.retention + (spread + ln(2)) / ln(1 / y)


def _of_event(evidence: Evidence, name: str, chance: EventProbability) -> Iterator[Comparison]:
    x, y = chance.guarded, chance.demonstrator
    assert x is not None
    bound = event_bound(evidence, y)
    yield Comparison.of(f"P_i({name}) <= T5", chance.imitator, bound)
    apart = binary_divergence(x, y)
    yield Comparison.link(f"d(P_g||P_d)({name}) <= sqrt(T S)", apart, evidence.spread)
    # Up to the exit of pi_d the imitator and the guarded imitator are one process.
    left = evidence.result.exclusion
    assert left is not None
    yield Comparison.link(f"P_i({name}) <= P_g({name}) + exclusion", chance.imitator, x + left)


def comparisons(evidence: Evidence) -> Iterator[Comparison]:
    """Both forms of T5, for every event of the model. Source: SPEC T5."""
    for name, chance in evidence.result.events.items():
        yield from _of_event(evidence, name, chance)


CLAIM = Claim(
    name="T5",
    title="Events",
    latex=r"P_i(B) \le \frac{1/w_d-1}{1/\alpha-1} + \frac{\sqrt{TS}+\ln 2}{\ln(1/P_d(B))}",
    plain="An event almost impossible for the demonstrator is unlikely for the imitator.",
    scope="wider",
    status="checked in a proof assistant",
    comparisons=comparisons,
)

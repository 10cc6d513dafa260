"""T4: the guarded imitator stays close to the demonstrator in relative entropy."""

from __future__ import annotations

from collections.abc import Iterator

from bounds.claim import Claim
from bounds.evidence import Evidence
from bounds.verdict import Comparison


def comparisons(evidence: Evidence) -> Iterator[Comparison]:
    """The chain `KL(P_g || P_d) <= E_g sum k <= E_g sum (G - theta^2) <= sqrt(T S)`.

    The first link is compared where the action-observation sequences are few enough to list.
    Source: SPEC T4.
    """
    total, spread = evidence.divergence_sum, evidence.spread
    squares = evidence.result.chi_squared
    assert squares is not None
    bound = (squares**2, evidence.budget)
    yield Comparison.of("E_g sum k <= sqrt(T S)", total, spread)
    if (divergence := evidence.divergence) is not None:
        yield Comparison.link("KL(P_g || P_d) <= E_g sum k", divergence, total)
    yield Comparison.link("E_g sum k <= E_g sum (G - theta^2)", total, squares)
    yield Comparison.link("E_g sum (G - theta^2) <= sqrt(T S)", squares, spread, bound)


CLAIM = Claim(
    name="T4",
    title="Divergence",
    latex=r"KL(P_g\|P_d) \le \mathbb{E}_g\sum_{t<T}k_t \le \sqrt{TS}",
    plain="Until pi_d leaves the top set the imitator stays within sqrt(T S) nats of it.",
    scope="wider",
    status="checked in a proof assistant",
    comparisons=comparisons,
)

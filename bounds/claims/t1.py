"""T1: the expected cubes of the query probability sum to at most S."""

from __future__ import annotations

from collections.abc import Iterator

from bounds.claim import Claim
from bounds.evidence import Evidence
from bounds.verdict import Comparison


def comparisons(evidence: Evidence) -> Iterator[Comparison]:
    """`E sum theta^3 <= S`, and the two inequalities of the proof in between.

    Source: SPEC T1.
    """
    result, bound = evidence.result, evidence.potential
    assert result.theta_gain is not None
    yield Comparison.of("E sum theta^3 <= S", result.query_cubes, bound)
    yield Comparison.link("E sum theta^3 <= E sum theta G", result.query_cubes, result.theta_gain)
    yield Comparison.link("E sum theta G <= S", result.theta_gain, bound)


CLAIM = Claim(
    name="T1",
    title="Query cubes",
    latex=r"\mathbb{E}\sum_{t<T}\theta(h_t)^3 \le S",
    plain="The expected cubes of the query probability sum to at most S, whatever the horizon.",
    scope="wider",
    status="checked in a proof assistant",
    comparisons=comparisons,
)

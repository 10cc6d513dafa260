"""T2: the expected number of queries grows at most like T^(2/3)."""

from __future__ import annotations

from collections.abc import Iterator

from bounds.claim import Claim
from bounds.evidence import Evidence
from bounds.verdict import Comparison
from exact_cbil.enclosure import root


def comparisons(evidence: Evidence) -> Iterator[Comparison]:
    """`E sum theta <= T^(2/3) S^(1/3)`, decided by the cubes of both sides. Source: SPEC T2."""
    horizon, queries = evidence.model.horizon, evidence.result.queries
    cubed = evidence.potential * horizon**2
    what = "E sum theta <= T^(2/3) S^(1/3)"
    yield Comparison.of(what, queries, root(cubed, 3), (queries**3, cubed))


CLAIM = Claim(
    name="T2",
    title="Query count",
    latex=r"\mathbb{E}\sum_{t<T}\theta(h_t) \le T^{2/3}S^{1/3}",
    plain="The expected number of queries in T steps is at most T^(2/3) S^(1/3).",
    scope="same",
    status="checked in a proof assistant",
    comparisons=comparisons,
)

"""T1a: the linear form of T1."""

from __future__ import annotations

from collections.abc import Iterator

from bounds.claim import Claim
from bounds.evidence import Evidence
from bounds.verdict import Comparison


def comparisons(evidence: Evidence) -> Iterator[Comparison]:
    """`E sum theta^3 <= S_lin`, and `S <= S_lin`. Both hold above alpha = 1/2 too, where tau = 1.

    Source: SPEC T1a.
    """
    linear = evidence.linear
    yield Comparison.of("E sum theta^3 <= S_lin", evidence.result.query_cubes, linear)
    yield Comparison.link("S <= S_lin", evidence.potential, linear)


CLAIM = Claim(
    name="T1a",
    title="Query cubes, linear form",
    latex=r"\mathbb{E}\sum_{t<T}\theta(h_t)^3 \le S_{lin} = \frac{3}{\tau}(1/w_d-1)",
    plain="The cubes sum to at most 3 (1/alpha - 1)(1/w_d - 1) for alpha up to 1/2.",
    scope="wider",
    status="checked in a proof assistant",
    comparisons=comparisons,
)

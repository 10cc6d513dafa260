"""T3: the demonstrator seldom leaves the top set."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from bounds.claim import Claim
from bounds.evidence import Evidence
from bounds.verdict import Comparison


def comparisons(evidence: Evidence) -> Iterator[Comparison]:
    """`P_i(pi_d ever outside Top) <= (1/w_d - 1)/(1/alpha - 1)`. Source: SPEC T3."""
    exclusion = evidence.result.exclusion
    assert exclusion is not None
    what = "P_i(pi_d ever outside Top) <= (1/w_d - 1)/(1/alpha - 1)"
    yield Comparison.of(what, exclusion or Fraction(0), evidence.retention)


CLAIM = Claim(
    name="T3",
    title="Retention",
    latex=r"P_i(\exists t: \pi_d\notin Top_\alpha(h_t)) \le (1/w_d-1)/(1/\alpha-1)",
    plain="The demonstrator is ever outside the top set with small probability.",
    scope="same",
    status="checked in a proof assistant",
    comparisons=comparisons,
)

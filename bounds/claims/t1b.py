"""T1b: the form of T1 for finite classes, logarithmic in 1/alpha."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from bounds.claim import Claim
from bounds.evidence import Evidence
from bounds.verdict import Comparison
from exact_cbil.enclosure import Real
from exact_cbil.potential import potential, threshold


def finite_class_bound(evidence: Evidence) -> Real:
    """`(|Pi| - 1) F(max_pi z_pi(empty) / tau)`, the maximum over `pi != pi_d`; 0 without any.

    Source: SPEC T1b.
    """
    model = evidence.model
    index, prior = model.demonstrator_index, model.demonstrator_prior
    assert prior is not None
    odds = [w / prior for k, w in enumerate(model.weights) if k != index]
    top = max(odds, default=Fraction(0))
    return Real.of(potential(top / threshold(model.exact_alpha))) * len(odds)


def comparisons(evidence: Evidence) -> Iterator[Comparison]:
    """`E sum theta^3` and `S` are at most the bound for finite classes. Source: SPEC T1b."""
    bound = finite_class_bound(evidence)
    what = "(|Pi|-1) F(max z/tau)"
    yield Comparison.of(f"E sum theta^3 <= {what}", evidence.result.query_cubes, bound)
    yield Comparison.link(f"S <= {what}", evidence.potential, bound)


CLAIM = Claim(
    name="T1b",
    title="Query cubes, finite class",
    latex=r"\mathbb{E}\sum_{t<T}\theta(h_t)^3 \le (|\Pi|-1)\,F(\max_\pi z_\pi(\epsilon)/\tau)",
    plain="In a finite class the cubes are bounded logarithmically in 1/alpha.",
    scope="wider",
    status="checked in a proof assistant",
    comparisons=comparisons,
)

"""T1c: the bound of CHN22 on the cubes, quoted and unchecked against the paper; T1 implies it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from bounds.claim import Claim
from bounds.evidence import Evidence
from bounds.verdict import Comparison


def quoted_constant(prior: Fraction, alpha: Fraction, actions: int) -> Fraction:
    """`|A| alpha^-3 (24/w_d + 12)`. Source: SPEC T1c."""
    return actions / alpha**3 * (24 / prior + 12)


def quoted_bound(evidence: Evidence) -> Fraction:
    """The quoted bound for a model. Source: SPEC T1c."""
    model = evidence.model
    prior = model.demonstrator_prior
    assert prior is not None
    return quoted_constant(prior, model.exact_alpha, len(model.actions))


def comparisons(evidence: Evidence) -> Iterator[Comparison]:
    """`E sum theta^3` and `S` are at most the quoted bound. Source: SPEC T1c."""
    bound = quoted_bound(evidence)
    cubes = evidence.result.query_cubes
    yield Comparison.of("E sum theta^3 <= |A| alpha^-3 (24/w_d + 12)", cubes, bound)
    yield Comparison.link("S <= |A| alpha^-3 (24/w_d + 12)", evidence.potential, bound)


CLAIM = Claim(
    name="T1c",
    title="Query cubes, CHN22",
    latex=r"\mathbb{E}\sum_{t<T}\theta(h_t)^3 \le |A|\,\alpha^{-3}(24/w_d+12)",
    plain="The constant quoted from CHN22 (the quotation is unchecked); T1 implies it.",
    scope="quoted",
    status="quoted, unchecked",
    comparisons=comparisons,
)

"""T4a: T4 with a potential made for the divergence; `sqrt(34/75) = 0.673` of T4's bound at most."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from bounds.claim import Claim
from bounds.claims.t5 import event_bound
from bounds.evidence import Evidence
from bounds.verdict import Comparison
from exact_cbil.enclosure import Real, root, total
from exact_cbil.potential import DIVERGENCE, threshold


def divergence_budget(evidence: Evidence) -> Real:
    """`T S_4`, `S_4 = sum over pi != pi_d of F_4(z_pi(empty)/tau)`. Source: SPEC T4a."""
    model = evidence.model
    tau = threshold(model.exact_alpha)
    return total(DIVERGENCE(z / tau) for z in model.odds) * model.horizon


def comparisons(evidence: Evidence) -> Iterator[Comparison]:
    """`E_g sum k <= sqrt(T S_4)`, and T5 with this bound. Source: SPEC T4a."""
    budget, share = divergence_budget(evidence), Fraction(34, 75)
    bound, most = root(budget, 2), evidence.budget * share
    yield Comparison.of("E_g sum k <= sqrt(T S_4)", evidence.divergence_sum, bound)
    what = "sqrt(T S_4) <= sqrt(34/75) sqrt(T S)"
    yield Comparison.link(what, bound, root(most, 2), (budget, most))
    for name, chance in evidence.result.events.items():
        sharper = event_bound(evidence, chance.demonstrator, bound)
        yield Comparison.link(f"P_i({name}) <= T5 with T4a", chance.imitator, sharper)


CLAIM = Claim(
    name="T4a",
    title="Divergence, sharper",
    latex=r"KL(P_g\|P_d) \le \mathbb{E}_g\sum_{t<T}k_t \le \sqrt{TS_4} \le \sqrt{\tfrac{34}{75}TS}",
    plain="T4 with a potential whose constant is 34/25 instead of 3.",
    scope="wider",
    status="proved by hand",
    comparisons=comparisons,
)

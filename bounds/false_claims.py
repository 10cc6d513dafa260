"""Statements that look like the theorems and are false, each with a model that refutes it.

They show that a check can fail: each is one step stronger than a theorem.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

from bounds.claim import Claim, Status
from bounds.evidence import Evidence
from bounds.verdict import Comparison, Verdict
from exact_cbil.enclosure import total
from exact_cbil.learner import imitator_step
from exact_cbil.model import Model
from exact_cbil.models import chain, rare_action, treacherous_turn
from exact_cbil.policy import constant
from exact_cbil.potential import CUBES, threshold

__all__ = ["FALSE_CLAIMS", "Refutation"]


def _quarter(evidence: Evidence) -> Iterator[Comparison]:
    what = "E sum theta^3 <= S_lin/4"
    yield Comparison.of(what, evidence.result.query_cubes, evidence.linear * Fraction(1, 4))


def _queries(evidence: Evidence) -> Iterator[Comparison]:
    yield Comparison.of("E sum theta <= S", evidence.result.queries, evidence.potential)


def _retention(evidence: Evidence) -> Iterator[Comparison]:
    exclusion = cast(Fraction, evidence.result.exclusion)
    alpha = evidence.model.exact_alpha
    yield Comparison.of("P_i(pi_d ever outside Top) <= alpha", exclusion, alpha)


def _sixth(evidence: Evidence) -> Iterator[Comparison]:
    sixth = evidence.spread * Fraction(1, 6)
    yield Comparison.of("E_g sum k <= sqrt(T S)/6", evidence.divergence_sum, sixth)


def _far_threshold(evidence: Evidence) -> Iterator[Comparison]:
    model = evidence.model
    tau = 4 * threshold(model.exact_alpha)
    what = "E sum theta^3 <= S with 4 tau for tau"
    yield Comparison.of(
        what, evidence.result.query_cubes, total(CUBES(z / tau) for z in model.odds)
    )


def _converse(evidence: Evidence) -> Iterator[Comparison]:
    """As numbers: `tau <= z` must imply `1 <= [pi in Top]`, at the empty history."""
    model = evidence.model
    top = imitator_step(model, ()).top_set
    prior, tau = cast(Fraction, model.demonstrator_prior), threshold(model.exact_alpha)
    for name, weight in zip(model.policies, model.weights, strict=True):
        if weight / prior >= tau:
            what = f"1 <= [{name} in Top], though z = {weight / prior} >= tau = {tau}"
            yield Comparison.of(what, 1, int(name in top))


def _crowd() -> Model:
    """Three equal policies at alpha = 2/5: each has z = 1 >= tau = 2/3; the last ranks third."""
    model = rare_action("1/2", "2/5", 1)
    policies = {f"policy-{k}": constant({"rare": "1/2", "usual": "1/2"}) for k in range(3)}
    prior = dict.fromkeys(policies, Fraction(1, 3))
    return Model(
        model.actions,
        model.observations,
        policies,
        prior,
        "policy-0",
        model.environment,
        model.alpha,
        model.horizon,
        model.events,
    )


@dataclass(frozen=True)
class Refutation:
    """A false claim and the model that refutes it."""

    claim: Claim
    model: Callable[[], Model]

    def check(self) -> Verdict:
        """The verdict on the model; `Violated`, or the refutation is broken."""
        return self.claim.check(Evidence(self.model()))


def _false(
    name: str,
    latex: str,
    plain: str,
    comparisons: Callable[[Evidence], Iterator[Comparison]],
    model: Callable[[], Model],
) -> Refutation:
    status: Status = "false on purpose"
    return Refutation(Claim(name, "False", latex, plain, "narrower", status, comparisons), model)


FALSE_CLAIMS: tuple[Refutation, ...] = (
    _false(
        "quarter-linear",
        r"\mathbb{E}\sum\theta^3 \le S_{lin}/4",
        "T1a with 3/4 in place of 3.",
        _quarter,
        lambda: chain(1, "1/4"),
    ),
    _false(
        "queries",
        r"\mathbb{E}\sum\theta \le S",
        "T1 for queries themselves.",
        _queries,
        lambda: rare_action("1/16", "1/10"),
    ),
    _false(
        "retention-alpha",
        r"P_i(\exists t: \pi_d\notin Top) \le \alpha",
        "T3 with the bound alpha.",
        _retention,
        lambda: treacherous_turn().with_alpha("1/5"),
    ),
    _false(
        "sixth-divergence",
        r"\mathbb{E}_g\sum k_t \le \sqrt{TS}/6",
        "T4 with a sixth of the bound.",
        _sixth,
        lambda: rare_action("1/16", "1/4"),
    ),
    _false(
        "far-threshold",
        r"\mathbb{E}\sum\theta^3 \le \sum F(z/4\tau)",
        "T1 with the threshold 4 tau.",
        _far_threshold,
        lambda: chain(1, "1/4"),
    ),
    _false(
        "threshold-converse",
        r"z_\pi(h)\ge\tau \Rightarrow \pi\in Top(h)",
        "The converse of the threshold lemma, at the empty history.",
        _converse,
        _crowd,
    ),
)

"""The claims hold on models, can fail, and say so honestly."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given

import bounds
from bounds.claims import CLAIMS, FALSE_CLAIMS, TABLE, Claim, claim_named
from bounds.evidence import Evidence
from bounds.language.candidate import Candidate
from bounds.planner import Situation
from bounds.report import check_model, is_green, save_witness
from bounds.tight_families import (
    check_chain,
    check_rare_action,
    check_shared_error,
    check_witnesses,
)
from bounds.verdict import Comparison, Holds, Unknown, Verdict, Violated, judge
from exact_cbil.errors import CbilError
from exact_cbil.interaction import Interaction, run
from exact_cbil.learner import imitator_step
from exact_cbil.model import Model
from exact_cbil.modelfile import load
from exact_cbil.models import SHIPPED, rare_action, shared_error
from exact_cbil.real import Real, compare, ln, root
from tests.commands import Outcome
from tests.conftest import examples
from tests.strategies import models_inside


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("alpha", [None, "1/50", "1/3", "1/2", "3/4", "1"])
def test_no_claim_fails_on_a_shipped_model(name: str, alpha: str | None) -> None:
    model = SHIPPED[name]()
    for claim, verdict in check_model(Evidence(model.with_alpha(alpha or model.alpha))):
        assert is_green(verdict), (claim.name, verdict)


@examples(60)
@given(models_inside())
def test_no_claim_fails_on_a_random_model(model: Model) -> None:
    for claim, verdict in check_model(Evidence(model)):
        assert isinstance(verdict, Holds), (claim.name, verdict)


@examples(30)
@given(models_inside())
def test_divergences_agree_with_a_sum_over_histories(model: Model) -> None:
    """From whole histories: k at each history by the learner, KL by marginalising q away."""
    interaction, evidence = Interaction(model), Evidence(model)
    total = Real.of(0)
    for t in range(model.horizon):
        for history, mass in Interaction(model.with_horizon(t)).history_law("imitator").items():
            names = [imitator_step(model, history[:k]).top_set for k in range(t + 1)]
            if any(model.demonstrator not in top for top in names):
                continue
            step, target = imitator_step(model, history), model.demonstrator_policy(history)
            for a, p in target.items():
                s = step.minimum[a] + step.query_probability * p
                if s:
                    total = total + ln(s / p) * (mass * s)
    assert compare(evidence.divergence_sum, total) == 0
    hidden = {
        law: interaction.history_law(law).map(lambda h: tuple((s.action, s.observation) for s in h))
        for law in ("guarded", "demonstrator")
    }
    apart = Real.of(0)
    for sequence, x in hidden["guarded"].items():
        apart = apart + ln(x / hidden["demonstrator"][sequence]) * x
    assert evidence.divergence is not None
    assert compare(evidence.divergence, apart) == 0


def test_a_model_without_its_demonstrator_is_not_called_green_by_checking() -> None:
    verdicts = [verdict for _, verdict in check_model(Evidence(shared_error()))]
    assert all(isinstance(v, Unknown) and v.inapplicable for v in verdicts)


def test_an_undecided_comparison_is_unknown_and_not_green() -> None:
    one, other = root(2, 2) + root(3, 2), root(3, 2) + root(2, 2)
    verdict = judge(rare_action(), [Comparison.of("a tie of sums of roots", one, other)])
    assert isinstance(verdict, Unknown)
    assert not is_green(verdict)


@pytest.mark.parametrize("claim", FALSE_CLAIMS, ids=lambda claim: claim.name)
def test_a_false_statement_is_refuted_by_a_model_that_replays(claim: Claim, tmp_path: Path) -> None:
    verdict = claim.refute()
    assert isinstance(verdict, Violated)
    saved = save_witness(verdict.witness, tmp_path, "w")
    again = load(saved)
    assert run(again).to_json() == run(verdict.witness.model).to_json()
    replayed = claim.check(Evidence(again))
    assert isinstance(replayed, Violated)
    numbers = json.loads((tmp_path / "w.numbers.json").read_text())
    assert numbers == replayed.witness.numbers()


def test_the_threshold_converse_fails_by_hand() -> None:
    """Three equal policies at alpha = 2/5: each has z = 1 >= tau = 2/3; the last ranks third."""
    verdict = claim_named("threshold-converse").refute()
    assert isinstance(verdict, Violated)
    shown = verdict.witness.comparison
    assert (shown.left.exact, shown.right.exact) == (Fraction(3), Fraction(2))


def test_the_table_says_of_each_claim_what_it_needs_to() -> None:
    names = [claim.name for claim in TABLE]
    assert len(set(names)) == len(names)
    for claim in TABLE:
        assert str(Candidate.parse(str(claim.candidate))) == str(claim.candidate)
        assert (claim.truth == "true") == (claim.known is not None)
        assert claim.known != "certificate" or claim.certificate
        assert claim.models or claim.families
    for claim in CLAIMS:
        assert all((claim.plain, claim.latex, claim.shown, claim.scope))


def test_truth_and_attribution_are_told_apart() -> None:
    quoted = claim_named("T1c")
    assert quoted.status == claim_named("T1").status == "checked in a proof assistant"
    assert "unchecked" in str(quoted.attribution)


def test_unknown_claims_are_refused_by_name() -> None:
    with pytest.raises(CbilError, match="no claim is called 'T9'"):
        claim_named("T9")


def test_the_families_of_witnesses_are_exact() -> None:
    listed = list(check_witnesses())
    assert len(listed) == 54
    assert all(isinstance(verdict, Holds) for _, verdict in listed)


@pytest.mark.parametrize(
    ("rounds", "alpha"), list(product([0, 9, 14], ["3/7", "1/9", "1/1000000"]))
)
def test_a_longer_chain_has_the_same_ratio(rounds: int, alpha: str) -> None:
    assert isinstance(check_chain(rounds, alpha), Holds)


def test_witness_checks_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    from bounds import tight_families

    monkeypatch.setattr(tight_families, "chain", lambda rounds, alpha: rare_action("1/3", alpha, 1))
    rare = rare_action("1/3").with_horizon(2)
    wrong = replace(rare, events={"ever-errs": rare.events["never-rare"]})
    monkeypatch.setattr(tight_families, "shared_error", lambda horizon: wrong)
    assert isinstance(check_chain(1, "1/4"), Violated)
    assert isinstance(check_shared_error(3), Violated)
    assert isinstance(check_rare_action("1/3"), Holds)


def test_a_claim_with_nothing_to_compare_does_not_hold() -> None:
    verdict = judge(rare_action(), [])
    assert isinstance(verdict, Unknown)
    without = dict(_by_name(replace(rare_action(), events={})))
    assert {name for name, v in without.items() if not isinstance(v, Holds)} == {
        "T5",
        "T7",
        "T7a",
        "T0",
    }


def _by_name(model: Model) -> list[tuple[str, Verdict]]:
    return [(claim.name, verdict) for claim, verdict in check_model(Evidence(model))]


def test_the_package_checks_and_plans() -> None:
    verdicts = bounds.check(rare_action())
    assert [*verdicts] == [claim.name for claim in CLAIMS]
    situation = Situation(Fraction(1, 2), 100, Fraction(1, 10**9))
    assert bounds.plan(situation).alpha == Fraction(5, 14)


def test_a_verdict_needs_every_inequality() -> None:
    good, bad = Comparison.of("0 <= 1", 0, 1), Comparison.of("1 <= 0", 1, 0)
    verdict = judge(rare_action(), [good, bad])
    assert isinstance(verdict, Violated)
    assert verdict.witness.comparison is bad


class TestCommand:
    """`exact-cbil check MODEL` and its relatives."""

    def test_table_and_json(self) -> None:
        shown = Outcome("check", "chain")
        assert shown.code == 0
        assert "T1a" in shown.out
        report = Outcome("check", "chain", "--json").json
        ratios = {c["claim"]: c["comparisons"][0]["ratio"] for c in report["claims"]}
        assert ratios["T1a"] == "1/3"
        assert {c["verdict"] for c in report["claims"]} == {"holds"}

    def test_a_violation_exits_with_1_and_saves_its_witness(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        from bounds import report

        monkeypatch.setattr(report, "CLAIMS", (*CLAIMS, claim_named("quarter-linear")))
        assert Outcome("check", "chain", "--save-witness", tmp_path).code == 1
        assert run(load(tmp_path / "quarter-linear.model.json")).query_cubes == 4

    def test_plot(self, tmp_path: Path) -> None:
        target = tmp_path / "curves.svg"
        assert Outcome("check", "chain", "--plot", target).code == 0
        assert b"<svg" in target.read_bytes()

    @pytest.mark.parametrize(
        "arguments", [[], ["chain", "--witnesses"], ["chain", "--plot", "x.y"]]
    )
    def test_misuse_is_one_line(self, arguments: list[str]) -> None:
        Outcome("check", *arguments).assert_refused()

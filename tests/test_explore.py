"""The search: planted candidates are refuted by small models that replay, true ones survive."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from bounds.claims import TABLE, claim_named
from bounds.evidence import Evidence
from bounds.explorer import families, search, tasks
from bounds.explorer.draw import models_near
from bounds.explorer.examine import Batch, examine, is_small, prepare
from bounds.explorer.search import FILE, GRIDS, STAGES, Limits, explore
from bounds.explorer.search import Outcome as Found
from bounds.explorer.size import describe, measure
from bounds.explorer.tasks import part_of_grid, searched, simplest_between
from bounds.explorer.witnesses import reckoned_families, witness, witness_names
from bounds.kept import Kept
from bounds.language.candidate import Candidate
from bounds.pool import Lost, Pool, pool
from bounds.verdict import Violated
from exact_cbil.children import Child, run
from exact_cbil.errors import CbilError
from exact_cbil.model import Model
from exact_cbil.modelfile import load, read_model, save, write_model
from exact_cbil.models import chain, rare_action
from exact_cbil.numbers import rational
from tests.commands import PROGRAM, Outcome
from tests.conftest import LARGE, examples
from tests.explore_candidates import FALSE, TRUE
from tests.explore_oracle import DIGITS, evaluate, values

ROOT = Path(__file__).parent.parent

PRINTED = {"theta_gain", "divergence_sum", "chi_squared", "members_over_tau", "top_at_start"}
PRINTED |= {"S_near", "near_cubes", "near_exit"}
"""Quantities that `exact-cbil run --json` does not print."""

HERE = ["--workers", "0"]
FEW = ["--models", "20", *HERE]


@cache
def _explore(
    text: str, models: float = 20, seed: int = 0, out: Path | None = None, again: int = 0
) -> Found:
    """A search; another one of the same candidate for each `again`."""
    return explore(Candidate.parse(text), Limits(models=models), Pool(), seed, out)


SOME_FALSE = (
    "query_cubes < S_lin/3 if X > 0",
    "exclusion <= retention/2",
    "P_i(B) <= P_d(B)",
    "divergence_sum <= sqrt(T*S)/6",
)


@pytest.mark.parametrize("text", FALSE if LARGE else SOME_FALSE)
def test_a_false_candidate_is_refuted_by_a_small_model_that_replays(
    text: str, tmp_path: Path
) -> None:
    path = tmp_path / "witness.json"
    models = "400" if LARGE else "40"
    outcome = Outcome("explore", text, "--models", models, *HERE, "--json", "--save", path)
    assert outcome.code == 1, outcome.err
    report = outcome.json
    assert report["verdict"] == "refuted"
    document = json.loads(path.read_bytes())
    assert document == report["model"]
    assert measure(document)[0] <= 3
    assert measure(document)[2] <= 128
    model = read_model(path.read_bytes())
    verdict = Candidate.parse(text).check(Evidence(model))
    assert isinstance(verdict, Violated)
    assert verdict.witness.numbers() == report["numbers"]
    assert json.loads(path.with_suffix(".numbers.json").read_bytes()) == report["numbers"]
    _replay(Candidate.parse(text), path, report)


def _replay(candidate: Candidate, path: Path, report: dict[str, Any]) -> None:
    """The sides computed again, at 60 digits, from what `run` prints of the file."""
    result = Outcome("run", path, "--json").json
    for name in ("query_cubes", "queries", "exclusion"):
        if name in report["quantities"]:
            assert result[name] == report["quantities"][name]
            assert name in Outcome("run", path).out
    if PRINTED & set(candidate.quantities) or "P_g" in str(candidate):
        return
    event = report["numbers"]["what"].rpartition("B = ")[2]
    with mpmath.workdps(DIGITS):
        known = values(result, json.loads(path.read_bytes()))
        left, right = (
            evaluate(side, known, event)
            for side in (candidate.left, candidate.right)
            if not isinstance(side, str) and not callable(side)
        )
        gap = left - right
        assert abs(gap) < 1e-50 if candidate.strict and abs(gap) < 1e-50 else gap > 1e-50
        for side, number in (("left", left), ("right", right)):
            assert abs(_rounded(report["numbers"][side]) - number) < 1e-11 * (1 + abs(number))


def _rounded(number: Any) -> Any:
    exact = rational(number if isinstance(number, str) else number["at_least"])
    return mpmath.mpf(exact.numerator) / exact.denominator


@pytest.mark.parametrize("name", TRUE if LARGE else ("T1", "T5"))
def test_a_theorem_survives(name: str) -> None:
    outcome = _explore(TRUE[name], 400 if LARGE else 20)
    assert outcome.refutation is None
    assert list(outcome.batches) == list(STAGES)
    # No family but one of demonstrators outside the class, and no stage, is left out; what is
    # reckoned never holds.
    reckoned = outcome.batches.pop("reckoned")
    assert reckoned.counts == {"outside": len(reckoned_families())}
    assert all(batch.counts["holds"] >= 8 for batch in outcome.batches.values())
    assert outcome.total.counts.get("undecided", 0) == 0
    assert outcome.worst is not None


def test_the_worst_model_of_t1_on_grids_has_a_third() -> None:
    closest = _explore(TRUE["T1"], 20).batches["grids"].closest
    assert closest is not None
    verdict = Candidate.parse(TRUE["T1"]).check(
        Evidence(read_model(json.dumps(closest[1]["model"])))
    )
    (comparison,) = verdict.certificate  # type: ignore[union-attr]
    assert comparison.ratio is not None
    assert comparison.ratio.exact == Fraction(1, 3)


class TestWitnesses:
    def test_a_candidate_that_only_a_stored_witness_refutes(self, tmp_path: Path) -> None:
        """W4: 16 alternatives, two at a time, attain 0.472 of `S_lin` with two actions."""
        text = "query_cubes <= 9/20*S_lin if |A| == 2 and alpha <= 1/2"
        tried, saved = len(list(witness_names())), tmp_path / "found.json"
        outcome = Outcome("explore", text, "--models", tried, *HERE, "--save", saved, "--json")
        assert outcome.code == 1
        report = outcome.json
        assert report["witness"] == "schedule-2-of-16.json, defective"
        assert report["model"] is None
        ratio = Fraction(report["numbers"]["ratio"])
        assert abs(float(ratio) * 9 / 20 - 0.47204799) < 1e-8  # as the ledger's entry has it
        assert float(report["stages"]["witnesses"]["largest_ratio_rounded"]) > 1.04
        assert Outcome("run", saved, "--symmetric").code == 0

    def test_every_stored_witness_is_tried(self) -> None:
        names = list(witness_names([Fraction(1, 7)]))
        reckoned = {one.file for claim in TABLE for one in claim.families if one.is_reckoned}
        stored = {path.name for path in (ROOT / "bounds" / "ledger" / "witnesses").iterdir()}
        untried = stored - set(names)
        assert untried <= reckoned | {"turns-622.json"}  # which a better one superseded
        assert "chain at alpha 1/7" in names
        assert len(names) == len(set(names))
        for name in names[:-3]:
            assert witness(name).horizon >= 1

    @pytest.mark.parametrize(
        "name", ["T7, L^2/2", "two policies, 1", "two actions, 3/2", "T4, 3/5"]
    )
    def test_a_model_too_large_to_run_refutes_by_its_numbers(
        self, name: str, tmp_path: Path
    ) -> None:
        text = str(claim_named(name).candidate)
        line = ["explore", text, "--models", "1", *HERE, "--save", tmp_path / "it.json"]
        outcome = Outcome(*line, "--json")
        assert outcome.code == 1
        report = outcome.json
        assert report["witness"].endswith(", reckoned")
        assert report["model"] is None
        # The sides again, from the numbers that are shown.
        (saved,) = tmp_path.iterdir()
        assert saved.name == "it.numbers.json"
        assert json.loads(saved.read_text()) == report["numbers"]
        assert _rounded(report["numbers"]["left"]) > _rounded(report["numbers"]["right"])
        shown = Outcome(*line).out
        assert "too large to run" in shown
        assert "P_i(B)" in shown or "T7" not in name
        found = explore(Candidate.parse(text), Limits(models=1), Pool()).refutation
        assert found is not None
        with pytest.raises(CbilError, match="too large to run"):
            _ = found.model

    def test_a_witness_that_refutes_gives_way_to_a_smaller_model(self) -> None:
        outcome = _explore("query_cubes <= S_lin/4")
        assert outcome.batches["witnesses"].refuted is not None
        assert outcome.refutation is not None
        assert outcome.refutation.stage == "grids"


class TestOwnModels:
    def test_explore(self, tmp_path: Path) -> None:
        path = tmp_path / "mine.json"
        save(rare_action("1/16", "1/10"), path)
        for text, code in (("queries <= S", 1), ("queries <= 9*S", 0), ("S <= 1 if T == 3", 2)):
            outcome = Outcome("explore", text, "--model", path, *HERE, "--json")
            assert outcome.code == code
            assert list(outcome.json["stages"]) == ["given models"]
        two = ["--model", "chain", "--model", path]
        assert Outcome("explore", "queries <= S", *two, *HERE).code == 1

    def test_check(self, tmp_path: Path) -> None:
        line = ["check", "chain", "--claim"]
        assert Outcome(*line, "query_cubes <= S_lin/4", "--save-witness", tmp_path).code == 1
        assert load(tmp_path / "claim.model.json") == chain()
        found = Outcome(*line, "query_cubes <= S_lin/4", "--json").json
        assert found["claims"][0]["comparisons"][0]["ratio"] == "4/3"
        assert Outcome(*line, "query_cubes <= S_lin/3").code == 0
        assert Outcome(*line, "sqrt(2) + sqrt(3) <= sqrt(3) + 2^(1/2)").code == 1  # undecided
        Outcome(*line, "S <= 1 if T == 99").assert_refused()

    def test_check_obeys_or_refuses_every_option(self) -> None:
        at = {"horizon": "2", "alpha": "1/5"}
        model = rare_action().with_horizon(2).with_alpha("1/5")
        theorem = Candidate.parse(TRUE["T1"]).check(Evidence(model))
        (comparison,) = theorem.certificate  # type: ignore[union-attr]
        options = [part for name, value in at.items() for part in (f"--{name}", value)]
        printed = Outcome("check", "rare-action", *options, "--json").json
        shown = printed["claims"][0]["comparisons"][0]
        assert shown["left"] == comparison.to_json()["left"]
        given_values = {"--out": "x", "--alphas": "1/3", "--workers": "1", "--kind": "time"}
        given_values |= {"--unroll": "1", "--actions": "2", "--event": "e", "--cluster": "x"}
        for head in ("chain", "--witnesses", "--refute", "--universal"):
            for name, value in given_values.items():
                if head == "--universal" and name in ("--unroll", "--actions"):
                    continue
                Outcome("check", head, name, value).assert_refused(name)


def test_undecided_models_are_counted_and_shown() -> None:
    text = "sqrt(2) + sqrt(3) <= sqrt(3) + 2^(1/2)"
    outcome = Outcome("explore", text, "--models", "3", *HERE)
    assert outcome.code == 2
    assert "undecided at" in outcome.out
    report = Outcome("explore", text, "--models", "3", *HERE, "--json").json
    assert report["undecided"]["reason"].startswith("not decided")
    assert report["verdict"] == "nothing compared"
    assert all(stage.get("holds", 0) == 0 for stage in report["stages"].values())


def test_a_task_that_comes_to_nothing_is_undecided() -> None:
    class Hopeless(Pool):
        def run(self, tasks: Any, until: float = 0, longest: float = 0) -> Any:
            yield from (Lost("it fell over") for _ in tasks)

    outcome = explore(Candidate.parse("S <= S_lin"), Limits(models=3), Hopeless())
    assert outcome.refutation is None
    assert set(outcome.total.counts) == {"undecided"}
    assert outcome.total.doubt == ("it fell over", None)


def test_hypotheses_that_no_model_meets_are_said_to_be_so() -> None:
    outcome = Outcome("explore", "S <= 1 if alpha > 1", *FEW)
    assert outcome.code == 2
    assert "survived" not in outcome.out
    assert "met the hypotheses: nothing was compared" in outcome.out


def test_a_search_that_ends_at_once_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "SHARES", dict.fromkeys(STAGES, 0))
    outcome = Outcome("explore", "query_cubes <= S", "--budget", "1", *HERE)
    assert outcome.code == 2
    assert "nothing was decided: the search ended before its first result" in outcome.out


@pytest.mark.parametrize("text", ["|Pi| == 100000", "|A| == 100000", "T == 1000000", "w_d == 5"])
def test_hypotheses_beyond_what_is_drawn_cost_nothing(text: str) -> None:
    began = time.process_time()
    assert Outcome("explore", f"query_cubes <= S/9 if {text}", *FEW).code == 2
    assert time.process_time() - began < 15


def test_a_dropped_hypothesis_is_refuted_outside_the_class() -> None:
    outcome = _explore("P_i(B) <= 2*P_d(B) if realizable == 0", 150)
    assert outcome.refutation is not None
    assert not outcome.refutation.model.realizable


def test_a_named_event_is_found_in_every_model() -> None:
    outcome = _explore('P_i("mine") <= P_d("mine")')
    assert outcome.refutation is not None
    assert list(outcome.refutation.model.events) == ["mine"]


class TestRandomModels:
    def test_the_same_seed_finds_the_same(self) -> None:
        text = "query_cubes <= S/2 if |O| == 2 and |A| == 3 and |Pi| == 3"
        first, second = (_explore(text, seed=7, again=n) for n in range(2))
        assert first.batches == second.batches
        assert first.batches["random"].counts["holds"] >= 10
        assert first.batches["random"] != _explore(text, seed=8).batches["random"]

    def test_a_program_of_its_own_and_other_processes_find_the_same(self) -> None:
        """Nothing depends on the order of hashes, or on how many processes there are."""
        line = ["query_cubes <= S_lin/5 if X < 1 and |Pi| == 3", "--models", "5", "--json"]
        there = run([*PROGRAM, "explore", *line, "--workers", "2"], cwd=ROOT, memory=4 << 30)
        here = Outcome("explore", *line, *HERE)
        found = [json.loads(printed) for printed in (there.stdout, here.out)]
        for report in found:
            del report["seconds"]
        assert found[0] == found[1]

    def test_targets_rise_above_as_many_models_without(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        candidate = Candidate.parse("query_cubes <= S if X > 1 and |Pi| == 3 and T == 4")
        strategy = models_near(candidate)
        assert strategy is not None

        def best() -> list[float]:
            batches = [searched(candidate, strategy, n, 100, float("inf")) for n in range(1)]
            return [batch.closest[0] for batch in batches if batch.closest is not None]

        risen = best()
        monkeypatch.setattr(tasks, "target", lambda score: None)
        assert sum(risen) > sum(best())

    @examples(25)
    @given(st.data())
    def test_models_of_hypotheses_are_written_and_read(self, data: st.DataObject) -> None:
        candidate = Candidate.parse("S <= 1 if |A| == 3 and realizable <= 1")
        strategy = models_near(candidate)
        assert strategy is not None
        model = data.draw(strategy)
        assert len(model.actions) == 3
        document = write_model(prepare(candidate, model))
        assert write_model(read_model(json.dumps(document))) == document

    @pytest.mark.parametrize(
        "hypothesis",
        ["alpha < 1/500", "|A| >= 5", "|Pi| > 8", "T >= 30", "w_d <= 1/300", "X >= 1000", "X == 7"],
    )
    def test_models_are_drawn_where_hypotheses_are(self, hypothesis: str) -> None:
        batch = _explore(f"exclusion <= 1 if {hypothesis}", 8).batches["random"]
        assert batch.compared >= 2

    def test_a_large_model_is_passed_over(self) -> None:
        assert is_small(Evidence(rare_action("1/8")))
        assert not is_small(Evidence(rare_action("1/8").with_horizon(30_000)))


def test_every_grid_is_searched_whole() -> None:
    candidate = Candidate.parse("query_cubes <= S")
    grid = GRIDS[0]
    whole = part_of_grid(candidate, grid.to_json(), 0, grid.size)
    merged = Batch()
    for n in range(0, grid.size, 50):
        merged.merge(part_of_grid(candidate, grid.to_json(), n, n + 50))
    assert whole == merged
    assert whole.closest is not None
    assert whole.closest[0] == pytest.approx(-0.5)


fractions = st.fractions(Fraction(1, 50), 2, max_denominator=50)


class TestShrinking:
    def test_it_is_deterministic_and_ends_smaller_than_it_began(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        candidate = Candidate.parse("queries <= S/2")
        strategy = st.one_of([make() for make in families.FAMILIES.values()])
        one, two = (searched(candidate, strategy, 3, 60, float("inf")) for _ in range(2))
        assert one == two
        monkeypatch.setattr(tasks, "SHRINKS", 0)
        first = searched(candidate, strategy, 3, 60, float("inf"))
        assert one.refuted is not None
        assert first.refuted is not None
        small, large = one.refuted["model"], first.refuted["model"]
        assert measure(small) < measure(large)
        for document in (small, large):
            assert examine(candidate, Evidence(read_model(json.dumps(document)))).kind == "refuted"
        assert f"horizon {small['horizon']}" in describe(small)

    @given(fractions, fractions)
    def test_the_simplest_fraction_between_two(self, one: Fraction, two: Fraction) -> None:
        low, high = sorted((one, two))
        found = simplest_between(low, high)
        assert low <= found <= high
        least = next(
            q for q in range(1, found.denominator + 1) if -(-low * q // 1) <= high * q // 1
        )
        assert found.denominator == least


TOLD = """
import os, sys
from pathlib import Path
from bounds.explorer.search import Limits, explore
from bounds.language.candidate import Candidate
from bounds.pool import Pool
candidate = Candidate.parse("query_cubes <= S")
tell = lambda *_: print(os.getpid(), flush=True)
explore(candidate, Limits(models=400), Pool(), out=Path(sys.argv[1]), progress=tell)
"""


class TestKeeping:
    def test_a_killed_search_goes_on_where_it_was(self, tmp_path: Path) -> None:
        out = tmp_path / "kept"
        line = [sys.executable, "-c", TOLD, str(out)]
        with Child(line, stdout=subprocess.PIPE, cwd=ROOT, memory=2 << 30) as child:
            assert child.stdout is not None
            for _ in range(3):
                program = int(child.stdout.readline())
            os.kill(program, signal.SIGKILL)
            child.wait()
        with Kept(out, FILE, {"candidate": "query_cubes <= S", "seed": 0}) as kept:
            tasks_done = len(kept.records)
        assert tasks_done >= 3
        outcome = _explore("query_cubes <= S", 20, out=out)
        assert outcome.batches == _explore("query_cubes <= S", 20).batches

    def test_counts_do_not_depend_on_where_it_was_interrupted(self, tmp_path: Path) -> None:
        text = "query_cubes <= S if |A| == 2 and |Pi| == 2 and T == 1"
        whole = _explore(text, 20)
        for models in (5, 12, 20):
            parts = _explore(text, models, out=tmp_path)
        assert parts.batches["grids"] == whole.batches["grids"]
        assert parts.batches["witnesses"] == whole.batches["witnesses"]

    def test_another_search_is_left_alone(self, tmp_path: Path) -> None:
        _explore("S <= S_lin/9", 5, out=tmp_path)
        with pytest.raises(CbilError, match="something else"):
            _explore("S <= S_lin", 5, out=tmp_path)
        with pytest.raises(CbilError, match="something else"):
            _explore("S <= S_lin/9", 5, seed=1, out=tmp_path)

    def test_a_refuted_candidate_stays_refuted(self, tmp_path: Path) -> None:
        line = ["explore", "exclusion <= alpha", *FEW, "--out", tmp_path, "--json"]
        first, second = Outcome(*line), Outcome(*line)
        assert first.code == second.code == 1
        models = [done.json["model"] for done in (first, second)]
        assert models[0] == models[1] == json.loads((tmp_path / "refuted.model.json").read_bytes())


def test_the_largest_ratio_of_a_stage_includes_the_model_that_refutes() -> None:
    report = Outcome("explore", "query_cubes <= S_lin/4", *FEW, "--json").json
    assert float(report["stages"]["grids"]["largest_ratio_rounded"]) == pytest.approx(4 / 3, 1e-5)


def test_the_budget_is_kept() -> None:
    began = time.process_time()
    outcome = explore(Candidate.parse("query_cubes <= S"), Limits(seconds=1), Pool())
    assert time.process_time() - began < 1 + 4
    assert set(outcome.batches) == set(STAGES)


@pytest.mark.parametrize("name", families.FAMILIES)
def test_every_family_yields_models_that_can_be_written(name: str) -> None:
    @settings(max_examples=12, database=None)
    @given(families.FAMILIES[name]())
    def written(model: Model) -> None:
        document = write_model(model)
        assert write_model(read_model(json.dumps(document))) == document

    written()


def _mine() -> SearchStrategy[Model]:
    return st.just(chain(2, "1/7"))


def test_a_registered_family_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(families, "FAMILIES", {})
    families.register("mine")(_mine)
    with pytest.raises(CbilError, match="registered already"):
        families.register("mine")(_mine)
    outcome = _explore("S_lin <= 1 if alpha == 1/7 and |A| == 1000", 1)
    assert outcome.batches["families"].counts == {"outside": 1}
    with pytest.raises(CbilError, match="not registered"):
        families.family(__name__, "yours")


def test_a_cluster_gives_the_same_verdict() -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        pool(cluster=cluster.scheduler_address) as processes,
    ):
        found = explore(Candidate.parse("theta_gain <= S/4"), Limits(models=4), processes)
    assert found.batches == _explore("theta_gain <= S/4", 4).batches


@pytest.mark.parametrize(
    "line",
    [
        ["--quantities", "--seed", "3"],
        ["S <= 1", "--quantities"],
        ["S <= 1", "--model", "chain", "--budget", "5"],
        ["S <= 1", "--model", "chain", "--out", "x"],
        ["S <= 1", "--workers", "1", "--cluster", "tcp://127.0.0.1:1"],
        [],
    ],
)
def test_an_option_is_obeyed_or_refused(line: list[str]) -> None:
    Outcome("explore", *line).assert_refused()

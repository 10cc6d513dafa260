"""The search: planted candidates are refuted by small models that replay, true ones survive."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import mpmath
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from bounds.cli.explore import command
from bounds.evidence import Evidence
from bounds.explore import families, search
from bounds.explore.aims import Aims
from bounds.explore.cuts import CUTS
from bounds.explore.document import model_of, simplest_between
from bounds.explore.draw import drawn
from bounds.explore.examine import Batch, examine, prepare
from bounds.explore.moves import changed
from bounds.explore.search import GRIDS, Outcome, explore
from bounds.explore.shrink import measure, shrink
from bounds.explore.state import FILE, State, Store
from bounds.explore.tasks import climb, part_of_grid
from bounds.language.candidate import Candidate
from bounds.verdict import Violated
from exact_cbil.cli.run import command as run_command
from exact_cbil.errors import CbilError
from exact_cbil.model import Model
from exact_cbil.modelfile import read_model, write_model
from exact_cbil.models import SHIPPED, chain, rare_action
from tests.conftest import LARGE
from tests.explore_candidates import FALSE, TRUE
from tests.explore_oracle import DIGITS, evaluate, values
from tests.test_bounds_grid import loky_workers

SLOW = {
    "queries <= S",
    "query_squares <= S/2",
    "divergence_sum <= sqrt(T*S)/6",
}
"""Refuted by families and their horizons, not on a grid of a second."""

PRINTED = {"theta_gain", "divergence_sum", "chi_squared"}
"""Quantities that `exact-cbil run --json` does not print."""


def _cli(*line: str) -> Any:
    return CliRunner().invoke(command, list(line), standalone_mode=False)


@pytest.mark.parametrize("text", [t for t in FALSE if LARGE or t not in SLOW])
def test_a_false_candidate_is_refuted_by_a_small_model_that_replays(
    text: str, tmp_path: Path
) -> None:
    path = tmp_path / "witness.json"
    budget, workers = ("120", "2") if LARGE else ("20", "1")
    line = ["--budget", budget, "--workers", workers, "--json", "--save", str(path)]
    outcome = _cli(text, *line)
    assert outcome.exception is None, outcome.output
    assert outcome.return_value == 1
    report = json.loads(outcome.output)
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
    played = CliRunner().invoke(run_command, [str(path), "--json"], standalone_mode=False)
    result = json.loads(played.output)
    for name in ("query_cubes", "queries", "exclusion"):
        if name in report["quantities"]:
            shown = CliRunner().invoke(run_command, [str(path)], standalone_mode=False)
            assert result[name] == report["quantities"][name]
            assert name in shown.output
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
    exact = Fraction(number if isinstance(number, str) else number["at_least"])
    return mpmath.mpf(exact.numerator) / exact.denominator


@pytest.mark.parametrize("name", TRUE)
def test_a_theorem_survives(name: str) -> None:
    budget = 40.0 if LARGE else 0.7
    outcome = explore(Candidate.parse(TRUE[name]), budget, workers=2 if LARGE else 1)
    assert outcome.refutation is None
    batch = outcome.state.total()
    assert batch.counts["holds"] > (500 if LARGE else 0)
    assert batch.counts.get("undecided", 0) == 0
    assert outcome.worst is not None


def test_the_worst_model_of_t1_has_a_third() -> None:
    outcome = explore(Candidate.parse(TRUE["T1"]), 1, workers=1)
    assert outcome.worst is not None
    _, comparison = outcome.worst
    assert comparison.ratio is not None
    assert comparison.ratio.exact == Fraction(1, 3)


def test_undecided_models_are_counted_and_shown() -> None:
    text = "sqrt(2) + sqrt(3) <= sqrt(3) + 2^(1/2)"
    outcome = _cli(text, "--budget", "1", "--workers", "1")
    assert outcome.return_value == 2
    assert "undecided at" in outcome.output
    report = json.loads(_cli(text, "--budget", "1", "--workers", "1", "--json").output)
    assert report["undecided"]["reason"].startswith("not decided")
    assert all(stage.get("holds", 0) == 0 for stage in report["stages"].values())


def test_hypotheses_that_no_model_meets_are_said_to_be_so() -> None:
    outcome = _cli("S <= 1 if alpha > 1", "--budget", "1", "--workers", "1")
    assert outcome.return_value == 2
    assert "survived" not in outcome.output
    assert "nothing was compared" in outcome.output


def test_a_dropped_hypothesis_is_refuted_outside_the_class() -> None:
    candidate = Candidate.parse("P_i(B) <= 2*P_d(B) if realizable == 0")
    outcome = explore(candidate, 20, workers=1)
    assert outcome.refutation is not None
    assert not outcome.refutation.model.realizable


def test_a_named_event_is_found_in_every_model() -> None:
    outcome = explore(Candidate.parse('P_i("mine") <= P_d("mine")'), 20, workers=1)
    assert outcome.refutation is not None
    assert list(outcome.refutation.model.events) == ["mine"]


def test_the_same_seed_finds_the_same() -> None:
    candidate = Candidate.parse("query_cubes <= S/2 if |O| == 2 and |A| == 3 and |Pi| == 3")

    def once() -> Batch:
        return climb(candidate, None, 40, "7/0/0", time.time() + 60)

    first = once()
    assert first == once()
    assert first.counts["holds"] > 20
    assert first != climb(candidate, None, 40, "8/0/0", time.time() + 60)


def test_climbs_rise_above_as_many_random_models() -> None:
    candidate = Candidate.parse("query_cubes <= S if X > 1")
    climbs = Batch()
    for number in range(3):
        climbs.merge(climb(candidate, None, 40, f"rise/{number}", time.time() + 60))
    rng, best = Random(0), -1.0
    for _ in range(climbs.models):
        model = model_of(drawn(rng, Aims()))
        assert model is not None
        best = max(best, examine(candidate, prepare(candidate, model)).score)
    assert climbs.best[0][0] > best


@settings(max_examples=200 if LARGE else 40)
@given(st.integers(0, 10**6))
def test_random_models_and_changes_of_them_are_models(seed: int) -> None:
    rng = Random(seed)
    document = drawn(rng, Aims({"|A|": Fraction(3)}, realizable=seed % 2 == 0))
    assert model_of(document) is not None
    for _ in range(4):
        following = changed(document, rng, Aims({"|A|": Fraction(3)}))
        if model_of(following) is None:
            continue  # a move may break a rule of the format, and the search passes over it
        assert len(following["actions"]) == 3
        document = following


@pytest.mark.parametrize(
    "hypothesis",
    ["alpha < 1/500", "|A| >= 5", "|Pi| > 8", "T >= 30", "w_d <= 1/300", "X >= 1000", "X == 7"],
)
def test_models_are_drawn_where_hypotheses_are(hypothesis: str) -> None:
    candidate = Candidate.parse(f"exclusion <= 1 if {hypothesis}")
    batch = climb(candidate, None, 10, "near", time.time() + 60)
    assert batch.models >= 5


def test_few_moves_are_wasted() -> None:
    rng, valid = Random(1), 0
    for _ in range(200):
        valid += model_of(changed(write_model(SHIPPED["defective"]()), rng, Aims())) is not None
    assert valid > 180


def test_every_grid_is_searched_whole() -> None:
    candidate = Candidate.parse("query_cubes <= S")
    grid = GRIDS[0]
    whole = part_of_grid(candidate, grid.to_json(), 0, grid.size, time.time() + 600)
    parts = [
        part_of_grid(candidate, grid.to_json(), n, n + 50, time.time() + 600)
        for n in range(0, grid.size, 50)
    ]
    merged = Batch()
    for part in parts:
        merged.merge(part)
    assert whole.counts == merged.counts
    assert whole.best[0][0] == merged.best[0][0] == pytest.approx(-0.5)


fractions = st.fractions(Fraction(1, 50), 2, max_denominator=50)


class TestShrinking:
    def test_it_is_deterministic_small_and_refutes_at_every_step(self) -> None:
        candidate = Candidate.parse("queries <= S/2")
        seen: list[tuple[int, ...]] = []

        def refutes(model: Model) -> bool:
            found = isinstance(candidate.check(Evidence(model)), Violated)
            if found:
                seen.append(measure(write_model(model)))
            return found

        start = write_model(rare_action("1/6", "1/10", 36))
        one, two = (shrink(start, refutes, 60) for _ in range(2))
        assert one == two
        assert one.finished
        half = len(seen) // 2
        assert seen[:half] == seen[half:] == sorted(seen[:half], reverse=True)
        model = model_of(one.document)
        assert model is not None
        assert refutes(model)
        assert measure(one.document) < measure(start)

    def test_no_cut_is_left(self) -> None:
        candidate = Candidate.parse("query_cubes <= S_lin/4")

        def refutes(model: Model) -> bool:
            return isinstance(candidate.check(Evidence(model)), Violated)

        found = shrink(write_model(chain(3)), refutes, 60)
        assert found.finished
        for cut in CUTS:
            for smaller in cut(found.document):
                if measure(smaller) < measure(found.document):
                    model = model_of(smaller)
                    assert model is None or not refutes(model)
        assert measure(found.document)[:4] == (2, 3, 1, 1)

    def test_limits_end_it_with_a_model_that_refutes(self) -> None:
        candidate = Candidate.parse("query_cubes <= S_lin/4")

        def refutes(model: Model) -> bool:
            return isinstance(candidate.check(Evidence(model)), Violated)

        found = shrink(write_model(chain(4)), refutes, 60, tries=3)
        assert (found.tried, found.finished) == (3, False)
        model = model_of(found.document)
        assert model is not None
        assert refutes(model)

    @given(fractions, fractions)
    def test_the_simplest_fraction_between_two(self, one: Fraction, two: Fraction) -> None:
        low, high = sorted((one, two))
        found = simplest_between(low, high)
        assert low <= found <= high
        least = next(
            q for q in range(1, found.denominator + 1) if -(-low * q // 1) <= high * q // 1
        )
        assert found.denominator == least


class TestKeeping:
    def test_a_killed_search_goes_on_where_it_was(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        text, out = "query_cubes <= S", tmp_path / "kept"
        line = [sys.executable, "-c", "from exact_cbil.cli import main; main()", "explore", text]
        options = ["--workers", "1", "--out", str(out), "--budget", "60"]
        process = subprocess.Popen([*line, *options], stderr=subprocess.PIPE)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and _done(out) < 3:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        kept = _state(out)
        assert kept.done["grids"] >= 3
        monkeypatch.setattr(search, "ENDS", {"grids": 1, "families": 0, "climb": 0})
        done = explore(Candidate.parse(text), 3, workers=1, out=out).state
        assert done.done["grids"] > kept.done["grids"]
        assert done.seconds > kept.seconds

    def test_counts_do_not_depend_on_where_it_was_interrupted(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(search, "PART", 4)
        candidate = Candidate.parse("query_cubes <= S if |A| == 2 and |Pi| == 2 and T == 1")
        grid, runs = GRIDS[0], 0
        state = State(str(candidate), 0)
        while "grids" not in state.finished and runs < 30:
            # The time of a run grows, so that on a busy machine too one gets somewhere.
            ends = {"grids": 0.02 * 1.3**runs, "families": 0, "climb": 0}
            monkeypatch.setattr(search, "ENDS", ends)
            state, runs = explore(candidate, 1, workers=1, out=tmp_path).state, runs + 1
        whole = part_of_grid(candidate, grid.to_json(), 0, grid.size, time.time() + 600)
        assert runs > 1
        assert state.batches["grids"].counts == whole.counts

    def test_another_search_is_left_alone(self, tmp_path: Path) -> None:
        explore(Candidate.parse("S <= S_lin/9"), 1, workers=1, out=tmp_path)
        with pytest.raises(CbilError, match="holds another search"):
            explore(Candidate.parse("S <= S_lin"), 2, workers=1, out=tmp_path)
        with pytest.raises(CbilError, match="holds another search"):
            explore(Candidate.parse("S <= S_lin/9"), 2, seed=1, workers=1, out=tmp_path)

    def test_a_refuted_candidate_stays_refuted(self, tmp_path: Path) -> None:
        first = _cli("exclusion <= alpha", "--workers", "1", "--out", str(tmp_path), "--json")
        second = _cli("exclusion <= alpha", "--workers", "1", "--out", str(tmp_path), "--json")
        assert first.return_value == second.return_value == 1
        models = [json.loads(done.output)["model"] for done in (first, second)]
        assert models[0] == models[1] == json.loads((tmp_path / "refuted.model.json").read_bytes())

    def test_foreign_and_damaged_directories(self, tmp_path: Path) -> None:
        (tmp_path / "other.txt").write_text("mine")
        with pytest.raises(CbilError, match="expected an empty directory"):
            Store(tmp_path)
        kept = tmp_path / "kept"
        with Store(kept) as store:
            store.save(State("S <= 1", 0))
            with pytest.raises(CbilError, match="in use"):
                Store(kept)
        with Store(kept) as store:
            store.connection.execute("UPDATE state SET content = content || ' '")
            with pytest.raises(CbilError, match="damaged"):
                store.load("S <= 1", 0)


def _state(out: Path) -> State:
    with Store(out) as store:
        return store.load("query_cubes <= S", 0)


def _done(out: Path) -> int:
    """Finished tasks of a running search, read from a copy: it holds the file itself."""
    copy = out.parent / "copy"
    copy.mkdir(exist_ok=True)
    try:
        (copy / FILE).write_bytes((out / FILE).read_bytes())
        return _state(copy).done["grids"]
    except (OSError, CbilError):
        return 0


def test_the_budget_is_kept() -> None:
    began = time.monotonic()
    outcome = explore(Candidate.parse("query_cubes <= S"), 2, workers=1)
    assert time.monotonic() - began < 2 + 3
    assert set(outcome.state.done) == {"grids", "families", "climb"}


def test_every_family_yields_models_that_can_be_written() -> None:
    seen = dict.fromkeys(families.FAMILIES, 0)
    for name, model in families.models():
        if seen[name] < 12:
            assert model_of(write_model(model)) is not None
        seen[name] += 1
    assert min(seen.values()) > 0


def test_a_registered_family_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    def mine() -> Iterator[Model]:
        yield chain(2, "1/7")

    monkeypatch.setattr(families, "FAMILIES", dict(families.FAMILIES))
    families.register("mine")(mine)
    with pytest.raises(CbilError, match="registered already"):
        families.register("mine")(mine)
    assert any(name == "mine" for name, _ in families.models())


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds workers in /proc")
def test_a_worker_that_dies_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "ENDS", {"grids": 1, "families": 0, "climb": 0})
    killed: list[int] = []

    def progress(what: str, done: int, total: int) -> None:
        if not killed:
            killed.extend(loky_workers()[:1])
            os.kill(killed[0], signal.SIGKILL)

    candidate = Candidate.parse("query_cubes <= S if |A| == 3")
    state = explore(candidate, 60, workers=2, progress=progress).state
    (grid,) = (grid for grid in GRIDS if grid.actions == 3)
    whole = part_of_grid(candidate, grid.to_json(), 0, grid.size, time.time() + 600)
    assert killed
    assert state.finished[0] == "grids"
    assert state.batches["grids"].counts == whole.counts


def test_a_cluster_gives_the_same_verdict() -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        address = cluster.scheduler_address
        outcome: Outcome = explore(Candidate.parse("theta_gain <= S/4"), 60, cluster=address)
    assert outcome.refutation is not None


def test_two_workers_find_what_one_finds() -> None:
    candidate = Candidate.parse("top_size < 1/alpha")
    one, two = (explore(candidate, 30, workers=n).refutation for n in (1, 2))
    assert one is not None
    assert two is not None
    assert write_model(one.model) == write_model(two.model)

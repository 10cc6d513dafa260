"""The grid of small models: counted, complete, resumable, on any number of workers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from itertools import pairwise, permutations, product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from bounds.claims import claim_named
from bounds.cli.grid import tightest_model
from bounds.evidence import Evidence
from bounds.grid import summary as summary_module
from bounds.grid.engine import check_grid
from bounds.grid.grid import Grid
from bounds.grid.store import Store
from bounds.grid.summary import Summary, check_batch
from bounds.grid.sweep import orders, pieces
from bounds.pool import Pool, pool
from exact_cbil.children import Child
from exact_cbil.interaction import run
from exact_cbil.learner import Learner
from exact_cbil.model import Model
from exact_cbil.modelfile import load
from exact_cbil.parametric.profile import profile
from tests.commands import Outcome
from tests.conftest import examples
from tests.strategies import models_inside

ROOT = Path(__file__).parent.parent

ONE_STEP = ["check", "--all", "--horizon", "1"]
SMALL = Grid("time", 2, 2, 2, 2)
CHECKED = Grid("time", 2, 2, 1, 3)
"""Of a hundred numbers, to be checked whole."""

GRIDS = [
    SMALL,
    Grid("time", 2, 3, 1, 4),
    Grid("time", 3, 2, 1, 3),
    Grid("time", 1, 4, 2, 5),
    Grid("machine", 2, 2, 2, 2, 1, 2),
    Grid("machine", 2, 2, 2, 2, 2, 1),
    Grid("table", 2, 2, 2, 2),
    Grid("table", 2, 2, 1, 2, 2),
]


@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_the_number_known_in_advance_is_the_number_enumerated(grid: Grid) -> None:
    assert sum(1 for _ in grid.range(0, grid.size)) == grid.count


def test_counting_tells_how_far_it_is() -> None:
    told = []
    grid = Grid("machine", 2, 2, 2, 2, 1, 2)
    assert grid.counted(lambda what, done, total: told.append((what, done < total))) == grid.count
    assert {what for what, _ in told} == {"machines", "renamings"}
    assert all(before for _, before in told)


def _vectors(width: int, denominator: int, *, measure: bool) -> list[tuple[int, ...]]:
    grid = product(range(denominator + 1), repeat=width)
    return [v for v in grid if sum(v) == denominator or (not measure and sum(v) < denominator)]


@pytest.mark.parametrize(("actions", "policies", "denominator"), [(2, 2, 3), (3, 2, 2), (2, 3, 4)])
def test_orbits_agree_with_a_count_by_hand(actions: int, policies: int, denominator: int) -> None:
    """Sets of renamed models, made without numbers, at horizon 1."""
    orbits = set()
    demonstrators = _vectors(actions, denominator, measure=True)
    members = _vectors(actions, denominator, measure=False)
    weights = [
        w for w in product(range(1, denominator), repeat=policies - 1) if sum(w) < denominator
    ]
    for d, others, w in product(demonstrators, product(members, repeat=policies - 1), weights):
        orbits.add(
            min(
                (
                    tuple(d[k] for k in order),
                    tuple(
                        sorted(
                            (tuple(p[k] for k in order), x) for p, x in zip(others, w, strict=True)
                        )
                    ),
                )
                for order in permutations(range(actions))
            )
        )
    assert Grid("time", actions, policies, 1, denominator).count == len(orbits)


@examples(15)
@given(models_inside())
def test_pieces_cover_every_alpha_and_the_process_is_the_same_on_each(model: Model) -> None:
    order = tuple(range(len(model.policies)))
    found = list(pieces(model, order))
    assert found[0].alpha == 1
    assert found[-1].above == 0
    assert all(a.above == b.alpha for a, b in pairwise(found))
    for piece in found:
        inside = [piece.alpha, (piece.alpha + 3 * piece.above) / 4]
        assert len({json.dumps(run(model.with_alpha(a)).to_json()) for a in inside}) == 1


@examples(25)
@given(models_inside())
def test_pieces_agree_with_the_profile(model: Model) -> None:
    """Another route to the break points: intervals of alpha that split."""
    found, curve = list(pieces(model, tuple(range(len(model.policies))))), profile(model)
    assert set(curve.break_points) <= {piece.alpha for piece in found}
    for piece in found:
        result, expected = piece.evidence.result, curve.at(piece.alpha)
        assert (result.query_cubes, result.queries) == (expected.query_cubes, expected.queries)
        assert result.exclusion == expected.exclusion


@examples(25)
@given(models_inside())
def test_ends_of_pieces_are_posterior_ratios(model: Model) -> None:
    """Of histories of any queries: w_n/(w_1 + ... + w_n) of some ranking."""
    learner = Learner(model)
    beliefs, ratios = {learner.start}, {Fraction(1), Fraction(0)}
    for _ in range(model.horizon):
        for belief in beliefs:
            ranked = sorted((int(w) for w in belief.weights if w), reverse=True)
            ratios |= {Fraction(w, sum(ranked[: n + 1])) for n, w in enumerate(ranked)}
        beliefs = {
            learner.observe(belief, step)
            for belief in beliefs
            for step in _steps(model)
            if step[0] is False or any(learner.observe(belief, step).weights)
        }
    for piece in pieces(model, tuple(range(len(model.policies)))):
        assert piece.alpha in ratios


def _steps(model: Model) -> Iterator[Any]:
    from exact_cbil.history import Step

    for queried, action in product((False, True), model.actions):
        yield Step(queried, action, "x")


def test_class_orders_are_tried_where_a_tie_is_met() -> None:
    seen = {len({piece.order for piece in orders(SMALL, m)}) for _, m in SMALL.range(0, SMALL.size)}
    assert seen == {2}  # every prior of denominator 2 is a tie
    thirds = Grid("time", 2, 2, 1, 3)
    for _, member in thirds.range(0, thirds.size):
        found = list(orders(thirds, member))
        assert {piece.order for piece in found} == {(0, 1)}
        for piece in found:
            other = thirds.model(member, (1, 0)).with_alpha(piece.alpha)
            assert run(other).to_json() == piece.evidence.result.to_json()


@pytest.mark.parametrize("kind", ["time", "table", "machine"])
def test_a_renamed_model_has_the_same_numbers(kind: str) -> None:
    grid = Grid(kind, 3 if kind == "time" else 2, 2, 2, 2, 1 if kind == "time" else 2, 1)
    for number in range(5, grid.size, grid.size // 12):
        member = grid.member(number)
        if member is None:
            continue
        for renaming in grid.renamings:
            pair = [
                run(grid.model(m, (0, 1)).with_alpha("1/3"))
                for m in (member, grid.rename(member, renaming))
            ]
            assert pair[0].query_cubes == pair[1].query_cubes
            assert pair[0].exclusion == pair[1].exclusion


@cache
def _whole(grid: Grid) -> str:
    return json.dumps(check_batch(grid.to_json(), 0, grid.size))


def _dump(store: Store) -> str:
    return json.dumps(store.summary().to_json())


def test_batches_add_up_to_the_whole_whatever_their_size() -> None:
    for batch in (7, 50):
        with Store(CHECKED, batch=batch) as store:
            check_grid(store, Pool())
            assert _dump(store) == _whole(CHECKED)


def test_no_claim_fails_on_a_grid_and_the_tightest_model_has_its_ratio() -> None:
    found = Summary.from_json(json.loads(_whole(CHECKED)))
    assert found.models == CHECKED.count
    for tally in found.claims.values():
        assert (tally.holds, tally.violated, tally.unknown) == (found.pieces, 0, 0)
    best = found.claims["T1a"]
    assert best.tightest is not None
    model = tightest_model(CHECKED, best)
    assert model is not None
    assert run(model).query_cubes / Evidence(model).linear.exact == best.tightest[0]  # type: ignore[operator]


def test_a_false_claim_is_refuted_on_a_grid(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    false = claim_named("quarter-linear")
    monkeypatch.setattr(summary_module, "CLAIMS", (false,))
    assert Outcome(*ONE_STEP, "--workers", "0", "--out", tmp_path).code == 1
    saved = load(tmp_path / "violated-quarter-linear-0.model.json")
    assert run(saved).query_cubes > Evidence(saved).linear.exact / 4  # type: ignore[operator]


SLOW_BATCHES = """
import os, sys
from pathlib import Path
from bounds.grid.engine import check_grid
from bounds.grid.store import Store
from bounds.pool import Pool
from tests.test_grid import CHECKED
with Store(CHECKED, Path(sys.argv[1]), batch=20) as store:
    check_grid(store, Pool(), lambda *_: (print(os.getpid(), flush=True), sys.stdin.read()))
"""


def test_a_killed_run_resumes_and_counts_nothing_twice(tmp_path: Path) -> None:
    out = tmp_path / "kept"
    for _ in range(2):
        line = [sys.executable, "-c", SLOW_BATCHES, str(out)]
        with Child(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as child:
            assert child.stdout is not None
            os.kill(int(child.stdout.readline()), signal.SIGKILL)
            child.wait()
    with Store(CHECKED, out, batch=20) as store:
        assert len(store.done()) == 2 < store.batches
        check_grid(store, Pool())
        assert _dump(store) == _whole(CHECKED)


def test_two_processes_give_the_same() -> None:
    with Store(CHECKED, batch=20) as store, pool(2) as processes:
        check_grid(store, processes)
        assert _dump(store) == _whole(CHECKED)


def _forgets(sizes: Any, start: int, stop: int) -> Any:
    found = check_batch(sizes, start, stop)
    for name in ("T0", "T4", "T5"):
        del found["claims"][name]
    return found


def test_results_that_lack_claims_do_not_pass(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("bounds.grid.engine.check_batch", _forgets)
    for resumed in (False, True):
        outcome = Outcome(*ONE_STEP, "--workers", "0", "--out", tmp_path / "kept")
        assert outcome.code == 2
        assert "other claims" in outcome.err
        assert ("resuming" in outcome.err) == resumed


def test_a_claim_that_was_checked_at_no_model_does_not_pass() -> None:
    found = Summary.from_json(json.loads(_whole(CHECKED)))
    assert found.passed
    found.claims["T4"].holds = 0
    assert not found.passed
    assert not Summary().passed


class TestCommand:
    """`exact-cbil check --all`."""

    def test_counts_in_advance(self) -> None:
        line = ["check", "--all", "--horizon", "3", "--denominator", "4", "--dry-run"]
        assert "632853 models up to renaming, of 1265625" in Outcome(*line).err

    def test_one_worker_is_this_process(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("joblib.externals.loky.get_reusable_executor", None)
        assert Outcome(*ONE_STEP, "--workers", "1").code == 0

    def test_given_alphas_json_and_histogram(self, tmp_path: Path) -> None:
        plot = tmp_path / "h.svg"
        options = ["--workers", "0", "--alphas", "1/3,1/10", "--json", "--plot", plot]
        outcome = Outcome(*ONE_STEP, *options)
        assert outcome.code == 0
        report = outcome.json
        assert report["models"] == 10
        assert report["pieces"] == 10 * 2 * 2  # two alphas, and two orders for the tie
        assert b"<svg" in plot.read_bytes()

    @pytest.mark.parametrize(
        "line",
        [
            "--alphas 0.1",
            "--alphas 3/2",
            "--policies 3 --denominator 2",
            "--observations 2",
            "--states 2",
            "--horizon 0",
            "--horizon \u00b2",
            "--horizon 99999999999999999999",
            "--horizon 3000",
            "--kind machine --states 9",
            "--kind machine --states 100000",
            "--kind machine --horizon 30",
            "--kind table --horizon 40",
            "--kind table --actions 1 --horizon 100000",
            "--actions 99",
            "--actions 26",
            "--actions 8 --observations 8 --kind table",
            "--policies 40 --denominator 100000",
            "--denominator 1999999",
            "--alpha 1/3",
            "--event ever-a",
            "--unroll 2",
            "--out kept --dry-run",
            "--workers 2 --cluster tcp://127.0.0.1:1",
        ],
    )
    def test_misuse(self, line: str) -> None:
        began = time.process_time()
        Outcome("check", "--all", *line.split()).assert_refused()
        assert time.process_time() - began < 20

    def test_limits_let_through_what_is_listed_quickly(self) -> None:
        for line in (
            "--kind machine --states 2 --horizon 3",
            "--actions 5",
            "--horizon 900",
            "--policies 20 --denominator 20",
        ):
            assert Outcome("check", "--all", "--dry-run", *line.split()).code == 0

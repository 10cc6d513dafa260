"""`profile` against the numeric engine, alpha by alpha."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given

from exact_cbil import run
from exact_cbil.cli import main
from exact_cbil.model import Model
from exact_cbil.models import SHIPPED, shipped, treacherous_turn
from exact_cbil.numbers import rational
from exact_cbil.parametric import ParametricModel
from exact_cbil.parametric import run as parametric_run
from exact_cbil.parametric.profile import Piece, Profile, profile
from tests.parametric_models import LARGE, examples, fractions, models


def assert_agrees(model: Model, piece: Piece, alpha: Fraction) -> None:
    """The piece's numbers are those of a run at one alpha."""
    result = run(model.with_alpha(alpha))
    assert piece.query_cubes == result.query_cubes
    assert piece.queries == result.queries
    assert piece.exclusion == result.exclusion
    assert piece.events == {name: p.imitator for name, p in result.events.items()}


def assert_covers(found: Profile) -> None:
    """The pieces are disjoint, cover (0, 1] from left to right, and are maximal."""
    assert found.pieces[0].start == 0
    assert found.pieces[-1].end == 1
    assert not found.pieces[0].start_closed
    assert found.pieces[-1].end_closed
    for left, right in pairwise(found.pieces):
        assert left.end == right.start
        assert left.end_closed != right.start_closed
        assert left.values != right.values


@examples(60)
@given(models(), fractions())
def test_agrees_with_run_on_random_models(model: Model, alpha: Fraction) -> None:
    found = profile(model)
    assert_covers(found)
    assert_agrees(model, found.at(alpha), alpha)
    for piece in found.pieces:
        # The piece is found again by position alone: at its end, and beside its start.
        assert_agrees(model, piece, piece.end)
        assert_agrees(model, piece, piece.start + (piece.end - piece.start) / 10**9)


@examples(20)
@given(models(max_horizon=2), fractions())
def test_intervals_and_polynomials_decide_alike(model: Model, alpha: Fraction) -> None:
    parametric = ParametricModel.of(model, {"alpha": (0, 1)}, alpha="alpha")
    result, piece = parametric_run(parametric), profile(model).at(alpha)
    assert result.query_cubes.at({"alpha": alpha}) == piece.query_cubes
    assert result.queries.at({"alpha": alpha}) == piece.queries
    for name, chance in piece.events.items():
        assert result.event(name).at({"alpha": alpha}) == chance


@pytest.mark.parametrize("name", SHIPPED)
def test_agrees_with_run_at_200_random_alphas(name: str) -> None:
    model = shipped(name)
    model = model.with_horizon(min(model.horizon, 10))
    found = profile(model)
    chosen = random.Random(7)
    for _ in range(200):
        denominator = chosen.choice([12, 100, 10**6])
        alpha = Fraction(chosen.randint(1, denominator), denominator)
        assert_agrees(model, found.at(alpha), alpha)


def test_treacherous_turn_at_every_break_point_and_just_beside() -> None:
    model = treacherous_turn() if LARGE else treacherous_turn().with_horizon(12)
    found = profile(model)
    assert_covers(found)
    for left, right in pairwise(found.pieces):
        point = left.end
        little = min(left.end - left.start, right.end - right.start) / 10**6
        for alpha, piece in ((point - little, left), (point, left), (point + little, right)):
            assert found.at(alpha) is piece
            assert_agrees(model, piece, alpha)


def test_numbers_of_the_treacherous_turn() -> None:
    found = profile(treacherous_turn())
    rows: dict[str, tuple[float, ...]]
    rows = {"1/20": (1.29519, 5.72306, 0.0148195, 0), "1/10": (1.28763, 5.60213, 0.308400, 0)}
    rows |= {"1/5": (0.498138, 2.27986, 1, 0.620496), "1/3": (0, 0, 1, 1)}
    for alpha, numbers in rows.items():
        piece = found.at(alpha)
        exact = (piece.query_cubes, piece.queries, piece.exclusion, piece.events["ever-defects"])
        for value, rounded in zip(exact, numbers, strict=True):
            assert value is not None
            assert abs(value - Fraction(str(rounded))) <= Fraction(rounded) / 10**5


def test_a_break_point_belongs_to_the_piece_on_its_left() -> None:
    # Prior 1/2 each: the second policy has weight 1/2 of the whole, so it is in up to alpha = 1/2.
    found = profile(shipped("rare-action").with_horizon(1))
    assert found.break_points == (Fraction(1, 2),)
    assert [found.at(alpha).queries for alpha in ("1/2", "500001/1000000")] == [Fraction(1, 8), 0]


def test_outside_the_class_there_is_no_exclusion() -> None:
    pieces = profile(shipped("shared-error")).to_json()["pieces"]
    assert {piece["exclusion"] for piece in pieces} == {None}


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["profile", "treacherous-turn", "--horizon", "3", "--json"])
    assert ended.value.code == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["format"] == "cbil-profile/1"
    keys = [
        "from",
        "to",
        "from_closed",
        "to_closed",
        "query_cubes",
        "queries",
        "exclusion",
        "events",
    ]
    model = treacherous_turn().with_horizon(3)
    for piece in shown["pieces"]:
        assert list(piece) == keys
        assert (piece["from_closed"], piece["to_closed"]) == (False, True)
        result = run(model.with_alpha(piece["to"])).to_json()
        assert {k: piece[k] for k in keys[4:7]} == {k: result[k] for k in keys[4:7]}
        assert rational(piece["from"]) < rational(piece["to"])


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_plot(ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / f"profile.{ending}"
    with pytest.raises(SystemExit) as ended:
        main(["profile", "defective", "--horizon", "3", "--plot", str(target)])
    assert ended.value.code == 0
    assert target.read_bytes()[:5] in (b"<?xml", b"\x89PNG\r")
    assert "S_lin at to" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-model"],
        ["chain", "--plot", "profile.pdf"],
        ["chain", "--plot", "/no/such/folder/profile.svg"],
        ["chain", "--horizon", "-1"],
        ["chain", "--horizon", "x"],
    ],
)
def test_bad_input_is_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["profile", *arguments])
    assert ended.value.code == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert len(shown.err.splitlines()) == 1

"""`profile` against the numeric engine, alpha by alpha."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import exact_cbil.parametric.profile as profile_module
from exact_cbil import run
from exact_cbil.cli.profile import _told_apart
from exact_cbil.environment import silent
from exact_cbil.errors import CbilError
from exact_cbil.event import once
from exact_cbil.model import Model
from exact_cbil.modelfile import save
from exact_cbil.models import SHIPPED, shipped, treacherous_turn
from exact_cbil.numbers import rational
from exact_cbil.parametric import ParametricModel
from exact_cbil.parametric import run as parametric_run
from exact_cbil.parametric.profile import Piece, Profile, at_alphas, profile
from exact_cbil.policy import constant
from tests.commands import Outcome
from tests.conftest import LARGE, examples
from tests.parametric_models import fractions, models


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
def test_agrees_with_run_at_random_alphas(name: str) -> None:
    model = shipped(name)
    model = model.with_horizon(min(model.horizon, 10))
    found = profile(model)
    chosen = random.Random(7)
    for _ in range(200 if LARGE else 15):
        denominator = chosen.choice([12, 100, 10**6])
        alpha = Fraction(chosen.randint(1, denominator), denominator)
        assert_agrees(model, found.at(alpha), alpha)


def test_treacherous_turn_at_every_break_point_and_just_beside() -> None:
    model = treacherous_turn() if LARGE else treacherous_turn().with_horizon(6)
    found = profile(model)
    assert_covers(found)
    for left, right in pairwise(found.pieces):
        point = left.end
        little = min(left.end - left.start, right.end - right.start) / 10**6
        for alpha, piece in ((point - little, left), (point, left), (point + little, right)):
            assert found.at(alpha) is piece
            assert_agrees(model, piece, alpha)


def test_a_break_point_belongs_to_the_piece_on_its_left() -> None:
    # Prior 1/2 each: the second policy has weight 1/2 of the whole, so it is in up to alpha = 1/2.
    found = profile(shipped("rare-action").with_horizon(1))
    assert found.break_points == (Fraction(1, 2),)
    assert [found.at(alpha).queries for alpha in ("1/2", "500001/1000000")] == [Fraction(1, 8), 0]


def test_outside_the_class_there_is_no_exclusion() -> None:
    pieces = profile(shipped("shared-error")).to_json()["pieces"]
    assert {piece["exclusion"] for piece in pieces} == {None}


def test_json() -> None:
    outcome = Outcome("profile", "treacherous-turn", "--horizon", "3", "--json")
    assert outcome.code == 0
    shown = json.loads(outcome.out)
    assert shown["format"] == "cbil-profile/1"
    keys = ["from", "to", "from_closed", "to_closed"]
    keys += ["query_cubes", "queries", "exclusion", "events"]
    model = treacherous_turn().with_horizon(3)
    for piece in shown["pieces"]:
        assert list(piece) == keys
        assert (piece["from_closed"], piece["to_closed"]) == (False, True)
        result = run(model.with_alpha(piece["to"])).to_json()
        assert {k: piece[k] for k in keys[4:7]} == {k: result[k] for k in keys[4:7]}
        assert rational(piece["from"]) < rational(piece["to"])


@examples(30)
@given(models(), fractions(), fractions())
def test_a_range_is_a_part_of_the_whole(model: Model, one: Fraction, other: Fraction) -> None:
    low, high = min(one, other), max(one, other)
    high = high if low < high else Fraction(1)
    whole, part = profile(model), profile(model, low=low, high=high)
    assert (part.pieces[0].start, part.pieces[-1].end) == (low, high)
    inside = [point for point in whole.break_points if low < point < high]
    assert list(part.break_points) == inside
    for piece in part.pieces:
        assert piece.values == whole.at(piece.end).values
    with pytest.raises(CbilError, match="expected a rational in"):
        part.at(low)


@examples(15)
@given(models(), st.lists(fractions(), min_size=1, max_size=3))
def test_chosen_alphas_are_points_of_the_profile(model: Model, alphas: list[Fraction]) -> None:
    whole = profile(model)
    for alpha, piece in zip(alphas, at_alphas(model, alphas), strict=True):
        assert alpha in piece
        assert (piece.start, piece.end) == (alpha, alpha)
        assert piece.values == whole.at(alpha).values


def test_the_work_is_not_the_product_of_states_and_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    masses = {"a": {"x": "2/5", "y": "3/5"}, "b": {"x": "1/7", "y": "6/7"}, "c": {"x": "5/9"}}
    model = replace(
        shipped("rare-action"),
        actions=("x", "y"),
        policies={name: constant(emitted) for name, emitted in masses.items()},
        prior=dict.fromkeys(masses, "1/3"),
        demonstrator="a",
        environment=silent(["x", "y"]),
        events={},
        horizon=8,
    )
    sizes: list[int] = []

    def counted(*given: Any) -> Any:
        found = mean(*given)
        sizes.append(len(found.values))
        return found

    mean = profile_module._mean
    monkeypatch.setattr(profile_module, "_mean", counted)
    pieces = len(profile(model).pieces)
    assert pieces > 30
    # A run for each piece would give every state a value on every piece.
    assert 5 * sum(sizes) < len(sizes) * pieces


def test_rows_that_differ_are_told_apart() -> None:
    near = Fraction(1, 3) + Fraction(1, 10**9)
    rows = [(Fraction(1, 3), Fraction(1, 2)), (near, Fraction(1, 2)), (near, Fraction(1, 4))]
    assert _told_apart(rows) == [
        ["~0.333333333333", "0.5"],
        ["~0.333333334333", "0.5"],
        ["~0.333333", "0.25"],
    ]
    table = Outcome("profile", "rare-action", "--horizon", "8").out.splitlines()
    shown = [line.split("│")[2:6] for line in table if line.startswith("│")]
    shown = [cells for cells in shown if cells[0].strip()]  # without the rest of folded cells
    assert len(shown) > 3
    assert all(one != other for one, other in pairwise(shown))
    assert len({line[0] for line in shown}) == len(shown)


def test_chosen_alphas_on_the_command_line() -> None:
    given = ["profile", "treacherous-turn", "--horizon", "3", "--alphas", "2/9, 1/10"]
    head, *rows = Outcome(*given).out.splitlines()
    assert head.split()[:4] == ["alpha", "query_cubes", "queries", "exclusion"]
    assert [row.split()[0] for row in rows] == ["2/9", "1/10"]
    pieces = Outcome(*given, "--json").json["pieces"]
    model = treacherous_turn().with_horizon(3)
    for piece in pieces:
        assert piece["from"] == piece["to"]
        assert piece["from_closed"]
        assert piece["to_closed"]
        assert piece["queries"] == run(model.with_alpha(piece["to"])).to_json()["queries"]


def test_a_plot_of_hostile_names_and_sizes(tmp_path: Path) -> None:
    tiny = Fraction(1, 10**400)
    model = replace(
        shipped("rare-action"),
        prior={"demonstrator": tiny, "usual-only": 1 - tiny},
        events={"$x^$ [bold]\x1b[31m": once(action="rare")},
        horizon=2,
    )
    source, target = tmp_path / "model.json", tmp_path / "profile.svg"
    save(model, source)
    shown = Outcome("profile", source, "--plot", target, "--from", "1/10", "--to", "1/2")
    assert (shown.code, shown.err) == (0, "")
    assert "\x1b" not in shown.out
    assert target.stat().st_size > 1000


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_plot(ending: str, tmp_path: Path) -> None:
    target = tmp_path / f"profile.{ending}"
    outcome = Outcome("profile", "defective", "--horizon", "3", "--plot", target)
    assert outcome.code == 0
    assert target.read_bytes()[:5] in (b"<?xml", b"\x89PNG\r")
    assert "S_lin at to" in outcome.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-model"],
        ["chain", "--plot", "profile.pdf"],
        ["chain", "--plot", "/no/such/folder/profile.svg"],
        ["chain", "--horizon", "-1"],
        ["chain", "--horizon", "x"],
        ["chain", "--alphas", "0"],
        ["chain", "--alphas", "1/2,"],
        ["chain", "--alphas", "1/2,0.3"],
        ["chain", "--alphas", "1/2", "--to", "1"],
        ["chain", "--alphas", "1/2", "--plot", "profile.svg"],
        ["chain", "--from", "1/2", "--to", "1/2"],
        ["chain", "--from", "1"],
        ["chain", "--from", "-1"],
        ["chain", "--to", "2"],
    ],
)
def test_bad_input_is_one_line(arguments: list[str]) -> None:
    Outcome("profile", *arguments).assert_refused()

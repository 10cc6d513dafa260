"""`exact-cbil optimisers TASK`: what it prints is what the library finds."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from exact_cbil.optimisers.study import study
from exact_cbil.optimisers.tasks import TASKS
from tests.commands import Outcome


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[object, str, str]:
    outcome = Outcome(capsys, "optimisers", *words)
    return outcome.code, outcome.out, outcome.err


@pytest.mark.parametrize("name", ["hash", "rule"])
def test_json_is_the_study_and_nothing_else(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--instances", "4", "--max-length", "15", "--search-bits", "2", "--seed", "1")
    code, out, err = run(capsys, name, *words, "--time-penalty", "--json")
    assert (code, err) == (0, "")
    task = replace(TASKS[name](1).of(4), search_bits=2)
    found = json.loads(out)
    assert found == study(task, 15, time_penalty=True).to_json()
    assert found["format"] == "cbil-optimisers/1"
    assert Fraction(found["kraft"]) <= 1
    assert [row["lessons"] for row in found["rows"]] == [1, 2, 3, 4][: len(found["rows"])]
    for row in found["rows"]:
        assert sum(map(Fraction, row["searching"].values())) == Fraction(row["search"])
        bits = row["power"]["prior_bits"]
        assert Fraction(bits["lo"]) <= Fraction(bits["hi"])


def test_the_tables_and_the_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "shares.svg"
    words = ("rule", "--instances", "3", "--max-length", "12", "--plot", str(picture))
    code, out, err = run(capsys, *words)
    assert (code, err) == (0, "")
    for fragment in ("lit: open; always wait", "Kraft sum", "for colour", "3 with 7 bits"):
        assert fragment in out
    assert picture.read_bytes().startswith(b"<?xml")


def test_lessons_that_no_listed_program_solves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("hash", "--instances", "4", "--max-length", "3")
    picture = tmp_path / "few.png"
    code, out, _ = run(capsys, *words, "--json", "--plot", str(picture))
    assert code == 0
    assert picture.stat().st_size > 1000
    found = json.loads(out)
    assert found["rows"][-1]["search"] is None
    assert found["rows"][-1]["power"]["prior_bits"] is None
    assert "none" in run(capsys, "rule", "--instances", "3", "--max-length", "2")[1]
    code, out, _ = run(capsys, "rule", "--instances", "1", "--max-length", "1")
    assert code == 2


@pytest.mark.parametrize(
    "words",
    [
        ("maze", "--max-length", "64"),
        ("maze", "--max-length", "0"),
        ("hash", "--instances", "65"),
        ("hash", "--instances", "0"),
        ("rule", "--plot", "shares.pdf"),
        ("rule", "--seed", "-1"),
        ("chess",),
    ],
)
def test_bad_input_is_one_line(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert err.startswith("exact-cbil: ")
    assert err.count("\n") == 1

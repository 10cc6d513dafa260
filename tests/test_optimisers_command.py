"""`exact-cbil optimisers TASK`: what it prints is what the library finds."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from exact_cbil.optimisers.study import study
from exact_cbil.optimisers.tasks import TASKS
from tests.commands import Outcome


@pytest.mark.parametrize("name", ["hash", "rule"])
def test_json_is_the_study_and_nothing_else(name: str) -> None:
    words = ("--instances", "4", "--max-length", "15", "--search-bits", "2", "--seed", "1")
    outcome = Outcome("optimisers", name, *words, "--time-penalty", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    task = replace(TASKS[name](1).of(4), search_bits=2)
    found = outcome.json
    assert found == study(task, 15, time_penalty=True).to_json()
    assert found["format"] == "cbil-optimisers/1"
    assert Fraction(found["kraft"]) <= 1
    assert [row["lessons"] for row in found["rows"]] == [1, 2, 3, 4][: len(found["rows"])]
    for row in found["rows"]:
        assert sum(map(Fraction, row["searching"].values())) == Fraction(row["search"])
        bits = row["power"]["prior_bits"]
        assert Fraction(bits["lo"]) <= Fraction(bits["hi"])


def test_the_tables_and_the_picture(tmp_path: Path) -> None:
    picture = tmp_path / "shares.svg"
    line = ["rule", "--instances", "3", "--max-length", "12", "--plot", picture]
    outcome = Outcome("optimisers", *line)
    assert (outcome.code, outcome.err) == (0, "")
    for fragment in ("lit: open; always wait", "Kraft sum", "for colour", "3 with 7 bits"):
        assert fragment in outcome.out
    assert picture.read_bytes().startswith(b"<?xml")


def test_lessons_that_no_listed_program_solves(tmp_path: Path) -> None:
    picture = tmp_path / "few.png"
    line = ["hash", "--instances", "4", "--max-length", "3", "--json", "--plot", picture]
    found = Outcome("optimisers", *line).json
    assert picture.stat().st_size > 1000
    assert found["rows"][-1]["search"] is None
    assert found["rows"][-1]["power"]["prior_bits"] is None
    assert "none" in Outcome("optimisers", *["rule", "--instances", "3", "--max-length", "2"]).out
    Outcome("optimisers", *["rule", "--instances", "1", "--max-length", "1"]).assert_refused()


@pytest.mark.parametrize(
    "line",
    [
        "maze --max-length 64",
        "maze --max-length 0",
        "hash --instances 65",
        "hash --instances 0",
        "rule --plot shares.pdf",
        "rule --seed -1",
        "chess",
    ],
)
def test_bad_input_is_one_line(line: str) -> None:
    Outcome("optimisers", *line.split()).assert_refused()

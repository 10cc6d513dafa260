"""The command and the pytest plugin, from outside."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from exact_cbil.cli.conform import command
from exact_cbil.testing import ConformanceTests, ObjectSubject, examine
from exact_cbil.testing.vectors import read_vectors
from tests.conform_helpers import REFERENCE
from tests.subjects.float64 import BUDGETS, Float64
from tests.subjects.integers import Batch

RIGHT = "tests.subjects.integers:Batch"
WRONG = "tests.test_conform_command:Maximum"


class Maximum:
    """A learner with one bug: the query probability is the mass of the minimum."""

    def step(self, model: Any, history: Any) -> dict[str, Any]:
        step = REFERENCE.step(model, history)
        return {
            "top_set": step.top_set,
            "posterior": step.posterior,
            "minimum": {a: step.minimum[a] for a in model.actions},
            "query_probability": step.minimum.total,
        }


def conform(*arguments: str, given: str | None = None) -> Any:
    return CliRunner().invoke(command, list(arguments), input=given, standalone_mode=False)


def run_main(*arguments: str) -> subprocess.CompletedProcess[str]:
    main = "from exact_cbil.cli import main; main()"
    full = [sys.executable, "-c", main, "conform", *arguments]
    return subprocess.run(full, capture_output=True, text=True, timeout=300, check=False)


def test_a_right_learner_conforms() -> None:
    result = conform("--object", RIGHT, "--random", "50")
    assert result.return_value == 0, result.output
    assert "119 questions" in result.output
    assert result.output.endswith("conforms\n")


def test_a_float_learner_shows_its_errors() -> None:
    options = [f"--budget={budget}" for budget in BUDGETS]
    result = conform("--object", "tests.subjects.float64:Float64", "--random", "20", *options)
    assert "Worst errors" in result.output
    assert "near-boundary" in result.output


def test_a_wrong_learner_is_explained_and_can_be_replayed_and_saved(tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    options = ["--object", WRONG, "--no-vectors", "--random", "30"]
    result = conform(*options, "--save", str(kept))
    assert result.return_value == 1
    assert "query-probability" in result.output
    assert result.output.endswith("does not conform\n")

    replay = next(line for line in result.output.splitlines() if "printf" in line)
    assert "exact-cbil conform --questions - --object" in replay
    asked = subprocess.run(
        ["bash", "-c", replay.partition(" | ")[0]], capture_output=True, text=True, check=True
    ).stdout
    assert conform("--object", WRONG, "--questions", "-", given=asked).return_value == 1
    assert conform("--object", RIGHT, "--questions", "-", given=asked).return_value == 0

    (vector,) = read_vectors(tmp_path)
    assert vector.question.flags == ("query-probability",)
    for target, code in ((WRONG, 1), (RIGHT, 0)):
        again = conform("--object", target, "--vectors", str(tmp_path), "--random", "0")
        assert again.return_value == code


def test_json() -> None:
    result = conform("--object", WRONG, "--random", "10", "--json", "--no-shrink")
    report = json.loads(result.output)
    assert report["format"] == "cbil-conformance/1"
    assert report["conforms"] is False
    assert sum(report["outcomes"].values()) == report["asked"] == 79
    assert report["suspects"][0]["flag"] == "query-probability"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--object", RIGHT, "--", "cat"],
        ["--object", "tests.nowhere:X"],
        ["--object", "json"],
        ["--object", "json:__name__"],
        ["--object", RIGHT, "--budget", "posterior"],
        ["--object", RIGHT, "--omits", "speed"],
        ["--object", RIGHT, "--vectors", "/nowhere"],
        ["--object", RIGHT, "--questions", "/nowhere"],
        ["--", "/no/such/program"],
        ["--", "false"],
    ],
)
def test_what_cannot_be_run_is_exit_2_and_one_line(arguments: list[str]) -> None:
    done = run_main(*arguments)
    assert done.returncode == 2, done
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("exact-cbil: ")


def test_a_program_that_echoes_does_not_conform() -> None:
    done = run_main("--random", "5", "--no-shrink", "--", "cat")
    assert done.returncode == 1
    assert "unknown key" in done.stdout


class TestBatch(ConformanceTests):
    """The published class, as a user would subclass it."""

    implementation = Batch()
    random_questions = 100


class TestReference(ConformanceTests):
    """Subclassed a second time in one module."""

    implementation = "tests.conform_helpers:REFERENCE"
    random_questions = 50


def pytest_on(where: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    full = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(full, cwd=where, capture_output=True, text=True, timeout=120, check=False)


def test_the_plugin_checks_an_implementation_in_another_project(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from exact_cbil.testing import Reference\n"
        "class Good(Reference): pass\n"
        "class Bad(Reference):\n"
        "    def step(self, model, history): return super().step(model, history[:-1])\n"
    )
    (tmp_path / "test_own.py").write_text("def test_own(): pass\n")
    good = pytest_on(tmp_path, "-q", "--cbil-implementation", "mine:Good", "--cbil-random", "20")
    assert good.returncode == 0, good.stdout
    assert "70 passed" in good.stdout
    both = pytest_on(tmp_path, "-q", "--cbil-implementation=mine:Good", "test_own.py")
    assert "71 passed" in both.stdout
    bad = pytest_on(tmp_path, "-q", "--cbil-implementation", "mine:Bad", "--cbil-random", "50")
    assert bad.returncode == 1
    assert "suspect last-step" in bad.stdout
    alone = pytest_on(tmp_path, "-q")
    assert "1 passed" in alone.stdout


def test_float64_by_the_api() -> None:
    """The example of the documentation."""
    from exact_cbil.testing import Declaration
    from exact_cbil.testing.stream import stream

    report = examine(ObjectSubject(Float64()), stream(7, 30), Declaration.parse(BUDGETS))
    assert report.asked == 30

"""The command and the pytest plugin, from outside."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from exact_cbil.cli.conform_report import LONGEST_QUESTION
from exact_cbil.testing import ConformanceTests
from exact_cbil.testing.vectors import read_vectors
from tests.commands import Outcome
from tests.conform_helpers import VECTORS, named
from tests.subjects.float64 import BUDGETS
from tests.subjects.integers import Batch

pytest_plugins = ["pytester"]

RIGHT = "tests.subjects.integers:Batch"
ANSWER = json.dumps({"id": "\x1b[31m", "top_set": ["\x1b[31m"], "minimum": {"\x1b[31m": "\x1b"}})
WRONG = "tests.subjects.maximum:Maximum"


def conform(*arguments: object, given: str = "") -> Outcome:
    return Outcome("conform", *arguments, given=given)


def test_a_right_learner_conforms() -> None:
    result = conform("--object", RIGHT, "--random", "10")
    assert result.code == 0, result.out
    assert f"{len(VECTORS) + 10} questions" in result.out
    assert result.out.endswith("conforms\n")


def test_a_float_learner_shows_its_errors() -> None:
    options = [f"--budget={budget}" for budget in BUDGETS]
    result = conform("--object", "tests.subjects.float64:Float64", "--random", "20", *options)
    assert "Worst errors" in result.out
    assert "near-boundary" in result.out


def test_a_wrong_learner_is_explained_and_can_be_replayed_and_saved(tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    options = ["--object", WRONG, "--no-vectors", "--random", "40"]
    result = conform(*options, "--save", str(kept))
    assert result.code == 1
    assert "failures, 20 of them compared" in result.out
    assert "query-probability" in result.out
    assert result.out.endswith("does not conform\n")

    replay = next(line for line in result.out.splitlines() if "printf" in line)
    assert "exact-cbil conform --questions - --object" in replay
    asked = subprocess.run(
        ["bash", "-c", replay.partition(" | ")[0]], capture_output=True, text=True, check=True
    ).stdout
    assert conform("--object", WRONG, "--questions", "-", given=asked).code == 1
    assert conform("--object", RIGHT, "--questions", "-", given=asked).code == 0

    (vector,) = read_vectors(tmp_path)
    assert vector.question.flags == ("query-probability",)
    for target, code in ((WRONG, 1), (RIGHT, 0)):
        again = conform("--object", target, "--vectors", str(tmp_path), "--random", "0")
        assert again.code == code


def test_json() -> None:
    result = conform("--object", WRONG, "--random", "3", "--json", "--no-shrink")
    report = result.json
    assert report["format"] == "cbil-conformance/1"
    assert report["conforms"] is False
    assert sum(report["outcomes"].values()) == report["asked"] == len(VECTORS) + 3
    assert report["suspects"][0]["flag"] == "query-probability"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--object", RIGHT, "--", "cat"],
        ["--object", "tests.nowhere:X"],
        ["--object", "json"],
        ["--object", "json:__name__"],
        ["--budget", "posterior", "--", "cat"],
        ["--omits", "speed", "--", "cat"],
        ["--vectors", "/nowhere", "--", "cat"],
        ["--questions", "/nowhere", "--", "cat"],
        ["--questions", "/", "--", "cat"],
        ["--questions", "/dev/null", "--", "cat"],
        ["--questions", "/dev/zero", "--", "cat"],
        ["--questions", "\x1b[31m", "--", "cat"],
        ["--questions", "-", "--random", "3", "--", "cat"],
        ["--questions", "-", "--seed", "3", "--", "cat"],
        ["--questions", "-", "--skips", "prior=no", "--", "cat"],
        ["--no-vectors", "--skips", "prior=no", "--", "cat"],
        ["--no-vectors", "--vectors", "/", "--", "cat"],
        ["--no-vectors", "--random", "0", "--", "cat"],
        ["--skips", "zzz=1", "--", "cat"],
        ["--skips", "prior=1", "--skips", "prior=2", "--", "cat"],
        ["--random", "-5", "--", "cat"],
        ["--memory", "0", "--", "cat"],
        ["--save", "/dev/null", "--", "cat"],
        *(["--time-limit", limit, "--", "cat"] for limit in ("inf", "1e308", "nan", "0")),
        ["--", "\x1b[31m/no/such/program"],
        ["--", "/no/such/program"],
        ["--", "false"],
    ],
)
def test_what_cannot_be_run_is_exit_2_and_one_line(arguments: list[str]) -> None:
    outcome = conform(*arguments)
    outcome.assert_refused()
    assert outcome.err.rstrip("\n").isprintable()


@pytest.mark.parametrize("content", [None, b"", b"\xff\n", b"[" * 10**6, b"{}\n", b"\0" * 10**6])
def test_hostile_questions_are_one_line(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "asked"
    if content is None:
        os.mkfifo(path)  # nobody writes to it
    else:
        path.write_bytes(content)
    for options in (["--questions", str(path)], ["--vectors", str(folder_with(path))]):
        result = conform("--object", RIGHT, *options)
        result.assert_refused()
        assert result.err.rstrip("\n").isprintable()


def folder_with(path: Path) -> Path:
    folder = path.parent / "folder"
    folder.mkdir()
    (folder / "a.jsonl").symlink_to(path)
    return folder


def test_what_others_wrote_cannot_steer_the_terminal(tmp_path: Path) -> None:
    """Names of a question, of a program and of a policy, and what the program says and answers."""
    escape = "\x1b[31m"
    line = named(escape) + "\n"
    (tmp_path / "asked").write_text(line)
    said = f"import sys; sys.stderr.write({escape!r}); print(sys.stdin.readline() and {ANSWER!r})"
    program = tmp_path / f"{escape}[bold]"
    program.write_text(f"#!{sys.executable}\n{said}\n")
    program.chmod(0o700)
    (tmp_path / "twice").write_text(2 * line)
    for asked in ("asked", "twice"):
        result = conform("--questions", str(tmp_path / asked), "--", str(program))
        assert "\x1b" not in result.out + result.err
        assert result.code in (1, 2)


def test_the_replay_line_asks_the_same_with_any_name(tmp_path: Path) -> None:
    program = tmp_path / "\x1b it's"
    program.write_text("#!/bin/sh\nread line; echo '{}'\n")
    program.chmod(0o700)
    (tmp_path / "asked").write_text(named("one"))
    result = conform("--questions", str(tmp_path / "asked"), "--", str(program))
    replay = next(line for line in result.out.splitlines() if "printf" in line)
    words = subprocess.run(
        ["bash", "-c", f"printf '%s' {replay.partition(' -- ')[2]}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert words.stdout == str(program)


def test_a_long_failing_question_can_be_asked_again_too(tmp_path: Path) -> None:
    wrong = "tests.subjects.maximum:Maximum"
    asked, folder = tmp_path / "asked", tmp_path / "kept folder"
    folder.mkdir()
    question = next(v.question for v in VECTORS if v.question.id == "v2-covering-10-0")
    assert len(question.line) > LONGEST_QUESTION
    asked.write_text(question.line)
    options = ["--questions", str(asked), "--save", str(folder / "found.jsonl")]
    shown = conform("--object", wrong, "--budget=posterior=1ulp", *options).out
    replay = next(line for line in shown.splitlines() if "--vectors" in line)
    words = [word.replace("FOLDER", str(folder)) for word in shlex.split(replay)]
    again = conform(*words[2:])
    assert again.code == 1
    assert "1 questions to" in again.out


def test_a_program_that_echoes_does_not_conform() -> None:
    result = conform("--no-vectors", "--random", "5", "--no-shrink", "--", "cat")
    assert result.code == 1
    assert "unknown key" in result.out


class TestBatch(ConformanceTests):
    """The published class, as a user would subclass it."""

    implementation = Batch()
    random_questions = 20


class TestReference(ConformanceTests):
    """Subclassed a second time in one module."""

    implementation = "tests.conform_helpers:REFERENCE"
    random_questions = 10


def test_the_plugin_checks_an_implementation_in_another_project(pytester: pytest.Pytester) -> None:
    pytester.syspathinsert()
    pytester.makepyfile(
        mine="""
        from exact_cbil.testing import Reference
        class Good(Reference): pass
        class Bad(Reference):
            def step(self, model, history): return super().step(model, history[:-1])
        """,
        test_own="def test_own(): pass",
    )
    vectors = len(VECTORS)
    good = pytester.runpytest_inprocess("--cbil-implementation=mine:Good", "--cbil-random=5")
    good.assert_outcomes(passed=vectors + 1)
    few = ["--cbil-random=15", "-k", "own or random"]
    both = pytester.runpytest_inprocess("--cbil-implementation=mine:Good", "test_own.py", *few)
    both.assert_outcomes(passed=2, deselected=vectors)
    bad = pytester.runpytest_inprocess("--cbil-implementation=mine:Bad", *few)
    bad.assert_outcomes(failed=1, deselected=vectors)
    assert "suspect last-step" in bad.stdout.str()
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--cbil-random", "3"], "--cbil-random needs --cbil-implementation"),
        (["--cbil-skips", "prior=no"], "--cbil-skips needs --cbil-implementation"),
        (["--cbil-implementation", RIGHT, "--cbil-random", "-5"], "a number from 0"),
        (
            ["--cbil-implementation", RIGHT, "--cbil-random", "0", "--cbil-seed", "1"],
            "--cbil-seed has no effect",
        ),
        (["--cbil-implementation", RIGHT, "--cbil-skips", "zzz=1"], "unknown flag 'zzz'"),
    ],
)
def test_the_plugin_refuses_what_it_cannot_obey(
    pytester: pytest.Pytester, arguments: list[str], complaint: str
) -> None:
    done = pytester.runpytest_inprocess(*arguments)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert complaint in done.stderr.str()

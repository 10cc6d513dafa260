"""The page "check your implementation": its example is right, its blocks run."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import settings

from exact_cbil.cli.conform import command
from exact_cbil.testing import Grade, Question, read_question
from exact_cbil.testing.answers import read_answer
from exact_cbil.testing.judge import judge
from exact_cbil.testing.stream import RANDOM_QUESTIONS
from exact_cbil.testing.wrong_learners import RIGHT
from tests.commands import Outcome
from tests.conform_helpers import REFERENCE, SUBJECTS
from tests.conftest import LARGE
from tests.test_pages import blocks, commands

ROOT = Path(__file__).parents[1]
README = ROOT / "exact_cbil" / "testing" / "README.md"
PAGE = README.read_text()
LEARNER, AMONG_TESTS, STRATEGIES = blocks(README, "python")
SAVED = {
    "learner.py": LEARNER,
    "learner.js": blocks(README, "js")[0],
    "learner.c": blocks(README, "c")[0],
    "test_learner.py": AMONG_TESTS,
}
LINES = commands(README)
CONFORM = [line for line in LINES if line.startswith("exact-cbil conform")]
(COMPILE,) = (line for line in LINES if line.startswith("gcc"))
FEW = [] if LARGE else ["--no-vectors", "--random", "3"]


def test_the_example_is_right() -> None:
    question_text, answer_text = blocks(README, "json")
    question: Question = read_question(question_text)
    answer: dict[str, Any] = json.loads(answer_text)
    judgement = judge(REFERENCE.expected(question), read_answer(answer))
    assert judgement.grade is Grade.MATCH
    assert RIGHT.answer(json.loads(question_text))["top_set"] == answer["top_set"]
    assert answer["id"] == question.id


def test_the_options_exist() -> None:
    known = {name for parameter in command.params for name in parameter.opts}
    plugin = {"--cbil-implementation", "--cbil-random"}
    page = PAGE.replace(blocks(README, "console")[0], "")
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", page)) - plugin <= known


@pytest.mark.parametrize("name", ["learner.py", "learner.js", "learner.c"])
def test_the_learners_of_the_page_are_those_that_are_tested(name: str) -> None:
    assert SAVED[name] == (SUBJECTS / name).read_text()
    assert f"as `{name}`" in PAGE


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a new user has saved every block, and compiled what is to be compiled."""
    place = tmp_path_factory.mktemp("new user")
    for name, text in SAVED.items():
        (place / name).write_text(text)
    subprocess.run(shlex.split(COMPILE), cwd=place, check=True)
    return place


@pytest.mark.parametrize("line", CONFORM)
def test_a_command_of_the_page_conforms(
    line: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = shlex.split(line)[2:]
    if "node" in words and shutil.which("node") is None:
        pytest.skip("there is no node")
    if "--vectors" not in words:
        words = [*FEW, *words]
    monkeypatch.chdir(folder)
    result = Outcome("conform", *words)
    assert result.code == 0, result.out + result.err
    for option, name in pairwise(words):
        if option in ("--report", "--badge", "--junit"):
            assert (folder / name).stat().st_size > 500


def test_the_learner_passes_under_pytest(folder: Path) -> None:
    (line,) = (line for line in LINES if line.startswith("pytest"))
    few = [] if LARGE else ["-k", "v1-queried"]
    words = [*shlex.split(line), "test_learner.py", *few, "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_every_line_is_of_a_kind_that_is_run() -> None:
    kinds = {line.split()[0] for line in LINES}
    assert kinds == {"pip", "exact-cbil", "pytest", "gcc"}
    assert len(CONFORM) == 5


def test_the_strategies_run() -> None:
    names: dict[str, Any] = {}
    exec(compile(STRATEGIES, "README.md", "exec"), names)
    settings(max_examples=3, database=None)(names["test_mine"])()


def test_how_many_random_questions() -> None:
    assert PAGE.count(f"{RANDOM_QUESTIONS} random questions") == 1
    assert f"| {RANDOM_QUESTIONS}, by the command and by pytest alike;" in PAGE


# -- the action, its script and the container -----------------------------------------------------

SERVICE = ROOT / "exact_cbil" / "testing" / "service"
SCRIPT = SERVICE / "conform.sh"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())


def test_the_action_runs_the_script_with_all_that_it_reads() -> None:
    (step,) = ACTION["runs"]["steps"]
    assert step["run"] == f'bash "$GITHUB_ACTION_PATH/{SCRIPT.relative_to(ROOT)}"'
    read = set(re.findall(r"\$\{(CBIL_[A-Z]+)", SCRIPT.read_text())) | {"CBIL_OBJECT"}
    assert set(step["env"]) == read == {f"CBIL_{name.upper()}" for name in ACTION["inputs"]}
    for name in ACTION["inputs"]:
        assert step["env"][f"CBIL_{name.upper()}"] == f"${{{{ inputs.{name} }}}}"
    for name, output in ACTION["outputs"].items():
        assert output["value"] == f"${{{{ steps.{step['id']}.outputs.{name} }}}}"
        assert f"{name}=%s" in SCRIPT.read_text()


def test_the_workflow_of_the_page_uses_what_the_action_has() -> None:
    steps = yaml.safe_load(blocks(README, "yaml")[0])
    (ours,) = (step for step in steps if step.get("uses", "").startswith("OWNER/exact-cbil@"))
    assert set(ours["with"]) <= set(ACTION["inputs"])
    assert COMPILE in [step.get("run") for step in steps]
    # The words of the page's own command for C, which another test runs.
    given = [*shlex.split(ours["with"]["options"]), "--", *shlex.split(ours["with"]["command"])]
    assert shlex.join(["exact-cbil", "conform", *given]) in CONFORM
    outputs = re.findall(r"steps\.(\w+)\.outputs\.(\w+)", blocks(README, "yaml")[0])
    assert outputs == [(ours["id"], "folder")]
    assert "folder" in ACTION["outputs"]


def run_script(place: Path, **variables: str) -> tuple[int, dict[str, str], str]:
    """The exit code, what the script puts out for later steps, and the badge."""
    output, summary = place / "output", place / "summary"
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "GITHUB_OUTPUT": str(output),
        "GITHUB_STEP_SUMMARY": str(summary),
        "CBIL_OPTIONS": "--vectors v1 --random 0 --feature 'alpha=above 1/2'",
        **variables,
    }
    done = subprocess.run(
        ["bash", str(SCRIPT)], cwd=place, env=environment, capture_output=True, check=False
    )
    told = dict(line.split("=") for line in output.read_text().splitlines())
    badge = place / told["folder"] / "badge.svg"
    assert f"### exact-cbil: {told['verdict']}" in summary.read_text()
    return done.returncode, told, badge.read_text() if badge.exists() else ""


def test_a_right_learner_passes_through_the_action(folder: Path, tmp_path: Path) -> None:
    program = tmp_path / "my learner"
    shutil.copy(folder / "learner", program)
    budget = "--budget posterior=1ulp --budget minimum=1ulp --budget query_probability=1e-16"
    options = f"{budget}\n--vectors v1 --random 0 --feature 'alpha=above 1/2'"
    code, told, badge = run_script(tmp_path, CBIL_COMMAND=f"'{program}'", CBIL_OPTIONS=options)
    assert (code, told) == (0, {"verdict": "conforms", "folder": "conformance"})
    assert "✓ conforms" in badge
    names = {path.name for path in (tmp_path / "conformance").iterdir()}
    assert names == {"report.html", "badge.svg", "junit.xml", "report.txt"}


def test_a_wrong_learner_fails_through_the_action_with_a_red_badge(tmp_path: Path) -> None:
    wrong = "tests.subjects.maximum:Maximum"
    code, told, badge = run_script(tmp_path, CBIL_OBJECT=wrong, CBIL_FOLDER="here")
    assert (code, told) == (1, {"verdict": "does not conform", "folder": "here"})
    assert "✗ does not conform" in badge
    assert "#b3261e" in badge
    code, told, badge = run_script(tmp_path, CBIL_COMMAND="/no/such", CBIL_FOLDER="here")
    assert (code, told["verdict"], badge) == (2, "could not be run", "")


def test_the_container_has_what_the_package_is_built_of() -> None:
    text = (SERVICE / "Containerfile").read_text()
    copied = re.findall(r"^COPY (.*) /source/.*$", text, re.MULTILINE)
    sources = {name for line in copied for name in line.split()}
    assert sources == {"pyproject.toml", "README.md", "exact_cbil", "bounds", "proofs"}
    assert all((ROOT / name).exists() for name in sources)
    build, run = re.sub(r"\\\n\s*", "", blocks(README, "console")[0]).splitlines()
    assert f"-f {(SERVICE / 'Containerfile').relative_to(ROOT)} ." in build
    assert build in text
    assert shlex.split(run)[:2] == ["docker", "run"]

"""What the page on the bounds says is so: its commands run."""

from __future__ import annotations

import re
import shlex
from fractions import Fraction
from pathlib import Path

import pytest

from bounds import check_potential
from bounds.universal.facts import FACTS
from tests.commands import Outcome
from tests.conftest import LARGE
from tests.test_pages import commands

README = Path(__file__).parent.parent / "bounds" / "README.md"
PAGE, LINES = README.read_text(), commands(README)


def test_there_are_commands_to_run() -> None:
    assert len(LINES) >= 8


@pytest.mark.parametrize("line", LINES)
def test_a_command_of_the_page_runs(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, name, *arguments = shlex.split(line, comments=True)
    if program == "python":
        root = Path(check_potential.__file__).parent.parent
        assert (root / name).samefile(check_potential.__file__)
        files = [str(path) for pattern in arguments for path in root.glob(pattern)]
        assert check_potential.main(files) == 0
        return
    assert program == "exact-cbil"
    works = name == "explore" or "--all" in arguments
    if works and "--dry-run" not in arguments and "--quantities" not in arguments:
        arguments += ["--workers", "0"]
    monkeypatch.chdir(tmp_path)
    assert Outcome(name, *arguments).code == int(line.endswith("# refuted"))


SHAPES = [(2, 2), (3, 2), (2, 3), (3, 3), (4, 4)]


@pytest.mark.parametrize("shape", SHAPES if LARGE else SHAPES[:1])
def test_every_case_has_a_certificate_at_the_shapes_of_the_page(shape: tuple[int, int]) -> None:
    assert ", ".join(map(str, SHAPES[:-1])) + f" and {SHAPES[-1]}" in " ".join(PAGE.split())
    for fact in FACTS:
        assert all(case.certified() for case in fact.cases(*shape)), fact.name


def test_the_page_points_to_files_that_exist() -> None:
    folder = Path(check_potential.__file__).parent
    listed = PAGE[PAGE.index("| to read | for |") : PAGE.index("## On one model")]
    names = [
        name for row in listed.splitlines() for name in re.findall(r"`([a-z_]+[./][a-z]*)`", row)
    ]
    assert len(names) >= 15
    for name in names:
        assert (folder / name).exists(), name


def test_examples_of_plan_are_not_vacuous() -> None:
    """Bounds on a probability that are 1 or more say nothing."""
    lines = [shlex.split(line) for line in LINES if line.startswith("exact-cbil plan")]
    assert lines
    for _, name, *arguments in lines:
        printed = Outcome(name, *arguments, "--json").json
        assert Fraction(printed["rounded"][printed["claim"]]) < 1

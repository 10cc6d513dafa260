"""Every tutorial runs from top to bottom, as its reader would run it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.commands import Outcome

TUTORIALS = sorted((Path(__file__).parent.parent / "docs" / "tutorials").glob("*.md"))
CELL = re.compile(r"^```\{code-cell\} ipython3\n(.*?)^```", re.DOTALL | re.MULTILINE)


def python_and_commands(cell: str) -> list[tuple[bool, str]]:
    """The parts of a cell in order: whether each is a command line, and its text."""
    parts: list[tuple[bool, str]] = []
    for line in cell.splitlines():
        if line.startswith("%"):  # an instruction for the notebook alone
            continue
        command = line.startswith("!")
        if command or not parts or parts[-1][0]:
            parts.append((command, line.removeprefix("!")))
        else:
            parts[-1] = (False, f"{parts[-1][1]}\n{line}")
    return parts


@pytest.mark.parametrize("tutorial", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_runs(tutorial: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    cells = CELL.findall(tutorial.read_text())
    assert len(cells) >= 4
    for cell in cells:
        for is_command, text in python_and_commands(cell):
            if is_command:
                program, *arguments = shlex.split(text)
                assert program == "exact-cbil"
                assert Outcome(*arguments).code == 0
            else:
                exec(compile(text, tutorial.name, "exec"), names)


def test_the_tutorials_are_found() -> None:
    assert len(TUTORIALS) >= 7

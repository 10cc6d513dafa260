"""What the pages of the documentation show is so: commands run, programs print what is said."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest

from tests.commands import Outcome

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
DOCS = sorted((ROOT / "docs").glob("*.md"))


def blocks(page: Path, language: str) -> list[str]:
    """The code of a page that is in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)


def commands(page: Path = README) -> list[str]:
    whole = (re.sub(r"\\\n\s*", "", block) for block in blocks(page, "sh"))
    return [line for block in whole for line in block.splitlines() if line]


def stem(page: Path) -> str:
    return page.stem


WITH_COMMANDS = [page for page in (README, *DOCS) if commands(page)]
WITH_SESSIONS = [page for page in DOCS if ">>> " in page.read_text()]
EXAMPLES = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in DOCS
    for number, block in enumerate(blocks(page, "python"))
    if ">>>" not in block
]


def test_the_pages_with_code_are_found() -> None:
    assert {"README", "index", "compare", "optimisers"} <= set(map(stem, WITH_COMMANDS))
    assert {"compare", "gallery", "optimisers"} <= set(map(stem, WITH_SESSIONS))
    assert EXAMPLES


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=stem)
def test_the_commands_of_a_page_run(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # Setting up is run by the continuous integration itself.
    shown = [line for line in commands(page) if not line.startswith(("python3", ".venv", ". "))]
    assert len(shown) >= 3
    for line in shown:
        program, *arguments = shlex.split(line)
        assert program == "exact-cbil"
        target = arguments.index(">") if ">" in arguments else None
        outcome = Outcome(*arguments[:target])
        assert (outcome.code, outcome.err) == (0, ""), line
        if target is not None:
            (tmp_path / arguments[target + 1]).write_text(outcome.out)


def test_the_example_of_the_readme_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = blocks(README, "python")
    exec(compile(example, "README.md", "exec"), {})
    assert f"It prints `{capsys.readouterr().out.strip()}`" in README.read_text()


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_runs(example: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(example, "docs", "exec"), {})
    assert capsys.readouterr().out


@pytest.mark.parametrize("page", WITH_SESSIONS, ids=stem)
def test_the_programs_of_a_page_print_what_it_says(page: Path) -> None:
    outcome = doctest.testfile(str(page), module_relative=False, optionflags=doctest.FAIL_FAST)
    assert outcome.attempted >= 15
    assert outcome.failed == 0

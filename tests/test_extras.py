"""A plain install: what needs no extra works without any, and the rest names the extra it needs."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

import pytest

PROJECT = tomllib.loads(Path(__file__).parent.parent.joinpath("pyproject.toml").read_text())
EXTRAS = ("plot", "symbolic", "potential", "cluster")
MODULES = ("matplotlib", "sympy", "z3", "numpy", "scipy", "dask", "distributed")
"""What the extras install."""

CHILD = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
import json
from exact_cbil.cli import main
for line in json.load(sys.stdin):
    try:
        main(line)
    except SystemExit as end:
        print(f"\\nexit {end.code}", file=sys.stderr, flush=True)
"""
"""A process in which what the extras install cannot be imported, and which runs many commands."""

COMMANDS = {point.name: point.module for point in entry_points(group="exact_cbil.commands")}


def endings(lines: Sequence[Sequence[str]], place: Path) -> list[tuple[int, str]]:
    """The exit code of each line, and what it said on standard error."""
    child = subprocess.run(
        [sys.executable, "-c", CHILD.replace("MODULES", repr(MODULES))],
        input=json.dumps(lines),
        capture_output=True,
        text=True,
        timeout=300,
        cwd=place,
    )
    assert child.returncode == 0, child.stderr
    *parts, last = child.stderr.split("\nexit ")
    said = [parts[0], *(part.partition("\n")[2] for part in parts[1:])]
    codes = [int(part.partition("\n")[0]) for part in [*parts[1:], last]]
    return list(zip(codes, said, strict=True))


def test_a_plain_install_does_all_that_needs_no_extra(tmp_path: Path) -> None:
    lines = [
        ["run", "treacherous-turn"],
        ["run", "every-turn", "--digits", "10", "--horizon", "5"],
        ["models", "chain"],
        ["sample", "chain", "--seed", "1"],
        ["compare", "rare-action", "--horizon", "4"],
        ["profile", "rare-action", "--horizon", "4"],
        ["export", "chain", "chain.drn"],
        ["check", "chain"],
        ["explore", "queries <= 2*T", "--models", "2", "--workers", "0"],
        ["witness", "limit", "--q", "2"],
        ["plan", "--w-d", "1/2", "--horizon", "10", "--event-probability", "1/1000000"],
        *([name, "--help"] for name in COMMANDS),
    ]
    for line, (code, said) in zip(lines, endings(lines, tmp_path), strict=True):
        assert (code, said) == (0, ""), line


def test_what_needs_an_extra_names_it_in_one_line(tmp_path: Path) -> None:
    lines = {
        ("run", "chain", "--plot", "new.svg"): ("matplotlib", "plot"),
        ("formula", "chain"): ("sympy", "symbolic"),
        ("check", "--universal"): ("z3-solver", "symbolic"),
        ("potential", "--alternatives", "1"): ("numpy", "potential"),
        ("explore", "queries <= T", "--cluster", "tcp://a:1"): ("dask", "cluster"),
    }
    found = endings([list(line) for line in lines], tmp_path)
    for (line, (package, extra)), ending in zip(lines.items(), found, strict=True):
        wanted = f"exact-cbil: {package} is needed: pip install 'exact-cbil[{extra}]'\n"
        assert ending == (2, wanted), line
    assert list(tmp_path.iterdir()) == []


def test_the_extras_are_disjoint_from_the_plain_install_and_all_has_them() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    for module in MODULES:
        assert not any(module in one for one in PROJECT["project"]["dependencies"])
    assert extras["all"] == [f"exact-cbil[{','.join(sorted(EXTRAS))}]"]
    assert "exact-cbil[all]" in extras["test"]


@pytest.mark.parametrize("module", MODULES)
def test_every_module_belongs_to_an_extra(module: str) -> None:
    from exact_cbil.errors import extra_with

    assert extra_with(f"{module}.inner") in EXTRAS
    assert extra_with(f"{module}x") is None

"""Imports go one way, the definitions stand alone, and importing what is light loads little."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bounds import check_potential
from exact_cbil import children, spec

ROOT = Path(__file__).parent.parent
PACKAGES = ("exact_cbil", "bounds", "proofs")
READERS = ROOT / "exact_cbil" / "testing"
"""What may use the definitions as the literal reference."""


def imported(path: Path) -> Iterator[str]:
    """Every module that a file names in an import; of `from a import b`, also `a.b`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("module", [spec, check_potential], ids=lambda module: module.__name__)
def test_what_is_checked_against_imports_the_standard_library_only(module: object) -> None:
    names = set(imported(Path(getattr(module, "__file__", ""))))
    assert "fractions" in names
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


def test_nothing_that_is_tested_against_the_definitions_imports_them() -> None:
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    assert len(files) > 50
    for path in files:
        if READERS not in path.parents:
            assert "exact_cbil.spec" not in set(imported(path)), path


@pytest.mark.parametrize(
    ("package", "others"),
    [
        ("exact_cbil", {"bounds", "proofs", "tests"}),
        ("bounds", {"proofs", "tests"}),
        ("proofs", {"tests"}),
    ],
)
def test_imports_go_one_way(package: str, others: set[str]) -> None:
    for path in sorted((ROOT / package).rglob("*.py")):
        assert not others & {name.partition(".")[0] for name in imported(path)}, path


SPEC = "exact_cbil.spec"
SLOW = ("click", "rich", "joblib", "matplotlib", "numpy", "z3", "sympy", "hypothesis")


@pytest.mark.parametrize(
    ("line", "heavy"),
    [
        ("import exact_cbil", (SPEC, "pydantic", *SLOW)),
        ("import exact_cbil.interaction, exact_cbil.modelfile", (SPEC,)),
        ("import bounds.verdict, bounds.claims", SLOW),
        ("from bounds import check, explore, plan", SLOW),
    ],
    ids=["exact_cbil", "the engine", "a verdict", "bounds"],
)
def test_importing_what_is_light_loads_nothing_that_is_heavy(
    line: str, heavy: tuple[str, ...]
) -> None:
    """No command line, tables, plots, solvers or worker pools; and the engine no definitions."""
    asked = f"import sys; {line}; print([m for m in {heavy} if m in sys.modules])"
    ended = children.run([sys.executable, "-c", asked], timeout=120)
    assert (ended.returncode, ended.stdout.strip(), ended.stderr) == (0, b"[]", b"")

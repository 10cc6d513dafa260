"""The definitions stand alone: they import nothing of ours, and the engine imports none of them."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import exact_cbil
from exact_cbil import spec

HOME = Path(inspect.getfile(exact_cbil)).parent
PACKAGES = {"exact_cbil", "bounds", "proofs", "tests"}
READERS = {HOME / "testing"}
"""Those that may use the definitions as the literal reference."""


def imported(path: Path) -> Iterator[str]:
    """Every module that a file names in an import; of `from a import b`, also `a.b`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def test_the_definitions_import_nothing_of_ours() -> None:
    names = set(imported(Path(inspect.getfile(spec))))
    assert "fractions" in names
    for name in names:
        assert not name.startswith(".")
        assert name.partition(".")[0] in sys.stdlib_module_names


def test_nothing_that_is_tested_against_the_definitions_imports_them() -> None:
    folders = [HOME, HOME.parent / "bounds", HOME.parent / "proofs"]
    files = [path for folder in folders for path in folder.rglob("*.py")]
    assert len(files) > 50
    for path in files:
        if not any(reader in path.parents for reader in READERS):
            assert "exact_cbil.spec" not in set(imported(path)), path


@pytest.mark.parametrize("module", ["exact_cbil", "exact_cbil.interaction", "exact_cbil.modelfile"])
def test_the_engine_does_not_load_the_definitions(module: str) -> None:
    program = f"import sys, {module}; sys.exit('exact_cbil.spec' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

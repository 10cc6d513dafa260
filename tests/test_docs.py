"""What is written down is true: commands run, tags resolve, imports go one way."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("exact_cbil", "bounds", "proofs")
MODULES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
README = (ROOT / "README.md").read_text()
TAGS = set(re.findall(r"^\| ([DRTW]\d[a-z]?) \|", (ROOT / "SPEC.md").read_text(), re.MULTILINE))


def commands() -> list[str]:
    blocks: list[str] = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line]


def test_the_commands_of_the_readme_run(tmp_path: Path) -> None:
    # Setting up is run by the continuous integration itself.
    shown = [line for line in commands() if not line.startswith(("python3", ".venv"))]
    assert len(shown) >= 6
    for line in shown:
        program, *arguments = shlex.split(line)
        assert program == "exact-cbil"
        target = arguments.index(">") if ">" in arguments else None
        output = subprocess.run(
            [sys.executable, "-c", "from exact_cbil.cli import main; main()", *arguments[:target]],
            capture_output=True,
            cwd=tmp_path,
            check=False,
        )
        assert output.returncode == 0, line + output.stderr.decode()
        if target is not None:
            (tmp_path / arguments[target + 1]).write_bytes(output.stdout)


def test_the_example_of_the_readme_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})
    assert f"It prints `{capsys.readouterr().out.strip()}`" in README


def test_every_tag_resolves() -> None:
    assert {"D1", "D9", "R5", "T0", "T1c", "T5", "W3"} <= TAGS
    for path in MODULES:
        for source in re.findall(r"Source: SPEC ([^\n]*)", path.read_text()):
            for tag in re.findall(r"\b[DRTW]\d\w*", source):
                assert tag in TAGS, f"{path}: {tag}"


@pytest.mark.parametrize(
    ("package", "others"), [("exact_cbil", ("bounds", "proofs")), ("bounds", ("proofs",))]
)
def test_imports_go_one_way(package: str, others: tuple[str, ...]) -> None:
    for path in sorted((ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            for name in names:
                assert name.partition(".")[0] not in (*others, "tests"), f"{path} imports {name}"


@pytest.mark.parametrize("package", PACKAGES)
def test_the_packages_are_ours(package: str) -> None:
    module = __import__(package)
    assert module.__file__ is not None
    assert Path(module.__file__).parent == ROOT / package


def test_every_public_function_is_documented() -> None:
    for path in MODULES:
        tree = ast.parse(path.read_text())
        assert ast.get_docstring(tree), path
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                parent_is_private = node.col_offset > 0
                assert parent_is_private or ast.get_docstring(node), f"{path}: {node.name}"

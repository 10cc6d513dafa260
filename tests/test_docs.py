"""What is written down is true: commands run, tags resolve, imports go one way."""

from __future__ import annotations

import importlib
import inspect
import re
import shlex
from pathlib import Path
from types import FunctionType

import pytest

from tests.commands import Outcome

ROOT = Path(__file__).parent.parent
PACKAGES = ("exact_cbil", "bounds", "proofs")
MODULES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
README = (ROOT / "README.md").read_text()
SPEC = (ROOT / "SPEC.md").read_text()
FORMATS = set(re.findall(r"^## .*`(cbil-[a-z]+/\d+)`", SPEC, re.MULTILINE))
TAGS = set(re.findall(r"^\| ([DLNPRTW]\d+[a-z]?) \|", SPEC, re.MULTILINE))


def commands() -> list[str]:
    blocks: list[str] = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line]


def test_the_commands_of_the_readme_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    # Setting up is run by the continuous integration itself.
    shown = [line for line in commands() if not line.startswith(("python3", ".venv"))]
    assert len(shown) >= 6
    for line in shown:
        program, *arguments = shlex.split(line)
        assert program == "exact-cbil"
        target = arguments.index(">") if ">" in arguments else None
        outcome = Outcome(*arguments[:target])
        assert outcome.code == 0, line + outcome.err
        if target is not None:
            (tmp_path / arguments[target + 1]).write_text(outcome.out)


def test_the_example_of_the_readme_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})
    assert f"It prints `{capsys.readouterr().out.strip()}`" in README


def sources(path: Path) -> list[str]:
    """What the docstrings of a module name as their sources."""
    cited = re.findall(r' Source: (.*?)(?:\n\s*\n|"""|>>>)', path.read_text(), re.DOTALL)
    parts = [re.split(r",\s+|\s+and\s+|\.\s+", one.strip().rstrip(".")) for one in cited]
    return [name.removeprefix("SPEC ") for part in parts for name in part]


def test_every_source_is_a_tag_or_a_format_of_the_specification() -> None:
    assert {"D1", "D9", "R5", "T0", "T1c", "T5", "W3"} <= TAGS
    assert {"cbil-model/1", "cbil-result/1"} <= FORMATS
    cited = [(path, name) for path in MODULES for name in sources(path)]
    assert len(cited) > 50
    for path, name in cited:
        assert name in TAGS | FORMATS | {"CHN22"}, f"{path}: {name}"


@pytest.mark.parametrize("package", PACKAGES)
def test_the_packages_are_ours(package: str) -> None:
    module = __import__(package)
    assert module.__file__ is not None
    assert Path(module.__file__).parent == ROOT / package


def test_everything_public_is_documented() -> None:
    seen = 0
    for path in MODULES:
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        assert module.__doc__, path
        for name, member in vars(module).items():
            if name.startswith("_") or getattr(member, "__module__", None) != module.__name__:
                continue
            if inspect.isclass(member):
                # An overriding method says what the method that it overrides says.
                public = [m for m in vars(member) if not m.startswith("_")]
                kinds = (FunctionType, classmethod, staticmethod, property)
                methods = [m for m in public if isinstance(vars(member)[m], kinds)]
                undocumented = [m for m in methods if not inspect.getdoc(getattr(member, m))]
                assert not undocumented, f"{path}: {name}.{undocumented[0]}"
                seen += len(methods)
            if inspect.isclass(member) or inspect.isfunction(member):
                assert inspect.getdoc(member), f"{path}: {name}"
                seen += 1
    assert seen > 500

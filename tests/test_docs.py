"""What the sources say of themselves is so: tags resolve, and what is public is documented."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path
from types import FunctionType

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("exact_cbil", "bounds", "proofs")
MODULES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
SPEC = (ROOT / "SPEC.md").read_text()
FORMATS = set(re.findall(r"^## .*`(cbil-[a-z]+/\d+)`", SPEC, re.MULTILINE))
TAGS = set(re.findall(r"^\| ([DLNPRTW]\d+[a-z]?) \|", SPEC, re.MULTILINE))


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

"""Packages whose names are imported when they are first used, which keeps `--help` quick."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from exact_cbil.errors import MissingExtra

__all__ = ["lazily", "require"]


def require(module: str) -> None:
    """Refuse to go on without a module that an extra of this package installs.

    It is looked for, and not loaded. Raises MissingExtra.

    >>> require("fractions")
    """
    if find_spec(module) is None:
        raise MissingExtra(module)


def lazily(package: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The `__getattr__` and `__dir__` of a package that imports a name when it is first asked for.

    Where each name is, say the package's imports under `if TYPE_CHECKING:`, which type checkers
    read and Python skips; so no second list can disagree with them.

    >>> find, names = lazily("exact_cbil")
    >>> find("formula").__module__, "Model" in names()
    ('exact_cbil.parametric.formula', True)
    """
    source = sys.modules[package].__file__
    assert source is not None
    with open(source, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    homes = {
        alias.asname or alias.name: (node.module, alias.name)
        for guarded in tree.body
        if isinstance(guarded, ast.If)
        for node in guarded.body
        if isinstance(node, ast.ImportFrom) and node.module is not None
        for alias in node.names
    }

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, original = homes[name]
        value = getattr(import_module(module), original)
        setattr(sys.modules[package], name, value)
        return value

    return find, lambda: sorted({*vars(sys.modules[package]), *homes})

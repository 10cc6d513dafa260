"""Asking Z3, and cvc5 when it is installed, about SMT-LIB scripts, within limits of resources.

Both answers are evidence and not proof: nonlinear `unsat` contains steps that nobody checks. The
solvers run in a process of their own, `solver_process`, which may be killed at a limit.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal, TypeAlias

import z3

from exact_cbil.children import Child

__all__ = [
    "MOST_RESOURCES",
    "RESOURCES",
    "Found",
    "Opinion",
    "Solvers",
    "cvc5_version",
    "z3_version",
]

RESOURCES = 1_000_000
"""The default limit for one script, in the solver's own units; for Z3 about a second."""

MOST_RESOURCES = 2**32 - 1
PROGRAM = Path(__file__).with_name("solver_process.py")
MEMORY = 2 * 2**30  # bytes

Found: TypeAlias = Literal["unsat", "sat", "unknown"]


@dataclass(frozen=True)
class Opinion:
    """What a solver said of a script.

    resources: what it spent, in its own units (0 where it does not say).
    point: for Z3's `sat`, rational values of the variables; an algebraic value is rounded, so the
        point must be checked.
    """

    outcome: Found
    resources: int = 0
    point: Mapping[str, Fraction] = field(default_factory=dict)


def z3_version() -> str:
    """Z3's version."""
    return str(z3.get_version_string())


def cvc5_version() -> str | None:
    """cvc5's version; None when it is not installed."""
    try:
        return version("cvc5")
    except PackageNotFoundError:
        return None


class Solvers:
    """The solvers' process; it ends with the `with` block, and with this process.

    Each script is limited by `resources`, by processor time in proportion to them, and by memory.
    """

    def __init__(self, resources: int = RESOURCES) -> None:
        self.resources = resources
        self._child: Child | None = None

    def __enter__(self) -> Solvers:
        return self

    def __exit__(self, *problem: object) -> None:
        if self._child is not None:
            self._child.__exit__(None, None, None)
            self._child = None

    def z3(self, script: str) -> Opinion:
        """Whether a script's assertions can be satisfied, by Z3."""
        return self._ask("z3", script)

    def cvc5(self, script: str) -> Opinion:
        """Whether a script's assertions can be satisfied, by cvc5; unknown when not installed."""
        return self._ask("cvc5", script)

    def _ask(self, solver: str, script: str) -> Opinion:
        if self._child is None:
            command = [sys.executable, "-P", str(PROGRAM)]
            pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
            self._child = Child(command, stdin=pipe, stdout=pipe, stderr=nothing, memory=MEMORY)
        child = self._child
        assert child.stdin is not None
        assert child.stdout is not None
        question = {"solver": solver, "script": script, "resources": self.resources}
        try:
            remaining = memoryview(json.dumps(question).encode() + b"\n")
            while remaining:  # unbuffered: a write may take a part only
                remaining = remaining[child.stdin.write(remaining) :]
            line = child.stdout.readline()
        except BrokenPipeError:
            line = b""
        if not line.endswith(b"\n"):  # killed at a limit
            self.__exit__()
            return Opinion("unknown", self.resources)
        answer = json.loads(line)
        point = {name: Fraction(value) for name, value in answer.get("point", {}).items()}
        return Opinion(answer["outcome"], answer.get("resources", 0), point)

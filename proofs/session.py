"""Ask Rocq about compiled libraries: send commands, get one answer for each.

Everything is asked of the compiled libraries by full name, with notations off and nothing
imported, so neither the text of a source file (comments, strings, notations) nor what it imports
has a say in the answers.
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from proofs.build import RocqRejects, find_rocq

__all__ = ["ROOT", "ask", "check", "locate", "version"]

ROOT = "ExactCBIL"
"""The logical name of the development: file `Law.v` is the library `ExactCBIL.Law`."""

TIME_LIMIT = 900

_SETTINGS = """
Set Printing All.
Unset Printing Use Implicit Types.
Unset Printing Universes.
Set Printing Width 100.
Set Printing Depth 1000000.
"""
_NOISE = re.compile(r"^(Fetching opaque proofs from disk for .*|\[Loading ML file .*)\n", re.M)


def _run(tool: str, *arguments: str, directory: Path, text: str = "") -> tuple[int, str, str]:
    """Run a Rocq tool in `directory`: its exit code, what it printed, and its errors."""
    program = find_rocq().with_name(tool)
    try:
        done = subprocess.run(
            [program, *arguments],
            cwd=directory,
            input=text,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=TIME_LIMIT,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
    except subprocess.TimeoutExpired:
        raise RocqRejects(tool, f"no answer in {TIME_LIMIT} seconds") from None
    return done.returncode, done.stdout, done.stderr


def ask(directory: Path, libraries: Iterable[str], commands: Sequence[str]) -> list[str]:
    """The answers to `commands` (each without its full stop); an error answers with nothing."""
    mark = f"end_{secrets.token_hex(8)}"
    script = [f"Require {ROOT}.{library}." for library in libraries]
    script += [_SETTINGS, f"Locate Term {mark}."]
    for command in commands:
        script += [f"{command}.", f"Locate Term {mark}."]
    _, printed, problem = _run(
        "coqtop", "-q", "-w", "none", "-Q", ".", ROOT, directory=directory, text="\n".join(script)
    )
    parts = _NOISE.sub("", printed).split(f"No term of basename {mark}\n")
    if len(parts) != len(commands) + 2:
        raise RocqRejects("coqtop", problem.strip())
    return [part.strip("\n") for part in parts[1:-1]]


def check(directory: Path) -> str:
    """Have `coqchk`, a separate checker, re-check every compiled file: its summary of the context.

    Raises RocqRejects when it finds an error.
    """
    libraries = [f"{ROOT}.{file.stem}" for file in sorted(directory.glob("*.vo"))]
    arguments = ("-silent", "-o", "-Q", ".", ROOT, *libraries)
    code, printed, problem = _run("coqchk", *arguments, directory=directory)
    if code != 0 or "CONTEXT SUMMARY" not in printed + problem:
        raise RocqRejects("coqchk", (printed + problem).strip())
    return printed + problem


def locate(directory: Path, libraries: Iterable[str], names: Sequence[str]) -> dict[str, str]:
    """The kind and full name of what each name means, such as `Constant ExactCBIL.Learner.top`."""
    answers = ask(directory, libraries, [f"Locate Term {name}" for name in names])
    meant = (re.match(r"(Constant|Inductive|Constructor) (\S+)", answer) for answer in answers)
    return {name: found[0] for name, found in zip(names, meant, strict=True) if found}


def version(directory: Path) -> str:
    """The version of Rocq, such as `8.16.1`."""
    return _run("coqc", "-print-version", directory=directory)[1].split()[0]

"""Ask Rocq about compiled libraries: send commands, get one answer for each.

Everything is asked of the compiled libraries by full name, with notations off and nothing
imported, so neither the text of a source file (comments, strings, notations) nor what it imports
has a say in the answers.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path

from proofs.rocq_build import ROOT, RocqRejects, run

__all__ = ["ask", "locate", "version"]

_SETTINGS = """
Set Printing All.
Unset Printing Use Implicit Types.
Unset Printing Universes.
Set Printing Width 100.
Set Printing Depth 1000000.
"""
_NOISE = re.compile(r"^(Fetching opaque proofs from disk for .*|\[Loading ML file .*)\n", re.M)


def ask(directory: Path, libraries: Iterable[str], commands: Sequence[str]) -> list[str]:
    """The answers to `commands` (each without its full stop); an error answers with nothing."""
    mark = f"end_{secrets.token_hex(8)}"
    script = [f"Require {ROOT}.{library}." for library in libraries]
    script += [_SETTINGS, f"Locate Term {mark}."]
    for command in commands:
        script += [f"{command}.", f"Locate Term {mark}."]
    _, printed, problem = run(
        "coqtop", "-q", "-w", "none", "-Q", ".", ROOT, directory=directory, text="\n".join(script)
    )
    parts = _NOISE.sub("", printed).split(f"No term of basename {mark}\n")
    if len(parts) != len(commands) + 2:
        raise RocqRejects("coqtop", " ".join(problem.split())[:300])
    return [part.strip("\n") for part in parts[1:-1]]


def locate(directory: Path, libraries: Iterable[str], names: Sequence[str]) -> dict[str, str]:
    """The kind and full name of what each name means, such as `Constant ExactCBIL.Learner.top`."""
    answers = ask(directory, libraries, [f"Locate Term {name}" for name in names])
    meant = (re.match(r"(Constant|Inductive|Constructor) (\S+)", answer) for answer in answers)
    return {name: found[0] for name, found in zip(names, meant, strict=True) if found}


def version(directory: Path) -> str:
    """The version of Rocq, such as `8.16.1`."""
    return run("coqc", "-print-version", directory=directory)[1].split()[0]

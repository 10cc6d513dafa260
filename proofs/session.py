"""Ask Rocq about compiled libraries: send commands, get one answer for each.

Everything is asked of the compiled libraries by full name, with notations off and nothing
imported, so neither the text of a source file (comments, strings, notations) nor what it imports
has a say in the answers.
"""

from __future__ import annotations

import re
import secrets
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from proofs.tools import ROOT, TIME_LIMIT, RocqRejects, ask_tool, start

__all__ = ["ask", "locate", "rechecking", "version"]

# Sent after the libraries are loaded, so that no option set in a file survives them.
_SETTINGS = """
Set Printing All.
Set Printing Raw Literals.
Unset Printing Use Implicit Types.
Unset Printing Universes.
Set Printing Width 100.
Set Printing Depth 1000000.
"""
_NOISE = re.compile(r"\A(?:Fetching opaque proofs from disk for .*\n|\[Loading ML file .*\n)+")
"""What Rocq may say before an answer. Only there: further down it could be part of a term."""


def ask(directory: Path, libraries: Iterable[str], commands: Sequence[str]) -> list[str]:
    """The answers to `commands` (each without its full stop); an error answers with nothing."""
    mark = f"end_{secrets.token_hex(8)}"
    script = [f"Require {ROOT}.{library}." for library in libraries]
    script += [_SETTINGS, f"Locate Term {mark}."]
    for command in commands:
        script += [f"{command}.", f"Locate Term {mark}."]
    arguments = ("-q", "-w", "none", "-Q", ".", ROOT)
    answer = ask_tool("coqtop", *arguments, cwd=directory, text="\n".join(script))
    parts = answer.printed.split(f"No term of basename {mark}\n")
    if len(parts) != len(commands) + 2:
        raise RocqRejects("coqtop", answer.complaints.strip())
    return [_NOISE.sub("", part).strip("\n") for part in parts[1:-1]]


@contextmanager
def rechecking(directory: Path) -> Iterator[Callable[[], str]]:
    """Have `coqchk`, a separate checker, re-check every compiled file within the block.

    Gives a function that waits for it and returns its summary of the context; it raises
    RocqRejects when coqchk finds an error.
    """
    libraries = [f"{ROOT}.{file.stem}" for file in sorted(directory.glob("*.vo"))]
    arguments = ("-silent", "-o", "-Q", ".", ROOT, *libraries)
    log = directory / "coqchk.log"
    with log.open("wb") as output, start("coqchk", *arguments, cwd=directory, output=output) as run:

        def summary() -> str:
            try:
                code = run.wait(TIME_LIMIT)
            except subprocess.TimeoutExpired:
                raise RocqRejects("coqchk", f"no answer in {TIME_LIMIT:.0f} seconds") from None
            said = log.read_text("utf-8", "replace")
            if code != 0 or "CONTEXT SUMMARY" not in said:
                raise RocqRejects("coqchk", said.strip())
            return said

        yield summary


def locate(directory: Path, libraries: Iterable[str], names: Sequence[str]) -> dict[str, str]:
    """The kind and full name of what each name means, like `Constant ExactCBIL.Statements.top`."""
    answers = ask(directory, libraries, [f"Locate Term {name}" for name in names])
    meant = (re.match(r"(Constant|Inductive|Constructor) ([!-~]+)", answer) for answer in answers)
    return {name: found[0] for name, found in zip(names, meant, strict=True) if found}


def version(directory: Path) -> str:
    """The version of Rocq, such as `8.16.1`."""
    return ask_tool("coqc", "-print-version", cwd=directory).printed.split()[0]

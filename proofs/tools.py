"""Run the tools of Rocq: `coqc`, `coqdep`, `coqtop` and `coqchk`."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
from pathlib import Path
from typing import IO

from exact_cbil.children import Child
from exact_cbil.errors import CbilError, shorten

__all__ = [
    "FILE_NAME",
    "ROOT",
    "TIME_LIMIT",
    "Answer",
    "RocqRejects",
    "ask_tool",
    "compiler_options",
    "find_rocq",
    "start",
]

ROOT = "ExactCBIL"
"""The logical name of the development: file `Law.v` is the library `ExactCBIL.Law`."""

FILE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\.v")
"""The name of a source file: ASCII, so that it is also the name of a library."""

TIME_LIMIT = 900.0
MEMORY = 8 * 2**30

_FOREIGN = ("COQ", "OCAML", "CAML", "XDG_DATA")
"""Variables of the environment that would give Rocq other libraries, plugins or flags."""

_RAISE_STACK = 'ulimit -s "$(ulimit -H -s)"; exec "$@"'
"""Rocq recurses on lists of many states; the default stack is small."""


class RocqRejects(CbilError):
    """A Rocq tool refused `file`; `complaint` is what it said."""

    def __init__(self, file: str, complaint: str) -> None:
        self.file = file
        self.complaint = complaint
        super().__init__(f"Rocq rejects {file}: {shorten(complaint, 400)}")


class Answer:
    """What a tool said: its exit code, what it printed, and its complaints."""

    def __init__(self, code: int, printed: bytes, complaints: bytes) -> None:
        self.code = code
        self.printed = printed.decode("utf-8", "replace")
        self.complaints = complaints.decode("utf-8", "replace")

    @property
    def complaint(self) -> str:
        """Why it failed; what it printed when it did not say."""
        return (self.complaints or self.printed).strip()


def find_rocq() -> Path:
    """The compiler `coqc`; CbilError with one line that says how to get it when there is none."""
    found = shutil.which("coqc")
    if found is None or shutil.which("coqdep") is None:
        raise CbilError("Rocq is not installed: `apt-get install coq` is all that is needed")
    return Path(found)


def compiler_options(directory: Path) -> list[str]:
    """The options of `coqc` for a file that uses the development built in `directory`."""
    return ["-q", "-w", "-notation-overridden", "-Q", str(directory), ROOT]


def start(
    tool: str, *arguments: str, cwd: Path, output: IO[bytes] | int, stdin: int | None = None
) -> Child:
    """Start a tool in `cwd`, its output and complaints going to `output`."""
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return Child(
        ["sh", "-c", _RAISE_STACK, "sh", find_rocq().with_name(tool), *arguments],
        stdin=subprocess.DEVNULL if stdin is None else stdin,
        stdout=output,
        stderr=subprocess.PIPE if output == subprocess.PIPE else output,
        cwd=cwd,
        env={**kept, "LC_ALL": "C.UTF-8"},
        memory=MEMORY if most == resource.RLIM_INFINITY else min(MEMORY, most),
    )


def ask_tool(
    tool: str, *arguments: str, cwd: Path, text: str = "", seconds: float = TIME_LIMIT
) -> Answer:
    """Run a tool in `cwd` to its end, `text` being its standard input.

    Raises RocqRejects when it takes more than `seconds`; it has been ended by then.
    """
    pipe = subprocess.PIPE
    with start(tool, *arguments, cwd=cwd, output=pipe, stdin=pipe) as child:
        try:
            printed, complaints = child.communicate(text.encode(), seconds)
        except subprocess.TimeoutExpired:
            raise RocqRejects(tool, f"no answer in {seconds:.0f} seconds") from None
    return Answer(child.returncode, printed, complaints)

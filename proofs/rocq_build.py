"""Find Rocq, compile a directory of Rocq files, and re-check what came out with `coqchk`.

The flags are fixed here. Those in a `_CoqProject` are for editors: a flag such as `-type-in-type`
written there changes nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from pathlib import Path

from exact_cbil.errors import CbilError

__all__ = ["ROOT", "SOURCES", "RocqRejects", "build", "check", "copy_sources", "find_rocq", "run"]

ROOT = "ExactCBIL"
"""The logical name of the development: file `Law.v` is the library `ExactCBIL.Law`."""

SOURCES = Path(__file__).parent / "rocq"
"""Where the development's sources are installed."""

TIME_LIMIT = 900
_FLAGS = ("-q", "-Q", ".", ROOT)


class RocqRejects(CbilError):
    """Rocq refused `file`; `message` is the first thing that it said about it."""

    def __init__(self, file: str, message: str) -> None:
        self.file = file
        self.message = message
        super().__init__(f"{file}: Rocq rejects it: {message}")


def find_rocq() -> Path:
    """The path of `coqc`, beside which `coqtop`, `coqdep` and `coqchk` are found.

    Raises CbilError, in one line, when Rocq is not installed.
    """
    found = shutil.which("coqc")
    if found is None:
        raise CbilError("Rocq is not installed: `apt-get install coq` is all this command needs")
    return Path(found)


def run(tool: str, *arguments: str, directory: Path, text: str = "") -> tuple[int, str, str]:
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


def copy_sources(source: Path, target: Path) -> None:
    """Copy the Rocq files, and nothing that an earlier build may have left beside them."""
    files = sorted(source.glob("*.v"))
    if not files:
        raise CbilError(f"{source}: expected a directory with Rocq files (*.v)")
    target.mkdir(parents=True, exist_ok=True)
    for file in files:
        shutil.copy(file, target / file.name)


def dependencies(directory: Path) -> dict[str, set[str]]:
    """For each file, the files of the same directory that it needs first."""
    names = sorted(file.name for file in directory.glob("*.v"))
    code, printed, problem = run("coqdep", *_FLAGS[1:], *names, directory=directory)
    if code != 0:
        raise RocqRejects("coqdep", _first_error(problem))
    needs: dict[str, set[str]] = {name: set() for name in names}
    for line in printed.splitlines():
        made, _, used = line.partition(":")
        file = re.match(r"(\S+)\.vo\b", made)
        if file and f"{file[1]}.v" in needs:
            files = {f"{Path(need).stem}.v" for need in used.split() if need.endswith(".vo")}
            needs[f"{file[1]}.v"] |= files & needs.keys()
    return needs


def build(directory: Path, jobs: int | None = None) -> list[tuple[str, float]]:
    """Compile every file of `directory` in place: each with its seconds, in the order finished.

    jobs: how many files at a time, all local cores when None.
    Raises RocqRejects for a file that does not compile, CbilError when Rocq is absent.
    """
    order = TopologicalSorter(dependencies(directory))
    order.prepare()
    times: list[tuple[str, float]] = []
    with ThreadPoolExecutor(jobs or os.cpu_count() or 1) as pool:
        running: set[Future[tuple[str, float]]] = set()
        while order.is_active():
            running |= {pool.submit(_compile, directory, name) for name in order.get_ready()}
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                times.append(future.result())
                order.done(times[-1][0])
    return times


def check(directory: Path) -> str:
    """Have `coqchk`, a separate checker, re-check every compiled file: its summary of the context.

    Raises RocqRejects when it finds an error.
    """
    libraries = [f"{ROOT}.{file.stem}" for file in sorted(directory.glob("*.vo"))]
    arguments = ("-silent", "-o", "-Q", ".", ROOT, *libraries)
    code, printed, problem = run("coqchk", *arguments, directory=directory)
    if code != 0 or "CONTEXT SUMMARY" not in printed + problem:
        raise RocqRejects("coqchk", _first_error(printed + problem))
    return printed + problem


def _compile(directory: Path, name: str) -> tuple[str, float]:
    began = time.monotonic()
    code, printed, problem = run("coqc", *_FLAGS, "-w", "none", name, directory=directory)
    if code != 0:
        raise RocqRejects(name, _first_error(problem + printed))
    return name, time.monotonic() - began


def _first_error(text: str) -> str:
    """Where and what, on one line."""
    place = re.search(r"line (\d+), characters", text)
    message = " ".join(text.partition("Error:")[2].split() or text.split())[:300]
    return f"line {place[1]}: {message}" if place else message

"""Find Rocq and build the development of `proofs/rocq` in a directory of its own."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from exact_cbil.errors import CbilError, shorten

__all__ = [
    "SOURCES",
    "RocqRejects",
    "build",
    "built",
    "find_rocq",
    "options",
]

SOURCES = Path(__file__).parent / "rocq"
"""The sources of the development, and `_CoqProject` with their list."""


class RocqRejects(CbilError):
    """A Rocq tool refused `file`; `complaint` is what it said."""

    def __init__(self, file: str, complaint: str) -> None:
        self.file = file
        self.complaint = complaint
        super().__init__(f"Rocq rejects {file}: {shorten(complaint, 400)}")


def find_rocq() -> Path:
    """The compiler `coqc`; CbilError with one line that says how to get it when there is none."""
    found = shutil.which("coqc")
    if found is None or shutil.which("coqdep") is None:
        raise CbilError("Rocq is not installed: `apt-get install coq` is all that is needed")
    return Path(found)


def options(directory: Path) -> list[str]:
    """The options of `coqc` for a file that uses the development built in `directory`."""
    return ["-q", "-w", "-notation-overridden", "-Q", str(directory), "ExactCBIL"]


def _listed(sources: Path) -> list[str]:
    try:
        lines = (sources / "_CoqProject").read_text().split("\n")
    except FileNotFoundError:
        raise CbilError(
            f"{sources}: expected Rocq files and a _CoqProject that lists them"
        ) from None
    return [line.strip() for line in lines if line.strip().endswith(".v")]


def _dependencies(files: Sequence[str], sources: Path) -> dict[str, set[str]]:
    """What each file needs, among the files, as told by `coqdep`."""
    answer = subprocess.run(
        ["coqdep", "-Q", ".", "ExactCBIL", *files],
        cwd=sources,
        capture_output=True,
        text=True,
    )
    if answer.returncode:
        raise RocqRejects("_CoqProject", answer.stderr.strip())
    needs: dict[str, set[str]] = {}
    for line in answer.stdout.splitlines():
        targets, _, rest = line.partition(":")
        if targets.split()[0].endswith(".vo"):
            # A file that is not listed is not built: Rocq says so of the file that asks for it.
            needed = {word[:-1] for word in rest.split() if word.endswith(".vo")} & set(files)
            needs[f"{targets.split()[0][:-1]}"] = needed
    return needs


def _closure(goals: Collection[str], needs: dict[str, set[str]]) -> dict[str, set[str]]:
    wanted: set[str] = set()
    todo = list(goals)
    while todo:
        file = todo.pop()
        if file not in wanted:
            wanted.add(file)
            todo.extend(needs[file])
    return {file: needed for file, needed in needs.items() if file in wanted}


def _compile(directory: Path, file: str) -> tuple[str, float]:
    began = time.monotonic()
    answer = subprocess.run(
        [str(find_rocq()), *options(directory), file],
        cwd=directory,  # Rocq leaves caches of its tactics where it runs
        capture_output=True,
        text=True,
    )
    if answer.returncode:
        complaint = (answer.stderr or answer.stdout).strip().replace(str(directory), "")
        raise RocqRejects(file, complaint)
    return file, time.monotonic() - began


def build(
    directory: Path,
    jobs: int = 1,
    goals: Collection[str] | None = None,
    sources: Path | None = None,
) -> list[tuple[str, float]]:
    """Compile the development from clean in `directory`; the seconds that each file took.

    directory: an empty or new directory; the sources are copied there.
    jobs: how many files to compile at a time.
    goals: only these files and what they need; by default all.
    sources: where the files and the `_CoqProject` that lists them are; by default SOURCES.
    Raises CbilError when Rocq is absent, RocqRejects when it rejects a file.
    """
    find_rocq()
    sources = sources or SOURCES
    files = _listed(sources)
    needs = _dependencies(files, sources)
    if goals is not None:
        needs = _closure(goals, needs)
    directory.mkdir(parents=True, exist_ok=True)
    for file in needs:
        shutil.copyfile(sources / file, directory / file)
    times: dict[str, float] = {}
    waiting = dict(needs)
    running: set[Future[tuple[str, float]]] = set()
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        while waiting or running:
            ready = [file for file, needed in waiting.items() if needed <= times.keys()]
            for file in ready:
                del waiting[file]
                running.add(pool.submit(_compile, directory, file))
            if not running:
                raise RocqRejects(", ".join(sorted(waiting)), "these files need one another")
            done, running = wait(running, return_when=FIRST_COMPLETED)
            times.update(future.result() for future in done)
    return [(file, times[file]) for file in files if file in times]


def _fingerprint() -> str:
    version = subprocess.run([str(find_rocq()), "--version"], capture_output=True, check=True)
    digest = hashlib.sha256(version.stdout)
    for file in ("_CoqProject", *_listed(SOURCES)):
        digest.update((SOURCES / file).read_bytes())
    return digest.hexdigest()[:20]


def built(goals: Collection[str]) -> Path:
    """A directory with `goals` and what they need, compiled now or at an earlier call.

    It lies in the user's cache and is named after the sources and the compiler, so a change of
    either builds anew.
    """
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "exact-cbil"
    key = hashlib.sha256("\n".join([_fingerprint(), *sorted(goals)]).encode()).hexdigest()[:20]
    place = base / f"rocq-{key}"
    if place.is_dir():
        return place
    try:
        base.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix="building-", dir=base))
    except OSError as problem:
        raise CbilError(f"cannot build in {base}: {problem.strerror}") from None
    try:
        build(fresh, os.cpu_count() or 1, goals)
        fresh.rename(place)
    except OSError:  # another process finished first
        if not place.is_dir():
            raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return place

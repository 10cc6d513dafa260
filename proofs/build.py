"""Build the Rocq development in a directory of its own, and keep what `certify` needs of it.

Files are compiled in the order of their needs, as many at a time as there are cores. Rocq's own
`coq_makefile` would do that through `make`. It is not used, because its makefiles take flags and
programs from the environment (`COQEXTRAFLAGS=-type-in-type`), which an audit must not; because
`make` would be one more thing to install; and because the standard library orders files as well.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
import zipfile
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from exact_cbil.children import Child, scratch_directory
from exact_cbil.errors import CbilError, shorten
from exact_cbil.files import cache_directory, read_bytes, read_text, told
from proofs.tools import FILE_NAME, ROOT, RocqRejects, ask_tool, compiler_options, find_rocq, start

__all__ = ["SOURCES", "Report", "build", "provide", "quiet"]

SOURCES = Path(__file__).parent / "rocq"
"""The sources of the development, and `_CoqProject` with their list."""

Report = Callable[[str, int, int], None]
"""Told what is done, how much of it, and of how much."""

_FLAGS = f"-Q . {ROOT}"


def quiet(what: str, done: int, total: int) -> None:
    """Report to nobody."""


def _listed(sources: Path) -> list[str]:
    """The files that `_CoqProject` lists; other lines are refused, so none is ignored."""
    project = sources / "_CoqProject"
    if not project.is_file():
        raise CbilError(
            f"{shorten(str(sources), 200)}: expected Rocq files and a _CoqProject that lists them"
        )
    lines = [line for line in read_text(project).split("\n") if line not in ("", _FLAGS)]
    for line in lines:
        if not FILE_NAME.fullmatch(line):
            raise CbilError(
                f"{shorten(str(project), 200)}: expected {_FLAGS!r} or the name of a file beside "
                f"it such as Law.v, of ASCII letters, digits and _, got {shorten(line)}"
            )
    if repeated := {line for line in lines if lines.count(line) > 1}:
        raise CbilError(f"{shorten(str(project), 200)}: {min(repeated)} is listed twice")
    return lines


def _needs(files: Sequence[str], directory: Path) -> dict[str, set[str]]:
    """What each file needs, among the files, as told by `coqdep`."""
    answer = ask_tool("coqdep", "-Q", ".", ROOT, *files, cwd=directory)
    if answer.code:
        raise RocqRejects("_CoqProject", answer.complaint)
    needs: dict[str, set[str]] = {}
    for line in answer.printed.splitlines():
        target, _, rest = line.partition(":")
        if target.split()[0].endswith(".vo"):
            # A file that is not listed is not built: Rocq says so of the file that asks for it.
            needed = {word[:-1] for word in rest.split() if word.endswith(".vo")} & set(files)
            needs[target.split()[0][:-1]] = needed
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


class _Compilation:
    """One file being compiled. Its messages go to a file: a pipe that nobody reads would fill."""

    def __init__(self, directory: Path, file: str) -> None:
        self.directory = directory
        self.file = file
        self.log = directory / f"{file}.log"
        self.began = time.monotonic()
        with self.log.open("wb") as log:
            options = [*compiler_options(directory), file]
            # In the directory, since Rocq leaves caches of its tactics where it runs.
            self.child: Child = start("coqc", *options, cwd=directory, output=log)

    def finish(self) -> float:
        """The seconds that it took; RocqRejects when it failed."""
        if self.child.returncode:
            said = self.log.read_text("utf-8", "replace").strip().replace(str(self.directory), "")
            if "No space left on device" in said:
                raise CbilError(f"{self.directory}: No space left on device")
            raise RocqRejects(self.file, said or f"coqc ended with {self.child.returncode}")
        self.log.unlink()
        return time.monotonic() - self.began


def build(
    directory: Path,
    jobs: int = 0,
    goals: Collection[str] | None = None,
    sources: Path | None = None,
    report: Report = quiet,
) -> dict[str, float]:
    """Compile the development from clean in `directory`; the seconds that each file took.

    directory: an empty or new directory; the sources are copied there.
    jobs: how many files to compile at a time; 0 for as many as there are cores.
    goals: only these files and what they need; by default all.
    sources: where the files and the `_CoqProject` that lists them are; by default SOURCES.
    Raises CbilError when Rocq is absent, RocqRejects when it rejects a file.
    """
    find_rocq()
    sources = sources or SOURCES
    jobs = jobs or os.cpu_count() or 1
    files = _listed(sources)
    with told(directory):
        directory.mkdir(parents=True, exist_ok=True)
    for file in files:
        content = read_bytes(sources / file)
        with told(directory / file):
            (directory / file).write_bytes(content)
    needs = _needs(files, directory)
    if goals is not None:
        needs = _closure(goals, needs)
    order = TopologicalSorter(needs)
    try:
        order.prepare()
    except CycleError as cycle:
        raise RocqRejects(
            ", ".join(sorted(set(cycle.args[1]))), "these files need one another"
        ) from None
    seconds: dict[str, float] = {}
    ready: list[str] = []
    running: list[_Compilation] = []
    with ExitStack() as ends, told(directory):  # whatever happens, no compilation is left running
        while order.is_active():
            report("files compiled", len(seconds), len(needs))
            ready.extend(order.get_ready())
            while ready and len(running) < jobs:
                running.append(_Compilation(directory, ready.pop(0)))
                ends.enter_context(running[-1].child)
            while not (done := [each for each in running if each.child.poll() is not None]):
                time.sleep(0.01)
            for each in done:
                seconds[each.file] = each.finish()
                running.remove(each)
                order.done(each.file)
    report("files compiled", len(seconds), len(needs))
    return seconds


def _archive(goals: Collection[str]) -> Path:
    """Where the compiled `goals` are kept: named after the sources and the compiler."""
    digest = hashlib.sha256(ask_tool("coqc", "--version", cwd=SOURCES).printed.encode())
    for file in ("_CoqProject", *_listed(SOURCES)):
        digest.update(read_bytes(SOURCES / file))
    digest.update("\n".join(sorted(goals)).encode())
    return cache_directory() / f"rocq-{digest.hexdigest()[:20]}.zip"


def _keep(compiled: Sequence[Path], archive: Path) -> None:
    """Write the archive whole or not at all."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    beside = archive.with_suffix(f".{os.getpid()}")
    try:
        with zipfile.ZipFile(beside, "w") as held:
            for file in compiled:
                held.write(file, file.name)
        beside.replace(archive)
    finally:
        beside.unlink(missing_ok=True)


def _unpacked(archive: Path, directory: Path, goals: Collection[str]) -> bool:
    """Whether the archive held the goals, now in `directory`, each with the right checksum."""
    try:
        if not archive.is_file():
            return False
        with zipfile.ZipFile(archive) as held:
            held.extractall(directory)
            return {f"{goal}o" for goal in goals} <= set(held.namelist())
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError):
        return False


def provide(directory: Path, goals: Collection[str], tell: Callable[[str], None]) -> None:
    """Put the compiled `goals` and what they need into `directory`.

    They are kept in the user's cache. A kept archive that is damaged (its checksums do not hold),
    or that cannot be written, is named to `tell`; then they are compiled anew.
    """
    archive = _archive(goals)
    if archive.exists():
        if _unpacked(archive, directory, goals):
            return
        tell(f"{archive}: damaged, so the development is compiled again")
    with scratch_directory() as place:
        build(place, goals=goals)
        compiled = sorted(place.glob("*.vo"))
        for file in compiled:
            with told(directory):
                shutil.copyfile(file, directory / file.name)
        try:
            _keep(compiled, archive)
        except OSError as problem:
            tell(f"{archive}: not kept: {problem.strerror or problem}")

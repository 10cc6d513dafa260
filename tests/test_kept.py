"""Results that survive a kill: whole lines, one holder, and only of the same code."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import bounds
import exact_cbil
from bounds import kept
from bounds.kept import Kept
from exact_cbil.children import Child, run
from exact_cbil.errors import CbilError

FILE, ABOUT = "results.jsonl", {"grid": {"alphas": ("1/2",)}}


def _filled(place: Path, count: int = 3) -> Path:
    with Kept(place, FILE, ABOUT) as found:
        for number in range(count):
            found.add({"number": number})
    return place / FILE


def _records(place: Path) -> list[int]:
    with Kept(place, FILE, ABOUT) as found:
        return [record["number"] for record in found.records]


def test_results_are_found_again(tmp_path: Path) -> None:
    _filled(tmp_path)
    assert _records(tmp_path) == [0, 1, 2]


def test_any_cut_of_the_file_loses_at_most_the_line_that_is_cut(tmp_path: Path) -> None:
    content = _filled(tmp_path / "whole").read_bytes()
    lines = content.splitlines(keepends=True)
    ends = [sum(map(len, lines[:n])) for n in range(len(lines) + 1)]
    place = tmp_path / "cut"
    place.mkdir()
    for length in range(len(content) + 1):
        (place / FILE).write_bytes(content[:length])
        complete = sum(end <= length for end in ends[2:])
        assert _records(place) == list(range(complete))
        with Kept(place, FILE, ABOUT) as found:
            found.add({"number": 7})
        assert _records(place) == [*range(complete), 7]


def test_a_changed_byte_is_noticed(tmp_path: Path) -> None:
    path = _filled(tmp_path)
    content = path.read_bytes()
    for place in range(len(content) - 1):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(CbilError) as problem:
            _records(tmp_path)
        assert "\n" not in str(problem.value)
    path.write_bytes(content)
    assert _records(tmp_path) == [0, 1, 2]


def test_results_of_something_else_are_refused(tmp_path: Path) -> None:
    _filled(tmp_path)
    with pytest.raises(CbilError, match="results of something else"):
        Kept(tmp_path, FILE, {"grid": {"alphas": ()}})


def test_one_process_at_a_time(tmp_path: Path) -> None:
    with (
        Kept(tmp_path, FILE, ABOUT),
        pytest.raises(CbilError, match="in use by another process"),
    ):
        Kept(tmp_path, FILE, ABOUT)
    assert _records(tmp_path) == []


def test_the_lock_ends_with_a_killed_holder(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from tests.test_kept import *\n"
        "found = Kept(Path(sys.argv[1]), FILE, ABOUT); found.add({'number': 0})\n"
        "print(os.getpid(), flush=True); sys.stdin.read()"
    )
    line = [sys.executable, "-c", program, str(tmp_path / "kept")]
    pipe = subprocess.PIPE
    root = Path(__file__).parent.parent
    with Child(line, stdin=pipe, stdout=pipe, cwd=root, memory=2 << 30) as child:
        assert child.stdout is not None
        holder = int(child.stdout.readline())
        with pytest.raises(CbilError, match="in use"):
            _records(tmp_path / "kept")
        os.kill(holder, signal.SIGKILL)
        child.wait()
    assert _records(tmp_path / "kept") == [0]


@pytest.mark.parametrize("content", [b"", b"{}\n", b"\x00" * 3000, b"x" * (2 << 20), b"\n"])
def test_a_file_of_something_else_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / FILE
    path.write_bytes(content)
    if not content:
        assert _records(tmp_path) == []  # killed before it wrote anything
        return
    with pytest.raises(CbilError, match="not a file of results"):
        Kept(tmp_path, FILE, ABOUT)
    assert path.read_bytes() == content


def test_a_directory_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(CbilError, match="expected an empty directory"):
        Kept(tmp_path, FILE, ABOUT)
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize("kind", ["directory", "pipe", "loop"])
def test_what_is_no_file_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / FILE
    if kind == "directory":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(path)
    with pytest.raises(CbilError):
        Kept(tmp_path, FILE, ABOUT)


@pytest.mark.parametrize("place", ["/proc/nowhere", "/dev/null/x", "/dev/null"])
def test_unwritable(place: str) -> None:
    with pytest.raises(CbilError, match=place):
        Kept(Path(place), FILE, ABOUT)


def test_a_full_disk_keeps_what_was_whole(tmp_path: Path) -> None:
    """A limit on a file's size stands for the disk."""
    program = (
        "import resource, signal, sys; from pathlib import Path; from tests.test_kept import *\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))\n"
        "found = Kept(Path(sys.argv[1]), FILE, ABOUT)\n"
        "for number in range(1000): found.add({'number': number})"
    )
    root = Path(__file__).parent.parent
    done = run([sys.executable, "-c", program, str(tmp_path / "kept")], cwd=root, memory=2 << 30)
    message = done.stderr.decode().splitlines()[-1]
    assert "cannot write results: File too large" in message
    assert str(tmp_path / "kept" / FILE) in message
    assert (tmp_path / "kept" / FILE).stat().st_size <= 4000
    found = _records(tmp_path / "kept")
    assert found == list(range(len(found)))
    assert len(found) > 50


def test_results_of_other_code_are_refused(tmp_path: Path) -> None:
    """A copy of the program whose claims are changed between two runs."""
    for package in (exact_cbil, bounds):
        root = Path(package.__file__ or "").parent
        shutil.copytree(root, tmp_path / root.name)
    program = "from exact_cbil.cli import main; main()"
    line = [sys.executable, "-c", program, "check", "--all", "--horizon", "1", "--workers", "0"]
    line += ["--out", "kept"]

    def again() -> subprocess.CompletedProcess[bytes]:
        return run(line, cwd=tmp_path, memory=2 << 30)

    first = again()
    assert first.returncode == 0, first.stderr
    assert b"resuming" in again().stderr
    with (tmp_path / "bounds" / "claims.py").open("a") as file:
        file.write("\nCLAIMS = CLAIMS[:3]\n")
    changed = again()
    assert changed.returncode == 2
    assert changed.stderr.decode().count("\n") == 2
    assert b"results of other code" in changed.stderr


def test_the_arithmetic_libraries_belong_to_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    before = kept.fingerprint()
    kept.fingerprint.cache_clear()
    assert kept.fingerprint() == before
    monkeypatch.setattr(kept, "version", lambda library: "0")
    kept.fingerprint.cache_clear()
    try:
        assert kept.fingerprint() != before
    finally:
        kept.fingerprint.cache_clear()


def test_a_shared_lock_is_a_lock_too(tmp_path: Path) -> None:
    path = _filled(tmp_path)
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        with pytest.raises(CbilError, match="in use"):
            _records(tmp_path)

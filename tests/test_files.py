"""Files are written whole or not at all, and what should be left alone is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from exact_cbil import load
from exact_cbil.errors import CbilError
from exact_cbil.files import check_writable, replace_file


def write(path: Path, content: bytes = b"new") -> None:
    with replace_file(path) as file:
        file.write(content)


def test_a_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    write(link)
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o640


def test_nothing_is_written_when_the_block_fails(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def fail() -> None:
        with replace_file(path) as file:
            file.write(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


def test_what_is_not_a_plain_file_is_left_alone(tmp_path: Path) -> None:
    pipe, locked, loop = tmp_path / "pipe", tmp_path / "locked", tmp_path / "loop"
    os.mkfifo(pipe)
    locked.write_text("kept")
    locked.chmod(0o444)
    loop.symlink_to(loop)
    cases = {
        pipe: "plain file",
        locked: "read-only",
        tmp_path: "plain file",
        Path("/dev/null"): "plain file",
        tmp_path / "none" / "file": "folder",
        loop: "loop|levels",
        Path("a\0b"): "null",
        tmp_path / ("x" * 300): "too long",
    }
    for path, reason in cases.items():
        with pytest.raises(CbilError, match=reason):
            check_writable(path, "--save")
        with pytest.raises(CbilError):
            write(path)
    assert locked.read_text() == "kept"


def test_a_full_disk_is_told_with_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("exact_cbil.files.os.chmod", full)
    with pytest.raises(CbilError, match=r"file: No space left"):
        write(tmp_path / "file")
    assert os.listdir(tmp_path) == []


def test_a_pipe_that_nobody_writes_to_is_an_empty_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "model.json")
    program = "import sys; from exact_cbil import load; load(sys.argv[1])"
    line = [sys.executable, "-c", program, str(tmp_path / "model.json")]
    child = subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)
    assert "got an empty file" in child.stderr


@pytest.mark.parametrize(
    ("path", "problem"),
    [("/dev/zero", "expected a regular file"), ("/", "regular file"), ("a\0b", "null")],
)
def test_what_is_no_file_of_data_is_refused(path: str, problem: str) -> None:
    with pytest.raises(CbilError, match=problem):
        load(path)

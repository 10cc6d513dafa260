"""`prove` and `certify` with hostile files and options, damaged caches, full disks and signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import pytest

from exact_cbil.errors import CbilError
from proofs.build import build, provide
from tests.commands import MARKER, PROGRAM, Outcome, eventually, marked
from tests.rocq_absent import needs_rocq
from tests.rocq_toy import Toy, named

pytestmark = needs_rocq


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Fail a test that waits for ever, as for a pipe."""

    def fail(number: int, frame: FrameType | None) -> None:
        raise AssertionError("waited for ever")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(300)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def refused(*arguments: object) -> str:
    """The one line with which a command refuses."""
    outcome = Outcome(*arguments)
    outcome.assert_refused()
    return outcome.err


def fifo(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def directory(path: Path) -> None:
    path.mkdir()


def not_text(path: Path) -> None:
    path.write_bytes(b"\xff\xfe")


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**40)


def looped(path: Path) -> None:
    path.symlink_to(path.name)


HOSTILE = [fifo, endless, directory, not_text, huge, looped]


@pytest.mark.parametrize("file", ["_CoqProject", "Base.v", "theorems.toml", "X.txt", "record.json"])
@pytest.mark.parametrize("hostile", HOSTILE)
def test_files_of_every_kind_are_refused_by_their_path(
    hostile: Callable[[Path], None], file: str, toy: Toy
) -> None:
    toy.listed()
    inside = {"theorems.toml": toy.place, "X.txt": toy.place / "statements"}
    inside["record.json"] = toy.place / "statements"
    path = inside.get(file, toy.sources) / file
    path.unlink(missing_ok=True)
    hostile(path)
    if file == "Base.v" and hostile is not_text:
        return  # any bytes may stand in a comment: Rocq decides
    line = refused("prove", "--sources", toy.sources, "--record-dir", toy.place)
    if file == "_CoqProject" and hostile is not not_text and hostile is not huge:
        assert "_CoqProject" in line
    elif not (file == "record.json" and hostile is looped):
        assert path.name in line


LISTS = {
    "a command": named({"main. Axiom x : False": "same"}),
    "a module's": named({"Inner.main": "same"}),
    "no-break space": named({"ma\u00a0in": "same"}),
    "a path": named(file="../Claim.v"),
    "a control character": named().replace("Words.", "\\u001b[2J"),
    "a number": named().replace('"X1"', "1"),
    "a name twice": named() + named({"main": "same"}),
    "a key too many": named() + 'status = "proved"\n',
    "a key too few": "[[theorem]]\nclaim = 'X'\n",
    "a string": 'theorem = "main"',
    "strings": 'theorem = ["main"]',
    "nothing": "",
    "no TOML": "[[",
    "nesting": "theorem = " + "[" * 100_000,
}


@pytest.mark.parametrize("listed", LISTS)
def test_a_list_of_theorems_holds_names_and_nothing_else(listed: str, toy: Toy) -> None:
    (toy.place / "theorems.toml").write_text(LISTS[listed])
    line = refused("prove", "--sources", toy.sources, "--record-dir", toy.place)
    assert "theorems.toml" in line
    assert line.isascii()


RECORDS = {
    "nothing": "",
    "a list": "[]",
    "no keys": "{}",
    "a number": '{"rocq": 8, "assumptions": {}, "definitions": {}}',
    "numbers": '{"rocq": "8", "assumptions": {"x": [1]}, "definitions": {}}',
    "a key too many": '{"rocq": "8", "assumptions": {}, "definitions": {}, "more": 1}',
    "nesting": "[" * 100_000,
    "a control character": '{"rocq": "\x00"}',
}


@pytest.mark.parametrize("held", RECORDS)
def test_a_record_that_is_none_is_refused(held: str, toy: Toy) -> None:
    (toy.place / "statements" / "record.json").write_text(RECORDS[held])
    line = refused("prove", "--sources", toy.sources, "--record-dir", toy.place)
    assert "record.json: not a record" in line


def test_options_of_prove_are_refused_before_any_work(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proofs.cli.prove.audit", lambda *_, **__: pytest.fail("it worked"))
    pipe, full, file = tmp_path / "pipe", tmp_path / "full", tmp_path / "file"
    os.mkfifo(pipe)
    full.mkdir()
    (full / "x").touch()
    file.touch()
    for place in (pipe, full, file, file / "below", "/dev/null", "/proc/1/x", "a\0b"):
        assert "--build-dir" in refused("prove", "--build-dir", place)
    assert "too long" in refused("prove", "--build-dir", "x" * 5000)
    for jobs in ("0", "-1", "10" * 50, "1.5", "x"):
        assert "--jobs" in refused("prove", "--jobs", jobs)
    assert "README.md" in refused("prove", "--page", "--record-dir", toy.place)
    os.mkfifo(toy.place / "README.md")
    assert "--page" in refused("prove", "--page", "--record-dir", toy.place)
    assert "--record" in refused("prove", "--record", "--record-dir", "/nowhere/at/all")


def test_options_of_certify_are_refused_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proofs.cli.certify.certify", lambda *_, **__: pytest.fail("it worked"))
    for hostile in HOSTILE:
        path = tmp_path / hostile.__name__
        hostile(path)
        assert hostile.__name__ in refused("certify", "chain", "--result", path)
    for name in ("none.json", "x" * 5000):
        assert name[:9] in refused("certify", "chain", "--result", tmp_path / name)
    (tmp_path / "deep.json").write_text("[" * 100_000)
    assert "deep.json" in refused("certify", "chain", "--result", tmp_path / "deep.json")
    (tmp_path / "x.v").mkdir()
    os.mkfifo(tmp_path / "pipe.v")
    names = ("x.v", "pipe.v", "no-module.v", "x.txt", ".v", "\u00e9.v", "a b.v", "a\0b.v", "1.v")
    for name in (*names, "/nowhere/x.v"):
        assert "--out" in refused("certify", "chain", "--out", tmp_path / name)
    assert "no-such-model" in refused("certify", "no-such-model")
    for seconds in ("0", "-1", "9" * 400, "inf", "nan"):
        assert "--seconds" in refused("certify", "chain", "--seconds", seconds)
    for horizon in ("1001", "9" * 20, "9" * 5000, "-1", "1e3", "\u0661"):
        assert "horizon" in refused("certify", "chain", f"--horizon={horizon}")
    for alpha in ("0", "2", "1/0", "0.5", "nan", "9" * 5001, "\u0661/2", "1/" + "9" * 5000):
        refused("certify", "rare-action", "--horizon", "1", f"--alpha={alpha}")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "empty": lambda path: path.write_bytes(b""),
    "a bit flipped": lambda path: path.write_bytes(
        path.read_bytes()[:500] + bytes([path.read_bytes()[500] ^ 1]) + path.read_bytes()[501:]
    ),
    "no archive": lambda path: path.write_bytes(b"x" * 10_000),
    "an empty archive": lambda path: path.write_bytes(b"PK\5\6" + bytes(18)),
    "a pipe": fifo,
    "a directory": directory,
}


def test_a_damaged_cache_is_named_and_made_again(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy.listed()
    monkeypatch.setattr("proofs.build.SOURCES", toy.sources)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    told: list[str] = []

    def provided(name: str) -> bytes:
        told.clear()
        (tmp_path / name).mkdir()
        provide(tmp_path / name, ["Base.v"], told.append)
        return (tmp_path / name / "Base.vo").read_bytes()

    first = provided("first")
    assert told == []
    (archive,) = (tmp_path / "cache" / "exact-cbil").iterdir()
    for name, damage in DAMAGES.items():
        if damage in (fifo, directory):
            archive.unlink()
        damage(archive)
        assert provided(name) == first
        assert told[0] == f"{archive}: damaged, so the development is compiled again"
        if name == "a directory":  # it may be anybody's: it stays
            assert told[1:] == [f"{archive}: not kept: Is a directory"]
            continue
        assert len(told) == 1
        assert provided(f"after {name}") == first
        assert told == []
    assert list(archive.parent.iterdir()) == [archive]
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert provided("without a cache") == first
    assert len(told) == 1
    assert "not kept: Not a directory" in told[0]


def test_a_full_disk_is_told_with_the_path(toy: Toy, tmp_path: Path) -> None:
    toy.listed()
    place = tmp_path / "build"
    place.mkdir()
    (place / "Base.vo").symlink_to("/dev/full")
    with pytest.raises(CbilError, match=f"{place}: No space left on device"):
        build(place, sources=toy.sources)
    (place / "Claim.v").unlink()
    (place / "Claim.v").symlink_to("/dev/full")
    with pytest.raises(CbilError, match=r"build/Claim\.v.*No space left on device"):
        build(place, sources=toy.sources)


ENDLESS = "Ltac forever := idtac; forever. Goal True. forever."


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize(
    ("command", "number"),
    [("prove", signal.SIGTERM), ("prove", signal.SIGKILL), ("certify", signal.SIGINT)],
)
def test_nothing_is_left_of_what_a_signal_ends(
    command: str, number: signal.Signals, toy: Toy, tmp_path: Path
) -> None:
    toy.write("Base.v", ENDLESS)
    toy.listed()
    temporary, marker = tmp_path / "temporary", f"{command}-{os.getpid()}-{number}"
    temporary.mkdir()
    arguments, file = {
        "prove": (["--sources", str(toy.sources), "--record-dir", str(toy.place)], "Base.v"),
        "certify": (["treacherous-turn", "--horizon", "100"], "this_certificate.v"),
    }[command]

    def at_work() -> bool:
        return any(
            file.encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            for pid in marked(marker)
            if Path(f"/proc/{pid}").exists()
        )

    with subprocess.Popen(
        [*PROGRAM, command, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, MARKER: marker, "TMPDIR": str(temporary)},
    ) as program:
        try:
            assert eventually(at_work)
            assert list(temporary.iterdir())
            program.send_signal(number)
            assert program.wait(600) != 0
        finally:
            program.kill()
    assert eventually(lambda: not marked(marker))
    assert eventually(lambda: not list(temporary.iterdir()))

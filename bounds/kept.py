"""Results that survive a kill: one file of lines in a directory, which is only ever added to.

The first line says what the results are of and which code found them; each other line is one
result, and each begins with a check sum of the rest of it. A process that is killed while it writes
leaves a line without an end, which is dropped. The lock is the kernel's and ends with its holder.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import stat
import zlib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import bounds
import exact_cbil
from exact_cbil.errors import CbilError, shorten

__all__ = ["FORMAT", "Kept", "fingerprint"]

FORMAT = "cbil-kept/1"
LONGEST_HEADER = 1 << 20


@cache
def fingerprint() -> str:
    """A hash of everything that a result depends on: our sources, Python, arithmetic libraries."""
    digest = hashlib.sha256()
    for library in ("gmpy2", "python-flint"):
        digest.update(f"{library} {version(library)}\n".encode())
    digest.update(f"python {platform.python_version()}\n".encode())
    for package in (exact_cbil, bounds):
        root = Path(package.__file__ or "").parent
        for path in sorted(root.rglob("*")):
            if path.suffix in (".py", ".toml"):
                content = path.read_bytes()
                digest.update(f"{path.relative_to(root)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


class Kept:
    """The results kept in a directory, or in memory without one.

    directory: made if need be; one process at a time may hold it. file: the file's name there.
    about: what the results are of, as JSON.
    Raises CbilError when the directory cannot be used, is in use, or holds something else, results
    of something else or of other code, or a damaged file, which is never overwritten.
    """

    def __init__(self, directory: Path | None, file: str, about: dict[str, Any]) -> None:
        self.records: list[Any] = []
        self._handle: int | None = None
        self.place = "in memory" if directory is None else str(directory / file)
        if directory is None:
            return
        header = {"format": FORMAT, "about": about, "fingerprint": fingerprint()}
        header = json.loads(json.dumps(header))  # as it will be read
        try:
            self._open(directory, file)
            self._read(header)
        except OSError as problem:
            self.close()
            place = problem.filename or self.place
            raise CbilError(f"{place}: {problem.strerror or problem}") from None
        except BaseException:
            self.close()
            raise

    def _open(self, directory: Path, file: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        if not (directory / file).exists() and any(directory.iterdir()):
            raise CbilError(f"{directory}: expected an empty directory or one with {file}")
        # Without O_NONBLOCK a pipe of this name would wait for its other end.
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
        self._handle = os.open(directory / file, flags, 0o666)
        if not stat.S_ISREG(os.fstat(self._handle).st_mode):
            raise CbilError(f"{self.place}: not a file of results")
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CbilError(f"{self.place}: in use by another process") from None

    def _read(self, header: dict[str, Any]) -> None:
        assert self._handle is not None
        first = _line(header)
        with os.fdopen(os.dup(self._handle), "rb") as file:
            found = file.readline(LONGEST_HEADER)
            if not found.endswith(b"\n"):
                if not first.startswith(found):
                    raise CbilError(f"{self.place}: not a file of results")
                self._end = 0  # killed while it wrote the first line
                self._write(first)
                return
            self._check(_content(found), header)
            self._end = len(found)
            for number, line in enumerate(file, 2):
                if not line.endswith(b"\n"):
                    break  # killed while it wrote this one
                record = _content(line)
                if record is None:
                    raise CbilError(f"{self.place}: damaged results (line {number}); move it away")
                self.records.append(record)
                self._end += len(line)
        os.ftruncate(self._handle, self._end)

    def _check(self, found: Any, header: dict[str, Any]) -> None:
        if not isinstance(found, dict) or "format" not in found:
            raise CbilError(f"{self.place}: not a file of results, or its first line is damaged")
        if found["format"] != FORMAT:
            held = shorten(str(found["format"]))
            raise CbilError(f"{self.place}: results of format {held}, expected {FORMAT}")
        if found.get("about") != header["about"]:
            held = shorten(json.dumps(found.get("about")), 200)
            raise CbilError(f"{self.place}: results of something else: {held}")
        if found.get("fingerprint") != header["fingerprint"]:
            raise CbilError(
                f"{self.place}: results of other code: the program or its arithmetic libraries "
                "have changed since; choose another directory"
            )

    def add(self, record: Any) -> None:
        """Keep one more result; CbilError when the disk is full, and then nothing of it is kept."""
        if self._handle is not None:
            self._write(_line(record))
        self.records.append(record)

    def _write(self, line: bytes) -> None:
        assert self._handle is not None
        try:
            written = 0
            while written < len(line):
                written += os.pwrite(self._handle, line[written:], self._end + written)
        except OSError as problem:
            os.ftruncate(self._handle, self._end)
            raise CbilError(f"{self.place}: cannot write results: {problem.strerror}") from None
        self._end += len(line)

    def close(self) -> None:
        """Give the directory back."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def _line(content: Any) -> bytes:
    text = json.dumps(content).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _content(line: bytes) -> Any:
    """What a line says; None where its check sum is not that of the rest."""
    check_sum, _, text = line.rstrip(b"\n").partition(b" ")
    if check_sum != b"%08x" % zlib.crc32(text):
        return None
    return json.loads(text)

"""Files: read as those of somebody else, within bounds; written whole or not at all."""

from __future__ import annotations

import io
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from exact_cbil.errors import CbilError, shorten

__all__ = [
    "MAX_BYTES",
    "TEXT_LIMIT",
    "cache_directory",
    "check_writable",
    "open_untrusted",
    "read_bytes",
    "read_text",
    "replace_file",
    "told",
    "write_json",
]

MAX_BYTES = 64 * 2**20
"""The largest file of data that is read."""

TEXT_LIMIT = 4 * 2**20
"""The longest source, list or record that is read."""


@contextmanager
def told(path: str | Path) -> Iterator[None]:
    """Let an error of the system be a CbilError that names `path`, as on a full disk."""
    try:
        yield
    except CbilError:
        raise
    except (OSError, ValueError) as problem:  # ValueError: a NUL in the path
        reason = getattr(problem, "strerror", None) or problem
        raise CbilError(f"{shorten(str(path), 200)}: {reason}") from None


def open_untrusted(path: str | Path, *, pipes: bool = False) -> IO[bytes]:
    """Open a regular file for reading; CbilError for any other, and where it cannot be read.

    A device such as /dev/zero never ends, so it is refused. pipes: whether a pipe will do, as from
    a shell's `<(...)`; one that nobody writes to is an empty file, so nothing is waited for.
    """
    with told(path):
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        mode = os.fstat(handle).st_mode
        if not (stat.S_ISREG(mode) or (pipes and stat.S_ISFIFO(mode))):
            os.close(handle)
            raise CbilError(f"{shorten(str(path), 200)}: expected a regular file")
        os.set_blocking(handle, True)
        return os.fdopen(handle, "rb")


def read_bytes(path: str | Path, limit: int = TEXT_LIMIT, *, pipes: bool = False) -> bytes:
    """What a file of at most `limit` bytes holds; opened and refused as by `open_untrusted`."""
    with told(path), open_untrusted(path, pipes=pipes) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise CbilError(f"{shorten(str(path), 200)}: expected at most {limit} bytes")
    return content


def read_text(path: Path) -> str:
    """What a regular file of at most TEXT_LIMIT bytes of UTF-8 holds, line ends as they are."""
    try:
        return read_bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        raise CbilError(f"{shorten(str(path), 200)}: expected text in UTF-8") from None


def cache_directory() -> Path:
    """Where results may be kept for the next time; it need not exist."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "exact-cbil"


def check_writable(path: Path, place: str) -> Path:
    """Refuse early a path at which `replace_file` would fail; the path that it will replace.

    A link is followed: what it points to is replaced, not the link. What is not a plain file (a
    directory, a pipe, a device), and a file that its owner has made read-only, is left alone.
    place: what the path was given as, such as ``--save``. Raises CbilError.
    """

    def refused(problem: str) -> CbilError:
        return CbilError(f"{place}: cannot write {shorten(str(path))}: {problem}")

    try:
        target = path.resolve()
        try:
            mode = target.stat().st_mode
        except FileNotFoundError:
            mode = None
        if mode is not None and not stat.S_ISREG(mode):
            raise refused("it is not a plain file")
        if mode is not None and not (mode & 0o222 and os.access(target, os.W_OK)):
            raise refused("it is read-only")
        if not target.parent.is_dir():
            raise refused("no such folder")
        if not os.access(target.parent, os.W_OK | os.X_OK):
            raise refused("its folder is read-only")
    except (OSError, ValueError, RuntimeError) as problem:  # ValueError: a NUL; the last: a loop
        if isinstance(problem, CbilError):
            raise
        raise refused(getattr(problem, "strerror", None) or str(problem)) from None
    return target


@contextmanager
def replace_file(path: Path) -> Iterator[IO[bytes]]:
    """Write a file whole or not at all: what is written takes its place at the end of the block.

    Raises CbilError, naming the path, where it cannot be written, as when the disk is full.
    """
    target = check_writable(path, "output")
    buffer = io.BytesIO()
    yield buffer
    import tempfile  # loads much, and most commands write no file

    handle, name = None, None
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.")
        with os.fdopen(handle, "wb") as file:
            file.write(buffer.getbuffer())
        os.chmod(name, _mode(target))
        os.replace(name, target)
    except BaseException as problem:
        if name is not None:
            with suppress(OSError):
                os.unlink(name)
        if isinstance(problem, OSError):
            raise CbilError(f"{path}: {problem.strerror or problem}") from None
        raise


def write_json(path: Path, content: Any) -> None:
    """Write a JSON document for people and programs, whole or not at all, as `replace_file`."""
    with replace_file(path) as file:
        file.write(json.dumps(content, indent=2, ensure_ascii=False).encode() + b"\n")


def _mode(target: Path) -> int:
    """The permissions that a file has, or that a new one gets."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    current = os.umask(0)
    os.umask(current)
    return 0o666 & ~current

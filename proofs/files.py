"""Read and write files whose contents and kinds nobody vouches for."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from exact_cbil.errors import CbilError, shorten

__all__ = ["TEXT_LIMIT", "read_bytes", "read_text", "told"]

TEXT_LIMIT = 4 * 2**20
"""The longest source, list or record that is read."""


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Let an error of the system be a CbilError that names `path`, as on a full disk."""
    try:
        yield
    except OSError as problem:
        raise CbilError(f"{shorten(str(path), 200)}: {problem.strerror or problem}") from None
    except ValueError as problem:
        if isinstance(problem, CbilError):
            raise
        raise CbilError(f"{shorten(str(path), 200)}: {problem}") from None  # a NUL in the path


def read_bytes(path: Path, limit: int = TEXT_LIMIT, *, pipes: bool = False) -> bytes:
    """What a regular file of at most `limit` bytes holds; CbilError for any other.

    A device such as /dev/zero never ends, so it is refused. pipes: whether a pipe will do, as from
    a shell's `<(...)`; one that nobody writes to is an empty file, so nothing is waited for.
    """
    with told(path):
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            mode = os.fstat(handle).st_mode
            if not (stat.S_ISREG(mode) or (pipes and stat.S_ISFIFO(mode))):
                raise CbilError(f"{shorten(str(path), 200)}: expected a regular file")
            os.set_blocking(handle, True)
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

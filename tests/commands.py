"""The program in tests: called in this process, or a child that is watched until it is gone.

Nothing here waits for a clock: what is waited for is looked for many times, and a test fails only
after more looks than any busy machine needs.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from exact_cbil.cli import main

PROGRAM = [sys.executable, "-c", "from exact_cbil.cli import main; main()"]
"""The program as a child; its arguments follow."""

MARKER = "CBIL_TEST_MARKER"
"""The name in the environment that marks what a test starts, sessions of its own included."""

LOOKS = 6000


class Outcome:
    """The exit code and output of one call, made in this process.

    given: what stands on standard input.
    """

    def __init__(self, *arguments: object, given: str = "") -> None:
        out, err = _stream(), _stream()
        with (
            mock.patch.multiple(sys, stdin=_stream(given), stdout=out, stderr=err),
            pytest.raises(SystemExit) as ended,
        ):
            main([str(argument) for argument in arguments])
        self.code = ended.value.code
        self.out, self.err = (stream.buffer.getvalue().decode() for stream in (out, err))

    @property
    def json(self) -> Any:
        """What it printed, read."""
        return json.loads(self.out)

    def assert_refused(self, *fragments: str) -> None:
        """One short line on standard error that holds the fragments, and nothing else."""
        assert (self.code, self.out) == (2, "")
        assert self.err.startswith("exact-cbil: ")
        assert self.err.count("\n") == 1
        assert "Traceback" not in self.err
        assert "unexpected" not in self.err
        assert len(self.err) < 1500
        for fragment in fragments:
            assert fragment in self.err


def _stream(content: str = "") -> io.TextIOWrapper[io.BytesIO]:
    return io.TextIOWrapper(io.BytesIO(content.encode()), "utf-8", newline="", write_through=True)


def eventually(true: Callable[[], object], looks: int = LOOKS) -> bool:
    """Whether something comes true, within so many looks a twentieth of a second apart."""
    for _ in range(looks):
        if true():
            return True
        time.sleep(0.05)
    return False


def marked(value: str) -> list[int]:
    """The processes that MARKER marks with a value: all that were started, none that has ended."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdecimal():
            with suppress(OSError):
                held = Path(f"/proc/{entry}/environ").read_bytes()
                if f"{MARKER}={value}\0".encode() in held:
                    found.append(int(entry))
    return found


def has_children(pid: int) -> bool:
    """Whether a process has children: then a command is in charge of its signals."""
    with suppress(OSError):
        return bool(Path(f"/proc/{pid}/task/{pid}/children").read_text())
    return False

"""The program's door: however a command ends, its caller sees one line and an exit code.

Python can turn an exception into a line, but not an abort of GMP, which ends the process when
memory is gone, nor a crash inside a solver. So `enter` forks: the child does the work, and the
parent, which holds nothing that could fail, waits for it and says what became of it.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from exact_cbil.errors import printable
from exact_cbil.files import cache_directory
from exact_cbil.memory import spare

__all__ = ["Ended", "asked_to_end", "complain", "deafen", "enter", "leave", "listen"]

PROGRAM = "exact-cbil"
BAD_INPUT = 2
SIGNALLED = 128
"""Added to a signal's number it is the exit code of a command that the signal ended."""

PATIENCE = 5
"""Seconds that a child has to clean up after a signal before it is killed."""

PR_SET_PDEATHSIG = 1
TOLD = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ended(BaseException):
    """A signal asked this process to end; raised in the main thread, so that everything closes."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(signal.Signals(number).name)


def complain(message: str) -> int:
    """Say on standard error what is wrong, in one line; the exit code of bad input."""
    line = printable(" ".join(message.split()))
    print(f"{PROGRAM}: {line}", file=sys.stderr, flush=True)
    return BAD_INPUT


def enter() -> None:
    """Fork: return in the child, which does the work; the parent waits, and exits as it did.

    The child's memory is limited to what the machine has free, its libraries' cries go to a file
    that the parent reads, and it ends with the parent. Signals are held back until `listen`.
    """
    _open_streams()
    noise = _scratch()
    sys.stdout.flush()
    told = [number for number in TOLD if signal.getsignal(number) is not signal.SIG_IGN]
    signal.pthread_sigmask(signal.SIG_BLOCK, TOLD)
    parent, child = os.getpid(), os.fork()
    if child:
        _wait(child, told, noise)
    _on(told, _interruption)
    _end_with(parent)
    sys.stderr = os.fdopen(
        os.dup(2), "w", encoding=sys.stderr.encoding, errors="backslashreplace", buffering=1
    )
    os.dup2(noise, 2)
    # Hypothesis, which draws models, keeps notes; they do not belong into the user's directory.
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(cache_directory() / "hypothesis"))
    _limit_memory()


def listen() -> None:
    """Let signals through: from here on whoever called says what they end."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, TOLD)


def _open_streams() -> None:
    """Give closed standard streams a place, so that no file takes their number."""
    output_closed = sys.stdout is None
    while (opened := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(opened, True)
    os.close(opened)
    sys.stdin = sys.stdin or open(0)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w")  # noqa: SIM115
    if output_closed:
        sys.exit(complain("standard output is closed"))


def _scratch() -> int:
    """A nameless file, open in both processes until their ends."""
    if sys.platform == "linux":
        return os.memfd_create("noise")
    import tempfile

    handle, name = tempfile.mkstemp()
    os.unlink(name)
    return handle


def _on(numbers: list[signal.Signals], do: Callable[[int, FrameType | None], object]) -> None:
    for number in numbers:
        signal.signal(number, do)


class _Interruption:
    """Raises KeyboardInterrupt or Ended; once a second, as a terminal's signal comes twice."""

    def __init__(self) -> None:
        self.last = -1.0
        self.number: int | None = None

    def __call__(self, number: int, _: FrameType | None) -> None:
        now = time.monotonic()
        if now - self.last < 1:
            return
        self.last, self.number = now, number
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise Ended(number)


_interruption = _Interruption()


def asked_to_end() -> int | None:
    """The signal that asked this process to end; None where none did.

    A library written in C may put an error of its own in the place of the signal's exception, as
    gmpy2 puts a TypeError or a SystemError: this tells what is behind it.
    """
    return _interruption.number


def deafen() -> None:
    """Take no more notice of signals: what is left is to end, and the parent sees to that."""
    for number in TOLD:
        signal.signal(number, signal.SIG_IGN)


def leave(code: int) -> NoReturn:
    """End the child, whatever has become of standard output."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(code)


def _end_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(BAD_INPUT)


def _limit_memory() -> None:
    """Let allocations fail at what is free now: a machine that swaps to death says nothing."""
    free = spare()
    if free is not None:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (free, hard))


def _wait(child: int, told: list[signal.Signals], noise: int) -> NoReturn:
    """The parent's life: pass signals on, wait for the child, and end as it did."""
    passed_on = 0

    def pass_on(number: int, _: FrameType | None) -> None:
        nonlocal passed_on
        passed_on = number
        os.kill(child, number)
        if number != signal.SIGINT:
            signal.setitimer(signal.ITIMER_REAL, PATIENCE)

    _on([signal.SIGALRM], lambda *_: os.kill(child, signal.SIGKILL))
    _on(told, pass_on)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, TOLD)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        code = SIGNALLED + passed_on if passed_on else complain(_epitaph(-code, noise))
    os._exit(code)


def _epitaph(number: int, noise: int) -> str:
    """What became of a child that a signal ended."""
    os.lseek(noise, 0, os.SEEK_SET)
    said = os.read(noise, 4096)
    if b"memory" in said.lower() or b"bad_alloc" in said:
        return "out of memory: a smaller model or horizon needs less"
    name = signal.Signals(number).name
    if number == signal.SIGKILL:
        return f"killed by {name}, as when the machine's memory is gone"
    return f"ended by {name}; this is a fault of the program or of a library, please report it"

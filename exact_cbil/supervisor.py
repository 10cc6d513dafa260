"""The supervisor of a child, run as a program of its own: `exact_cbil.children` says what for.

On Linux it adopts orphans (`PR_SET_CHILD_SUBREAPER`), so that a grandchild in a session of its own
is found too; elsewhere it reaches the child's process group. It imports little, as one is started
with every child.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import sys
import time
from contextlib import suppress

GRACE = 0.5
"""Seconds between asking a child to end and killing it."""

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


def _supervise(lifeline: int, report: int, memory: int, command: list[str]) -> None:
    """The supervisor's whole life. Ends as the child does."""
    _control(PR_SET_CHILD_SUBREAPER, 1)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # the lifeline decides
    awake, wake = os.pipe()
    os.set_blocking(awake, False)
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    child = os.fork()
    if not child:
        _become(report, memory, command)
    os.close(report)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # else our copies keep the child's pipes open
        os.dup2(nothing, stream)
    status = _await(child, lifeline, awake)
    _end_descendants(child)
    if os.WIFSIGNALED(status):
        killer = os.WTERMSIG(status)
        with suppress(OSError, ValueError):
            signal.signal(killer, signal.SIG_DFL)
        os.kill(os.getpid(), killer)
    os._exit(os.waitstatus_to_exitcode(status))


def _control(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _become(report: int, memory: int, command: list[str]) -> None:
    """Turn the forked process into the program; on failure tell the reason and exit."""
    try:
        os.setpgid(0, 0)
        _control(PR_SET_PDEATHSIG, signal.SIGKILL)
        if memory:
            import resource

            _, hard = resource.getrlimit(resource.RLIMIT_AS)
            most = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        os.set_inheritable(report, False)
        os.execvp(command[0], command)
    except OSError as problem:
        os.write(report, str(problem.errno or errno.ENOEXEC).encode())
    finally:
        os._exit(127)


def _await(child: int, lifeline: int, awake: int) -> int:
    """Wait until the child ends, or end it when the lifeline closes; its wait status."""
    import select

    deadline = None
    while True:
        wait = None if deadline is None else max(0.0, deadline - time.monotonic())
        watched = [awake] if deadline is not None else [awake, lifeline]
        ready, _, _ = select.select(watched, [], [], wait)
        if awake in ready:
            with suppress(BlockingIOError):
                os.read(awake, 4096)
        if lifeline in ready:
            deadline = time.monotonic() + GRACE
            _signal_group(child, signal.SIGTERM)
        while True:
            try:
                ended, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return 0
            if ended == child:
                return status
            if not ended:
                break
        if deadline is not None and time.monotonic() >= deadline:
            _signal_group(child, signal.SIGKILL)
            deadline = time.monotonic() + GRACE


def _end_descendants(child: int) -> None:
    """Kill what is left of the child's group, and every process that we have adopted."""
    _signal_group(child, signal.SIGKILL)
    with suppress(ChildProcessError):
        while True:
            if any(os.waitpid(-1, os.WNOHANG)):
                continue
            for entry in _numbers("/proc"):
                with suppress(OSError, IndexError, ValueError):
                    with open(f"/proc/{entry}/stat", encoding="utf-8") as file:
                        parent = file.read().rpartition(")")[2].split()[1]
                    if int(parent) == os.getpid():
                        os.kill(entry, signal.SIGKILL)
            os.waitpid(-1, 0)


def _numbers(folder: str) -> list[int]:
    with suppress(OSError):
        return [int(name) for name in os.listdir(folder) if name.isdecimal()]
    return []


def _signal_group(leader: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def _remove(path: str) -> None:
    """Remove a directory once standard input closes; others may still be writing to it."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    for _ in range(50):
        if not os.path.lexists(path):
            return
        import shutil  # rarely needed: whoever lives removes the directory first

        shutil.rmtree(path, ignore_errors=True)
        time.sleep(0.1)


if __name__ == "__main__":
    if sys.argv[1] == "remove":
        _remove(sys.argv[2])
    else:
        _supervise(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])

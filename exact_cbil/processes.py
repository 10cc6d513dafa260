"""Children that end with their parent, however it ends, SIGKILL included.

A process cannot clean up after its own SIGKILL, so each child gets a small *supervisor* between
itself and us. The supervisor reads from a pipe, the *lifeline*, whose other end only we hold: when
it closes, because we said so or because we are gone, the supervisor ends the child and everything
that the child started. On Linux it adopts orphans (`PR_SET_CHILD_SUBREAPER`), so that a grandchild
in a session of its own is found too; elsewhere it reaches the child's process group. POSIX only.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

__all__ = ["Child", "end_with_parent", "run", "scratch_directory"]

GRACE = 0.5
"""Seconds between asking a child to end and killing it."""

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


class Child(subprocess.Popen[bytes]):
    """A program started under a supervisor; used like `subprocess.Popen`, with bytes.

    command: the program, looked up on PATH, and its arguments.
    memory: how many bytes of address space the program may use; None for no limit.
    Leaving its `with` block, or `end`, ends the program and all that it started. `returncode` is
    the program's own. Raises OSError where the program cannot be started.

    >>> with Child(["echo", "one"], stdout=subprocess.PIPE) as child:
    ...     child.stdout.read()
    b'one\\n'
    """

    def __init__(
        self,
        command: Sequence[str | os.PathLike[str]],
        *,
        stdin: int | IO[Any] | None = None,
        stdout: int | IO[Any] | None = None,
        stderr: int | IO[Any] | None = None,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        memory: int | None = None,
    ) -> None:
        lifeline, self._lifeline = os.pipe()
        started, report = os.pipe()
        arguments = [str(lifeline), str(report), str(memory or 0)]
        arguments += [os.fspath(word) for word in command]
        try:
            super().__init__(
                [sys.executable, "-I", "-S", __file__, *arguments],
                bufsize=0,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                cwd=cwd,
                env=env,
                pass_fds=(lifeline, report),
                start_new_session=True,
            )
        except BaseException:
            os.close(self._lifeline)
            os.close(started)
            raise
        finally:
            os.close(lifeline)
            os.close(report)
        with os.fdopen(started, "rb") as pipe:
            problem = pipe.read()
        if problem:
            self.end()
            for stream in (self.stdin, self.stdout, self.stderr):
                if stream is not None:
                    stream.close()
            number = int(problem)
            raise OSError(number, os.strerror(number), os.fspath(command[0]))

    def end(self) -> int:
        """End the program and all that it started, and wait for that; its exit status."""
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1
        return self.wait()

    def __exit__(self, *problem: Any) -> None:
        self.end()
        super().__exit__(*problem)


def run(
    command: Sequence[str | os.PathLike[str]],
    *,
    content: bytes = b"",
    timeout: float | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    memory: int | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end, like `subprocess.run` with its output captured.

    content: what it reads from standard input. Raises subprocess.TimeoutExpired when it takes more
    than `timeout` seconds; it has been ended by then.

    >>> run(["cat"], content=b"x").stdout
    b'x'
    """
    pipe = subprocess.PIPE
    with Child(
        command, stdin=pipe, stdout=pipe, stderr=pipe, cwd=cwd, env=env, memory=memory
    ) as child:
        out, err = child.communicate(content, timeout)
    return subprocess.CompletedProcess(child.args, child.returncode, out, err)


@contextmanager
def scratch_directory() -> Iterator[Path]:
    """A new temporary directory, removed at the end, also when this process is killed."""
    path = tempfile.mkdtemp(prefix="exact-cbil-")
    try:
        remover = [sys.executable, "-I", "-S", __file__, "remove", path]
        with subprocess.Popen(remover, stdin=subprocess.PIPE, start_new_session=True):
            yield Path(path)
    finally:
        shutil.rmtree(path, ignore_errors=True)


def end_with_parent(parent: int) -> None:
    """Let this process, a worker, end within a second of the process that started it.

    parent: the number of that process, which may be gone already.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.25)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def _supervise(lifeline: int, report: int, memory: int, command: list[str]) -> None:
    """The supervisor's whole life. Ends as the child does."""
    control = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
    if control is not None:
        control(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # the lifeline decides
    awake, wake = os.pipe()
    os.set_blocking(awake, False)
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    child = os.fork()
    if not child:
        _become(report, memory, command, control)
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


def _become(report: int, memory: int, command: list[str], control: Any) -> None:
    """Turn the forked process into the program; on failure tell the reason and exit."""
    try:
        os.setpgid(0, 0)
        if control is not None:
            control(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
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
    while True:
        for entry in _numbers("/proc"):
            with suppress(OSError, IndexError, ValueError):
                stat = Path(f"/proc/{entry}/stat").read_text()
                if int(stat.rpartition(")")[2].split()[1]) == os.getpid():
                    os.kill(entry, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


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
        shutil.rmtree(path, ignore_errors=True)
        if not os.path.lexists(path):
            return
        time.sleep(0.1)


if __name__ == "__main__":
    if sys.argv[1] == "remove":
        _remove(sys.argv[2])
    else:
        _supervise(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])

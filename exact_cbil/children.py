"""Children that end with their parent, however it ends, SIGKILL included.

A process cannot clean up after its own SIGKILL, so each child gets a small *supervisor* between
itself and us. The supervisor reads from a pipe, the *lifeline*, whose other end only we hold: when
it closes, because we said so or because we are gone, the supervisor ends the child and everything
that the child started. POSIX only.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

__all__ = ["Child", "end_with_parent", "run", "scratch_directory"]

SUPERVISOR = [sys.executable, "-I", "-S", str(Path(__file__).with_name("supervisor.py"))]


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
                [*SUPERVISOR, *arguments],
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
    remover = [*SUPERVISOR, "remove", path]
    with subprocess.Popen(remover, stdin=subprocess.PIPE, start_new_session=True):
        try:
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

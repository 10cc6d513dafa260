"""Children end with their parent, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from exact_cbil.children import Child, run, scratch_directory
from tests.commands import MARKER, eventually, marked

ENDINGS = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP)

HOLDER = """
import subprocess, sys, time
from exact_cbil.children import Child, scratch_directory
with scratch_directory() as folder:
    command = "setsid sleep 987 & sleep 987 & echo $$; wait"
    with Child(["sh", "-c", command], stdout=subprocess.PIPE) as child:
        print(child.stdout.readline().decode().strip(), folder, flush=True)
        time.sleep(600)
"""


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return "(sh) Z" not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("number", ENDINGS)
def test_nothing_outlives_a_parent_that_is_killed(number: signal.Signals) -> None:
    marker = f"holder-{os.getpid()}-{number}"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, MARKER: marker},
    ) as holder:
        assert holder.stdout is not None
        pid, folder = holder.stdout.readline().split()
        assert alive(int(pid))
        assert Path(folder).is_dir()
        assert len(marked(marker)) >= 5
        holder.send_signal(number)
        holder.wait()
    assert eventually(lambda: not alive(int(pid)))
    assert eventually(lambda: not Path(folder).exists())
    assert eventually(lambda: not marked(marker))


def test_a_childs_status_is_its_own() -> None:
    assert run(["sh", "-c", "exit 7"]).returncode == 7
    assert run(["sh", "-c", "kill -SEGV $$"]).returncode == -signal.SIGSEGV
    assert run(["cat"], content=b"x" * 10**6).stdout == b"x" * 10**6


@pytest.mark.parametrize("program", ["/no/such/program", "/etc/passwd", "no-such-program"])
def test_what_cannot_be_started_is_an_oserror_that_names_it(program: str) -> None:
    with pytest.raises(OSError, match=program):
        run([program])


def test_a_child_that_takes_too_long_is_ended() -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        run(["sh", "-c", "trap '' TERM; sleep 600 & wait; sleep 600"], timeout=0.2)


def test_leaving_the_block_ends_the_child() -> None:
    with Child(["sleep", "600"]) as child:
        assert child.poll() is None
    assert child.returncode == -signal.SIGTERM


def test_memory_is_limited() -> None:
    done = run([sys.executable, "-c", "bytearray(10**9)"], memory=300 * 2**20)
    assert done.returncode == 1
    assert b"MemoryError" in done.stderr


def test_a_scratch_directory_goes() -> None:
    with scratch_directory() as folder:
        (folder / "file").write_text("x")
    assert not folder.exists()

"""Tasks of other processes: in order, limited, retried, and gone when whoever started them is."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from contextlib import closing
from itertools import chain, count, product, repeat
from pathlib import Path
from typing import Any

import pytest

from bounds.pool import Lost, Pool, pool
from exact_cbil.errors import CbilError
from tests.commands import Outcome, eventually
from tests.conftest import LARGE

IN_PROC = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds workers in /proc")


def _square(n: int) -> int:
    return n * n


def _dies(place: str, times: int) -> str:
    """End this process, the first `times` times."""
    for number in range(times):
        try:
            Path(place, str(number)).touch(exist_ok=False)
        except FileExistsError:
            continue
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


def _fills() -> int:
    return len(bytearray(3 << 30))


def _sleeps() -> str:
    time.sleep(60)
    return "slept"


def _fails() -> None:
    raise CbilError("a task's own error")


def test_results_come_in_order_whatever_their_number() -> None:
    for processes in (0, 1, 2):
        with pool(processes) as found:
            tasks = [(_square, (n,)) for n in range(20)]
            assert list(found.run(tasks)) == [n * n for n in range(20)]


def test_tasks_are_handed_out_as_they_are_needed() -> None:
    with pool(2) as found, closing(found.run((_square, (n,)) for n in count())) as results:
        assert [next(results) for _ in range(5)] == [0, 1, 4, 9, 16]


@pytest.mark.parametrize("times", [1, 2, 3] if LARGE else [2])
def test_a_task_whose_process_dies_is_done_once_more_and_harms_no_other(
    tmp_path: Path, times: int
) -> None:
    tasks: list[Any] = [(_square, (n,)) for n in range(6)]
    tasks.insert(2, (_dies, (str(tmp_path), times)))
    with pool(2) as found:
        results = list(found.run(tasks))
    died = results.pop(2)
    assert results == [n * n for n in range(6)]
    # Its neighbours may have been waited for when it died first, so it may get a third try.
    assert died == "alive" or (times > 1 and isinstance(died, Lost))
    assert times < 3 or isinstance(died, Lost) or len(list(tmp_path.iterdir())) == 3


def test_an_executor_that_broke_before_it_was_used_is_replaced() -> None:
    class Broken(ThreadPoolExecutor):
        def submit(self, *_: Any, **__: Any) -> Any:
            raise BrokenExecutor

    with ThreadPoolExecutor(1) as sound:
        executors = chain([Broken(1)], repeat(sound))
        assert list(Pool(lambda: next(executors)).run([(_square, (3,))])) == [9]


def test_a_task_that_needs_too_much_memory_is_lost() -> None:
    with pool(1) as found:
        full, after = found.run([(_fills, ()), (_square, (3,))])
    assert isinstance(full, Lost)
    assert "memory" in full.reason
    assert after == 9


def test_a_task_that_takes_too_long_is_ended() -> None:
    with pool(1) as found:
        (late,) = found.run([(_sleeps, ())], longest=0.5)
        (ended,) = found.run([(_sleeps, ())], until=time.monotonic() + 0.5)
        assert isinstance(late, Lost)
        assert isinstance(ended, Lost)
        assert list(found.run([(_square, (3,))])) == [9]


@IN_PROC
def test_an_exception_ends_the_processes() -> None:
    def fail() -> None:
        with pool(2) as found:
            for _ in found.run([(_square, (2,)), *[(_sleeps, ())] * 3]):
                raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert _gone(PARENT, os.getpid(), WORKER)
    with pytest.raises(CbilError, match="own error"), pool(2) as found:
        list(found.run([(_fails, ()), (_sleeps, ())]))
    assert _gone(PARENT, os.getpid(), WORKER)


PARENT, SESSION = 1, 3
"""Where the numbers of a process's parent and of its session stand in `/proc/N/stat`."""


WORKER = b"popen_loky"
"""In the command line of loky's workers, and not of its tracker, which ends with the parent."""


def _processes(place: int, number: int, named: bytes) -> set[int]:
    """The processes of a parent or a session, those with a word in their command line."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(stat[place]) == number and stat[0] != "Z":
                    line = (entry / "cmdline").read_bytes()
                    found |= {int(entry.name)} if named in line else set()
            except (OSError, IndexError):
                continue
    return found


def _gone(place: int, number: int, named: bytes = b"") -> bool:
    return eventually(lambda: not _processes(place, number, named))


LIMITED = (
    "import resource, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30)); "
    "from exact_cbil.cli import main; main()"
)
LINES = {
    "check": ["check", "--all", "--horizon", "3", "--denominator", "4"],
    "explore": ["explore", "query_cubes <= S", "--budget", "100"],
}


@IN_PROC
@pytest.mark.parametrize(
    ("name", "how"),
    product(LINES, ["SIGTERM", "SIGHUP", "SIGKILL", "SIGINT"])
    if LARGE
    else [("check", "SIGTERM"), ("check", "SIGKILL"), ("explore", "SIGINT")],
)
def test_workers_end_with_the_program_however_it_ends(name: str, how: str) -> None:
    line = [sys.executable, "-c", LIMITED, *LINES[name], "--workers", "2"]
    program = subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )
    try:
        assert eventually(lambda: len(_processes(SESSION, program.pid, WORKER)) >= 2)
        program.send_signal(getattr(signal, how))
        program.communicate(timeout=30)  # they would hold its output
        assert program.returncode != 0
        assert _gone(SESSION, program.pid)
    finally:
        program.kill()
        for left in _processes(SESSION, program.pid, b""):
            os.kill(left, signal.SIGKILL)


class TestClusters:
    """`--cluster` at what is no scheduler: one line."""

    def test_nothing_there(self) -> None:
        pytest.importorskip("distributed")
        for address in ("nonsense://", "127.0.0.1", "", "\x00", "2", "\n:1"):
            with (
                pytest.raises(CbilError, match="--cluster: expected such as"),
                pool(cluster=address),
            ):
                pass
        for address in ("tcp://127.0.0.1:1", "tcp://[::1", "odd://127.0.0.1:1"):
            with pytest.raises(CbilError) as problem, pool(cluster=address):
                pass
            assert "no scheduler at" in str(problem.value)
            assert "\n" not in str(problem.value)

    def test_the_program_says_one_line(self) -> None:
        pytest.importorskip("distributed")
        outcome = Outcome("check", "--all", "--cluster", "odd://127.0.0.1:1")
        assert outcome.code == 2
        _how_many_models, problem = outcome.err.splitlines()
        assert problem.startswith("exact-cbil: ")

    @pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\n\r\n", b"\xff" * 4096, None])
    def test_a_server_that_is_none(self, answer: bytes | None) -> None:
        pytest.importorskip("distributed")
        with closing(socket.create_server(("127.0.0.1", 0))) as server:

            def serve() -> None:
                while True:
                    try:
                        peer, _ = server.accept()
                    except OSError:
                        return
                    with peer:
                        if answer is not None:
                            peer.sendall(answer)
                        else:
                            time.sleep(1)

            threading.Thread(target=serve, daemon=True).start()
            address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
            outcome = Outcome("check", "--all", "--cluster", address)
        assert outcome.code == 2
        assert "no scheduler at" in outcome.err

    def test_a_server_that_never_says_anything(self, monkeypatch: pytest.MonkeyPatch) -> None:
        pytest.importorskip("distributed")
        monkeypatch.setattr("bounds.pool.PATIENCE", 1)
        with closing(socket.create_server(("127.0.0.1", 0))) as server:
            address = f"127.0.0.1:{server.getsockname()[1]}"
            with pytest.raises(CbilError, match="no scheduler at"), pool(cluster=address):
                pass


def test_a_pool_of_none_works_here() -> None:
    assert list(Pool().run([(os.getpid, ())])) == [os.getpid()]

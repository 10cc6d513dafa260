"""Tasks done by other processes: local ones, or the workers of a Dask cluster.

Results come in the order of the tasks, so that what follows from them does not depend on how many
processes there are. A local process may use a limited amount of memory. When one dies, all that
were at work stop with it and nobody knows whose fault it was; so the first unfinished task is done
again, alone, and only if its process dies again is that task given up.
"""

from __future__ import annotations

import logging
import math
import os
import re
import resource
import signal
import socket
import time
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, wait
from contextlib import contextmanager
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

from bounds.kept import fingerprint
from exact_cbil.children import end_with_parent
from exact_cbil.errors import CbilError, MissingExtra, shorten

__all__ = ["MEMORY", "Lost", "Pool", "Task", "pool"]

Task: TypeAlias = tuple[Callable[..., Any], tuple[Any, ...]]

MEMORY = 2 << 30
"""Bytes of address space that a local process may use."""

GRACE = 1.0
"""Seconds for which a task may overrun the time by which it should have ended itself."""

PATIENCE = 10
"""Seconds in which a cluster has to answer."""

AHEAD = 2
"""Tasks handed out for each process, so that none waits for its next one."""


class Lost(NamedTuple):
    """A task without a result, and why."""

    reason: str


class Pool:
    """Processes that do tasks; `pool` makes one.

    executor: gives the executor, a new one when the last has been ended; None to do the tasks in
        this process. kill: ends its processes. width: how many tasks are handed out at a time.
        stopped: what a task raises when its process died.
    """

    def __init__(
        self,
        executor: Callable[[], Executor] | None = None,
        kill: Callable[[], None] = lambda: None,
        width: int = 1,
        stopped: tuple[type[BaseException], ...] = (BrokenExecutor,),
    ) -> None:
        self._executor, self._kill, self.width = executor, kill, width
        self._stopped = stopped
        self._handed_out: set[Future[Any]] = set()

    def end(self) -> None:
        """End the processes, whatever they are doing."""
        for _ in range(50):
            # Loky's own thread fails, with a traceback, over a task that it has not seen yet.
            if all(future.running() or future.done() for future in self._handed_out):
                break
            time.sleep(0.02)
        self._kill()

    def run(
        self, tasks: Iterable[Task], until: float = math.inf, longest: float = math.inf
    ) -> Generator[Any, None, None]:
        """The results of tasks in order; a `Lost` for each that came to none.

        until: on the clock `time.monotonic`; the tasks should end by then, and are ended a second
            later. longest: the seconds that others may wait for one task.
        """
        if self._executor is None:
            for function, arguments in tasks:
                yield function(*arguments)
            return
        source, flying = iter(tasks), deque[tuple[Task, Future[Any]]]()
        try:
            while True:
                for task in islice(source, self.width - len(flying)):
                    flying.append((task, self._submit(task)))
                if not flying:
                    return
                task, future = flying.popleft()
                found = self._result(future, until, longest)
                if found is BROKEN:
                    wait([other for _, other in flying], 10)
                    found = self._result(self._submit(task), until, longest)
                    if found is BROKEN:
                        found = Lost("its process was ended; tasks may use 2 GiB of memory")
                flying = deque((t, self._submit(t) if self._broken(f) else f) for t, f in flying)
                yield found
        except GeneratorExit:
            for _, future in flying:
                future.cancel()
            if wait([future for _, future in flying], GRACE).not_done:
                self.end()
            raise
        except BaseException:
            self.end()
            raise

    def _submit(self, task: Task) -> Future[Any]:
        function, arguments = task
        assert self._executor is not None
        try:
            future = self._executor().submit(function, *arguments)
        except self._stopped:  # a process died after the executor was asked for
            future = self._executor().submit(function, *arguments)
        self._handed_out.add(future)
        future.add_done_callback(self._handed_out.discard)
        return future

    def _broken(self, future: Future[Any]) -> bool:
        """Whether a task that was handed out has to be handed out again."""
        if not future.done():
            return False
        return future.cancelled() or isinstance(future.exception(), self._stopped)

    def _result(self, future: Future[Any], until: float, longest: float) -> Any:
        left = min(until + GRACE - time.monotonic(), longest)
        try:
            return future.result(None if left == math.inf else max(0.0, left))
        except TimeoutError:
            self.end()
            return Lost("it took too long")
        except MemoryError:
            return Lost("it needs more than 2 GiB of memory")
        except self._stopped:
            return BROKEN


BROKEN = object()


@contextmanager
def pool(workers: int = -1, cluster: str | None = None) -> Iterator[Pool]:
    """Processes for tasks, none of which outlives an exception.

    workers: how many local ones, -1 for one a core, 0 for none: in this process. cluster: the
        address of a Dask scheduler to use instead.
    Raises CbilError when the cluster cannot be reached or runs other code.
    """
    if cluster is not None:
        with _cluster(cluster) as found:
            yield found
    elif workers == 0:
        yield Pool()
    else:
        # Loaded here, as NumPy comes with it, and most that is checked needs no other process.
        from joblib import effective_n_jobs
        from joblib.externals.loky import get_reusable_executor
        from joblib.externals.loky.process_executor import ShutdownExecutorError

        count = effective_n_jobs(workers)
        latest: list[Any] = []

        def executor() -> Executor:
            found: Executor = get_reusable_executor(
                count, timeout=60, initializer=_begin, initargs=(os.getpid(),)
            )
            latest[:] = [found]
            return found

        def kill() -> None:
            for found in latest:
                found.shutdown(wait=True, kill_workers=True)

        found = Pool(executor, kill, AHEAD * count, (BrokenExecutor, ShutdownExecutorError))
        try:
            with warnings.catch_warnings():
                # An idle worker that ends is replaced, and that is all.
                warnings.filterwarnings("ignore", "A worker stopped", UserWarning)
                yield found
        except BaseException:
            found.end()
            raise


def _begin(parent: int) -> None:
    """The first thing that a local process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it decides
    end_with_parent(parent)
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    limit = MEMORY if most == resource.RLIM_INFINITY else min(MEMORY, most)
    resource.setrlimit(resource.RLIMIT_AS, (limit, most))


def _await_greeting(address: str) -> None:
    """Raise OSError where nobody speaks at the address: a client would wait for that for ever.

    A scheduler greets first; over TLS it cannot.
    """
    scheme, _, place = address.rpartition("://")
    if scheme in ("", "tcp"):
        host, _, port = place.rpartition(":")
        with socket.create_connection((host.strip("[]"), int(port)), PATIENCE) as connection:
            if not connection.recv(1):
                raise OSError("it says nothing")


@contextmanager
def _cluster(address: str) -> Iterator[Pool]:
    try:
        from distributed import Client
    except ImportError:
        raise MissingExtra("distributed") from None
    if re.fullmatch(r"([a-z]+://)?[\w.\-\[\]:]+:[0-9]{1,5}", address, re.ASCII) is None:
        raise CbilError(f"--cluster: expected such as tcp://host:8786, got {shorten(address)}")
    # It tells the reason of a failure in several lines of its log, and then in an exception.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)

    class Quiet(Client):  # type: ignore[misc]
        def __del__(self) -> None:
            """A client that never came to be would wait 20 seconds here, and then complain."""

    client = None
    try:
        try:
            _await_greeting(address)
            client = Quiet(address, timeout=PATIENCE, set_as_default=False)
            client.wait_for_workers(1, timeout=PATIENCE)
            codes = set(client.run(fingerprint).values())
        except Exception as problem:  # whatever is at the address may answer anything
            reason = shorten(str(problem) or type(problem).__name__)
            raise CbilError(f"--cluster: no scheduler at {shorten(address)} ({reason})") from None
        if codes != {fingerprint()}:
            raise CbilError(f"--cluster: the workers at {shorten(address)} run other code")
        executor = client.get_executor()
        threads = sum(client.nthreads().values())
        yield Pool(lambda: executor, lambda: None, AHEAD * threads)
    finally:
        if client is not None:
            client.close(timeout=PATIENCE)

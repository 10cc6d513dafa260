"""Checking the batches of a grid on local cores, or on a cluster, through joblib."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any

from joblib import Parallel, delayed, parallel_config
from joblib.externals.loky.process_executor import BrokenProcessPool, TerminatedWorkerError

from bounds.grid.store import Store
from bounds.grid.summary import check_batch
from exact_cbil.errors import CbilError
from exact_cbil.interaction import Progress

__all__ = ["MAX_DEATHS", "backend", "check_grid"]

MAX_DEATHS = 3
"""How often in a row workers may die without a batch getting done."""


def _numbered(number: int, sizes: dict[str, Any], start: int, stop: int) -> tuple[int, str]:
    return number, check_batch(sizes, start, stop)


def check_grid(
    store: Store, workers: int = -1, cluster: str | None = None, progress: Progress | None = None
) -> None:
    """Check the batches that a store lacks, adding each as it gets done.

    workers: local processes, -1 for one a core. cluster: the address of a Dask scheduler to use
        instead. A batch whose worker dies is done again.
    Raises CbilError when workers keep dying, or the cluster cannot be reached.
    """
    deaths = 0
    with backend(workers, cluster) as parallel:
        done = len(store.done())
        while done < store.batches:
            before = done
            try:
                # Closed on the way out, so that workers stop when the disk is full.
                with closing(_results(store, parallel)) as results:
                    for number, content in results:
                        store.add(number, content)
                        done += 1
                        if progress is not None:
                            progress("batches of models", done, store.batches)
            except (TerminatedWorkerError, BrokenProcessPool) as problem:
                deaths = deaths + 1 if done == before else 1
                if deaths >= MAX_DEATHS:
                    raise CbilError(
                        f"workers died {deaths} times in a row; {done} batches are kept "
                        f"({' '.join(str(problem).split())[:80]})"
                    ) from None


def _results(store: Store, parallel: dict[str, Any]) -> Generator[tuple[int, str], None, None]:
    sizes = store.grid.to_json()
    jobs = (delayed(_numbered)(n, sizes, start, stop) for n, start, stop in store.missing())
    found: Generator[tuple[int, str], None, None] = Parallel(
        return_as="generator_unordered", pre_dispatch="2*n_jobs", batch_size=1, **parallel
    )(jobs)
    return found


@contextmanager
def backend(workers: int, cluster: str | None) -> Iterator[dict[str, Any]]:
    """Arguments for `joblib.Parallel`: local processes, or the workers of a Dask scheduler.

    Raises CbilError when the cluster cannot be reached.
    """
    if cluster is None:
        yield {"n_jobs": workers, "backend": "sequential" if workers == 1 else "loky"}
        return
    try:
        from distributed import Client
    except ImportError:
        raise CbilError("--cluster: needs the extra exact-cbil[cluster]") from None
    try:
        client = Client(cluster, timeout=10, set_as_default=False)
    except (OSError, ValueError, TypeError) as problem:
        raise CbilError(f"--cluster: no scheduler at {cluster!r} ({problem})") from None
    try:
        with parallel_config("dask", client=client, wait_for_workers_timeout=10):
            yield {"n_jobs": -1}
    finally:
        client.close()

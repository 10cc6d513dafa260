"""Checking the batches of a grid on local cores or on a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from bounds.grid.store import Store
from bounds.grid.summary import check_batch
from bounds.pool import Lost, Pool, Task
from exact_cbil.errors import CbilError
from exact_cbil.interaction import Progress

__all__ = ["check_grid"]


def check_grid(store: Store, pool: Pool, progress: Progress | None = None) -> None:
    """Check the batches that a store lacks, adding each as it gets done.

    Raises CbilError for a batch that comes to no result; what was done before is kept.
    """
    sizes, numbers = store.grid.to_json(), []

    def tasks() -> Iterator[Task]:
        for number, start, stop in store.missing():
            numbers.append(number)
            yield check_batch, (sizes, start, stop)

    done = len(store.done())
    with closing(pool.run(tasks())) as results:
        for place, summary in enumerate(results):
            if isinstance(summary, Lost):
                first = numbers[place] * store.batch
                last = min(first + store.batch, store.grid.size) - 1
                raise CbilError(
                    f"models {first} to {last} of the grid: {summary.reason}; "
                    f"{done} batches are kept"
                )
            store.add({"number": numbers[place], "summary": summary})
            done += 1
            if progress is not None:
                progress("batches of models", done, store.batches)

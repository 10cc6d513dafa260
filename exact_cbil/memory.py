"""How much memory this process may still take, and stopping before it takes more.

GMP ends the whole process when it cannot allocate, and no handler can catch that. So what grows
asks first: `need` before each large allocation, and `Forecast` for results that pile up.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from exact_cbil.errors import OutOfMemory

__all__ = ["Forecast", "limit", "need", "spare"]

SHARE = Fraction(3, 4)
"""Of the machine's memory this process takes so much at most, unless it is told otherwise."""

STEADY, EARLY = 3, 64
"""Growth is foretold when it has lasted for so many doublings of time, and not before this time."""


def limit(size: int) -> None:
    """Let this process hold at most `size` bytes from now on."""
    import hashlib  # noqa: F401 - loaded where no memory is left, it prints tracebacks of its own

    _Purse.limit, _Purse.left = size, 0
    with suppress(ImportError, OSError, ValueError):
        import resource

        # What asks nobody, such as a library, fails with a MemoryError.
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        size = size if hard == resource.RLIM_INFINITY else min(size, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (size, hard))


def spare() -> int | None:
    """The bytes that may still be allocated, by the least of the limits known; None if none is."""
    return min(_spares(), default=None)


def _spares() -> Iterator[int]:
    size, resident = _own_size()
    if _Purse.limit is not None:
        yield max(0, _Purse.limit - resident)
    else:
        with suppress(OSError, ValueError):
            machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
            yield max(0, int(SHARE * machine) - resident)
    with suppress(ImportError, OSError, ValueError):
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit != resource.RLIM_INFINITY:
            yield max(0, limit - size)
    with suppress(OSError, ValueError):
        yield max(0, int(Path("/sys/fs/cgroup/memory.max").read_text()) - resident)
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text().splitlines()
        yield next(1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable"))


def _own_size() -> tuple[int, int]:
    """The bytes of this process's address space, and those of it in memory."""
    with suppress(OSError, ValueError):
        pages = Path("/proc/self/statm").read_text().split()
        import resource

        return int(pages[0]) * resource.getpagesize(), int(pages[1]) * resource.getpagesize()
    return 0, 0


PART = 16
"""After this part of the time steady growth is believed to go on."""


class _Purse:
    """What may be taken before the next look at the system, which costs as much as many steps."""

    left = 0
    limit: int | None = None


def need(size: int, when: str) -> None:
    """Raise OutOfMemory unless `size` bytes can be had now.

    A look at the system serves until an eighth of what it found has been asked for: the nearer the
    end, the closer the watch.
    """
    _Purse.left -= size
    if _Purse.left < 0:
        found = spare()
        if found is None:
            found = sys.maxsize
        if size > found:
            raise OutOfMemory(size, found, when)
        _Purse.left = found // 8


class Forecast:
    """What a result that grows with time will take in the end.

    The exact numbers of later times are as a rule no shorter than those of earlier ones, and
    grow by as many digits at each step. When they have done so over several doublings of time,
    the run is hopeless if merely stopping to grow would still exceed the memory, or if in a good
    part of the time growing on would; then it ends at once and not after filling the memory.
    """

    def __init__(self, horizon: int) -> None:
        self._horizon = horizon
        self._sizes: list[int] = []

    def keep(self, t: int, size: int) -> None:
        """Note that the numbers of time t take `size` bytes; raise OutOfMemory if hopeless."""
        if t == 0 or t & (t - 1):
            return
        self._sizes.append(size)
        recent = self._sizes[-STEADY - 1 :]
        steady = t >= EARLY and all(2 * two > 3 * one for one, two in pairwise(recent))
        found = spare() if steady else None
        foretold = size * self._horizon**2 // (2 * t)
        least = foretold if t * PART >= self._horizon else size * (self._horizon - t)
        if found is not None and least > found:
            raise OutOfMemory(foretold, found, f"at time {t} of {self._horizon}")

"""The search for models that refute a candidate; the package is called like `look`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bounds import _call_as

if TYPE_CHECKING:
    from bounds.explore.search import Outcome
    from bounds.language.candidate import Candidate

__all__ = ["look"]


def look(
    candidate: str | Candidate,
    *,
    seconds: float = 120,
    models: float | None = None,
    seed: int = 0,
    workers: int = -1,
) -> Outcome:
    """Look for a model that refutes a candidate; what `from bounds import explore` calls.

    candidate: its text, or a Candidate. seconds, models: as of `Limits`. seed: of random models.
    workers: local processes, -1 for one a core, 0 for none.

    >>> from bounds import explore
    >>> found = explore("query_cubes <= S_lin/4", models=40, workers=0).refutation
    >>> str(found.comparison.left), str(found.comparison.right)
    ('1', '3/4')
    """
    import math

    from bounds.explore.search import Limits, explore
    from bounds.language.candidate import Candidate
    from bounds.pool import pool

    parsed = Candidate.parse(candidate) if isinstance(candidate, str) else candidate
    limits = Limits(seconds, math.inf if models is None else models)
    with pool(workers) as processes:
        return explore(parsed, limits, processes, seed)


_call_as(__name__, __name__, "look")

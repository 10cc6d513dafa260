"""The theorems about the learner as claims that can be checked: on a model, on all small models,
and for all real parameters.

    >>> from bounds import check
    >>> from exact_cbil.models import chain
    >>> check(chain(1))["T1a"].certificate[0].ratio.exact
    Fraction(1, 3)

`check(model)`, `explore(text)` and `plan(situation)` do what the commands of their names do.
Nothing is loaded before it is used. Uses `exact_cbil`; never the other way round.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from exact_cbil.model import Model

if TYPE_CHECKING:
    from bounds.explorer.search import Outcome
    from bounds.language.candidate import Candidate
    from bounds.planner import Plan, Situation
    from bounds.verdict import Verdict

__all__ = ["check", "explore", "plan"]


def check(model: Model) -> dict[str, Verdict]:
    """Every theorem with its verdict on a model: `Holds`, `Violated` or `Unknown`."""
    from bounds.claims import CLAIMS
    from bounds.evidence import Evidence

    evidence = Evidence(model)
    return {claim.name: claim.check(evidence) for claim in CLAIMS}


def explore(
    candidate: str | Candidate,
    *,
    seconds: float = 120,
    models: float | None = None,
    seed: int = 0,
    workers: int = -1,
) -> Outcome:
    """Look for a model that refutes a candidate.

    candidate: its text, or a Candidate. seconds, models: as of `Limits`. seed: of random models.
    workers: local processes, -1 for one a core, 0 for none.

    >>> found = explore("query_cubes <= S_lin/4", models=40, workers=0).refutation
    >>> str(found.comparison.left), str(found.comparison.right)
    ('1', '3/4')
    """
    from bounds.explorer.search import Limits
    from bounds.explorer.search import explore as search
    from bounds.language.candidate import Candidate
    from bounds.pool import pool

    parsed = Candidate.parse(candidate) if isinstance(candidate, str) else candidate
    limits = Limits(seconds, math.inf if models is None else models)
    with pool(workers) as processes:
        return search(parsed, limits, processes, seed)


def plan(situation: Situation, budget: int | None = None) -> Plan:
    """The alpha that makes the bound on an event least; see `bounds.planner.plan`.

    >>> from fractions import Fraction
    >>> from bounds.planner import Situation
    >>> plan(Situation(Fraction(1, 2), 100, Fraction(1, 10**9))).alpha
    Fraction(5, 14)
    """
    from bounds.planner import plan as choose

    return choose(situation, budget)

"""A claim: what a theorem says, how it stands to its source, and how to check it on a model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from bounds.evidence import Evidence
from bounds.verdict import Comparison, Unknown, Verdict, judge

__all__ = ["REALIZABLE", "Claim", "Scope", "Status"]

Scope: TypeAlias = Literal["same", "narrower", "wider", "quoted"]
Status: TypeAlias = Literal[
    "checked in a proof assistant", "proved by hand", "quoted, unchecked", "false on purpose"
]

REALIZABLE = "the demonstrator is in the class"


@dataclass(frozen=True)
class Claim:
    """A statement about every model that satisfies its hypotheses.

    name: its tag, such as `T1a`. latex, plain: the statement.
    scope: what `comparisons` covers, against the statement of the source: the same, narrower,
        wider (it compares more than the statement), or a bound quoted from the source.
    status: how the statement itself is known; a check on a model does not change it.
    comparisons: the inequalities that the claim asserts of a model, decided.
    """

    name: str
    title: str
    latex: str
    plain: str
    scope: Scope
    status: Status
    comparisons: Callable[[Evidence], Iterable[Comparison]]
    hypotheses: tuple[str, ...] = (REALIZABLE,)

    def check(self, evidence: Evidence) -> Verdict:
        """Whether the claim holds on a model."""
        if REALIZABLE in self.hypotheses and not evidence.model.realizable:
            return Unknown(f"not applicable: only when {REALIZABLE}", inapplicable=True)
        return judge(evidence.model, self.comparisons(evidence))

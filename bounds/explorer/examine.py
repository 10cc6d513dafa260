"""One model looked at for one candidate; and what came of many."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from bounds.evidence import Evidence
from bounds.language.candidate import Candidate
from bounds.verdict import Comparison, Unknown, Violated
from exact_cbil.event import Automaton, Event, once
from exact_cbil.model import Model
from exact_cbil.modelfile import write_model

__all__ = ["Batch", "Finding", "Kind", "Source", "examine", "is_small", "prepare", "score"]

Kind: TypeAlias = Literal["holds", "refuted", "undecided", "outside", "too large"]

MAX_STATES = 4_000
"""The most merged states of a model that is looked at."""

MAX_MOVES = 40_000
"""The most of these that it may be in, summed over the times."""

MAX_EVENTS = 8
"""The most events that a model is given for a candidate to speak of."""


@dataclass(frozen=True)
class Finding:
    """What came of one model.

    score: `(left - right)/(|left| + |right|)` of the closest comparison, rounded; it rises with
        the ratio and is positive where the candidate fails.
    """

    kind: Kind
    score: float = -1.0
    reason: str = ""


def prepare(candidate: Candidate, model: Model) -> Model:
    """The model with events for the candidate to speak of, and no others."""
    if not candidate.events:
        return replace(model, events={})
    events: dict[str, Event] = {}
    known = dict(model.events)
    for action in model.actions:
        if len(known) < MAX_EVENTS:
            known.setdefault(f"ever-{action}", once(action=action))
            known.setdefault(f"never-{action}", _never(action))
    if None in candidate.events:
        events = known
    spare = [e for n, e in known.items() if n not in candidate.events] or [*known.values()]
    for place, name in enumerate(sorted(n for n in candidate.events if n is not None)):
        events[name] = known.get(name) or spare[place % len(spare)]
    return replace(model, events=events)


def _never(action: str) -> Automaton:
    ever = once(action=action)
    return Automaton(ever.transitions, frozenset(ever.transitions.rules) - ever.accept)


def is_small(evidence: Evidence) -> bool:
    """Whether the process has few enough states for one model among many."""
    chain, moves = evidence.interaction.imitator_chain, 0
    reached = {0}
    for _ in range(evidence.model.horizon):
        reached = {s for state in reached for s, _ in chain.edges(state).merged}
        moves += len(reached)
        if moves > MAX_MOVES or len(chain.states) > MAX_STATES:
            return False
    return True


def examine(candidate: Candidate, evidence: Evidence) -> Finding:
    """Check a candidate on a model exactly."""
    verdict = candidate.check(evidence)
    if isinstance(verdict, Unknown):
        return Finding("outside" if verdict.inapplicable else "undecided", reason=verdict.reason)
    if isinstance(verdict, Violated):
        return Finding("refuted", score(verdict.witness.comparison))
    return Finding("holds", max(map(score, verdict.certificate)))


def score(comparison: Comparison) -> float:
    """See `Finding`; -1 where both sides are 0, the right one is infinite, or floats fail."""
    left, right = float(comparison.left), float(comparison.right)
    if math.isnan(left) or math.isnan(right):
        return -1.0
    if math.isinf(right) or math.isinf(left):
        return 1.0 if left > right else -1.0
    size = abs(left) + abs(right)
    return (left - right) / size if size else -1.0


def ratio_of(found: float) -> float:
    """The ratio left/right of positive sides that have a score."""
    return (1 + found) / (1 - found) if found < 1 else math.inf


Source: TypeAlias = dict[str, Any]
"""Where a model comes from: `{"witness": its name}`, or `{"model": its file}`."""


@dataclass
class Batch:
    """What came of some models.

    counts: how many of each kind. closest: the highest score, and the first model that has it.
    refuted: a model that refutes the candidate. doubt: why the first one is undecided, and that
        one if it is known. complete: whether all the models were looked at that should have been.
    """

    counts: dict[str, int] = field(default_factory=dict)
    closest: tuple[float, Source] | None = None
    refuted: Source | None = None
    doubt: tuple[str, Source | None] | None = None
    complete: bool = True

    def add(self, finding: Finding, model: Model | None, name: str | None = None) -> None:
        """Count one model. name: of a witness; one too large to run has nothing else."""

        def source() -> Source:
            if name is not None:
                return {"witness": name}
            assert model is not None
            return {"model": write_model(model)}

        self.counts[finding.kind] = self.counts.get(finding.kind, 0) + 1
        if finding.kind == "refuted" and self.refuted is None:
            self.refuted = source()
        elif finding.kind == "undecided" and self.doubt is None:
            self.doubt = (finding.reason, source())
        rated = finding.kind == "refuted" or (finding.kind == "holds" and finding.score > -1)
        if rated and (self.closest is None or finding.score > self.closest[0]):
            self.closest = (finding.score, source())

    def merge(self, other: Batch) -> None:
        """Add what came of other models."""
        for kind, count in other.counts.items():
            self.counts[kind] = self.counts.get(kind, 0) + count
        if other.closest is not None and (
            self.closest is None or other.closest[0] > self.closest[0]
        ):
            self.closest = other.closest
        self.refuted = self.refuted or other.refuted
        self.doubt = self.doubt or other.doubt
        self.complete = self.complete and other.complete

    @property
    def seen(self) -> int:
        """How many models were looked at."""
        return sum(self.counts.values())

    @property
    def compared(self) -> int:
        """How many of them satisfied the hypotheses and were compared exactly."""
        return sum(self.counts.get(kind, 0) for kind in ("holds", "refuted", "undecided"))

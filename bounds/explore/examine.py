"""One model looked at for one candidate, within limits; and the counts of many."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, TypeAlias

from bounds.evidence import Evidence
from bounds.explore.document import Document
from bounds.language.candidate import Candidate
from bounds.verdict import Comparison, Unknown, Violated
from exact_cbil.enclosure import Real
from exact_cbil.event import Automaton, Event, once
from exact_cbil.model import Model
from exact_cbil.modelfile import write_model

__all__ = ["Batch", "Entry", "Finding", "Kind", "TooLarge", "examine", "prepare", "score"]

Kind: TypeAlias = Literal["holds", "refuted", "undecided", "outside", "too large"]

MAX_STATES = 4_000
"""The most merged states of a model that is looked at."""

POOL = 12
"""How many of the best models are kept."""


class TooLarge(Exception):
    """A model has too many states, or time is up."""


class LimitedEvidence(Evidence):
    """Evidence that gives up on a model of too many states or when time is up."""

    def __init__(self, model: Model, deadline: float, states: int) -> None:
        self._deadline, self._states = deadline, states
        super().__init__(model, self._watch)

    def _watch(self, what: str, done: int, total: int) -> None:
        too_many = len(self.interaction.imitator_chain.states) > self._states
        if too_many or time.monotonic() > self._deadline:
            raise TooLarge

    @cached_property
    def divergence_sum(self) -> Real:
        _ = self.result  # the run itself is what the limits guard
        return super().divergence_sum


@dataclass(frozen=True)
class Finding:
    """What came of one model.

    score: `(left - right)/(|left| + |right|)` of the closest comparison, rounded; it rises with
        the ratio and is positive where the candidate fails.
    """

    kind: Kind
    score: float = -1.0
    reason: str = ""
    comparison: Comparison | None = None


def prepare(candidate: Candidate, model: Model) -> Model:
    """The model with events for the candidate to speak of, and no others."""
    events: dict[str, Event] = {}
    known = dict(model.events)
    for action in model.actions:
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


def examine(
    candidate: Candidate, model: Model, deadline: float = math.inf, states: int = MAX_STATES
) -> Finding:
    """Check a candidate on a model exactly.

    deadline: on the clock `time.monotonic`. states: the most that the process may have.
    """
    evidence = LimitedEvidence(model, deadline, states)
    try:
        verdict = candidate.check(evidence)
    except TooLarge:
        return Finding("too large")
    if isinstance(verdict, Unknown):
        return Finding("outside" if verdict.inapplicable else "undecided", reason=verdict.reason)
    if isinstance(verdict, Violated):
        found = verdict.witness.comparison
        return Finding("refuted", score(found), comparison=found)
    closest = max(verdict.certificate, key=score)
    return Finding("holds", score(closest), comparison=closest)


def score(comparison: Comparison) -> float:
    """See `Finding`; -1 where both sides are 0 or the right one is infinite."""
    left, right = float(comparison.left), float(comparison.right)
    if math.isinf(right) or math.isinf(left):
        return 1.0 if left > right else -1.0
    size = abs(left) + abs(right)
    return (left - right) / size if size else -1.0


def ratio_of(found: float) -> float:
    """The ratio left/right of positive sides that have a score."""
    return (1 + found) / (1 - found) if found < 1 else math.inf


Entry: TypeAlias = tuple[float, Document]


@dataclass
class Batch:
    """What came of some models.

    counts: how many of each kind. best: the highest scores with their models, best first.
    refuted: the first model that refutes the candidate. doubt: why the first one is undecided.
    partial: whether time ran out before all models were looked at.
    """

    counts: dict[str, int] = field(default_factory=dict)
    best: list[Entry] = field(default_factory=list)
    refuted: Document | None = None
    doubt: tuple[str, Document] | None = None
    partial: bool = False

    def add(self, model: Model, finding: Finding) -> None:
        """Count one model."""
        self.counts[finding.kind] = self.counts.get(finding.kind, 0) + 1
        if finding.kind == "refuted" and self.refuted is None:
            self.refuted = write_model(model)
        elif finding.kind == "undecided" and self.doubt is None:
            self.doubt = (finding.reason, write_model(model))
        elif finding.kind == "holds":
            full = len(self.best) >= POOL
            if finding.score > -1 and not (full and finding.score <= self.best[-1][0]):
                self._offer((finding.score, write_model(model)))

    def _offer(self, entry: Entry) -> None:
        alike = [e for e in self.best if shape(e[1]) == shape(entry[1])]
        # Two of a shape at most, so that the pool keeps different ideas.
        if len(alike) >= 2:
            if entry[0] <= alike[-1][0] or any(e[0] == entry[0] for e in alike):
                return
            self.best.remove(alike[-1])
        self.best.append(entry)
        self.best.sort(key=lambda e: -e[0])
        del self.best[POOL:]

    def merge(self, other: Batch) -> None:
        """Add the results of other models."""
        for kind, count in other.counts.items():
            self.counts[kind] = self.counts.get(kind, 0) + count
        for entry in other.best:
            self._offer(entry)
        self.refuted = self.refuted or other.refuted
        self.doubt = self.doubt or other.doubt

    @property
    def models(self) -> int:
        """How many models satisfied the hypotheses and were compared exactly."""
        kinds = ("holds", "refuted", "undecided")
        return sum(self.counts.get(kind, 0) for kind in kinds)


def shape(document: Mapping[str, Any]) -> tuple[int, ...]:
    """Sizes that tell kinds of models apart."""
    return (len(document["policies"]), len(document["actions"]), int(document["horizon"]) // 4)

"""Steps and histories, and the rules by which finite machines read them.

| symbol    | here                                   |
|-----------|----------------------------------------|
| (q, a, o) | `Step(queried, action, observation)`   |
| h         | `History`, a tuple of steps            |
| h_<k      | `history[:k]`                          |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from exact_cbil.errors import UnknownName

__all__ = ["Action", "History", "Observation", "Rule", "Step", "Transitions", "unlabelled"]

Action: TypeAlias = str
Observation: TypeAlias = str


class Step(NamedTuple):
    """One step `(q, a, o)`: was the demonstrator asked, what was done, what was seen."""

    queried: bool
    action: Action
    observation: Observation


History: TypeAlias = tuple[Step, ...]


def unlabelled(step: Step) -> Step:
    """Hide from a reader whether the demonstrator was asked: every step reads as queried.

    The demonstrator, the environment and the events read steps through this, so they cannot
    depend on q and `P_d` and `P_i` speak about the same events.
    Source: SPEC R2.
    """
    return step if step.queried else Step(True, step.action, step.observation)


@dataclass(frozen=True, slots=True)
class Rule:
    """Go to state `to` on a step that has the named parts; `None` matches anything."""

    to: str
    action: Action | None = None
    observation: Observation | None = None
    queried: bool | None = None

    def matches(self, step: Step) -> bool:
        """Whether every named part of the rule equals that part of the step."""
        return (
            (self.action is None or self.action == step.action)
            and (self.observation is None or self.observation == step.observation)
            and (self.queried is None or self.queried == step.queried)
        )


@dataclass(frozen=True)
class Transitions:
    """The moves of a finite machine: in each state, the first rule that matches; else stay.

    start: the first state.
    rules: for every state, its rules in the order in which they are tried.
    Raises UnknownName when `start` or the target of a rule is not a state.
    Source: SPEC cbil-model/1.
    """

    start: str
    rules: Mapping[str, tuple[Rule, ...]]

    def __post_init__(self) -> None:
        if self.start not in self.rules:
            raise UnknownName("start", self.start, "state")
        for state, rules in self.rules.items():
            for rule in rules:
                if rule.to not in self.rules:
                    raise UnknownName(f"a rule of state {state!r}", rule.to, "state")

    def __hash__(self) -> int:
        return hash((self.start, frozenset(self.rules)))

    def after(self, state: str, step: Step) -> str:
        """The state that follows `state` on `step`."""
        for rule in self.rules[state]:
            if rule.matches(step):
                return rule.to
        return state

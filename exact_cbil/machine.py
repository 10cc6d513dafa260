"""Machines that read histories: what policies, environments and events have in common (D2)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar

from exact_cbil.errors import UnknownName
from exact_cbil.history import History, Rule, Step, Transitions

__all__ = ["HistoryMachine", "Machine", "MooreMachine"]

E = TypeVar("E")


class Machine(ABC):
    """Reads a history one step at a time; its states are hashable.

    Two histories that lead to one state are never told apart again, which is what lets the exact
    process merge them.
    """

    @property
    @abstractmethod
    def start(self) -> Hashable:
        """The state at the empty history."""

    @abstractmethod
    def advance(self, state: Any, step: Step) -> Hashable:
        """The state after one more step."""

    def read(self, history: History) -> Any:
        """The state after a history."""
        state = self.start
        for step in history:
            state = self.advance(state, step)
        return state


class HistoryMachine(Machine):
    """The extreme case: the state *is* the history, and nothing merges."""

    @property
    def start(self) -> History:
        return ()

    def advance(self, state: History, step: Step) -> History:
        return (*state, step)


@dataclass(frozen=True)
class MooreMachine(Machine, Generic[E]):
    """A finite machine, as in the model file, each of whose states emits something."""

    transitions: Transitions
    emissions: Mapping[str, E]

    def __post_init__(self) -> None:
        for state in self.transitions.rules:
            if state not in self.emissions:
                raise UnknownName("emissions", state, "state (it emits nothing)")

    def __hash__(self) -> int:
        return hash(self.transitions)

    @classmethod
    def of(cls, start: str, states: Mapping[str, tuple[E, Iterable[Rule]]]) -> Self:
        """Build a machine from its start and, for every state, what it emits and its rules."""
        return cls(
            Transitions(start, {name: tuple(rules) for name, (_, rules) in states.items()}),
            {name: emission for name, (emission, _) in states.items()},
        )

    @property
    def start(self) -> str:
        return self.transitions.start

    def advance(self, state: str, step: Step) -> str:
        return self.transitions.after(state, step)

"""Environments: from a history and an action to a measure over observations (D2)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from exact_cbil.errors import UndefinedHistory, UnknownName
from exact_cbil.history import Action, History, Observation, Rule, Step, Transitions
from exact_cbil.semimeasure import Semimeasure

__all__ = ["Environment", "HistoryEnvironment", "MooreEnvironment", "TableEnvironment", "silent"]

ObservationMeasure: TypeAlias = Semimeasure[Observation]


class Environment(ABC):
    """Maps a history and an action to a measure over observations. Source: SPEC D2.

    It reads steps with q hidden (R2). `environment(history, action)` evaluates it.
    """

    @property
    @abstractmethod
    def start(self) -> Hashable:
        """The state at the empty history."""

    @abstractmethod
    def emit(self, state: Any, action: Action) -> ObservationMeasure:
        """The measure over observations when `action` is taken in `state`."""

    @abstractmethod
    def advance(self, state: Any, step: Step) -> Hashable:
        """The state after one more step."""

    def __call__(self, history: History, action: Action) -> ObservationMeasure:
        state = self.start
        for step in history:
            state = self.advance(state, step)
        return self.emit(state, action)


@dataclass(frozen=True)
class MooreEnvironment(Environment):
    """A finite machine whose states emit, for every action, a measure over observations."""

    transitions: Transitions
    emissions: Mapping[str, Mapping[Action, ObservationMeasure]]

    def __post_init__(self) -> None:
        for state in self.transitions.rules:
            if state not in self.emissions:
                raise UnknownName("emissions", state, "state (it emits nothing)")

    def __hash__(self) -> int:
        return hash(self.transitions)

    @classmethod
    def of(
        cls,
        start: str,
        states: Mapping[str, tuple[Mapping[Action, ObservationMeasure], Iterable[Rule]]],
    ) -> MooreEnvironment:
        """Build a machine from its start and, for every state, what it emits and its rules."""
        return cls(
            Transitions(start, {name: tuple(rules) for name, (_, rules) in states.items()}),
            {name: emission for name, (emission, _) in states.items()},
        )

    @property
    def start(self) -> str:
        return self.transitions.start

    def emit(self, state: str, action: Action) -> ObservationMeasure:
        return self.emissions[state].get(action, Semimeasure({}))

    def advance(self, state: str, step: Step) -> str:
        return self.transitions.after(state, step)


def silent(actions: Iterable[Action], observation: Observation = "x") -> MooreEnvironment:
    """The environment that always shows the same observation."""
    shown = Semimeasure.point(observation)
    return MooreEnvironment.of("e", {"e": (dict.fromkeys(actions, shown), ())})


@dataclass(frozen=True)
class HistoryEnvironment(Environment):
    """An environment given by a plain Python function of history and action."""

    function: Callable[[History, Action], ObservationMeasure]

    @property
    def start(self) -> History:
        return ()

    def emit(self, state: History, action: Action) -> ObservationMeasure:
        return self.function(state, action)

    def advance(self, state: History, step: Step) -> History:
        return (*state, step)


def TableEnvironment(  # noqa: N802 - reads as the class it stands for
    table: Mapping[tuple[History, Action], ObservationMeasure],
    default: ObservationMeasure | None = None,
) -> HistoryEnvironment:
    """An environment given by a table over (history, action), histories with q hidden as True.

    default: what to emit where the table has no entry; without it, UndefinedHistory.
    """

    def look_up(history: History, action: Action) -> ObservationMeasure:
        emission = table.get((history, action), default)
        if emission is None:
            raise UndefinedHistory((history, action))
        return emission

    return HistoryEnvironment(look_up)

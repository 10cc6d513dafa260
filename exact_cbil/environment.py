"""Environments: from a history and an action to a measure over observations (D2)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from exact_cbil.errors import UndefinedHistory
from exact_cbil.history import Action, History, Observation
from exact_cbil.machine import HistoryMachine, Machine, MooreMachine
from exact_cbil.semimeasure import Semimeasure

__all__ = ["Environment", "HistoryEnvironment", "MooreEnvironment", "TableEnvironment", "silent"]

ObservationMeasure: TypeAlias = Semimeasure[Observation]


class Environment(Machine):
    """Maps a history and an action to a measure over observations. Source: SPEC D2.

    It reads steps with q hidden (R2). `environment(history, action)` evaluates it.
    """

    @abstractmethod
    def emit(self, state: Any, action: Action) -> ObservationMeasure:
        """The measure over observations when `action` is taken in `state`."""

    def __call__(self, history: History, action: Action) -> ObservationMeasure:
        return self.emit(self.read(history), action)


class MooreEnvironment(MooreMachine[Mapping[Action, ObservationMeasure]], Environment):
    """A finite machine whose states emit, for every action, a measure over observations."""

    def emit(self, state: str, action: Action) -> ObservationMeasure:
        return self.emissions[state].get(action, Semimeasure({}))


def silent(actions: Iterable[Action], observation: Observation = "x") -> MooreEnvironment:
    """The environment that always shows the same observation."""
    shown = Semimeasure.point(observation)
    return MooreEnvironment.of("e", {"e": (dict.fromkeys(actions, shown), ())})


@dataclass(frozen=True)
class HistoryEnvironment(HistoryMachine, Environment):
    """An environment given by a plain Python function of history and action."""

    function: Callable[[History, Action], ObservationMeasure]

    def emit(self, state: History, action: Action) -> ObservationMeasure:
        return self.function(state, action)


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

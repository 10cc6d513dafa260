"""Events: deterministic automata that read actions and observations (D7)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from exact_cbil.errors import OutOfRange, UnknownName
from exact_cbil.history import History, Rule, Step, Transitions
from exact_cbil.machine import HistoryMachine, Machine

__all__ = ["Automaton", "Event", "HistoryEvent", "after", "once"]


class Event(Machine):
    """A set of histories, read one step at a time: `start`, `advance`, `accepts`.

    As an event of a model it reads steps with q hidden (R2); as the trigger of a policy it sees q.
    """

    @abstractmethod
    def accepts(self, state: Any) -> bool:
        """Whether a history that ends in `state` belongs to the event."""

    def __contains__(self, history: History) -> bool:
        return self.accepts(self.read(history))


@dataclass(frozen=True)
class Automaton(Event):
    """An event given by a finite automaton with named states, as in the model file."""

    transitions: Transitions
    accept: frozenset[str]

    def __post_init__(self) -> None:
        for state in sorted(self.accept):
            if state not in self.transitions.rules:
                raise UnknownName("accept", state, "state")

    @classmethod
    def of(
        cls, start: str, accept: Iterable[str], rules: Mapping[str, Iterable[Rule]]
    ) -> Automaton:
        """Build an automaton from its start, accepting states and the rules of every state."""
        table = {state: tuple(listed) for state, listed in rules.items()}
        return cls(Transitions(start, table), frozenset(accept))

    @property
    def start(self) -> str:
        return self.transitions.start

    def advance(self, state: str, step: Step) -> str:
        return self.transitions.after(state, step)

    def accepts(self, state: str) -> bool:
        return state in self.accept


@dataclass(frozen=True)
class HistoryEvent(HistoryMachine, Event):
    """An event given by a plain Python predicate on histories; nothing merges."""

    predicate: Callable[[History], bool]

    def accepts(self, state: History) -> bool:
        return bool(self.predicate(state))


def once(
    action: str | None = None, observation: str | None = None, queried: bool | None = None
) -> Automaton:
    """The event that some step so far had all the named parts.

    >>> (Step(False, "defect", "x"),) in once(action="defect")
    True
    """
    rule = Rule("yes", action, observation, queried)
    return Automaton.of("no", ["yes"], {"no": [rule], "yes": []})


def after(steps: int) -> Automaton:
    """The event that at least `steps` steps have been taken.

    >>> (Step(True, "a", "x"),) in after(1), () in after(1)
    (True, False)
    """
    if steps < 0:
        raise OutOfRange("steps", steps, "a whole number from 0")
    rules = {str(t): [Rule(str(t + 1))] for t in range(steps)}
    return Automaton.of("0", [str(steps)], {**rules, str(steps): []})

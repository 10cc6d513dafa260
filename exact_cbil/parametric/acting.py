"""What the learner does in the states of the imitator's chain, over any field of numbers.

The chain is that of `process`, but a state does not tell whether pi_d has left the top set, and
what is done in it may depend on parameters, through the top set and the minimum.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, NamedTuple

from exact_cbil.history import Step, unlabelled
from exact_cbil.learner import Belief, Learner, step_law

__all__ = ["Act", "Actor", "State"]


class State(NamedTuple):
    """A state of the imitator's chain."""

    belief: Belief
    demonstrator: Hashable
    environment: Hashable


@dataclass(frozen=True, slots=True)
class Act:
    """What the learner does in one state with one top set and minimum.

    outside: whether pi_d is in the class and outside the top set.
    moves: (number of the next state, step, chance).
    """

    belief: Belief
    theta: Any
    size: int
    outside: bool
    moves: tuple[tuple[int, Step, Any], ...]


class Actor:
    """Numbers the states of a learner's chain as they are found, and finds the moves from them.

    one: the unit of the learner's field.
    """

    def __init__(self, learner: Learner, one: Any) -> None:
        self.learner = learner
        self.model = learner.model
        self.one = one
        self.states: list[State] = []
        self._numbers: dict[State, int] = {}

    def number(self, state: State) -> int:
        """The number of a state, new or known."""
        found = self._numbers.setdefault(state, len(self.states))
        if found == len(self.states):
            self.states.append(state)
        return found

    def start(self) -> int:
        """The number of the first state."""
        demonstrator, environment = self.model.demonstrator_policy, self.model.environment
        return self.number(State(self.learner.start, demonstrator.start, environment.start))

    def act(self, number: int, top: tuple[int, ...]) -> Act:
        """What is done in a state with a given top set. Source: SPEC D6."""
        learner, state = self.learner, self.states[number]
        least = learner.minimum(state.belief.states, top)
        theta = self.one - sum(least)
        asked = learner.demonstrator_emission(state.demonstrator)
        moves = []
        for queried, action, chance in step_law(self.model.actions, least, theta, asked):
            for observation, seen in learner.shown(state.environment, action):
                step = Step(queried, action, observation)
                moves.append((self._successor(state, step), step, chance * seen))
        index = learner.demonstrator
        outside = index is not None and index not in top
        return Act(state.belief, theta, len(top), outside, tuple(moves))

    def _successor(self, state: State, step: Step) -> int:
        hidden = unlabelled(step)
        return self.number(
            State(
                self.learner.observe(state.belief, step),
                self.model.demonstrator_policy.advance(state.demonstrator, hidden),
                self.model.environment.advance(state.environment, hidden),
            )
        )

"""Rewards: what an imitator that is trained gets for each action (L10, L11)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from exact_cbil.errors import OutOfRange, UnknownName
from exact_cbil.history import Action, Rule, Step, Transitions, unlabelled
from exact_cbil.machine import Machine

__all__ = ["ASKED", "MAX_REWARD", "MooreReward", "Reward"]

MAX_REWARD = 1000
"""The greatest reward accepted: likelihoods are raised to its power."""


class Reward(Machine):
    """A whole number from 0 for each step, read one step at a time: `start`, `given`, `advance`.

    Source: SPEC L10.
    """

    @abstractmethod
    def given(self, state: Any, step: Step) -> int:
        """The reward of a step taken in `state`."""


@dataclass(frozen=True)
class MooreReward(Reward):
    """A finite machine whose states give each action a reward, 0 where they name none.

    It reads steps with q hidden (R2).
    rewards: for every state, whole numbers from 0 to MAX_REWARD by action.
    """

    transitions: Transitions
    rewards: Mapping[str, Mapping[Action, int]]

    def __post_init__(self) -> None:
        for state in self.transitions.rules:
            if state not in self.rewards:
                raise UnknownName("rewards", state, "state (it rewards nothing)")
            for action, reward in self.rewards[state].items():
                if type(reward) is not int or not 0 <= reward <= MAX_REWARD:
                    wanted = f"a whole number from 0 to {MAX_REWARD}"
                    raise OutOfRange(f"reward of {action}", reward, wanted)

    def __hash__(self) -> int:
        return hash(self.transitions)

    @classmethod
    def of(
        cls, start: str, states: Mapping[str, tuple[Mapping[Action, int], Iterable[Rule]]]
    ) -> MooreReward:
        """Build a machine from its start and, for every state, its rewards and its rules."""
        return cls(
            Transitions(start, {name: tuple(rules) for name, (_, rules) in states.items()}),
            {name: rewards for name, (rewards, _) in states.items()},
        )

    @property
    def start(self) -> str:
        return self.transitions.start

    def given(self, state: str, step: Step) -> int:
        return self.rewards[state].get(step.action, 0)

    def advance(self, state: str, step: Step) -> str:
        return self.transitions.after(state, unlabelled(step))


class _Asked(Reward):
    """1 where the demonstrator was asked, else 0."""

    @property
    def start(self) -> None:
        return None

    def given(self, state: None, step: Step) -> int:
        return int(step.queried)

    def advance(self, state: None, step: Step) -> None:
        return None


ASKED = _Asked()
"""The reward of a model that has none of its own: imitation of the answers."""

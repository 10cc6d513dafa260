"""The law of histories of any imitator, as a Markov chain of merged states (D7)."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any, NamedTuple

from flint import arb
from gmpy2 import mpq, mpz

from exact_cbil.errors import CbilError
from exact_cbil.history import Step, unlabelled
from exact_cbil.imitators.imitator import Enclosed, Imitator, ball
from exact_cbil.learner import Learner, step_law
from exact_cbil.model import Model
from exact_cbil.numbers import common_integers
from exact_cbil.process import Chain, Edges
from exact_cbil.semimeasure import Semimeasure

__all__ = ["MOST_HISTORIES", "Acts", "ImitatorLaw"]

MOST_HISTORIES = 100_000
"""The most states of an imitator whose masses are balls, as hardly any of its histories merge."""


class Acts(NamedTuple):
    """What an imitator does in a state: `m` in the order of the model's actions, and `theta`.

    Rationals of gmpy2; or balls, and the integer 0 where a number is 0 for certain.
    """

    least: tuple[Any, ...]
    theta: Any


class State(NamedTuple):
    """A state of the chain."""

    memory: Hashable
    demonstrator: Hashable
    environment: Hashable


class ImitatorLaw(Chain[State]):
    """`P_i` of an imitator in the world of a model. Source: SPEC D6, D7, L1.

    The demonstrator and the environment read steps with q hidden (R2); the imitator sees q.
    """

    def __init__(self, model: Model, imitator: Imitator) -> None:
        self.model = model
        self.imitator = imitator
        self.world = Learner(model)
        self._acts: list[Acts | None] = []
        if imitator.enclosed:
            self.one = arb(1)
        start = State(imitator.start, model.demonstrator_policy.start, model.environment.start)
        super().__init__(start)

    def admit(self, state: State) -> None:
        self._acts.append(None)
        if self.imitator.enclosed and len(self._acts) > MOST_HISTORIES:
            wanted = f"more than {MOST_HISTORIES} histories, hardly any of which merge"
            raise CbilError(f"horizon: {wanted}; a shorter one needs fewer")

    def acts(self, index: int) -> Acts:
        """What the imitator does in a state, found at the first call."""
        found = self._acts[index]
        if found is None:
            found = self._acts[index] = self._checked(self.states[index].memory)
        return found

    def _checked(self, memory: Hashable) -> Acts:
        emitted = self.imitator.emit(memory)
        if isinstance(emitted, Enclosed):
            return Acts(emitted.masses, emitted.deficit)
        kind = type(self.imitator).__name__
        if not isinstance(emitted, Semimeasure):
            raise CbilError(f"{kind}: expected a Semimeasure, got {type(emitted).__name__}")
        least = self.world.vector(emitted, kind)
        theta = 1 - sum(least, mpq(0))
        return Acts(tuple(map(self._number, least)), self._number(theta))

    def _number(self, value: mpq) -> Any:
        """A rational in the numbers of the imitator."""
        if self.imitator.enclosed:
            return ball(value) if value else 0
        return value

    def moves(self, index: int) -> Iterator[tuple[Step, Any]]:
        """The steps possible in a state, with their probabilities."""
        state, (least, theta) = self.states[index], self.acts(index)
        target = [self._number(p) for p in self.world.demonstrator_emission(state.demonstrator)]
        for queried, action, chance in step_law(self.model.actions, least, theta, target):
            for observation, shown in self.world.shown(state.environment, action):
                yield Step(queried, action, observation), chance * self._number(shown)

    def follow(self, state: State, step: Step) -> State:
        """The state after one more step."""
        hidden = unlabelled(step)
        return State(
            self.imitator.advance(state.memory, step),
            self.model.demonstrator_policy.advance(state.demonstrator, hidden),
            self.model.environment.advance(state.environment, hidden),
        )

    def expand(self, index: int) -> Edges:
        steps, chances = zip(*self.moves(index), strict=True)
        successors = [self.number(self.follow(self.states[index], step)) for step in steps]
        if self.imitator.enclosed:
            return Edges.of(mpz(1), zip(successors, chances, steps, strict=True))
        integers, denominator = common_integers(chances)
        return Edges.of(denominator, zip(successors, integers, steps, strict=True))

"""Imitators that know only which policies no answer has refuted, and one that knows nothing
(L7, L9, L12)."""

from __future__ import annotations

from collections.abc import Hashable

from gmpy2 import mpz

from exact_cbil.history import Action, Step
from exact_cbil.imitators.bayesian import Bayesian
from exact_cbil.imitators.imitator import ASK, Imitator
from exact_cbil.learner import DEAD, Belief
from exact_cbil.model import Model
from exact_cbil.semimeasure import Semimeasure

__all__ = ["Always", "Ensemble", "VersionSpace"]


class VersionSpace(Bayesian):
    """Asks where two policies that are not refuted differ, else acts as they do. Source: SPEC L9.

    A policy is refuted by an answer to which it gave no mass: then its posterior weight is 0.
    """

    def __init__(self, model: Model, size: int | None = None) -> None:
        super().__init__(model)
        states = self.learner.start.states
        kept = len(states) if size is None else min(size, len(states))
        dead = len(states) - kept
        self.start = Belief((*states[:kept], *[DEAD] * dead), (mpz(1),) * kept + (mpz(0),) * dead)

    def advance(self, memory: Belief, step: Step) -> Hashable:
        found = self.learner.observe(memory, step)
        return found._replace(weights=tuple(min(w, mpz(1)) for w in found.weights))

    def alive(self, belief: Belief) -> list[int]:
        """The policies that are not refuted."""
        return [i for i, state in enumerate(belief.states) if state is not DEAD]

    def emit(self, memory: Belief) -> Semimeasure[Action]:
        alive = self.alive(memory)
        emitted = {self.learner.emission(i, memory.states[i]) for i in alive}
        return self.agreed(memory, alive) if len(emitted) == 1 else ASK


class Ensemble(VersionSpace):
    """The least that any of the first policies gives that is not refuted. Source: SPEC L7.

    size: how many of the class, in its order; all, where it has fewer.
    """

    def emit(self, memory: Belief) -> Semimeasure[Action]:
        return self.agreed(memory, self.alive(memory))


class Always(Imitator):
    """Asks always. Source: SPEC L12."""

    def emit(self, memory: None) -> Semimeasure[Action]:
        return ASK

    def advance(self, memory: None, step: Step) -> None:
        return None

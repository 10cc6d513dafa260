"""The protocol: an imitator acts with a semimeasure, and asks with what is left over (L)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, TypeAlias

from flint import arb, fmpq
from gmpy2 import mpq

from exact_cbil.history import Action, Step
from exact_cbil.semimeasure import Semimeasure

__all__ = ["ASK", "AsksFirst", "Enclosed", "Imitator", "ball"]

ASK: Semimeasure[Action] = Semimeasure({})
"""What an imitator emits that asks with probability 1."""


@dataclass(frozen=True)
class Enclosed:
    """A semimeasure that is not rational, as balls of FLINT.

    masses: for every action a ball, or the integer 0. deficit: a ball, or the integer 0.
    """

    masses: tuple[Any, ...]
    deficit: Any


def ball(value: mpq) -> Any:
    """A rational as a ball at the working precision."""
    return arb(fmpq(int(value.numerator), int(value.denominator)))


Emitted: TypeAlias = Semimeasure[Action] | Enclosed


class Imitator(ABC):
    """A learner in the world of a model: what it does after a history, and what it remembers.

    It takes action `a` itself with the probability that `emit(memory)` gives it, and asks the
    demonstrator with the deficit. Memories are hashable; histories that leave one memory are never
    told apart again, which is what makes long horizons possible.
    Source: SPEC D6, L1.

    >>> class Copier(Imitator):
    ...     '''Repeats the last answer for ever, and asks until it has one.'''
    ...
    ...     def emit(self, answer):
    ...         return ASK if answer is None else Semimeasure.point(answer)
    ...
    ...     def advance(self, answer, step):
    ...         return step.action if step.queried else answer
    >>> from exact_cbil import compare
    >>> from exact_cbil.models import rare_action
    >>> found = compare(rare_action("1/8", horizon=2), [Copier()]).learners[0]
    >>> found.queries, found.events["never-rare"]
    (Fraction(1, 1), Fraction(7, 8))
    """

    start: Hashable = None
    """The memory at the empty history."""

    longest: int | None = None
    """The longest horizon that it is asked for; None is any."""

    enclosed: bool = False
    """Whether its masses are not rational: then everything about it is enclosed."""

    @abstractmethod
    def emit(self, memory: Any) -> Emitted:
        """The semimeasure over actions by which it acts; it asks with the deficit."""

    @abstractmethod
    def advance(self, memory: Any, step: Step) -> Hashable:
        """The memory after one more step, which says whether the demonstrator was asked."""


class AsksFirst(Imitator):
    """Asks at the first steps, and from then on does as another imitator, which saw them."""

    def __init__(self, steps: int, then: Imitator) -> None:
        self.then = then
        self.start = (steps, then.start)
        self.longest = then.longest
        self.enclosed = then.enclosed

    def emit(self, memory: Any) -> Emitted:
        left, inner = memory
        return ASK if left else self.then.emit(inner)

    def advance(self, memory: Any, step: Step) -> Hashable:
        left, inner = memory
        return (max(left - 1, 0), self.then.advance(inner, step))

"""The law of histories `P_i` over a whole cell of parameters: one propagation, split as needed.

At each time the merged states that carry mass are settled one by one: top set, minimum, next
beliefs. Where that splits the cell, its parts go on from there and share all that came before. The
whole range goes from time to time together, so that a run that must stop can say how far it came.
Masses are polynomials.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from exact_cbil.errors import CbilError
from exact_cbil.event import Event
from exact_cbil.history import unlabelled
from exact_cbil.interaction import Progress
from exact_cbil.parametric.acting import Act, Actor
from exact_cbil.parametric.cell import Cell
from exact_cbil.parametric.decide import decide_each
from exact_cbil.parametric.learner import ParametricLearner
from exact_cbil.parametric.parameters import MAX_QUESTIONS

__all__ = ["Moments", "Outcome", "Walk"]


MAX_CELLS, MAX_TERMS = 10_000, 250_000
"""The most cells of a run, and the most terms of the polynomials of all times."""


class Moments(NamedTuple):
    """Expectations at one time: of theta, its square and cube, |Top|, and whether pi_d has left.

    weight: of `w(pi_d|h)`; None for a demonstrator outside the class.
    """

    theta: Any
    theta2: Any
    theta3: Any
    top_size: Any
    left: Any
    weight: Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """A whole run on one cell: the moments at t = 0, ..., T-1 and each event's `P_i(B)`."""

    moments: tuple[Moments, ...]
    events: Mapping[str, Any]


Masses = Mapping[tuple[int, Hashable], Any]
Weigh = Callable[[list[tuple[Act, Any]]], Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A cell on which all is settled up to some time, with the laws at that time.

    front: the mass of each state; inside: that of histories on which pi_d has always been in the
    top set. readers: by event, the mass of each state with the event's.
    """

    cell: Cell
    front: Mapping[int, Any]
    inside: Mapping[int, Any]
    readers: Mapping[str, Masses]
    moments: tuple[Moments, ...]

    @property
    def terms(self) -> int:
        """How many terms the polynomials of the laws have."""
        laws: list[Mapping[Any, Any]] = [self.front, self.inside, *self.readers.values()]
        return sum(len(mass) for law in laws for mass in law.values())


class _Exhausted(Exception):
    pass


class Walk:
    """The imitator's chain of a learner over cells.

    weigh: the expectation of `w(pi_d|h)` from pairs (act, mass).
    """

    def __init__(self, learner: ParametricLearner, weigh: Weigh) -> None:
        self.learner = learner
        self.model = learner.model
        self.actor = Actor(learner, learner.one)
        self._weigh = weigh

    def _act(self, cell: Cell, number: int) -> Act:
        if self.learner.parameters.questions > MAX_QUESTIONS:
            raise _Exhausted
        self.learner.cell = cell
        return self.actor.act(number, self.learner.top_set(self.actor.states[number].belief))

    def run(
        self, cell: Cell, horizon: int, progress: Progress | None = None
    ) -> list[tuple[Cell, Outcome]]:
        """Split a cell until the run to the horizon is settled: each part, with its outcome.

        Raises CbilError where that takes too much: it says what was reached.
        Source: SPEC D6, D7.
        """
        start, one = self.actor.start(), self.learner.one
        begun = {start: one}
        readers = {name: {(start, event.start): one} for name, event in self.model.events.items()}
        parts = [Part(cell, begun, begun, readers, ())]
        terms = 0
        for t in range(horizon):
            following: list[Part] = []
            try:
                for smaller in chain.from_iterable(map(self._step, parts)):
                    following.append(smaller)
                    terms += smaller.terms
                    if len(following) > MAX_CELLS or terms > MAX_TERMS:
                        raise _Exhausted
            except _Exhausted:
                raise CbilError(
                    f"run: stopped at time {t} of {horizon}, with {len(following)} cells and "
                    f"{terms} terms of polynomials, after {self.learner.parameters.questions} "
                    f"questions to Z3; expected a horizon of at most {t}"
                ) from None
            parts = following
            if progress is not None:
                progress("time", t + 1, horizon)
        return [(part.cell, Outcome(part.moments, self._accepted(part.readers))) for part in parts]

    def _step(self, part: Part) -> Iterator[Part]:
        """One step on a part, which it may split."""
        for cell, settled in decide_each(part.cell, list(part.front), self._act):
            acts = dict(zip(part.front, settled, strict=True))
            stays = {n: mass for n, mass in part.inside.items() if not acts[n].outside}
            yield Part(
                cell,
                _advance(part.front, acts),
                _advance(stays, acts),
                {
                    name: _advance_beside(masses, acts, self.model.events[name])
                    for name, masses in part.readers.items()
                },
                (*part.moments, self._moments(part.front, stays, acts)),
            )

    def _moments(
        self, front: Mapping[int, Any], stays: Mapping[int, Any], acts: Mapping[int, Act]
    ) -> Moments:
        theta, theta2, theta3, size = (self.learner.zero,) * 4
        for number, mass in front.items():
            act = acts[number]
            first = mass * act.theta
            second = first * act.theta
            theta, theta2, theta3 = theta + first, theta2 + second, theta3 + second * act.theta
            size += mass * act.size
        left = self.learner.one - sum(stays.values())
        weight = self._weigh([(acts[number], mass) for number, mass in front.items()])
        return Moments(theta, theta2, theta3, size, left, weight)

    def _accepted(
        self, readers: Mapping[str, Mapping[tuple[int, Hashable], Any]]
    ) -> dict[str, Any]:
        return {
            name: sum(
                (m for (_, s), m in masses.items() if self.model.events[name].accepts(s)),
                self.learner.zero,
            )
            for name, masses in readers.items()
        }


def _advance(front: Mapping[int, Any], acts: Mapping[int, Act]) -> dict[int, Any]:
    following: dict[int, Any] = {}
    for number, mass in front.items():
        for successor, _, chance in acts[number].moves:
            moved = mass * chance
            following[successor] = following[successor] + moved if successor in following else moved
    return following


def _advance_beside(
    masses: Masses, acts: Mapping[int, Act], event: Event
) -> dict[tuple[int, Hashable], Any]:
    following: dict[tuple[int, Hashable], Any] = {}
    for (number, reader), mass in masses.items():
        for successor, step, chance in acts[number].moves:
            key = (successor, event.advance(reader, unlabelled(step)))
            moved = mass * chance
            following[key] = following[key] + moved if key in following else moved
    return following

"""The law of histories `P_i` over a whole cell of parameters: one propagation, split as needed.

At each time the merged states that carry mass are settled one by one: top set, minimum, next
beliefs. Where that splits the cell, its parts go on from there and share all that came before.
Masses are elements of the field of the probabilities: rationals, or polynomials.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from exact_cbil.event import Event
from exact_cbil.history import Action, Observation, Step, unlabelled
from exact_cbil.learner import Belief, Learner
from exact_cbil.parametric.decide import Decider, decide_each

__all__ = ["CellLearner", "Moments", "Node", "Outcome", "Walk"]


class CellLearner(Learner):
    """A learner whose comparisons are decided by `cell`, over the field with unit `one`."""

    cell: Decider
    one: Any
    cell_free: bool
    """Whether a step is settled by the top set and the minimum alone."""

    @abstractmethod
    def shown(self, environment: Hashable, action: Action) -> list[tuple[Observation, Any]]:
        """The environment's possible observations, with their chances."""


class State(NamedTuple):
    """A state of the imitator's chain, as in `ImitatorChain`."""

    belief: Belief
    demonstrator: Hashable
    environment: Hashable
    left: bool


@dataclass(frozen=True, slots=True)
class Node:
    """What the learner does in one state on one cell.

    moves: (number of the next state, step, chance).
    """

    belief: Belief
    theta: Any
    size: int
    left: bool
    moves: tuple[tuple[int, Step, Any], ...]


class Moments(NamedTuple):
    """Expectations at one time: of theta, its square and cube, |Top|, and whether pi_d has left.

    weight: of `w(pi_d|h)`, where it was asked for.
    """

    theta: Any
    theta2: Any
    theta3: Any
    top_size: Any
    left: Any
    weight: Any = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A whole run on one cell: the moments at t = 0, ..., T-1 and each event's `P_i(B)`."""

    moments: tuple[Moments, ...]
    events: Mapping[str, Any]


Masses = Mapping[tuple[int, Hashable], Any]
Weigh = Callable[[list[tuple[Node, Any]]], Any]


class Walk:
    """The imitator's chain of a learner over cells.

    weigh: the expectation of `w(pi_d|h)` from pairs (node, mass); by default it is left out.
    """

    def __init__(self, learner: CellLearner, weigh: Weigh = lambda pairs: None) -> None:
        self.learner = learner
        self.model = learner.model
        self._weigh = weigh
        self._states: list[State] = []
        self._numbers: dict[State, int] = {}
        self._nodes: dict[Hashable, Node] = {}

    def _number(self, state: State) -> int:
        found = self._numbers.setdefault(state, len(self._states))
        if found == len(self._states):
            self._states.append(state)
        return found

    def _node(self, cell: Decider, number: int) -> Node:
        learner, state = self.learner, self._states[number]
        learner.cell = cell
        top = learner.top_set(state.belief)
        least = learner.minimum(state.belief.states, top)
        key = (number, top, least)
        node = self._nodes.get(key)
        if node is None:
            node = self._expand(state, top, least)
            if learner.cell_free:
                self._nodes[key] = node
        return node

    def _expand(self, state: State, top: tuple[int, ...], least: tuple[Any, ...]) -> Node:
        learner, model = self.learner, self.model
        index = learner.demonstrator
        left = state.left or (index is not None and index not in top)
        theta = learner.one - sum(least)
        target = learner.demonstrator_emission(state.demonstrator)
        moves = []
        for action, m, p in zip(model.actions, least, target, strict=True):
            for queried, chance in ((False, m), (True, theta * p)):
                if not chance:
                    continue
                for observation, shown in learner.shown(state.environment, action):
                    step = Step(queried, action, observation)
                    moves.append((self._successor(state, step, left), step, chance * shown))
        return Node(state.belief, theta, len(top), left, tuple(moves))

    def _successor(self, state: State, step: Step, left: bool) -> int:
        hidden = unlabelled(step)
        return self._number(
            State(
                self.learner.observe(state.belief, step),
                self.model.demonstrator_policy.advance(state.demonstrator, hidden),
                self.model.environment.advance(state.environment, hidden),
                left,
            )
        )

    def run(self, cell: Decider, horizon: int) -> Iterator[tuple[Any, Outcome]]:
        """Split a cell until the run to the horizon is settled; yield each part with its outcome.

        Source: SPEC D6, D7.
        """
        model, one = self.model, self.learner.one
        demonstrator, environment = model.demonstrator_policy.start, model.environment.start
        start = self._number(State(self.learner.start, demonstrator, environment, False))
        front = {start: one}
        readers = {name: {(start, event.start): one} for name, event in model.events.items()}
        moments: tuple[Moments, ...] = ()
        waiting: list[Any] = [(cell, front, readers, moments)]
        while waiting:
            cell, front, readers, moments = waiting.pop()
            if len(moments) == horizon:
                yield cell, Outcome(moments, self._accepted(readers))
                continue
            parts = list(decide_each(cell, list(front), self._node))
            for part, settled in reversed(parts):
                nodes = dict(zip(front, settled, strict=True))
                waiting.append(
                    (
                        part,
                        _advance(front, nodes),
                        {
                            name: _advance_beside(masses, nodes, model.events[name])
                            for name, masses in readers.items()
                        },
                        (*moments, self._moments(front, nodes)),
                    )
                )

    def _moments(self, front: Mapping[int, Any], nodes: Mapping[int, Node]) -> Moments:
        zero = self.learner.one - self.learner.one
        theta, theta2, theta3, size, left = (zero,) * 5
        for number, mass in front.items():
            node = nodes[number]
            first = mass * node.theta
            second = first * node.theta
            theta, theta2, theta3 = theta + first, theta2 + second, theta3 + second * node.theta
            size += mass * node.size
            if node.left:
                left += mass
        weight = self._weigh([(nodes[number], mass) for number, mass in front.items()])
        return Moments(theta, theta2, theta3, size, left, weight)

    def _accepted(
        self, readers: Mapping[str, Mapping[tuple[int, Hashable], Any]]
    ) -> dict[str, Any]:
        zero = self.learner.one - self.learner.one
        return {
            name: sum(
                (m for (_, s), m in masses.items() if self.model.events[name].accepts(s)), zero
            )
            for name, masses in readers.items()
        }


def _advance(front: Mapping[int, Any], nodes: Mapping[int, Node]) -> dict[int, Any]:
    following: dict[int, Any] = {}
    for number, mass in front.items():
        for successor, _, chance in nodes[number].moves:
            moved = mass * chance
            following[successor] = following[successor] + moved if successor in following else moved
    return following


def _advance_beside(
    masses: Masses, nodes: Mapping[int, Node], event: Event
) -> dict[tuple[int, Hashable], Any]:
    following: dict[tuple[int, Hashable], Any] = {}
    for (number, reader), mass in masses.items():
        for successor, step, chance in nodes[number].moves:
            key = (successor, event.advance(reader, unlabelled(step)))
            moved = mass * chance
            following[key] = following[key] + moved if key in following else moved
    return following

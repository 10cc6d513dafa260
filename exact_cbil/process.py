"""The laws of histories `P_i`, `P_d` and `P_g` as finite Markov chains of merged states (D7, T4).

There are exponentially many histories. But a history matters to the future only through the states
of the machines and the posterior up to scale, so these are the states of a chain, and each is
expanded once, however many histories and times reach it. The probabilities at one time are integers
over a shared denominator and are never reduced, so each time step costs one multiplication and one
addition per edge (`propagate` says why that is right).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

import gmpy2
from gmpy2 import mpq, mpz

from exact_cbil.event import Event
from exact_cbil.history import Step, unlabelled
from exact_cbil.learner import Belief, Learner, Move, step_law
from exact_cbil.memory import need
from exact_cbil.numbers import common_integers
from exact_cbil.symmetry import Symmetry

__all__ = [
    "Chain",
    "DemonstratorChain",
    "Distribution",
    "GuardedChain",
    "ImitatorChain",
    "Node",
    "Product",
    "Statistics",
    "propagate",
]

S = TypeVar("S", bound=Hashable)

OBJECTS = 500
"""Bytes that a state and its mass take besides the digits of the mass; roughly."""

EDGE = 250
"""Bytes that an edge takes; roughly."""

Statistics: TypeAlias = tuple[mpq, mpq, int, bool]


@dataclass(frozen=True, slots=True)
class Edges:
    """The moves from one state: integers over `denominator` that sum to it.

    labelled: (next state, numerator, step), one for each possible step.
    merged: (next state, numerator), one for each next state.
    """

    denominator: mpz
    labelled: tuple[tuple[int, mpz, Step], ...]
    merged: tuple[tuple[int, mpz], ...]

    @classmethod
    def of(cls, denominator: mpz, labelled: Iterable[tuple[int, mpz, Step]]) -> Edges:
        """The edges of labelled moves, with those to one state added up."""
        listed = tuple(labelled)
        sums: dict[int, mpz] = {}
        for successor, numerator, _ in listed:
            known = sums.get(successor)
            sums[successor] = numerator if known is None else known + numerator
        return cls(denominator, listed, tuple(sums.items()))


class Chain(ABC, Generic[S]):
    """A Markov chain with steps on its edges. State 0 is the start; states are found as needed."""

    one: Any = mpz(1)
    """The mass of the start; a ball, where the numerators are balls."""

    def __init__(self, start: S) -> None:
        self.states: list[S] = []
        self._index: dict[S, int] = {}
        self._edges: list[Edges | None] = []
        self.number(start)

    def number(self, state: S) -> int:
        """The index of a state, new or known."""
        index = self._index.setdefault(state, len(self.states))
        if index == len(self.states):
            self.states.append(state)
            self._edges.append(None)
            self.admit(state)
        return index

    def admit(self, state: S) -> None:
        """Called once for each new state, in the order of the indices."""

    def size(self, index: int) -> int:
        """About how many bytes a state takes."""
        return OBJECTS

    @abstractmethod
    def expand(self, index: int) -> Edges:
        """Find the moves from a state."""

    def edges(self, index: int) -> Edges:
        """The moves from a state, found at the first call."""
        found = self._edges[index]
        if found is None:
            known = len(self.states)
            found = self._edges[index] = self.expand(index)
            new = len(self.states) - known
            size = EDGE * len(found.labelled or found.merged)
            if new:  # states found together are about as large
                size += 4 * new * self.size(known)
            need(size, f"with {known} states known")
        return found


@dataclass(frozen=True, slots=True)
class Distribution:
    """The law of a chain's state at time `t`: `masses[i] / denominator` at state i."""

    t: int
    masses: dict[int, mpz]
    denominator: mpz


def propagate(
    chain: Chain[S], horizon: int, progress: Callable[[int], None] | None = None
) -> Iterator[Distribution]:
    """Yield the law of the chain's state at t = 0, 1, ..., horizon.

    progress: called with t after each step.
    Raises OutOfMemory before a step for which the memory does not suffice.
    """
    # A state of mass n/D with edges e/d gives each successor n e / (D d). Let L be the least common
    # multiple of all the d that occur at this time. Then every successor's mass is an integer over
    # D L: n (L/d) e, summed over the edges that lead to it. So no division is ever needed, and no
    # gcd. With reduced fractions each addition would take one, of numbers that grow by as many
    # digits at each time; a gcd of long numbers costs far more than their product, and it finds
    # little, because masses that come together from many histories seldom share a factor with D L.
    # One denominator for all states also makes every expectation a sum of integers, reduced once.
    masses = {0: chain.one}
    denominator = mpz(1)
    yield Distribution(0, masses, denominator)
    for t in range(1, horizon + 1):
        size = denominator.bit_length() // 8 + OBJECTS
        need(3 * len(masses) * size, f"at time {t} of {horizon}")
        rows = [(mass, chain.edges(state)) for state, mass in masses.items()]
        common = gmpy2.lcm(*{edges.denominator for _, edges in rows})
        following: dict[int, mpz] = {}
        for mass, edges in rows:
            if edges.denominator != common:
                mass *= gmpy2.divexact(common, edges.denominator)
            for successor, numerator in edges.merged:
                if successor in following:
                    following[successor] += mass * numerator
                else:
                    following[successor] = mass * numerator
        masses, denominator = following, denominator * common
        if progress is not None:
            progress(t)
        yield Distribution(t, masses, denominator)


class Outcome(NamedTuple):
    """What a step does: to the policies, and the next states of the other two machines.

    stays: whether that is nothing.
    """

    move: Move
    demonstrator: Hashable
    environment: Hashable
    stays: bool


@dataclass(eq=False, slots=True)
class Kernel:
    """The learner's step in given policy states with a given top set.

    theta, gain: `theta` and `G` of T1's proof and T4.
    steps, numerators: the steps (0, a, o) and (1, a, o) that can be taken, and the probability of
        each as an integer over `denominator`.
    outcomes: what they do, each thing once; found by `ImitatorChain.successors`.
    places: for each step the place of its outcome.
    """

    theta: mpq
    gain: mpq
    denominator: mpz
    steps: tuple[Step, ...]
    numerators: tuple[mpz, ...]
    outcomes: tuple[Outcome, ...] = ()
    places: tuple[int, ...] = ()


class Node:
    """A state of the imitator's chain: belief, machine states, and whether pi_d ever left.

    top: the top set, as positions in class order.
    left: whether pi_d has been outside the top set at this or an earlier time (False when pi_d is
        outside the class).
    kernel: the learner's step, found by `ImitatorChain.kernel` when first asked for: a state
        reached only at the horizon is never acted in, and its machines are not asked.
    successors: the states after the kernel's outcomes, found by `ImitatorChain.successors`.
    """

    __slots__ = (
        "belief",
        "demonstrator",
        "environment",
        "kernel",
        "left",
        "statistics",
        "successors",
        "top",
    )

    def __init__(
        self,
        belief: Belief,
        demonstrator: Hashable,
        environment: Hashable,
        left: bool,
        top: tuple[int, ...],
    ) -> None:
        self.belief = belief
        self.demonstrator = demonstrator
        self.environment = environment
        self.left = left
        self.top = top
        self.kernel: Kernel | None = None
        self.statistics: Statistics | None = None
        self.successors: tuple[int, ...] | None = None


ImitatorState = tuple[Belief, Hashable, Hashable, bool]


class ImitatorChain(Chain[ImitatorState]):
    """`P_i`: the states are (belief, demonstrator's state, environment's state, has pi_d left).

    The last is a property of the path; it makes T3's and T4's quantities functions of the state.
    symmetric: merge beliefs that differ by an exchange of equal machines.
    Source: SPEC D6, D7.
    """

    def __init__(self, learner: Learner, symmetric: bool = False) -> None:
        self.learner = learner
        self._symmetry = Symmetry(learner) if symmetric else None
        self.model = learner.model
        self.nodes: list[Node] = []
        self._kernels: dict[Hashable, Kernel] = {}
        demonstrator = self.model.demonstrator_policy.start
        start = self._merged(learner.start)
        super().__init__((start, demonstrator, self.model.environment.start, False))

    def _merged(self, belief: Belief) -> Belief:
        return belief if self._symmetry is None else self._symmetry.canonical(belief)

    def admit(self, state: ImitatorState) -> None:
        belief, demonstrator, environment, left = state
        top = self.learner.top_set(belief)
        if self._symmetry is not None:
            self._symmetry.check(belief, top)
        index = self.learner.demonstrator
        left = left or (index is not None and index not in top)
        self.nodes.append(Node(belief, demonstrator, environment, left, top))

    def size(self, index: int) -> int:
        weights = self.nodes[index].belief.weights
        bits: int = len(weights) * max(weights).bit_length()
        return OBJECTS + bits // 8

    def kernel(self, index: int) -> Kernel:
        """The learner's step in a state, found at the first call."""
        node = self.nodes[index]
        if node.kernel is None:
            node.kernel = self._kernel(node.belief, node.demonstrator, node.environment, node.top)
        return node.kernel

    def statistics(self, index: int) -> Statistics:
        """What every expectation but the demonstrator's weight depends on; few values, many states.

        The values are theta, G, |Top| and whether pi_d has left.
        """
        node = self.nodes[index]
        if node.statistics is None:
            kernel = self.kernel(index)
            node.statistics = (kernel.theta, kernel.gain, len(node.top), node.left)
        return node.statistics

    def _kernel(
        self, belief: Belief, demonstrator: Hashable, environment: Hashable, top: tuple[int, ...]
    ) -> Kernel:
        key = (belief.states, demonstrator, environment, top)
        kernel = self._kernels.get(key)
        if kernel is None:
            least = self.learner.minimum(belief.states, top)
            target = self.learner.demonstrator_emission(demonstrator)
            theta = 1 - sum(least, mpq(0))
            # max over the top set of (1 - r)_+ is (1 - m/p)_+; it is 1 where the top set is empty.
            losses = [
                max(mpq(0), 1 - m / p) if p else mpq(0) for m, p in zip(least, target, strict=True)
            ]
            gain = sum((p * x * x for p, x in zip(target, losses, strict=True)), mpq(0))
            chances = [
                (Step(queried, action, observation), chance * seen)
                for queried, action, chance in step_law(self.model.actions, least, theta, target)
                for observation, seen in self.learner.shown(environment, action)
            ]
            integers, denominator = common_integers(q for _, q in chances)
            steps = tuple(step for step, _ in chances)
            kernel = self._kernels[key] = Kernel(theta, gain, denominator, steps, integers)
        return kernel

    def successors(self, index: int) -> tuple[int, ...]:
        """The states after the kernel's outcomes, found at the first call."""
        node, kernel = self.nodes[index], self.kernel(index)
        if node.successors is None:
            if not kernel.outcomes:
                kernel.outcomes, kernel.places = self._outcomes(node, kernel.steps)
            found = []
            again = self.states[index][3] == node.left
            for move, demonstrator, environment, stays in kernel.outcomes:
                if stays and again:
                    found.append(index)
                    continue
                belief = Belief(move.states, move.reweighed(node.belief.weights))
                state = (self._merged(belief), demonstrator, environment, node.left)
                found.append(self.number(state))
            node.successors = tuple(found)
        return node.successors

    def expand(self, index: int) -> Edges:
        successors, kernel = self.successors(index), self.kernel(index)
        after = map(successors.__getitem__, kernel.places)
        return Edges.of(
            kernel.denominator, zip(after, kernel.numerators, kernel.steps, strict=True)
        )

    def _outcomes(
        self, node: Node, steps: Sequence[Step]
    ) -> tuple[tuple[Outcome, ...], tuple[int, ...]]:
        """What steps do, and for each step the place of that."""
        found: dict[Outcome, int] = {}
        places = []
        for step in steps:
            hidden = unlabelled(step)
            move = self.learner.move(node.belief.states, step)
            demonstrator = self.model.demonstrator_policy.advance(node.demonstrator, hidden)
            environment = self.model.environment.advance(node.environment, hidden)
            after = (move.states, demonstrator, environment)
            before = (node.belief.states, node.demonstrator, node.environment)
            stays = move.likelihoods is None and after == before
            outcome = Outcome(move, demonstrator, environment, stays)
            places.append(found.setdefault(outcome, len(found)))
        return tuple(found), tuple(places)


class DemonstratorChain(Chain[tuple[Hashable, Hashable]]):
    """`P_d`: the demonstrator acts at every step; the states are its own and the environment's."""

    def __init__(self, learner: Learner, start: tuple[Hashable, Hashable] | None = None) -> None:
        self.learner = learner
        self.model = learner.model
        super().__init__(
            start or (self.model.demonstrator_policy.start, self.model.environment.start)
        )

    def moves(self, state: tuple[Hashable, Hashable]) -> list[tuple[Step, mpq]]:
        """The steps possible in a state, with their probabilities."""
        demonstrator, environment = state
        target = self.learner.demonstrator_emission(demonstrator)
        nothing = [mpq(0)] * len(target)
        return [
            (Step(queried, action, observation), chance * seen)
            for queried, action, chance in step_law(self.model.actions, nothing, mpq(1), target)
            for observation, seen in self.learner.shown(environment, action)
        ]

    def follow(self, state: tuple[Hashable, Hashable], step: Step) -> tuple[Hashable, Hashable]:
        """The state after one more step."""
        return (
            self.model.demonstrator_policy.advance(state[0], step),
            self.model.environment.advance(state[1], step),
        )

    def expand(self, index: int) -> Edges:
        state = self.states[index]
        moves = self.moves(state)
        integers, denominator = common_integers(q for _, q in moves)
        return Edges.of(
            denominator,
            (
                (self.number(self.follow(state, step)), integer, step)
                for (step, _), integer in zip(moves, integers, strict=True)
            ),
        )


class GuardedChain(Chain[tuple[str, int]]):
    """`P_g`: the imitator until pi_d first leaves the top set, the demonstrator from then on.

    Source: SPEC T4.
    """

    def __init__(self, imitator: ImitatorChain, demonstrator: DemonstratorChain) -> None:
        self.imitator = imitator
        self.demonstrator = demonstrator
        super().__init__(self._guard(0))

    def _guard(self, index: int) -> tuple[str, int]:
        node = self.imitator.nodes[index]
        if not node.left:
            return ("imitator", index)
        state = (node.demonstrator, node.environment)
        return ("demonstrator", self.demonstrator.number(state))

    def size(self, index: int) -> int:
        who, inner = self.states[index]
        return OBJECTS + (self.imitator if who == "imitator" else self.demonstrator).size(inner)

    def expand(self, index: int) -> Edges:
        who, inner = self.states[index]
        if who == "imitator":
            edges = self.imitator.edges(inner)
            moves = [(self.number(self._guard(s)), n, step) for s, n, step in edges.labelled]
        else:
            edges = self.demonstrator.edges(inner)
            moves = [(self.number((who, s)), n, step) for s, n, step in edges.labelled]
        return Edges.of(edges.denominator, moves)


class Product(Chain[tuple[int, Hashable]]):
    """A chain run beside a reader of its steps, such as an event automaton or a counter."""

    def __init__(
        self, chain: Chain[Any], start: Hashable, advance: Callable[[Hashable, Step], Hashable]
    ) -> None:
        self.chain = chain
        self.one = chain.one
        self._advance = cache(advance)
        super().__init__((0, start))

    @classmethod
    def with_event(cls, chain: Chain[Any], event: Event) -> Product:
        """Run beside an event, which reads steps with q hidden (R2)."""
        return cls(chain, event.start, lambda state, step: event.advance(state, unlabelled(step)))

    @classmethod
    def with_query_count(cls, chain: Chain[Any]) -> Product:
        """Run beside a counter of queries."""

        def count(state: Hashable, step: Step) -> Hashable:
            assert isinstance(state, int)
            return state + step.queried

        return cls(chain, 0, count)

    def size(self, index: int) -> int:
        return OBJECTS + self.chain.size(self.states[index][0])

    def expand(self, index: int) -> Edges:
        inner, reader = self.states[index]
        edges = self.chain.edges(inner)
        return Edges.of(
            edges.denominator,
            (
                (self.number((successor, self._advance(reader, step))), numerator, step)
                for successor, numerator, step in edges.labelled
            ),
        )


def grouped(distribution: Distribution, value: Callable[[int], Hashable]) -> dict[Hashable, mpz]:
    """The law of a function of the state: its values, with masses over the same denominator."""
    sums: dict[Hashable, mpz] = {}
    for state, mass in distribution.masses.items():
        key = value(state)
        sums[key] = sums.get(key, mpz(0)) + mass
    return sums


def marginal(
    distribution: Distribution, value: Callable[[int], Hashable]
) -> Sequence[tuple[Hashable, mpq]]:
    """The law of a function of the state: pairs (value, probability)."""
    return [
        (key, mpq(mass, distribution.denominator))
        for key, mass in grouped(distribution, value).items()
    ]

"""Policies: from histories to semimeasures over actions (D2), in one protocol.

A policy is a machine with hashable states: `start`, `emit`, `advance`. One that is written as a
function of the whole history is a machine too, whose state *is* the history.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Generator, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from exact_cbil.errors import CbilError, UndefinedHistory, shorten
from exact_cbil.event import Event
from exact_cbil.history import Action, History, Step
from exact_cbil.machine import HistoryMachine, Machine, MooreMachine
from exact_cbil.numbers import RationalLike, probability
from exact_cbil.semimeasure import Semimeasure

__all__ = [
    "GeneratorPolicy",
    "HistoryPolicy",
    "MoorePolicy",
    "Policy",
    "TablePolicy",
    "constant",
    "depart",
    "mix",
    "noisy",
]

ActionSemimeasure: TypeAlias = Semimeasure[Action]


class Policy(Machine):
    """Maps a history to a semimeasure over actions. Source: SPEC D2.

    Subclass it, or use one of the classes below. `policy(history)` evaluates it.
    """

    @abstractmethod
    def emit(self, state: Any) -> ActionSemimeasure:
        """The semimeasure over actions in `state`."""

    @property
    def machine(self) -> object:
        """All of the policy but its start: policies of equal machine agree from equal states on."""
        return self

    def __call__(self, history: History) -> ActionSemimeasure:
        return self.emit(self.read(history))


class MoorePolicy(MooreMachine[ActionSemimeasure], Policy):
    """A finite machine whose states emit semimeasures."""

    @property
    def machine(self) -> object:
        return (self.transitions.rules, self.emissions)

    def emit(self, state: str) -> ActionSemimeasure:
        return self.emissions[state]


def constant(masses: Mapping[Action, RationalLike] | ActionSemimeasure) -> MoorePolicy:
    """The memoryless policy that always emits the same semimeasure.

    >>> constant({"a": "1/2", "b": "1/2"})(())
    Semimeasure({'a': 1/2, 'b': 1/2})
    """
    emission = masses if isinstance(masses, Semimeasure) else Semimeasure(masses)
    return MoorePolicy.of("s", {"s": (emission, ())})


@dataclass(frozen=True)
class HistoryPolicy(HistoryMachine, Policy):
    """A policy given by a plain Python function from history to semimeasure."""

    function: Callable[[History], ActionSemimeasure]

    def emit(self, state: History) -> ActionSemimeasure:
        return _semimeasure(self.function(state), state)


def TablePolicy(  # noqa: N802 - reads as the class it stands for
    table: Mapping[History, ActionSemimeasure], default: ActionSemimeasure | None = None
) -> HistoryPolicy:
    """A policy given by a table over histories.

    default: what to emit at a history that the table lacks; without it, UndefinedHistory.
    """

    def look_up(history: History) -> ActionSemimeasure:
        emission = table.get(history, default)
        if emission is None:
            raise UndefinedHistory(history)
        return emission

    return HistoryPolicy(look_up)


@dataclass(frozen=True)
class GeneratorPolicy(HistoryMachine, Policy):
    """A policy given by a generator function that yields semimeasures and is sent steps.

    The function must be deterministic: its generator is run again for each history.

    >>> def copycat():
    ...     step = yield Semimeasure({"a": "1/2", "b": "1/2"})
    ...     while True:
    ...         step = yield Semimeasure.point(step.action)
    >>> GeneratorPolicy(copycat)((Step(True, "b", "x"),))
    Semimeasure({'b': 1})
    """

    function: Callable[[], Generator[ActionSemimeasure, Step, None]]

    def emit(self, state: History) -> ActionSemimeasure:
        generator = self.function()
        try:
            emission = next(generator)
            for step in state:
                emission = generator.send(step)
        except StopIteration:
            raise UndefinedHistory(state) from None
        return _semimeasure(emission, state)


def _semimeasure(value: object, history: History) -> ActionSemimeasure:
    if not isinstance(value, Semimeasure):
        raise CbilError(
            f"policy: expected a Semimeasure at history {shorten(history, 120)}, "
            f"got {type(value).__name__}"
        )
    return value


@dataclass(frozen=True)
class _Departure(Policy):
    base: Policy
    trigger: Event
    then: Policy

    @property
    def start(self) -> Hashable:
        return self._settle(self.base.start, self.trigger.start)

    def _settle(self, base: Hashable, trigger: Hashable) -> Hashable:
        if self.trigger.accepts(trigger):
            return ("departed", self.then.start)
        return ("following", base, trigger)

    def emit(self, state: Any) -> ActionSemimeasure:
        return self.then.emit(state[1]) if state[0] == "departed" else self.base.emit(state[1])

    def advance(self, state: Any, step: Step) -> Hashable:
        if state[0] == "departed":
            return ("departed", self.then.advance(state[1], step))
        return self._settle(self.base.advance(state[1], step), self.trigger.advance(state[2], step))


def depart(base: Policy, trigger: Event, then: Policy) -> Policy:
    """Follow `base` until the history so far belongs to `trigger`, and `then` for ever after.

    `then` starts from its own start state at the moment of departure. This is the treacherous
    model: an imitator until it sees its chance.

    >>> from exact_cbil.event import after
    >>> traitor = depart(constant({"safe": 1}), after(1), constant({"defect": 1}))
    >>> traitor(()), traitor((Step(True, "safe", "x"),))
    (Semimeasure({'safe': 1}), Semimeasure({'defect': 1}))
    """
    return _Departure(base, trigger, then)


@dataclass(frozen=True)
class _Mix(Policy):
    weights: tuple[RationalLike, ...]
    policies: tuple[Policy, ...]

    @property
    def start(self) -> Hashable:
        return tuple(policy.start for policy in self.policies)

    def emit(self, state: Any) -> ActionSemimeasure:
        return Semimeasure.mixture(
            (w, policy.emit(s))
            for w, policy, s in zip(self.weights, self.policies, state, strict=True)
        )

    def advance(self, state: Any, step: Step) -> Hashable:
        return tuple(
            policy.advance(s, step) for policy, s in zip(self.policies, state, strict=True)
        )


def mix(parts: Iterable[tuple[RationalLike, Policy]]) -> Policy:
    """The policy `h -> sum_i c_i pi_i(.|h)`: a fresh choice among the policies at every step.

    parts: pairs (c_i, pi_i), the c_i non-negative and summing to at most 1.
    """
    listed = list(parts)
    Semimeasure({number: probability(w, "mixture weight") for number, (w, _) in enumerate(listed)})
    return _Mix(tuple(w for w, _ in listed), tuple(policy for _, policy in listed))


def noisy(policy: Policy, rate: RationalLike, noise: ActionSemimeasure) -> Policy:
    """`(1 - rate) pi + rate * noise`: at every step, with probability `rate`, act from `noise`.

    >>> noisy(constant({"a": 1}), "1/10", Semimeasure.uniform(["a", "b"]))(())
    Semimeasure({'a': 19/20, 'b': 1/20})
    """
    exact = probability(rate, "rate")
    return mix([(1 - exact, policy), (exact, constant(noise))])

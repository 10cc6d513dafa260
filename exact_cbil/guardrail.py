"""A guardrail: the cautious estimate of an event, and how likely it is ever to be too low (D5, T3).

At a history the estimate is the largest probability of the event if a member of the top set acted
from there on. While the demonstrator is in the top set the estimate is at least its own
probability; T3 bounds the probability that it ever leaves.

| symbol        | here                          |
|---------------|-------------------------------|
| P_pi(B|h)     | `Outlook.chance`              |
| R             | `Guardrail.bound`             |
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from gmpy2 import mpq, mpz

from exact_cbil.errors import CbilError
from exact_cbil.event import Event
from exact_cbil.history import History, Step, unlabelled
from exact_cbil.imitators import named
from exact_cbil.imitators.bayesian import Conservative
from exact_cbil.imitators.chain import ImitatorLaw
from exact_cbil.learner import Learner
from exact_cbil.model import Model
from exact_cbil.numbers import to_fraction
from exact_cbil.process import Chain, Edges, propagate

__all__ = ["Guardrail", "Outlook", "cautious_estimate", "guardrail"]


class World(NamedTuple):
    """Where a policy, the environment and the event are, and how many steps are left."""

    policy: Hashable
    environment: Hashable
    event: Hashable
    left: int


class Outlook:
    """The probability of an event if a policy of the class, or the demonstrator, acts from now on.

    Each step that it takes alone reads as asked, as those of the demonstrator do. What a policy
    leaves out as a deficit is a stop: the event does not happen then. Source: SPEC D7, R5.
    """

    def __init__(self, model: Model, event: Event) -> None:
        self.learner = Learner(model)
        self.model = model
        self.event = event
        self._known: dict[tuple[int | None, World], mpq] = {}

    def chance(self, who: int | None, world: World) -> mpq:
        """`P_pi(B|h)`. who: a place in class order; None is the demonstrator."""
        # Worlds are worked off on a stack, the later ones first: a horizon may exceed Python's.
        pending = [world]
        while pending:
            here = pending[-1]
            known = self._known.get((who, here))
            if known is None and here.left == 0:
                known = mpq(self.event.accepts(here.event))
            if known is None:
                following = self._following(who, here)
                missing = [w for w, _ in following if (who, w) not in self._known]
                if missing:
                    pending += missing
                    continue
                known = sum((p * self._known[who, w] for w, p in following), mpq(0))
            self._known[who, here] = known
            pending.pop()
        return self._known[who, world]

    def _following(self, who: int | None, world: World) -> list[tuple[World, mpq]]:
        model, learner = self.model, self.learner
        if who is None:
            policy, emitted = model.demonstrator_policy, learner.demonstrator_emission(world.policy)
        else:
            policy, emitted = learner.policies[who], learner.emission(who, world.policy)
        found = []
        for action, p in zip(model.actions, emitted, strict=True):
            for observation, shown in learner.shown(world.environment, action) if p else ():
                step = Step(True, action, observation)
                after = World(
                    policy.advance(world.policy, step),
                    model.environment.advance(world.environment, step),
                    self.event.advance(world.event, step),
                    world.left - 1,
                )
                found.append((after, p * shown))
        return found


class _Watch:
    """The estimate and the truth at the states of an imitator's law."""

    def __init__(self, model: Model, event: Event | str, learner: str | Conservative) -> None:
        if isinstance(event, str):
            if event not in model.events:
                raise CbilError(f"event: the model has no event {event!r}")
            event = model.events[event]
        self.model, self.event = model, event
        self.imitator = _trusting(model, learner)
        self.outlook = Outlook(model, event)

    def estimate(self, states: Sequence[Hashable], trusted: Sequence[int], world: World) -> mpq:
        """The largest chance over the trusted policies; 1 where there are none (R4)."""
        chances = (self.outlook.chance(i, world._replace(policy=states[i])) for i in trusted)
        return max(chances, default=mpq(1))


def _trusting(model: Model, learner: str | Conservative) -> Conservative:
    found = named(learner).imitator(model) if isinstance(learner, str) else learner
    if not isinstance(found, Conservative):
        raise CbilError(f"learner: expected one with a top set, got {learner!r}")
    return found


def cautious_estimate(
    model: Model, event: Event | str, history: History, learner: str | Conservative | None = None
) -> Fraction:
    """The largest `P_pi(B|h)` over the top set, and 1 where it is empty.

    event: one of the model's, by name or as an event, decided at its horizon.
    history: at most as long as the horizon.
    learner: `conservative:A`, `relative:A` or `absolute:A`; by default the first at the model's
        alpha. Source: SPEC D5, L1.

    >>> from exact_cbil.models import treacherous_turn
    >>> cautious_estimate(treacherous_turn(), "ever-defects", ())
    Fraction(1, 1)
    """
    watch = _Watch(model, event, learner or f"conservative:{model.exact_alpha}")
    belief = watch.imitator.learner.belief(history)
    environment, state = model.environment.start, watch.event.start
    for step in history:
        environment = model.environment.advance(environment, unlabelled(step))
        state = watch.event.advance(state, unlabelled(step))
    left = model.horizon - len(history)
    if left < 0:
        raise CbilError(f"history: expected at most {model.horizon} steps, got {len(history)}")
    world = World(None, environment, state, left)
    return to_fraction(watch.estimate(belief.states, watch.imitator.members(belief), world))


@dataclass(frozen=True)
class Guardrail:
    """How the cautious estimate fares under the law of its own learner.

    first_failure: for t = 0, 1, ..., T the probability that the estimate is below `P_d(B|h_t)` for
        the first time at t.
    ever: their sum. bound: `R = (1/w_d - 1)/(1/alpha - 1)` of T3; None at alpha 1, and for a
        demonstrator outside the class.
    Source: SPEC T3.
    """

    first_failure: tuple[Fraction, ...]
    ever: Fraction
    bound: Fraction | None


class _FirstFailure(Chain[tuple[Any, ...]]):
    """An imitator's law that stops where the estimate first fails."""

    def __init__(self, watch: _Watch) -> None:
        self.watch = watch
        self.law = ImitatorLaw(watch.model, watch.imitator)
        super().__init__(self._settled(0, watch.event.start, watch.model.horizon))

    def _settled(self, index: int, event: Hashable, left: int) -> tuple[Any, ...]:
        watch, state = self.watch, self.law.states[index]
        belief: Any = state.memory
        world = World(state.demonstrator, state.environment, event, left)
        trusted = watch.imitator.members(belief)
        truth = watch.outlook.chance(None, world)
        if watch.estimate(belief.states, trusted, world) < truth:
            return ("failed", watch.model.horizon - left)
        return (index, event, left)

    def expand(self, index: int) -> Edges:
        state = self.states[index]
        if state[0] == "failed":
            return Edges(mpz(1), (), ((index, mpz(1)),))
        inner, event, left = state
        edges = self.law.edges(inner)
        moves = []
        for successor, numerator, step in edges.labelled:
            read = self.watch.event.advance(event, unlabelled(step))
            settled = self._settled(successor, read, left - 1)
            moves.append((self.number(settled), numerator, step))
        return Edges.of(edges.denominator, moves)


def guardrail(
    model: Model, event: Event | str, learner: str | Conservative | None = None
) -> Guardrail:
    """The law of the first time at which the cautious estimate of an event is too low.

    Arguments as of `cautious_estimate`; the learner acts too. Source: SPEC T3, L1.

    >>> from exact_cbil.models import treacherous_turn
    >>> found = guardrail(treacherous_turn().with_alpha("1/20"), "ever-defects")
    >>> found.ever, found.bound
    (Fraction(0, 1), Fraction(9, 19))
    """
    name = learner or f"conservative:{model.exact_alpha}"
    chain = _FirstFailure(_Watch(model, event, name))
    last = list(propagate(chain, model.horizon))[-1]
    law = [mpq(0)] * (model.horizon + 1)
    for state, mass in last.masses.items():
        kind, time = chain.states[state][:2]
        if kind == "failed":
            law[time] += mpq(mass, last.denominator)
    own, alpha = model.demonstrator_prior, to_fraction(chain.watch.imitator.alpha)
    bound = None if own is None or alpha == 1 else (1 / own - 1) / (1 / alpha - 1)
    return Guardrail(tuple(map(to_fraction, law)), to_fraction(sum(law, mpq(0))), bound)

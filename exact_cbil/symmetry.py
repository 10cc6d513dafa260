"""Exchangeable policies, and exchangeable actions: k of them are one counter.

Exchanging two policies of equal machine, state and weight together, changes no number of the
interaction: the top set, the minimum and the query probability see a multiset. Nor does renaming
two actions, if the demonstrator, the environment and the events do not tell them apart and the
class becomes itself, each policy another of equal weight. Histories that differ so can be merged,
which turns k! or 2^k states of the process into few. Only the order of the class (R1) tells such
policies apart, and only in a tie across the end of the top set; that is an error.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from exact_cbil.environment import MooreEnvironment
from exact_cbil.errors import CbilError
from exact_cbil.event import Automaton
from exact_cbil.history import Action, Transitions
from exact_cbil.learner import Belief, Learner
from exact_cbil.model import Model
from exact_cbil.policy import MoorePolicy, Policy
from exact_cbil.semimeasure import Semimeasure

__all__ = ["OrderMatters", "Symmetry"]


class OrderMatters(CbilError):
    """A tie at the end of the top set falls between policies that were to be exchanged."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        super().__init__(
            f"symmetric: the order of the class decides a tie at the end of the top set between "
            f"{len(self.names)} policies, {self.names[0]!r} among them; run without it"
        )


Orbit: TypeAlias = dict[Action, int]
"""Policies that become each other when actions are renamed: by action, the place of its policy."""


class Symmetry:
    """The exchanges in a learner's class; the demonstrator stays in its place."""

    def __init__(self, learner: Learner) -> None:
        self._learner = learner
        self.actions = tuple(_exchangeable_actions(learner.model))
        machines: list[tuple[object, list[int]]] = []
        for index, policy in enumerate(learner.policies):
            if index == learner.demonstrator:
                continue
            machine = policy.machine
            for known, members in machines:
                if known is machine or known == machine:
                    members.append(index)
                    break
            else:
                machines.append((machine, [index]))
        self.blocks = tuple(tuple(members) for _, members in machines if len(members) > 1)
        self._home = {
            i: (orbits, action)
            for orbits in self.actions
            for orbit in orbits
            for action, i in orbit.items()
        }
        self._block = {i: number for number, block in enumerate(self.blocks) for i in block}
        self._numbers: dict[Hashable, int] = {}

    def canonical(self, belief: Belief) -> Belief:
        """The representative of all beliefs that are `belief` up to exchanges."""
        states, weights = list(belief.states), list(belief.weights)
        for block in self.blocks:
            pairs = sorted(
                ((weights[i], self._number(states[i]), states[i]) for i in block),
                key=lambda pair: pair[:2],
            )
            for i, (weight, _, state) in zip(block, pairs, strict=True):
                states[i], weights[i] = state, weight
        for orbits in self.actions:
            places = list(orbits[0])
            columns = sorted(
                (self._column(orbits, action, states, weights) for action in places),
                key=lambda column: [(weight, number) for weight, number, _ in column],
            )
            for action, column in zip(places, columns, strict=True):
                for orbit, (weight, _, state) in zip(orbits, column, strict=True):
                    states[orbit[action]], weights[orbit[action]] = state, weight
        return Belief(tuple(states), tuple(weights))

    def _column(
        self,
        orbits: Sequence[Orbit],
        action: Action,
        states: Sequence[Hashable],
        weights: Sequence[Any],
    ) -> list[tuple[Any, int, Hashable]]:
        """Weight, state's number and state of each policy whose home is the action."""
        homes = (orbit[action] for orbit in orbits)
        return [(weights[i], self._number(states[i]), states[i]) for i in homes]

    def _number(self, state: Hashable) -> int:
        return self._numbers.setdefault(state, len(self._numbers))

    def check(self, belief: Belief, top: Sequence[int]) -> None:
        """Raise OrderMatters where R1 decides which of several exchangeable policies is on top."""
        if not top:
            return
        last = belief.weights[top[-1]]
        tied = [i for i, weight in enumerate(belief.weights) if weight == last]
        if set(tied) <= set(top):
            return
        kinds = {self._kind(belief, i) for i in tied}
        if len(kinds) > 1 and any(i in self._block or i in self._home for i in tied):
            raise OrderMatters([self._learner.names[i] for i in tied])

    def _kind(self, belief: Belief, index: int) -> Hashable:
        """What tells a policy from those that it can be exchanged with."""
        if index in self._home:
            orbits, action = self._home[index]
            column = self._column(orbits, action, belief.states, belief.weights)
            orbit = next(k for k, homes in enumerate(orbits) if homes[action] == index)
            return (orbit, *(part[:2] for part in column))
        return (self._block.get(index, -1 - index), belief.states[index])


def _exchangeable_actions(model: Model) -> Iterator[tuple[Orbit, ...]]:
    """For each set of exchangeable actions the orbits of the policies that they rename.

    Exchanges of two actions generate all of a set, so each is tried with the set's first.
    """
    sets: list[dict[Action, dict[int, int]]] = []
    for action in model.actions:
        for known in sets:
            first = next(iter(known))
            moved = _moved(model, first, action)
            if moved is not None:
                known[action] = moved
                break
        else:
            sets.append({action: {}})
    for known in sets:
        orbits = _orbits(list(known), list(known.values())[1:])
        if orbits:
            yield orbits


def _orbits(actions: list[Action], exchanges: list[dict[int, int]]) -> tuple[Orbit, ...]:
    """The orbits, if each policy that moves has one action as its home; else none.

    exchanges: what the exchange of the first action with each other one moves, and to where.
    """
    if not exchanges or not exchanges[0]:
        return ()
    if len(exchanges) == 1:
        pairs = {tuple(sorted(pair)) for pair in exchanges[0].items()}
        return tuple(dict(zip(actions, pair, strict=True)) for pair in sorted(pairs))
    # A policy at home at the first action is moved by every exchange, one at home elsewhere only by
    # the exchange of its own action.
    first = sorted(set(exchanges[0]).intersection(*exchanges[1:]))
    found = tuple(
        dict(zip(actions, (index, *(moved[index] for moved in exchanges)), strict=True))
        for index in first
    )
    homes = [index for orbit in found for index in orbit.values()]
    if len(set(homes)) < len(homes):
        return ()
    for action, moved in zip(actions[1:], exchanges, strict=True):
        if set(moved) != {orbit[a] for orbit in found for a in (actions[0], action)}:
            return ()
    return found


def _moved(model: Model, one: Action, other: Action) -> dict[int, int] | None:
    """Where the exchange of two actions takes the policies that it moves; None if it is none."""
    machines = [model.demonstrator_policy, model.environment, *model.events.values()]
    if any(_renamed(machine, one, other) != machine for machine in machines):
        return None
    policies, weights = list(model.policies.values()), model.weights
    places: dict[int, int] = {}
    for index, policy in enumerate(policies):
        if not any(_plays_as(policy, image, one, other) for image in policies):
            return None  # told at the first state that differs, before a whole machine is renamed
        renamed = _renamed(policy, one, other)
        if renamed == policy:
            continue
        image = next(
            (k for k, other_policy in enumerate(policies) if other_policy == renamed), None
        )
        if image is None or weights[image] != weights[index] or image in places.values():
            return None
        places[index] = image
    return places


def _plays_as(policy: Policy, image: Policy, one: Action, other: Action) -> bool:
    """Whether a machine gives two actions in each state the masses that another has exchanged."""
    if not (isinstance(policy, MoorePolicy) and isinstance(image, MoorePolicy)):
        return False
    shown = image.emissions
    return policy.emissions.keys() == shown.keys() and all(
        (emission[one], emission[other]) == (shown[state][other], shown[state][one])
        for state, emission in policy.emissions.items()
    )


def _renamed(machine: Any, one: Action, other: Action) -> Any:
    """A finite machine with two actions exchanged; None for what is no finite machine."""
    names = {one: other, other: one}

    def rules(transitions: Transitions) -> Transitions:
        return Transitions(
            transitions.start,
            {
                state: tuple(replace(r, action=names.get(r.action or "", r.action)) for r in listed)
                for state, listed in transitions.rules.items()
            },
        )

    if isinstance(machine, MoorePolicy):
        emissions = {
            state: Semimeasure({names.get(a, a): mass for a, mass in emission.items()})
            for state, emission in machine.emissions.items()
        }
        return MoorePolicy(rules(machine.transitions), emissions)
    if isinstance(machine, MooreEnvironment):
        shown = {
            state: {names.get(a, a): o for a, o in emission.items()}
            for state, emission in machine.emissions.items()
        }
        return MooreEnvironment(rules(machine.transitions), shown)
    if isinstance(machine, Automaton):
        return replace(machine, transitions=rules(machine.transitions))
    return None

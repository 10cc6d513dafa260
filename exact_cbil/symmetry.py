"""Policies that are one machine with different starts, exchanged: k of them are one counter.

Exchanging two policies of equal machine, state and weight together, changes no number of the
interaction: the top set, the minimum and the query probability see a multiset. Histories that
differ so can be merged, which turns k! states of the process into one. Only the order of the class
(R1) tells such policies apart, and only in a tie across the end of the top set; that is an error.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from exact_cbil.errors import CbilError
from exact_cbil.learner import Belief, Learner

__all__ = ["OrderMatters", "Symmetry"]


class OrderMatters(CbilError):
    """A tie at the end of the top set falls between policies that were to be exchanged."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        super().__init__(
            f"symmetric: the order of the class decides a tie at the end of the top set between "
            f"{len(self.names)} policies, {self.names[0]!r} among them; run without it"
        )


class Symmetry:
    """The exchanges of equal machines in a learner's class; the demonstrator stays in its place."""

    def __init__(self, learner: Learner) -> None:
        self._learner = learner
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
        return Belief(tuple(states), tuple(weights))

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
        kinds = {(self._block.get(i, -1 - i), belief.states[i]) for i in tied}
        if len(kinds) > 1 and any(i in self._block for i in tied):
            raise OrderMatters([self._learner.names[i] for i in tied])

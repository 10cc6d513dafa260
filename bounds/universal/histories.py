"""The learner written out over every history (queried, action), with all numbers unknown.

A policy may do anything at every history, so nothing is lost by having one observation. Policy 0
is the demonstrator, first in class order. The top set and the minimum are those of
`exact_cbil.learner`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import z3

from bounds.universal.forks import Ask, Known, comparison, forks, merged
from bounds.universal.reading import Term, sum_of
from exact_cbil.learner import minimum, top_set

__all__ = ["Histories", "Moment", "Path", "Step", "emission_name", "seen", "tag", "top_law"]

Step: TypeAlias = tuple[bool, int]
"""Queried or not, and an action."""

Path: TypeAlias = tuple[Step, ...]
V = TypeVar("V")


def tag(path: Path) -> str:
    """The name of a history."""
    return "h" + "".join(f"{'q' if queried else 'i'}{a}" for queried, a in path)


def seen(path: Path, policy: int) -> Path:
    """A history as a policy sees it: the demonstrator does not see q. Source: SPEC R2."""
    return path if policy else tuple((False, a) for _, a in path)


def emission_name(path: Path, policy: int, action: int) -> str:
    """The unknown of a policy's probability of an action after a history."""
    return f"e_{tag(seen(path, policy))}_{policy}_{action}"


def top_law(weights: list[Term], alpha: Term) -> Callable[[Ask], tuple[int, ...]]:
    """The top set as a law of conditions, its members in class order. Source: SPEC D5."""
    return lambda ask: tuple(sorted(top_set(weights, alpha, comparison(ask))))


@dataclass(frozen=True)
class Moment:
    """The learner at one history.

    inside: whether pi_d is in the top set. target[a]: the demonstrator's chance of a.
    least[a]: `m(a)`. after: what follows each step, if the history is not the last.
    """

    path: Path
    inside: z3.BoolRef
    target: tuple[Term, ...]
    least: tuple[Term, ...]
    after: dict[Step, Moment | Path]

    @property
    def theta(self) -> Term:
        """The query probability."""
        return 1 - sum_of(self.least)

    def chance(self, step: Step) -> Term:
        """The probability of a step of the imitator."""
        queried, a = step
        return self.theta * self.target[a] if queried else self.least[a]


class Histories:
    """All histories up to a horizon, `root` first, and `facts` about the unknowns.

    weights: the prior up to scale. known: conditions that are taken to hold, or not to.
    """

    def __init__(
        self, actions: int, horizon: int, weights: list[Term], alpha: Term, known: Known
    ) -> None:
        self.policies, self.actions, self.horizon = len(weights), actions, horizon
        self.alpha, self.known = alpha, known
        self.facts: list[z3.BoolRef] = []
        self.root = self._node((), weights)

    def _node(self, path: Path, weights: list[Term]) -> Moment | Path:
        if len(path) == self.horizon:
            return path
        emitted = [self._emission(path, j) for j in range(len(weights))]
        inside, least = self._step(weights, emitted)
        after = {}
        for queried in (False, True):
            for a in range(self.actions):
                # Only the steps with q = 1 are evidence (D4).
                held = [w * e[a] for w, e in zip(weights, emitted, strict=True)]
                further = (*path, (queried, a))
                after[queried, a] = self._node(further, held if queried else weights)
        return Moment(path, inside, tuple(emitted[0]), least, after)

    def _emission(self, path: Path, policy: int) -> list[Term]:
        row = [z3.Real(emission_name(path, policy, a)) for a in range(self.actions)]
        if seen(path, policy) == path:
            self.facts += [p >= 0 for p in row]
            self.facts.append(sum_of(row) <= 1 if policy else sum_of(row) == 1)
        return row

    def _step(
        self, weights: list[Term], emitted: list[list[Term]]
    ) -> tuple[z3.BoolRef, tuple[Term, ...]]:
        """Whether pi_d is in the top set, and the minimum."""
        policies, law = range(len(weights)), top_law(weights, self.alpha)

        def membership(ask: Ask) -> tuple[z3.BoolRef, ...]:
            top = law(ask)
            return tuple(z3.BoolVal(j in top) for j in policies)

        members = merged(forks(membership, self.known))

        def least(a: int) -> Callable[[Ask], tuple[Term, ...]]:
            def of_members(ask: Ask) -> tuple[Term, ...]:
                top = [j for j in policies if ask(members[j])]
                found = minimum([[emitted[j][a]] for j in top], 1, comparison(ask))
                return tuple(z3.RealVal(x) if isinstance(x, int) else x for x in found)

            return of_members

        minima = (merged(forks(least(a), self.known)) for a in range(self.actions))
        return members[0], tuple(m for (m,) in minima)

    def fold(self, visit: Callable[[Moment, Mapping[Step, V]], V], leaf: Callable[[Path], V]) -> V:
        """Compute at every history from what was computed one step later."""

        def value(node: Moment | Path) -> V:
            if not isinstance(node, Moment):
                return leaf(node)
            return visit(node, {step: value(later) for step, later in node.after.items()})

        return value(self.root)

    def alike(self) -> tuple[z3.BoolRef, ...]:
        """That all policies do the same for sure after the first step."""

        def visit(node: Moment, after: Mapping[Step, list[z3.BoolRef]]) -> list[z3.BoolRef]:
            own = [z3.Real(emission_name(node.path, j, 0)) == 1 for j in range(self.policies)]
            later = [fact for facts in after.values() for fact in facts]
            return [*own, *later] if node.path else later

        def nothing(path: Path) -> list[z3.BoolRef]:
            return []

        found: list[z3.BoolRef] = self.fold(visit, nothing)
        return tuple(found)

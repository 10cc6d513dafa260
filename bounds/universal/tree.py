"""The learner written out over the tree of histories (queried, action), as SMT-LIB terms.

A policy may do anything at every history, so nothing is lost by having one observation.
Comparisons become `ite`, expectations polynomials. Policy 0 is the demonstrator, first in class
order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

__all__ = ["Node", "Path", "Tree", "product_of", "seen", "tag", "total"]

Path: TypeAlias = tuple[tuple[bool, int], ...]
V = TypeVar("V")


def total(parts: Sequence[str]) -> str:
    """A sum as a term."""
    return parts[0] if len(parts) == 1 else f"(+ {' '.join(parts)})" if parts else "0.0"


def product_of(*factors: str) -> str:
    """A product as a term."""
    return factors[0] if len(factors) == 1 else f"(* {' '.join(factors)})" if factors else "1.0"


def tag(path: Path) -> str:
    """The name of a history."""
    return "h" + "".join(f"{'q' if queried else 'i'}{a}" for queried, a in path)


def seen(path: Path, policy: int) -> Path:
    """A history as a policy sees it: the demonstrator does not see q. Source: SPEC R2."""
    return path if policy else tuple((False, a) for _, a in path)


@dataclass(frozen=True)
class Node:
    """The learner at one history.

    inside: whether pi_d is in the top set. target[a]: the demonstrator's chance of a.
    least[a]: `m(a)`.
    """

    path: Path
    inside: str
    target: list[str]
    least: list[str]
    theta: str

    @property
    def tag(self) -> str:
        """The name of the history."""
        return tag(self.path)

    @property
    def moves(self) -> list[tuple[tuple[bool, int], str]]:
        """The steps (queried, action), with their chances."""
        acts = [((False, a), m) for a, m in enumerate(self.least)]
        asks = [((True, a), product_of(self.theta, p)) for a, p in enumerate(self.target)]
        return acts + asks


@dataclass
class Tree:
    """A script that grows: declarations, definitions and assertions.

    alone: the case that pi_d alone is in the top set at the start. Then it is as long as nothing
        was queried, for weights change by queries only.
    """

    policies: int
    actions: int
    horizon: int
    alone: bool = False
    lines: list[str] = field(default_factory=list)

    def state(self, *facts: str) -> None:
        """Assert facts."""
        self.lines += [f"(assert {fact})" for fact in facts]

    def declare(self, name: str, *facts: str) -> str:
        """A real unknown and what is asserted of it."""
        self.lines.append(f"(declare-const {name} Real)")
        self.state(*facts)
        return name

    def define(self, name: str, term: str, sort: str = "Real") -> str:
        """A name for a term."""
        self.lines.append(f"(define-fun {name} () {sort} {term})")
        return name

    def fold(
        self,
        weights: list[str],
        visit: Callable[[Node, dict[tuple[bool, int], V]], V],
        leaf: Callable[[Path], V],
        path: Path = (),
    ) -> V:
        """Compute at every history from what was computed one step later.

        weights: the prior up to scale. visit: gets a node and the values after each step.
        """
        if len(path) == self.horizon:
            return leaf(path)
        node, emitted = self._node(path, weights)
        after = {}
        for (queried, a), _ in node.moves:
            held = weights
            if queried and len(path) + 1 < self.horizon:
                held = [
                    self.define(f"w_{node.tag}_{a}_{j}", product_of(weight, emitted[j][a]))
                    for j, weight in enumerate(weights)
                ]
            after[queried, a] = self.fold(held, visit, leaf, (*path, (queried, a)))
        return visit(node, after)

    def _node(self, path: Path, weights: list[str]) -> tuple[Node, list[list[str]]]:
        name = tag(path)
        emitted = self._emissions(path)
        if self.alone and not any(queried for queried, _ in path):
            if not path:
                members = self.members(name, weights)
                self.state(members[0], *(f"(not {other})" for other in members[1:]))
            inside, least = "true", emitted[0]
        else:
            members = self.members(name, weights)
            inside = members[0]
            least = [self._least(name, a, members, emitted) for a in range(self.actions)]
        theta = self.define(f"theta_{name}", f"(- 1 {total(least)})")
        return Node(path, inside, emitted[0], least, theta), emitted

    def _emissions(self, path: Path) -> list[list[str]]:
        emitted = []
        for j in range(self.policies):
            name = tag(seen(path, j))
            row = [f"e_{name}_{j}_{a}" for a in range(self.actions)]
            if name == tag(path):
                for one in row:
                    self.declare(one, f"(>= {one} 0)")
                self.state(f"({'<=' if j else '='} {total(row)} 1)")
            emitted.append(row)
        return emitted

    def members(self, name: str, weights: list[str]) -> list[str]:
        """Whether each policy is in the top set of the weights.

        `w_j > 0` and `w_j >= alpha * (the weights ranked up to j)`, ties in class order.
        """
        found = []
        for j, own in enumerate(weights):
            ranked = [own]
            for i, other in enumerate(weights):
                if i != j:
                    before = ">=" if i < j else ">"
                    ranked.append(f"(ite ({before} {other} {own}) {other} 0.0)")
            inside = f"(and (> {own} 0) (>= {own} (* alpha {total(ranked)})))"
            found.append(self.define(f"top_{name}_{j}", inside, "Bool"))
        return found

    def _least(self, name: str, a: int, members: list[str], emitted: list[list[str]]) -> str:
        least = "2.0"  # above every probability; some policy is always in the top set
        for j, member in enumerate(members):
            own = emitted[j][a]
            term = f"(ite (and {member} (< {own} {least})) {own} {least})"
            least = self.define(f"min_{name}_{a}_{j}", term)
        return least

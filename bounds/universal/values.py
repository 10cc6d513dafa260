"""What claims say of the whole process, as terms over the tree of histories."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from bounds.universal.tree import Node, Path, Tree, product_of, total

__all__ = ["Value", "divergence", "excess", "exclusion", "sum_of_powers"]

After: TypeAlias = dict[tuple[bool, int], str]
Value: TypeAlias = Callable[[Tree, list[str]], str]
"""The term of an expectation at the start, from a tree and the prior up to scale."""


def _expected(node: Node, after: After, cost: str | None = None) -> str:
    parts = [] if cost is None else [cost]
    parts += [product_of(p, after[step]) for step, p in node.moves if after[step] != "0.0"]
    return total(parts)


def sum_of_powers(power: int) -> Value:
    """`E sum theta^power`."""

    def value(tree: Tree, weights: list[str]) -> str:
        def visit(node: Node, after: After) -> str:
            found = _expected(node, after, product_of(*[node.theta] * power))
            return tree.define(f"value_{node.tag}", found)

        return tree.fold(weights, visit, lambda path: "0.0")

    return value


def exclusion(tree: Tree, weights: list[str]) -> str:
    """`P_i(pi_d is ever outside the top set)`."""

    def visit(node: Node, after: After) -> str:
        later = f"(ite {node.inside} {_expected(node, after)} 1.0)"
        return tree.define(f"value_{node.tag}", later)

    return tree.fold(weights, visit, lambda path: "0.0")


def divergence(tree: Tree, weights: list[str]) -> str:
    """`E_g sum k`: `k = sum_a s_a l_a`, where `s = m + theta p` and `l_a` stands for `ln(s_a/p_a)`.

    The tangent of the logarithm says `p_a l_a <= s_a - p_a`; where `p_a = 0` so is `s_a`.
    """

    def visit(node: Node, after: After) -> str:
        parts = []
        for a, (m, p) in enumerate(zip(node.least, node.target, strict=True)):
            s = tree.define(f"s_{node.tag}_{a}", total([m, product_of(node.theta, p)]))
            log = tree.declare(f"ln_{node.tag}_{a}")
            tree.state(f"(<= (* {p} {log}) (- {s} {p}))")
            parts.append(product_of(s, log))
        later = f"(ite {node.inside} {_expected(node, after, total(parts))} 0.0)"
        return tree.define(f"value_{node.tag}", later)

    return tree.fold(weights, visit, lambda path: "0.0")


class _Laws(NamedTuple):
    """Chances of an event after a history: `P_i - P_g`, `P_i` and `P_d`."""

    excess: str
    imitator: str
    demonstrator: str


def excess(tree: Tree, weights: list[str]) -> str:
    """`P_i(B) - P_g(B)`; B is any set of action sequences, or a mixture of such sets."""
    known: dict[Path, str] = {}

    def leaf(path: Path) -> _Laws:
        actions = tuple((False, a) for _, a in path)
        if actions not in known:
            name = f"b{''.join(str(a) for _, a in path)}"
            known[actions] = tree.declare(name, f"(>= {name} 0)", f"(<= {name} 1)")
        return _Laws("0.0", known[actions], known[actions])

    def visit(node: Node, after: dict[tuple[bool, int], _Laws]) -> _Laws:
        parts = [product_of(p, after[True, a].demonstrator) for a, p in enumerate(node.target)]
        asked = tree.define(f"asked_{node.tag}", total(parts))
        law = _expected(node, {step: laws.imitator for step, laws in after.items()})
        acted = tree.define(f"acted_{node.tag}", law)
        later = _expected(node, {step: laws.excess for step, laws in after.items()})
        found = f"(ite {node.inside} {later} (- {acted} {asked}))"
        return _Laws(tree.define(f"value_{node.tag}", found), acted, asked)

    return tree.fold(weights, visit, leaf).excess

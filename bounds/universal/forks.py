"""Every way in which the comparisons of a law can come out.

The laws of `exact_cbil.learner` take a comparison as an argument. Over unknowns it has no answer,
so a law is run once for each sequence of answers, up to the first question that has none yet: what
comes out is a tree of conditions with the law's values at its leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

import z3

__all__ = ["Ask", "Fork", "Known", "comparison", "forks", "leaves", "merged"]

V = TypeVar("V")
Ask: TypeAlias = Callable[[z3.BoolRef], bool]
Known: TypeAlias = Mapping[int, tuple[z3.BoolRef, bool]]
"""Conditions by Z3's number of them, with their answers."""


@dataclass(frozen=True)
class Fork(Generic[V]):
    """What a law returns where a condition holds, and where it does not."""

    condition: z3.BoolRef
    yes: V | Fork[V]
    no: V | Fork[V]


class _Open(Exception):
    def __init__(self, condition: z3.BoolRef) -> None:
        self.condition = condition


def forks(law: Callable[[Ask], V], known: Known) -> V | Fork[V]:
    """The tree of a law, which may ask conditions. known: those that have an answer already."""

    def ask(condition: z3.BoolRef) -> bool:
        if z3.is_true(condition) or z3.is_false(condition):
            return bool(z3.is_true(condition))
        if condition.get_id() not in known:
            raise _Open(condition)
        return known[condition.get_id()][1]

    try:
        return law(ask)
    except _Open as stopped:
        condition = stopped.condition
        key = condition.get_id()
        yes = forks(law, {**known, key: (condition, True)})
        return Fork(condition, yes, forks(law, {**known, key: (condition, False)}))


def comparison(ask: Ask) -> Callable[[Any, Any], bool]:
    """`at_least`, as the laws take it."""

    def at_least(x: Any, y: Any) -> bool:
        found = x >= y
        return found if isinstance(found, bool) else ask(found)

    return at_least


def merged(tree: tuple[Any, ...] | Fork[tuple[Any, ...]]) -> tuple[Any, ...]:
    """A tree of tuples of terms as one tuple, of `if`s."""
    if not isinstance(tree, Fork):
        return tree
    pairs = zip(merged(tree.yes), merged(tree.no), strict=True)
    return tuple(y if y.eq(n) else z3.If(tree.condition, y, n) for y, n in pairs)


def leaves(tree: V | Fork[V], known: Known) -> Iterator[tuple[Known, V]]:
    """What a law returns, with the answers that lead there and those known before."""
    if not isinstance(tree, Fork):
        yield known, tree
        return
    key = tree.condition.get_id()
    yield from leaves(tree.yes, {**known, key: (tree.condition, True)})
    yield from leaves(tree.no, {**known, key: (tree.condition, False)})

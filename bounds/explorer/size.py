"""How large a model file is: what is made smaller, and what a reader is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, TypeAlias

__all__ = ["Document", "describe", "measure"]

Document: TypeAlias = Mapping[str, Any]


def _machines(document: Document) -> list[Document]:
    """Every machine of the class, then the environment."""
    outside = [document["demonstrator"]] if isinstance(document["demonstrator"], dict) else []
    return [*document["policies"].values(), *outside, document["environment"]]


def _numbers(part: Any) -> Iterator[Fraction]:
    """The rationals in what machines emit."""
    if isinstance(part, str):
        yield Fraction(part)
    else:
        for inner in part.values():
            yield from _numbers(inner)


def measure(document: Document) -> tuple[int, ...]:
    """What makes one model smaller than another, first things first.

    Policies, states, the horizon, actions, observations, rules, the largest denominator, and the
    sum of all denominators.
    """
    states = [state for machine in _machines(document) for state in machine["states"].values()]
    values = [Fraction(document["alpha"]), *_numbers(document["prior"])]
    for state in states:
        values += _numbers(state["emit"])
    return (
        len(document["policies"]) + isinstance(document["demonstrator"], dict),
        len(states),
        document["horizon"],
        len(document["actions"]),
        len(document["observations"]),
        sum(len(state.get("next", [])) for state in states),
        max(value.denominator for value in values),
        sum(value.denominator for value in values),
    )


def describe(document: Document) -> str:
    """The size of a model in words."""
    policies, states, horizon, actions, observations, rules, largest, _ = measure(document)
    return (
        f"{policies} policies, {actions} actions, {observations} observations, horizon {horizon}, "
        f"{states} states and {rules} rules in all, denominators up to {largest}"
    )

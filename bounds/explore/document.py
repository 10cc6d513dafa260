"""Model files as plain data, which the search changes: the parts that moves and cuts share."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any, TypeAlias, cast

from exact_cbil.errors import CbilError
from exact_cbil.model import Model
from exact_cbil.modelfile import read_model
from exact_cbil.numbers import text

__all__ = [
    "Document",
    "Machine",
    "copy",
    "emissions",
    "machines",
    "model_of",
    "others",
    "prune",
    "set_prior",
    "simplest_between",
    "weights",
]

Document: TypeAlias = dict[str, Any]
Machine: TypeAlias = dict[str, Any]


def copy(document: Document) -> Document:
    """A copy that shares nothing."""
    return cast(Document, json.loads(json.dumps(document)))


def model_of(document: Document) -> Model | None:
    """The model of a document; None where a change has left it invalid."""
    try:
        return read_model(json.dumps(document))
    except CbilError:
        return None


def machines(document: Document) -> Iterator[Machine]:
    """Every machine of the class, then the environment."""
    yield from document["policies"].values()
    if isinstance(document["demonstrator"], dict):
        yield document["demonstrator"]
    yield document["environment"]


def emissions(document: Document) -> list[tuple[Mapping[str, Any], str, bool]]:
    """Where probabilities stand: (holder, key, whether they must sum to 1), in a fixed order."""
    found: list[tuple[Mapping[str, Any], str, bool]] = []
    asked = document["demonstrator"]
    for name, machine in document["policies"].items():
        found += [(state, "emit", name == asked) for state in machine["states"].values()]
    if isinstance(asked, dict):
        found += [(state, "emit", True) for state in asked["states"].values()]
    if len(document["observations"]) > 1:
        for state in document["environment"]["states"].values():
            found += [(state["emit"], action, True) for action in state["emit"]]
    return found


def others(document: Document) -> list[str]:
    """The policies other than the demonstrator."""
    return [name for name in document["policies"] if name != document["demonstrator"]]


def weights(document: Document) -> dict[str, Fraction]:
    """The prior."""
    return {name: Fraction(weight) for name, weight in document["prior"].items()}


def set_prior(document: Document, odds: Mapping[str, Fraction]) -> None:
    """Give the policies weights in proportion to positive numbers."""
    total = sum(odds.values(), Fraction(0))
    document["prior"] = {name: text(odds[name] / total) for name in document["policies"]}


def prune(machine: Machine) -> None:
    """Leave out the states that no rules lead to from the start."""
    reached, waiting = set(), [machine["start"]]
    while waiting:
        state = waiting.pop()
        if state not in reached:
            reached.add(state)
            waiting += [rule["to"] for rule in machine["states"][state].get("next", [])]
    machine["states"] = {s: body for s, body in machine["states"].items() if s in reached}
    if "accept" in machine:
        machine["accept"] = [s for s in machine["accept"] if s in reached]


def simplest_between(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of the smallest denominator in a closed interval of positive numbers.

    >>> simplest_between(Fraction(3, 10), Fraction(39, 100))
    Fraction(1, 3)
    """
    whole = -(-low.numerator // low.denominator)
    if whole <= high:
        return Fraction(whole)
    below = whole - 1
    return below + 1 / simplest_between(1 / (high - below), 1 / (low - below))


def numbers(document: Document) -> Iterable[Fraction]:
    """All rationals of a document: alpha, the prior, the probabilities."""
    yield Fraction(document["alpha"])
    yield from weights(document).values()
    for holder, key, _ in emissions(document):
        yield from map(Fraction, holder[key].values())

"""Smaller models that still refute a candidate: cuts in a fixed order, as long as one succeeds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from bounds.explore.cuts import CUTS
from bounds.explore.document import Document, machines, model_of, numbers
from exact_cbil.model import Model

__all__ = ["Shrunk", "describe", "measure", "shrink"]

Refutes = Callable[[Model], bool]


@dataclass(frozen=True)
class Shrunk:
    """The smallest model found, how many were tried, and whether no cut is left to try."""

    document: Document
    tried: int
    finished: bool


def measure(document: Document) -> tuple[int, ...]:
    """What shrinking makes smaller, first things first.

    Policies, states, the horizon, actions, observations, rules, sizes of events, sizes of numbers.
    """
    parts = list(machines(document))
    events = list(document["events"].values())
    values = list(numbers(document))
    return (
        len(document["policies"]) + isinstance(document["demonstrator"], dict),
        sum(len(machine["states"]) for machine in parts),
        document["horizon"],
        len(document["actions"]),
        len(document["observations"]),
        sum(
            len(state.get("next", [])) for machine in parts for state in machine["states"].values()
        ),
        len(events) + sum(len(event["states"]) for event in events),
        sum(value.denominator for value in values),
        sum(value.numerator for value in values),
    )


def describe(document: Document) -> str:
    """The size of a model in words."""
    policies, states, horizon, actions, observations, rules, _, _, _ = measure(document)
    largest = max(value.denominator for value in numbers(document))
    return (
        f"{policies} policies, {actions} actions, {observations} observations, horizon {horizon}, "
        f"{states} states and {rules} rules in all, denominators up to {largest}"
    )


def shrink(document: Document, refutes: Refutes, seconds: float, tries: int = 5_000) -> Shrunk:
    """A model that refutes too and that no single cut makes smaller, unless limits end it before.

    refutes: whether a model refutes the candidate; the given one does.
    """
    deadline, tried = time.monotonic() + seconds, 0
    best, size = document, measure(document)
    going = True
    while going:
        going = False
        for cut in CUTS:
            # A cut is tried again from the start of its list as long as it succeeds.
            repeat = True
            while repeat:
                repeat = False
                for smaller in cut(best):
                    if (found := measure(smaller)) >= size:
                        continue
                    if tried >= tries or time.monotonic() > deadline:
                        return Shrunk(best, tried, finished=False)
                    tried += 1
                    model = model_of(smaller)
                    if model is not None and refutes(model):
                        best, size, repeat, going = smaller, found, True, True
                        break
    return Shrunk(best, tried, finished=True)

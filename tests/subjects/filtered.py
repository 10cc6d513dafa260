"""A float64 learner whose top set is exact: doubtful comparisons are decided in integers.

What is far from a boundary is decided by floats and their error bound; only where the bound does
not tell are the weights of that history computed exactly.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from exact_cbil.history import History
from exact_cbil.model import Model
from tests.subjects.float64 import Float64, Floats, nearest
from tests.subjects.integers import on_common_scale

SMALL = 2.0**-900
"""Below it the relative error of a float has no bound, and neither has that of alpha."""


class Filtered(Float64):
    """exact: how many questions were decided in integers."""

    def __init__(self) -> None:
        self.exact = 0

    def top_set(self, weights: Floats, model: Model, history: History) -> list[int]:
        alpha = nearest(model.exact_alpha)
        # Two roundings a step, one an addition, one for the prior, for alpha and for the product.
        error = (2 * len(history) + len(weights) + 8) * 2.0**-52
        ranked = np.sort(weights)[::-1]
        bar = alpha * np.cumsum(ranked)
        gaps = np.abs(np.diff(ranked)) <= error * (ranked[1:] + ranked[:-1])
        edges = np.abs(ranked - bar) <= error * (ranked + bar)
        edges[0] = False  # the heaviest is a member whatever alpha is
        reached = ranked >= bar * (1 - 2 * error)
        doubtful = (gaps & reached[:-1]).any() or edges.any() or alpha < SMALL
        if not doubtful and (ranked[reached] > SMALL).all():
            return super().top_set(weights, model, history)
        self.exact += 1
        return exact_top_set(model, history)


def exact_top_set(model: Model, history: History) -> list[int]:
    """Places of the top set, by integers. Source: SPEC D4, D5."""
    machines = list(model.policies.values())
    states: list[Any] = [machine.start for machine in machines]
    weights = on_common_scale(model.weights)
    for step in history:
        paired = list(zip(machines, states, strict=True))
        if step.queried:
            seen = on_common_scale([machine.emit(s)[step.action] for machine, s in paired])
            weights = [weight * mass for weight, mass in zip(weights, seen, strict=True)]
        states = [machine.advance(s, step) for machine, s in paired]
    alpha, running, top = model.exact_alpha, 0, []
    for i in sorted(range(len(weights)), key=lambda i: -weights[i]):
        running += weights[i]
        if weights[i] * alpha.denominator < alpha.numerator * running or not weights[i]:
            break
        top.append(i)
    return top

"""A vectorised float64 learner: the policies of one question in one NumPy array.

Weights are kept as mantissas and exponents, so that no product underflows; each queried step costs
two roundings (the likelihood and the product), hence the budget below.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exact_cbil.history import History
from exact_cbil.model import Model
from exact_cbil.numbers import rational

BUDGETS = ("posterior=256ulp", "minimum=1ulp", "query_probability=1e-15")

Floats = NDArray[np.float64]


def nearest(value: Fraction) -> float:
    """The nearest float64 (Python divides integers of any size with one rounding)."""
    return value.numerator / value.denominator


class Float64:
    """`step` in floats: rank by a stable sort, one cumulative sum for the threshold."""

    def step(self, model: Model, history: History) -> dict[str, Any]:
        names, machines = list(model.policies), list(model.policies.values())
        states: list[Any] = [machine.start for machine in machines]
        mantissa, exponent = np.frexp([nearest(rational(model.prior[name])) for name in names])
        for step in history:
            if step.queried:
                seen = [m.emit(s)[step.action] for m, s in zip(machines, states, strict=True)]
                mantissa, shift = np.frexp(mantissa * [nearest(p) for p in seen])
                exponent = exponent + shift
            states = [m.advance(s, step) for m, s in zip(machines, states, strict=True)]
        top, posterior = self.top_set(mantissa, exponent, nearest(model.exact_alpha))
        emitted = np.array(
            [[nearest(machines[i].emit(states[i])[a]) for a in model.actions] for i in top]
        )
        least = emitted.min(axis=0) if len(top) else np.zeros(len(model.actions))
        return {
            "top_set": [names[i] for i in top],
            "posterior": dict(zip(names, posterior.tolist(), strict=True)),
            "minimum": dict(zip(model.actions, least.tolist(), strict=True)),
            "query_probability": 1 - float(least.sum()),
        }

    def top_set(
        self, mantissa: Floats, exponent: NDArray[np.int64], alpha: float
    ) -> tuple[list[int], Floats]:
        alive = mantissa > 0
        if not alive.any():
            return [], np.zeros(len(mantissa))
        weights = np.ldexp(mantissa, np.maximum(exponent - exponent[alive].max(), -2000))
        ranked = np.argsort(-weights, kind="stable")
        running = np.cumsum(weights[ranked])
        member = alive[ranked] & (weights[ranked] >= alpha * running)
        # The set is a prefix of the ranking, also where rounding would say otherwise.
        size = len(member) if member.all() else int(np.argmin(member))
        return ranked[:size].tolist(), weights / weights.sum()

"""A vectorised float64 learner: the policies of one question in one NumPy array.

Weights are kept as mantissas and exponents, so that no product underflows; each queried step costs
two roundings (the likelihood and the product), hence the budget below.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exact_cbil.history import History
from exact_cbil.model import Model
from exact_cbil.numbers import rational

BUDGETS = ("posterior=2048ulp", "minimum=1ulp", "query_probability=1e-15")

Floats = NDArray[np.float64]


def nearest(value: Fraction) -> float:
    """The nearest float64 (Python divides integers of any size with one rounding)."""
    return value.numerator / value.denominator


def split(values: Iterable[Fraction]) -> tuple[Floats, NDArray[np.int64]]:
    """Mantissas and exponents of numbers of any size, each with one rounding."""
    exponents, mantissas = [], []
    for value in values:
        exponent = value.numerator.bit_length() - value.denominator.bit_length() if value else 0
        mantissas.append(nearest(value / Fraction(2) ** exponent))
        exponents.append(exponent)
    return np.array(mantissas), np.array(exponents)


class Float64:
    """`step` in floats: rank by a stable sort, one cumulative sum for the threshold."""

    def step(self, model: Model, history: History) -> dict[str, Any]:
        names, machines = list(model.policies), list(model.policies.values())
        states: list[Any] = [machine.start for machine in machines]
        mantissa, exponent = split(rational(model.prior[name]) for name in names)
        for step in history:
            if step.queried:
                paired = zip(machines, states, strict=True)
                seen, shift = split(m.emit(s)[step.action] for m, s in paired)
                mantissa, carry = np.frexp(mantissa * seen)
                exponent = exponent + shift + carry
            states = [m.advance(s, step) for m, s in zip(machines, states, strict=True)]
        weights = on_one_scale(mantissa, exponent)
        top = self.top_set(weights, model, history)
        emitted = np.array(
            [[nearest(machines[i].emit(states[i])[a]) for a in model.actions] for i in top]
        )
        least = emitted.min(axis=0) if len(top) else np.zeros(len(model.actions))
        posterior = weights / (weights.sum() or 1)
        return {
            "top_set": [names[i] for i in top],
            "posterior": dict(zip(names, posterior.tolist(), strict=True)),
            "minimum": dict(zip(model.actions, least.tolist(), strict=True)),
            "query_probability": 1 - float(least.sum()),
        }

    def top_set(self, weights: Floats, model: Model, history: History) -> list[int]:
        """Places of the top set in class order, of weights with rounding errors."""
        ranked = np.argsort(-weights, kind="stable")
        member = weights[ranked] >= nearest(model.exact_alpha) * np.cumsum(weights[ranked])
        member &= weights[ranked] > 0
        # The set is a prefix of the ranking, also where rounding would say otherwise.
        size = len(member) if member.all() else int(np.argmin(member))
        found: list[int] = ranked[:size].tolist()
        return found


def on_one_scale(mantissa: Floats, exponent: NDArray[np.int64]) -> Floats:
    """Weights on the scale of the heaviest; those that are much smaller become 0."""
    alive = mantissa > 0
    if not alive.any():
        return np.zeros(len(mantissa))
    shift: NDArray[np.int64] = np.maximum(exponent - exponent[alive].max(), -2000)
    scaled: Floats = np.ldexp(mantissa, shift)
    return scaled

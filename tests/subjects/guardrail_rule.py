"""The top set by the published guardrail rule, in floats.

Log weights are kept, exponentiated and sorted, and a theory is a member where its posterior is at
least alpha times the cumulative sum: the rule of the code to Bengio et al., *Can a Bayesian oracle
prevent harm from an agent?* (UAI 2025), which computes in float32.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from exact_cbil.history import History
from exact_cbil.model import Model
from exact_cbil.numbers import rational
from tests.subjects.float64 import nearest


def log(value: Fraction) -> float:
    """The logarithm of a number of any size, rounded."""
    return math.log(value.numerator) - math.log(value.denominator) if value else -math.inf


class Rule:
    """dtype: of every array."""

    dtype: Any = np.float64

    def step(self, model: Model, history: History) -> dict[str, Any]:
        names, machines = list(model.policies), list(model.policies.values())
        states: list[Any] = [machine.start for machine in machines]
        logs = np.array([log(rational(model.prior[name])) for name in names], self.dtype)
        for step in history:
            if step.queried:
                seen = [m.emit(s)[step.action] for m, s in zip(machines, states, strict=True)]
                logs = logs + np.array([log(mass) for mass in seen], self.dtype)
            states = [m.advance(s, step) for m, s in zip(machines, states, strict=True)]
        weights = np.exp(logs - logs.max()) if np.isfinite(logs).any() else np.zeros_like(logs)
        posterior = weights / (weights.sum() or 1)

        ranked = np.argsort(-posterior, kind="stable")
        alpha = self.dtype(nearest(model.exact_alpha))
        member = posterior[ranked] >= alpha * np.cumsum(posterior[ranked])
        top = ranked[member & (posterior[ranked] > 0)]

        masses = [[nearest(machines[i].emit(states[i])[a]) for a in model.actions] for i in top]
        least = np.array(masses or [[0] * len(model.actions)], self.dtype).min(axis=0)
        return {
            "top_set": [names[i] for i in top],
            "posterior": dict(zip(names, posterior.tolist(), strict=True)),
            "minimum": dict(zip(model.actions, least.tolist(), strict=True)),
            "query_probability": 1 - float(least.sum()),
        }


class Rule32(Rule):
    """The same as published."""

    dtype = np.float32

"""A learner with one bug: the query probability is the mass of the minimum, not its deficit."""

from __future__ import annotations

from typing import Any

from exact_cbil.history import History
from exact_cbil.model import Model
from exact_cbil.testing import Reference


class Maximum(Reference):
    """The right step, with one number of another."""

    def step(self, model: Model, history: History) -> Any:
        step = super().step(model, history)
        return {
            "top_set": step.top_set,
            "posterior": step.posterior,
            "minimum": {a: step.minimum[a] for a in model.actions},
            "query_probability": step.minimum.total,
        }

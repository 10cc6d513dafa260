"""The imitator's next step at a history as formulas in the parameters (D5, D6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exact_cbil.errors import UnknownName
from exact_cbil.history import Action, History
from exact_cbil.parametric.cell import Cell
from exact_cbil.parametric.decide import explore
from exact_cbil.parametric.learner import ParametricLearner
from exact_cbil.parametric.model import ParametricModel
from exact_cbil.parametric.parameters import Parameters
from exact_cbil.parametric.piecewise import Formulas, PiecewiseFunction
from exact_cbil.parametric.polynomial import polynomial_text

__all__ = ["Case", "Formula", "imitator_step"]


@dataclass(frozen=True)
class Case:
    """The imitator's next step on one cell: who is in the top set, and what they agree to.

    top_set: names in rank order. minimum: `m(a)` as polynomials.
    attained_by: for every action the first member of the top set whose probability is `m(a)`.
    posterior: `w(pi|h)` as ratios of polynomials; all 0 when no weight is positive (R4).
    """

    cell: Cell
    top_set: tuple[str, ...]
    minimum: Mapping[Action, Any]
    attained_by: Mapping[Action, str]
    posterior: Mapping[str, Any]

    @property
    def query_probability(self) -> Any:
        """`theta = 1 - sum_a m(a)`, a polynomial."""
        return self.cell.parameters.ring.one - sum(self.minimum.values())

    def to_json(self) -> dict[str, Any]:
        """The case with its conditions and polynomials as text."""
        return {
            "where": self.cell.simplified().to_json(),
            "unproved": self.cell.unproved,
            "top_set": list(self.top_set),
            "minimum": {a: polynomial_text(m) for a, m in self.minimum.items()},
            "attained_by": dict(self.attained_by),
            "theta": polynomial_text(self.query_probability),
            "posterior": {name: polynomial_text(w) for name, w in self.posterior.items()},
        }


@dataclass(frozen=True)
class Formula(Formulas):
    """The imitator's next step after a history, as a decision over cells of the parameters.

    cases: their cells are disjoint and cover the range; none is empty, unless marked `unproved`.
    Source: SPEC D4, D5, D6.
    """

    parameters: Parameters
    cases: tuple[Case, ...]

    @property
    def query_probability(self) -> PiecewiseFunction:
        """`theta` as one function of the parameters."""
        pairs = ((case.cell, case.query_probability) for case in self.cases)
        return PiecewiseFunction.of(self.parameters, pairs)

    def minimum(self, action: Action) -> PiecewiseFunction:
        """`m(action)` as one function of the parameters."""
        if action not in self.cases[0].minimum:
            raise UnknownName("minimum", action, "action")
        pairs = ((case.cell, case.minimum[action]) for case in self.cases)
        return PiecewiseFunction.of(self.parameters, pairs)

    def posterior(self, policy: str) -> PiecewiseFunction:
        """`w(policy|h)` as one function of the parameters. Source: SPEC D4."""
        if policy not in self.cases[0].posterior:
            raise UnknownName("posterior", policy, "policy")
        pairs = ((case.cell, case.posterior[policy]) for case in self.cases)
        return PiecewiseFunction.of(self.parameters, pairs)

    @property
    def functions(self) -> dict[str, PiecewiseFunction]:
        """`m(a)` for every action, then `theta`, by name."""
        found = {f"m({action})": self.minimum(action) for action in self.cases[0].minimum}
        return {**found, "theta": self.query_probability}

    def to_json(self) -> dict[str, Any]:
        """The formula in the format `cbil-formula/1`, ready for `json.dumps`."""
        return {
            "format": "cbil-formula/1",
            "parameters": self.parameters.to_json(),
            "cells": [case.to_json() for case in self.cases],
        }


def imitator_step(model: ParametricModel, history: History = ()) -> Formula:
    """The imitator's next step after `history`, on every cell of the parameters.

    Source: SPEC D4, D5, D6.

    >>> from exact_cbil.models import treacherous_turn
    >>> model = ParametricModel.of(treacherous_turn(), {"a": (0, 1)}, alpha="a")
    >>> print(imitator_step(model).query_probability)
    1/4 if a <= 2/9; 0 if a > 2/9
    """
    learner = ParametricLearner(model)
    parts = explore(Cell(model.parameters), lambda cell: _case(learner, history, cell))
    return Formula(model.parameters, tuple(case for _, case in parts))


def _case(learner: ParametricLearner, history: History, cell: Cell) -> Case:
    learner.cell = cell
    belief = learner.belief(history)
    top = learner.top_set(belief)
    ring = cell.parameters.ring
    least = [ring(m) for m in learner.minimum(belief.states, top)]
    actions = learner.model.actions
    attained = {
        action: learner.names[i]
        for k, action in enumerate(actions)
        for i in reversed(top)
        if learner.emission(i, belief.states[i])[k] == least[k]
    }
    field = ring.to_field()
    total = sum(belief.weights) or ring.one
    return Case(
        cell,
        tuple(learner.names[i] for i in top),
        dict(zip(actions, least, strict=True)),
        attained,
        {
            name: field(w) / field(total)
            for name, w in zip(learner.names, belief.weights, strict=True)
        },
    )

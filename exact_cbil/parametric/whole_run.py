"""Whole runs of a parametric model: the quantities of `cbil-result/1` as piecewise functions."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from exact_cbil.errors import CbilError
from exact_cbil.event import Event
from exact_cbil.history import Step
from exact_cbil.interaction import Progress
from exact_cbil.parametric.acting import Act
from exact_cbil.parametric.cell import Cell
from exact_cbil.parametric.learner import ParametricLearner
from exact_cbil.parametric.model import ParametricModel
from exact_cbil.parametric.parameters import Parameters
from exact_cbil.parametric.piecewise import Formulas, PiecewiseFunction, gather
from exact_cbil.parametric.polynomial import polynomial_text
from exact_cbil.parametric.walk import Moments, Outcome, Walk

__all__ = ["MAX_HORIZON", "ParametricResult", "run"]

MAX_HORIZON = 64
"""The longest horizon of a parametric run: polynomials grow with it."""


@dataclass(frozen=True)
class ParametricResult(Formulas):
    """All quantities of one interaction as functions of the parameters.

    cases: disjoint cells that cover the range; with each, the moments at t = 0, ..., T-1 and the
        `P_i(B)` of every event.
    demonstrator: `P_d(B)` by event, one polynomial on the whole range.
    Figures of the demonstrator's weight are None when it is outside the class.
    """

    parameters: Parameters
    horizon: int
    realizable: bool
    cases: tuple[tuple[Cell, Outcome], ...]
    demonstrator: Mapping[str, Any]

    def _function(self, value: Callable[[Outcome], Any]) -> PiecewiseFunction:
        pairs = ((cell, value(outcome)) for cell, outcome in self.cases)
        return PiecewiseFunction.of(self.parameters, pairs)

    @cached_property
    def query_cubes(self) -> PiecewiseFunction:
        """`E sum_{t<T} theta^3`."""
        return self._function(self._cubes)

    @cached_property
    def queries(self) -> PiecewiseFunction:
        """`E sum_{t<T} theta`."""
        return self._function(self._queries)

    @cached_property
    def exclusion(self) -> PiecewiseFunction | None:
        """`P_i(pi_d is outside Top(h_t) for some t < T)`."""
        return self._function(self._exclusion) if self.realizable else None

    def event(self, name: str) -> PiecewiseFunction:
        """`P_i(B)` of the event called `name`."""
        if name not in self.demonstrator:
            raise CbilError(f"event: the model has no event {name!r}")
        return self._function(lambda outcome: outcome.events[name])

    def moment(self, t: int, key: str) -> PiecewiseFunction | None:
        """An expectation at time t < T: theta, theta2, theta3, demonstrator_weight or top_size."""
        if key not in STEP_KEYS or not 0 <= t < self.horizon:
            raise CbilError(f"moment: expected t from 0 and one of {', '.join(STEP_KEYS)}")
        if key == "demonstrator_weight" and not self.realizable:
            return None
        return self._function(lambda outcome: getattr(outcome.moments[t], STEP_KEYS[key]))

    def _cubes(self, outcome: Outcome) -> Any:
        return sum((m.theta3 for m in outcome.moments), self.parameters.ring.zero)

    def _queries(self, outcome: Outcome) -> Any:
        return sum((m.theta for m in outcome.moments), self.parameters.ring.zero)

    def _exclusion(self, outcome: Outcome) -> Any:
        return outcome.moments[-1].left if outcome.moments else self.parameters.ring.zero

    @property
    def functions(self) -> dict[str, PiecewiseFunction]:
        """The totals by name."""
        found = {"query_cubes": self.query_cubes, "queries": self.queries}
        if self.exclusion is not None:
            found["exclusion"] = self.exclusion
        return {**found, **{f"P_i({name})": self.event(name) for name in self.demonstrator}}

    def to_json(self) -> dict[str, Any]:
        """The format `cbil-parametric-result/1`: cells, each with the keys of `cbil-result/1`."""
        return {
            "format": "cbil-parametric-result/1",
            "parameters": self.parameters.to_json(),
            "horizon": self.horizon,
            "cells": [
                self._cell_json(cell, Outcome(moments, dict(chances)))
                for cells, (moments, chances) in gather(
                    (cell, (outcome.moments, tuple(outcome.events.items())))
                    for cell, outcome in self.cases
                )
                for cell in cells
            ],
        }

    def _cell_json(self, cell: Cell, outcome: Outcome) -> dict[str, Any]:
        inside = self.realizable
        return {
            "where": cell.to_json(),
            "unproved": cell.unproved,
            "query_cubes": polynomial_text(self._cubes(outcome)),
            "queries": polynomial_text(self._queries(outcome)),
            "exclusion": polynomial_text(self._exclusion(outcome)) if inside else None,
            "events": {
                name: {
                    "demonstrator": polynomial_text(asked),
                    "imitator": polynomial_text(outcome.events[name]),
                }
                for name, asked in self.demonstrator.items()
            },
            "steps": [_step_json(t, moments) for t, moments in enumerate(outcome.moments)],
        }


STEP_KEYS = {
    "theta": "theta",
    "theta2": "theta2",
    "theta3": "theta3",
    "demonstrator_weight": "weight",
    "top_size": "top_size",
}


def _step_json(t: int, moments: Moments) -> dict[str, Any]:
    found: dict[str, Any] = {"t": t}
    for key, attribute in STEP_KEYS.items():
        value = getattr(moments, attribute)
        found[key] = None if value is None else polynomial_text(value)
    return found


def run(model: ParametricModel, progress: Progress | None = None) -> ParametricResult:
    """Compute every quantity of `cbil-result/1` as a function of the parameters.

    model: horizon at most MAX_HORIZON; meant for up to three parameters and small horizons.
    Raises CbilError beyond MAX_HORIZON, or where a run takes too much.
    progress: called as `progress("time", time reached, horizon)`.
    Source: SPEC D4, D5, D6, D7.

    >>> from exact_cbil.models import rare_action
    >>> model = ParametricModel.of(rare_action(horizon=2), {"a": (0, 1)}, alpha="a")
    >>> print(run(model).queries)
    127/512 if a <= 7/15; 15/64 if a <= 1/2 and a > 7/15; 0 if a > 1/2
    """
    horizon = model.shape.horizon
    if horizon > MAX_HORIZON:
        raise CbilError(
            f"horizon: expected at most {MAX_HORIZON} for a model with parameters, got {horizon}"
        )
    learner = ParametricLearner(model)
    cells = Walk(learner, _weigher(learner)).run(Cell(model.parameters), horizon, progress)
    return ParametricResult(
        model.parameters,
        horizon,
        model.shape.realizable,
        tuple(cells),
        {
            name: _demonstrator_probability(learner, event, horizon)
            for name, event in model.shape.events.items()
        },
    )


def _weigher(learner: ParametricLearner) -> Callable[[list[tuple[Act, Any]]], Any]:
    """The expectation of `w(pi_d|h)`: a ratio of polynomials, or None outside the class."""
    index = learner.demonstrator
    if index is None:
        return lambda pairs: None
    field = learner.parameters.ring.to_field()

    def weigh(pairs: list[tuple[Act, Any]]) -> Any:
        sums: dict[Any, Any] = {}
        for act, mass in pairs:
            weights = act.belief.weights
            # All weights 0 happens with probability 0: the demonstrator's evidence is its own.
            total = sum(weights) or learner.one
            sums[total] = sums.get(total, learner.zero) + mass * weights[index]
        return sum((field(n) / field(total) for total, n in sums.items()), field.zero)

    return weigh


def _demonstrator_probability(learner: ParametricLearner, event: Event, horizon: int) -> Any:
    """`P_d(B)`: no comparison, so one polynomial. Source: SPEC D7."""
    model = learner.model
    demonstrator, environment = model.demonstrator_policy, model.environment
    masses: dict[tuple[Hashable, Hashable, Hashable], Any] = {
        (demonstrator.start, environment.start, event.start): learner.one
    }
    zero = learner.zero
    for _ in range(horizon):
        following: dict[tuple[Hashable, Hashable, Hashable], Any] = {}
        for (mind, world, reader), mass in masses.items():
            for action, p in zip(model.actions, learner.demonstrator_emission(mind), strict=True):
                if not p:
                    continue
                for observation, chance in learner.shown(world, action):
                    step = Step(True, action, observation)
                    state = (
                        demonstrator.advance(mind, step),
                        environment.advance(world, step),
                        event.advance(reader, step),
                    )
                    following[state] = following.get(state, zero) + mass * p * chance
        masses = following
    return sum((mass for (*_, s), mass in masses.items() if event.accepts(s)), zero)

"""Read a file of the format `cbil-result/1` back into a `Result`."""

from __future__ import annotations

from typing import Literal

from exact_cbil.errors import InvalidModel
from exact_cbil.interaction import EventProbability, Result, StepExpectation
from exact_cbil.model import Model
from exact_cbil.strict_json import Horizon, Name, Part, Rational, parse_shape

__all__ = ["read_result"]

FORMAT = "cbil-result/1"


class _Event(Part):
    demonstrator: Rational
    imitator: Rational


class _Step(Part):
    t: Horizon
    theta: Rational
    theta2: Rational
    theta3: Rational
    demonstrator_weight: Rational | None
    top_size: Rational


class _Result(Part):
    format: Literal["cbil-result/1"]
    horizon: Horizon
    query_cubes: Rational
    queries: Rational
    exclusion: Rational | None
    events: dict[Name, _Event]
    steps: list[_Step]


def read_result(content: bytes | str, model: Model) -> Result:
    """The result that a file states of `model`; what the format leaves out is None, or 0 states.

    content: untrusted. Raises InvalidModel, with the JSON path of the first fault found: also when
    the events or steps are not those of the model and horizon.
    """
    document = parse_shape(content, _Result, FORMAT)
    if document.events.keys() != model.events.keys():
        raise InvalidModel("$.events", "expected the events of the model, each once")
    times = [step.t for step in document.steps]
    if times != list(range(document.horizon)):
        raise InvalidModel("$.steps", "expected one step for each t from 0 to horizon - 1")
    inside = [document.exclusion, *(step.demonstrator_weight for step in document.steps)]
    if any((value is not None) != model.realizable for value in inside):
        wanted = "numbers" if model.realizable else "null"
        raise InvalidModel("$", f"expected {wanted} for exclusion and demonstrator_weight")
    chances = {name: document.events[name] for name in model.events}
    return Result(
        horizon=document.horizon,
        query_cubes=document.query_cubes,
        queries=document.queries,
        theta_gain=None,
        chi_squared=None,
        chi_squared_imitator=None,
        exclusion=document.exclusion,
        events={
            name: EventProbability(chance.demonstrator, chance.imitator, None)
            for name, chance in chances.items()
        },
        steps=tuple(StepExpectation(**dict(step)) for step in document.steps),
        states=0,
    )

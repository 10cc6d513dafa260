"""The numbers claimed of a model: from a result of the engine, or from a result file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from exact_cbil.errors import InvalidModel
from exact_cbil.interaction import Result
from exact_cbil.model import Model
from exact_cbil.strict_json import Horizon, Name, Part, Rational, parse_shape

__all__ = ["Claims", "StepClaims", "claims_of", "read_claims"]

FORMAT = "cbil-result/1"


@dataclass(frozen=True)
class StepClaims:
    """What is claimed of one time: the fields of a step of `cbil-result/1`."""

    theta: Fraction
    theta2: Fraction
    theta3: Fraction
    demonstrator_weight: Fraction | None
    top_size: Fraction


@dataclass(frozen=True)
class Claims:
    """What is claimed of a model: the fields of `cbil-result/1`.

    events: for each event of the model, in its order, the chances under `P_d` and `P_i`.
    """

    horizon: int
    query_cubes: Fraction
    queries: Fraction
    exclusion: Fraction | None
    events: tuple[tuple[Fraction, Fraction], ...]
    steps: tuple[StepClaims, ...]

    def labels(self) -> Iterator[str]:
        """What each answer of the diagnosis is about, in its order."""
        yield from ("model", "query_cubes", "queries", "exclusion")
        for k in range(len(self.events)):
            yield f"event {k}, demonstrator"
            yield f"event {k}, imitator"
        fields = ("theta", "theta2", "theta3", "demonstrator_weight", "top_size")
        for t in range(len(self.steps)):
            yield from (f"steps[{t}].{field}" for field in fields)


def claims_of(result: Result) -> Claims:
    """The claims that the engine makes."""
    return Claims(
        horizon=result.horizon,
        query_cubes=result.query_cubes,
        queries=result.queries,
        exclusion=result.exclusion,
        events=tuple((p.demonstrator, p.imitator) for p in result.events.values()),
        steps=tuple(
            StepClaims(s.theta, s.theta2, s.theta3, s.demonstrator_weight, s.top_size)
            for s in result.steps
        ),
    )


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


def read_claims(content: bytes | str, model: Model) -> Claims:
    """The claims of a result file about `model`.

    content: untrusted. Raises InvalidModel, with the JSON path of the first fault found: also when
    the events or steps are not those of the model and horizon.
    """
    document = parse_shape(content, _Result, FORMAT)
    if document.events.keys() != model.events.keys():
        raise InvalidModel("$.events", "expected the events of the model, each once")
    times = [step.t for step in document.steps]
    if times != list(range(document.horizon)):
        raise InvalidModel("$.steps", "expected one step for each t from 0 to horizon - 1")
    inside = [document.exclusion, *(s.demonstrator_weight for s in document.steps)]
    if any((value is not None) != model.realizable for value in inside):
        wanted = "numbers" if model.realizable else "null"
        raise InvalidModel("$", f"expected {wanted} for exclusion and demonstrator_weight")
    chances = [document.events[name] for name in model.events]
    return Claims(
        horizon=document.horizon,
        query_cubes=document.query_cubes,
        queries=document.queries,
        exclusion=document.exclusion,
        events=tuple((chance.demonstrator, chance.imitator) for chance in chances),
        steps=tuple(
            StepClaims(s.theta, s.theta2, s.theta3, s.demonstrator_weight, s.top_size)
            for s in document.steps
        ),
    )

"""Reading a result file, `cbil-result/1`; a `Result` writes itself."""

from __future__ import annotations

from exact_cbil.errors import InvalidModel
from exact_cbil.formats import ResultDocument
from exact_cbil.result import EventProbability, Result, StepExpectation
from exact_cbil.strict_json import json_path, parse_shape

__all__ = ["FORMAT", "read_result"]

FORMAT = "cbil-result/1"


def read_result(content: bytes | str) -> Result:
    """Read a result file. Untrusted; what it claims is not checked.

    Raises InvalidModel, with the JSON path of each fault: also when the steps are not those of the
    horizon, or some figures of the demonstrator are null and others are not.
    Source: SPEC cbil-result/1.
    """
    document = parse_shape(content, ResultDocument, FORMAT)
    faults = []
    if [step.t for step in document.steps] != list(range(document.horizon)):
        faults.append(("$.steps", "expected one step for each t from 0 to horizon - 1"))
    inside = document.exclusion is not None
    for k, step in enumerate(document.steps):
        if (step.demonstrator_weight is not None) != inside:
            wanted = "a number" if inside else "null"
            place = json_path("steps", k, "demonstrator_weight")
            faults.append((place, f"expected {wanted}, as exclusion is"))
    if faults:
        raise InvalidModel.of(faults)
    return Result(
        horizon=document.horizon,
        query_cubes=document.query_cubes,
        queries=document.queries,
        theta_gain=None,
        chi_squared=None,
        exclusion=document.exclusion,
        events={
            name: EventProbability(chance.demonstrator, chance.imitator, None)
            for name, chance in document.events.items()
        },
        steps=tuple(
            StepExpectation(s.t, s.theta, s.theta2, s.theta3, s.demonstrator_weight, s.top_size)
            for s in document.steps
        ),
        states=0,
    )

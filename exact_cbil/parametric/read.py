"""Reading a model file that may declare parameters.

`"parameters": {"p": ["0", "1"]}` declares names and open ranges; then a number string may be a
polynomial in the names. The file is checked in two steps: every polynomial stays in its domain on
the whole range, and the file with the middle of each range put in is a model file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, NamedTuple

from exact_cbil.errors import CbilError, InvalidModel
from exact_cbil.model import Model
from exact_cbil.modelfile import model_of
from exact_cbil.numbers import text
from exact_cbil.parametric.model import (
    DEMONSTRATOR,
    ParametricModel,
    check_alpha,
    check_masses,
    check_prior,
)
from exact_cbil.parametric.parameters import Parameters
from exact_cbil.parametric.polynomial import parse_polynomial
from exact_cbil.strict_json import json_path, parse_json

__all__ = ["read_any"]


def read_any(content: bytes | str) -> Model | ParametricModel:
    """Read a model file; one that declares parameters becomes a `ParametricModel`.

    content: the file's bytes (UTF-8) or text. Untrusted.
    Raises InvalidModel, with the JSON path of the first fault found.
    Source: SPEC cbil-model/1.
    """
    document = parse_json(content)
    if "parameters" not in document:
        return model_of(document)
    try:
        return _parametric(document)
    except InvalidModel:
        raise
    except RecursionError:
        raise InvalidModel("$", "expected JSON nested less deeply") from None
    except CbilError as problem:
        # All of these begin with the path.
        path, _, rest = str(problem).partition(": ")
        raise InvalidModel(path, rest) from None


def _parametric(document: dict[str, Any]) -> ParametricModel:
    parameters = _parameters(document.pop("parameters"))
    tables = [_parsed(table, parameters) for table in _tables(document)]
    alpha = _number(document.get("alpha"), parameters, "$.alpha")
    _check(tables, alpha, parameters)
    shape = model_of(_at_middle(document, parameters))
    named = {table.key: table.polynomials for table in tables if table.polynomials is not None}
    prior = named.pop(PRIOR)
    return ParametricModel(
        shape,
        parameters,
        alpha,
        tuple(prior[name] for name in shape.policies),
        {key[1:]: masses for key, masses in named.items() if key[0] == "policy"},
        {key[1:]: masses for key, masses in named.items() if key[0] == "environment"},
    )


def _parameters(given: Any) -> Parameters:
    if not isinstance(given, dict):
        raise InvalidModel("$.parameters", 'expected an object such as {"p": ["0", "1"]}')
    for name, ends in given.items():
        if not (
            isinstance(ends, list) and len(ends) == 2 and all(isinstance(e, str) for e in ends)
        ):
            raise InvalidModel(
                json_path("parameters", name), 'expected a range such as ["0", "1"], two strings'
            )
    try:
        return Parameters({name: (low, high) for name, (low, high) in given.items()})
    except CbilError as problem:
        raise InvalidModel("$.parameters", str(problem)) from None


class _Table(NamedTuple):
    """Some numbers by name that belong together; polynomials is None where one is no string."""

    key: tuple[Any, ...]
    path: tuple[str, ...]
    numbers: dict[str, Any]
    measure: bool
    polynomials: Mapping[str, Any] | None = None


PRIOR = ("prior",)


def _tables(document: Mapping[str, Any]) -> Iterator[_Table]:
    """All tables of numbers, where the document has the shape for them."""
    asked = document.get("demonstrator")
    if isinstance(prior := document.get("prior"), dict):
        yield _Table(PRIOR, ("prior",), prior, True)
    for name, machine in _entries(document, "policies"):
        for state, emit in _emissions(machine):
            path = ("policies", name, "states", state, "emit")
            yield _Table(("policy", name, state), path, emit, name == asked)
    for state, emit in _emissions(asked):
        yield _Table(
            ("policy", DEMONSTRATOR, state), ("demonstrator", "states", state, "emit"), emit, True
        )
    for state, emit in _emissions(document.get("environment")):
        for action, shown in emit.items():
            if isinstance(shown, dict):
                place = ("environment", "states", state, "emit", action)
                yield _Table(("environment", state, action), place, shown, True)


def _entries(value: Any, key: str) -> list[tuple[str, Any]]:
    inner = value.get(key) if isinstance(value, dict) else None
    return list(inner.items()) if isinstance(inner, dict) else []


def _emissions(machine: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for state, body in _entries(machine, "states"):
        if isinstance(body, dict) and isinstance(emit := body.get("emit"), dict):
            yield state, emit


def _number(value: Any, parameters: Parameters, place: str) -> Any:
    return parse_polynomial(value, parameters, place) if isinstance(value, str) else None


def _parsed(table: _Table, parameters: Parameters) -> _Table:
    if not all(isinstance(value, str) for value in table.numbers.values()):
        return table  # reading the middle says which is no string
    found = {
        name: parse_polynomial(value, parameters, json_path(*table.path, name))
        for name, value in table.numbers.items()
    }
    return table._replace(polynomials=found)


def _check(tables: list[_Table], alpha: Any, parameters: Parameters) -> None:
    if alpha is not None:
        check_alpha(alpha, parameters, "$.alpha")
    for table in tables:
        place = json_path(*table.path)
        if table.polynomials is None:
            continue
        if table.key == PRIOR:
            check_prior(table.polynomials, parameters, place)
        else:
            check_masses(table.polynomials, parameters, place, measure=table.measure)


def _at_middle(document: dict[str, Any], parameters: Parameters) -> dict[str, Any]:
    """The document with numbers for polynomials."""
    found = deepcopy(document)
    middle = parameters.middle
    holders = [(table.numbers, table.path) for table in _tables(found)]
    for numbers, path in [(found, ()), *holders]:
        for name in ["alpha"] if numbers is found else numbers:
            value = _number(numbers.get(name), parameters, json_path(*path, name))
            if value is not None:
                numbers[name] = text(parameters.evaluate(value, middle))
    return found

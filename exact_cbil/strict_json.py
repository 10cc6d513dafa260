"""The shape of the model file `cbil-model/1`, and parsing untrusted JSON into that shape.

A fault is reported as `InvalidModel` with the JSON path of the place and what was expected there.
What the names refer to, and that probabilities sum as they must, is checked in `modelfile`.
"""

from __future__ import annotations

import json
import re
from fractions import Fraction
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StrictBool,
    ValidationError,
)

from exact_cbil.errors import CbilError, InvalidModel, shorten
from exact_cbil.model import MAX_HORIZON
from exact_cbil.numbers import rational

__all__ = [
    "FORMAT",
    "MAX_BYTES",
    "Document",
    "Name",
    "Part",
    "Rational",
    "json_path",
    "parse_document",
    "parse_object",
    "parse_shape",
]

FORMAT = "cbil-model/1"
MAX_BYTES = 64 * 2**20
"""The largest model file that is read."""
LONGEST_FLOAT = 400
"""Characters of a number with a decimal point; some languages write 5e-324 with all its zeros."""


def _rational(value: object) -> Fraction:
    if not isinstance(value, str):
        raise ValueError(f'expected a string such as "1/3", got {_describe(value)}')
    try:
        return rational(value, "")
    except CbilError as problem:
        detail = str(problem).rpartition("got ")[2].removeprefix("str ")
        raise ValueError(f'expected an integer or a ratio such as "1/3", got {detail}') from None


def _name(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"expected a non-empty name, got {_describe(value)}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"expected text, got a lone surrogate in {shorten(value)}") from None
    return value


def _horizon(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_HORIZON:
        raise ValueError(f"expected an integer from 0 to {MAX_HORIZON}, got {_describe(value)}")
    return value


def _describe(value: object) -> str:
    if isinstance(value, _LongNumber):
        return repr(value)
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, str):
        return f"the string {shorten(value)}"
    if isinstance(value, int | float):
        return f"the number {shorten(value)}"
    return "an object" if isinstance(value, dict) else "an array"


Rational: TypeAlias = Annotated[Fraction, PlainValidator(_rational)]
Name: TypeAlias = Annotated[str, PlainValidator(_name)]
Horizon: TypeAlias = Annotated[int, PlainValidator(_horizon)]
Masses: TypeAlias = dict[Name, Rational]


class Part(BaseModel):
    """A JSON object with known keys only."""

    model_config = ConfigDict(extra="forbid", strict=True)


P = TypeVar("P", bound=Part)


class PolicyRule(Part):
    """A rule of a policy; it may name `queried`."""

    to: Name
    action: Name | None = None
    observation: Name | None = None
    queried: StrictBool | None = None


class EventRule(Part):
    """A rule of a machine that does not see `queried`."""

    to: Name
    action: Name | None = None
    observation: Name | None = None


class PolicyState(Part):
    """What a policy emits in a state, and its rules."""

    emit: Masses
    next: list[PolicyRule] = []


class PolicyMachine(Part):
    """A policy: a Moore machine over actions."""

    start: Name
    states: dict[Name, PolicyState]


class EnvironmentState(Part):
    """What an environment emits for every action, and its rules."""

    emit: dict[Name, Masses]
    next: list[EventRule] = []


class EnvironmentMachine(Part):
    """An environment: a Moore machine over observations."""

    start: Name
    states: dict[Name, EnvironmentState]


class EventState(Part):
    """The rules of a state of an event."""

    next: list[EventRule] = []


class EventMachine(Part):
    """An event: a deterministic automaton."""

    start: Name
    accept: list[Name]
    states: dict[Name, EventState]


def _name_or_machine(value: object) -> object:
    if isinstance(value, str):
        return _name(value)
    if isinstance(value, dict):
        return PolicyMachine.model_validate(value)
    raise ValueError(f"expected a policy's name or a machine, got {_describe(value)}")


class Document(Part):
    """A whole model file."""

    format: Literal["cbil-model/1"]
    actions: Annotated[list[Name], Field(min_length=1)]
    observations: Annotated[list[Name], Field(min_length=1)]
    policies: Annotated[dict[Name, PolicyMachine], Field(min_length=1)]
    prior: dict[Name, Rational]
    demonstrator: Annotated[Any, BeforeValidator(_name_or_machine)]
    environment: EnvironmentMachine
    alpha: Rational
    horizon: Horizon
    events: dict[Name, EventMachine] = {}


class _LongNumber:
    """A JSON number too long to convert; no field takes it."""

    def __init__(self, literal: str) -> None:
        self.digits = len(literal)

    def __repr__(self) -> str:
        return f"a number of {self.digits} digits"


class _Object(dict[str, Any]):
    """A JSON object that remembers a key given twice."""

    repeated: str | None = None


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    found = _Object(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        found.repeated = next(k for k, _ in pairs if k in seen or seen.add(k))  # type: ignore[func-returns-value]
    return found


def _refuse_constant(literal: str) -> None:
    raise InvalidModel("$", f"expected JSON, got the literal {literal}")


def _parse(content: bytes | str) -> Any:
    if len(content) > MAX_BYTES:
        raise InvalidModel("$", f"expected at most {MAX_BYTES} bytes")
    try:
        decoded = content.decode() if isinstance(content, bytes) else content
    except UnicodeDecodeError as problem:
        raise InvalidModel("$", f"expected UTF-8, got a bad byte at {problem.start}") from None
    if not decoded.strip():
        raise InvalidModel("$", "expected a JSON object, got an empty file")
    try:
        return json.loads(
            decoded,
            object_pairs_hook=_object,
            parse_int=lambda s: int(s) if len(s) < 20 else _LongNumber(s),
            parse_float=lambda s: float(s) if len(s) <= LONGEST_FLOAT else _LongNumber(s),
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as problem:
        place = f"line {problem.lineno}, column {problem.colno}"
        raise InvalidModel("$", f"expected JSON: {problem.msg} at {place}") from None
    except RecursionError:
        raise InvalidModel("$", "expected JSON nested less deeply") from None


def json_path(*parts: str | int) -> str:
    """A JSON path from the root, with quotes where a key is not a plain word.

    >>> json_path("policies", "a b", "next", 0)
    "$.policies['a b'].next[0]"
    """
    shown = "$"
    for part in parts:
        if isinstance(part, int):
            shown += f"[{part}]"
        elif re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,40}", part):
            shown += f".{part}"
        else:
            shown += f"[{shorten(part, 40)}]"
    return shown


def _find_repeated(value: Any, path: tuple[str | int, ...] = ()) -> None:
    if isinstance(value, _Object) and value.repeated is not None:
        raise InvalidModel(json_path(*path, value.repeated), "expected a key once, got it twice")
    children = value.items() if isinstance(value, dict) else enumerate(value)
    for key, child in children:
        if isinstance(child, dict | list):
            _find_repeated(child, (*path, key))


def parse_document(content: bytes | str) -> Document:
    """Parse a model file into its shape, or raise InvalidModel at the first fault."""
    return parse_shape(content, Document, FORMAT)


def parse_object(content: bytes | str) -> dict[str, Any]:
    """Parse one JSON object in which no key is given twice, or raise InvalidModel."""
    value = _parse(content)
    if not isinstance(value, dict):
        raise InvalidModel("$", f"expected a JSON object, got {_describe(value)}")
    try:
        _find_repeated(value)
    except RecursionError:
        raise InvalidModel("$", "expected JSON nested less deeply") from None
    return value


def parse_shape(content: bytes | str, shape: type[P], tag: str) -> P:
    """Parse JSON into a shape whose key `format` must be `tag`, or raise InvalidModel."""
    value = parse_object(content)
    if value.get("format") != tag:
        got = _describe(value["format"]) if "format" in value else "nothing"
        raise InvalidModel("$.format", f'expected "{tag}", got {got}')
    try:
        return shape.model_validate(value)
    except RecursionError:
        raise InvalidModel("$", "expected JSON nested less deeply") from None
    except ValidationError as problem:
        raise _first_fault(problem) from None


def _first_fault(problem: ValidationError) -> InvalidModel:
    fault = problem.errors(include_url=False)[0]
    place = list(fault["loc"])
    if place[-1:] == ["[key]"]:  # the fault is in a key, which is already in the place
        place.pop()
    messages = {
        "missing": "expected this key, got nothing",
        "extra_forbidden": "unknown key",
        "too_short": "expected at least one entry, got none",
        "dict_type": f"expected an object, got {_describe(fault['input'])}",
        "model_type": f"expected an object, got {_describe(fault['input'])}",
        "model_attributes_type": f"expected an object, got {_describe(fault['input'])}",
        "list_type": f"expected an array, got {_describe(fault['input'])}",
        "bool_type": f"expected true or false, got {_describe(fault['input'])}",
    }
    message = messages.get(fault["type"], fault["msg"].removeprefix("Value error, "))
    return InvalidModel(json_path(*place), message)

"""Untrusted JSON, parsed strictly: the one reader of every file and answer that comes from outside.

`parse_json` reads text into plain values within bounds: UTF-8, no key twice, no NaN, no number too
long to convert, no nesting too deep. `shaped` then checks them against a shape, a class of typed
fields. A fault is an `InvalidModel` with the JSON path of the place and what was expected there,
and `problems` lists every fault of the document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from difflib import get_close_matches
from fractions import Fraction
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from exact_cbil.errors import CbilError, InvalidModel, shorten
from exact_cbil.files import MAX_BYTES
from exact_cbil.model import MAX_HORIZON
from exact_cbil.numbers import rational

__all__ = [
    "RATIONAL",
    "Horizon",
    "Name",
    "Part",
    "Rational",
    "describe",
    "json_path",
    "parse_json",
    "parse_shape",
    "shaped",
    "valid_name",
]

LONGEST_LITERAL = 400
"""The most characters of a JSON number that is converted."""


# -- text to values -------------------------------------------------------------------------------


class LongNumber:
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


def parse_json(content: bytes | str, most: int = MAX_BYTES) -> dict[str, Any]:
    """Parse one JSON object, or raise InvalidModel.

    content: UTF-8 bytes, or text; at most `most` long. Untrusted.

    >>> parse_json('{"a": [1, "1/2"]}')
    {'a': [1, '1/2']}
    """
    if len(content) > most:
        raise InvalidModel("$", f"expected at most {most} bytes")
    try:
        decoded = content.decode() if isinstance(content, bytes) else content
        if not decoded.strip():
            raise InvalidModel("$", "expected a JSON object, got an empty file")
        value = json.loads(
            decoded,
            object_pairs_hook=_object,
            parse_int=lambda s: int(s) if len(s) <= LONGEST_LITERAL else LongNumber(s),
            parse_float=lambda s: float(s) if len(s) <= LONGEST_LITERAL else LongNumber(s),
            parse_constant=_refuse_constant,
        )
        if not isinstance(value, dict):
            raise InvalidModel("$", f"expected a JSON object, got {describe(value)}")
        _refuse_repeated(value)
    except UnicodeDecodeError as problem:
        raise InvalidModel("$", f"expected UTF-8, got a bad byte at {problem.start}") from None
    except json.JSONDecodeError as problem:
        place = f"line {problem.lineno}, column {problem.colno}"
        raise InvalidModel("$", f"expected JSON: {problem.msg} at {place}") from None
    except RecursionError:
        raise InvalidModel("$", "expected JSON nested less deeply") from None
    return value


def _refuse_repeated(value: Any, path: tuple[str | int, ...] = ()) -> None:
    if isinstance(value, _Object) and value.repeated is not None:
        raise InvalidModel(json_path(*path, value.repeated), "expected a key once, got it twice")
    children = value.items() if isinstance(value, dict) else enumerate(value)
    for key, child in children:
        if isinstance(child, dict | list):
            _refuse_repeated(child, (*path, key))


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


def describe(value: object) -> str:
    """What a JSON value is, for a message: the string 'x', the number 3, an array, ..."""
    if isinstance(value, LongNumber):
        return repr(value)
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, str):
        return f"the string {shorten(value)}"
    if isinstance(value, int | float):
        return f"the number {shorten(value)}"
    return "an object" if isinstance(value, dict) else "an array"


# -- values to shapes -----------------------------------------------------------------------------


def _rational(value: object) -> Fraction:
    if not isinstance(value, str):
        raise ValueError(f'expected a string such as "1/3", got {describe(value)}')
    try:
        return rational(value, "")
    except CbilError as problem:
        detail = str(problem).rpartition("got ")[2].removeprefix("str ")
        raise ValueError(f'expected an integer or a ratio such as "1/3", got {detail}') from None


def valid_name(value: object) -> str:
    """A non-empty name that can be written; else ValueError."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"expected a non-empty name, got {describe(value)}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"expected text, got a lone surrogate in {shorten(value)}") from None
    return value


def _horizon(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_HORIZON:
        raise ValueError(f"expected an integer from 0 to {MAX_HORIZON}, got {describe(value)}")
    return value


RATIONAL = {"type": "string", "pattern": "^-?(0|[1-9][0-9]*)(/[1-9][0-9]*)?$"}
"""The JSON Schema of a number."""

NAME = {"type": "string", "minLength": 1}
HORIZON = {"type": "integer", "minimum": 0, "maximum": MAX_HORIZON}

Rational: TypeAlias = Annotated[Fraction, PlainValidator(_rational), WithJsonSchema(RATIONAL)]
Name: TypeAlias = Annotated[str, PlainValidator(valid_name), WithJsonSchema(NAME)]
Horizon: TypeAlias = Annotated[int, PlainValidator(_horizon), WithJsonSchema(HORIZON)]


class Part(BaseModel):
    """A JSON object with known keys only."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _tell_keys(cls, value: Any, info: ValidationInfo) -> Any:
        """Leave word of the keys that this object may have, for a hint where one is misspelt."""
        if info.context is not None:
            info.context[id(value)] = tuple(cls.model_fields)
        return value


P = TypeVar("P", bound=Part)


def parse_shape(content: bytes | str, shape: type[P], tag: str) -> P:
    """Parse JSON into a shape whose key `format` must be `tag`, or raise InvalidModel."""
    return shaped(parse_json(content), shape, tag)


def shaped(value: Mapping[str, Any], shape: type[P], tag: str) -> P:
    """Check a parsed object against a shape whose key `format` must be `tag`, or raise."""
    if value.get("format") != tag:
        got = describe(value["format"]) if "format" in value else "nothing"
        raise InvalidModel("$.format", f'expected "{tag}", got {got}')
    keys: dict[int, tuple[str, ...]] = {}
    try:
        return shape.model_validate(value, context=keys)
    except RecursionError:
        raise InvalidModel("$", "expected JSON nested less deeply") from None
    except ValidationError as problem:
        raise InvalidModel.of(_problems(problem, value, keys)) from None


def _problems(
    problem: ValidationError, document: Any, keys: Mapping[int, tuple[str, ...]]
) -> list[tuple[str, str]]:
    """Every fault as a path and what was expected; a misspelt key is not also a missing one."""
    found, meant = {}, set()
    for fault in problem.errors(include_url=False):
        place = tuple(fault["loc"])
        unknown = fault["type"] == "extra_forbidden"
        if place[-1:] == ("[key]",) and not unknown:
            place = place[:-1]  # the fault is in a key, which is already in the place
        message = _message(fault)
        if unknown:
            *parents, key = place
            for guess in get_close_matches(str(key), _absent(document, parents, keys), 1):
                message += f"; did you mean {guess!r}?"
                meant.add((*parents, guess))
        found[place] = message
    # A misspelt key tells more than the one that it leaves missing.
    return [(json_path(*place), found[place]) for place in found if place not in meant]


def _absent(
    document: Any, parents: list[str | int], keys: Mapping[int, tuple[str, ...]]
) -> list[str]:
    """The keys that an object of the document may have and lacks."""
    owner = document
    try:
        for part in parents:
            owner = owner[part]
    except LookupError:  # pydantic writes a lone surrogate in a key differently
        return []
    return [name for name in keys.get(id(owner), ()) if name not in owner]


def _message(fault: Any) -> str:
    got = describe(fault["input"])
    messages = {
        "missing": "expected this key, got nothing",
        "extra_forbidden": "unknown key",
        "too_short": "expected at least one entry, got none",
        "dict_type": f"expected an object, got {got}",
        "model_type": f"expected an object, got {got}",
        "model_attributes_type": f"expected an object, got {got}",
        "list_type": f"expected an array, got {got}",
        "bool_type": f"expected true or false, got {got}",
    }
    return messages.get(fault["type"], str(fault["msg"]).removeprefix("Value error, "))

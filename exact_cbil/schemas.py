"""JSON Schemas of the formats that commands read or write, for editors and other programs.

Each is made of the shape against which the reader checks, so the two cannot disagree; a schema says
less than the reader, which also checks what names refer to and what probabilities sum to. Packages
name their shapes under the entry-point group `exact_cbil.formats`.
"""

from __future__ import annotations

import json
from importlib.metadata import entry_points
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from exact_cbil.errors import UnknownName
from exact_cbil.modelfile import FORMAT
from exact_cbil.strict_json import RATIONAL

__all__ = ["DIALECT", "schema", "shapes"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

RANGES = {
    "type": "object",
    "additionalProperties": {
        "type": "array",
        "items": {"type": "string"},
        "minItems": 2,
        "maxItems": 2,
    },
}
"""The key `parameters` of a model file."""


class _Untitled(GenerateJsonSchema):
    """Leaves out the titles of fields, which repeat their names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def shapes() -> dict[str, type[BaseModel]]:
    """The shape of every format, by the format's name.

    >>> shapes()["cbil-toy/1"].__name__
    'ToyDocument'
    """
    found: dict[str, type[BaseModel]] = {}
    for point in entry_points(group="exact_cbil.formats"):
        found |= point.load()
    return dict(sorted(found.items()))


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of a format, in dialect 2020-12; UnknownName where there is no such format.

    >>> schema("cbil-toy/1")["properties"]["power"]["pattern"]
    '^-?(0|[1-9][0-9]*)(/[1-9][0-9]*)?$'
    """
    known = shapes()
    if name not in known:
        raise UnknownName("schema", name, "format")
    found = _short_names(known[name].model_json_schema(schema_generator=_Untitled))
    if name == FORMAT:
        found = _with_parameters(found)
    return {"$schema": DIALECT, **found, "title": name}


def _short_names(found: dict[str, Any]) -> dict[str, Any]:
    """Call a shape that holds numbers of one kind by its name alone."""
    written = json.dumps(found)
    for name in found.get("$defs", ()):
        written = written.replace(name, name.partition("_")[0])
    short: dict[str, Any] = json.loads(written)
    return short


def _with_parameters(plain: dict[str, Any]) -> dict[str, Any]:
    """Of a model file: where it declares parameters, a number may be a polynomial in them."""
    definitions = plain.pop("$defs")
    written = json.dumps([plain, definitions]).replace("/$defs/", "/$defs/Parametric")
    changed, others = _polynomial(json.loads(written))
    changed["properties"]["parameters"] = RANGES
    return {
        "description": plain["description"],
        "if": {"required": ["parameters"]},
        "then": changed,
        "else": plain,
        "$defs": definitions | {f"Parametric{key}": part for key, part in others.items()},
    }


def _polynomial(value: Any) -> Any:
    """A schema in which any text stands for a number."""
    if value == RATIONAL:
        return {"type": "string"}
    if isinstance(value, dict):
        return {key: _polynomial(part) for key, part in value.items()}
    return [_polynomial(part) for part in value] if isinstance(value, list) else value

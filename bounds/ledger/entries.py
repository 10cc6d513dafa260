"""The entries of the ledger, as they stand in `entries.toml`."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from exact_cbil.errors import CbilError

__all__ = ["FOLDER", "Entry", "Family", "entries"]

FOLDER: Traversable = files("bounds") / "ledger"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Family(_Part):
    """A witness given by a family of `bounds.witness` and its parameters.

    schedule: a file of `witnesses`. defective: build its model so. walk: q, height and number of
    alternatives, whose value is a limit in T and alpha. hazard: number of alternatives, and eps.
    """

    schedule: str | None = None
    defective: bool = False
    walk: tuple[int, int, int] | None = None
    hazard: tuple[int, str] | None = None


class Entry(_Part):
    """One bound.

    bound: a candidate in the grammar of `exact-cbil explore`.
    claim: the tag of the theorem that says so. certificate: files of `certificates` that show it.
    floor: a certificate that no proof by a potential gives a smaller constant.
    models: files of `witnesses` at which it is nearly attained, or refuted; families: likewise.
    """

    name: str
    title: str
    bound: str
    claim: str | None = None
    certificate: tuple[str, ...] = ()
    floor: str | None = None
    models: tuple[str, ...] = ()
    families: tuple[Family, ...] = ()


class _Ledger(_Part):
    entry: tuple[Entry, ...]


def entries(content: str | None = None) -> tuple[Entry, ...]:
    """The ledger's entries. content: TOML to read instead of `entries.toml`."""
    if content is None:
        content = (FOLDER / "entries.toml").read_text(encoding="utf-8")
    try:
        document: dict[str, Any] = tomllib.loads(content)
        return _Ledger.model_validate(_tuples(document)).entry
    except (tomllib.TOMLDecodeError, ValidationError) as problem:
        raise CbilError(f"ledger: {str(problem).splitlines()[0]}") from None


def _tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _tuples(inner) for key, inner in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value

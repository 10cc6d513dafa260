"""The record: which theorem stands for which claim, and what each of them says.

`theorems.toml` is written by hand; `statements/` is written by `exact-cbil prove --record` from
what Rocq prints, one file for each theorem and each definition that a statement rests on, so that
a change of meaning is a change that a reader of the diff can see.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from exact_cbil.errors import CbilError, shorten
from exact_cbil.files import read_bytes, read_text, replace_file, told
from proofs.printing import Printed
from proofs.tools import FILE_NAME, ROOT

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_']*")

__all__ = ["SCOPES", "Record", "Theorem", "read_record", "read_theorems", "write_record"]

SCOPES = {
    "same": "states the claim as it stands",
    "wider": "implies the claim, and says more",
    "narrower": "says less than the claim",
    "step": "a step of a proof, not a claim of its own",
}


@dataclass(frozen=True)
class Theorem:
    """A named theorem. claim: its tag. scope: how it stands to that claim, one of SCOPES."""

    claim: str
    file: str
    name: str
    scope: str
    words: str

    @property
    def full_name(self) -> str:
        """The name under which Rocq knows it, whatever is imported."""
        return f"{ROOT}.{self.file.removesuffix('.v')}.{self.name}"


@dataclass
class Record:
    """What was recorded. definitions: for each theorem, the full names its statement rests on."""

    rocq: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    assumptions: dict[str, list[str]] = field(default_factory=dict)
    definitions: dict[str, list[str]] = field(default_factory=dict)


def read_theorems(directory: Path) -> list[Theorem]:
    """The named theorems of `theorems.toml`, in its order.

    Its names go into commands of Rocq, so they are names and nothing else.
    """
    path = directory / "theorems.toml"
    try:
        tables = tomllib.loads(read_text(path)).get("theorem")
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise CbilError(f"{path}: expected TOML: {problem}") from None
    keys = [each.name for each in fields(Theorem)]
    if not isinstance(tables, list) or not all(
        isinstance(table, dict) and sorted(table) == sorted(keys) for table in tables
    ):
        raise CbilError(f"{path}: expected a list of theorems, each with {', '.join(keys)}")
    theorems = [Theorem(**table) for table in tables]
    for theorem in theorems:
        values = vars(theorem).values()
        if not all(isinstance(value, str) and value.isprintable() for value in values):
            raise CbilError(f"{path}: {shorten(theorem.name)}: expected strings, each of one line")
        if not _NAME.fullmatch(theorem.name) or not FILE_NAME.fullmatch(theorem.file):
            raise CbilError(
                f"{path}: expected the name of a theorem and of its file, such as 'main' and "
                f"'Law.v', got {shorten(theorem.name)} and {shorten(theorem.file)}"
            )
        if theorem.scope not in SCOPES:
            expected = ", ".join(SCOPES)
            raise CbilError(f"{path}: {theorem.name}: scope: expected one of {expected}")
    names = [theorem.full_name for theorem in theorems]
    if repeated := {name for name in names if names.count(name) > 1}:
        raise CbilError(f"{path}: {min(repeated)} is named twice")
    return theorems


class _About(BaseModel):
    """What `record.json` holds."""

    model_config = ConfigDict(strict=True, extra="forbid")

    rocq: str
    assumptions: dict[str, list[str]]
    definitions: dict[str, list[str]]


def read_record(directory: Path) -> Record:
    """What was recorded; an empty record if nothing was."""
    folder = directory / "statements"
    path = folder / "record.json"
    if not os.path.lexists(path):
        return Record()
    try:
        about = _About.model_validate_json(read_bytes(path))
    except ValidationError as problem:
        reason = problem.errors()[0]["msg"]
        raise CbilError(f"{path}: not a record: {reason}") from None
    texts = {file.stem: read_text(file).rstrip("\n") for file in folder.glob("*.txt")}
    return Record(about.rocq, texts, about.assumptions, about.definitions)


def write_record(directory: Path, rocq: str, printed: Mapping[str, Printed]) -> None:
    """Replace what was recorded by what Rocq printed."""
    folder = directory / "statements"
    texts = {name: each.statement for name, each in printed.items()}
    for each in printed.values():
        texts |= each.definitions
    about = {
        "rocq": rocq,
        "assumptions": {name: sorted(each.assumptions) for name, each in printed.items()},
        "definitions": {name: sorted(each.definitions) for name, each in printed.items()},
    }
    with told(folder):
        folder.mkdir(exist_ok=True)
        for path in folder.glob("*.txt"):
            if path.stem not in texts:
                path.unlink()
    for name, text in texts.items():
        _write(folder / f"{name}.txt", text)
    _write(folder / "record.json", json.dumps(about, indent=1))


def _write(path: Path, text: str) -> None:
    with replace_file(path) as file:
        file.write(f"{text}\n".encode())

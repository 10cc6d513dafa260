"""The record: which theorem stands for which claim, and what each of them says.

`theorems.toml` is written by hand; `statements/` is written by `exact-cbil prove --record` from
what Rocq prints, one file for each theorem and each definition that a statement rests on, so that
a change of meaning is a change that a reader of the diff can see.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from exact_cbil.errors import CbilError
from proofs.printing import Printed
from proofs.session import ROOT

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
    """The named theorems of `theorems.toml`, in its order."""
    path = directory / "theorems.toml"
    try:
        tables = tomllib.loads(path.read_text("utf-8"))["theorem"]
        theorems = [Theorem(**table) for table in tables]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError) as problem:
        raise CbilError(f"{path}: expected a list of theorems: {problem}") from None
    for theorem in theorems:
        if theorem.scope not in SCOPES:
            expected = ", ".join(SCOPES)
            raise CbilError(f"{path}: {theorem.name}: scope: expected one of {expected}")
    return theorems


def read_record(directory: Path) -> Record:
    """What was recorded; an empty record if nothing was."""
    folder = directory / "statements"
    try:
        about: dict[str, Any] = json.loads((folder / "record.json").read_text("utf-8"))
    except FileNotFoundError:
        return Record()
    except ValueError as problem:
        raise CbilError(f"{folder / 'record.json'}: not a record: {problem}") from None
    texts = {path.stem: path.read_text("utf-8").rstrip("\n") for path in folder.glob("*.txt")}
    return Record(about["rocq"], texts, about["assumptions"], about["definitions"])


def write_record(directory: Path, rocq: str, printed: Mapping[str, Printed]) -> None:
    """Replace what was recorded by what Rocq printed."""
    folder = directory / "statements"
    folder.mkdir(exist_ok=True)
    texts = {name: each.statement for name, each in printed.items()}
    for each in printed.values():
        texts |= each.definitions
    for path in folder.glob("*.txt"):
        if path.stem not in texts:
            path.unlink()
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text + "\n", "utf-8")
    about = {
        "rocq": rocq,
        "assumptions": {name: _sorted(each.assumptions) for name, each in printed.items()},
        "definitions": {name: _sorted(each.definitions) for name, each in printed.items()},
    }
    (folder / "record.json").write_text(json.dumps(about, indent=1) + "\n", "utf-8")


def _sorted(names: Iterable[str]) -> list[str]:
    return sorted(names)

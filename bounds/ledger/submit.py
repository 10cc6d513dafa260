"""Contribution by file: what a certificate or a witness shows, and whether that is a record.

The claim is derived from the file alone: of a certificate in the words of the program that accepts
it, of a witness by computing its model. The file is somebody else's: both are done by programs of
their own, within limits of time and memory.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from subprocess import TimeoutExpired
from tempfile import TemporaryDirectory
from typing import Any

from bounds import check_potential
from bounds.ledger.constants import RECORDS, Constants, Record, best, read_constants
from bounds.ledger.measure import FORMATS
from bounds.ledger.replay import CERTIFICATES, checked, replay_records
from bounds.witness.family import WITNESSES, family_of
from exact_cbil import children
from exact_cbil.errors import CbilError, shorten
from exact_cbil.files import read_bytes, replace_file
from exact_cbil.real import Real, compare
from exact_cbil.strict_json import parse_json

__all__ = ["Shown", "Submission", "examine"]

SECONDS, MEMORY = 300, 2 << 30
"""What a witness may take."""

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}\.json", re.ASCII)


@dataclass(frozen=True)
class Shown:
    """What a file shows of one constant, as a record; and the best record there was.

    Whether it is better, `improves`, and by how much, `margin`, None where there was none.
    """

    record: Record
    before: Record | None

    @property
    def improves(self) -> bool:
        """Whether it is better than what stood, also for a wider or a narrower class."""
        if self.before is None:
            return True
        order = compare(self.record.number, self.before.number)
        return order == (-1 if self.record.side == "upper" else 1)

    @property
    def margin(self) -> Real | None:
        """By how much the bound moves; negative where it is worse."""
        if self.before is None:
            return None
        moved = self.record.number - self.before.number
        return Real.of(0) - moved if self.record.side == "upper" else moved

    def to_json(self) -> dict[str, Any]:
        """The object that `exact-cbil bounds --submit FILE --json` prints for it."""
        return {
            "constant": self.record.constant,
            "side": self.record.side,
            "value": self.record.value,
            "record": None if self.before is None else self.before.value,
            "improves": self.improves,
            "margin": None if self.margin is None else self.margin.decimal(6),
        }


@dataclass(frozen=True)
class Submission:
    """A file, as it was when it was read, and what that shows."""

    name: str
    content: bytes
    shown: tuple[Shown, ...]

    @property
    def improves(self) -> bool:
        """Whether it is a record of any constant."""
        return any(one.improves for one in self.shown)

    def enter(self) -> Constants:
        """Keep the file and append the records that it improves; the table as it is then.

        Raises CbilError where the ledger cannot be written.
        """
        certificate = any(one.record.certificate is not None for one in self.shown)
        folder = Path(str(CERTIFICATES if certificate else WITNESSES))
        table = Path(str(RECORDS))
        rows = "".join(_row(one.record) for one in self.shown if one.improves)
        extended = table.read_text(encoding="utf-8") + rows
        found = read_constants(extended)
        for place, content in ((folder / self.name, self.content), (table, extended.encode())):
            with replace_file(place) as file:
                file.write(content)
        return found


def examine(path: Path, by: str, constants: Constants, only: str | None = None) -> Submission:
    """What a file shows, replayed, beside the old records, replayed as well.

    by: who claims it. only: ask of this constant alone. Raises CbilError, in one line, for a file
    that shows nothing, is malformed, or is in the ledger already.
    """
    if not (by.isprintable() and 0 < len(by) <= 100):
        raise CbilError(f"--by: expected a name of up to 100 characters, got {shorten(by)}")
    if not NAME.fullmatch(path.name):
        expected = "a file named in small letters, digits and dashes, and .json"
        raise CbilError(f"--submit: expected {expected}, got {shorten(path.name)}")
    if path.name in {record.file or record.source for record in constants.records}:
        raise CbilError(f"--submit: {path.name} is in the ledger; a new record has a new name")
    content = read_bytes(path)
    try:
        kind = parse_json(content).get("format")
    except CbilError as problem:
        raise CbilError(f"{path.name}: {problem}") from None
    if kind not in (check_potential.FORMAT, *FORMATS):
        expected = ", ".join((check_potential.FORMAT, *FORMATS))
        raise CbilError(f"{path.name}: $.format: expected one of {expected}, got {shorten(kind)}")
    is_certificate = kind == check_potential.FORMAT
    with TemporaryDirectory() as folder:  # what is looked at is what will be kept
        copy = Path(folder) / path.name
        copy.write_bytes(content)
        records = [*(_certified(copy, constants) if is_certificate else _measured(copy, only))]
    shown = tuple(
        Shown(
            replace(record, by=by, date=date.today()),
            best(tuple(constants.bearing(record.constant, record.side)), record.side),
        )
        for record in records
        if not any(constants.implied(record, other) for other in records)
    )
    replay_records(constants, {one.before.constant for one in shown if one.before is not None})
    return Submission(path.name, content, shown)


def _certified(path: Path, constants: Constants) -> Iterator[Record]:
    words = checked([path.name], path.parent)[path.name]
    found = [
        (name, value)
        for name, constant in constants.by_name.items()
        if (value := constant.certified(words)) is not None
    ]
    if not found:
        raise CbilError(f"{path.name}: shows what is no bound of a constant: {words}")
    for name, value in found:
        yield Record(name, "upper", value, date.min, "", certificate=path.name)


def _measured(path: Path, only: str | None) -> Iterator[Record]:
    command = [
        sys.executable,
        "-I",
        "-m",
        "bounds.ledger.measure",
        str(path),
        str(RECORDS),
    ]
    command += [] if only is None else [only]
    try:
        done = children.run(command, timeout=SECONDS, memory=MEMORY)
    except TimeoutExpired:
        raise CbilError(f"{path.name}: not computed in {SECONDS} seconds") from None
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        problem = said[-1] if said else f"it ended with code {done.returncode}"
        raise CbilError(f"{path.name}: {problem}")
    found: dict[str, Any] = json.loads(done.stdout)
    if not found:
        raise CbilError(f"{path.name}: its model attains nothing of any constant")
    for name, (value, witness) in found.items():
        named = family_of(witness) if isinstance(witness, dict) else witness
        yield Record(name, "lower", value, date.min, "", witness=named)


def _row(record: Record) -> str:
    """A record as `constants.toml` has it."""
    fields = [f"constant = {_quoted(record.constant)}", f"{record.side} = {_quoted(record.value)}"]
    fields += [f"date = {record.date}", f"by = {_quoted(record.by)}"]
    if record.certificate is not None:
        fields.append(f"certificate = {_quoted(record.certificate)}")
    elif isinstance(record.witness, str):
        fields.append(f"witness = {_quoted(record.witness)}")
    else:
        given = {key: value for key, value in vars(record.witness).items() if value}
        inner = ", ".join(f"{key} = {json.dumps(value)}" for key, value in given.items())
        fields.append(f"witness = {{ {inner} }}")
    return "\n[[record]]\n" + "\n".join(fields) + "\n"


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)

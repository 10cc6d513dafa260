"""The constants of `constants.toml` and the records on them: what was shown of each, by whom, when.

Nothing is replayed here; `replay` does that. What follows from what is in `bounds.ledger.rests`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812
from fractions import Fraction
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Literal, TypeAlias

from bounds.claims import Known, claim_named
from bounds.language.candidate import Candidate
from bounds.language.grammar import parse_expression
from bounds.language.scene import Scene
from bounds.witness.family import Family, family_of
from exact_cbil.errors import CbilError, UnknownName
from exact_cbil.numbers import text
from exact_cbil.real import Real

__all__ = [
    "CONSTANTS",
    "RECORDS",
    "SIDES",
    "Constant",
    "Constants",
    "How",
    "Record",
    "Side",
    "best",
    "read_constants",
]

Side: TypeAlias = Literal["upper", "lower"]
How: TypeAlias = Known | Literal["witness", "quoted"]
SIDES: tuple[Side, ...] = ("upper", "lower")

RECORDS: Traversable = files("bounds") / "ledger" / "constants.toml"


@dataclass(frozen=True)
class Record:
    """A row of a constant's history.

    constant: its name. side, value: an upper or lower bound, as text. date, by: whose it is.
    One of these shows it: claim, the name of one; certificate, a file; witness, a model or family
    as in `Claim`; tag, of SPEC; quoted, a source that was not checked. known: beside the last two.
    """

    constant: str
    side: Side
    value: str
    date: Date
    by: str
    comment: str = ""
    claim: str | None = None
    certificate: str | None = None
    witness: str | Family | None = None
    tag: str | None = None
    quoted: str | None = None
    known: Literal["kernel", "hand", "quoted"] | None = None

    @property
    def how(self) -> How:
        """How it is known; of a claim, what the claim itself says."""
        if self.claim is not None:
            known = claim_named(self.claim).known
            assert known is not None
            return known
        if self.known is not None:
            return self.known
        return "certificate" if self.certificate is not None else "witness"

    @property
    def source(self) -> str:
        """What shows it, by its name in the ledger, in SPEC or elsewhere."""
        if isinstance(self.witness, Family):
            return self.witness.name
        named = (self.claim, self.certificate, self.witness, self.tag, self.quoted)
        return next(name for name in named if name is not None)

    @property
    def file(self) -> str | None:
        """The file of `ledger/witnesses` that shows it, if any."""
        if isinstance(self.witness, Family):
            return self.witness.file
        return self.witness if self.witness is not None and self.witness.endswith(".json") else None

    @cached_property
    def number(self) -> Real:
        """The value."""
        if re.fullmatch(r"[0-9]+\.[0-9]+", self.value):
            return Real.of(Fraction(self.value))
        return Scene(None).value(parse_expression(self.value))


@dataclass(frozen=True)
class Constant:
    """What a constant is; see the head of `constants.toml` for the fields."""

    name: str
    title: str
    plain: str
    bound: str | None = None
    shown: tuple[tuple[str, str], ...] = ()
    floor: str | None = None
    within: str | None = None
    uses: tuple[str, ...] = ()
    comment: str = ""

    def candidate(self, value: str = "1") -> Candidate:
        """The inequality, with a value for C; for 1 the ratio of its sides is a lower bound."""
        assert self.bound is not None
        return Candidate.parse(self.bound.replace("{C}", value))

    def certified(self, words: str) -> str | None:
        """The value of C that a certificate shows, in the checker's words; None for other words."""
        for template, value in self.shown:
            pattern = "([0-9/]+)".join(map(re.escape, template.split("{}")))
            if found := re.fullmatch(pattern, words):
                return simplest(value.format(*found.groups()))
        return None


@dataclass(frozen=True)
class Constants:
    """Every constant by its name, and every record in order."""

    by_name: Mapping[str, Constant]
    records: tuple[Record, ...]

    def named(self, name: str) -> Constant:
        """The constant of a name; CbilError where there is none."""
        if name not in self.by_name:
            raise UnknownName("ledger", name, "constant")
        return self.by_name[name]

    def history(self, name: str, side: Side) -> tuple[Record, ...]:
        """The records on one side of a constant, in order."""
        return tuple(r for r in self.records if (r.constant, r.side) == (name, side))

    def implied(self, record: Record, by: Record) -> bool:
        """Whether a record follows from one on another constant, of a wider or a narrower class."""
        upper = record.side == "upper"
        inner, outer = (record, by) if upper else (by, record)
        if record.constant == by.constant or outer.constant not in self._around(inner.constant):
            return False
        return by.number <= record.number if upper else by.number >= record.number

    def bearing(self, name: str, side: Side) -> Iterator[Record]:
        """The same, with those of classes that this one is in, or, for a lower bound, holds."""
        for other in self.by_name:
            inner, outer = (name, other) if side == "upper" else (other, name)
            if outer in self._around(inner):
                yield from self.history(other, side)

    def _around(self, name: str) -> Iterator[str]:
        found: str | None = name
        while found is not None:
            yield found
            found = self.by_name[found].within


def simplest(expression: str) -> str:
    """A number in the language of bounds as a fraction, or the root of one, where it is one.

    >>> simplest("sqrt(max(34/25/3, 9/25/2))"), simplest("51/30")
    ('sqrt(34/75)', '17/10')
    """
    value = Scene(None).value(parse_expression(expression))
    if value.exact is not None:
        return text(value.exact)
    square = (value * value).exact
    return expression if square is None else f"sqrt({text(square)})"


def best(records: Iterator[Record] | tuple[Record, ...], side: Side) -> Record | None:
    """The first record of the least upper, or the greatest lower, bound."""
    found: Record | None = None
    for record in records:
        better = found is None or (
            record.number < found.number if side == "upper" else record.number > found.number
        )
        if better:
            found = record
    return found


def read_constants(content: str) -> Constants:
    """Read the table. Raises CbilError where it contradicts itself."""
    document = tomllib.loads(content)
    constants = [one for row in document["constant"] for one in _expanded(row)]
    by_name = {constant.name: constant for constant in constants}
    records = tuple(_record(row) for row in document["record"])
    for record in records:
        if record.constant not in by_name:
            raise CbilError(f"ledger: a record on {record.constant!r}, which is no constant")
    return Constants(by_name, records)


def _expanded(row: dict[str, Any]) -> Iterator[Constant]:
    """One constant, or one for each k, each within the next."""
    numbers = row.pop("each", [None])
    row |= {"shown": tuple(map(tuple, row.get("shown", ()))), "uses": tuple(row.get("uses", ()))}
    for number, after in zip(numbers, [*numbers[1:], None], strict=True):
        within = row["name"].replace("{k}", str(after)) if after is not None else row.get("within")
        filled = {key: _filled(value, number) for key, value in row.items()}
        yield Constant(**(filled | {"within": within}))


def _filled(value: Any, number: int | None) -> Any:
    if isinstance(value, str):
        return value if number is None else value.replace("{k}", str(number))
    return tuple(_filled(part, number) for part in value)


def _record(row: dict[str, Any]) -> Record:
    (side,) = (side for side in SIDES if side in row)
    witness = row.pop("witness", None)
    if isinstance(witness, dict):
        witness = family_of(witness)
    return Record(side=side, value=row.pop(side), witness=witness, **row)


CONSTANTS: Constants = read_constants(RECORDS.read_text(encoding="utf-8"))
"""The constants and records of this project."""

"""What rests on what: which claims and records fall when something is withdrawn, and what stands.

A claim rests on what its proof uses, and on its certificates where it is known by these alone. A
record rests on what it names: a claim, a certificate with the argument that makes it a bound, a
witness, a tag of SPEC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from bounds.claims import LEMMAS, Claim
from bounds.ledger.constants import SIDES, Constants, Record, Side, best
from exact_cbil.errors import CbilError, shorten
from exact_cbil.real import compare

__all__ = ["Change", "Fallen", "all_below", "foundations", "without"]


@dataclass(frozen=True)
class Change:
    """The best bound on one side of a constant before and after, None where none is left."""

    constant: str
    side: Side
    before: Record
    after: Record | None


@dataclass(frozen=True)
class Fallen:
    """What falls with something.

    claims: each with what it rests on that has fallen. records: those that fall. changes: the
    constants whose best bound is one of these.
    """

    withdrawn: str
    claims: tuple[tuple[Claim, str], ...]
    records: tuple[Record, ...]
    changes: tuple[Change, ...]

    def to_json(self) -> dict[str, object]:
        """The object that `exact-cbil bounds --without NAME --json` prints."""
        return {
            "withdrawn": self.withdrawn,
            "claims": [{"name": claim.name, "because": why} for claim, why in self.claims],
            "constants": [
                {
                    "name": change.constant,
                    "side": change.side,
                    "before": change.before.value,
                    "after": None if change.after is None else change.after.value,
                }
                for change in self.changes
            ],
        }


def rests_of_claim(claim: Claim) -> tuple[str, ...]:
    """What a true claim rests on."""
    return (*claim.uses, *(claim.certificate if claim.known == "certificate" else ()))


def rests_of_record(record: Record, constants: Constants) -> Iterator[str]:
    """What a record rests on, beside itself."""
    if record.certificate is not None:
        yield from constants.named(record.constant).uses
    yield record.source


def foundations(table: Iterable[Claim], constants: Constants) -> tuple[str, ...]:
    """Everything that can be withdrawn: claims, facts, lemmas, and what records name."""
    names = [claim.name for claim in table if claim.truth == "true"]
    from bounds.universal.facts import FACTS  # solvers are slow to load, and an extra

    names += [fact.name for fact in FACTS] + [*LEMMAS]
    names += [record.source for record in constants.records]
    return tuple(dict.fromkeys(names))


def all_below(
    record: Record, table: Iterable[Claim], constants: Constants
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What a record rests on, and each of these claims in turn: pairs of a name and its own."""
    claims = {claim.name: claim for claim in table}
    waiting, seen = [*rests_of_record(record, constants)], set[str]()
    while waiting:
        name = waiting.pop(0)
        if name not in seen:
            seen.add(name)
            rests = rests_of_claim(claims[name]) if name in claims else ()
            yield name, rests
            waiting += rests


def without(name: str, table: tuple[Claim, ...], constants: Constants) -> Fallen:
    """What falls if something is withdrawn, and what then stands.

    name: a claim, a fact of `universal.facts`, a lemma, a file of the ledger, or a tag of SPEC.

    >>> from bounds.claims import TABLE
    >>> from bounds.ledger.constants import CONSTANTS
    >>> [claim.name for claim, _ in without("T3", TABLE, CONSTANTS).claims]
    ['T4a', 'T4b', 'T5', 'T6', 'T7', 'T7a', 'T0', 'T7, Psi_2']
    """
    known = foundations(table, constants)
    if name not in known:
        (guess, *_) = [*get_close_matches(name, known, 1), ""]
        hint = f"; did you mean {guess!r}?" if guess else ""
        raise CbilError(f"--without: nothing in the ledger rests on {shorten(name)}{hint}")
    gone, claims = {name}, []
    true = [claim for claim in table if claim.truth == "true" and claim.name != name]
    while found := [
        (claim, next(part for part in rests_of_claim(claim) if part in gone))
        for claim in true
        if claim.name not in gone and not gone.isdisjoint(rests_of_claim(claim))
    ]:
        claims += found
        gone |= {claim.name for claim, _ in found}
    records = tuple(
        record
        for record in constants.records
        if not gone.isdisjoint(rests_of_record(record, constants))
    )
    return Fallen(name, tuple(claims), records, tuple(_changes(records, constants)))


def _changes(fallen: tuple[Record, ...], constants: Constants) -> Iterator[Change]:
    for name in constants.by_name:
        for side in SIDES:
            bearing = tuple(constants.bearing(name, side))
            before = best(bearing, side)
            after = best(tuple(record for record in bearing if record not in fallen), side)
            if before is not None and (after is None or compare(after.number, before.number)):
                yield Change(name, side, before, after)

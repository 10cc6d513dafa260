"""The ledger as pages of Markdown: one for all, and one for each constant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from bounds.claims import TABLE, Claim
from bounds.language.functions import FUNCTIONS
from bounds.language.quantities import LAWS, QUANTITIES
from bounds.ledger.constants import SIDES, Constant, Constants, Record, Side, best
from bounds.ledger.replay import Line
from bounds.ledger.rests import all_below
from exact_cbil.expressions import Call, Name
from exact_cbil.files import replace_file, told
from exact_cbil.real import compare

__all__ = ["bounds_shown", "constant_page", "page", "value_shown", "write_pages"]

HEAD = """# The ledger of bounds

Written by `exact-cbil bounds --page docs/bounds.md --plot docs/bounds.svg`, with a page for each
constant; all numbers are what came of replaying the certificates and witnesses in `bounds/ledger`.
[How to add a record](../bounds/README.md#how-to-add-a-record).

## Constants

The page of a constant is the history of its bounds, with what replays each. The certified numbers
stand here, rounded away from each other; a limit that is only approached is in the comments there.

"""

CLAIMS = """
## Claims

- **proved in general**: kernel-checked, for every finite class, environment and horizon
  ([proofs](../proofs/README.md)). **proved by hand**: in [SPEC.md](../SPEC.md).
- **certified**: a certificate was accepted by `bounds/check_potential.py`, which shares no code
  with the search that found it; [why it implies the bound](../bounds/README.md).
- **survives**: open; no known model refutes it. **refuted**: the model named does.
- *Attained* is the ratio of left to right at the best witness, computed exactly and shown rounded;
  what is left to 1 is the gap between what is proved and what is witnessed.
- *Rests on*: other claims, facts of `bounds/universal/facts.py` and lemmas.
  `exact-cbil bounds --without T3` says what falls with one of them.
- A bound is written in the language of `exact-cbil explore`; its names are explained at the end.

![how much of each bound is attained](bounds.svg)

| name | bound | status | by | attained | gap | best witness | rests on |
|---|---|---|---|---|---|---|---|
"""

HOW = """
How it is known: **kernel**, by Rocq, for every model ([proofs](../../proofs/README.md));
**certificate**, by a file that `bounds/check_potential.py` accepts; **witness**, by a model whose
numbers were computed exactly; **hand**, by a proof in [SPEC.md](../../SPEC.md); **quoted**, by
nobody here. All of it but the last two is replayed by `exact-cbil bounds {name}`.
"""

OURS = "this project"


def page(lines: Iterable[Line], constants: Constants) -> str:
    """The page of all: the constants, the claims, and what each certificate shows."""
    listed = list(lines)
    rows = [
        f"| {line.claim.name} | {line.claim.title}: `{_cell(line.claim.bound)}` | "
        f"{_status(line)} | {line.claim.attribution or OURS} | {_rounded(line, 'ratio')} | "
        f"{_rounded(line, 'gap')} | {line.witness or '-'} | {', '.join(line.claim.uses) or '-'} |"
        for line in listed
    ]
    shown = [f"- {line.claim.name}: {text}" for line in listed for text in line.shown]
    certificates = "\n".join(["", "", "## What the certificates show", "", *shown, ""])
    claims = CLAIMS + "\n".join(rows) + certificates
    return HEAD + _index(constants) + claims + _names(line.claim for line in listed)


def _index(constants: Constants) -> str:
    head = ["| constant | what | at least | at most |", "|---|---|---|---|"]
    rows = [
        f"| [`{name}`](constants/{name}.md) | {one.title} | "
        + " | ".join(bounds_shown(constants, name))
        + " |"
        for name, one in constants.by_name.items()
    ]
    return "\n".join([*head, *rows, ""])


def bounds_shown(constants: Constants, name: str) -> tuple[str, str]:
    """The best lower and upper bounds of a constant, rounded, and how each is known."""
    low, high = (best(constants.bearing(name, side), side) for side in ("lower", "upper"))
    return _best_shown(low), _best_shown(high)


def _best_shown(record: Record | None) -> str:
    return "-" if record is None else f"{_decimal(record)} ({record.how})"


def constant_page(
    constant: Constant, constants: Constants, floors: Mapping[str, str], table: Iterable[Claim]
) -> str:
    """The page of one constant."""
    low, high = bounds_shown(constants, constant.name)
    known = f"At least **{low}**; at most **{high}**."
    parts = [f"# `{constant.name}`: {constant.title}", constant.plain]
    if constant.bound is not None:
        parts.append("    " + constant.bound.replace("{C}", "C"))
    parts += [known, *([constant.comment] if constant.comment else [])]
    for side in ("upper", "lower"):
        parts += [f"## {side.capitalize()} bounds", *_history(constant.name, side, constants)]
    if constant.name in floors:
        link = f"[{constant.floor}](../../bounds/ledger/certificates/{constant.floor})"
        parts += ["## What no potential shows", f"By {link}: {floors[constant.name]}."]
    parts += ["## What they rest on", "\n".join(_rests(constant.name, constants, table))]
    written = "Written by `exact-cbil bounds`; [all constants](../bounds.md)."
    return "\n\n".join([*parts, HOW.strip().format(name=constant.name), written, ""])


def _history(name: str, side: Side, constants: Constants) -> list[str]:
    """The table of the records on one side, and the better bound of another class, if any."""
    own = constants.history(name, side)
    record, other = best(own, side), best(constants.bearing(name, side), side)
    head = ["| bound | date | how known | by | shown by | replayed by | comment |"]
    head += ["|---|---|---|---|---|---|---|"]
    parts = ["\n".join([*head, *(_row(one, record) for one in own)])] if own else []
    if other is not None and (record is None or compare(other.number, record.number)):
        wider = "a class that holds this one" if side == "upper" else "a class within this one"
        link = f"[`{other.constant}`]({other.constant}.md)"
        parts.append(f"{_decimal(other)} from {link}, about {wider}.")
    return parts or ["None is known."]


def _row(record: Record, leader: Record | None) -> str:
    assert leader is not None
    equal = compare(record.number, leader.number) == 0
    shown = f"**{value_shown(record)}**" if equal else value_shown(record)
    comment = "; ".join(filter(None, ["" if equal else "superseded", record.comment]))
    cells = (shown, str(record.date), record.how, record.by, _source(record), _replay(record))
    return f"| {' | '.join(map(_cell, (*cells, comment)))} |"


def _source(record: Record) -> str:
    """What shows it, with a link to the file."""
    folder = "../../bounds/ledger/"
    if record.certificate is not None:
        return f"[{record.certificate}]({folder}certificates/{record.certificate})"
    if record.file is not None:
        return f"[{record.file}]({folder}witnesses/{record.file})"
    if record.claim is not None:
        return f"claim {record.claim}"
    return f"[SPEC](../../SPEC.md) {record.tag}" if record.tag is not None else record.source


def _replay(record: Record) -> str:
    """The command that shows it again."""
    if record.certificate is not None:
        path = f"bounds/ledger/certificates/{record.certificate}"
        return f"`python bounds/check_potential.py {path}`"
    if record.how == "kernel":
        return "`exact-cbil prove`"
    return "-" if record.how in ("hand", "quoted") else f"`exact-cbil bounds {record.constant}`"


def _rests(name: str, constants: Constants, table: Iterable[Claim]) -> Iterable[str]:
    listed = tuple(table)
    for side in SIDES:
        record = best(constants.bearing(name, side), side)
        if record is None:
            continue
        yield f"- the {side} bound {record.value}:"
        for part, own in all_below(record, listed, constants):
            yield f"  - {part}" + (f", which rests on {', '.join(own)}" if own else "")


def value_shown(record: Record) -> str:
    """A bound as it is written, and its decimal where that says more."""
    decimal = _decimal(record)
    if decimal == record.value or "." in record.value:
        return record.value
    exact = record.number.exact is not None and record.number.exact * 10**4 % 1 == 0
    sign = "=" if exact else "<" if record.side == "upper" else ">"
    return f"{record.value} {sign} {decimal}"


def _decimal(record: Record) -> str:
    """A bound as a decimal of at most four places, rounded up above and down below."""
    low, high = record.number.interval(96)
    steps = -(-high * 10**4 // 1) if record.side == "upper" else low * 10**4 // 1
    whole, rest = divmod(steps, 10**4)
    return f"{whole}.{rest:04}".rstrip("0").rstrip(".")


def write_pages(
    path: Path, lines: Iterable[Line], constants: Constants, floors: Mapping[str, str]
) -> None:
    """Write the page of all, and the folder of the constants' pages beside it.

    Raises CbilError where one cannot be written.
    """
    folder = path.parent / "constants"
    with told(folder):
        folder.mkdir(exist_ok=True)
    texts = {path: page(lines, constants)} | {
        folder / f"{name}.md": constant_page(one, constants, floors, TABLE)
        for name, one in constants.by_name.items()
    }
    for place, text in texts.items():
        with replace_file(place) as file:
            file.write(text.encode())


def _names(claims: Iterable[Claim]) -> str:
    """What the quantities and functions of the bounds mean."""
    parts = [part for claim in claims for part in claim.candidate.parts]
    named = {part.name for part in parts if isinstance(part, Name)}
    called = {part.function for part in parts if isinstance(part, Call)}
    meanings = {name: q.meaning for name, q in QUANTITIES.items() if name in named}
    meanings |= {f"{law}(B)": meaning for law, meaning in LAWS.items() if law in called}
    meanings |= {name: f.meaning for name, f in FUNCTIONS.items() if name in called}
    rows = [f"| `{_cell(name)}` | {_cell(meaning)} |" for name, meaning in meanings.items()]
    return "\n".join(["", "## Names", "", "| name | meaning |", "|---|---|", *rows, ""])


def _status(line: Line) -> str:
    """The status, with what it rests on where that is not the table's own word."""
    if line.status == "survives":
        return f"{line.status}: {line.evidence}"
    return line.status


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _rounded(line: Line, what: str) -> str:
    value = getattr(line, what)
    return "-" if value is None else value.decimal(4)

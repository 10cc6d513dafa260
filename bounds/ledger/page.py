"""The ledger as a page of Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from bounds.claims import Claim
from bounds.language.functions import FUNCTIONS
from bounds.language.quantities import LAWS, QUANTITIES
from bounds.ledger.replay import Line
from exact_cbil.expressions import Call, Name

__all__ = ["page"]

HEAD = """# The ledger of bounds

Written by `exact-cbil bounds --page docs/bounds.md --plot docs/bounds.svg`; statuses and ratios are
what came of replaying the certificates and witnesses in `bounds/ledger`.

- **proved in general**: kernel-checked, for every finite class, environment and horizon
  ([proofs](../proofs/README.md)). **proved by hand**: in [SPEC.md](../SPEC.md).
- **certified**: a certificate was accepted by `bounds/check_potential.py`, which shares no code
  with the search that found it; [why it implies the bound](../bounds/README.md).
- **survives**: open; no known model refutes it. **open, claimed false**: an argument in prose says
  that it is false, and no exact witness is stored yet. **refuted**: the model named does.
- *Attained* is the ratio of left to right at the best witness, computed exactly and shown rounded;
  what is left to 1 is the gap between what is proved and what is witnessed.
- A bound is written in the language of `exact-cbil explore`; its names are explained at the end.

![how much of each bound is attained](bounds.svg)

| name | bound | status | attained | gap | best witness |
|---|---|---|---|---|---|
"""


def page(lines: Iterable[Line]) -> str:
    """The page, with a table and what each certificate shows."""
    listed = list(lines)
    rows = [
        f"| {line.claim.name} | {line.claim.title}: `{_cell(line.claim.bound)}` | "
        f"{_status(line)} | {_rounded(line, 'ratio')} | {_rounded(line, 'gap')} | "
        f"{line.witness or '-'} |"
        for line in listed
    ]
    shown = [f"- {line.claim.name}: {text}" for line in listed for text in line.shown]
    certificates = "\n".join(["", "", "## What the certificates show", "", *shown, ""])
    return HEAD + "\n".join(rows) + certificates + _names(line.claim for line in listed)


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
    if line.status in ("survives", "open, claimed false"):
        return f"{line.status}: {line.evidence}"
    return ", ".join(filter(None, (line.status, line.claim.attribution)))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _rounded(line: Line, what: str) -> str:
    value = getattr(line, what)
    return "-" if value is None else value.decimal(4)

"""The ledger as a page of Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from bounds.ledger.replay import Line

__all__ = ["page"]

HEAD = """# The ledger of bounds

Written by `exact-cbil bounds --page docs/bounds.md --plot docs/bounds.svg`; statuses and ratios are
what came of replaying the certificates and witnesses in `bounds/ledger`.

- **proved in general**: kernel-checked, for every finite class, environment and horizon
  ([proofs](../proofs/README.md)). **proved by hand**: in [SPEC.md](../SPEC.md).
- **certified**: a certificate was accepted by `bounds/check_potential.py`, which shares no code
  with the search that found it; [why it implies the bound](../bounds/README.md).
- **survives**: open; no known model refutes it. **refuted**: the model named does.
- *Attained* is the ratio of left to right at the best witness, computed exactly and shown rounded;
  what is left to 1 is the gap between what is proved and what is witnessed.

![how much of each bound is attained](bounds.svg)

| name | bound | status | attained | gap | best witness |
|---|---|---|---|---|---|
"""


def page(lines: Iterable[Line]) -> str:
    """The page, with a table and what each certificate shows."""
    listed = list(lines)
    rows = [
        f"| {line.entry.name} | {line.entry.title}: `{_cell(line.entry.bound)}` | "
        f"{_status(line)} | {_rounded(line, 'ratio')} | {_rounded(line, 'gap')} | "
        f"{line.witness or '-'} |"
        for line in listed
    ]
    shown = [f"- {line.entry.name}: {text}" for line in listed for text in line.shown]
    certificates = "\n".join(["", "", "## What the certificates show", "", *shown, ""])
    return HEAD + "\n".join(rows) + certificates


def _status(line: Line) -> str:
    return f"survives {line.evidence}" if line.status == "survives" else line.status


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _rounded(line: Line, what: str) -> str:
    value = getattr(line, what)
    return "-" if value is None else value.decimal(4)

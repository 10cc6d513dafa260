"""The claims on one model, as a table and as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.table import Table

from bounds.claims import CLAIMS, Claim
from bounds.evidence import Evidence
from bounds.verdict import Comparison, Holds, Unknown, Verdict, Violated, Witness
from exact_cbil.cli.shared import new_table, plain
from exact_cbil.files import write_json
from exact_cbil.modelfile import write_model
from exact_cbil.real import Real

__all__ = ["check_model", "is_green", "save_witness", "verdict_json", "verdict_table", "word"]

Checked = list[tuple[Claim, Verdict]]


def check_model(evidence: Evidence) -> Checked:
    """Every claim with its verdict on one model."""
    return [(claim, claim.check(evidence)) for claim in CLAIMS]


def word(verdict: Verdict) -> str:
    """`holds`, `violated`, `unknown` or `not applicable`."""
    if isinstance(verdict, Unknown):
        return "not applicable" if verdict.inapplicable else "unknown"
    return "holds" if isinstance(verdict, Holds) else "violated"


def is_green(verdict: Verdict) -> bool:
    """Whether a verdict leaves nothing open: it holds, or the claim is not about this model."""
    return isinstance(verdict, Holds) or (isinstance(verdict, Unknown) and verdict.inapplicable)


def _comparisons(verdict: Verdict) -> tuple[Comparison, ...]:
    if isinstance(verdict, Holds):
        return verdict.certificate
    return (verdict.witness.comparison,) if isinstance(verdict, Violated) else ()


STYLES = {"holds": "green", "violated": "red", "unknown": "yellow", "not applicable": "dim"}


def verdict_table(checked: Checked) -> Table:
    """A row for each inequality: both sides, slack and ratio, exact where rational."""
    title = "Claims (~ marks a number shown rounded; comparisons are exact)"
    columns = ("claim", "inequality", "left", "right", "slack", "ratio", "verdict")
    table = new_table(title, *columns, words=(0, 1))
    for claim, verdict in checked:
        state = word(verdict)
        style = STYLES[state]
        listed = _comparisons(verdict)
        if not listed:
            reason = verdict.reason if isinstance(verdict, Unknown) else "nothing to compare"
            table.add_row(plain(claim.name), plain(reason), "", "", "", "", f"[{style}]{state}[/]")
        for comparison in listed:
            cells = (comparison.left, comparison.right, comparison.slack, comparison.ratio)
            table.add_row(
                plain(claim.name),
                plain(comparison.what),
                *map(_brief, cells),
                f"[{style}]{state}[/]",
            )
    return table


def _brief(value: Real | None) -> str:
    """The exact text where it is short, else the rounded number, marked."""
    if value is None:
        return "-"
    exact, rounded = str(value), value.decimal()
    if len(exact) <= 12 and not exact.startswith("~"):
        return exact
    return f"~{rounded}" if rounded.lstrip("-")[:1].isdigit() else rounded


def save_witness(witness: Witness, directory: Path, name: str) -> Path:
    """Write `NAME.model.json`, which `exact-cbil run` reads, and `NAME.numbers.json`.

    Returns the path of the model file.
    """
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{name}.model.json"
    write_json(path, write_model(witness.model))
    write_json(directory / f"{name}.numbers.json", witness.numbers())
    return path


def verdict_json(checked: Checked) -> list[dict[str, Any]]:
    """The same for machines: rationals exact, other numbers as rational enclosures."""
    return [
        {
            "claim": claim.name,
            "statement": claim.plain,
            "scope": claim.scope,
            "status": claim.status,
            "attribution": claim.attribution,
            "verdict": word(verdict),
            **({"reason": verdict.reason} if isinstance(verdict, Unknown) else {}),
            "comparisons": [comparison.to_json() for comparison in _comparisons(verdict)],
        }
        for claim, verdict in checked
    ]

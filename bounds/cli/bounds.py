"""`exact-cbil bounds`: the ledger as a table, a page, a plot."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.text import Text

from bounds.claims import TABLE
from bounds.ledger.page import page
from bounds.ledger.replay import Line, replay
from exact_cbil.cli.shared import (
    PLOT,
    OutputFile,
    console,
    new_table,
    progress_reporter,
    replace_file,
)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
@click.option("--plot", type=PLOT, metavar="FILE", help="Draw how much is attained.")
@click.option(
    "--page",
    "target",
    type=OutputFile(),
    metavar="FILE",
    help="Write the ledger as a page of Markdown.",
)
def command(as_json: bool, plot: Path | None, target: Path | None) -> None:
    """Replay the ledger: each known bound, its status, and the best witness.

    Every certificate is checked by a program of its own (bounds/check_potential.py), and every
    witness is computed again, exactly.
    """
    with progress_reporter() as report:
        lines = list(replay(TABLE, report))
    if plot is not None:
        from bounds.plots import ledger_figure
        from exact_cbil.plots import save_figure

        save_figure(ledger_figure(lines), plot)
    if target is not None:
        with replace_file(target) as file:
            file.write(page(lines).encode())
    if as_json:
        click.echo(json.dumps([_json(line) for line in lines]))
        return
    table = new_table("Bounds (ratio: of the sides at the best witness; 1 is tight)", "name")
    for column in ("bound", "status", "ratio", "gap", "witness"):
        table.add_column(column, overflow="fold", justify="left")
    for line in lines:
        cells = (decimal(line, "ratio"), decimal(line, "gap"), line.witness)
        table.add_row(line.claim.name, Text(line.claim.bound), line.status, *cells)
    console().print(table)


def decimal(line: Line, what: str) -> str:
    """A ratio or gap, rounded to four digits; a dash without one."""
    value = getattr(line, what)
    return "-" if value is None else f"~{value.decimal(4)}"


def _json(line: Line) -> dict[str, object]:
    return {
        "name": line.claim.name,
        "bound": line.claim.bound,
        "status": line.status,
        "evidence": line.evidence,
        "attribution": line.claim.attribution,
        "shown": line.shown,
        "ratio": None if line.ratio is None else line.ratio.decimal(12),
        "witness": line.witness,
    }

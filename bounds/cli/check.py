"""`exact-cbil check`: the theorems on one model, on all small models, or for all real numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from bounds.claims import FALSE_CLAIMS
from bounds.cli.grid import grid_options, run_grid
from bounds.evidence import Evidence
from bounds.report import check_model, is_green, save_witness, verdict_json, verdict_table, word
from bounds.tight_families import check_witnesses
from bounds.verdict import Verdict, Violated
from exact_cbil.cli.shared import PLOT, ModelSource, console, new_table, plain, progress_reporter
from exact_cbil.errors import CbilError
from exact_cbil.model import Model

FINE, CLAIM_FAILS = 0, 1


@click.command()
@click.argument("model", type=ModelSource(), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
@click.option("--plot", type=PLOT, help="Draw the curves, or histograms.")
@click.option("--event", help="The event that --plot shows.")
@click.option(
    "--save-witness",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write a model file and its numbers for each violation.",
)
@click.option("--all", "every", is_flag=True, help="Check every model of a finite grid.")
@grid_options
@click.option("--universal", is_flag=True, help="Check the facts for all real parameters.")
@click.option(
    "--unroll", type=click.IntRange(min=0), default=0, metavar="T", help="Also unroll claims to T."
)
@click.option("--resources", type=click.IntRange(min=1), help="Limit of a solver, in its units.")
@click.option("--witnesses", is_flag=True, help="Check the families that show tightness.")
@click.option("--refute", is_flag=True, help="Refute the statements that are false on purpose.")
def command(
    model: Model | None,
    as_json: bool,
    plot: Path | None,
    event: str | None,
    save_witness: Path | None,
    witnesses: bool,
    refute: bool,
    every: bool,
    universal: bool,
    unroll: int,
    resources: int | None,
    **grid: Any,
) -> int:
    """Check the theorems on MODEL: a shipped name, a model file, or `-`.

    \b
    Instead of a MODEL:
      --all        every model of a finite grid
      --universal  for all real probabilities, weights and alpha, with solvers
      --witnesses  the families W1, W2, W3 over a range of parameters
      --refute     false statements, each refuted by a model

    \b
    Exit code 1 if a claim is violated or undecided.
    """
    modes = {
        "MODEL": model is not None,
        "--all": every,
        "--universal": universal,
        "--witnesses": witnesses,
        "--refute": refute,
    }
    if sum(modes.values()) != 1:
        raise CbilError(f"check: expected exactly one of {', '.join(modes)}")
    if every:
        return FINE if run_grid(as_json, plot, grid) else CLAIM_FAILS
    if universal:
        from bounds.cli.universal import run_universal  # solvers are slow to load

        shape = grid["policies"], grid["actions"]
        with progress_reporter() as progress:
            fine = run_universal(shape, unroll, as_json, resources, progress)
        return FINE if fine else CLAIM_FAILS
    if witnesses:
        return _listed("Families W1, W2, W3", list(check_witnesses()), as_json)
    if refute:
        return _refute(as_json, save_witness)
    assert model is not None
    return _check(model, as_json, plot, event, save_witness)


def _check(
    model: Model, as_json: bool, plot: Path | None, event: str | None, save: Path | None
) -> int:
    with progress_reporter() as progress:
        checked = check_model(Evidence(model, progress))
        if plot is not None:
            from bounds.plots import plot_model

            plot_model(model, plot, event, progress)
    if as_json:
        click.echo(json.dumps({"format": "cbil-check/1", "claims": verdict_json(checked)}))
    else:
        console().print(verdict_table(checked))
    for claim, verdict in checked:
        _save(verdict, claim.name, save)
    return FINE if all(is_green(verdict) for _, verdict in checked) else CLAIM_FAILS


def _save(verdict: Verdict, name: str, directory: Path | None) -> None:
    if directory is not None and isinstance(verdict, Violated):
        path = save_witness(verdict.witness, directory, name)
        click.echo(f"witness of {name}: exact-cbil run {path}", err=True)


def _listed(title: str, verdicts: list[tuple[str, Verdict]], as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps({name: word(verdict) for name, verdict in verdicts}))
    else:
        table = new_table(title, "case", "verdict")
        for name, verdict in verdicts:
            table.add_row(plain(name), word(verdict))
        console().print(table)
    return FINE if all(is_green(verdict) for _, verdict in verdicts) else CLAIM_FAILS


def _refute(as_json: bool, save: Path | None) -> int:
    """Success is a violation of every false statement."""
    rows = [(claim, claim.refute()) for claim in FALSE_CLAIMS]
    for claim, verdict in rows:
        _save(verdict, claim.name, save)
    if as_json:
        report = {
            claim.name: {
                "verdict": word(verdict),
                "numbers": verdict.witness.numbers() if isinstance(verdict, Violated) else None,
            }
            for claim, verdict in rows
        }
        click.echo(json.dumps(report))
    else:
        title = "Statements that are false on purpose"
        table = new_table(title, "name", "inequality", "left", "right", "verdict")
        for claim, verdict in rows:
            if isinstance(verdict, Violated):
                shown = verdict.witness.comparison
                cells = (shown.left.decimal(), shown.right.decimal())
                table.add_row(claim.name, plain(shown.what), *cells, "refuted")
            else:
                table.add_row(claim.name, claim.bound, "", "", word(verdict))
        console().print(table)
    refuted = all(isinstance(verdict, Violated) for _, verdict in rows)
    return FINE if refuted else CLAIM_FAILS

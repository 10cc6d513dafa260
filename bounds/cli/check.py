"""`exact-cbil check`: the theorems on one model, on all small models, or for all real numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from bounds.claims import FALSE_CLAIMS
from bounds.cli.grid import GRID_OPTIONS, WORK_OPTIONS, grid_options, run_grid
from bounds.evidence import Evidence
from bounds.language.candidate import Candidate
from bounds.report import check_model, is_green, save_witness, verdict_json, verdict_table, word
from bounds.tight_families import check_witnesses
from bounds.verdict import Holds, Unknown, Verdict, Violated
from exact_cbil.cli.shared import (
    ALPHA,
    PLOT,
    ModelSource,
    OutputDirectory,
    console,
    given,
    model_name,
    new_table,
    override,
    plain,
    progress_reporter,
)
from exact_cbil.errors import CbilError
from exact_cbil.model import Model

FINE, CLAIM_FAILS = 0, 1


OPTIONS: dict[str, set[str]] = {
    "MODEL": {"model", "as_json", "plot", "event", "save_witness", "horizon", "alpha"},
    "MODEL --claim": {"model", "claim", "as_json", "save_witness", "horizon", "alpha"},
    "--all": {"every", "as_json", "plot", *GRID_OPTIONS, *WORK_OPTIONS},
    "--all --dry-run": {"every", "dry_run", *GRID_OPTIONS},
    "--universal": {"universal", "as_json", "policies", "actions", "unroll", "resources"},
    "--witnesses": {"witnesses", "as_json"},
    "--refute": {"refute", "as_json", "save_witness"},
}
"""By mode, the parameters that it obeys; given any other, it refuses."""


def _mode(ctx: click.Context) -> str:
    """The mode that the options ask for; CbilError unless it is one, and obeys all of them."""
    asked = given(ctx)
    heads = {
        "MODEL": "model",
        "--all": "every",
        "--universal": "universal",
        "--witnesses": "witnesses",
        "--refute": "refute",
    }
    chosen = [mode for mode, head in heads.items() if head in asked]
    if len(chosen) != 1:
        raise CbilError(f"check: expected exactly one of {', '.join(heads)}")
    (mode,) = chosen
    for more, name in (("MODEL --claim", "claim"), ("--all --dry-run", "dry_run")):
        mode = more if name in asked and more.startswith(mode) else mode
    for name, written in asked.items():
        if name not in OPTIONS[mode]:
            raise CbilError(f"{written}: does not apply to check {mode}")
    if "event" in asked and "plot" not in asked:
        raise CbilError("--event: needs --plot")
    if {"workers", "cluster"} <= asked.keys():
        raise CbilError("--workers: does not apply with --cluster")
    return mode


@click.command()
@click.argument("model", type=ModelSource(), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
@click.option("--plot", type=PLOT, metavar="FILE", help="Draw the curves, or histograms.")
@click.option("--event", help="The event that --plot shows.")
@click.option(
    "--save-witness",
    type=OutputDirectory(),
    metavar="DIR",
    help="Write a model file and its numbers for each violation.",
)
@click.option("--horizon", metavar="N", help="Instead of MODEL's, or of the grid's models.")
@ALPHA
@click.option("--claim", metavar="CANDIDATE", help="Check this inequality instead (see explore).")
@click.option("--all", "every", is_flag=True, help="Check every model of a finite grid.")
@grid_options
@click.option("--universal", is_flag=True, help="Check the facts for all real parameters.")
@click.option(
    "--unroll", type=click.IntRange(min=0), default=0, metavar="T", help="Also unroll claims to T."
)
@click.option("--resources", type=click.IntRange(min=1), help="Limit of a solver, in its units.")
@click.option("--witnesses", is_flag=True, help="Check the families that show tightness.")
@click.option("--refute", is_flag=True, help="Refute the statements that are false on purpose.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    model: Model | None,
    as_json: bool,
    plot: Path | None,
    event: str | None,
    save_witness: Path | None,
    horizon: str | None,
    alpha: str | None,
    claim: str | None,
    unroll: int,
    resources: int | None,
    **options: Any,
) -> int:
    """Check the theorems on MODEL: a shipped name, a model file, or `-`.

    \b
    Instead of a MODEL:
      --all        every model of a finite grid
      --universal  for all real probabilities, weights and alpha, with solvers
      --witnesses  the families W1, W2, W3 over a range of parameters
      --refute     false statements, each refuted by a model

    \b
    Examples:
      exact-cbil check treacherous-turn --alpha 1/5
      exact-cbil check my-model.json --claim "query_cubes <= S_lin/4"
      exact-cbil check --all --horizon 3 --denominator 4 --dry-run

    \b
    Exit code 1 if a claim is violated or undecided.
    """
    mode = _mode(ctx)
    if options["every"]:
        return FINE if run_grid(as_json, plot, horizon, options) else CLAIM_FAILS
    if mode == "--universal":
        from bounds.cli.universal import run_universal  # solvers are slow to load

        shape = options["policies"], options["actions"]
        with progress_reporter() as progress:
            fine = run_universal(shape, unroll, as_json, resources, progress)
        return FINE if fine else CLAIM_FAILS
    if mode == "--witnesses":
        return _listed("Families W1, W2, W3", list(check_witnesses()), as_json)
    if mode == "--refute":
        return _refute(as_json, save_witness)
    assert model is not None
    model = override(model, horizon, alpha)
    if claim is not None:
        return _check_candidate(model, Candidate.parse(claim, "claim"), as_json, save_witness)
    return _check(model, as_json, plot, event, save_witness)


def _check(
    model: Model, as_json: bool, plot: Path | None, event: str | None, save: Path | None
) -> int:
    with progress_reporter() as progress:
        checked = check_model(Evidence(model, progress))
        if plot is not None:
            from bounds.plots import model_figure
            from exact_cbil.plots import save_figure

            save_figure(model_figure(model, event, progress, title=model_name()), plot)
    if as_json:
        click.echo(json.dumps({"format": "cbil-check/1", "claims": verdict_json(checked)}))
    else:
        console().print(verdict_table(checked))
    for claim, verdict in checked:
        _save(verdict, claim.name, save)
    return FINE if all(is_green(verdict) for _, verdict in checked) else CLAIM_FAILS


def _check_candidate(model: Model, candidate: Candidate, as_json: bool, save: Path | None) -> int:
    """A candidate on one model; CbilError where it says nothing of it."""
    with progress_reporter() as progress:
        verdict = candidate.check(Evidence(model, progress))
    if isinstance(verdict, Unknown) and verdict.inapplicable:
        raise CbilError(f"--claim: says nothing of this model: {verdict.reason}")
    listed = verdict.certificate if isinstance(verdict, Holds) else ()
    if isinstance(verdict, Violated):
        listed = (verdict.witness.comparison,)
    if as_json:
        found = {"claim": str(candidate), "verdict": word(verdict)}
        comparisons = [comparison.to_json() for comparison in listed]
        report = {"format": "cbil-check/1", "claims": [{**found, "comparisons": comparisons}]}
        click.echo(json.dumps(report))
    else:
        table = new_table(f"{word(verdict)}: {candidate}", "inequality", "left", "right", "ratio")
        for comparison in listed:
            ratio = comparison.ratio
            sides = [side.decimal() for side in (comparison.left, comparison.right)]
            row = (*sides, "-" if ratio is None else ratio.decimal())
            table.add_row(plain(comparison.what), *row)
        console().print(table)
        if isinstance(verdict, Unknown):
            click.echo(verdict.reason)
    _save(verdict, candidate.name, save)
    return FINE if isinstance(verdict, Holds) else CLAIM_FAILS


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

"""`exact-cbil check --all`: the options, the run, and the report at the end."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from bounds.grid.engine import check_grid
from bounds.grid.grid import KINDS, Grid
from bounds.grid.store import Store
from bounds.grid.summary import Summary, Tally
from bounds.pool import pool
from exact_cbil.cli.shared import OutputDirectory, console, new_table, progress_reporter
from exact_cbil.errors import CbilError
from exact_cbil.files import write_json
from exact_cbil.model import Model
from exact_cbil.modelfile import write_model
from exact_cbil.numbers import decimal, text

__all__ = ["GRID_OPTIONS", "WORK_OPTIONS", "grid_options", "run_grid", "work_options"]

F = TypeVar("F", bound=Callable[..., Any])

GRID_OPTIONS = (
    "kind",
    "actions",
    "policies",
    "horizon",
    "denominator",
    "observations",
    "states",
    "alphas",
)
"""What says which grid, by parameter."""

WORK_OPTIONS = ("out", "workers", "cluster")
"""What says where work is done and kept."""

HORIZON = 2


def _decorated(function: F, options: Sequence[Callable[[F], F]]) -> F:
    for option in reversed(options):
        function = option(function)
    return function


def work_options(function: F) -> F:
    """The options that say where work is done and kept."""
    options = [
        click.option(
            "--out", type=OutputDirectory(), metavar="DIR", help="Keep results, and resume."
        ),
        click.option(
            "--workers",
            type=click.IntRange(0, 4096),
            help="Local processes; by default one a core; 0: none but this one.",
        ),
        click.option("--cluster", metavar="ADDRESS", help="A Dask scheduler to use instead."),
    ]
    return _decorated(function, options)


def grid_options(function: F) -> F:
    """The options of `check --all`, but for its horizon."""
    whole = click.IntRange(min=1)
    options = [
        click.option("--kind", type=click.Choice(KINDS), default="time", show_default=True),
        click.option("--actions", type=whole, default=2, show_default=True),
        click.option("--policies", type=whole, default=2, show_default=True),
        click.option("--denominator", type=whole, default=2, show_default=True),
        click.option("--observations", type=whole, default=1, show_default=True),
        click.option("--states", type=whole, default=1, help="Of a machine.", show_default=True),
        click.option("--alphas", help="Such as 1/10,1/3; without it every alpha in (0, 1]."),
        work_options,
        click.option("--dry-run", is_flag=True, help="Only say how many models there are."),
    ]
    return _decorated(function, options)


def run_grid(
    as_json: bool, plot: Path | None, horizon: str | None, options: dict[str, Any]
) -> bool:
    """Check a grid, resuming in `--out`; whether every claim holds on all of it.

    horizon: as text, because `check MODEL` has one too.
    """
    sizes = {name: options[name] for name in GRID_OPTIONS if name not in ("alphas", "horizon")}
    if horizon is not None and not (horizon.isdecimal() and horizon.isascii()):
        raise CbilError(f"--horizon: expected a whole number from 1, got {horizon!r}")
    sizes["horizon"] = HORIZON if horizon is None else int(horizon[:20])
    alphas = options["alphas"]
    grid = Grid(**sizes, alphas=tuple(alphas.split(",")) if alphas else ())
    with progress_reporter() as progress:
        count = grid.counted(progress)
    click.echo(f"{count} models up to renaming, of {grid.size}", err=True)
    if options["dry_run"]:
        return True
    workers = -1 if options["workers"] is None else options["workers"]
    workers = 0 if workers == 1 else workers  # a process beside this one would only wait for it
    with (
        Store(grid, options["out"]) as store,
        pool(workers, options["cluster"]) as processes,
        progress_reporter() as progress,
    ):
        if kept := len(store.done()):
            click.echo(f"resuming: {kept} of {store.batches} batches are done", err=True)
        check_grid(store, processes, progress)
        summary = store.summary()
    if summary.models != count:
        raise CbilError(f"{store.place}: {summary.models} models checked, expected {count}")
    if options["out"] is not None:
        _export(grid, summary, options["out"])
    if plot is not None:
        from bounds.plots import histogram_figure
        from exact_cbil.plots import save_figure

        save_figure(histogram_figure({name: t.bins for name, t in summary.claims.items()}), plot)
    _show(grid, summary, as_json)
    return summary.passed


def _show(grid: Grid, summary: Summary, as_json: bool) -> None:
    if as_json:
        report = {"format": "cbil-grid/1", "grid": grid.to_json(), **summary.to_json()}
        click.echo(json.dumps(report))
        return
    title = f"{summary.models} models checked in {summary.pieces} pieces (class order, alphas)"
    columns = ("claim", "holds", "violated", "unknown", "tightest ratio", "at model")
    table = new_table(title, *columns, "alpha above, to")
    for name, tally in summary.claims.items():
        best = tally.tightest
        cells = ("-", "-", "-")
        if best is not None:
            exact = text(best[0])
            shown = exact if len(exact) <= 12 else f"~{decimal(best[0])}"
            interval = f"{text(best[3])} to {text(best[4])}"
            cells = (shown, str(best[1]), interval)
        counts = (str(tally.holds), str(tally.violated), str(tally.unknown))
        table.add_row(name, *counts, *cells)
    console().print(table)


def tightest_model(grid: Grid, tally: Tally) -> Model | None:
    """The model at which a claim is tightest, at the upper end of its interval of alpha."""
    if tally.tightest is None:
        return None
    _, number, order, _, alpha = tally.tightest
    member = grid.member(number)
    return None if member is None else grid.model(member, order).with_alpha(alpha)


def _export(grid: Grid, summary: Summary, out: Path) -> None:
    """Write the tightest model of every claim, and every witness kept, as model files."""
    for name, tally in summary.claims.items():
        model = tightest_model(grid, tally)
        if model is not None:
            write_json(out / f"tightest-{name}.model.json", write_model(model))
        for number, witness in enumerate(tally.witnesses):
            write_json(out / f"violated-{name}-{number}.model.json", witness["model"])
            write_json(out / f"violated-{name}-{number}.numbers.json", witness["numbers"])

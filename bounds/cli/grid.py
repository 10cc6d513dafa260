"""`exact-cbil check --all`: the options, the run, and the report at the end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from bounds.grid.engine import check_grid
from bounds.grid.grid import KINDS, Grid
from bounds.grid.store import Store
from bounds.grid.summary import Summary, Tally
from exact_cbil.cli.shared import console, new_table, progress_reporter, replace_file
from exact_cbil.errors import CbilError
from exact_cbil.model import Model
from exact_cbil.modelfile import write_model
from exact_cbil.numbers import decimal, text

__all__ = ["grid_options", "run_grid"]

F = TypeVar("F", bound=Callable[..., Any])


def grid_options(function: F) -> F:
    """The options of `check --all`."""
    whole = click.IntRange(min=1)
    options = [
        click.option("--kind", type=click.Choice(KINDS), default="time", show_default=True),
        click.option("--actions", type=whole, default=2, show_default=True),
        click.option("--policies", type=whole, default=2, show_default=True),
        click.option("--horizon", type=whole, default=2, show_default=True),
        click.option("--denominator", type=whole, default=2, show_default=True),
        click.option("--observations", type=whole, default=1, show_default=True),
        click.option("--states", type=whole, default=1, help="Of a machine.", show_default=True),
        click.option("--alphas", help="Such as 1/10,1/3; without it every alpha in (0, 1]."),
        click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Keep results."),
        click.option("--workers", type=whole, help="Local processes; by default one a core."),
        click.option("--cluster", metavar="ADDRESS", help="A Dask scheduler to use instead."),
        click.option("--dry-run", is_flag=True, help="Only say how many models there are."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def run_grid(as_json: bool, plot: Path | None, options: dict[str, Any]) -> bool:
    """Check a grid, resuming in `--out`; whether every claim holds on all of it."""
    out, workers, cluster = (options.pop(name) for name in ("out", "workers", "cluster"))
    dry_run = options.pop("dry_run")
    alphas = options.pop("alphas")
    grid = Grid(**options, alphas=tuple(alphas.split(",")) if alphas else ())
    click.echo(f"{grid.count} models up to renaming, of {grid.size}", err=True)
    if dry_run:
        return True
    with Store(grid, out) as store, progress_reporter() as progress:
        if kept := len(store.done()):
            click.echo(f"resuming: {kept} of {store.batches} batches are done", err=True)
        check_grid(store, workers or -1, cluster, progress)
        summary = store.summary()
    if summary.models != grid.count:
        raise CbilError(f"{store.place}: {summary.models} models checked, expected {grid.count}")
    if out is not None:
        _export(grid, summary, out)
    if plot is not None:
        from bounds.plots import plot_histogram

        plot_histogram({name: t.bins for name, t in summary.claims.items()}, plot)
    _show(grid, summary, as_json)
    return all(not t.violated and not t.unknown for t in summary.claims.values())


def _show(grid: Grid, summary: Summary, as_json: bool) -> None:
    if as_json:
        report = {
            "format": "cbil-grid/1",
            "grid": grid.to_json(),
            **json.loads(summary.dump()),
        }
        click.echo(json.dumps(report))
        return
    title = f"{summary.models} models checked in {summary.pieces} pieces (class order, alphas)"
    columns = (
        "claim",
        "holds",
        "violated",
        "unknown",
        "tightest ratio",
        "at model",
        "alpha above, to",
    )
    table = new_table(title, *columns)
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
            _write(out / f"tightest-{name}.model.json", write_model(model))
        for number, witness in enumerate(tally.witnesses):
            _write(out / f"violated-{name}-{number}.model.json", witness["model"])
            _write(out / f"violated-{name}-{number}.numbers.json", witness["numbers"])


def _write(path: Path, content: Any) -> None:
    with replace_file(path) as file:
        file.write(json.dumps(content, indent=2).encode() + b"\n")

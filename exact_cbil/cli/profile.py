"""`exact-cbil profile`: a model's quantities as step functions of alpha."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import click
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from exact_cbil.cli.shared import (
    PLOT,
    ModelSource,
    console,
    exact_and_rounded,
    new_table,
    override,
    plain,
    progress_reporter,
)
from exact_cbil.model import Model
from exact_cbil.numbers import elide
from exact_cbil.parametric.profile import Profile, profile
from exact_cbil.potential import linear_potential, prior_potential

BOUNDS = (
    "S and S_lin fall with alpha, and are shown at the right end of each piece: with "
    "tau = alpha/(1-alpha) up to alpha = 1/2 and 1 above, S = sum over pi != pi_d of "
    "F(z_pi/tau), S_lin = (3/tau)(1/w_d - 1)."
)


@click.command()
@click.argument("model", type=ModelSource())
@click.option("--json", "as_json", is_flag=True, help="Print cbil-profile/1: exact, for machines.")
@click.option("--plot", type=PLOT, metavar="FILE", help="Draw them to a .svg or .png.")
@click.option("--horizon", metavar="N", help="Number of steps, instead of the model's.")
def command(model: Model, as_json: bool, plot: Path | None, horizon: str | None) -> None:
    """Compute the quantities of MODEL for every alpha in (0, 1] at once.

    MODEL is a shipped name (see `exact-cbil models`), a model file, or - for standard input; its
    own alpha is not read. Each quantity is constant on pieces (from, to] of the alphas.

    \b
    Examples:
      exact-cbil profile treacherous-turn
      exact-cbil profile treacherous-turn --horizon 8 --plot profile.svg
      exact-cbil profile rare-action --horizon 8 --json
    """
    model = override(model, horizon, None)
    with progress_reporter() as report:
        found = profile(model, report)
    if plot is not None:
        _plot(model, found, plot)
    if as_json:
        click.echo(json.dumps(found.to_json(), indent=1, ensure_ascii=False))
        return
    console().print(_report(model, found))


def _report(model: Model, found: Profile) -> Group:
    count = len(found.pieces)
    heading = Text(
        f"{len(model.policies)} policies, horizon {model.horizon}; {count} pieces of (0, 1]. "
        "Ends are exact; decimals marked ~ are rounded (exact with --json)."
    )
    parts: list[RenderableType] = [heading, _table(model, found)]
    parts.append(
        Text(BOUNDS if model.realizable else "No S: the demonstrator is outside the class.")
    )
    return Group(*parts)


def _table(model: Model, found: Profile) -> Table:
    bounds = ("S at to", "S_lin at to") if model.realizable else ()
    table = new_table(
        "Every alpha", "alpha", "query_cubes", "queries", "exclusion", *map(_heading, model.events)
    )
    for name in bounds:
        table.add_column(name, justify="right")
    for piece in found.pieces:
        start, end = elide(piece.start), elide(piece.end)
        left, right = "[" if piece.start_closed else "(", "]" if piece.end_closed else ")"
        values = (piece.query_cubes, piece.queries, piece.exclusion, *piece.events.values())
        cells = [exact_and_rounded(value)[1] for value in values]
        if bounds:
            here = model.with_alpha(piece.end)
            s = prior_potential(here)
            cells.append(s.decimal() if s.exact is not None else f"~{s.decimal()}")
            cells.append(exact_and_rounded(linear_potential(here))[1])
        table.add_row(Text(f"{left}{start}, {end}{right}"), *cells)
    return table


def _heading(event: str) -> str:
    return plain(f"P_i({event})").plain.replace("[", "\\[")


def _plot(model: Model, found: Profile, path: Path) -> None:
    """Draw sums with their bounds above and probabilities below, all against alpha."""
    from matplotlib.figure import Figure

    from exact_cbil.plots import save

    figure = Figure(figsize=(8, 8), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    ends = [0.0, *(float(piece.end) for piece in found.pieces)]
    series = [
        (above, "E Σ θ³", [piece.query_cubes for piece in found.pieces]),
        (above, "E Σ θ", [piece.queries for piece in found.pieces]),
        *(
            (below, f"P_i({name})", [piece.events[name] for piece in found.pieces])
            for name in model.events
        ),
    ]
    if model.realizable:
        left = [piece.exclusion or Fraction(0) for piece in found.pieces]
        series.append((below, "exclusion", left))
    for axes, label, exact in series:
        values = [float(value) for value in exact]
        # Pieces are open on the left: each value is drawn from the last end up to its own.
        axes.step(ends, [values[0], *values], where="pre", label=label)
    if model.realizable:
        _draw_bounds(model, above)
    above.set(yscale="symlog", ylabel="sums and their bounds", title=f"horizon {model.horizon}")
    below.set(xlabel="α", ylabel="probability under P_i", xlim=(0, 1), ylim=(-0.03, 1.03))
    for axes in (above, below):
        if axes.get_legend_handles_labels()[0]:
            axes.legend()
    save(figure, path)


def _draw_bounds(model: Model, axes: Any) -> None:
    grid = [Fraction(k, 200) for k in range(1, 201)]
    models = [model.with_alpha(alpha) for alpha in grid]
    places = [float(alpha) for alpha in grid]
    middles = [sum(prior_potential(m).interval()) / 2 for m in models]
    axes.plot(places, [float(s) for s in middles], "C3--", label="S (T1)")
    axes.plot(places, [float(linear_potential(m)) for m in models], "C4:", label="S_lin (T1a)")

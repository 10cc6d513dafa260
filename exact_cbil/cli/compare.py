"""`exact-cbil compare`: learners side by side, as a table, as JSON, as a plot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from exact_cbil.cli.shared import (
    HORIZON,
    PLOT,
    ModelSource,
    exact_and_rounded,
    model_name,
    new_table,
    override,
    plain,
    progress_reporter,
    show,
)
from exact_cbil.comparison import Comparison, compare, curves
from exact_cbil.errors import CbilError
from exact_cbil.imitators import Named, named
from exact_cbil.model import Model

if TYPE_CHECKING:
    from rich.console import Group, RenderableType


@click.command()
@click.argument("model", type=ModelSource())
@click.option(
    "--learner",
    "learners",
    multiple=True,
    metavar="NAME:PARAM",
    help="A learner with its parameters; may be given again. Without it, a sensible set.",
)
@click.option("--json", "as_json", is_flag=True, help="Print cbil-comparison/1: exact.")
@click.option(
    "--plot",
    type=PLOT,
    metavar="FILE",
    help="Draw queries against the events to a .svg or .png, a curve for each learner.",
)
@HORIZON
def command(
    model: Model,
    learners: tuple[str, ...],
    as_json: bool,
    plot: Path | None,
    horizon: str | None,
) -> None:
    """Compare learners in the world of MODEL: what each asks, and what it lets happen.

    MODEL is a shipped name (see `exact-cbil models`), a model file, or - for standard input. The
    learners are conservative:A, relative:A, absolute:A, predictive:N, map:N, committed:N,
    ensemble:K, gate:A:C, version-space, leader:N, gradient:E:N and always. A is an alpha, N the
    number of steps at which the demonstrator is asked first, K of how many policies, C a distance,
    E the rate of a gradient step.

    \b
    Examples:
      exact-cbil compare treacherous-turn
      exact-cbil compare treacherous-turn --learner conservative:1/20 --learner map:6
      exact-cbil compare correlated --plot price.svg
      exact-cbil compare rare-action --horizon 16 --json
    """
    model = override(model, horizon, None)
    chosen = [named(word) for word in learners] or None
    if plot is not None and not model.events:
        raise CbilError("--plot: expected a model with events, as their price is drawn")
    with progress_reporter() as report:
        found = compare(model, chosen, progress=report)
        if plot is not None:
            from exact_cbil.plots import price_figure, save_figure

            asked = [Named(learner.learner, learner.parameters) for learner in found.learners]
            drawn = curves(model, asked, report)
            save_figure(price_figure(drawn, found.demonstrator, title=model_name()), plot)
    show(found, lambda: _report(model, found), as_json=as_json)


def _report(model: Model, found: Comparison) -> Group:
    from rich.console import Group
    from rich.text import Text

    heading = Text(
        f"{len(model.policies)} policies, horizon {found.horizon}. Decimals marked ~ are rounded."
    )
    parts: list[RenderableType] = [heading]
    table = new_table("Expected queries", "learner", "exact", "decimal", "merged states")
    for learner in found.learners:
        table.add_row(plain(str(learner)), *exact_and_rounded(learner.queries), str(learner.states))
    parts.append(table)
    for name, chance in found.demonstrator.items():
        table = new_table(f"Probability of {name}", "under", "exact", "decimal")
        table.add_row("the demonstrator alone", *exact_and_rounded(chance), end_section=True)
        for learner in found.learners:
            table.add_row(plain(str(learner)), *exact_and_rounded(learner.events[name]))
        parts.append(table)
    return Group(*parts)

"""`exact-cbil run`: the exact numbers of a model, as a table, as JSON, as a plot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from exact_cbil.cli.shared import (
    PLOT,
    AnyModelSource,
    exact_and_rounded,
    new_table,
    override,
    plain,
    progress_reporter,
    show,
)
from exact_cbil.display import rounded
from exact_cbil.errors import CbilError
from exact_cbil.interaction import run
from exact_cbil.model import Model
from exact_cbil.numbers import elide
from exact_cbil.result import Result, StepExpectation

if TYPE_CHECKING:
    from rich.console import Group, RenderableType
    from rich.table import Table

    from exact_cbil.parametric.model import ParametricModel

ROWS = 21


@click.command()
@click.argument("model", type=AnyModelSource())
@click.option("--json", "as_json", is_flag=True, help="Print cbil-result/1: exact, for machines.")
@click.option("--plot", type=PLOT, metavar="FILE", help="Draw the run to a .svg or .png.")
@click.option("--horizon", metavar="N", help="Number of steps, instead of the model's.")
@click.option("--alpha", metavar="P/Q", help="The learner's alpha, instead of the model's.")
@click.option(
    "--symmetric", is_flag=True, help="Merge what differs by exchanging policies of equal machine."
)
def command(
    model: Any,
    as_json: bool,
    plot: Path | None,
    horizon: str | None,
    alpha: str | None,
    symmetric: bool,
) -> None:
    """Compute every exact number of MODEL.

    MODEL is a shipped name (see `exact-cbil models`), a model file, or - for standard input.

    \b
    Examples:
      exact-cbil run treacherous-turn
      exact-cbil run treacherous-turn --alpha 1/5 --plot run.svg
      exact-cbil models rare-action | exact-cbil run - --horizon 16 --json
    """
    if not isinstance(model, Model):
        _run_parametric(model, as_json, plot, horizon, alpha, symmetric)
        return
    model = override(model, horizon, alpha)
    with progress_reporter() as report:
        result = run(model, report, symmetric=symmetric)
    if plot is not None:
        from exact_cbil.plots import plot_run

        plot_run(model, result, plot)
    show(result, lambda: _report(model, result), as_json=as_json)


def _run_parametric(
    model: ParametricModel,
    as_json: bool,
    plot: Path | None,
    horizon: str | None,
    alpha: str | None,
    symmetric: bool,
) -> None:
    """A model with parameters: the totals as functions of them."""
    from exact_cbil.cli.parametric import run_report
    from exact_cbil.parametric.whole_run import run as parametric_run

    refused = {"--plot": plot is not None, "--alpha": alpha is not None, "--symmetric": symmetric}
    for name, given in refused.items():
        if given:
            raise CbilError(f"{name}: not for a model with parameters")
    shape = override(model.shape, horizon, None)
    with progress_reporter() as report:
        result = parametric_run(model.with_horizon(shape.horizon), report)
    show(result, lambda: run_report(result), as_json=as_json)


def _report(model: Model, result: Result) -> Group:
    from rich.console import Group

    alpha = elide(model.exact_alpha)
    heading = (
        f"{len(model.policies)} policies, alpha {alpha}, horizon {result.horizon}; "
        f"{result.states} merged states. Decimals marked ~ are rounded."
    )
    parts: list[RenderableType] = [heading, _totals(model, result)]
    if result.events:
        parts.append(_events(result))
    if result.steps:
        parts.append(_steps(result.steps))
    return Group(*parts)


def _totals(model: Model, result: Result) -> Table:
    from exact_cbil.potential import linear_potential, prior_potential

    table = new_table("Totals", "quantity", "exact", "decimal", "meaning")
    table.columns[-1].justify = "left"
    rows = [
        ("query_cubes", result.query_cubes, "E sum theta^3"),
        ("theta_gain", result.theta_gain, "E sum theta G, between query_cubes and S"),
        ("queries", result.queries, "expected number of queries"),
        ("exclusion", result.exclusion, "P_i(demonstrator ever outside the top set)"),
        ("chi_squared", result.chi_squared, "E_g sum (G - theta^2), bounds the divergence"),
    ]
    for name, value, meaning in rows:
        table.add_row(name, *exact_and_rounded(value), meaning)
    table.add_section()
    if model.realizable:
        s = prior_potential(model)
        table.add_row("S", str(s), f"~{s.decimal()}", "bounds theta_gain and query_cubes (T1)")
        linear = linear_potential(model)
        table.add_row("S_lin", *exact_and_rounded(linear), "bounds S (T1a)")
    else:
        table.add_row("S, S_lin", "-", "-", "no bound: the demonstrator is outside the class")
    return table


def _events(result: Result) -> Table:
    table = new_table("Events", "event", "under", "exact", "decimal")
    for name, chance in result.events.items():
        laws = (
            ("demonstrator", chance.demonstrator),
            ("imitator", chance.imitator),
            ("guarded", chance.guarded),
        )
        for number, (law, value) in enumerate(laws):
            table.add_row(plain(name) if number == 0 else "", law, *exact_and_rounded(value))
    return table


def _steps(steps: tuple[StepExpectation, ...]) -> Table:
    """The expectations at each step; of a long run, evenly spaced steps."""
    count = len(steps)
    rows = min(count, ROWS)
    chosen = sorted({k * (count - 1) // max(1, rows - 1) for k in range(rows)})
    title = "Expectations at time t, rounded (exact with --json)"
    if len(chosen) < count:
        title += f"; {len(chosen)} of {count} steps"
    table = new_table(title, "t", "theta", "theta^2", "theta^3", "w(pi_d)", "|Top|")
    for t in chosen:
        step = steps[t]
        values = (step.theta, step.theta2, step.theta3, step.weight, step.top_size)
        table.add_row(str(t), *map(rounded, values))
    return table

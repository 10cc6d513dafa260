"""`exact-cbil run`: the exact numbers of a model, as a table, as JSON, as a plot."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from exact_cbil.cli.shared import (
    ALPHA,
    COLUMN,
    DIGITS,
    HORIZON,
    LATEX,
    MAX_MEMORY,
    PLOT,
    AnyModelSource,
    exact_and_rounded,
    model_name,
    new_table,
    one_form,
    override,
    plain,
    progress_reporter,
    show,
)
from exact_cbil.display import rounded
from exact_cbil.errors import CbilError, OutOfMemory
from exact_cbil.interaction import Interaction
from exact_cbil.model import Model
from exact_cbil.numbers import Enclosure, elide, rational
from exact_cbil.result import Result

if TYPE_CHECKING:
    from rich.console import Group, RenderableType
    from rich.table import Table

    from exact_cbil.countable import CountableModel
    from exact_cbil.parametric.model import ParametricModel

ROWS = 21
"""The most steps in a table."""

DRAWN = 400
"""The most steps of an enclosed run in a picture."""


@click.command()
@click.argument("model", type=AnyModelSource())
@click.option("--json", "as_json", is_flag=True, help="Print cbil-result/1: exact, for machines.")
@LATEX
@click.option("--plot", type=PLOT, metavar="FILE", help="Draw the run to a .svg or .png.")
@HORIZON
@ALPHA
@DIGITS
@click.option(
    "--symmetric", is_flag=True, help="Merge what differs by an exchange of policies or of actions."
)
@MAX_MEMORY
def command(
    model: Any,
    as_json: bool,
    as_latex: bool,
    plot: Path | None,
    horizon: str | None,
    alpha: str | None,
    places: int | None,
    symmetric: bool,
) -> None:
    """Compute every exact number of MODEL.

    MODEL is a shipped name (see `exact-cbil models`), a model file, or - for standard input; or
    every-turn, whose class is countable, with --digits.

    \b
    Examples:
      exact-cbil run treacherous-turn
      exact-cbil run treacherous-turn --alpha 1/5 --plot run.svg
      exact-cbil run rare-action --horizon 100000 --digits 20
      exact-cbil run every-turn --digits 20
      exact-cbil models rare-action | exact-cbil run - --horizon 16 --json
    """
    one_form(as_json, as_latex)
    if not isinstance(model, Model):
        from exact_cbil.countable import CountableModel

        if isinstance(model, CountableModel):
            _refuse("countably many policies", {"--plot": plot, "--symmetric": symmetric or None})
            model = override(model, horizon, alpha)
            _run_countable(model, places, as_json=as_json, as_latex=as_latex)
            return
        given = {"--plot": plot, "--alpha": alpha, "--digits": places}
        _refuse("parameters", {**given, "--symmetric": symmetric or None})
        _run_parametric(model, horizon, as_json=as_json, as_latex=as_latex)
        return
    model = override(model, horizon, alpha)
    result: Result | Result[Enclosure]
    with progress_reporter() as report:
        interaction = Interaction(model, report, symmetric=symmetric)
        if places is None:
            result = _exact(interaction)
        else:
            from exact_cbil.digits import enclosed_result

            times = set(_spread(model.horizon, ROWS))
            if plot is not None:
                times.update(_spread(model.horizon, DRAWN))
            result = enclosed_result(interaction, places, None if as_json else times, report)
        if plot is not None:
            from exact_cbil.plots import run_figure, save_figure

            save_figure(run_figure(result, interaction, title=model_name(), progress=report), plot)
    heading = f"{len(model.policies)} policies"
    show(
        result,
        lambda: _report(heading, model, result, places),
        as_json=as_json,
        as_latex=as_latex,
    )


def _refuse(kind: str, options: dict[str, object]) -> None:
    """Refuse the options that are given; they are not for a model of this kind."""
    for name, given in options.items():
        if given is not None:
            raise CbilError(f"{name}: not for a model with {kind}")


def _run_countable(
    model: CountableModel, places: int | None, *, as_json: bool, as_latex: bool
) -> None:
    """A model whose class is countable."""
    if places is None:
        raise CbilError("--digits: expected with countably many policies, as in --digits 20")
    with progress_reporter() as report:
        result = model.run(places, None if as_json else _spread(model.horizon, ROWS), report)
    heading = "Countably many policies"
    show(
        result,
        lambda: _report(heading, model, result, places),
        as_json=as_json,
        as_latex=as_latex,
    )


def _exact(interaction: Interaction) -> Result:
    try:
        return interaction.result()
    except OutOfMemory as problem:
        raise CbilError(f"{problem}; --digits D needs far less") from None


def _run_parametric(
    model: ParametricModel, horizon: str | None, *, as_json: bool, as_latex: bool
) -> None:
    """A model with parameters: the totals as functions of them."""
    from exact_cbil.cli.parametric import run_report
    from exact_cbil.parametric.whole_run import run as parametric_run

    shape = override(model.shape, horizon, None)
    with progress_reporter() as report:
        result = parametric_run(model.with_horizon(shape.horizon), report)
    show(result, lambda: run_report(result), as_json=as_json, as_latex=as_latex)


def _report(
    policies: str,
    model: Model | CountableModel,
    result: Result | Result[Enclosure],
    places: int | None,
) -> Group:
    from rich.console import Group

    alpha = elide(rational(model.alpha))
    digits = "Decimals marked ~ are rounded." if places is None else "All digits shown are right."
    heading = (
        f"{policies}, alpha {alpha}, horizon {result.horizon}; "
        f"{result.states} merged states. {digits}"
    )
    parts: list[RenderableType] = [heading, _totals(model, result, places)]
    if result.events:
        parts.append(_events(result, places))
    if result.steps:
        parts.append(_steps(result, places))
    return Group(*parts)


def _headings(places: int | None) -> tuple[str, ...]:
    return ("exact", "decimal") if places is None else ("enclosed",)


def _cells(value: Fraction | Enclosure | None, places: int | None) -> tuple[str, ...]:
    """A quantity: exact and rounded, or so many of its certain digits."""
    if isinstance(value, Enclosure):
        return (value.decimal(places or 0),)
    return exact_and_rounded(value) if places is None else ("-",)


def _totals(
    model: Model | CountableModel, result: Result | Result[Enclosure], places: int | None
) -> Table:
    table = new_table("Totals", "quantity", *_headings(places), "meaning", words=(0, -1))
    rows: list[tuple[str, Fraction | Enclosure | None, str]] = [
        ("query_cubes", result.query_cubes, "E sum theta^3"),
        ("theta_gain", result.theta_gain, "E sum theta G, between query_cubes and S"),
        ("queries", result.queries, "expected number of queries"),
        ("exclusion", result.exclusion, "P_i(demonstrator ever outside the top set)"),
        ("chi_squared", result.chi_squared, "E_g sum (G - theta^2), bounds the divergence"),
    ]
    for name, value, meaning in rows:
        table.add_row(name, *_cells(value, places), meaning)
    table.add_section()
    for bound in _bounds(model, places):
        table.add_row(*bound)
    return table


def _bounds(model: Model | CountableModel, places: int | None) -> list[tuple[str, ...]]:
    """The rows of S and S_lin."""
    from exact_cbil.potential import linear_potential, prior_potential

    meanings = ("bounds theta_gain and query_cubes (T1)", "bounds S (T1a)")
    if not isinstance(model, Model):
        assert places is not None
        cell = model.prior_potential(places).decimal(places)
        return [("S", cell, meanings[0]), ("S_lin", elide(model.linear_potential()), meanings[1])]
    if not model.realizable:
        missing = ["-"] * len(_headings(places))
        return [("S, S_lin", *missing, "no bound: the demonstrator is outside the class")]
    s, linear = prior_potential(model), linear_potential(model)
    if places is None:
        exact: tuple[str, ...] = (str(s), f"~{s.decimal()}")
        return [
            ("S", *exact, meanings[0]),
            ("S_lin", *exact_and_rounded(linear), meanings[1]),
        ]
    low, high = s.interval(4 * places + 64)
    cell = Enclosure(low, high).decimal(places)
    return [("S", cell, meanings[0]), ("S_lin", elide(linear), meanings[1])]


def _events(result: Result | Result[Enclosure], places: int | None) -> Table:
    table = new_table("Events", "event", "under", *_headings(places))
    for name, chance in result.events.items():
        laws: tuple[tuple[str, Fraction | Enclosure | None], ...] = (
            ("demonstrator", chance.demonstrator),
            ("imitator", chance.imitator),
            ("guarded", chance.guarded),
        )
        for number, (law, value) in enumerate(laws):
            table.add_row(plain(name) if number == 0 else "", law, *_cells(value, places))
    return table


def _spread(horizon: int, most: int) -> list[int]:
    """The times before the horizon: all, or of a long run so many evenly spaced ones."""
    count = min(horizon, most)
    return sorted({k * (horizon - 1) // max(1, count - 1) for k in range(count)})


def _steps(result: Result | Result[Enclosure], places: int | None) -> Table:
    """The expectations at each step; of a long run, evenly spaced steps."""
    chosen = _spread(result.horizon, ROWS)
    exact = "rounded (exact with --json)" if places is None else "enclosed (all digits with --json)"
    title = f"Expectations at time t, {exact}"
    if len(chosen) < result.horizon:
        title += f"; {len(chosen)} of {result.horizon} steps"
    table = new_table(title, "t", "theta", "theta^2", "theta^3", "w(pi_d)", "|Top|")
    found = {step.t: step for step in result.steps}
    for t in chosen:
        step = found[t]
        values = (step.theta, step.theta2, step.theta3, step.weight, step.top_size)
        few = 6 if places is None else min(places, COLUMN)
        table.add_row(str(t), *(rounded(value, few) for value in values))
    return table

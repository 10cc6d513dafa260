"""`exact-cbil formula`: the imitator's next step, or a whole run, as formulas."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
from rich.console import Group
from rich.text import Text

from exact_cbil.cli.parametric import (
    functions_table,
    ranges_line,
    run_report,
)
from exact_cbil.cli.shared import (
    LATEX,
    ParametricModelSource,
    new_table,
    one_form,
    override,
    plain,
    progress_reporter,
    show,
)
from exact_cbil.errors import CbilError, printable, shorten
from exact_cbil.history import History, Step
from exact_cbil.model import Model

if TYPE_CHECKING:
    from exact_cbil.parametric.formula import Formula
    from exact_cbil.parametric.model import ParametricModel

MAX_HISTORY = 1_000_000
"""The longest `--history` text that is read."""


def parse_history(source: str) -> History:
    """Read a history: a JSON array of steps `[queried, action, observation]`."""
    expected = '--history: expected a JSON array of steps such as [true, "safe", "x"]'
    if len(source) > MAX_HISTORY:
        raise CbilError(f"{expected}, at most {MAX_HISTORY} characters")
    try:
        listed = json.loads(source)
    except (ValueError, RecursionError):
        raise CbilError(f"{expected}, got {shorten(source)}") from None
    if not isinstance(listed, list):
        raise CbilError(f"{expected}, got {shorten(source)}")
    for step in listed:
        shape = [type(part) for part in step] if isinstance(step, list) else None
        if shape != [bool, str, str]:
            raise CbilError(f"{expected}, got the step {shorten(step)}")
    return tuple(Step(*step) for step in listed)


@click.command()
@click.argument("model", type=ParametricModelSource())
@click.option("--history", metavar="JSON", help='Steps so far, such as [[true, "safe", "x"]].')
@click.option("--run", "whole", is_flag=True, help="A whole run instead of the next step.")
@click.option("--horizon", metavar="N", help="With --run: number of steps.")
@click.option("--json", "as_json", is_flag=True, help="Print cbil-formula/1, for machines.")
@LATEX
def command(
    model: Any,
    history: str | None,
    whole: bool,
    horizon: str | None,
    as_json: bool,
    as_latex: bool,
) -> None:
    """Show what the imitator of MODEL does next as formulas in the model's parameters.

    MODEL is a shipped name, a model file, or - for standard input. Of a model without parameters,
    alpha becomes the parameter.

    \b
    Examples:
      exact-cbil formula treacherous-turn
      exact-cbil formula rare-action --history '[[true, "usual", "x"]]' --latex
      exact-cbil formula treacherous-turn --run --horizon 2
    """
    if whole and history is not None:
        raise CbilError("--history: goes with the next step, not with --run")
    if horizon is not None and not whole:
        raise CbilError("--horizon: goes with --run, not with the next step")
    one_form(as_json, as_latex)
    parametric = _parametric(model)
    if whole:
        from exact_cbil.parametric.whole_run import run

        parametric = parametric.with_horizon(override(parametric.shape, horizon, None).horizon)
        with progress_reporter() as report:
            result = run(parametric, report)
        show(result, lambda: run_report(result), as_json=as_json, as_latex=as_latex)
        return
    from exact_cbil.parametric.formula import imitator_step

    formula = imitator_step(parametric, () if history is None else parse_history(history))
    show(formula, lambda: _report(formula), as_json=as_json, as_latex=as_latex)


def _parametric(model: Model | ParametricModel) -> ParametricModel:
    from exact_cbil.parametric.model import ParametricModel  # SymPy is slow to load

    if isinstance(model, ParametricModel):
        return model
    return ParametricModel.of(model, {"alpha": (0, 1)}, alpha="alpha")


def _report(formula: Formula) -> Group:
    from exact_cbil.parametric.polynomial import polynomial_text

    table = new_table("Cells", "where", "top set", "m", "theta")
    for case in formula.cases:
        table.add_row(
            Text("\n".join(case.cell.simplified().to_json()) or "everywhere"),
            Text("\n".join(printable(name) for name in case.top_set)),
            Text("\n".join(f"{plain(a)}: {polynomial_text(m)}" for a, m in case.minimum.items())),
            polynomial_text(case.query_probability),
        )
    return Group(
        ranges_line(formula.parameters.to_json(), len(formula.cases)),
        table,
        functions_table("Functions", formula.functions),
    )

"""What the commands share about models with parameters. The symbolic code loads when needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from exact_cbil.cli.shared import new_table, plain

if TYPE_CHECKING:
    from exact_cbil.parametric.piecewise import PiecewiseFunction
    from exact_cbil.parametric.whole_run import ParametricResult


def run_report(result: ParametricResult) -> Group:
    """A whole parametric run as tables."""
    from exact_cbil.parametric.polynomial import polynomial_text

    parts: list[RenderableType] = [
        ranges_line(result.parameters.to_json(), len(result.cases)),
        functions_table("Totals", result.functions),
    ]
    if result.demonstrator:
        table = new_table("Under the demonstrator", "event", "probability")
        for name, chance in result.demonstrator.items():
            table.add_row(plain(name), polynomial_text(chance))
        parts.append(table)
    return Group(*parts)


def ranges_line(ranges: Mapping[str, list[str]], cells: int) -> Text:
    """The parameters and the number of cells, in one line."""
    shown = ", ".join(f"{name} in ({low}, {high})" for name, (low, high) in ranges.items())
    return Text(f"{shown}; {cells} cells.")


def functions_table(title: str, functions: Mapping[str, PiecewiseFunction]) -> Table:
    """Piecewise functions by name: a row for each value."""
    from exact_cbil.parametric.polynomial import polynomial_text

    table = new_table(title, "quantity", "value", "where", words=(0, -1))
    for name, function in functions.items():
        for number, branch in enumerate(function.branches):
            where = "\nor ".join(
                " and ".join(cell.to_json()) or "everywhere" for cell in branch.cells
            )
            shown = plain(name) if number == 0 else ""
            table.add_row(shown, polynomial_text(branch.value), Text(where))
    return table

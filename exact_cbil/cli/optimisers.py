"""`exact-cbil optimisers`: which programs a base optimiser finds, and which of them search."""

from __future__ import annotations

import json

import click
from rich.console import Group
from rich.text import Text

from exact_cbil.cli.shared import console, exact_and_rounded, new_table
from exact_cbil.numbers import elide
from exact_cbil.optimisers.toy import Toy, read_costs, toy

ROWS = 40
"""The most rows of a table."""


@click.group()
def command() -> None:
    """Find the short programs for a task, and which of them search, and for what.

    \b
      maze, hash, rule   the programs that a base optimiser finds for a task
      toy                how many bits of search pay off, by a formula
    """


@command.command("toy")
@click.option("--power", required=True, metavar="P/Q", help="P, the base optimiser's bits.")
@click.option(
    "--cost", required=True, metavar="F", help="A polynomial in x, or the values f(0),f(1),..."
)
@click.option("--json", "as_json", is_flag=True, help="Print cbil-toy/1: exact, for machines.")
def toy_command(power: str, cost: str, as_json: bool) -> None:
    """The bits x that maximise (P - f(x))/N + x, for every number N of instances at once.

    \b
    Examples:
      exact-cbil optimisers toy --power 100 --cost "x^2/4"
      exact-cbil optimisers toy --power 20 --cost 2,15,15,17 --json
    """
    found = toy(power, read_costs(cost, power))
    if as_json:
        click.echo(json.dumps(found.to_json(), indent=1))
        return
    console().print(_toy_report(found))


def _toy_report(found: Toy) -> Group:
    count = len(found.pieces)
    shown = f"the first {ROWS} of {count}" if count > ROWS else str(count)
    heading = Text(
        f"Power {elide(found.power)}; {shown} pieces of the numbers N > 0 of instances "
        "(exact; all of them with --json)."
    )
    table = new_table("Bits of search that are best", "N", "x*", "f(x*)", "decimal")
    for piece in found.pieces[:ROWS]:
        end = ", infinity)" if piece.end is None else f", {elide(piece.end)}]"
        row = (str(piece.bits), *exact_and_rounded(piece.cost))
        table.add_row(Text(f"({elide(piece.start)}{end}"), *row)
    return Group(heading, table)

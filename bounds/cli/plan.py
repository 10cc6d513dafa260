"""`exact-cbil plan`: which alpha to choose."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import click

from bounds.enclosure import Real, compare
from bounds.plan import Plan, Situation, plan
from exact_cbil.cli.shared import PLOT, console, exact_and_rounded, new_table
from exact_cbil.numbers import decimal, rational, text


@click.command()
@click.option("--w-d", "prior", required=True, metavar="P/Q", help="The demonstrator's prior.")
@click.option("--horizon", type=click.IntRange(1), required=True, metavar="T")
@click.option(
    "--event-probability",
    "chance",
    required=True,
    metavar="Y",
    help="An upper bound on P_d(B), the event's probability under the demonstrator.",
)
@click.option("--budget-queries", "budget", type=click.IntRange(1), metavar="N")
@click.option("--policies", type=click.IntRange(2), help="The size of the class, if it is known.")
@click.option("--actions", type=click.IntRange(1), default=2, show_default=True, help="For T1c.")
@click.option("--plot", type=PLOT, metavar="FILE", help="Draw the bounds over alpha.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def command(
    prior: str,
    horizon: int,
    chance: str,
    budget: int | None,
    policies: int | None,
    actions: int,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Choose alpha: the exact one that makes T5's bound on an unwanted event least.

    With --budget-queries, among those for which T2 promises at most N queries in T steps.

    \b
    Example:
      exact-cbil plan --w-d 1/10 --horizon 1000 --event-probability 1/1000000000000
    """
    situation = Situation(
        rational(prior, "--w-d"), horizon, rational(chance, "--event-probability"), policies
    )
    chosen = plan(situation, budget)
    if plot is not None:
        from bounds.plots import plot_plan

        plot_plan(chosen, plot)
    rows = _rows(chosen, actions)
    if as_json:
        shown = {name: value.decimal(12) for name, (value, _) in rows.items()}
        click.echo(json.dumps({"alpha": text(chosen.alpha), "rounded": shown}))
        return
    _print(chosen, rows)


def _rows(chosen: Plan, actions: int) -> dict[str, tuple[Real, str]]:
    situation, alpha = chosen.situation, chosen.alpha
    return {
        "T5": (situation.event(alpha), "P_i(B), the event under the imitator"),
        "T3": (Real.of(situation.retention(alpha)), "its part: pi_d ever outside the top set"),
        "T4": (situation.divergence(alpha), "its part: divergence while pi_d is inside"),
        "T0": (situation.baseline(alpha), "P_i(B), by the bound on cubes alone"),
        "T2": (situation.queries(alpha), "expected queries in T steps"),
        "T1": (situation.cubes(alpha), "E sum theta^3, at any horizon"),
        "T1c": (
            Real.of(situation.quoted(alpha, actions)),
            f"E sum theta^3 with {actions} actions (quoted, unchecked)",
        ),
    }


def _print(chosen: Plan, rows: dict[str, tuple[Real, str]]) -> None:
    situation = chosen.situation
    exact, rounded = exact_and_rounded(chosen.alpha)
    table = new_table(f"alpha = {exact} ({rounded})", "claim", "bound", "on")
    table.columns[-1].justify = "left"
    for name, (value, meaning) in rows.items():
        table.add_row(name, value.decimal(), meaning)
    screen = console()
    screen.print(table)
    if chosen.least is not None:
        floor = decimal(chosen.least)
        screen.print(f"No alpha that is allowed makes T5's bound less than {floor}.")
    if rows["T5"][0].interval()[0] >= 1:
        screen.print(
            "T5 says nothing here: its bound is at least 1. A shorter horizon, a smaller P_d(B) or "
            "a larger w_d would help."
        )
    elif compare(rows["T0"][0], rows["T5"][0]) == -1:
        screen.print("T0's bound is the smaller one here: the event is rare enough for it.")
    if rows["T2"][0].interval()[0] >= Fraction(situation.horizon):
        screen.print("T2 says nothing here: there are never more queries than steps.")

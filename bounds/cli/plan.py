"""`exact-cbil plan`: which alpha to choose."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import click

from bounds.planner import Plan, Situation, plan
from exact_cbil.cli.shared import (
    PLOT,
    ModelSource,
    console,
    exact_and_rounded,
    model_name,
    new_table,
    progress_reporter,
)
from exact_cbil.errors import CbilError
from exact_cbil.interaction import Progress
from exact_cbil.model import Model
from exact_cbil.numbers import decimal, rational, text
from exact_cbil.real import Real, compare


@click.command()
@click.argument("model", type=ModelSource(), required=False)
@click.option("--event", metavar="NAME", help="The unwanted event of MODEL; default: its first.")
@click.option("--w-d", "prior", metavar="P/Q", help="The demonstrator's prior.")
@click.option("--horizon", type=click.IntRange(1), metavar="T", help="Of MODEL: another than its.")
@click.option(
    "--event-probability",
    "chance",
    metavar="Y",
    help="An upper bound on P_d(B), the event's probability under the demonstrator.",
)
@click.option("--budget-queries", "budget", type=click.IntRange(1), metavar="N")
@click.option("--alpha", metavar="P/Q", help="Evaluate the bounds here instead of choosing.")
@click.option(
    "--confidence",
    metavar="P/Q",
    help="Also tell how many queries are not exceeded with at least this probability (T6).",
)
@click.option("--policies", type=click.IntRange(2), help="The size of the class, if it is known.")
@click.option("--actions", type=click.IntRange(1), help="For T1c; default: 2.")
@click.option("--plot", type=PLOT, metavar="FILE", help="Draw the bounds over alpha.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def command(
    model: Model | None,
    event: str | None,
    prior: str | None,
    horizon: int | None,
    chance: str | None,
    budget: int | None,
    alpha: str | None,
    confidence: str | None,
    policies: int | None,
    actions: int | None,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Choose alpha: the exact one that makes the bound on an unwanted event least.

    The bound is that of T5, T7 or T7a, whichever is smallest; T7 needs the number of policies.

    With MODEL the prior, the horizon and the event's probability are the model's, exactly, and what
    happens at the chosen alpha stands beside the bounds. Without, --w-d, --horizon and
    --event-probability say what is known. With --budget-queries, alpha is chosen among those for
    which T2 promises at most N queries in T steps.

    \b
    Examples:
      exact-cbil plan --w-d 99/100 --horizon 4 --event-probability 1/1000000000000
      exact-cbil plan treacherous-turn --horizon 40 --budget-queries 39
      exact-cbil plan --w-d 1/8 --policies 8 --horizon 100 --alpha 1/1000 \
        --event-probability 1/10000000000000000 --confidence 99/100
    """
    at = None if alpha is None else rational(alpha, "--alpha")
    sure = None if confidence is None else rational(confidence, "--confidence")
    if model is not None:
        given = {"--w-d": prior, "--event-probability": chance, "--policies": policies}
        for option, value in {**given, "--actions": actions}.items():
            if value is not None:
                raise CbilError(f"{option}: with MODEL it is the model's")
        with progress_reporter() as progress:
            model = model if horizon is None else model.with_horizon(horizon)
            named = event or next(iter(model.events), None)
            if named is None:
                raise CbilError("plan: expected a model with an event")
            chosen = plan(Situation.of(model, named, progress), budget, at)
            rows = _rows(chosen, len(model.actions), sure)
            rows = _with_exact(chosen, named, rows, progress)
    else:
        if event is not None:
            raise CbilError("--event: expected a MODEL that has it")
        if prior is None or horizon is None or chance is None:
            raise CbilError("plan: expected MODEL, or --w-d, --horizon and --event-probability")
        known = rational(prior, "--w-d"), horizon, rational(chance, "--event-probability")
        chosen = plan(Situation(*known, policies), budget, at)
        rows = _rows(chosen, actions or 2, sure)
    if plot is not None:
        from bounds.plots import plan_figure
        from exact_cbil.plots import save_figure

        save_figure(plan_figure(chosen, rows["T5"].exact, title=model_name()), plot)
    if as_json:
        click.echo(json.dumps(_json(chosen, rows)))
        return
    _print(chosen, rows)


class Row(NamedTuple):
    """A claim's bound, what it is on, what it adds to T3's, and what that is in a known model."""

    bound: Real
    meaning: str
    beyond: Real | None = None
    exact: Fraction | None = None


EVENTS = {
    "T5": "P_i(B), the event under the imitator",
    "T7": "P_i(B), by the Gaussian",
    "T7a": "P_i(B), by the Gaussian without N",
}


def _rows(chosen: Plan, actions: int, confidence: Fraction | None) -> dict[str, Row]:
    situation, alpha = chosen.situation, chosen.alpha
    rows = {
        name: Row(situation.bound(name, alpha), EVENTS[name], situation.beyond(name, alpha))
        for name in situation.event_claims
    }
    rows["T3"] = Row(situation.bound("T3", alpha), "their part: pi_d ever outside the top set")
    rows["T4"] = Row(situation.divergence(alpha), "T5's part: divergence while pi_d is inside")
    meanings = {
        "T0": "P_i(B), by the bound on cubes alone",
        "T2": "expected queries in T steps",
        "T1": "E sum theta^3, at any horizon",
        "T1c": f"E sum theta^3 with {actions} actions (CHN22, quoted and unchecked)",
    }
    for name, meaning in meanings.items():
        rows[name] = Row(situation.bound(name, alpha, actions), meaning)
    if confidence is not None:
        most = Real.of(situation.most_queries(alpha, confidence))
        exact, _ = exact_and_rounded(confidence)
        rows["T6"] = Row(most, f"queries in T steps, with probability {exact}")
    return rows


def _with_exact(
    chosen: Plan, event: str, rows: dict[str, Row], progress: Progress | None
) -> dict[str, Row]:
    """The rows with what happens in the model at the chosen alpha."""
    result = chosen.exact(progress)
    assert result is not None
    imitator = result.events[event].imitator
    exact: dict[str, Fraction | None] = dict.fromkeys((*EVENTS, "T0"), imitator)
    exact |= {"T3": result.exclusion, "T2": result.queries}
    exact |= {"T1": result.query_cubes, "T1c": result.query_cubes}
    return {name: row._replace(exact=exact.get(name)) for name, row in rows.items()}


def _json(chosen: Plan, rows: dict[str, Row]) -> dict[str, object]:
    found: dict[str, object] = {
        "alpha": text(chosen.alpha),
        "claim": chosen.claim,
        "rounded": {name: row.bound.decimal(12) for name, row in rows.items()},
        "beyond": {n: r.beyond.decimal(12) for n, r in rows.items() if r.beyond is not None},
    }
    for name, value in (("b", chosen.b), ("c", chosen.c)):
        if value is not None:
            found[name] = value.decimal(12)
    if chosen.situation.model is not None:
        found["event_probability"] = text(chosen.situation.chance)
        found["exact"] = {n: text(r.exact) for n, r in rows.items() if r.exact is not None}
    return found


def _print(chosen: Plan, rows: dict[str, Row]) -> None:
    situation = chosen.situation
    exact, rounded = exact_and_rounded(chosen.alpha)
    known = situation.model is not None
    columns = ("claim", "bound", "beyond T3", "on")
    table = new_table(f"alpha = {exact} ({rounded})", *columns, words=(0, -1))
    if known:
        table.add_column("in the model", justify="right")
    for name, row in rows.items():
        happens = "" if row.exact is None else exact_and_rounded(row.exact)[1]
        beyond = "" if row.beyond is None else row.beyond.decimal()
        cells = (name, row.bound.decimal(), beyond, row.meaning)
        table.add_row(*cells, *([happens] if known else []))
    screen = console()
    screen.print(table)
    for remark in _remarks(chosen, rows):
        screen.print(remark)


def _remarks(chosen: Plan, rows: dict[str, Row]) -> Iterator[str]:
    """What the numbers mean: which bound is the least, and which say nothing."""
    situation, best = chosen.situation, rows[chosen.claim].bound
    chosen_by = {"T7": ("b", chosen.b), "T7a": ("c", chosen.c)}.get(chosen.claim)
    where = ""
    if chosen_by is not None and chosen_by[1] is not None:
        where = f", with {chosen_by[0]} = {chosen_by[1].decimal()}"
    yield f"The least bound on the event is that of {chosen.claim}{where}."
    if chosen.least is not None:
        yield f"No alpha that is allowed makes it less than {decimal(chosen.least)}."
    if best.interval()[0] >= 1:
        yield (
            "It says nothing here: it is at least 1. A shorter horizon, a smaller P_d(B) or a "
            "larger w_d would help."
        )
    elif compare(rows["T0"].bound, best) == -1:
        yield "T0's bound is the smaller one here: the event is rare enough for it."
    if rows["T2"].bound.interval()[0] >= Fraction(situation.horizon):
        yield "T2 says nothing here: there are never more queries than steps."
    if "T6" in rows and rows["T6"].bound.exact == situation.horizon:
        yield "T6 says nothing here: there are never more queries than steps."

"""`exact-cbil witness`: exact models that make the bounds tight."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import click

from bounds.claims import claim_named
from bounds.evidence import Evidence
from bounds.witness.falls import falls_model
from bounds.witness.hazard import hazard_model
from bounds.witness.lasting import Lasting
from bounds.witness.limit import Walk, limit_constant
from bounds.witness.model import schedule_model
from bounds.witness.schedule import Schedule, read_schedule
from bounds.witness.search import search
from bounds.witness.turns import build_jumps
from exact_cbil.cli.shared import (
    OutputFile,
    console,
    exact_and_rounded,
    new_table,
    progress_reporter,
    refuse_others,
    replace_file,
)
from exact_cbil.errors import CbilError, shorten
from exact_cbil.files import MAX_BYTES, read_bytes
from exact_cbil.interaction import run
from exact_cbil.model import MAX_HORIZON
from exact_cbil.modelfile import write_model
from exact_cbil.numbers import rational, text
from exact_cbil.potential import PSI_2, PSI_3, linear_potential
from exact_cbil.real import Real, ln

MOST_TURNS = 2_000_000
"""The most alternatives times steps of a family for T4: one state each, with ever longer masses."""

_alpha = click.option("--alpha", default="1/1000000", show_default=True, metavar="P/Q")
_horizon = click.option("--horizon", type=click.IntRange(0, MAX_HORIZON), metavar="N")
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
_READ = click.Path(path_type=Path, dir_okay=False)
_save = click.option("--save", type=OutputFile(), metavar="FILE", help="Write the model file.")


@click.group()
def command() -> None:
    """Build exact models that make the bounds tight.

    \b
      cubes        k alternatives that lose weight in turn: T1, T1a
      limit        as k grows, the ratio to S_lin tends to 1
      divergence   k alternatives that refuse a rare action in turn: T4
      turns        the same, rising before they die: a bound on their ratio for T4
      tails        one alternative that falls rarely, against T6's potential
      events       one that falls again and again, and lasts: against T7
    """


@command.command()
@click.option("--schedule", type=_READ, metavar="FILE", help="A schedule to evaluate.")
@click.option(
    "--alternatives", type=click.IntRange(1, 64), metavar="K", help="Search for a schedule of K."
)
@click.option("--budget", type=float, default=60, show_default=True, metavar="S")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--save-schedule", type=OutputFile(), metavar="FILE", help="Write the schedule.")
@_alpha
@_horizon
@_save
@_json
@click.pass_context
def cubes(
    ctx: click.Context,
    schedule: Path | None,
    alternatives: int | None,
    budget: float,
    seed: int,
    save_schedule: Path | None,
    alpha: str,
    horizon: int | None,
    save: Path | None,
    as_json: bool,
) -> None:
    """E sum theta^3 of a schedule, exactly, at a horizon and in the limit.

    \b
    Examples:
      exact-cbil witness cubes --alternatives 4 --budget 10 --save model.json
      exact-cbil run model.json --symmetric
    """
    if (schedule is None) == (alternatives is None):
        raise CbilError("witness cubes: expected one of --schedule, --alternatives")
    if schedule is not None:
        obeyed = {"schedule", "save_schedule", "alpha", "horizon", "save", "as_json"}
        refuse_others(ctx, "--schedule", obeyed)
        found = _read(schedule)
    else:
        assert alternatives is not None
        sizes = tuple(g for g in (1, 2, 3, 4, 6, 8, 12, 16, 24) if g <= alternatives)
        with progress_reporter() as report:
            found = search(alternatives, sizes, budget, seed, report)
    _write(save_schedule, found.to_json())
    model = schedule_model(found, alpha, horizon)
    with progress_reporter() as report:
        result = run(model, report, symmetric=True)
    _write(save, write_model(model))
    linear = linear_potential(model)
    rows = {
        "E sum theta^3": result.query_cubes,
        "S_lin": linear,
        "E sum theta^3 / S_lin": result.query_cubes / linear,
        "limit of the ratio (T, then alpha)": found.ratio,
    }
    head = (
        f"{found.alternatives} alternatives, {len(found.stages)} stages, "
        f"alpha {text(model.exact_alpha)}, horizon {model.horizon}"
    )
    if as_json:
        click.echo(json.dumps({name: text(value) for name, value in rows.items()}))
        return
    table = new_table(head, "quantity", "exact", "decimal")
    for name, value in rows.items():
        table.add_row(name, *exact_and_rounded(value))
    console().print(table)


@command.command()
@click.option("--q", type=click.IntRange(1, 1000), default=10, show_default=True)
@click.option("--alternatives", type=click.IntRange(1, 10**18), default=10**9, show_default=True)
@click.option("--height", type=click.IntRange(1, 10_000), default=200, show_default=True)
@_json
def limit(q: int, alternatives: int, height: int, as_json: bool) -> None:
    """An exact lower bound on sup E sum theta^3 / S_lin by the walk on powers of (q+1)/q."""
    with progress_reporter() as report:
        ratio = Walk(q, height, alternatives).least_ratio(report)
    bound = limit_constant(q) / 3
    if as_json:
        click.echo(json.dumps({"at_least": text(ratio), "limit": text(bound)}))
        return
    table = new_table(f"q = {q}, {alternatives} alternatives", "quantity", "exact", "decimal")
    table.add_row("ratio to S_lin, at least", *exact_and_rounded(ratio))
    table.add_row("its limit in k, 1 - (3q+2)/(3(q+1)^2)", *exact_and_rounded(bound))
    console().print(table)


@command.command()
@click.option("--alternatives", type=click.IntRange(1, 1000), default=8, show_default=True)
@click.option("--eps", default="1/16", show_default=True, metavar="P/Q")
@_alpha
@click.option("--horizon", type=click.IntRange(1, MAX_HORIZON), metavar="N")
@_save
@_json
def divergence(
    alternatives: int,
    eps: str,
    alpha: str,
    horizon: int | None,
    save: Path | None,
    as_json: bool,
) -> None:
    """E_g sum k_t against sqrt(T S), by enclosures."""
    model = hazard_model(alternatives, eps, alpha, horizon)
    _within_reach("--alternatives", alternatives, model.horizon)
    with progress_reporter() as report:
        evidence = Evidence(model, report)
        total, spread = evidence.divergence_sum, evidence.spread
    _write(save, write_model(model))
    rows = {
        "E_g sum k_t": total.decimal(),
        "sqrt(T S)": spread.decimal(),
        "ratio": (total / spread).decimal(),
    }
    title = f"{alternatives} alternatives, eps {eps}, horizon {model.horizon}"
    _print(title, rows, as_json, horizon=model.horizon)


@command.command()
@click.option("--alternatives", type=click.IntRange(1, 10**18), default=10**16, show_default=True)
@click.option("--share", default="1/1000000", show_default=True, metavar="P/Q")
@click.option("--fineness", type=click.IntRange(2, 1000), default=384, show_default=True)
@click.option("--save", type=OutputFile(), metavar="FILE", help="Write the turns (cbil-turns/1).")
@_json
def turns(alternatives: int, share: str, fineness: int, save: Path | None, as_json: bool) -> None:
    """A lower bound on E_g sum k_t over sqrt(T S), by enclosures.

    An alternative refuses a set of probability --share until it dies or rises; at the level at
    which it lowers a set by the part e, k/N for a fineness of N, the set is as large as makes every
    step diverge alike. The horizon is one that they outlast but for a chance of a millionth.
    """
    found = build_jumps(rational(share, "--share"), fineness, alternatives)
    numbers = found.diverging()
    comparison = numbers.compare(claim_named("T4").candidate)
    _write(save, found.to_json())
    assert comparison.ratio is not None
    rows = {
        "horizon": str(numbers.quantities["T"]),
        "E_g sum k_t, at least": comparison.left.decimal(),
        "sqrt(T S)": comparison.right.decimal(),
        "ratio, at least": comparison.ratio.decimal(),
    }
    _print(f"{alternatives} alternatives, share {share}", rows, as_json)


@command.command()
@click.option("--rate", default="1/4", show_default=True, metavar="P/Q")
@click.option("--rho", default="5/4", show_default=True, metavar="P/Q")
@click.option("--drop", type=click.IntRange(2, 1000), default=3, show_default=True)
@click.option("--height", type=click.IntRange(1, 1000), default=60, show_default=True)
@click.option("--horizon", type=click.IntRange(0, MOST_TURNS), default=2800, show_default=True)
@_save
@_json
def tails(
    rate: str, rho: str, drop: int, height: int, horizon: int, save: Path | None, as_json: bool
) -> None:
    """E exp(rate sum theta G) of one alternative, against Psi_2 = 8/3 and Psi_3 = 4.

    Its levels are the powers of --rho up to --height; from all but the first two it falls by at
    most --drop levels, rarely, and rises by one else. For a rate above 1/8 there is no bound.
    """
    _within_reach("--height", height, horizon)
    model = falls_model(rho, drop, height, horizon)
    moment = Evidence(model).moment(Real.of(rational(rate, "--rate")))
    _write(save, write_model(model))
    rows = {
        "E exp(rate sum theta G)": moment.decimal(),
        "its ratio to Psi_2": (moment / PSI_2(1)).decimal(),
        "its ratio to Psi_3": (moment / PSI_3(1)).decimal(),
    }
    _print(f"rate {rate}, {height} powers of {rho}, horizon {horizon}", rows, as_json)


@command.command()
@click.option("--share", default="1/800", show_default=True, metavar="P/Q")
@click.option("--ratio", default="1/20", show_default=True, metavar="P/Q")
@click.option("--horizon", type=int, default=800_000_000, show_default=True)
@click.option("--falls", type=int, default=377, show_default=True)
@_json
def events(share: str, ratio: str, horizon: int, falls: int, as_json: bool) -> None:
    """An event that is far likelier under the imitator, reckoned, against T7.

    The demonstrator takes a rare action with probability --share, the one alternative --ratio times
    as often. The event is that it is rarely taken, although --falls queries are answered by it.
    """
    found = Lasting(rational(share, "--share"), rational(ratio, "--ratio"), horizon, falls)
    length = ln(found.event) * -1
    half = found.reckoned().compare(claim_named("T7, L^2/2").candidate)
    assert half.ratio is not None
    rows = {
        "most rare actions": str(found.most),
        "L = ln(1/P_d(B))": length.decimal(),
        "ln(1/P_i(B)) at most": (ln(found.least) * -1).decimal(),
        "that times T/L^2": found.exponent.decimal(),
        "ratio to T7 with L^2/2, at least": half.ratio.decimal(),
    }
    _print(f"share {share}, ratio {ratio}, horizon {horizon}", rows, as_json)


def _read(path: Path) -> Schedule:
    content = read_bytes(path, MAX_BYTES, pipes=True)
    try:
        return read_schedule(content)
    except CbilError as problem:
        raise CbilError(f"{shorten(str(path))}: {problem}") from None


def _within_reach(option: str, size: int, horizon: int) -> None:
    if size * horizon > MOST_TURNS:
        raise CbilError(
            f"{option} {size}: with a horizon of {horizon} beyond reach; expected a product of at "
            f"most {MOST_TURNS}"
        )


def _print(title: str, rows: Mapping[str, str], as_json: bool, **more: int) -> None:
    """Numbers that are rounded already, as a table or as JSON. more: for machines alone."""
    if as_json:
        click.echo(json.dumps({**rows, **more}))
        return
    table = new_table(title, "quantity", "~")
    for name, value in rows.items():
        table.add_row(name, value)
    console().print(table)


def _write(path: Path | None, document: object) -> None:
    if path is not None:
        with replace_file(path) as file:
            file.write((json.dumps(document) + "\n").encode())

"""`exact-cbil explore`: look for a model that refutes a candidate."""

from __future__ import annotations

import json
from pathlib import Path

import click

from bounds.explore.report import quantities_table, report, save, to_json
from bounds.explore.search import explore
from bounds.language.candidate import Candidate
from exact_cbil.cli.shared import console, progress_reporter
from exact_cbil.errors import CbilError

__all__ = ["command"]

SURVIVED, REFUTED, NOTHING_COMPARED = 0, 1, 2


@click.command()
@click.argument("candidate", required=False)
@click.option(
    "--budget",
    type=click.FloatRange(1, 10**7),
    default=120,
    metavar="SECONDS",
    show_default=True,
    help="How long to search and shrink.",
)
@click.option("--seed", type=click.IntRange(0, 10**9), default=0, help="Of the climbs.")
@click.option("--workers", type=click.IntRange(min=1), help="Local processes; default: one a core.")
@click.option("--cluster", metavar="ADDRESS", help="A Dask scheduler to use instead.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Keep and resume.")
@click.option(
    "--save",
    "target",
    type=click.Path(path_type=Path),
    metavar="FILE|DIR",
    help="Write the refuting (or closest) model, and its numbers beside it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print cbil-explore/1, for machines.")
@click.option("--quantities", is_flag=True, help="List what a candidate may name.")
def command(
    candidate: str | None,
    budget: float,
    seed: int,
    workers: int | None,
    cluster: str | None,
    out: Path | None,
    target: Path | None,
    as_json: bool,
    quantities: bool,
) -> int:
    """Look for a model that refutes CANDIDATE, an inequality in one line.

    \b
    LEFT <= RIGHT [if HYPOTHESIS and HYPOTHESIS ...]
      relations    <=  <  >=  >   (in hypotheses also ==)
      operations   +  -  *  /  ^ (or **)  and parentheses
      numbers      whole, such as 2; fractions are divisions, such as 2/3
      functions    ln exp sqrt cbrt root min max F sum_z
      quantities   query_cubes queries S S_lin T alpha w_d X |A| |Pi| ...
      events       P_i(B) P_d(B) P_g(B): B is every event of a model;
                   P_i("ever-a"): one event
    The demonstrator is in the class, unless a hypothesis names `realizable`.
    A model at which a side has no value (a division by 0) is outside.

    \b
    Examples:
      exact-cbil explore "query_cubes <= S_lin/4"
      exact-cbil explore "queries <= T^(1/2)*S^(1/2)/3 if alpha <= 1/2"
      exact-cbil explore "P_i(B) <= 2*P_d(B) if |A| == 2" --save witness.json
      exact-cbil explore --quantities

    \b
    Exit codes: 0 survived (which proves nothing), 1 refuted, 2 not understood, or
    it was decided at no model.
    """
    if quantities:
        console().print(quantities_table())
        return SURVIVED
    if candidate is None:
        raise CbilError("explore: expected a candidate such as 'query_cubes <= S_lin/4'")
    parsed = Candidate.parse(candidate)
    if target is not None:  # an error now, not when the search is over
        (target.parent if target.suffix == ".json" else target).mkdir(parents=True, exist_ok=True)
    with progress_reporter() as progress:
        outcome = explore(parsed, budget, seed, workers or -1, cluster, out, progress)
    place = target or out
    path = None if place is None else save(outcome, place)
    if as_json:
        click.echo(json.dumps(to_json(outcome), ensure_ascii=False))
    else:
        console().print(report(outcome, path))
    if outcome.refutation is not None:
        return REFUTED
    held = outcome.state.total().counts.get("holds", 0)
    return SURVIVED if held else NOTHING_COMPARED

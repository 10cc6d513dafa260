"""`exact-cbil explore`: look for a model that refutes a candidate."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import click

from bounds.cli.grid import work_options
from bounds.explorer.report import quantities_table, report, save, to_json, verdict
from bounds.explorer.search import Limits, explore, try_models
from bounds.language.candidate import Candidate
from bounds.pool import pool
from exact_cbil.cli.shared import (
    ModelSource,
    OutputDirectory,
    OutputFile,
    console,
    progress_reporter,
    refuse_others,
)
from exact_cbil.errors import CbilError
from exact_cbil.model import Model

__all__ = ["command"]

EXIT_CODES = {"survived": 0, "refuted": 1, "nothing compared": 2}

BUDGET = 120.0


class Target(click.ParamType[Path]):
    """A file ending in .json, or a directory; refused before any work where it cannot be."""

    name = "file or directory"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        kind = OutputFile() if str(value).endswith(".json") else OutputDirectory()
        return kind.convert(value, param, ctx)


@click.command()
@click.argument("candidate", required=False)
@click.option(
    "--budget",
    type=click.FloatRange(1, 10**7),
    metavar="SECONDS",
    help=f"How long to search; without --models {BUDGET:.0f}.",
)
@click.option(
    "--models",
    type=click.IntRange(1, 10**9),
    metavar="N",
    help="How many models to look at in each stage, about: the same on every machine.",
)
@click.option("--seed", type=click.IntRange(0, 10**9), default=0, help="Of random models.")
@click.option("--model", "own", type=ModelSource(), multiple=True, help="Try only this one.")
@work_options
@click.option(
    "--save",
    "target",
    type=Target(),
    metavar="FILE|DIR",
    help="Write the refuting (or closest) model, and its numbers beside it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print cbil-explore/1, for machines.")
@click.option("--quantities", is_flag=True, help="List what a candidate may name.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    candidate: str | None,
    budget: float | None,
    models: int | None,
    seed: int,
    own: tuple[Model, ...],
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
      functions    ln exp sqrt cbrt root min max F sum_z moment
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
      exact-cbil explore "queries <= S" --model my-model.json
      exact-cbil explore --quantities

    \b
    Exit codes: 0 survived (which proves nothing), 1 refuted, 2 not understood, or
    it was decided at no model.
    """
    if quantities:
        refuse_others(ctx, "--quantities", {"quantities"})
        console().print(quantities_table())
        return 0
    if candidate is None:
        raise CbilError("explore: expected a candidate such as 'query_cubes <= S_lin/4'")
    if own:
        refuse_others(ctx, "--model", {"candidate", "own", "target", "as_json", "workers"})
    if workers is not None and cluster is not None:
        raise CbilError("--workers: does not apply with --cluster")
    parsed = Candidate.parse(candidate)
    seconds = budget or (math.inf if models is not None else BUDGET)
    limits = Limits(seconds, math.inf if models is None else models)
    count = 1 if own else -1
    with (
        pool(count if workers is None else workers, cluster) as processes,
        progress_reporter() as progress,
    ):
        if own:
            outcome = try_models(parsed, own, processes)
        else:
            outcome = explore(parsed, limits, processes, seed, out, progress)
    place = target or out
    path = None if place is None else save(outcome, place)
    if as_json:
        click.echo(json.dumps(to_json(outcome), ensure_ascii=False))
    else:
        console().print(report(outcome, path))
    return EXIT_CODES[verdict(outcome)]

"""`exact-cbil sample`: draw one run and show it step by step."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import click

from exact_cbil.cli.shared import ALPHA, HORIZON, PLOT, ModelSource, model_name, override
from exact_cbil.errors import CbilError, printable
from exact_cbil.history import Step
from exact_cbil.model import Model
from exact_cbil.numbers import decimal, elide, text
from exact_cbil.sampling import SampledStep, sample

if TYPE_CHECKING:
    from exact_cbil.imitators.sampling import DrawnStep


@click.command()
@click.argument("model", type=ModelSource())
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the run.")
@HORIZON
@ALPHA
@click.option("--json", "as_json", is_flag=True, help="One JSON object a step, exact numbers.")
@click.option("--plot", type=PLOT, metavar="FILE", help="Draw the run to a .svg or .png.")
@click.option("--learner", metavar="NAME:PARAM", help="Another learner, as `compare` knows them.")
def command(
    model: Model,
    seed: int,
    horizon: str | None,
    alpha: str | None,
    as_json: bool,
    plot: Path | None,
    learner: str | None,
) -> None:
    """Draw one run of MODEL, step by step.

    MODEL is a shipped name (see `exact-cbil models`), a model file, or - for standard input.
    Each line says who was in the top set (heaviest first), the query probability theta, whether
    the demonstrator was asked, what was done and what was seen. Probabilities are exact, so the
    same seed gives the same run everywhere.
    """
    model = override(model, horizon, alpha)
    if learner is not None:
        if alpha is not None:
            raise CbilError("--alpha: goes with the model's own learner, not with --learner")
        _sample_learner(model, learner, seed, as_json, plot)
        return
    if not as_json:
        click.echo("  t  theta                 who    action -> observation   top set")
    run = []
    for drawn in sample(model, Random(seed)):
        click.echo(json.dumps(_as_json(drawn)) if as_json else _line(drawn))
        if plot is not None:
            run.append(drawn)
    _draw(run, plot)


def _draw(run: Sequence[SampledStep] | Sequence[DrawnStep], plot: Path | None) -> None:
    if plot is not None:
        from exact_cbil.plots import sampled_figure, save_figure

        save_figure(sampled_figure(run, title=model_name()), plot)


def _sample_learner(
    model: Model, learner: str, seed: int, as_json: bool, plot: Path | None
) -> None:
    from exact_cbil.comparison import check_horizon
    from exact_cbil.display import rounded
    from exact_cbil.imitators import named
    from exact_cbil.imitators.sampling import sample as sample_imitator
    from exact_cbil.result import written

    imitator = named(learner).imitator(model)
    check_horizon(model, imitator, learner)
    if not as_json:
        click.echo("  t  theta                 who    action -> observation")
    run = []
    for drawn in sample_imitator(model, imitator, Random(seed)):
        if plot is not None:
            run.append(drawn)
        if as_json:
            theta = {"t": drawn.t, "theta": written(drawn.theta)}
            click.echo(json.dumps(theta | drawn.step._asdict()))
        else:
            click.echo(f"{drawn.t:>3}  {rounded(drawn.theta):<20}  {_happened(drawn.step)}")
    _draw(run, plot)


def _happened(step: Step) -> str:
    who = "asked" if step.queried else "acted"
    return f"{who}  {printable(step.action)} -> {printable(step.observation)}"


def _as_json(drawn: SampledStep) -> dict[str, object]:
    return {
        "t": drawn.t,
        "top_set": list(drawn.learner.top_set),
        "theta": text(drawn.learner.query_probability),
        "queried": drawn.step.queried,
        "action": drawn.step.action,
        "observation": drawn.step.observation,
    }


def _line(drawn: SampledStep) -> str:
    theta = drawn.learner.query_probability
    shown = elide(theta, 12) if len(text(theta)) <= 12 else f"~{decimal(theta)}"
    top = ", ".join(printable(name) for name in drawn.learner.top_set) or "(empty)"
    return f"{drawn.t:>3}  {shown:<20}  {_happened(drawn.step):<31} {top}"

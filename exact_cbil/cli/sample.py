"""`exact-cbil sample`: draw one run and show it step by step."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import click

from exact_cbil.cli.shared import ALPHA, HORIZON, PLOT, ModelSource, model_name, override
from exact_cbil.display import rounded
from exact_cbil.errors import CbilError, printable
from exact_cbil.model import Model
from exact_cbil.numbers import decimal, text
from exact_cbil.result import written
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
    drawing: Iterator[SampledStep] | Iterator[DrawnStep]
    if learner is None:
        drawing = sample(model, Random(seed))
    elif alpha is None:
        drawing = _of_learner(model, learner, Random(seed))
    else:
        raise CbilError("--alpha: goes with the model's own learner, not with --learner")
    if not as_json:
        last = "   top set" if learner is None else ""
        click.echo(f"  t  theta                 who    action -> observation{last}")
    run: list[Any] = []
    for drawn in drawing:
        click.echo(json.dumps(_as_json(drawn)) if as_json else _line(drawn))
        if plot is not None:
            run.append(drawn)
    if plot is not None:
        from exact_cbil.plots import sampled_figure, save_figure

        save_figure(sampled_figure(run, title=model_name()), plot)


def _of_learner(model: Model, learner: str, rng: Random) -> Iterator[DrawnStep]:
    from exact_cbil.comparison import check_horizon
    from exact_cbil.imitators import named
    from exact_cbil.imitators.sampling import sample as sample_imitator

    imitator = named(learner).imitator(model)
    check_horizon(model, imitator, learner)
    return sample_imitator(model, imitator, rng)


def _as_json(drawn: SampledStep | DrawnStep) -> dict[str, object]:
    top = {"top_set": list(drawn.learner.top_set)} if isinstance(drawn, SampledStep) else {}
    return {"t": drawn.t, **top, "theta": written(drawn.theta), **drawn.step._asdict()}


def _line(drawn: SampledStep | DrawnStep) -> str:
    step, start = drawn.step, f"{drawn.t:>3}  "
    who = "asked" if step.queried else "acted"
    happened = f"{who}  {printable(step.action)} -> {printable(step.observation)}"
    if not isinstance(drawn, SampledStep):
        return f"{start}{rounded(drawn.theta):<20}  {happened}"
    exact = text(drawn.theta)
    shown = exact if len(exact) <= 12 else f"~{decimal(drawn.theta)}"
    top = ", ".join(printable(name) for name in drawn.learner.top_set) or "(empty)"
    return f"{start}{shown:<20}  {happened:<31} {top}"

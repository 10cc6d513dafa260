"""`exact-cbil models`: list the shipped models, print one as a model file, or draw one."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from pathlib import Path

import click

from exact_cbil.cli.shared import PLOT, ModelSource, console, model_name, new_table
from exact_cbil.errors import CbilError
from exact_cbil.model import Model
from exact_cbil.models import COUNTABLE, SHIPPED


@click.command()
@click.argument("model", type=ModelSource(), required=False)
@click.option(
    "--draw", type=PLOT, metavar="FILE", help="Draw its machines to a .svg or .png instead."
)
def command(model: Model | None, draw: Path | None) -> None:
    """List the shipped models, or print MODEL as a model file, or draw it.

    A printed model is a starting point for your own: save it, change it, draw it, run it. MODEL is
    a shipped name, a model file, or - for standard input.

    \b
    Examples:
      exact-cbil models
      exact-cbil models treacherous-turn > my-model.json
      exact-cbil models my-model.json --draw my-model.svg
    """
    if model is not None:
        if draw is not None:
            from exact_cbil.plots import machines_figure, save_figure

            save_figure(machines_figure(model, title=model_name()), draw)
            return
        from exact_cbil.modelfile import write_model

        click.echo(json.dumps(write_model(model), indent=2, ensure_ascii=False))
        return
    if draw is not None:
        raise CbilError("--draw: expected a MODEL, shipped or a file")
    columns = ("name", "policies", "alpha", "horizon", "what it shows")
    table = new_table("Shipped models", *columns, words=(0, -1))
    for known, make in SHIPPED.items():
        shown = make()
        numbers = (len(shown.policies), shown.alpha, shown.horizon)
        table.add_row(known, *map(str, numbers), _summary(make))
    for known, countable in COUNTABLE.items():
        infinite = countable()
        table.add_row(
            known, "countable", *map(str, (infinite.alpha, infinite.horizon)), _summary(countable)
        )
    console().print(table)


def _summary(make: Callable[[], object]) -> str:
    return (inspect.getdoc(make) or "").partition("\n")[0]

"""`exact-cbil models`: list the shipped models, or print one as a model file."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable

import click

from exact_cbil.cli.shared import console, new_table
from exact_cbil.models import COUNTABLE, SHIPPED, shipped


@click.command()
@click.argument("name", required=False, metavar="[NAME]")
def command(name: str | None) -> None:
    """List the shipped models, or print the one called NAME as a model file.

    A printed model is a starting point for your own: save it, change it, run it.
    """
    if name is not None:
        from exact_cbil.modelfile import write_model

        click.echo(json.dumps(write_model(shipped(name)), indent=2, ensure_ascii=False))
        return
    table = new_table("Shipped models", "name", "policies", "alpha", "horizon", "what it shows")
    table.columns[-1].justify = "left"
    for known, make in SHIPPED.items():
        model = make()
        numbers = (len(model.policies), model.alpha, model.horizon)
        table.add_row(known, *map(str, numbers), _summary(make))
    for known, countable in COUNTABLE.items():
        infinite = countable()
        table.add_row(
            known, "countable", *map(str, (infinite.alpha, infinite.horizon)), _summary(countable)
        )
    console().print(table)


def _summary(make: Callable[[], object]) -> str:
    return (inspect.getdoc(make) or "").partition("\n")[0]

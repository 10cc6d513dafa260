"""`exact-cbil schema`: list the formats, or print the JSON Schema of one."""

from __future__ import annotations

import inspect
import json

import click

from exact_cbil.cli.shared import console, new_table, plain


@click.command()
@click.argument("name", required=False, metavar="[FORMAT]")
def command(name: str | None) -> None:
    """List the formats that commands read or write, or print the JSON Schema of FORMAT.

    An editor that is told the schema completes and checks a model file while it is written.

    \b
    Example:
      exact-cbil schema cbil-model/1 > cbil-model.schema.json
    """
    from exact_cbil.schemas import schema, shapes

    if name is not None:
        click.echo(json.dumps(schema(name), indent=1))
        return
    table = new_table("Formats", "name", "what it holds", words=(0, -1))
    for known, shape in shapes().items():
        table.add_row(known, plain(inspect.getdoc(shape) or ""))
    console().print(table)

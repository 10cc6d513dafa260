"""`exact-cbil export`: the interaction as a Markov chain that model checkers read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from exact_cbil.cli.shared import (
    ALPHA,
    HORIZON,
    MAX_MEMORY,
    ModelSource,
    OutputFile,
    new_table,
    override,
    plain,
    progress_reporter,
    replace_file,
    show,
)
from exact_cbil.exports import UnrolledChain, drn_lines, prism_lines, properties, unroll
from exact_cbil.interaction import Interaction, Law
from exact_cbil.model import Model

if TYPE_CHECKING:
    from rich.table import Table

FORMATS = {".drn": drn_lines, ".prism": prism_lines}


@click.command()
@click.argument("model", type=ModelSource())
@click.argument("file", type=OutputFile(*FORMATS))
@click.option(
    "--law",
    type=click.Choice(["imitator", "demonstrator", "guarded"]),
    default="imitator",
    show_default=True,
    help="Who acts.",
)
@click.option("--json", "as_json", is_flag=True, help="Print cbil-export/1, for machines.")
@HORIZON
@ALPHA
@MAX_MEMORY
def command(
    model: Model, file: Path, law: str, as_json: bool, horizon: str | None, alpha: str | None
) -> None:
    """Write the interaction of MODEL as a Markov chain to FILE, for a model checker.

    MODEL is a shipped name, a model file, or - for standard input. FILE ends in .drn, the explicit
    format of Storm, or in .prism, the language of PRISM, which Storm and other tools read as well.
    Probabilities are exact. What is printed are the questions to ask, in the language of both.

    \b
    Examples:
      exact-cbil export treacherous-turn turn.drn --alpha 1/5
      storm --exact --explicit-drn turn.drn --prop 'P=? [ F "ever_defects" ]'
      exact-cbil export rare-action rare.prism --law demonstrator
    """
    model = override(model, horizon, alpha)
    with progress_reporter() as report:
        chain = unroll(Interaction(model), cast("Law", law), progress=report)
    with replace_file(file) as output:
        output.writelines(f"{line}\n".encode() for line in FORMATS[file.suffix.lower()](chain))
    show(_Export(chain), lambda: _report(chain, file), as_json=as_json)


class _Export:
    """What was written."""

    def __init__(self, chain: UnrolledChain) -> None:
        self.chain = chain

    def to_json(self) -> dict[str, Any]:
        """The object of `cbil-export/1`."""
        return {
            "format": "cbil-export/1",
            "states": len(self.chain.rows),
            "transitions": self.chain.transitions,
            "properties": properties(self.chain),
        }


def _report(chain: UnrolledChain, file: Path) -> Table:
    size = f"{len(chain.rows)} states, {chain.transitions} transitions"
    table = new_table(f"{file}: {size}", "quantity", "what to ask a model checker", words=(0, -1))
    for name, question in properties(chain).items():
        table.add_row(plain(name), plain(question))
    return table

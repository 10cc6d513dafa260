"""`exact-cbil certify`: have Rocq recompute a model's numbers and prove them."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from exact_cbil.cli.shared import (
    ALPHA,
    HORIZON,
    ModelSource,
    OutputFile,
    console,
    exact_and_rounded,
    new_table,
    override,
    plain,
    progress_reporter,
    replace_file,
)
from exact_cbil.errors import CbilError, InvalidModel, shorten
from exact_cbil.files import MAX_BYTES, read_bytes
from exact_cbil.interaction import run
from exact_cbil.model import Model
from exact_cbil.numbers import elide
from exact_cbil.result import Result
from proofs.certificate import MAX_HORIZON, SHOW_ASSUMPTIONS, as_of_model, certificate, labels
from proofs.certify import Certification, certify
from proofs.tools import FILE_NAME, find_rocq

SECONDS = 600


@click.command()
@click.argument("model", type=ModelSource())
@HORIZON
@ALPHA
@click.option("--out", type=OutputFile(".v"), metavar="FILE.v", help="Keep the Rocq file.")
@click.option(
    "--result",
    type=click.Path(path_type=Path),
    metavar="FILE.json",
    help="Judge this result (cbil-result/1) instead of running the engine.",
)
@click.option(
    "--seconds",
    type=click.IntRange(1, 86400),
    default=SECONDS,
    show_default=True,
    help="How long Rocq may take.",
)
def command(
    model: Model,
    horizon: str | None,
    alpha: str | None,
    out: Path | None,
    result: Path | None,
    seconds: int,
) -> int:
    """Prove the exact numbers of MODEL in Rocq.

    Rocq recomputes every number of the result from the model and proves that the real-valued
    quantities of the definitions are these. Small horizons only: the first use builds the
    development, which takes some seconds more.

    \b
    Examples:
      exact-cbil certify rare-action --horizon 8
      exact-cbil certify chain --out chain.v
      exact-cbil run rare-action --horizon 4 --json > r.json
      exact-cbil certify rare-action --horizon 4 --result r.json

    Exit codes: 0 certified, 1 rejected, 2 bad input or Rocq is absent.
    """
    find_rocq()
    model = override(model, horizon, alpha)
    if out is not None and not FILE_NAME.fullmatch(out.name):
        raise CbilError(f"--out: expected a name such as certificate.v, got {shorten(out.name)}")
    stated = _stated(model, result, horizon)
    text = certificate(model, stated)
    if out is not None:
        with replace_file(out) as file:
            file.write((text + SHOW_ASSUMPTIONS).encode())
    with Console(stderr=True).status("Rocq is at work"):
        decided = certify(model, stated, seconds, tell)
    console().print(_report(model, stated, decided))
    return 0 if decided.certified else 1


def tell(message: str) -> None:
    """One line to the user, beside the answer."""
    click.echo(f"exact-cbil: {message}", err=True)


def _stated(model: Model, file: Path | None, horizon: str | None) -> Result:
    """What is to be proved: the result of the engine, or that of a file."""
    if file is None:
        if model.horizon > MAX_HORIZON:
            raise CbilError(f"--horizon: expected at most {MAX_HORIZON}, got {model.horizon}")
        with progress_reporter() as report:
            return run(model, report)
    content = read_bytes(file, MAX_BYTES, pipes=True)
    try:
        stated = as_of_model(Result.from_json(content), model)
    except InvalidModel as problem:
        raise CbilError(f"{shorten(str(file), 200)}: {problem}") from None
    if horizon is not None and stated.horizon != model.horizon:
        raise CbilError(
            f"--result: its horizon is {stated.horizon}, --horizon asks for {model.horizon}"
        )
    return stated


def _report(model: Model, result: Result, decided: Certification) -> Table:
    outcome = "certified" if decided.certified else "REJECTED"
    title = (
        f"{outcome} by Rocq at alpha {elide(model.exact_alpha)}, horizon {result.horizon}, "
        f"in {decided.seconds:.1f} s"
    )
    table = new_table(title, "quantity", "claimed", "decimal", "verdict")

    def judged(*about: str) -> str:
        wrong = [label for label in about if label in decided.rejected]
        if not wrong:
            return "proved" if decided.certified else "right"
        return "wrong" if len(about) == 1 else f"wrong: {', '.join(wrong)}"

    if "model" in decided.rejected:
        table.add_row("model", "-", "-", "not well-formed")
    for label, value in (
        ("query_cubes", result.query_cubes),
        ("queries", result.queries),
        ("exclusion", result.exclusion),
    ):
        table.add_row(label, *exact_and_rounded(value), judged(label))
    for k, (name, event) in enumerate(result.events.items()):
        for who, chance in (("demonstrator", event.demonstrator), ("imitator", event.imitator)):
            shown = plain(f"{name}, {who}")
            table.add_row(shown, *exact_and_rounded(chance), judged(f"event {k}, {who}"))
    steps = [label for label in labels(result) if label.startswith("steps")]
    if steps:
        table.add_row("steps", f"{len(steps)} numbers", "", judged(*steps))
    return table

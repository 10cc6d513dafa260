"""`exact-cbil profile`: a model's quantities as step functions of alpha."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from exact_cbil.cli.shared import (
    DIGITS,
    HORIZON,
    LATEX,
    MAX_MEMORY,
    PLOT,
    ModelSource,
    model_name,
    new_table,
    one_form,
    override,
    progress_reporter,
    show,
)
from exact_cbil.display import rounded
from exact_cbil.errors import CbilError, OutOfRange, printable
from exact_cbil.model import Model
from exact_cbil.numbers import Enclosure, elide, rational
from exact_cbil.parametric.profile import Piece, Profile, at_alphas, profile
from exact_cbil.potential import linear_potential, prior_potential

if TYPE_CHECKING:
    from rich.console import Group, RenderableType
    from rich.table import Table

WIDTH = 12
"""Of a column in a table that is printed row by row."""

BOUNDS = (
    "S and S_lin fall with alpha, and are shown at the right end of each piece: with "
    "tau = alpha/(1-alpha) up to alpha = 1/2 and 1 above, S = sum over pi != pi_d of "
    "F(z_pi/tau), S_lin = (3/tau)(1/w_d - 1)."
)


@click.command()
@click.argument("model", type=ModelSource())
@click.option("--json", "as_json", is_flag=True, help="Print cbil-profile/1: exact, for machines.")
@LATEX
@click.option("--plot", type=PLOT, metavar="FILE", help="Draw them to a .svg or .png.")
@HORIZON
@click.option(
    "--alphas",
    metavar="P/Q,...",
    help="Only these alphas: a row for each once it is known; JSON, of all, at the end.",
)
@click.option("--from", "low", metavar="P/Q", help="Only the alphas above this one.")
@click.option("--to", "high", metavar="P/Q", help="Only the alphas up to this one.")
@DIGITS
@MAX_MEMORY
def command(
    model: Model,
    as_json: bool,
    as_latex: bool,
    plot: Path | None,
    horizon: str | None,
    alphas: str | None,
    low: str | None,
    high: str | None,
    places: int | None,
) -> None:
    """Compute the quantities of MODEL for every alpha in (0, 1] at once.

    MODEL is a shipped name (see `exact-cbil models`), a model file, or - for standard input; its
    own alpha is not read. Each quantity is constant on pieces (from, to] of the alphas.

    \b
    Examples:
      exact-cbil profile treacherous-turn
      exact-cbil profile treacherous-turn --from 1/10 --to 1/4
      exact-cbil profile treacherous-turn --alphas 1/20,1/10,1/5
      exact-cbil profile rare-action --horizon 10000 --alphas 1/20,1/10 --digits 9
      exact-cbil profile treacherous-turn --horizon 8 --plot profile.svg
      exact-cbil profile rare-action --horizon 8 --json
    """
    one_form(as_json, as_latex)
    model = override(model, horizon, None)
    if alphas is not None:
        for name, given in (("--plot", plot), ("--from", low), ("--to", high)):
            if given is not None:
                raise CbilError(f"{name}: goes with whole ranges of alpha, not with --alphas")
        values = [_alpha(word, "--alphas") for word in alphas.split(",")]
        _show_alphas(model, values, places, as_json=as_json, as_latex=as_latex)
        return
    if places is not None:
        raise CbilError("--digits: goes with --alphas; the pieces of a whole range are exact")
    with progress_reporter() as report:
        ends = _alpha(low or "0", "--from"), _alpha(high or "1", "--to")
        found = profile(model, report, low=ends[0], high=ends[1])
    if plot is not None:
        from exact_cbil.plots import profile_figure, save_figure

        save_figure(profile_figure(found, title=model_name()), plot)
    show(found, lambda: _report(model, found), as_json=as_json, as_latex=as_latex)


def _alpha(word: str, option: str) -> Fraction:
    alpha = rational(word.strip(), option)
    if not (0 < alpha <= 1 or (option == "--from" and alpha == 0)):
        raise OutOfRange(option, alpha, "a rational in (0, 1]")
    return alpha


def _show_alphas(
    model: Model,
    alphas: list[Fraction],
    places: int | None,
    *,
    as_json: bool,
    as_latex: bool,
) -> None:
    """Print the quantities at chosen alphas: in a table each row as soon as it is known."""
    with progress_reporter() as report:
        found: Iterable[Piece[Any]] = (
            at_alphas(model, alphas, report)
            if places is None
            else at_alphas(model, alphas, report, digits=places)
        )
        if as_json or as_latex:
            pieces = Profile(tuple(found))
            show(pieces, lambda: _report(model, pieces), as_json=as_json, as_latex=as_latex)
            return
        names = ["alpha", *_headings(model)]
        width = max(WIDTH, (places or 0) + 6, *map(len, names))
        click.echo(" ".join(name.rjust(width) for name in names))
        for piece in found:
            cells = [elide(piece.end, WIDTH), *_decimals(piece.values, places or 6)]
            click.echo(" ".join(cell.rjust(width) for cell in cells))


def _report(model: Model, found: Profile) -> Group:
    from rich.console import Group
    from rich.text import Text

    start, end = found.pieces[0].start, found.pieces[-1].end
    heading = Text(
        f"{len(model.policies)} policies, horizon {model.horizon}; {len(found.pieces)} pieces of "
        f"({elide(start)}, {elide(end)}]. "
        "Ends are exact; decimals marked ~ are rounded (exact with --json)."
    )
    parts: list[RenderableType] = [heading, _table(model, found)]
    parts.append(BOUNDS if model.realizable else "No S: the demonstrator is outside the class.")
    return Group(*parts)


def _table(model: Model, found: Profile) -> Table:
    from rich.text import Text

    table = new_table("Every alpha", "alpha", "to", *_headings(model))
    for name in ("S at to", "S_lin at to") if model.realizable else ():
        table.add_column(name, justify="right")
    ends = _told_apart([(piece.end,) for piece in found.pieces])
    quantities = _told_apart([piece.values for piece in found.pieces])
    for piece, end, shown in zip(found.pieces, ends, quantities, strict=True):
        cells = [*end, *shown]
        if model.realizable:
            here = model.with_alpha(piece.end)
            s = prior_potential(here)
            cells.append(s.decimal() if s.exact is not None else f"~{s.decimal()}")
            cells.append(rounded(linear_potential(here)))
        table.add_row(Text(piece.interval()), *cells)
    return table


def _told_apart(rows: Sequence[tuple[Fraction | None, ...]]) -> list[list[str]]:
    """The rows as decimals, with more digits where neighbours that differ would look alike."""
    digits = [6] * len(rows)
    for k, (one, other) in enumerate(pairwise(rows)):
        enough = 6
        while one != other and _decimals(one, enough) == _decimals(other, enough):
            enough *= 2
        digits[k], digits[k + 1] = max(digits[k], enough), enough
    return [_decimals(row, count) for row, count in zip(rows, digits, strict=True)]


def _decimals(values: Iterable[Fraction | Enclosure | None], digits: int) -> list[str]:
    return [rounded(value, digits) for value in values]


def _headings(model: Model) -> list[str]:
    events = [printable(f"P_i({event})") for event in model.events]
    return ["query_cubes", "queries", "exclusion", *events]

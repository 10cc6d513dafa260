"""`exact-cbil potential`: the search for potentials, its table, its certificates."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from exact_cbil.cli.shared import (
    PLOT,
    console,
    new_table,
    progress_reporter,
    refuse_others,
    replace_file,
)
from exact_cbil.errors import CbilError
from exact_cbil.files import check_writable
from exact_cbil.numbers import elide, text

if TYPE_CHECKING:
    from bounds.potential.search import Found

CLASSES: tuple[int | None, ...] = (1, 2, 3, 4, 5, 8, 16, 32, 64, None)
FINE, CLAIM_FAILS = 0, 1


class Alternatives(click.ParamType[int]):
    """A whole number from 1, or `any` (0)."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        if value == "any":
            return 0
        if not (value.isascii() and value.isdigit() and 0 < len(value) < 6 and int(value)):
            raise CbilError(f"--alternatives: expected 1 to 99999 or `any`, got {value[:40]!r}")
        return int(value)


@click.command()
@click.option("--exponent", type=int, default=3, show_default=True, help="p in E sum theta^p.")
@click.option("--alternatives", type=Alternatives(), metavar="K", help="One class: a number, any.")
@click.option(
    "--multiplicative",
    is_flag=True,
    help="Potentials of exponential moments: the greatest rate.",
)
@click.option(
    "--grid",
    type=click.IntRange(4, 80),
    default=24,
    show_default=True,
    help="Fineness of the linear programs.",
)
@click.option(
    "--save", type=click.Path(path_type=Path), metavar="FILE", help="Write the certificate."
)
@click.option("--plot", type=PLOT, metavar="FILE", help="Draw the potentials.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
@click.pass_context
def command(
    ctx: click.Context,
    exponent: int,
    alternatives: int | None,
    multiplicative: bool,
    grid: int,
    save: Path | None,
    plot: Path | None,
    as_json: bool,
) -> int:
    """Search for potentials that bound E sum theta^p, and certify them.

    A potential for K alternatives at a time shows `E sum theta^p <= C (1/w_d - 1)/tau` for every
    model with at most K actions, or K+1 policies. The optima of linear programs are floats; the
    constants C are certified. `python bounds/check_potential.py FILE` checks a certificate again.

    --multiplicative looks for `E exp(rate sum theta^3/N) <= geometric mean of Psi(z/tau)` instead,
    over the N alternatives, with Psi = 1 + c x for x <= 1 and (1+c) sqrt(x) above.

    --save takes a folder when no K is given, and writes every certificate of the table.

    \b
    Exit code 1 if something could not be certified.
    """
    from bounds.potential.search import require_exponent, search  # NumPy is slow to load

    if multiplicative:
        refuse_others(
            ctx, "--multiplicative", {"multiplicative", "alternatives", "save", "as_json"}
        )
    require_exponent(exponent)
    classes = CLASSES if alternatives is None else (alternatives or None,)
    if save is not None and save.is_dir() != (alternatives is None):
        raise CbilError("--save: expected a file with --alternatives, else a folder that exists")
    if save is not None and alternatives is not None:
        check_writable(save, "--save")
    if multiplicative:
        return _products(classes, save, as_json)
    found = []
    with progress_reporter() as progress:
        for number, one in enumerate(search(exponent, classes, grid)):
            found.append(one)
            if progress is not None:
                progress("classes", number + 1, len(classes))
    if save is not None:
        _save(found, exponent, save)
    if plot is not None:
        from bounds.plots import potential_figure
        from exact_cbil.plots import save_figure

        save_figure(potential_figure(found, exponent), plot)
    if as_json:
        report = {"format": "cbil-potentials/1", "exponent": exponent, "classes": _json(found)}
        click.echo(json.dumps(report))
    else:
        _show(found, exponent)
    return FINE if all(one.certificate is not None for one in found) else CLAIM_FAILS


def _products(classes: tuple[int | None, ...], save: Path | None, as_json: bool) -> int:
    """Certify the greatest rates, which takes no second."""
    from bounds.potential import product

    certificates = [product.certify(k) for k in classes]
    if save is not None:
        for one in certificates:
            name = f"product-3-{_name(one['alternatives'])}.json"
            _write(one, save / name if save.is_dir() else save)
    if as_json:
        shown = ("alternatives", "rate", "slope")
        rows = [{name: one[name] for name in shown} for one in certificates]
        click.echo(json.dumps({"format": "cbil-products/1", "classes": rows}))
        return FINE
    title = "E exp(rate sum theta^3/N) <= geometric mean of Psi(z/tau)"
    table = new_table(title, "alternatives", "certified rate", "c of Psi")
    for one in certificates:
        table.add_row(_name(one["alternatives"]), one["rate"], one["slope"])
    console().print(table)
    return FINE


def _show(found: list[Found], exponent: int) -> None:
    title = f"E sum theta^{exponent} <= C (1/w_d - 1)/tau (~ marks floats, which decide nothing)"
    columns = ("alternatives", "LP optimum", "certified C", "by", "none below")
    table = new_table(title, *columns)
    for one in found:
        kind = "-" if one.certificate is None else one.certificate["kind"]
        numbers = (_number(one.constant), kind, _number(one.value))
        table.add_row(_name(one.alternatives), f"~{one.optimum.total:.4f}", *numbers)
    console().print(table)


def _number(value: Fraction | None) -> str:
    return "-" if value is None else elide(value)


def _name(alternatives: int | None) -> str:
    return "any" if alternatives is None else str(alternatives)


def _json(found: list[Found]) -> list[dict[str, Any]]:
    return [
        {
            "alternatives": one.alternatives,
            "lp_optimum_rounded": f"{one.optimum.total:.6f}",
            "constant": None if one.constant is None else text(one.constant),
            "kind": None if one.certificate is None else one.certificate["kind"],
            "none_below": None if one.value is None else text(one.value),
        }
        for one in found
    ]


def _save(found: list[Found], exponent: int, path: Path) -> None:
    if not path.is_dir():
        if found[0].certificate is None:
            raise CbilError("--save: nothing was certified")
        _write(found[0].certificate, path)
        return
    from bounds.potential.search import deterministic

    _write(deterministic(), path / "deterministic.json")
    for one in found:
        name = f"{exponent}-{_name(one.alternatives)}.json"
        if one.certificate is not None and one.is_own:
            _write(one.certificate, path / f"potential-{name}")
        if one.below is not None:
            _write(one.below, path / f"none-below-{name}")


def _write(certificate: dict[str, Any], path: Path) -> None:
    """One row of numbers a line, so that a certificate can be read and compared."""
    lines = json.dumps(certificate, indent=1)
    with replace_file(path) as file:
        file.write(_short_rows(lines).encode())


def _short_rows(lines: str) -> str:
    """Undo the line breaks of `json.dumps` inside rows."""
    inner = lines.replace("\n   ", " ").replace("\n  ]", " ]")
    return inner + "\n"

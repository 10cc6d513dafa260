"""`exact-cbil bounds`: the ledger as tables, pages and a plot; what rests on what; new records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from bounds.claims import TABLE
from bounds.ledger.constants import CONSTANTS, SIDES, Constants, Record, best
from bounds.ledger.page import bounds_shown, value_shown, write_pages
from bounds.ledger.replay import Line, replay, replay_records, unrecorded
from bounds.ledger.rests import Fallen, without
from bounds.ledger.submit import Submission, examine
from exact_cbil.cli.shared import (
    PLOT,
    OutputFile,
    console,
    new_table,
    progress_reporter,
    refuse_others,
)
from exact_cbil.errors import CbilError, printable
from exact_cbil.interaction import Progress

PAGE = Path(__file__).parents[2] / "docs" / "bounds.md"
"""The page of all in a checkout; an installed package has none."""

FINE, NO_RECORD = 0, 1


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
@click.option("--plot", type=PLOT, metavar="FILE", help="Draw how much is attained.")
@click.option(
    "--page",
    "target",
    type=OutputFile(),
    metavar="FILE",
    help="Write the ledger as a page of Markdown, and those of the constants beside it.",
)
@click.option("--constants", is_flag=True, help="The constants alone.")
@click.option("--without", "withdrawn", metavar="WHAT", help="What falls if this is withdrawn.")
@click.option(
    "--submit",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Enter a certificate or a witness, if it is a record.",
)
@click.option("--by", metavar="WHO", help="Who claims it; with --submit.")
@click.pass_context
def command(
    ctx: click.Context,
    name: str | None,
    as_json: bool,
    plot: Path | None,
    target: Path | None,
    constants: bool,
    withdrawn: str | None,
    file: Path | None,
    by: str | None,
) -> int:
    """Replay the ledger: each known bound, its status, and the best witness.

    Every certificate is checked by a program of its own (bounds/check_potential.py), and every
    witness is computed again, exactly. NAME is a constant: its history alone, replayed.

    \b
    Examples:
      exact-cbil bounds cubes-2
      exact-cbil bounds --without T3
      exact-cbil bounds --submit new.json --by "A. Name"

    \b
    Exit code 1 where the file of --submit is no record; then nothing is kept.
    """
    if withdrawn is not None:
        refuse_others(ctx, "--without", {"withdrawn", "as_json"})
        _fallen(without(withdrawn, TABLE, CONSTANTS), as_json)
        return FINE
    if file is not None:
        refuse_others(ctx, "--submit", {"file", "by", "name", "target", "as_json"})
        return _submit(file, by, name, target, as_json)
    if by is not None:
        raise CbilError("--by: expected --submit FILE beside it")
    if name is not None:
        refuse_others(ctx, "NAME", {"name", "as_json"})
        _history(name, as_json)
    elif constants:
        refuse_others(ctx, "--constants", {"constants", "as_json"})
        with progress_reporter() as report:
            replay_records(CONSTANTS, CONSTANTS.by_name, report)
        _print([_entry(CONSTANTS, one) for one in CONSTANTS.by_name], _index(), as_json)
    else:
        with progress_reporter() as report:
            lines = _write(CONSTANTS, target, report)
        if plot is not None:
            from bounds.plots import ledger_figure
            from exact_cbil.plots import save_figure

            save_figure(ledger_figure(lines), plot)
        _print([_json(line) for line in lines], _claims(lines), as_json)
        if not as_json:
            console().print(_index())
    return FINE


def _write(constants: Constants, target: Path | None, report: Progress | None) -> list[Line]:
    """Replay everything and write the pages, if anywhere."""
    for stray in unrecorded(constants):
        raise CbilError(f"ledger: {stray} is in no record; expected exact-cbil bounds --submit")
    lines = list(replay(TABLE, report))
    floors = replay_records(constants, constants.by_name, report)
    if target is not None:
        write_pages(target, lines, constants, floors)
    return lines


def _print(found: Any, table: Table, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found))
    else:
        console().print(table)


def _claims(lines: list[Line]) -> Table:
    title = "Bounds (ratio: of the sides at the best witness; 1 is tight)"
    columns = ("name", "bound", "status", "ratio", "gap", "witness")
    table = new_table(title, *columns, words=range(6))
    for line in lines:
        cells = (decimal(line, "ratio"), decimal(line, "gap"), line.witness)
        table.add_row(line.claim.name, Text(line.claim.bound), line.status, *cells)
    return table


def decimal(line: Line, what: str) -> str:
    """A ratio or gap, rounded to four digits; a dash without one."""
    value = getattr(line, what)
    return "-" if value is None else f"~{value.decimal(4)}"


def _json(line: Line) -> dict[str, object]:
    return {
        "name": line.claim.name,
        "bound": line.claim.bound,
        "status": line.status,
        "evidence": line.evidence,
        "attribution": line.claim.attribution,
        "uses": line.claim.uses,
        "shown": line.shown,
        "ratio": None if line.ratio is None else line.ratio.decimal(12),
        "witness": line.witness,
    }


def _index() -> Table:
    title = "Constants (exact-cbil bounds NAME: the history of one)"
    table = new_table(title, "constant", "at least", "at most", words=range(3))
    for name in CONSTANTS.by_name:
        table.add_row(name, *bounds_shown(CONSTANTS, name))
    return table


def _entry(constants: Constants, name: str) -> dict[str, object]:
    constant = constants.named(name)
    return {
        "name": name,
        "title": constant.title,
        "plain": constant.plain,
        "bound": constant.bound,
        "within": constant.within,
        "best": {
            side: None if (one := best(constants.bearing(name, side), side)) is None else one.value
            for side in SIDES
        },
        "records": [_record(one) for side in SIDES for one in constants.history(name, side)],
    }


def _record(record: Record) -> dict[str, object]:
    return {
        "side": record.side,
        "value": record.value,
        "date": str(record.date),
        "known": record.how,
        "by": record.by,
        "shown_by": record.source,
        "comment": record.comment,
    }


def _history(name: str, as_json: bool) -> None:
    constant = CONSTANTS.named(name)
    with progress_reporter() as report:
        floors = replay_records(CONSTANTS, [name], report)
    columns = ("bound", "date", "known", "by", "shown by")
    table = new_table(f"{name}: {constant.plain}", *columns, words=range(5))
    for side, word in (("upper", "<="), ("lower", ">=")):
        for one in CONSTANTS.records:
            if (one.constant, one.side) == (name, side):
                cells = (str(one.date), one.how, printable(one.by), one.source)
                table.add_row(f"{word} {value_shown(one)}", *map(Text, cells))
    for words in floors.values():
        table.caption = words
    _print(_entry(CONSTANTS, name), table, as_json)


def _fallen(fallen: Fallen, as_json: bool) -> None:
    columns = ("falls", "because of", "what stands then")
    table = new_table(f"Without {fallen.withdrawn}", *columns, words=range(3))
    for claim, why in fallen.claims:
        table.add_row(f"claim {claim.name}", why, "-")
    for change in fallen.changes:
        after = "nothing" if change.after is None else value_shown(change.after)
        bound = f"{change.constant}, {change.side} bound {change.before.value}"
        table.add_row(bound, change.before.source, after)
    _print(fallen.to_json(), table, as_json)


def _submit(
    file: Path, by: str | None, name: str | None, target: Path | None, as_json: bool
) -> int:
    if by is None:
        raise CbilError("--submit: expected --by WHO beside it, who claims the record")
    with progress_reporter() as report:
        submission = examine(file, by, CONSTANTS, name)
        if submission.improves:
            place = target or (PAGE if PAGE.exists() else None)
            _write(submission.enter(), place, report)
    _print([one.to_json() for one in submission.shown], _shown(submission), as_json)
    return FINE if submission.improves else NO_RECORD


def _shown(submission: Submission) -> Table:
    columns = ("constant", "bound", "the record was", "better by")
    table = new_table(f"{submission.name} shows", *columns, words=range(4))
    for one in submission.shown:
        sign = "<=" if one.record.side == "upper" else ">="
        before = "none" if one.before is None else value_shown(one.before)
        margin = "-" if one.margin is None else one.margin.decimal(4)
        better = margin if one.improves else f"{margin}: no record"
        table.add_row(one.record.constant, f"{sign} {value_shown(one.record)}", before, better)
    return table

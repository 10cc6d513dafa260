"""`exact-cbil optimisers`: which programs a base optimiser finds, and which of them search."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import click

from exact_cbil.cli.shared import (
    PLOT,
    exact_and_rounded,
    new_table,
    plain,
    progress_reporter,
    show,
)
from exact_cbil.numbers import elide
from exact_cbil.optimisers.census import bits_of
from exact_cbil.optimisers.listing import MAX_LENGTH
from exact_cbil.optimisers.study import Study, study
from exact_cbil.optimisers.task import MAX_SEARCH_BITS
from exact_cbil.optimisers.tasks import TASKS, TRAINING
from exact_cbil.optimisers.toy import Toy, read_costs, toy

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

ROWS = 40
"""The most pieces of the toy model in a table."""

WIDEST = 40
"""The most characters of a program in a table."""


@click.group()
def command() -> None:
    """Find the short programs for a task, and which of them search, and for what.

    \b
      maze, hash, rule   the programs that a base optimiser finds for a task
      toy                how many bits of search pay off, by a formula
    """


def _task_command(name: str) -> click.Command:
    @click.command(name, short_help=(TASKS[name].__doc__ or "").partition("\n")[0])
    @click.option(
        "--instances", type=click.IntRange(1, TRAINING), default=12, show_default=True, metavar="N"
    )
    @click.option(
        "--max-length",
        type=click.IntRange(1, MAX_LENGTH),
        default=24,
        show_default=True,
        metavar="BITS",
        help="Of the programs that are counted.",
    )
    @click.option(
        "--search-bits",
        type=click.IntRange(0, MAX_SEARCH_BITS),
        default=8,
        show_default=True,
        metavar="BITS",
        help="What the text of a search costs.",
    )
    @click.option("--time-penalty", is_flag=True, help="Count a program by 2^-length/time.")
    @click.option("--seed", type=click.IntRange(0), default=0, show_default=True, metavar="N")
    @click.option("--json", "as_json", is_flag=True, help="Print cbil-optimisers/1: exact.")
    @click.option("--plot", type=PLOT, metavar="FILE", help="Draw the shares to a .svg or .png.")
    def task_command(
        instances: int,
        max_length: int,
        search_bits: int,
        time_penalty: bool,
        seed: int,
        as_json: bool,
        plot: Path | None,
    ) -> None:
        task = replace(TASKS[name](seed).of(instances), search_bits=search_bits)
        with progress_reporter() as report:
            found = study(task, max_length, time_penalty, report)
        if plot is not None:
            from exact_cbil.optimisers.picture import study_figure
            from exact_cbil.plots import save_figure

            save_figure(study_figure(found), plot)
        show(found, lambda: _report(found), as_json=as_json)

    task_command.help = f"""What a base optimiser finds for the task {name}.

    The winners are of all programs that solve the first lessons; the posterior is over all programs
    of at most --max-length bits.

    \b
    Examples:
      exact-cbil optimisers {name}
      exact-cbil optimisers {name} --instances 20 --time-penalty
      exact-cbil optimisers {name} --plot shares.svg --json
    """
    return task_command


for known in TASKS:
    command.add_command(_task_command(known))


def _report(found: Study) -> Group:
    from rich.console import Group

    task, listing = found.census.task, found.census.listing
    share = exact_and_rounded(found.chance)
    instances = plain(
        f"{len(task.training)} training instances, {len(task.lessons)} of them lessons (some plan "
        f"reaches {task.base!r}; a random one with chance {share[0]}); "
        f"{len(task.deployed)} of deployment."
    )
    programs = plain(
        f"{listing.total} programs of at most {listing.max_length} bits, Kraft sum "
        f"{exact_and_rounded(listing.kraft)[1]}. Decimals marked ~ are rounded (exact with --json)."
    )
    return Group(
        instances,
        programs,
        _winners(found),
        _posterior(found),
        _searchless(found),
        _unidentified(found),
        _told_apart(found),
    )


def _winners(found: Study) -> Table:
    table = new_table(
        "Best programs of all that solve the first N lessons",
        *("N", "shortest", "bits", "without search", "under the time penalty", "bits", "time"),
        *("bits of search, by the toy",),
    )
    for row in found.rows:
        table.add_row(
            str(row.lessons),
            _short(str(row.shortest.program)),
            str(row.shortest.length),
            str(row.without_search.length),
            _short(str(row.penalised.program)),
            str(row.penalised.length),
            str(row.penalised.time),
            str(row.predicted),
        )
    return table


def _short(program: str) -> Text:
    return plain(program if len(program) <= WIDEST else f"{program[: WIDEST - 3]}...")


def _posterior(found: Study) -> Table:
    task = found.census.task
    prior = "2^-length/time" if found.census.time_penalty else "2^-length"
    table = new_table(
        f"Posterior of the counted programs that solve the first N lessons, prior {prior}",
        *("N", "-log2 of their share", "search"),
        *(f"for {plain(objective).plain}" for objective in task.objectives),
        *(f"deployed: {task.base}", f"{task.proxy}, not {task.base}" if task.proxy else ""),
    )
    for row in found.rows:
        bits, shares = bits_of(row.power.prior), row.shares
        if bits is None or shares is None:
            table.add_row(str(row.lessons), "none", *["-"] * (len(task.objectives) + 3))
            continue
        shown = [shares.search, *shares.searching.values(), shares.pursuing[task.base]]
        table.add_row(
            str(row.lessons),
            bits.decimal() if bits.exact is not None else f"~{bits.decimal()}",
            *(exact_and_rounded(value, 4)[1] for value in (*shown, shares.betrayed)),
        )
    return table


def _searchless(found: Study) -> Text:
    lessons = len(found.census.task.lessons)
    best = ", ".join(
        f"{solved} with {length} bits"
        for length, solved in found.census.best_without_search().items()
    )
    return plain(f"Most of the {lessons} lessons solved without search: {best or 'none'}.")


def _unidentified(found: Study) -> Table:
    table = new_table(
        "What behaviour on all lessons and D instances of deployment leaves open",
        *("D", "objectives", "inequalities of rewards", "most that one loses", "with the weights"),
    )
    for left in found.unidentified:
        gap = left.gap
        weights = [] if gap is None else [f"{elide(w)} {o}" for o, w in gap.reward.items() if w]
        table.add_row(
            str(left.deployed),
            plain(", ".join(left.objectives)),
            str(len(left.inequalities)),
            "-" if gap is None else elide(gap.value),
            plain(", ".join(weights) or "-"),
        )
    return table


def _told_apart(found: Study) -> Text:
    names, apart = found.unidentified[0].objectives, found.told_apart
    blocks = len(apart.blocks)
    bits = bits_of(Fraction(1, blocks))
    kinds = "" if blocks == len(names) else f", up to {blocks} kinds that none of them parts"
    return plain(
        f"To tell {', '.join(names)} apart by whether the base is reached on instances of "
        f"deployment{kinds}: {apart.tests} tests, each chosen by those before, "
        f"{'and no fewer will do' if apart.optimal else 'at most'} "
        f"(log2 of {blocks} is {bits.decimal(3) if bits else 0})."
    )


@command.command("toy")
@click.option("--power", required=True, metavar="P/Q", help="P, the base optimiser's bits.")
@click.option(
    "--cost", required=True, metavar="F", help="A polynomial in x, or the values f(0),f(1),..."
)
@click.option("--json", "as_json", is_flag=True, help="Print cbil-toy/1: exact, for machines.")
def toy_command(power: str, cost: str, as_json: bool) -> None:
    """The bits x that maximise (P - f(x))/N + x, for every number N of instances at once.

    \b
    Examples:
      exact-cbil optimisers toy --power 100 --cost "x^2/4"
      exact-cbil optimisers toy --power 20 --cost 2,15,15,17 --json
    """
    found = toy(power, read_costs(cost, power))
    show(found, lambda: _toy_report(found), as_json=as_json)


def _toy_report(found: Toy) -> Group:
    from rich.console import Group

    count = len(found.pieces)
    shown = f"the first {ROWS} of {count}" if count > ROWS else str(count)
    heading = plain(
        f"Power {elide(found.power)}; {shown} pieces of the numbers N > 0 of instances "
        "(exact; all of them with --json)."
    )
    table = new_table("Bits of search that are best", "N", "x*", "f(x*)", "decimal")
    for piece in found.pieces[:ROWS]:
        end = ", infinity)" if piece.end is None else f", {elide(piece.end)}]"
        row = (str(piece.bits), *exact_and_rounded(piece.cost))
        table.add_row(plain(f"({elide(piece.start)}{end}"), *row)
    return Group(heading, table)

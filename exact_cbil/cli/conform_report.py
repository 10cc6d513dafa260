"""The report of `exact-cbil conform` on a terminal."""

from __future__ import annotations

from fractions import Fraction

import click
from rich.markup import escape

from exact_cbil.cli.shared import console, new_table, plain
from exact_cbil.numbers import decimal
from exact_cbil.testing.findings import Findings
from exact_cbil.testing.judge import Grade, Judgement
from exact_cbil.testing.suspects import COMPARED
from exact_cbil.testing.wrong_learners import WRONG_LEARNERS

SHOWN = 5
LONGEST_QUESTION = 4000


def _distance(value: Fraction | None) -> str:
    return "-" if value is None else "0" if value == 0 else f"~{decimal(value, 4)}"


def show(found: Findings) -> None:
    """Print the findings for people."""
    out = console()
    report, diagnosis = found.report, found.diagnosis
    subject = escape(plain(report.subject).plain)
    counts = new_table(f"{report.asked} questions to {subject}", "outcome", "questions")
    for grade in Grade:
        if report.counts[grade]:
            counts.add_row(grade.value, str(report.counts[grade]))
    out.print(counts)
    title = "What the questions covered"
    covered = new_table(title, "axis", "questions at each level", words=(0, -1))
    for axis, levels in report.covered.items():
        covered.add_row(axis, ", ".join(f"{level}: {count}" for level, count in levels.items()))
    out.print(covered)
    if report.errors:
        errors = new_table("Worst errors of float answers", "field", "ulps")
        for name, error in report.errors.items():
            errors.add_row(name, f"~{decimal(error, 4)}" if error else "0")
        out.print(errors)
    for reason, count in report.reasons.items():
        click.echo(f"declared-skip: {count} questions: {plain(reason)}")
    if report.stopped:
        click.echo(f"stopped: {plain(report.stopped)}")
    _judgements("Near a boundary, and answered otherwise", report.near)
    _judgements("Failures", [f.judgement for f in report.failures])
    if diagnosis.suspects:
        title = f"Suspects, best first, of {found.failed} failures"
        if found.failed > COMPARED:
            title += f", {COMPARED} of them compared"
        columns = ("flag", "failures", "what the bug would be")
        suspects = new_table(title, *columns, words=(0, -1))
        for flag, count in diagnosis.suspects[:SHOWN]:
            suspects.add_row(flag, str(count), WRONG_LEARNERS[flag].meaning)
        out.print(suspects)
    for sentence in found.advice():
        click.echo(str(plain(sentence)))
    _smallest(found)
    click.echo(found.verdict)


def _judgements(title: str, judgements: list[Judgement]) -> None:
    if not judgements:
        return
    click.echo(f"{title}:")
    for judgement in judgements[:SHOWN]:
        click.echo(
            f"  {plain(judgement.id)}: {judgement.grade.value}, "
            f"distance to a boundary {_distance(judgement.distance)}"
        )
        for problem in judgement.problems[:3]:
            click.echo(f"    {plain(problem)}")
    if len(judgements) > SHOWN:
        click.echo("  and more")


def _smallest(found: Findings) -> None:
    smallest = found.diagnosis.smallest
    if smallest is None:
        return
    replay = found.replay(smallest)
    if len(replay) <= LONGEST_QUESTION:
        click.echo(f"Smallest failing question found; ask it again with\n  {replay}")
    else:
        name = plain(smallest.id)
        click.echo(
            f"Smallest failing question found: {name} (long); --save FOLDER/found.jsonl keeps it, "
            f"to be asked again with\n  {found.replay_saved()}"
        )

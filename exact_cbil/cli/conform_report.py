"""The report of `exact-cbil conform`, for people and for machines."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import click
from rich.markup import escape

from exact_cbil.cli.shared import console, new_table, plain
from exact_cbil.numbers import decimal, text
from exact_cbil.testing.diagnosis import Diagnosis
from exact_cbil.testing.judge import Grade, Judgement
from exact_cbil.testing.suite import Report
from exact_cbil.testing.wrong_learners import WRONG_LEARNERS

SHOWN = 5
LONGEST_QUESTION = 4000


def _distance(value: Fraction | None) -> str:
    return "-" if value is None else "0" if value == 0 else f"~{decimal(value, 4)}"


def show(report: Report, diagnosis: Diagnosis, replay: str | None) -> None:
    """Print a report for people."""
    out = console()
    subject = escape(plain(report.subject).plain)
    counts = new_table(f"{report.asked} questions to {subject}", "outcome", "questions")
    for grade in Grade:
        if report.counts[grade]:
            counts.add_row(grade.value, str(report.counts[grade]))
    out.print(counts)
    covered = new_table("What the questions covered", "axis", "questions at each level")
    covered.columns[-1].justify = "left"
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
        failed = sum(count for grade, count in report.counts.items() if not grade.fine)
        title = f"Suspects, best first, of {failed} failures"
        suspects = new_table(title, "flag", "failures", "what the bug would be")
        suspects.columns[-1].justify = "left"
        for flag, count in diagnosis.suspects[:SHOWN]:
            suspects.add_row(flag, str(count), WRONG_LEARNERS[flag].meaning)
        out.print(suspects)
    for name in diagnosis.right_alone:
        click.echo(f"{plain(name)}: right when asked alone, so something is kept from others")
    if diagnosis.floats:
        fields = ", ".join(diagnosis.floats)
        click.echo(f"float answers are off in {fields}: declare their error, --budget FIELD=4ulp")
    for name, step in diagnosis.diverging:
        click.echo(f"{plain(name)}: first wrong after {step} steps")
    if diagnosis.smallest is not None and replay is not None:
        _smallest(diagnosis, replay)
    click.echo("conforms" if report.conforms else "does not conform")


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


def _smallest(diagnosis: Diagnosis, replay: str) -> None:
    assert diagnosis.smallest is not None
    if len(replay) <= LONGEST_QUESTION:
        click.echo(f"Smallest failing question found; ask it again with\n  {replay}")
    else:
        name = plain(diagnosis.smallest.id)
        click.echo(f"Smallest failing question found: {name} (long; --save FILE keeps it)")


def as_json(report: Report, diagnosis: Diagnosis) -> dict[str, Any]:
    """The same for machines; numbers are exact strings."""
    smallest = diagnosis.smallest
    return {
        "format": "cbil-conformance/1",
        "subject": report.subject,
        "conforms": report.conforms,
        "asked": report.asked,
        "outcomes": {grade.value: report.counts[grade] for grade in Grade},
        "skipped": dict(report.reasons),
        "worst_ulps": {name: text(error) for name, error in report.errors.items()},
        "stopped": report.stopped,
        "near": [_judgement_json(judgement) for judgement in report.near],
        "failures": [
            {**_judgement_json(f.judgement), "flags": list(f.question.flags)}
            for f in report.failures
        ],
        "covered": {axis: dict(levels) for axis, levels in report.covered.items()},
        "suspects": [{"flag": flag, "failures": count} for flag, count in diagnosis.suspects],
        "right_alone": diagnosis.right_alone,
        "floats_without_budget": diagnosis.floats,
        "first_wrong_step": dict(diagnosis.diverging),
        "smallest": None if smallest is None else smallest.document,
    }


def _judgement_json(judgement: Judgement) -> dict[str, Any]:
    return {
        "id": judgement.id,
        "outcome": judgement.grade.value,
        "problems": judgement.problems,
        "distance": None if judgement.distance is None else text(judgement.distance),
    }

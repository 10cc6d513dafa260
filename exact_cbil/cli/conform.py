"""`exact-cbil conform`: check another implementation against the exact learner."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import click

from exact_cbil.cli.conform_report import as_json, show
from exact_cbil.cli.shared import progress_reporter, replace_file
from exact_cbil.testing.answers import FIELDS
from exact_cbil.testing.budgets import Declaration
from exact_cbil.testing.diagnosis import diagnose
from exact_cbil.testing.programs import Program
from exact_cbil.testing.questions import Question, read_questions
from exact_cbil.testing.reference import Reference
from exact_cbil.testing.stream import stream
from exact_cbil.testing.subjects import Subject, load
from exact_cbil.testing.suite import examine
from exact_cbil.testing.vectors import read_vectors, shipped_vectors, vector_line


@click.command()
@click.argument("program", nargs=-1, metavar="[-- PROGRAM [ARGS]...]")
@click.option("--object", "target", metavar="MODULE:NAME", help="Check a Python object instead.")
@click.option(
    "--budget",
    "budgets",
    multiple=True,
    metavar="FIELD=BOUND",
    help=f"Allowed error of float answers, 4ulp or 1e-12; fields: {', '.join(FIELDS)}.",
)
@click.option("--omits", multiple=True, metavar="FIELD", help="A field that is not computed.")
@click.option("--skips", multiple=True, metavar="FLAG=REASON", help="Vectors not to be asked.")
@click.option(
    "--random",
    "count",
    default=500,
    show_default=True,
    metavar="N",
    type=int,
    help="Random questions.",
)
@click.option("--seed", default=0, show_default=True, type=int, help="Which random questions.")
@click.option(
    "--vectors",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Vectors to ask, instead of those shipped.",
)
@click.option("--no-vectors", is_flag=True, help="Ask no vectors.")
@click.option(
    "--questions",
    "asked",
    type=click.File("rb"),
    metavar="FILE",
    help="Ask the questions in FILE (- for standard input) and nothing else.",
)
@click.option(
    "--time-limit",
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    type=click.FloatRange(0.01),
    help="For each answer of a program.",
)
@click.option(
    "--shrink/--no-shrink",
    default=True,
    show_default=True,
    help="Search for a smaller question that fails.",
)
@click.option(
    "--save",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Append the smallest failing question to FILE as a vector.",
)
@click.option("--json", "as_machine", is_flag=True, help="Print the report as JSON.")
def command(
    program: tuple[str, ...],
    target: str | None,
    budgets: tuple[str, ...],
    omits: tuple[str, ...],
    skips: tuple[str, ...],
    count: int,
    seed: int,
    vectors: Path | None,
    no_vectors: bool,
    asked: Any,
    time_limit: float,
    shrink: bool,
    save: Path | None,
    as_machine: bool,
) -> int:
    """Check an implementation of the learner against the exact one.

    PROGRAM reads questions from standard input and prints answers to standard output, one JSON
    object a line, in order. It is asked all vectors, then random questions.

    Exit codes: 0 it conforms, 1 it does not, 2 it could not be run.
    """
    subject = _subject(program, target, time_limit)
    declared = Declaration.parse(budgets, omits, skips)
    reference = Reference()
    total = None
    if asked is not None:
        questions: Iterable[Question] = read_questions(
            asked, getattr(asked, "name", "standard input")
        )
    else:
        stored = [] if no_vectors else _vectors(vectors)
        questions = chain(stored, stream(seed, count))
        total = len(stored) + count
    with progress_reporter() as report_progress:

        def progress(done: int) -> None:
            if report_progress is not None and total is not None:
                report_progress("questions", done, total)

        report = examine(subject, questions, declared, progress, reference)
    diagnosis = diagnose(report, subject, declared, reference, shrinking=shrink)
    if save is not None and diagnosis.smallest is not None:
        _save(save, diagnosis.smallest, [flag for flag, _ in diagnosis.suspects[:1]], reference)
    if as_machine:
        click.echo(json.dumps(as_json(report, diagnosis), indent=2))
    else:
        show(report, diagnosis, _replay(diagnosis.smallest, program, target, budgets, omits))
    return 0 if report.conforms else 1


def _subject(program: tuple[str, ...], target: str | None, time_limit: float) -> Subject:
    if bool(program) == (target is not None):
        raise click.UsageError("expected a program after --, or --object module:name")
    return load(target) if target is not None else Program(program, time_limit)


def _vectors(folder: Path | None) -> list[Question]:
    vectors = shipped_vectors() if folder is None else read_vectors(folder)
    return [vector.question for vector in vectors]


def _replay(
    question: Question | None,
    program: Sequence[str],
    target: str | None,
    budgets: Sequence[str],
    omits: Sequence[str],
) -> str | None:
    """One line for a shell that asks the question again."""
    if question is None:
        return None
    words = ["exact-cbil", "conform", "--questions", "-"]
    words += [f"--budget={budget}" for budget in budgets] + [f"--omits={name}" for name in omits]
    words += ["--object", target] if target is not None else ["--", *program]
    return f"printf '%s\\n' {shlex.quote(question.line)} | {shlex.join(words)}"


def _save(path: Path, question: Question, flags: list[str], reference: Reference) -> None:
    before = path.read_bytes() if path.exists() else b""
    digest = hashlib.sha256(question.line.encode()).hexdigest()[:12]
    kept = Question(f"found-{digest}", question.model, question.history, tuple(flags))
    with replace_file(path) as file:
        file.write(before + vector_line(kept, "found by a run", reference).encode() + b"\n")

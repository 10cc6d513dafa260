"""`exact-cbil conform`: check another implementation against the exact learner."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path

import click
from click.core import ParameterSource

from exact_cbil.cli.conform_report import as_json, show
from exact_cbil.cli.shared import OutputFile, progress_reporter
from exact_cbil.files import open_untrusted, replace_file
from exact_cbil.testing.answers import FIELDS
from exact_cbil.testing.budgets import Declaration
from exact_cbil.testing.diagnosis import diagnose
from exact_cbil.testing.programs import HostedSubject, Program
from exact_cbil.testing.questions import Question, read_questions
from exact_cbil.testing.reference import Reference
from exact_cbil.testing.stream import stream
from exact_cbil.testing.subjects import Subject
from exact_cbil.testing.suite import examine
from exact_cbil.testing.vectors import read_vectors, shipped_vectors, vector_line

MAX_SEED = 10**30 - 1
OF_THE_SUITE = {
    "count": "--random",
    "seed": "--seed",
    "vectors": "--vectors",
    "no_vectors": "--no-vectors",
    "skips": "--skips",
}
"""Options that say which of the vectors and random questions are asked."""


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
    type=click.IntRange(0),
    help="Random questions.",
)
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(-MAX_SEED, MAX_SEED),
    help="Which random questions.",
)
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
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE",
    help="Ask the questions in FILE (- for standard input) and nothing else.",
)
@click.option(
    "--time-limit",
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    type=float,
    help="For each answer.",
)
@click.option(
    "--memory",
    metavar="MB",
    type=click.IntRange(16, 2**30),
    help="Address space that the implementation may use.  [default: no limit]",
)
@click.option(
    "--shrink/--no-shrink",
    default=True,
    show_default=True,
    help="Search for a smaller question that fails.",
)
@click.option(
    "--save",
    type=OutputFile(),
    metavar="FILE",
    help="Append the smallest failing question to FILE as a vector.",
)
@click.option("--json", "as_machine", is_flag=True, help="Print the report as JSON.")
@click.pass_context
def command(
    context: click.Context,
    program: tuple[str, ...],
    target: str | None,
    budgets: tuple[str, ...],
    omits: tuple[str, ...],
    skips: tuple[str, ...],
    count: int,
    seed: int,
    vectors: Path | None,
    no_vectors: bool,
    asked: Path | None,
    time_limit: float,
    memory: int | None,
    shrink: bool,
    save: Path | None,
    as_machine: bool,
) -> int:
    """Check an implementation of the learner against the exact one.

    PROGRAM reads questions from standard input and prints answers to standard output, one JSON
    object a line, in order. It is asked all vectors, then random questions.

    Exit codes: 0 it conforms, 1 it does not, 2 it could not be run.
    """
    _refuse_contradictions(context)
    declared = Declaration.parse(budgets, omits, skips)
    reference = Reference()
    total = None
    if asked is not None:
        questions: Iterable[Question] = _questions(asked)
    else:
        stored = [] if no_vectors else _vectors(vectors)
        questions = chain(stored, stream(seed, count))
        total = len(stored) + count
    with (
        closing(_subject(program, target, time_limit, memory)) as subject,
        progress_reporter() as report_progress,
    ):

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
        show(report, diagnosis, _replay(diagnosis.smallest, context))
    return 0 if report.conforms else 1


def _refuse_contradictions(context: click.Context) -> None:
    """Refuse an option that another one would let go without effect."""

    def given(name: str) -> bool:
        return context.get_parameter_source(name) is ParameterSource.COMMANDLINE

    if given("program") == given("target"):
        raise click.UsageError("expected a program after --, or --object module:name")
    if given("asked"):
        for name, option in OF_THE_SUITE.items():
            if given(name):
                raise click.UsageError(f"--questions asks nothing else: {option} has no effect")
    elif given("no_vectors"):
        for name in ("vectors", "skips"):
            if given(name):
                raise click.UsageError(f"--no-vectors leaves nothing for --{name}")
        if context.params["count"] == 0:
            raise click.UsageError("--no-vectors and --random 0 leave nothing to ask")


def _subject(
    program: tuple[str, ...], target: str | None, time_limit: float, memory: int | None
) -> Subject:
    limit = None if memory is None else memory * 10**6
    if target is not None:
        return HostedSubject(target, time_limit, limit)
    return Program(program, time_limit, limit)


def _questions(path: Path) -> Iterator[Question]:
    if str(path) == "-":
        yield from read_questions(sys.stdin.buffer, "standard input")
        return
    with open_untrusted(path, pipes=True) as file:
        yield from read_questions(file, str(path))


def _vectors(folder: Path | None) -> list[Question]:
    vectors = shipped_vectors() if folder is None else read_vectors(folder)
    return [vector.question for vector in vectors]


def _replay(question: Question | None, context: click.Context) -> str | None:
    """One line for a shell that asks the question again."""
    if question is None:
        return None
    given = context.params
    words = ["exact-cbil", "conform", "--questions", "-"]
    words += [f"--budget={budget}" for budget in given["budgets"]]
    words += [f"--omits={name}" for name in given["omits"]]
    if context.get_parameter_source("time_limit") is ParameterSource.COMMANDLINE:
        words.append(f"--time-limit={given['time_limit']}")
    if given["memory"] is not None:
        words.append(f"--memory={given['memory']}")
    words += ["--", *given["program"]] if given["program"] else ["--object", given["target"]]
    return f"printf '%s\\n' {shlex.quote(question.line)} | {' '.join(map(_quoted, words))}"


def _quoted(word: str) -> str:
    """A word for a shell, and inert on a terminal."""
    if word.isprintable():
        return shlex.quote(word)
    return "$'" + "".join(f"\\x{byte:02x}" for byte in os.fsencode(word)) + "'"


def _save(path: Path, question: Question, flags: list[str], reference: Reference) -> None:
    before = path.read_bytes() if path.exists() else b""
    digest = hashlib.sha256(question.line.encode()).hexdigest()[:12]
    kept = Question(f"found-{digest}", question.model, question.history, tuple(flags))
    with replace_file(path) as file:
        file.write(before + vector_line(kept, "found by a run", reference).encode() + b"\n")

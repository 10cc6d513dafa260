"""`exact-cbil conform`: check another implementation against the exact learner."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path

import click
from click.core import ParameterSource

from exact_cbil.cli.conform_report import show
from exact_cbil.cli.shared import OutputFile, progress_reporter
from exact_cbil.files import open_untrusted, replace_file
from exact_cbil.testing.answers import FIELDS
from exact_cbil.testing.budgets import Declaration
from exact_cbil.testing.diagnosis import diagnose
from exact_cbil.testing.findings import Findings, versions
from exact_cbil.testing.programs import HostedSubject, Program
from exact_cbil.testing.questions import Question, read_questions
from exact_cbil.testing.reference import Reference
from exact_cbil.testing.selection import Selection, parse_features
from exact_cbil.testing.stream import RANDOM_QUESTIONS
from exact_cbil.testing.subjects import Subject
from exact_cbil.testing.suite import examine
from exact_cbil.testing.vectors import VERSIONS, vector_line

MAX_SEED = 10**30 - 1
OF_THE_SUITE = {
    "count": "--random",
    "seed": "--seed",
    "vectors": "--vectors",
    "no_vectors": "--no-vectors",
    "skips": "--skips",
    "features": "--feature",
}
"""Options that say which of the vectors and random questions are asked."""
WRITTEN = {"page": "--report", "badge": "--badge", "junit": "--junit", "save": "--save"}
"""Options that name a file to write."""


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
    default=RANDOM_QUESTIONS,
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
    multiple=True,
    metavar="VERSION|DIR",
    help=f"Vectors to ask, of {' or '.join(VERSIONS)} or in a folder.  [default: all versions]",
)
@click.option("--no-vectors", is_flag=True, help="Ask no vectors.")
@click.option(
    "--feature",
    "features",
    multiple=True,
    metavar="AXIS=LEVEL",
    help="Of all these, ask only questions with this feature, such as names=reserved.",
)
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
    help="For each answer; ten times as many for what `steps` returns at once.",
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
@click.option(
    "--report", "page", type=OutputFile(".html"), metavar="FILE", help="Write a page to read."
)
@click.option(
    "--badge", type=OutputFile(".svg"), metavar="FILE", help="Write a picture of the verdict."
)
@click.option(
    "--junit", type=OutputFile(".xml"), metavar="FILE", help="Write every outcome for a CI server."
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
    vectors: tuple[str, ...],
    no_vectors: bool,
    features: tuple[str, ...],
    asked: Path | None,
    time_limit: float,
    memory: int | None,
    shrink: bool,
    save: Path | None,
    page: Path | None,
    badge: Path | None,
    junit: Path | None,
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
    sources = () if no_vectors else vectors or VERSIONS
    selection = Selection(sources, count, seed, parse_features(features))
    questions, total = _questions(selection, asked)
    seen = 0

    def wanted() -> Iterator[Question]:
        for question in questions:
            if asked is not None or selection.wants(question, reference):
                yield question
            else:
                progress()

    with (
        closing(_subject(program, target, time_limit, memory)) as subject,
        progress_reporter() as report_progress,
    ):

        def progress(judged: int = 0) -> None:
            nonlocal seen
            seen += 1
            if report_progress is not None and total is not None:
                report_progress("questions", seen, total)

        report = examine(subject, wanted(), declared, progress, reference)
        if not report.asked:
            raise click.UsageError(f"--feature: nothing is left of {selection.words}")
        diagnosis = diagnose(report, subject, declared, reference, shrinking=shrink)
    words = selection.words if asked is None else f"the questions of {_source(asked)}"
    found = Findings(report, diagnosis, declared, words, _again(context), versions())
    if save is not None and diagnosis.smallest is not None:
        _save(save, diagnosis.smallest, [flag for flag, _ in diagnosis.suspects[:1]], reference)
    _write(found, page, badge, junit)
    if as_machine:
        click.echo(json.dumps(found.to_json(), indent=2))
    else:
        show(found)
    return 0 if found.conforms else 1


def _refuse_contradictions(context: click.Context) -> None:
    """Refuse an option that another one would let go without effect."""

    def given(name: str) -> bool:
        return context.get_parameter_source(name) is ParameterSource.COMMANDLINE

    if given("program") == given("target"):
        raise click.UsageError("expected a program after --, or --object module:name")
    written: dict[Path, str] = {}
    for name, option in WRITTEN.items():
        if (path := context.params[name]) is not None:
            other = written.setdefault(path.resolve(), option)
            if other != option:
                raise click.UsageError(f"{other} and {option} name one file")
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
    if given("seed") and context.params["count"] == 0:
        raise click.UsageError("--random 0 asks none: --seed has no effect")


def _subject(
    program: tuple[str, ...], target: str | None, time_limit: float, memory: int | None
) -> Subject:
    limit = None if memory is None else memory * 10**6
    if target is not None:
        return HostedSubject(target, time_limit, limit)
    return Program(program, time_limit, limit)


def _questions(selection: Selection, asked: Path | None) -> tuple[Iterable[Question], int | None]:
    """The questions to be asked or passed over, and how many there are if that is known."""
    if asked is not None:
        return _listed(asked), None
    stored = selection.vectors()
    return chain(stored, selection.drawn()), len(stored) + selection.random


def _source(asked: Path) -> str:
    return "standard input" if str(asked) == "-" else str(asked)


def _listed(asked: Path) -> Iterator[Question]:
    if str(asked) == "-":
        yield from read_questions(sys.stdin.buffer, _source(asked))
        return
    with open_untrusted(asked, pipes=True) as file:
        yield from read_questions(file, _source(asked))


def _again(context: click.Context) -> tuple[str, ...]:
    """The words that ask questions from standard input of the same implementation."""
    given = context.params
    words = ["exact-cbil", "conform", "--questions", "-"]
    words += [f"--budget={budget}" for budget in given["budgets"]]
    words += [f"--omits={name}" for name in given["omits"]]
    if context.get_parameter_source("time_limit") is ParameterSource.COMMANDLINE:
        words.append(f"--time-limit={given['time_limit']}")
    if given["memory"] is not None:
        words.append(f"--memory={given['memory']}")
    words += ["--", *given["program"]] if given["program"] else ["--object", given["target"]]
    return tuple(words)


def _write(found: Findings, page: Path | None, badge: Path | None, junit: Path | None) -> None:
    """Write the findings in each form that was asked for, each whole or not at all."""
    if page is None and badge is None and junit is None:
        return
    from exact_cbil.testing.service import rendering  # loads a library, and most runs write nothing

    forms: list[tuple[Path | None, Callable[[Findings], str]]] = [
        (page, rendering.page),
        (badge, rendering.badge),
        (junit, rendering.junit),
    ]
    for path, render in forms:
        if path is not None:
            with replace_file(path) as file:
                file.write(render(found).encode())


def _save(path: Path, question: Question, flags: list[str], reference: Reference) -> None:
    before = path.read_bytes() if path.exists() else b""
    digest = hashlib.sha256(question.line.encode()).hexdigest()[:12]
    kept = Question(f"found-{digest}", question.model, question.history, tuple(flags))
    with replace_file(path) as file:
        file.write(before + vector_line(kept, "found by a run", reference).encode() + b"\n")

"""`exact-cbil prove`: build the Rocq development from clean and audit its named theorems."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from exact_cbil.children import scratch_directory
from exact_cbil.cli.shared import OutputDirectory, console, new_table, plain, progress_reporter
from exact_cbil.errors import CbilError, shorten
from exact_cbil.files import check_writable, told
from proofs.audit import Audit, Finding, audit
from proofs.axioms import beyond
from proofs.build import SOURCES, quiet
from proofs.page import PAGE, page_parts, rewrite_page
from proofs.tools import find_rocq

HERE = Path(__file__).parents[1]


@click.command(
    epilog="""\b
Examples:
  exact-cbil prove                    build, re-check, audit: a table
  exact-cbil prove --json             the same for machines
  exact-cbil prove --record --page    after changing a statement on purpose

\b
Exit codes: 0 every named theorem holds, 1 the audit fails, 2 Rocq is absent or bad input."""
)
@click.option(
    "--sources",
    type=click.Path(path_type=Path),
    default=SOURCES,
    help="The Rocq files [those of this package].",
)
@click.option(
    "--record-dir",
    type=click.Path(path_type=Path),
    default=HERE,
    help="Where theorems.toml and statements/ are [this package].",
)
@click.option("--build-dir", type=OutputDirectory(), help="Build here, and keep it [temporary].")
@click.option("--jobs", type=click.IntRange(1, 256), help="Files at a time [all cores].")
@click.option("--record", is_flag=True, help="Rewrite the recorded statements from what is proved.")
@click.option("--page", is_flag=True, help="Rewrite the table of statuses in proofs/README.md.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    sources: Path,
    record_dir: Path,
    build_dir: Path | None,
    jobs: int | None,
    record: bool,
    page: bool,
    as_json: bool,
) -> int:
    """Prove the theorems: compile the Rocq development from clean and audit it.

    `coqchk` re-checks every file. Each named theorem must exist, state what is recorded (down to
    the definitions it rests on), and rest on the standard axioms of the real numbers alone.
    """
    find_rocq()
    if build_dir:
        with told(build_dir):
            if build_dir.exists() and not (build_dir.is_dir() and not any(build_dir.iterdir())):
                raise CbilError(
                    "--build-dir: expected an empty or new directory, "
                    f"got {shorten(str(build_dir), 200)}"
                )
    if record:
        folder = record_dir / "statements"
        check_writable(folder / "record.json" if folder.is_dir() else folder, "--record")
    if page:
        page_parts(check_writable(record_dir / PAGE, "--page"))
    where = nullcontext(build_dir) if build_dir else scratch_directory()
    with where as directory, progress_reporter() as report:
        outcome = audit(
            sources, record_dir, directory, jobs or 0, rewrite=record, report=report or quiet
        )
    if page and outcome.passes:
        rewrite_page(record_dir, record_dir / PAGE)
    if as_json:
        click.echo(json.dumps(_document(outcome), indent=2, ensure_ascii=False))
    else:
        _show(outcome)
    return 0 if outcome.passes else 1


def _show(outcome: Audit) -> None:
    columns = ("claim", "theorem", "file", "assumptions", "seconds")
    table = new_table(f"Theorems, by Rocq {outcome.rocq}", *columns, words=range(4))
    for finding in outcome.findings:
        theorem = finding.theorem
        row = (theorem.claim, theorem.name, theorem.file, _assumed(finding))
        table.add_row(*map(plain, row), f"{finding.seconds:.1f}")
    terminal = console()
    terminal.print(table)
    for finding in outcome.findings:
        for problem in finding.problems:
            terminal.print(plain(f"FAILS {finding.theorem.full_name}: {problem}"), soft_wrap=True)
    for problem in outcome.problems:
        terminal.print(plain(f"FAILS {problem}"), soft_wrap=True)
    stages = ", ".join(f"{stage} {time:.1f} s" for stage, time in outcome.seconds.items())
    verdict = "every named theorem holds" if outcome.passes else "the audit FAILS"
    terminal.print(plain(f"{verdict} ({stages})"), soft_wrap=True)


def _assumed(finding: Finding) -> str:
    """The last parts of the axioms' names; nothing assumed is said as such."""
    others = beyond(finding.assumptions)
    names = [name if name in others else name.rpartition(".")[2] for name in finding.assumptions]
    missing = any(problem.startswith("missing") for problem in finding.problems)
    return "-" if missing else ", ".join(names) or "none"


def _document(outcome: Audit) -> dict[str, Any]:
    return {
        "format": "cbil-audit/1",
        "passes": outcome.passes,
        "rocq": outcome.rocq,
        "problems": outcome.problems,
        "seconds": {stage: round(time, 3) for stage, time in outcome.seconds.items()},
        "theorems": [
            {
                "claim": finding.theorem.claim,
                "theorem": finding.theorem.full_name,
                "file": finding.theorem.file,
                "scope": finding.theorem.scope,
                "assumptions": list(finding.assumptions),
                "seconds": round(finding.seconds, 3),
                "problems": finding.problems,
            }
            for finding in outcome.findings
        ],
    }

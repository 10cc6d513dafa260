"""`exact-cbil ladder`: the steps of the proof of T1, each checked by Z3 and by cvc5."""

from __future__ import annotations

import json
from typing import Any

import click

from exact_cbil.cli.shared import console, new_table, plain
from exact_cbil.errors import CbilError


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> int:
    """Check the steps of the proof of T1 with two solvers.

    The steps are about symbolic numbers, with sums of two terms; the theorem itself, for every
    finite class and horizon, is what `exact-cbil prove` checks. A step that fails is printed with a
    counter-model, and the exit code is 1.
    """
    try:
        from proofs.ladder.axioms import AXIOMS
        from proofs.ladder.kernel import STATUS, Disagreement, StepFails
        from proofs.ladder.steps import STEPS, climb
    except ModuleNotFoundError as problem:
        raise CbilError(f"{problem.name} is not installed: `pip install {problem.name}`") from None
    try:
        made = climb()
    except (StepFails, Disagreement) as problem:
        click.echo(f"FAILS {problem}")
        return 1
    rows: list[dict[str, Any]] = [
        {
            "stage": step.stage,
            "step": step.name,
            "says": step.words,
            "assumes": list(step.hypotheses),
            "axioms": sorted(made[step.name].axioms),
            "status": STATUS,
        }
        for step in STEPS
    ]
    if as_json:
        click.echo(json.dumps({"format": "cbil-ladder/1", "steps": rows}, indent=2))
        return 0
    table = new_table("The proof of T1, by solvers", "step", "says", "axioms", "status")
    for column in table.columns:
        column.justify = "left"
    for row in rows:
        axioms = ", ".join(row["axioms"]) or "none"
        table.add_row(f"{row['stage']} {row['step']}", plain(row["says"]), axioms, row["status"])
    terminal = console()
    terminal.print(table)
    for axiom in AXIOMS:
        terminal.print(plain(f"axiom: {axiom.name}: {axiom.reason}"), soft_wrap=True)
    return 0

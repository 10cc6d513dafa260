"""`exact-cbil check --universal`: the table, and its JSON."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import click

from bounds.universal.facts import FACTS, false_facts, require_shape
from bounds.universal.judge import Judged, judge_fact, judge_unrolled
from bounds.universal.solvers import (
    MOST_RESOURCES,
    RESOURCES,
    Solvers,
    cvc5_version,
    z3_version,
)
from bounds.universal.unrolled import CONTROLS, STATEMENTS, Unrolled
from exact_cbil.cli.shared import console, new_table
from exact_cbil.errors import OutOfRange
from exact_cbil.interaction import Progress
from exact_cbil.numbers import text

__all__ = ["run_universal"]

STYLES = {
    "proved": "green",
    "certified at this shape": "green",
    "solver-checked": "cyan",
    "refuted": "red",
    "unknown": "yellow",
}
ESTABLISHED = ("proved", "certified at this shape", "solver-checked")


def run_universal(
    shape: tuple[int, int],
    horizon: int,
    as_json: bool,
    resources: int | None = None,
    progress: Progress | None = None,
) -> bool:
    """Print the standing of every fact at a shape; whether all are established, controls refuted.

    shape: (policies, actions). horizon: to which claims are unrolled; 0 for the facts only.
    """
    policies, actions = shape
    if resources is not None and not 1 <= resources <= MOST_RESOURCES:
        raise OutOfRange("--resources", resources, f"a whole number from 1 to {MOST_RESOURCES}")
    require_shape(policies, actions)
    facts = (*FACTS, *false_facts(policies))
    claims = [
        Unrolled(statement, policies, actions, horizon)
        for statement in (*STATEMENTS, *CONTROLS)
        if horizon
    ]
    judged: list[Judged] = []
    total = len(facts) + len(claims)
    with Solvers(resources or RESOURCES) as solvers:
        for step in (
            *(partial(judge_fact, fact, policies, actions, solvers) for fact in facts),
            *(partial(judge_unrolled, claim, solvers) for claim in claims),
        ):
            if progress is not None:
                progress("facts and claims", len(judged), total)
            judged.append(step())
    if as_json:
        click.echo(json.dumps(_json(policies, actions, judged)))
    else:
        _show(policies, actions, judged)
    return all(_fine(one) for one in judged)


def _show(policies: int, actions: int, judged: list[Judged]) -> None:
    title = f"{policies} policies, {actions} actions, for all real parameters"
    solvers = (f"Z3 {z3_version()}", f"cvc5 {cvc5_version() or 'not installed'}")
    table = new_table(title, "fact", "cases", "certified", *solvers, "Z3 resources", "standing")
    for one in judged:
        asked = one.certified < one.cases
        answers = (one.z3, one.cvc5, one.resources) if asked else ("-", "-", "-")
        style = "dim" if _control(one) else STYLES[one.standing]
        shown = f"[{style}]{one.standing}[/]"
        table.add_row(
            f"{one.name}: {one.plain}", *map(str, (one.cases, one.certified, *answers)), shown
        )
    console().print(table)


def _control(one: Judged) -> bool:
    return one.name.startswith("control")


def _fine(one: Judged) -> bool:
    if _control(one):
        return one.standing == "refuted"
    return one.standing in ESTABLISHED


def _json(policies: int, actions: int, judged: list[Judged]) -> dict[str, Any]:
    return {
        "format": "cbil-universal/1",
        "policies": policies,
        "actions": actions,
        "solvers": {"z3": z3_version(), "cvc5": cvc5_version()},
        "facts": [
            {
                "name": one.name,
                "statement": one.plain,
                "standing": one.standing,
                "cases": one.cases,
                "certified": one.certified,
                "z3_unsat": one.z3,
                "cvc5_unsat": one.cvc5,
                "z3_unsat_linear": 0,  # of the format: what is certified is not asked again
                "cvc5_unsat_linear": 0,
                "z3_resources": one.resources,
                "where": one.where,
                "point": one.point and {k: text(v) for k, v in one.point.items()},
            }
            for one in judged
        ],
    }

"""`exact-cbil check --universal`: the table, and its JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click

from bounds.universal.facts import FACTS, false_facts
from bounds.universal.judge import Judged, judge_fact, judge_unrolled
from bounds.universal.solvers import RESOURCES, cvc5_version, z3_version
from bounds.universal.unrolled import CONTROLS, STATEMENTS, Unrolled
from exact_cbil.cli.shared import console, new_table
from exact_cbil.interaction import Progress
from exact_cbil.numbers import text

__all__ = ["run_universal"]

STYLES = {"proved": "green", "solver-checked": "cyan", "refuted": "red", "unknown": "yellow"}


def _judge(
    policies: int, actions: int, horizon: int, resources: int, progress: Progress | None
) -> Iterator[Judged]:
    facts = (*FACTS, *false_facts(policies))
    claims = [
        Unrolled(statement, policies, actions, horizon)
        for statement in (*STATEMENTS, *CONTROLS)
        if horizon
    ]
    total = len(facts) + len(claims)
    for number, fact in enumerate(facts):
        yield judge_fact(fact, policies, actions, resources)
        if progress is not None:
            progress("facts", number + 1, total)
    for number, claim in enumerate(claims):
        yield judge_unrolled(claim, resources)
        if progress is not None:
            progress("facts", len(facts) + number + 1, total)


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
    judged = list(_judge(policies, actions, horizon, resources or RESOURCES, progress))
    if as_json:
        click.echo(json.dumps(_json(policies, actions, judged)))
    else:
        title = f"{policies} policies, {actions} actions, for all real parameters"
        solvers = (f"Z3 {z3_version()}", f"cvc5 {cvc5_version() or 'not installed'}")
        table = new_table(title, "fact", "cases", "certified", *solvers, "Z3 resources", "standing")
        for one in judged:
            settled = _settled(one.z3, one.z3_linear), _settled(one.cvc5, one.cvc5_linear)
            counts = (one.cases, one.certified, *settled, one.resources)
            style = "dim" if _control(one) else STYLES[one.standing]
            shown = f"[{style}]{one.standing}[/]"
            table.add_row(f"{one.name}: {one.plain}", *map(str, counts), shown)
        console().print(table)
    return all(_fine(one) for one in judged)


def _settled(cases: int, linear: int) -> str:
    return f"{cases} ({linear} linear)" if linear else str(cases)


def _control(one: Judged) -> bool:
    return one.name.startswith("control")


def _fine(one: Judged) -> bool:
    if _control(one):
        return one.standing == "refuted"
    return one.standing in ("proved", "solver-checked")


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
                "z3_unsat_linear": one.z3_linear,
                "cvc5_unsat_linear": one.cvc5_linear,
                "z3_resources": one.resources,
                "where": one.where,
                "point": one.point and {k: text(v) for k, v in one.point.items()},
            }
            for one in judged
        ],
    }

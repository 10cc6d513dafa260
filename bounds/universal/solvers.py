"""Asking Z3, and cvc5 when it is installed, about SMT-LIB scripts, within limits of resources.

Both answers are evidence and not proof: nonlinear `unsat` contains steps that nobody checks.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, TypeAlias

import z3

__all__ = ["RESOURCES", "Answer", "Outcome", "ask_cvc5", "ask_z3", "cvc5_version", "z3_version"]

RESOURCES = 1_000_000
"""The default limit for one script, in the solver's own units; for Z3 about a second."""

CVC5_RESOURCES_A_SECOND = 500_000

Outcome: TypeAlias = Literal["unsat", "sat", "unknown"]


@dataclass(frozen=True)
class Answer:
    """What a solver said of a script.

    resources: what it spent, in its own units (0 where it does not say).
    point: for Z3's `sat`, rational values of the variables; an algebraic value is rounded, so the
        point must be checked.
    linear: whether the script was the linear problem of a certificate.
    """

    outcome: Outcome
    resources: int = 0
    point: Mapping[str, Fraction] = field(default_factory=dict)
    linear: bool = False


def z3_version() -> str:
    """Z3's version."""
    return str(z3.get_version_string())


def cvc5_version() -> str | None:
    """cvc5's version; None when it is not installed."""
    try:
        import cvc5
    except ImportError:
        return None
    return str(cvc5.__version__)


def ask_z3(script: str, resources: int = RESOURCES) -> Answer:
    """Whether a script's assertions can be satisfied, by Z3."""
    context = z3.Context()
    solver = z3.SolverFor("QF_NRA", ctx=context)
    solver.set("rlimit", resources)
    solver.from_string(script)
    outcome = solver.check()
    spent = _statistic(solver)
    if outcome == z3.unsat:
        return Answer("unsat", spent)
    if outcome == z3.sat:
        model = solver.model()
        values = {str(d): _rational(model[d]) for d in model.decls() if d.arity() == 0}
        return Answer("sat", spent, {k: v for k, v in values.items() if v is not None})
    return Answer("unknown", spent)


def _statistic(solver: z3.Solver) -> int:
    statistics = solver.statistics()
    spent: int = statistics.get_key_value("rlimit count")
    return spent


def _rational(value: z3.ExprRef) -> Fraction | None:
    if z3.is_algebraic_value(value):
        value = value.approx(30)
    if not z3.is_rational_value(value):
        return None
    return Fraction(value.numerator_as_long(), value.denominator_as_long())


def ask_cvc5(script: str, resources: int = RESOURCES) -> Answer:
    """Whether a script's assertions can be satisfied, by cvc5; unknown when not installed.

    Its nonlinear part does not count what it spends, so it runs in a process of its own with a
    limit of processor time (not of wall time) beside its own limit.
    """
    if cvc5_version() is None:
        return Answer("unknown")
    seconds = max(1, resources // CVC5_RESOURCES_A_SECOND)
    line = [sys.executable, "-m", "bounds.universal.cvc5_process", str(resources), str(seconds)]
    done = subprocess.run(line, input=script, capture_output=True, text=True, check=False)
    if done.returncode == 0 and done.stdout in ("unsat", "sat"):
        return Answer("unsat" if done.stdout == "unsat" else "sat")
    return Answer("unknown")

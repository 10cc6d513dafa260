"""Z3 and cvc5 on scripts from standard input, one a line, each with an answer on standard output.

A script that a solver cannot read is unknown to it.

A solver may pass its own limit: neither counts all of what it spends. So the processor time of each
script is limited as well, by the system, which kills this process; whoever asked starts another.
"""

from __future__ import annotations

import json
import resource
import sys
from fractions import Fraction
from typing import Any

import z3

CVC5_RESOURCES_A_SECOND, Z3_RESOURCES_A_SECOND = 500_000, 100_000
"""Z3 spends about ten times as much in a second, so that its own limit ends it as a rule."""


def main() -> None:
    """Answer until standard input ends."""
    for line in sys.stdin:
        question = json.loads(line)
        answer = ask_z3 if question["solver"] == "z3" else ask_cvc5
        print(json.dumps(answer(question["script"], question["resources"])), flush=True)


def allow(seconds: int) -> None:
    """Let this process be killed when it has spent some more seconds of processor time."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    end = int(spent.ru_utime + spent.ru_stime) + seconds + 1
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (end, most))


def ask_z3(script: str, resources: int) -> dict[str, Any]:
    """Z3's answer; with `sat` a point, its algebraic values rounded."""
    allow(max(2, resources // Z3_RESOURCES_A_SECOND))
    solver = z3.SolverFor("QF_NRA", ctx=z3.Context())
    solver.set("rlimit", resources)
    try:
        solver.from_string(script)
        outcome = str(solver.check())
    except z3.Z3Exception:
        return {"outcome": "unknown"}
    answer = {"outcome": outcome, "resources": solver.statistics().get_key_value("rlimit count")}
    if outcome == "sat":
        model = solver.model()
        values = {str(d): rational(model[d]) for d in model.decls() if d.arity() == 0}
        answer["point"] = {name: str(value) for name, value in values.items() if value is not None}
    return answer


def rational(value: z3.ExprRef) -> Fraction | None:
    """A value of a model of Z3 as a rational, rounded where it is algebraic."""
    if z3.is_algebraic_value(value):
        value = value.approx(30)
    if not z3.is_rational_value(value):
        return None
    return Fraction(value.numerator_as_long(), value.denominator_as_long())


def ask_cvc5(script: str, resources: int) -> dict[str, Any]:
    """cvc5's answer; unknown where it is not installed."""
    try:
        import cvc5
    except ImportError:
        return {"outcome": "unknown"}
    allow(max(1, resources // CVC5_RESOURCES_A_SECOND))
    solver = cvc5.Solver(cvc5.TermManager())
    solver.setOption("rlimit", str(resources))
    solver.setLogic("QF_NRA")
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "script")
    symbols = parser.getSymbolManager()
    try:
        while not (command := parser.nextCommand()).isNull():
            command.invoke(solver, symbols)
        result = solver.checkSat()
    except RuntimeError:
        return {"outcome": "unknown"}
    return {"outcome": "unsat" if result.isUnsat() else "sat" if result.isSat() else "unknown"}


if __name__ == "__main__":
    main()

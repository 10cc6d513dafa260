"""cvc5 on one script, from standard input, under limits: `unsat`, `sat` or `unknown` on output."""

from __future__ import annotations

import resource
import sys

import cvc5


def main(resources: str, seconds: str) -> None:
    """Answer about the script on standard input; killed when `seconds` of processor time are up."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 1))
    solver = cvc5.Solver(cvc5.TermManager())
    solver.setOption("rlimit", resources)
    solver.setLogic("QF_NRA")
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, sys.stdin.read(), "case")
    symbols = parser.getSymbolManager()
    while not (line := parser.nextCommand()).isNull():
        line.invoke(solver, symbols)
    result = solver.checkSat()
    outcome = "unsat" if result.isUnsat() else "sat" if result.isSat() else "unknown"
    sys.stdout.write(outcome)


if __name__ == "__main__":
    main(*sys.argv[1:])

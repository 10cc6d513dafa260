"""Hostile candidates, checked on two models and written out; run as a child under limits.

Prints how many were decided, left undecided and refused; anything else is a traceback.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from random import Random

from bounds.evidence import Evidence
from bounds.explorer.examine import score
from bounds.language.candidate import Candidate
from bounds.verdict import Comparison, Holds, Unknown, Verdict, Violated, tightness
from exact_cbil.errors import CbilError
from exact_cbil.models import chain, rare_action

NINES = "9" * 40
WRITTEN = (
    "queries <= exp(-exp(exp(100)))",
    "queries <= exp(-exp(25))",
    "exp(exp(exp(exp(9)))) <= 1",
    "2^2^2^2^2^2^2^2 <= 1",
    "2^-(2^2^2^2^2^2) <= 1",
    f"{NINES}^1000 <= {NINES}^999",
    f"({NINES}^1000)^{NINES[:3]} <= S",
    "1/3^1000^1000^1000 < 1/3^1000^1000^999",
    "ln(2^1000^100) <= 1000^100*ln(2)",
    "ln(3^1000)/ln(9^1000) <= 1/2",
    "+".join(["1/(7^1000+alpha)"] * 30) + " <= 1",
    "*".join(["(7^1000+alpha)"] * 60) + " <= 1",
    "+".join(f"ln({n}^1000 + alpha)" for n in range(2, 40)) + " <= S",
    "*".join(["exp(1)"] * 90) + " <= exp(90)",
    "-".join(["sqrt(2)"] * 60) + " <= 0",
    "1/(sqrt(2)+sqrt(3)-sqrt(3)-sqrt(2)) <= 1",
    "ln(sqrt(2)+sqrt(3)-sqrt(3)-sqrt(2)) <= 1",
    "root(2^1000, 1000)*root(3^999, 999) <= root(5, 997)",
    "(-1)^(1/2) <= 1",
    "root(-8, 3) <= 1",
    "0^0 <= 0^-1",
    "(retention - retention)/(retention*0) <= 1",
    "sum_z(sum_z(sum_z(exp(exp(exp(1/z)))))) <= 1",
    "F(F(F(F(F(F(exp(exp(100)))))))) <= 7",
    "max(exp(exp(99)), exp(exp(99))) <= min(exp(exp(99)), S)",
    "queries <= 1 if exp(exp(exp(9))) > alpha and 2^1000^9 > T",
    "|Pi| <= 1 if |Pi| == 10^1000",
    f"P_i(B)^{NINES} <= P_d(B)^(1/{NINES})",
)
ATOMS = ("0", "1", "2", NINES, "T", "S", "alpha", "queries", "retention", "X", "P_i(B)", "z_max")


def expression(rng: Random, depth: int) -> str:
    """A random expression, rich in what grows quickly."""
    if depth <= 0 or rng.random() < 0.1:
        return rng.choice(ATOMS)
    one, two = (expression(rng, depth - 1) for _ in range(2))
    if rng.random() < 0.5:
        return f"({one}){rng.choice('+-*/^^^')}({two})"
    if rng.random() < 0.3:
        return f"{rng.choice(['max', 'min'])}({one}, {two})"
    form = rng.choice(["exp({})", "exp({})", "ln({})", "sqrt({})", "F({})", "(-{})", "root({}, 7)"])
    return str(form.format(one))


def outcome(text: str, evidence: Evidence) -> str:
    """What came of a candidate, after all of it has been written in every form there is."""
    try:
        verdict: Verdict = Candidate.parse(text).check(evidence)
    except CbilError:
        return "refused"
    if isinstance(verdict, Unknown):
        return "outside" if verdict.inapplicable else "undecided"
    listed = (verdict.witness.comparison,) if isinstance(verdict, Violated) else verdict.certificate
    for comparison in listed:
        shown(comparison)
    return "holds" if isinstance(verdict, Holds) else "violated"


def shown(comparison: Comparison) -> None:
    """Write a comparison as the commands do."""
    json.dumps(comparison.to_json())
    score(comparison)
    tightness(comparison)
    for value in (comparison.left, comparison.right, comparison.slack):
        if value is not None:
            _ = (str(value), value.decimal())


def main(seed: str, count: str) -> None:
    """Check the written ones and `count` random ones."""
    rng = Random(seed)
    models = [Evidence(chain(1).with_alpha(1)), Evidence(rare_action("1/8", horizon=4))]
    drawn = (f"{expression(rng, 5)} <= {expression(rng, 3)}" for _ in range(int(count)))
    found = Counter(outcome(text, evidence) for text in (*WRITTEN, *drawn) for evidence in models)
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])

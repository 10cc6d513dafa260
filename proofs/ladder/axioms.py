"""What the ladder takes for granted, each with its reason: three facts about the logarithm.

`ln` is an uninterpreted function; solvers know nothing about it but these. The reason of each is an
argument of one line; the calculations in it are checked by sympy in the tests, and certified as
the facts `log lemma` and `tangent` of `bounds.universal`.
"""

from __future__ import annotations

import z3

from bounds.universal.logarithm import log_lemma_gap, tangent_gap
from proofs.ladder.kernel import axiom

__all__ = ["AXIOMS", "LN_OF_PRODUCT", "LN_TANGENT", "LOG_LEMMA", "ln"]

ln = z3.Function("ln", z3.RealSort(), z3.RealSort())
_x, _y, _u = z3.Reals("x y u")


LN_OF_PRODUCT = axiom(
    "logarithm of a product",
    z3.ForAll([_x, _y], z3.Implies(z3.And(_x > 0, _y > 0), ln(_x * _y) == ln(_x) + ln(_y))),
    "the functional equation of the logarithm",
)

LN_TANGENT = axiom(
    "tangent of the logarithm",
    z3.ForAll([_x], z3.Implies(_x > 0, tangent_gap(_x, ln(_x)) >= 0)),
    "s - 1 - ln s has derivative 1 - 1/s, negative before 1 and positive after, and is 0 at 1",
)

LOG_LEMMA = axiom(
    "log lemma",
    z3.ForAll([_u], z3.Implies(z3.And(_u > 0, _u <= 1), log_lemma_gap(_u, ln(_u)) >= 0)),
    "-ln u - (1-u) - (1-u)^2/2 has derivative -(1-u)^2/u, never positive, and is 0 at 1",
)

AXIOMS = (LN_OF_PRODUCT, LN_TANGENT, LOG_LEMMA)
"""All of them; a test holds every lemma to this list."""

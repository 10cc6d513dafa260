"""The certificate of T4a's potential: the one inequality in it that a logarithm makes hard."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import Ordering, fmpq_mpoly_ctx

from bounds.potential.boxes import Box, cut, exact, logarithm, rows
from bounds.potential.logarithm import FORMAT, base_near, log_above
from exact_cbil.numbers import text

__all__ = ["divergence_certificate"]


def divergence_certificate(slope: Fraction) -> dict[str, Any]:
    """That `F_4(x) = (1+c) min(x, 1) + c ln max(x, 1)` pays for T4a's gain.

    slope: c. Raises Undecided where `c (-ln(1-e) - e) >= phi(e)` was not shown, because it is false
    or too close. Source: SPEC T4a.
    """
    _, e = fmpq_mpoly_ctx.get(("q", "eta"), Ordering.lex).gens()
    one, c = e**0, exact(slope)

    def claim(bases: tuple[Fraction, ...]) -> Any:
        log, unit = logarithm(1 - e, one, bases[0], log_above(bases[0]))
        return -c * e * unit * (log + e * unit) - (e * unit + (1 - e) * log) ** 2

    def bases(box: Box) -> list[tuple[Fraction, ...]]:
        return [(Fraction(1),), (base_near(1 - float(box[2] + box[3]) / 2),), (Fraction(1, 64),)]

    return {
        "format": FORMAT,
        "kind": "divergence",
        "constant": text(1 + slope),
        "slope": text(slope),
        "boxes": rows(cut(claim, bases, line=True)),
    }

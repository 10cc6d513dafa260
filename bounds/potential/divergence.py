"""The certificate of T4a's potential: the one inequality in it that a logarithm makes hard."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from bounds.check_potential import FORMAT, divergence_claim
from bounds.potential.boxes import Box, base_near, cut, rows
from exact_cbil.numbers import text

__all__ = ["divergence_certificate"]


def divergence_certificate(slope: Fraction) -> dict[str, Any]:
    """That `F_4(x) = (1+c) min(x, 1) + c ln max(x, 1)` pays for T4a's gain.

    slope: c. Raises Unsettled where `c (-ln(1-e) - e) >= phi(e)` was not shown, because it is false
    or too close. Source: SPEC T4a.
    """

    def bases(box: Box) -> list[tuple[Fraction, ...]]:
        return [(Fraction(1),), (base_near(1 - float(box[2] + box[3]) / 2),), (Fraction(1, 64),)]

    return {
        "format": FORMAT,
        "kind": "divergence",
        "constant": text(1 + slope),
        "slope": text(slope),
        "boxes": rows(cut(divergence_claim(slope), bases, line=True)),
    }

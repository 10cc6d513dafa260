"""Multiplicative potentials: a moment `E exp(rate sum theta^3/N)`, for k alternatives at a time.

`Psi(x) = 1 + c x` for x <= 1 and `(1+c) sqrt(x)` above. Floats search for the rate and for c;
`certificate` is exact.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from typing import Any

import numpy as np

from bounds.check_potential import FORMAT, product_claims
from bounds.potential.boxes import Box, Unsettled, base_near, cut, rows
from bounds.potential.logarithm import CHANCE, FALL
from bounds.potential.program import gain_of
from exact_cbil.numbers import text

__all__ = ["certificate", "certify", "share"]

UNIT = 1000
"""Rates are multiples of 1/UNIT."""
COARSE = 60
"""Slopes are multiples of 1/COARSE."""
ATTEMPTS = 6


def share(alternatives: int | None) -> Fraction:
    """s, the best for small falls: at q = 1/k it lets the rate be `k/(8 (k-1))`.

    >>> share(1), share(3), share(None)
    (Fraction(1, 1), Fraction(1, 2), Fraction(0, 1))
    """
    if alternatives is None:
        return Fraction(0)
    return Fraction(1, max(alternatives - 1, 1))


def certify(alternatives: int | None) -> dict[str, Any]:
    """The certificate of the greatest rate that could be certified; raises Unsettled."""
    gain = gain_of(3, alternatives, float(share(alternatives)), CHANCE, FALL)
    rise = (1 - CHANCE) * np.expm1(np.log1p(CHANCE * FALL / (1 - CHANCE)) / 2)
    greatest = float(((-CHANCE * np.expm1(np.log1p(-FALL) / 2) - rise) / gain).min())
    for attempt in range(ATTEMPTS):
        rate = Fraction(floor(greatest * UNIT + 1e-2) - attempt, UNIT)
        paid = float(rate) * gain + rise
        slope = float((paid / (CHANCE * FALL - paid)).max())
        rounded = max(Fraction(ceil(slope * COARSE - 1e-4), COARSE), Fraction(1))
        try:
            return certificate(alternatives, rate, rounded)
        except Unsettled as problem:
            last = problem
    raise last


def certificate(alternatives: int | None, rate: Fraction, slope: Fraction) -> dict[str, Any]:
    """The certificate of a rate and of c = `slope`; raises Unsettled where it seems false."""
    above, at = product_claims(alternatives, share(alternatives), rate, slope)

    def bases(box: Box) -> list[tuple[Fraction]]:
        chance, f = float(box[0] + box[1]) / 2, float(box[2] + box[3]) / 2
        risen = 1 + chance * f * (2 - f) / (1 - chance)
        return [(Fraction(1),), (base_near(risen**0.5),)]

    return {
        "format": FORMAT,
        "kind": "product",
        "exponent": 3,
        "alternatives": alternatives,
        "share": text(share(alternatives)),
        "rate": text(rate),
        "slope": text(slope),
        "above": rows(cut(above, bases)),
        "at": rows(cut(at, bases)),
    }

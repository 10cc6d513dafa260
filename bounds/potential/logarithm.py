"""The potentials F(x) = C x for x <= 1 and C + c ln x above: the least C for k alternatives.

| symbol | here | meaning                                                             |
|--------|------|---------------------------------------------------------------------|
| k      | `alternatives` | how many disagree at a time, at most; None for any number |
| s      | `share` | the weights of Cauchy-Schwarz are (1-s) q_i + s/k                |
| C, c   | `constant`, `slope` | F, whose kink at 1 is C - c                          |

Floats search; `certificate` is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np

from bounds.check_potential import FORMAT, logarithm_claims
from bounds.potential.boxes import Box, Unsettled, base_near, cut, rows
from bounds.potential.program import gain_of
from exact_cbil.numbers import text

__all__ = ["Logarithm", "certificate", "certify", "least"]

DIGITS = 1000  # certified constants are multiples of 1/DIGITS
ATTEMPTS = 6


@dataclass(frozen=True)
class Logarithm:
    """A member of the family, valid for a setting once certified."""

    exponent: int
    alternatives: int | None
    share: Fraction
    constant: Fraction
    slope: Fraction


def _grid() -> tuple[Any, Any]:
    small = np.geomspace(1e-6, 0.04, 40)
    chances = np.concatenate([small, np.linspace(0.04, 0.96, 185), 1 - small])
    falls = np.concatenate([np.geomspace(1e-4, 0.05, 25), np.linspace(0.06, 1 - 1e-9, 140)])
    return chances[:, None], falls[None, :]


CHANCE, FALL = _grid()
RISE = (1 - CHANCE) * np.log1p(CHANCE * FALL / (1 - CHANCE))
DROP = -CHANCE * np.log1p(-FALL) - RISE


def _constant(exponent: int, alternatives: int | None, share: float) -> tuple[float, float]:
    """The least C and c for a share, nearly: on a grid of (q, eta)."""
    gain = gain_of(exponent, alternatives, share, CHANCE, FALL)
    slope = float((gain / DROP).max())
    return max(float(((gain + slope * RISE) / (CHANCE * FALL)).max()), slope), slope


def least(exponent: int, alternatives: int | None) -> Logarithm:
    """The best member that the search finds, rounded up; not yet certified."""
    share, size = 0.0, Fraction(1)
    if alternatives is not None:
        # For small falls and exponent 3 the best share is 1/(k-1), so that is the scale.
        low, high = 0.0, min(1.0, 3 / alternatives)
        for _ in range(3):
            places = np.linspace(low, high, 25)
            values = [_constant(exponent, alternatives, s)[0] for s in places]
            best = int(np.argmin(values))
            low, high = places[max(best - 1, 0)], places[min(best + 1, 24)]
        share, size = float(places[best]), Fraction(1, 100 * alternatives)
    rounded = min(round(share / size) * size, Fraction(1))
    _, slope = _constant(exponent, alternatives, float(rounded))
    return _with_slope(exponent, alternatives, rounded, _up(slope), 0)


def _up(value: float) -> Fraction:
    return Fraction(ceil(value * DIGITS - 1e-4), DIGITS)


def _with_slope(
    exponent: int, alternatives: int | None, share: Fraction, slope: Fraction, extra: int
) -> Logarithm:
    gain = gain_of(exponent, alternatives, float(share), CHANCE, FALL)
    needed = float(((gain + float(slope) * RISE) / (CHANCE * FALL)).max())
    constant = _up(max(needed, float(slope))) + Fraction(extra, DIGITS)
    return Logarithm(exponent, alternatives, share, constant, slope)


def certify(exponent: int, alternatives: int | None) -> tuple[Logarithm, dict[str, Any]]:
    """The least member that could be certified, and its certificate; raises Unsettled."""
    found = least(exponent, alternatives)
    for attempt in range(ATTEMPTS):
        # Rounding left too little room in the slope, in the constant, or in both.
        slope = found.slope + Fraction((attempt + 1) // 2, DIGITS)
        member = _with_slope(exponent, alternatives, found.share, slope, attempt // 2)
        try:
            return member, certificate(member)
        except Unsettled as problem:
            last = problem
    raise last


def certificate(found: Logarithm) -> dict[str, Any]:
    """The certificate of a member; raises Unsettled where it does not seem to be valid."""
    above, at = logarithm_claims(
        found.exponent - 1, found.alternatives, found.share, found.constant, found.slope
    )

    def bases(box: Box) -> list[tuple[Fraction, Fraction]]:
        chance, fall = float(box[0] + box[1]) / 2, float(box[2] + box[3]) / 2
        middle = base_near(1 - fall), base_near(1 + chance * fall / (1 - chance))
        return [(Fraction(1), Fraction(1)), middle]

    return {
        "format": FORMAT,
        "kind": "logarithm",
        "exponent": found.exponent,
        "alternatives": found.alternatives,
        "share": text(found.share),
        "constant": text(found.constant),
        "slope": text(found.slope),
        "above": rows(cut(above, bases)),
        "at": rows(cut(at, lambda box: [pair[1:] for pair in bases(box)])),
    }

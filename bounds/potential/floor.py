"""What no potential can beat, for k alternatives at a time and exponent 3."""

from __future__ import annotations

from fractions import Fraction
from math import floor, log1p
from typing import Any

from bounds import check_potential
from bounds.check_potential import FORMAT
from exact_cbil.numbers import text

__all__ = ["certificate"]

UNIT = 1000


def certificate(alternatives: int | None) -> dict[str, Any]:
    """A certificate that no potential for the class has a constant below a value.

    Above 1, k equal alternatives that fall a little need a density c/t^2 of w; at x = 1, k that
    play none of their shares q need `C >= k q + c (1-q)/q ln(1/(1-q))`, at best for some q <= 1/k.
    """
    chance, value = None, Fraction(3)
    if alternatives is not None:
        k, best = alternatives, Fraction(1, max(alternatives, 2))
        density = 2 * k * best * (1 - best)

        def rounded(q: Fraction) -> float:
            return float(k * q) - float(density) * float((1 - q) / q) * log1p(-float(q))

        steps = range(1, UNIT if k == 1 else UNIT + 1)
        chance = max((Fraction(i, UNIT * k) for i in steps), key=rounded)
        value = Fraction(floor(check_potential.floor(k, chance) * UNIT), UNIT)
    return {
        "format": FORMAT,
        "kind": "floor",
        "alternatives": alternatives,
        "chance": None if chance is None else text(chance),
        "value": text(value),
    }

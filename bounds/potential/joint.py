"""The logarithmic potential for k >= 2 alternatives whose falls are weighed jointly, exponent 3.

With ln(1+u) <= u (6+u)/(6+4u), t = q eta and X = 6q - 4t, an alternative well above the
threshold falls by at least 18 c t^2/(X (6-X)), one at it by (C-c) t + 3 c t^2/(6-X). The first sum
to at least theta^2 for c = 2 (1-1/k). With k of the second kind C = 1 + c (6k-5)/(6k-2) is just
enough; that a of them and k-a of the first kind need no more is a polynomial inequality for each a.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from bounds.check_potential import FORMAT, Polynomial, joint_claim, joint_rises
from bounds.potential.boxes import Box, cut
from exact_cbil.numbers import text

__all__ = ["MOST", "certificate", "constant", "slope"]

MOST = 64  # the time grows as the square


def slope(alternatives: int) -> Fraction:
    """c, the least that serves for alternatives above the threshold.

    >>> slope(2)
    Fraction(1, 1)
    """
    return 2 * (1 - Fraction(1, alternatives))


def constant(alternatives: int) -> Fraction:
    """C, the least that serves for k alternatives at the threshold that share everything.

    >>> constant(2), constant(4)
    (Fraction(17, 10), Fraction(101, 44))
    """
    k = alternatives
    return 1 + slope(k) * Fraction(6 * k - 5, 6 * k - 2)


def certificate(alternatives: int) -> dict[str, Any]:
    """The certificate for k = `alternatives` from 2; raises Unsettled."""
    return {
        "format": FORMAT,
        "kind": "joint",
        "exponent": 3,
        "alternatives": alternatives,
        "constant": text(constant(alternatives)),
        "slope": text(slope(alternatives)),
        "mixed": [
            [str(a), *map(text, box)]
            for a in range(1, alternatives)
            for box in _boxes(alternatives, a)
        ],
    }


def _boxes(k: int, a: int) -> list[Box]:
    """For a alternatives at the threshold and k - a above."""

    def claim(rising: tuple[Fraction, ...]) -> Polynomial:
        return joint_claim(k, a, constant(k), slope(k), rising[0] == 1)

    boxes = cut(claim, lambda box: [(Fraction(joint_rises(k, a, box)),)])
    return [box for box, _ in boxes]

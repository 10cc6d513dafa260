"""Potentials with an atom at 1 and the density sum a_i t^(-i-2) above, for any number of
alternatives: better than the logarithmic ones from exponent 4 on.

F(x) = int min(x, t) w(dt) is then C x below 1, and above 1 a constant plus a multiple of ln x plus
a polynomial in 1/x. Its condition D(x, y) >= (1-y/x)^m, m = exponent - 1, is polynomial in two
variables but for one logarithm, both where 1 <= y <= x and where y <= 1 <= x.

A float linear program searches; `certificate` is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np

from bounds.check_potential import FORMAT, powers_claims, powers_mass
from bounds.potential.boxes import Box, Unsettled, base_near, cut, rows
from bounds.potential.program import solve
from exact_cbil.numbers import text

__all__ = ["DEGREE", "certificate", "certify", "least"]

DEGREE = 5
LEAST_DENSITY = 0.03  # of t^2 w(t), so that nearly equal x and y are settled
UNIT = 10_000  # coefficients are multiples of 1/UNIT before they are raised


def least(exponent: int, degree: int = DEGREE, points: int = 90) -> list[float]:
    """The atom and the coefficients a_0, ..., a_degree of least mass, on a grid of (x, y)."""
    m = exponent - 1
    inverse = np.concatenate([[1e-6, 1e-4, 1e-3], np.linspace(0.01, 1, points)])  # 1/x
    fall = np.concatenate([np.geomspace(1e-3, 0.03, 8), np.linspace(0.04, 1, points)])
    v, e = (a.ravel() for a in np.meshgrid(inverse, fall, indexing="ij"))
    v, e = v[keep := (1 - e >= v - 1e-12) & (e < 1)], e[keep]
    r = 1 - e
    above = [0 * r, -np.log(r) - e] + [
        (v / r) ** i * (1 - (i + 1) * r**i + i * r ** (i + 1)) / (i * (i + 1))
        for i in range(1, degree + 1)
    ]
    u, y = (a.ravel() for a in np.meshgrid(inverse, np.linspace(0, 1, points), indexing="ij"))
    u, y = u[keep := u * y < 1], y[keep]
    across = [1 - y, -np.log(u) - y * (1 - u)] + [
        (1 - u**i) / i - y * (1 - u ** (i + 1)) / (i + 1) for i in range(1, degree + 1)
    ]
    places = np.linspace(0, 1, 2 * points)
    density = [0 * places] + [places**i for i in range(degree + 1)]
    conditions = [np.array(above) / e**m, np.array(across) / (1 - u * y) ** m, np.array(density)]
    matrix = np.hstack(conditions).T
    bound = np.concatenate([np.ones(len(e) + len(u)), np.full(len(places), LEAST_DENSITY)])
    mass = [1.0] + [1 / (i + 1) for i in range(degree + 1)]
    free = [(0, None)] + [(None, None)] * (degree + 1)
    solved = solve(mass, -matrix, -bound, free)
    return [float(value) for value in solved.x]


def certify(exponent: int, degree: int = DEGREE) -> dict[str, Any]:
    """The certificate of the least member that could be certified; raises Unsettled.

    The condition is linear in w, so raising all of w makes room for rounding and for the grid.
    """
    rounded = [Fraction(ceil(value * UNIT), UNIT) for value in least(exponent, degree)]
    for raised in (1, 2, 4, 8, 16, 32):
        factor = 1 + Fraction(raised, 2_000)
        try:
            return certificate(exponent, rounded[0] * factor, [a * factor for a in rounded[1:]])
        except Unsettled as problem:
            last = problem
    raise last


def certificate(exponent: int, atom: Fraction, coefficients: Sequence[Fraction]) -> dict[str, Any]:
    """The certificate of a member; raises Unsettled where it does not seem to be valid."""
    above, across = powers_claims(exponent - 1, atom, coefficients)

    def bases_above(box: Box) -> list[tuple[Fraction, ...]]:
        middle = base_near(1 - float((box[0] + box[1]) * (box[2] + box[3])) / 4)
        return [(Fraction(1),), (middle,)]

    def bases_across(box: Box) -> list[tuple[Fraction, ...]]:
        return [(Fraction(1),), (base_near(1 - float(box[0] + box[1]) / 2),)]

    return {
        "format": FORMAT,
        "kind": "powers",
        "exponent": exponent,
        "constant": text(Fraction(ceil(powers_mass(atom, coefficients) * 1000), 1000)),
        "atom": text(atom),
        "coefficients": [[text(a)] for a in coefficients],
        "above": rows(cut(above, bases_above)),
        "across": rows(cut(across, bases_across)),
    }

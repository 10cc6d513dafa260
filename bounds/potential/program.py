"""Linear programs over every potential F(x) = int min(x, t) w(dt), in floats.

`best_measure` discretises w into atoms on (0, 1] and densities c_j/t^2 on cells of [1, inf), and
asks for the conditions on a grid: its optimum is what a family of potentials should come close to.
`lower_bound` keeps w general and relaxes the conditions instead: its multipliers, made exact,
certify that no potential does better.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from scipy.optimize import linprog

from bounds.check_potential import FORMAT
from exact_cbil.errors import CbilError
from exact_cbil.numbers import text

__all__ = ["Measure", "best_measure", "gain_of", "lower_bound", "solve"]

FARTHEST = 30.0  # where the last cell begins, which goes on for ever
BELOW = 8  # atoms on (0, 1]
FALLS = np.concatenate([[0.005, 0.02, 0.05], np.linspace(0.1, 1, 19)])
COARSE_FALLS = np.array([0.005, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
LARGEST = 1e4
"""What a condition's largest coefficient is scaled down to; HiGHS fails at those beyond 1e15."""
CHANCES = np.concatenate([np.linspace(0.05, 0.95, 19), [0.98, 0.995, 1 - 1e-9]])


@dataclass(frozen=True)
class Measure:
    """A w: `masses` of atoms at `places`, then `densities` c_j of c_j/t^2 from `starts[j]` on."""

    places: Any
    masses: Any
    starts: Any
    densities: Any
    total: float

    def potential(self, x: Any) -> Any:
        """F at each x, rounded."""
        return _kernel(np.asarray(x), self.places, self.starts) @ np.concatenate(
            [self.masses, self.densities]
        )


def _kernel(x: Any, places: Any, starts: Any) -> Any:
    """F(x) as a row of coefficients of the atoms and densities, for each x."""
    low, high = starts[None, :], np.append(starts[1:], np.inf)[None, :]
    column = x[:, None]
    middle = np.clip(column, low, high)
    dense = np.log(middle / low) + column * (1 / middle - 1 / high)
    return np.hstack([np.minimum(column, places[None, :]), dense])


def _slope(x: Any, places: Any, starts: Any) -> Any:
    """F'(x) from the right, likewise."""
    low, high = starts[None, :], np.append(starts[1:], np.inf)[None, :]
    column = x[:, None]
    dense = np.where(column < high, 1 / np.maximum(column, low) - 1 / high, 0)
    return np.hstack([np.where(places[None, :] > column, 1.0, 0.0), dense])


def gain_of(exponent: int, alternatives: int | None, share: float, chance: Any, fall: Any) -> Any:
    """`(q eta)^m / ((1-s) q + s/k)^(m-1)`, the part of theta^m that an alternative must pay for.

    share: s, the weights of Cauchy-Schwarz, see `logarithm`.
    """
    m = exponent - 1
    weight = (1 - share) * chance + (share / alternatives if alternatives else 0)
    return (chance * fall) ** m / weight ** (m - 1)


def best_measure(exponent: int, alternatives: int | None, share: float, grid: int) -> Measure:
    """The w of least mass that meets the conditions of a class on a grid of (x, q, eta).

    share: the weights of Cauchy-Schwarz, see `logarithm`. grid: cells above 1.
    """
    places, starts = np.linspace(0, 1, BELOW + 1)[1:], np.geomspace(1, FARTHEST, grid + 1)
    further = starts[-1] * np.array([1.5, 3, 10, 100])
    m, tested = exponent - 1, np.concatenate([starts, further])
    if alternatives is None:
        tested = np.concatenate([tested, np.sqrt(starts[1:] * starts[:-1])])
        x, fall = (a.ravel() for a in np.meshgrid(tested, FALLS, indexing="ij"))
        gain = fall**m
        drop = _kernel(x, places, starts) - _kernel(x * (1 - fall), places, starts)
        drop -= (x * fall)[:, None] * _slope(x, places, starts)
    else:
        near = np.array([0.25, 0.5, 0.75, 0.9, 1, 1.1, 1.3, 1.6, 2, 3]) / alternatives
        chances = np.unique(np.concatenate([near[near < 1], CHANCES]))
        mesh = np.meshgrid(tested, chances, COARSE_FALLS, indexing="ij")
        x, chance, fall = (a.ravel() for a in mesh)
        gain = gain_of(exponent, alternatives, share, chance, fall)
        risen = x * (1 + chance * fall / (1 - chance))
        drop = _kernel(x, places, starts)
        drop -= chance[:, None] * _kernel(x * (1 - fall), places, starts)
        drop -= (1 - chance)[:, None] * _kernel(risen, places, starts)
    mass = np.concatenate([np.ones(BELOW), 1 / starts - np.append(1 / starts[1:], 0)])
    solved = solve(mass, -drop / gain[:, None], -np.ones(len(gain)))
    return Measure(places, solved.x[:BELOW], starts, solved.x[BELOW:], float(solved.fun))


def solve(objective: Any, matrix: Any, bound: Any, ranges: Any = (0, None)) -> Any:
    """The least `objective . x` with `matrix x <= bound` and x in the ranges, in floats."""
    scale = np.maximum(np.abs(matrix).max(axis=1) / LARGEST, 1)
    rows, ends = matrix / scale[:, None], bound / scale
    solved = linprog(objective, A_ub=rows, b_ub=ends, bounds=ranges, method="highs")
    if not solved.success:
        raise CbilError(f"the linear program was not solved: {solved.message}")
    return solved


def lower_bound(exponent: int, grid: int) -> dict[str, Any]:
    """A certificate that no potential for any number of alternatives has a constant below a value.

    With conditions at x and y of a grid only, w may as well sit on the grid: for other t the
    multipliers' sum is no greater. The error falls as 1/grid.
    """
    m = exponent - 1
    places = [Fraction(round(1000 * x), 1000) for x in np.geomspace(1, FARTHEST * 2, grid)]
    pairs = [(x, y) for i, x in enumerate(places) for y in (Fraction(0), *places[:i])]
    at, ends = np.array(places, dtype=float), np.array(pairs, dtype=float)
    x, y = ends[:, 0], ends[:, 1]
    matrix = np.where((at[:, None] > y) & (at[:, None] <= x), at[:, None] - y, 0)
    solved = solve(-((1 - y / x) ** m), matrix, np.ones(grid))
    kept = [
        (*pair, Fraction(int(value * 10**8), 10**8))
        for pair, value in zip(pairs, solved.x, strict=True)
        if value >= 1e-8
    ]
    worst = max(sum((w * (t - y) for x, y, w in kept if y < t <= x), Fraction(0)) for t in places)
    kept = [(x, y, w / worst) for x, y, w in kept]
    value = sum((w * (1 - y / x) ** m for x, y, w in kept), Fraction(0))
    return {
        "format": FORMAT,
        "kind": "multipliers",
        "exponent": exponent,
        "value": text(Fraction(int(value * 10_000), 10_000)),
        "multipliers": [[text(number) for number in row] for row in kept],
    }

"""The toy model of learned optimisers: how many bits of search pay off on N instances (P1).

A base optimiser has the power P, in bits. To make a program that selects with x bits by itself, on
every instance anew, takes f(x) of them; the rest is shared out among the N instances.

| symbol | here                |
|--------|---------------------|
| P      | `power`             |
| f(x)   | `costs[x]`          |
| x*(N)  | `Toy.bits(n)`       |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from math import lcm
from typing import Any, TypeAlias

from exact_cbil.errors import CbilError, OutOfRange, shorten
from exact_cbil.numbers import RationalLike, rational, text

__all__ = ["MAX_VALUES", "Piece", "Toy", "polynomial_costs", "read_costs", "toy"]

MAX_VALUES = 50_000
"""The most values of x that are looked at."""


@dataclass(frozen=True)
class Piece:
    """For N in `(start, end]` the best number of bits is `bits`, at the cost f = `cost`.

    end: None stands for infinity.
    """

    start: Fraction
    end: Fraction | None
    bits: int
    cost: Fraction

    def to_json(self) -> dict[str, Any]:
        """Numbers as strings; `bits` is whole."""
        return {
            "from": text(self.start),
            "to": None if self.end is None else text(self.end),
            "bits": self.bits,
            "cost": text(self.cost),
        }


@dataclass(frozen=True)
class Toy:
    """`x*` as a step function of N > 0. Source: SPEC P1."""

    power: Fraction
    pieces: tuple[Piece, ...]

    @property
    def break_points(self) -> tuple[Fraction, ...]:
        """The N above which more bits of search are best than at it."""
        return tuple(piece.end for piece in self.pieces if piece.end is not None)

    def bits(self, instances: RationalLike) -> int:
        """`x*(N)`; of several best numbers of bits, the least.

        instances: N, any positive rational.
        """
        n = rational(instances, "instances")
        if n <= 0:
            raise OutOfRange("instances", n, "a positive number")
        return next(p.bits for p in self.pieces if p.end is None or n <= p.end)

    def to_json(self) -> dict[str, Any]:
        """The format `cbil-toy/1`."""
        return {
            "format": "cbil-toy/1",
            "power": text(self.power),
            "pieces": [piece.to_json() for piece in self.pieces],
        }


def toy(power: RationalLike, costs: Mapping[int, RationalLike]) -> Toy:
    """The step function `x*(N) = argmax over x with f(x) <= P of (P - f(x))/N + x`, for N > 0.

    power: P. costs: f as a table, from whole numbers x >= 0 to rationals; any f will do.
    Raises CbilError where no x has f(x) <= P. Source: SPEC P1.

    >>> found = toy(10, {0: 1, 1: 3, 2: 4, 3: 9})
    >>> [str(n) for n in found.break_points], found.bits(1), found.bits(2), found.bits(100)
    (['3/2', '5'], 0, 2, 3)
    """
    exact = rational(power, "power")
    for bits in costs:
        if type(bits) is not int or bits < 0:
            raise OutOfRange("costs", bits, "numbers of bits that are whole, from 0")
    priced = {x: rational(costs[x], f"cost of {x} bits") for x in sorted(costs)}
    allowed = [(x, cost) for x, cost in priced.items() if cost <= exact]
    if not allowed:
        raise CbilError(f"cost: no number of bits costs at most the power {shorten(exact)}")
    corners = _lower_hull(allowed)
    slopes = [_slope(one, two) for one, two in pairwise(corners)]
    ends = zip([Fraction(0), *slopes], [*slopes, None], corners, strict=True)
    return Toy(exact, tuple(Piece(start, end, *corner) for start, end, corner in ends))


Point: TypeAlias = tuple[int, Fraction]


def _lower_hull(points: Iterable[Point]) -> list[Point]:
    """The corners of the convex hull of a graph from below, from the last lowest point on."""
    # N > 0 changes nothing about which x is best in N times what is maximised, which is Nx - f(x)
    # and a constant: the line of slope N is pushed up against the graph of f from below. What it
    # touches are corners of the lower hull, and it turns from one to the next where N is the slope
    # of the edge between them. Where it lies on an edge, the left end is the least of the best.
    hull: list[Point] = []
    for point in points:
        while hull and (
            point[1] <= hull[-1][1]
            or (len(hull) > 1 and _slope(hull[-1], point) <= _slope(hull[-2], hull[-1]))
        ):
            hull.pop()
        hull.append(point)
    return hull


def _slope(one: Point, two: Point) -> Fraction:
    return (two[1] - one[1]) / (two[0] - one[0])


def read_costs(source: str, power: RationalLike) -> dict[int, Fraction]:
    """The costs that a text gives: ``"0,1,3/2"`` lists f(0), f(1), f(2); else a polynomial in x.

    source: untrusted. power: P, which bounds the x that a polynomial is taken at.
    Raises CbilError for anything else. Source: SPEC P1.

    >>> read_costs("x^2/2", 3)
    {0: Fraction(0, 1), 1: Fraction(1, 2), 2: Fraction(2, 1)}
    """
    if "," not in source:
        return polynomial_costs(_coefficients(source), power)
    if source.count(",") >= MAX_VALUES:
        raise OutOfRange("cost", source.count(",") + 1, f"at most {MAX_VALUES} values")
    words = enumerate(source.split(","))
    return {x: rational(word.strip(" "), f"cost of {x} bits") for x, word in words}


def _coefficients(source: str) -> list[Fraction]:
    from exact_cbil.parametric.parameters import Parameters, fraction_of
    from exact_cbil.parametric.polynomial import parse_polynomial

    found = parse_polynomial(source, Parameters({"x": (0, 1)}), "cost")
    coefficients = [Fraction(0)] * (1 + max((e for (e,) in found.monoms()), default=0))
    for (exponent,), coefficient in found.terms():
        coefficients[exponent] = fraction_of(coefficient)
    return coefficients


def polynomial_costs(coefficients: list[Fraction], power: RationalLike) -> dict[int, Fraction]:
    """The table of a polynomial f at all whole x >= 0 with `f(x) <= P`.

    coefficients: of x^0, x^1, and so on. The last one must be positive, else ever more bits would
    be within the power and none would be best. Raises CbilError for that, and where x goes up to
    more than MAX_VALUES.
    """
    exact = rational(power, "power")
    if len(coefficients) < 2 or coefficients[-1] <= 0:
        raise CbilError(
            "cost: expected a list of values or a polynomial that grows without bound: "
            "else no number of bits is best"
        )
    value = _evaluator(coefficients)
    last = 1
    while not _beyond_all_roots([coefficients[0] - exact, *coefficients[1:]], last):
        last *= 2
        if last > 2 * MAX_VALUES:
            raise CbilError(f"cost: more than {MAX_VALUES} bits are within the power")
    return {x: cost for x in range(last + 1) if (cost := value(x)) <= exact}


def _evaluator(coefficients: list[Fraction]) -> Callable[[int], Fraction]:
    common = lcm(*(c.denominator for c in coefficients))
    whole = [int(c * common) for c in reversed(coefficients)]
    return lambda x: Fraction(reduce(lambda total, c: total * x + c, whole, 0), common)


def _beyond_all_roots(coefficients: list[Fraction], place: int) -> bool:
    """Whether all coefficients of the polynomial around a place are positive: no root is above it.

    It is so from the largest real part of a root on, as each of its factors `y + a` and
    `(y + a)^2 + b^2` then has positive coefficients.
    """
    around = list(coefficients)
    for k in range(len(around)):
        for j in range(len(around) - 2, k - 1, -1):
            around[j] += place * around[j + 1]
        if around[k] <= 0:
            return False
    return True

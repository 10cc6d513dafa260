"""Boxes on which a polynomial is visibly non-negative: its Bernstein coefficients there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import cache
from math import comb
from typing import Any

from flint import fmpq, fmpq_mat

from bounds.check_potential import MAX_ITEMS, Claim, Polynomial, without_common_powers
from exact_cbil.numbers import text

__all__ = ["Box", "Unsettled", "base_near", "cut", "rows"]

Box = tuple[Fraction, Fraction, Fraction, Fraction]
Bases = tuple[Fraction, ...]

SMALLEST = Fraction(1, 2**10)
SQUARE: Box = (Fraction(0), Fraction(1), Fraction(0), Fraction(1))


class Unsettled(Exception):
    """Cutting did not settle a claim on `.box`: it is false there or too close to call."""

    def __init__(self, box: Box) -> None:
        self.box = box
        super().__init__(f"not settled on {', '.join(map(str, box))}")


def base_near(value: float) -> Fraction:
    """A short rational near a positive number, around which its logarithm is bounded."""
    return Fraction(max(round(value * 16), 1), 16)


def cut(
    claim: Claim, bases: Callable[[Box], Sequence[Bases]], *, line: bool = False
) -> list[tuple[Box, Bases]]:
    """Boxes that cover the unit square, each with bases for which the polynomial is >= 0 there.

    claim: from bases to the polynomial, as the checker makes it. bases: those to try on a box.
    line: the polynomial is in the second variable only. Raises Unsettled.
    """
    known: dict[Bases, Any] = {}
    done: list[tuple[Box, Bases]] = []
    pending = [SQUARE]
    while pending:
        box = pending.pop()
        for tried in bases(box):
            if tried not in known:
                known[tried] = _matrix(claim(tried))
            if _non_negative(known[tried], box):
                done.append((box, tried))
                break
        else:
            pending += _halves(box, line)
        if len(done) + len(pending) > MAX_ITEMS or box[3] - box[2] < SMALLEST:
            raise Unsettled(box)
    return sorted(done)


def _halves(box: Box, line: bool) -> Iterator[Box]:
    q0, q1, e0, e1 = box
    if q1 - q0 >= e1 - e0 and not line:
        middle = (q0 + q1) / 2
        yield from ((q0, middle, e0, e1), (middle, q1, e0, e1))
    else:
        middle = (e0 + e1) / 2
        yield from ((q0, q1, e0, middle), (q0, q1, middle, e1))


def rows(boxes: Sequence[tuple[Box, Bases]]) -> list[list[str]]:
    """The boxes as rows of a certificate."""
    return [[text(value) for value in (*box, *bases)] for box, bases in boxes]


def _matrix(polynomial: Polynomial) -> Any:
    """The coefficients, without the largest monomial factor."""
    terms = without_common_powers(polynomial)
    matrix = fmpq_mat(1 + max(i for i, _ in terms), 1 + max(j for _, j in terms))
    for (i, j), value in terms.items():
        matrix[i, j] = fmpq(value.numerator, value.denominator)
    return matrix


def _non_negative(matrix: Any, box: Box) -> bool:
    left = _to_bernstein(matrix.nrows() - 1, box[0], box[1])
    right = _to_bernstein(matrix.ncols() - 1, box[2], box[3])
    return all(value >= 0 for value in (left * matrix * right.transpose()).entries())


@cache
def _to_bernstein(degree: int, low: Fraction, high: Fraction) -> Any:
    """The matrix from coefficients of powers to Bernstein coefficients on [low, high]."""
    size = range(degree + 1)
    shift = [[comb(j, i) * low ** (j - i) if j >= i else 0 for j in size] for i in size]
    scale = [(high - low) ** i / comb(degree, i) for i in size]
    matrix = fmpq_mat(degree + 1, degree + 1)
    for i in size:
        for j in size:
            value = Fraction(sum(comb(i, k) * scale[k] * shift[k][j] for k in size))
            matrix[i, j] = fmpq(value.numerator, value.denominator)
    return matrix

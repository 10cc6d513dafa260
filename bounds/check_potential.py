"""Check certificates of potentials from their files: `python bounds/check_potential.py FILE...`.

Uses the standard library only and no code of the search. A certificate names a kind, the numbers
of the claim, and what is needed to re-check it:

| kind          | claim                                                                     |
|---------------|---------------------------------------------------------------------------|
| logarithm     | F with an atom at 1 and density c/t^2 is a potential for k alternatives   |
| joint         | the same, C and c smaller: the falls of the alternatives weighed together |
| powers        | F with an atom at 1 and density sum a_i t^(-i-2) is one for any number    |
| deterministic | C min(x, 1) is a potential if each alternative plays one action for sure  |
| multipliers   | no F for any number of alternatives has a constant below the value        |
| floor         | no F for k alternatives has a constant below the value; exponent 3        |
| divergence    | F = C min(x, 1) + c ln max(x, 1) pays for the squared divergence of T4a   |
| product       | Psi = 1 + c x up to 1, (1+c) sqrt(x) above: a moment of the query cubes   |

Exit code: 0 accepted, 1 rejected, 2 unreadable. The mathematics is in
bounds/potential/README.md. The search for certificates, `bounds.potential`, takes its polynomials
from here, and this file takes nothing from there.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from itertools import pairwise
from math import comb
from pathlib import Path
from typing import Any

FORMAT = "cbil-potential/1"
MAX_BYTES, MAX_DIGITS, MAX_ITEMS, MAX_EXPONENT, MAX_DEGREE = 1_000_000, 40, 1_000, 8, 6
"""Within these limits no certificate takes more than minutes, or much memory."""

RATIONAL = re.compile(r"-?(0|[1-9][0-9]*)(/[1-9][0-9]*)?", re.ASCII)

Polynomial = dict[tuple[int, int], Fraction]
Claim = Callable[[tuple[Fraction, ...]], Polynomial]
"""From the bases of a box, around which logarithms are bounded, to what must be >= 0 on it."""


class Malformed(Exception):
    """The file is not a certificate."""


class Rejected(Exception):
    """The certificate does not show its claim."""


def require(condition: bool, problem: str) -> None:
    """Reject the certificate unless the condition holds."""
    if not condition:
        raise Rejected(problem)


# Reading ---------------------------------------------------------------------------------------


class Fields:
    """The fields of a certificate; each must be read, each once, and there are no others."""

    def __init__(self, document: object) -> None:
        if not isinstance(document, dict):
            raise Malformed("expected a JSON object")
        self._left = dict(document)
        if self.take("format") != FORMAT:
            raise Malformed(f"format: expected {FORMAT!r}")

    def take(self, name: str) -> Any:
        """The field, which is then read."""
        if name not in self._left:
            raise Malformed(f"{name}: missing")
        return self._left.pop(name)

    def rational(self, name: str) -> Fraction:
        """The field, a rational."""
        return rational(self.take(name), name)

    def whole(self, name: str, least: int, most: int) -> int:
        """The field, a whole number within bounds."""
        value = self.take(name)
        if type(value) is not int or not least <= value <= most:
            raise Malformed(f"{name}: expected a whole number from {least} to {most}")
        return value

    def alternatives(self) -> int | None:
        """At most how many at a time; None for any number."""
        if self._left.get("alternatives", 0) is None:
            self.take("alternatives")
            return None
        return self.whole("alternatives", 1, 10**6)

    def rows(self, name: str, width: int) -> list[list[Fraction]]:
        """The field, rows of rationals."""
        value = self.take(name)
        if not isinstance(value, list) or not 0 < len(value) <= MAX_ITEMS:
            raise Malformed(f"{name}: expected a list of 1 to {MAX_ITEMS} rows")
        for row in value:
            if not isinstance(row, list) or len(row) != width:
                raise Malformed(f"{name}: expected rows of {width} rationals")
        return [[rational(cell, name) for cell in row] for row in value]

    def done(self) -> None:
        """Refuse a field that nobody has read."""
        if self._left:
            raise Malformed(f"unknown field {ascii(min(self._left))[:60]}")


def rational(value: object, name: str) -> Fraction:
    """An exact rational from its text; nothing else is one."""
    if not isinstance(value, str) or len(value) > MAX_DIGITS or not RATIONAL.fullmatch(value):
        raise Malformed(f"{name}: expected a rational such as '3/4' in a string")
    return Fraction(value)


# Polynomials in two variables ------------------------------------------------------------------


def plus(*terms: Polynomial) -> Polynomial:
    """The sum."""
    total: Polynomial = {}
    for term in terms:
        for power, coefficient in term.items():
            total[power] = total.get(power, Fraction(0)) + coefficient
    return {power: coefficient for power, coefficient in total.items() if coefficient}


def times(*factors: Polynomial | Fraction | int) -> Polynomial:
    """The product."""
    product: Polynomial = {(0, 0): Fraction(1)}
    for factor in factors:
        other = factor if isinstance(factor, dict) else {(0, 0): Fraction(factor)}
        parts: Polynomial = {}
        for (i, j), a in product.items():
            for (k, m), b in other.items():
                parts[i + k, j + m] = parts.get((i + k, j + m), Fraction(0)) + a * b
        product = parts
    return plus(product)


def power(base: Polynomial, exponent: int) -> Polynomial:
    """The power."""
    return times(*[base] * exponent)


ONE: Polynomial = {(0, 0): Fraction(1)}
FIRST: Polynomial = {(1, 0): Fraction(1)}
SECOND: Polynomial = {(0, 1): Fraction(1)}


def minus(p: Polynomial, q: Polynomial) -> Polynomial:
    """The difference."""
    return plus(p, times(-1, q))


def without_common_powers(p: Polynomial) -> Polynomial:
    """The polynomial over its largest monomial factor, which is non-negative on the square."""
    if not p:
        return p
    low, least = min(i for i, _ in p), min(j for _, j in p)
    return {(i - low, j - least): a for (i, j), a in p.items()}


def bernstein(coefficients: list[Fraction], low: Fraction, high: Fraction) -> list[Fraction]:
    """The coefficients on [low, high] in the Bernstein basis, from those of the powers."""
    shifted, degree = list(coefficients), len(coefficients) - 1
    for start in range(degree):  # Horner's scheme: the powers of x - low
        for i in range(degree - 1, start - 1, -1):
            shifted[i] += low * shifted[i + 1]
    width = high - low
    scaled = [a * width**i / comb(degree, i) for i, a in enumerate(shifted)]
    return [
        sum((comb(i, k) * scaled[k] for k in range(i + 1)), Fraction(0)) for i in range(degree + 1)
    ]


def non_negative(p: Polynomial, box: Iterable[Fraction]) -> bool:
    """Whether all Bernstein coefficients on [q0, q1] x [eta0, eta1] are; then so is p there.

    They are those of p without common powers, which are not negative on the square.
    """
    if not p:
        return True
    p = without_common_powers(p)
    q0, q1, eta0, eta1 = box
    rows, columns = 1 + max(i for i, _ in p), 1 + max(j for _, j in p)
    grid = [[p.get((i, j), Fraction(0)) for j in range(columns)] for i in range(rows)]
    grid = [bernstein(row, eta0, eta1) for row in grid]
    return all(a >= 0 for column in zip(*grid, strict=True) for a in bernstein([*column], q0, q1))


def covers(boxes: list[list[Fraction]]) -> bool:
    """Whether boxes [q0, q1, eta0, eta1] cover the unit square, cell by cell of all their cuts."""
    cuts = [sorted({box[i] for box in boxes} | {box[i + 1] for box in boxes}) for i in (0, 2)]
    if any(cut[0] > 0 or cut[-1] < 1 for cut in cuts):
        return False
    for a, b in pairwise(cuts[0]):
        column = sorted((box[2], box[3]) for box in boxes if box[0] <= a and b <= box[1])
        reached = Fraction(0)
        for low, high in column:
            if low > reached:
                return False
            reached = max(reached, high)
        if a < 1 and b > 0 and reached < 1:
            return False
    return True


# The logarithm ---------------------------------------------------------------------------------


def check_bound_of_the_logarithm() -> None:
    """Expand `ln(1+u) <= u (6+u)/(6+4u)` for u > -1.

    Both sides are 0 at u = 0, and the derivative of their difference is 4 u^3/((1+u)(6+4u)^2),
    which has the sign of u.
    """
    u = FIRST
    above, below = times(u, plus(times(6, ONE), u)), plus(times(6, ONE), times(4, u))
    slope = minus(times(plus(times(6, ONE), times(2, u)), below), times(4, above))
    difference = minus(times(slope, plus(ONE, u)), times(below, below))
    require(difference == times(4, u, u, u), "the bound of the logarithm")


def log_bound(value: Polynomial, unit: Polynomial, base: Fraction) -> tuple[Polynomial, Polynomial]:
    """N, D with `ln(value/unit) <= N/D` wherever value, unit > 0; D > 0 there.

    It is `ln(base) + u (6+u)/(6+4u)` for `1 + u = value/(base unit)`.
    """
    scaled = times(base, unit)
    excess = minus(value, scaled)
    below = plus(times(6, scaled), times(4, excess))
    above = times(excess, plus(times(6, scaled), excess))
    return plus(times(log_above(base), scaled, below), above), times(scaled, below)


def log_above(value: Fraction) -> Fraction:
    """A rational just above ln(value), for value > 0.

    value = 2^n m with 2/3 <= m <= 4/3; `ln m = 2 artanh((m-1)/(m+1))`, a series of one sign whose
    terms fall at least by the factor 1/9.
    """
    n = 0
    while value > Fraction(4, 3):
        value, n = value / 2, n + 1
    while value < Fraction(2, 3):
        value, n = value * 2, n - 1
    return _log_series(value)[1] + n * _log_series(Fraction(2))[n > 0]


def _log_series(value: Fraction) -> tuple[Fraction, Fraction]:
    z = (value - 1) / (value + 1)
    total = 2 * sum((z ** (2 * i + 1) / (2 * i + 1) for i in range(12)), Fraction(0))
    rest = 2 * z**25 / (25 * (1 - z * z))
    return min(total, total + rest), max(total, total + rest)


# Kinds of certificates -------------------------------------------------------------------------


def number(k: int | None) -> str:
    """How many alternatives a claim is about."""
    return "any number of alternatives" if k is None else f"at most {k} alternatives at a time"


def check_boxes(boxes: list[list[Fraction]], claim: Claim, what: str) -> None:
    """Reject unless the boxes cover the square and the claim's polynomial is >= 0 on each.

    A row is the four ends of a box and its bases.
    """
    known: dict[tuple[Fraction, ...], Polynomial] = {}
    for box in boxes:
        require(0 <= box[0] < box[1] <= 1 and 0 <= box[2] < box[3] <= 1, f"{what}: a box's ends")
        bases = tuple(box[4:])
        require(all(base > 0 for base in bases), f"{what}: a base that is not positive")
        if bases not in known:
            known[bases] = claim(bases)
        require(non_negative(known[bases], box[:4]), f"{what}: not shown on {shown(box)}")
    require(bool(boxes) and covers(boxes), f"{what}: the boxes leave a gap")


def shown(numbers: list[Fraction]) -> str:
    """A row as text."""
    return "[" + ", ".join(map(str, numbers)) + "]"


def logarithm_claims(
    m: int, alternatives: int | None, share: Fraction, constant: Fraction, slope: Fraction
) -> tuple[Claim, Claim]:
    """What F = C x, C + c ln x must satisfy above the threshold, and at it, in q and eta.

    Multiplied by weight^(m-1) in `gamma = (q eta)^m / weight^(m-1)`; for a share of 0 the weight is
    q, and one power of it is left.
    """
    q, eta = FIRST, SECOND
    rest, gain = minus(ONE, q), times(q, eta)
    if share:
        least = Fraction(1, alternatives) if alternatives else Fraction(0)
        weight = plus(times(1 - share, q), times(share * least, ONE))
        gamma, below = power(gain, m), power(weight, m - 1)
    else:
        gamma, below = times(q, power(eta, m)), ONE

    def above(bases: tuple[Fraction, ...]) -> Polynomial:
        fall, fall_unit = log_bound(minus(ONE, eta), ONE, bases[0])
        rise, rise_unit = log_bound(plus(rest, gain), rest, bases[1])
        loss = plus(times(q, fall, rise_unit), times(rest, rise, fall_unit))
        return minus(times(-slope, below, loss), times(gamma, fall_unit, rise_unit))

    def at(bases: tuple[Fraction, ...]) -> Polynomial:
        rise, unit = log_bound(plus(rest, gain), rest, bases[0])
        drop = minus(times(constant, gain, unit), times(slope, rest, rise))
        return minus(times(below, drop), times(gamma, unit))

    return above, at


def check_logarithm(fields: Fields) -> str:
    """F(x) = C x for x <= 1, C + c ln x above, with C - c = atom, for k alternatives at a time."""
    m = fields.whole("exponent", 3, MAX_EXPONENT) - 1
    k = fields.alternatives()
    share, constant, c = (fields.rational(name) for name in ("share", "constant", "slope"))
    above, at = fields.rows("above", 6), fields.rows("at", 5)
    fields.done()
    require(0 <= share <= 1 and 0 < c <= constant, "0 <= share <= 1 and 0 < slope <= constant")
    require(k is not None or share == 0, "share: 0 for any number of alternatives")
    claims = logarithm_claims(m, k, share, constant, c)
    check_boxes(above, claims[0], "above the threshold")
    check_boxes(at, claims[1], "at the threshold")
    return f"E sum theta^{m + 1} <= {constant} (1/w_d - 1)/tau, {number(k)}"


def root_bound(
    value: Polynomial, unit: Polynomial, base: Fraction
) -> tuple[Polynomial, Polynomial]:
    """N, D with `sqrt(value unit) <= N/D` wherever value, unit >= 0; D >= 0 there.

    Heron's second step from `base unit`: a mean of two numbers whose product is the square.
    """
    square = times(base * base, unit)
    above = plus(times(value, value), times(6, value, square), times(square, square))
    return above, times(4 * base, plus(value, square))


def product_claims(
    k: int | None, share: Fraction, rate: Fraction, slope: Fraction
) -> tuple[Claim, Claim]:
    """`Psi(x) (1 - rate gamma) >=` its mean after a query, above the threshold and at it.

    Variables: q, and f for the fall eta = f (2-f), so that sqrt(1-eta) = 1-f.
    """
    q, f = FIRST, SECOND
    fall = times(f, minus(times(2, ONE), f))
    rest, gain = minus(ONE, q), times(q, fall)
    weight, gamma = ONE, times(q, fall, fall)
    if k is not None:
        weight = plus(times(1 - share, q), times(share / k, ONE))
        gamma = times(gain, gain)

    def left(bases: tuple[Fraction, ...], scale: Fraction, low: Polynomial) -> Polynomial:
        rise, unit = root_bound(plus(rest, gain), rest, bases[0])
        paid = times(weight, minus(times(unit, minus(times(scale, ONE), low)), times(scale, rise)))
        return minus(paid, times(scale * rate, gamma, unit))

    def above(bases: tuple[Fraction, ...]) -> Polynomial:
        return left(bases, Fraction(1), times(q, minus(ONE, f)))

    def at(bases: tuple[Fraction, ...]) -> Polynomial:
        after = plus(ONE, times(slope, minus(ONE, fall)))
        return left(bases, 1 + slope, times(q, after))

    return above, at


def check_product(fields: Fields) -> str:
    """`Psi(x) = 1 + c x` up to 1 and `(1+c) sqrt(x)` above, exponent 3, k alternatives at a time.

    It is concave as c >= 1. For 1 <= x <= 1/(1-eta) the slack is concave in sqrt(x), so that x = 1
    and x (1-eta) >= 1 are enough.
    """
    fields.whole("exponent", 3, 3)
    k = fields.alternatives()
    share, rate, c = (fields.rational(name) for name in ("share", "rate", "slope"))
    above, at = fields.rows("above", 5), fields.rows("at", 5)
    fields.done()
    require(0 <= share <= 1 and rate > 0 and c >= 1, "0 <= share <= 1, 0 < rate and 1 <= slope")
    require(k is not None or share == 0, "share: 0 for any number of alternatives")
    claims = product_claims(k, share, rate, c)
    check_boxes(above, claims[0], "above the threshold")
    check_boxes(at, claims[1], "at the threshold")
    psi = f"1 + {c} x if x <= 1, else {1 + c} sqrt(x)"
    return f"E exp({rate} sum theta^3/N) <= geometric mean of Psi(z/tau), Psi = {psi}, {number(k)}"


def joint_claim(k: int, a: int, constant: Fraction, slope: Fraction, rising: bool) -> Polynomial:
    """What is to be >= 0 where a alternatives are at the threshold and k - a above, see `joint`.

    In T + U and U/(T + U); in T + U only if a = k. rising: whether S may be at its most.
    """
    b, total = k - a, FIRST
    at = times(total, SECOND if b else ONE)
    below = minus(times(6 * a, ONE), times(2, at))
    paid = plus(times(constant - slope, at, below), times(3 * slope, at, at))
    short = minus(times(total, total, below), paid)
    if not b:
        return times(-1, short)
    above = times(18 * slope, power(minus(total, at), 2), below)
    if not rising:
        return minus(above, times(9, short))
    left = minus(times(6, ONE), plus(times(4, total), times(2, at)))
    spread = times(left, minus(times(6, ONE), times(Fraction(1, b), left)))
    return minus(above, times(spread, short))


def joint_rises(k: int, a: int, box: Sequence[Fraction]) -> bool:
    """Whether Y = S (6 - S/b) is largest at the largest S, everywhere on a box."""
    return k - a > 1 or box[0] * (4 + 2 * box[2]) >= 3


def check_joint(fields: Fields) -> str:
    """The F of `check_logarithm` for k alternatives whose falls are weighed jointly, exponent 3.

    With t = q eta <= q and X = 6q - 4t >= 2t, so that sum (X + 4t) = 6 sum q <= 6, the bound of the
    logarithm makes the fall at least 18 c t^2/(X (6-X)) where x (1-eta) >= 1, and at least
    (C-c) t + 3 c t^2/(6-X), X >= 2t, at x = 1. For b of the first kind, whose t sum to T, and a of
    the second, whose t sum to U, Cauchy-Schwarz and Jensen give 18 c T^2/Y with Y = S (6 - S/b),
    S <= 6 - 4T - 6U, but Y = 9 if b = 1 and S > 3; and (C-c) U + 3 c U^2/(6a - 2U).
    """
    fields.whole("exponent", 3, 3)
    k = fields.whole("alternatives", 2, 64)
    constant, c = fields.rational("constant"), fields.rational("slope")
    rows = fields.rows("mixed", 5)
    fields.done()
    require(0 < c <= constant, "0 < slope <= constant")
    require(18 * c >= 36 - Fraction(36, k), "all above the threshold")  # the most of S (6 - S/k)
    alone = joint_claim(k, k, constant, c, rising=True)
    require(non_negative(alone, [Fraction(0), Fraction(1)] * 2), "all at the threshold")
    require(all(row[0] in range(1, k) for row in rows), "a row of no number at the threshold")
    for a in range(1, k):

        def claim(rising: tuple[Fraction, ...], a: int = a) -> Polynomial:
            return joint_claim(k, a, constant, c, rising[0] == 1)

        boxes = [row[1:] for row in rows if row[0] == a]
        boxes = [[*box, Fraction(1 if joint_rises(k, a, box) else 2)] for box in boxes]
        check_boxes(boxes, claim, f"{a} at the threshold")
    return f"E sum theta^3 <= {constant} (1/w_d - 1)/tau, {number(k)}"


def powers_claims(m: int, atom: Fraction, a: Sequence[Fraction]) -> tuple[Claim, Claim]:
    """D(x, y) >= (1-y/x)^m above the threshold, and across it, for a density of powers."""
    degree = len(a) - 1

    def above(bases: tuple[Fraction, ...]) -> Polynomial:
        # 1 <= y = r x <= x, with 1/x = 1 - u and r = 1 - u e.
        v, fall = minus(ONE, FIRST), times(FIRST, SECOND)
        r = minus(ONE, fall)
        log, unit = log_bound(r, ONE, bases[0])
        rest = times(power(r, degree), plus(times(a[0], fall), power(fall, m)))
        total = minus(times(-a[0], log, power(r, degree)), times(unit, rest))
        for i in range(1, degree + 1):
            ends = plus(ONE, times(-i - 1, power(r, i)), times(i, power(r, i + 1)))
            part = times(a[i] / (i * (i + 1)), power(v, i), power(r, degree - i), ends)
            total = plus(total, times(unit, part))
        return total

    def across(bases: tuple[Fraction, ...]) -> Polynomial:
        # y <= 1 <= x, with 1/x = 1 - u and y = 1 - z.
        u, z = FIRST, SECOND
        v, y = minus(ONE, u), minus(ONE, z)
        log, unit = log_bound(v, ONE, bases[0])
        drop = minus(times(atom, z), times(a[0], y, u))
        for i in range(1, degree + 1):
            first = times(Fraction(1, i), minus(ONE, power(v, i)))
            second = times(Fraction(1, i + 1), y, minus(ONE, power(v, i + 1)))
            drop = plus(drop, times(a[i], minus(first, second)))
        gain = power(minus(ONE, times(y, v)), m)
        return minus(times(unit, minus(drop, gain)), times(a[0], log))

    return above, across


def powers_mass(atom: Fraction, a: Sequence[Fraction]) -> Fraction:
    """The mass of w, atom + sum a_i/(i+1), which is the constant."""
    return atom + sum((a_i / (i + 1) for i, a_i in enumerate(a)), Fraction(0))


def check_powers(fields: Fields) -> str:
    """F with an atom at 1 and the density sum a_i t^(-i-2) above, for any number of alternatives.

    Its mass, the constant, is atom + sum a_i/(i+1).
    """
    m = fields.whole("exponent", 3, MAX_EXPONENT) - 1
    constant, atom = fields.rational("constant"), fields.rational("atom")
    a = [row[0] for row in fields.rows("coefficients", 1)]
    above, across = fields.rows("above", 5), fields.rows("across", 5)
    fields.done()
    require(len(a) <= MAX_DEGREE + 1, f"coefficients: at most {MAX_DEGREE + 1}")
    mass = powers_mass(atom, a)
    require(constant >= mass, f"the constant is below the mass {mass}")
    density = {(i, 0): a_i for i, a_i in enumerate(a) if a_i}
    pieces = [[Fraction(i, 8), Fraction(i + 1, 8), Fraction(0), Fraction(1)] for i in range(8)]
    require(atom >= 0 and a[0] > 0, "the atom is negative, or the first coefficient not positive")
    require(all(non_negative(density, piece) for piece in pieces), "the density: not shown >= 0")
    claims = powers_claims(m, atom, a)
    check_boxes(above, claims[0], "above the threshold")
    check_boxes(across, claims[1], "across the threshold")
    return f"E sum theta^{m + 1} <= {constant} (1/w_d - 1)/tau, {number(None)}"


def check_deterministic(fields: Fields) -> str:
    """F(x) = C min(x, 1) where every alternative plays one action for sure.

    A query multiplies the odds of an alternative that plays `a` by 1/p(a) or by 0; above the
    threshold its F falls by C (1 - p(a)), below by nothing. If all in the top set play the same
    action, theta <= 1 - p(a); if two differ, theta <= 1 and both fall.
    """
    exponent = fields.whole("exponent", 1, MAX_EXPONENT)
    constant = fields.rational("constant")
    fields.done()
    require(exponent >= 2, "one query with theta = 1-p pays 1-p with chance 1-p: exponent >= 2")
    # constant*(1-p) - (1-p)^(exponent-1) over (1-p):
    same = minus(times(constant, ONE), power(minus(ONE, FIRST), exponent - 2))
    require(non_negative(same, [Fraction(0), Fraction(1)] * 2), "all play the same action")
    # constant*((1-a) + (1-b)) - 1 is linear on the triangle a + b <= 1.
    corners = [(0, 0), (0, 1), (1, 0)]
    require(all(constant * (2 - a - b) >= 1 for a, b in corners), "two play different actions")
    return f"E sum theta^{exponent} <= sum of {constant} min(z/tau, 1), deterministic alternatives"


def check_multipliers(fields: Fields) -> str:
    """Rows (x, y, weight) that combine conditions on F to a lower bound of its constant.

    F(x) = int min(x, t) w(dt) must have D(x, y) = int_(y, x] (t-y) w(dt) >= (1-y/x)^(exponent-1)
    for x >= 1. If sum weight (t-y) [y < t <= x] <= 1 for all t, the mass of w is at least
    sum weight (1-y/x)^(exponent-1). In t the sum only rises, but where it drops past some x.
    """
    m = fields.whole("exponent", 3, MAX_EXPONENT) - 1
    value, rows = fields.rational("value"), fields.rows("multipliers", 3)
    fields.done()
    require(all(x >= 1 and 0 <= y < x and w >= 0 for x, y, w in rows), "a row out of range")
    opened = sorted(rows, key=lambda row: row[1])
    closed = sorted(rows, key=lambda row: row[0])
    level, offset, started = Fraction(0), Fraction(0), 0
    for x, y, w in closed:
        while started < len(opened) and opened[started][1] < x:
            level += opened[started][2]
            offset += opened[started][2] * opened[started][1]
            started += 1
        require(level * x - offset <= 1, f"the sum exceeds 1 at t = {x}")
        level, offset = level - w, offset - w * y
    total = sum((w * (1 - y / x) ** m for x, y, w in rows), Fraction(0))
    require(value <= total, "the value is above what the multipliers give")
    return f"no potential for E sum theta^{m + 1} has a constant below {value}"


def floor(k: int, q: Fraction) -> Fraction:
    """A rational just below `k q + c (1-q)/q ln(1/(1-q))`, see `check_floor`."""
    best = Fraction(1, max(k, 2))
    c = 2 * k * best * (1 - best)
    return k * q - c * (1 - q) / q * log_above(1 - q)


def check_floor(fields: Fields) -> str:
    """A lower bound of the constant for k alternatives at a time and exponent 3.

    Above 1, w has at least the density c/t^2, c = 2 max sum q_i (1-q_i), by k equal alternatives
    that fall a little. At x = 1, k that play none of their shares q <= 1/k require then
    C >= k q + c (1-q)/q ln(1/(1-q)).
    """
    k, value, chance = fields.alternatives(), fields.rational("value"), fields.take("chance")
    fields.done()
    if k is None:  # the limit as k grows and q = 1/k
        require(chance is None, "chance: null for any number of alternatives")
        require(value <= 3, "the value is above the floor")
    else:
        q = rational(chance, "chance")
        require(0 < q < 1 and k * q <= 1, "chance: expected 0 < q < 1 and k q <= 1")
        require(value <= floor(k, q), "the value is above the floor")
    return f"no potential for E sum theta^3, {number(k)}, has a constant below {value}"


def divergence_claim(c: Fraction) -> Claim:
    """`c (-U - e) e - (e + (1-e) U)^2`, over the square of a denominator, U from `log_bound`."""

    def claim(bases: tuple[Fraction, ...]) -> Polynomial:
        e, rest = SECOND, minus(ONE, SECOND)
        log, unit = log_bound(rest, ONE, bases[0])
        paid = times(-c, e, unit, plus(log, times(e, unit)))
        return minus(paid, power(plus(times(e, unit), times(rest, log)), 2))

    return claim


def check_divergence(fields: Fields) -> str:
    """`c (-ln(1-e) - e) >= phi(e)` on [0, 1), `phi(e) = (e + (1-e) ln(1-e))^2/e`; `C >= 1 + c`.

    By an upper bound U of ln(1-e): `c (-U - e) e >= (e + (1-e) U)^2`, as e + (1-e) ln(1-e) >= 0.
    """
    constant, c = fields.rational("constant"), fields.rational("slope")
    boxes = fields.rows("boxes", 5)
    fields.done()
    require(c > 0 and constant >= 1 + c, "0 < slope and constant >= 1 + slope")
    check_boxes(boxes, divergence_claim(c), "the gain")
    return f"E_g sum k <= sqrt(T S_4), S_4 = sum of {constant} min(x, 1) + {c} ln max(x, 1)"


KINDS: dict[str, Callable[[Fields], str]] = {
    "logarithm": check_logarithm,
    "joint": check_joint,
    "powers": check_powers,
    "deterministic": check_deterministic,
    "multipliers": check_multipliers,
    "floor": check_floor,
    "divergence": check_divergence,
    "product": check_product,
}


# Files -----------------------------------------------------------------------------------------


def check(document: object) -> str:
    """What a certificate shows, in words; raises Malformed or Rejected."""
    fields = Fields(document)
    kind = fields.take("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise Malformed(f"kind: expected one of {', '.join(KINDS)}")
    check_bound_of_the_logarithm()
    return KINDS[kind](fields)


def read(path: Path) -> object:
    """The JSON of a file; raises Malformed."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise Malformed(f"longer than {MAX_BYTES} bytes")
        return json.loads(content.decode(), object_pairs_hook=_distinct)
    except (OSError, ValueError, RecursionError) as problem:
        raise Malformed(" ".join(str(problem).split())) from None


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(dict(pairs)) < len(pairs):
        raise Malformed("a field given twice")
    return dict(pairs)


def main(arguments: list[str] | None = None) -> int:
    """Check every file named; the worst outcome is the exit code."""
    parser = argparse.ArgumentParser(description="Check certificates of potentials.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    worst = 0
    for path in parser.parse_args(arguments).files:
        name = str(path) if str(path).isprintable() else ascii(str(path))
        try:
            print(f"{name}: accepted: {check(read(path))}")
        except Rejected as problem:
            worst = max(worst, 1)
            print(f"{name}: REJECTED: {problem}")
        except (Malformed, MemoryError, RecursionError) as problem:
            worst = 2
            print(f"{name}: unreadable: {problem or type(problem).__name__}")
    return worst


def program() -> int:
    """`main`, whose exit code is 2 where the outcome could not be told: 1 means rejected."""
    try:
        if sys.stdout is not None:
            sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        worst = main()
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:  # the reader went away, or the disk is full
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 2
    return worst


if __name__ == "__main__":
    sys.exit(program())

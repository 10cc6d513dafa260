"""The family for T4b: alternatives that refuse a rare set in turn, and rise until they are caught.

An alternative whose turn it is, at level x, plays a set of the demonstrator's actions of share q
with `y/x` times their probability, and the others with more. So with `e = 1 - y/x`

    theta = q e,   k_t = q (1-e+theta) ln(1-e+theta) + (1-q)(1+theta) ln(1+theta).

An answer from the set lowers it to the level y, which is 1, or 0, and then the next one's turn
begins; any other answer raises it to the next level x' of the list, where

    x <= x' <= x (1 - q (1-e))/(1-q),

the right side being what it can rise by at most; at the last level it stays. The demonstrator and
those who wait are at their places all the while, and who is at a level of at least 1 is inside the
top set. With q such that `k_t` is nearly the same at all levels, `E_g sum k_t` over T steps is at
least that times the time until the last turn ends, or T.

| symbol | here           |
|--------|----------------|
| x      | `Turn.level`   |
| q      | `Turn.share`   |
| y      | `Turn.fall`    |
| e      | `Turn.lowered` |
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, isqrt, lcm
from typing import Any, Literal

from gmpy2 import mpq

from bounds.witness.reckoned import CARE, Reckoned, alike
from exact_cbil.enclosure import Real, ln
from exact_cbil.errors import CbilError, OutOfRange
from exact_cbil.numbers import text, to_fraction
from exact_cbil.strict_json import Part, Rational, parse_shape

__all__ = ["FORMAT", "Turn", "Turns", "TurnsDocument", "build_turns", "read_turns"]

FORMAT = "cbil-turns/1"
MOST_ALTERNATIVES, MOST_LEVELS, MOST_DIGITS = 10**18, 2_000, 12


@dataclass(frozen=True, slots=True)
class Turn:
    """What the alternative does at a level: it lowers a share, down to a level of 0 or 1."""

    level: Fraction
    share: Fraction
    fall: Fraction

    @property
    def lowered(self) -> Fraction:
        """`e = 1 - y/x`."""
        return 1 - self.fall / self.level

    @property
    def theta(self) -> Fraction:
        """The query probability `q e`."""
        return self.share * self.lowered

    @property
    def highest(self) -> Fraction:
        """The highest level to which an answer from outside the set can raise it."""
        return self.level * (1 - self.share * (1 - self.lowered)) / (1 - self.share)

    @property
    def divergence(self) -> Real:
        """`k_t`."""
        return _times_log(1 - self.lowered + self.theta) * self.share + _times_log(
            1 + self.theta
        ) * (1 - self.share)


def _times_log(x: Fraction) -> Real:
    return ln(x) * x


@dataclass(frozen=True)
class Turns:
    """So many alternatives, one after another, each from the first level on.

    Raises CbilError with the number of the level that is not as described above.
    """

    alternatives: int
    levels: tuple[Turn, ...]

    def __post_init__(self) -> None:
        if not 1 <= self.alternatives <= MOST_ALTERNATIVES:
            expected = f"a whole number from 1 to {MOST_ALTERNATIVES}"
            raise OutOfRange("alternatives", self.alternatives, expected)
        if not 1 <= len(self.levels) <= MOST_LEVELS:
            raise OutOfRange("levels", len(self.levels), f"from 1 to {MOST_LEVELS} levels")
        before: Turn | None = None
        for number, turn in enumerate(self.levels):
            self._check(f"levels[{number}]", turn, before)
            before = turn

    def _check(self, place: str, turn: Turn, before: Turn | None) -> None:
        for value in (turn.level, turn.share):
            if max(value.numerator, value.denominator) >= 10**MOST_DIGITS:
                raise CbilError(f"{place}: expected numbers of at most {MOST_DIGITS} digits")
        if before is None and turn.level != 1:
            raise OutOfRange(f"{place}.level", turn.level, "1, where every turn begins")
        if before is not None and not before.level <= turn.level <= before.highest:
            expected = f"from {text(before.level)} to {text(before.highest)}"
            raise OutOfRange(f"{place}.level", turn.level, expected)
        if not 0 < turn.share < 1:
            raise OutOfRange(f"{place}.share", turn.share, "a rational in (0, 1)")
        if turn.fall not in (0, 1) or turn.fall >= turn.level:
            raise OutOfRange(f"{place}.fall", turn.fall, "0, or 1 from above 1")

    @cached_property
    def rate(self) -> Fraction:
        """A rational just below the least `k_t` of the levels."""
        return min(turn.divergence.interval()[0] for turn in self.levels)

    @cached_property
    def duration(self) -> tuple[Fraction, Fraction]:
        """Mean and variance of how many steps one turn takes.

        For N steps until an answer and L from then on, `E (N+L)^2 = E N^2 + 2 E N E L + E L^2`.
        """
        waits = [1 / mpq(turn.theta) for turn in self.levels]
        means = self._totals(waits)
        squares = [
            (2 * wait - 1) * wait + 2 * wait * (mean - wait)
            for wait, mean in zip(waits, means, strict=True)
        ]
        mean = means[0]
        return to_fraction(mean), to_fraction(self._totals(squares)[0] - mean**2)

    def _totals(self, costs: list[mpq]) -> list[mpq]:
        """The expected sums, from each level on, of what each visit of a level costs.

        They are affine in that of the first level, from the last level back to the first.
        """
        affine: list[tuple[mpq, mpq]] = []
        for turn, cost in zip(reversed(self.levels), reversed(costs), strict=True):
            share, returns = mpq(turn.share), mpq(turn.share if turn.fall else 0)
            if affine:
                constant, slope = affine[-1]
                affine.append((cost + (1 - share) * constant, returns + (1 - share) * slope))
            else:
                affine.append((cost / share, returns / share))
        constant, slope = affine[-1]
        first = constant / (1 - slope)
        return [constant + slope * first for constant, slope in reversed(affine)]

    def reckoned(self) -> Reckoned:
        """The model of all alternatives, at a T that the turns outlast but for a chance 1/CARE.

        With m and v the mean and the variance of a turn, n turns end by `T <= n m` with
        probability at most `n v/(n m - T)^2`. Levels sum to at most n times the last one.
        Source: SPEC T4b.
        """
        mean, variance = (value * self.alternatives for value in self.duration)
        horizon = int(mean - isqrt(ceil(CARE * variance)))
        if horizon < 1:
            raise CbilError("turns: expected more alternatives, for a longer horizon")
        early = variance / (mean - horizon) ** 2
        actions = lcm(*(turn.share.denominator for turn in self.levels)) + 1
        margin = self.alternatives * ceil(self.levels[-1].level)
        numbers = alike(self.alternatives, margin, actions, horizon)
        total = self.rate * horizon * (1 - early)
        return Reckoned(numbers | {"divergence_sum": total}, ("divergence_sum",))

    def to_json(self) -> dict[str, Any]:
        """The turns in the format `cbil-turns/1`."""
        rows = [{"level": t.level, "share": t.share, "fall": t.fall} for t in self.levels]
        return {
            "format": FORMAT,
            "alternatives": self.alternatives,
            "levels": [{key: text(value) for key, value in row.items()} for row in rows],
        }


class TurnDocument(Part):
    """A turn of a level."""

    level: Rational
    share: Rational
    fall: Rational


class TurnsDocument(Part):
    """Alternatives that refuse a share of the actions in turn, level by level."""

    format: Literal["cbil-turns/1"]
    alternatives: int
    levels: list[TurnDocument]


def read_turns(content: bytes | str) -> Turns:
    """Read a file of turns. Raises InvalidModel or CbilError with the place of the first fault.

    >>> one = '{"level": "1", "share": "1/100", "fall": "0"}'
    >>> head = '{"format": "cbil-turns/1", "alternatives": '
    >>> read_turns(f'{head} 1, "levels": [{one}]' + "}").duration
    (Fraction(10000, 1), Fraction(99990000, 1))
    """
    shape = parse_shape(content, TurnsDocument, FORMAT)
    levels = tuple(Turn(turn.level, turn.share, turn.fall) for turn in shape.levels)
    return Turns(shape.alternatives, levels)


def build_turns(rate: float, height: float, alternatives: int, grid: int = 10**6) -> Turns:
    """Turns whose `k_t` is about `rate`, up to a level of `height`.

    Where half the actions would be too few for a fall to 1, it falls to 0. grid: denominator of
    shares and levels. Floats choose the numbers; what they give is exact.
    """
    level, turns = Fraction(1), []
    while level < height:
        fall = Fraction(level > 1 and _rate(0.5, float(1 - 1 / level)) >= rate)
        share = _share(rate, float(1 - fall / level), grid)
        turns.append(Turn(level, share, fall))
        level = Fraction(math.floor(turns[-1].highest * grid), grid)
    return Turns(alternatives, tuple(turns))


def _rate(share: float, lowered: float) -> float:
    theta = share * lowered
    low, high = 1 - lowered + theta, 1 + theta
    return share * low * math.log(low) + (1 - share) * high * math.log(high)


def _share(rate: float, lowered: float, grid: int) -> Fraction:
    """The least share, up to 1/2, at which `k_t` reaches the rate."""
    low, high = 0, grid // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _rate(middle / grid, lowered) >= rate else (middle, high)
    return Fraction(high, grid)

"""Alternatives that refuse sets of actions in turn, each at the levels of a list: for T4b and T1.

An alternative whose turn it is, at level x, plays a set of the demonstrator's actions of share q
with `y/x` times their probability, and the others with more. So with `e = 1 - y/x`

    theta = q e,   k_t = q (1-e+theta) ln(1-e+theta) + (1-q)(1+theta) ln(1+theta).

An answer from the set lowers it to the level y, which is another of the list, or 0, and then the
next one's turn begins; any other answer raises it to the highest level of the list that is at most

    x (1 - q (1-e))/(1-q),

which is what it can rise by at most. Or it rises by jumps, to a level z of the list: only answers
from another set raise it, whose share is then `q e/(z/x - 1)`, and all the rest leave it where it
is. The demonstrator and those who wait are at their places all
the while, and who is at a level of at least 1 is inside the top set.

For T4b, q is such that `k_t` is nearly the same at all levels, and all falls are to 1 or 0:
`E_g sum k_t` over T steps is at least that times the time until the last turn ends, or T. For the
query cubes one alternative is enough: each visit of a level lasts 1/theta steps and yields theta^2.

| symbol | here           |
|--------|----------------|
| x      | `Turn.level`   |
| q      | `Turn.share`   |
| y      | `Turn.fall`    |
| e      | `Turn.lowered` |
| z      | `Turn.rise`    |
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, isqrt, lcm
from typing import Any, Literal

from gmpy2 import mpq

from bounds.witness.reckoned import CARE, Reckoned, alike
from exact_cbil.errors import CbilError, OutOfRange
from exact_cbil.numbers import text, to_fraction
from exact_cbil.real import Real, ln
from exact_cbil.strict_json import Part, Rational, parse_shape

__all__ = [
    "FORMAT",
    "Turn",
    "Turns",
    "TurnsDocument",
    "build_jumps",
    "build_turns",
    "build_walk",
    "read_turns",
]

FORMAT = "cbil-turns/1"
MOST_ALTERNATIVES, MOST_LEVELS, MOST_DIGITS = 10**18, 2_000, 12


@dataclass(frozen=True, slots=True)
class Turn:
    """What the alternative does at a level: it lowers a share, by what takes it to the fall.

    rise: the level to which it jumps; None where all other answers raise it.
    """

    level: Fraction
    share: Fraction
    fall: Fraction
    rise: Fraction | None = None

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
    def jumping(self) -> Fraction:
        """The share of the answers that raise it to a level that is named."""
        assert self.rise is not None
        return self.theta / (self.rise / self.level - 1)

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

    levels: ascending from 1. Raises CbilError with the number of the one that is not as it should.
    """

    alternatives: int
    levels: tuple[Turn, ...]

    def __post_init__(self) -> None:
        if not 1 <= self.alternatives <= MOST_ALTERNATIVES:
            expected = f"a whole number from 1 to {MOST_ALTERNATIVES}"
            raise OutOfRange("alternatives", self.alternatives, expected)
        if not 1 <= len(self.levels) <= MOST_LEVELS:
            raise OutOfRange("levels", len(self.levels), f"from 1 to {MOST_LEVELS} levels")
        known = {Fraction(0)}
        for number, turn in enumerate(self.levels):
            place, least = f"levels[{number}]", max(known)
            for value in (turn.level, turn.share):
                if max(value.numerator, value.denominator) >= 10**MOST_DIGITS:
                    raise CbilError(f"{place}: expected numbers of at most {MOST_DIGITS} digits")
            if turn.level <= least or (least == 0) != (turn.level == 1):
                expected = "1, the first one" if least == 0 else f"above {text(least)}"
                raise OutOfRange(f"{place}.level", turn.level, expected)
            if not 0 < turn.share < 1:
                raise OutOfRange(f"{place}.share", turn.share, "a rational in (0, 1)")
            if turn.fall not in known:
                raise OutOfRange(f"{place}.fall", turn.fall, "0 or a lower level of the list")
            known.add(turn.level)
        for number, turn in enumerate(self.levels):
            if turn.rise is not None:
                place = f"levels[{number}].rise"
                if turn.rise not in known or turn.rise <= turn.level:
                    raise OutOfRange(place, turn.rise, "a higher level of the list")
                if turn.share + turn.jumping > 1:
                    raise OutOfRange(place, turn.rise, "a level so high that its set is not all")

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

    @cached_property
    def moves(self) -> tuple[tuple[int | None, int], ...]:
        """From each level, the numbers of those that an answer leads to, down (None: 0) and up."""
        levels = [turn.level for turn in self.levels]
        return tuple(
            (
                levels.index(turn.fall) if turn.fall else None,
                bisect_right(levels, turn.highest if turn.rise is None else turn.rise) - 1,
            )
            for turn in self.levels
        )

    def _totals(self, costs: list[mpq]) -> list[mpq]:
        """The expected sums, from each level on, of what each visit of a level costs.

        From the highest level down, each is written as an affine function of those of lower ones.
        """
        affine: dict[int, tuple[mpq, dict[int, mpq]]] = {}
        for number in reversed(range(len(costs))):
            turn, (down, up) = self.levels[number], self.moves[number]
            share = mpq(turn.share)
            raised = 1 - share if turn.rise is None else mpq(turn.jumping)
            constant, parts = costs[number], {up: raised}
            parts[number] = parts.get(number, 0) + 1 - share - raised
            if down is not None:
                parts[down] = parts.get(down, 0) + share
            while (highest := max(parts, default=-1)) > number:
                factor = parts.pop(highest)
                more, others = affine[highest]
                constant += factor * more
                for other, part in others.items():
                    parts[other] = parts.get(other, mpq(0)) + factor * part
            rest = 1 - parts.pop(number, mpq(0))
            own = {other: part / rest for other, part in parts.items()}
            affine[number] = (constant / rest, own)
        totals: list[mpq] = []
        for number in range(len(costs)):
            constant, parts = affine[number]
            totals.append(constant + sum(part * totals[other] for other, part in parts.items()))
        return totals

    def diverging(self) -> Reckoned:
        """The model of all alternatives, at a T that the turns outlast but for a chance 1/CARE.

        With m and v the mean and the variance of a turn, n turns end by `T <= n m` with
        probability at most `n v/(n m - T)^2`. Raises CbilError where n is too small for a T.
        Source: SPEC T4b.
        """
        mean, variance = (value * self.alternatives for value in self.duration)
        horizon = int(mean - isqrt(ceil(CARE * variance)))
        if horizon < 1:
            raise CbilError("turns: expected more alternatives, for a longer horizon")
        early = variance / (mean - horizon) ** 2
        return self._reckoned(horizon, "divergence_sum", self.rate * horizon * (1 - early))

    def yielding(self) -> Reckoned:
        """The same at a T by which the turns are over, but for a chance 1/CARE.

        If they are not, what they still yield is at most that of n turns from the best level on.
        Source: SPEC T1.
        """
        mean, variance = (value * self.alternatives for value in self.duration)
        horizon = int(mean) + isqrt(int(CARE * variance)) + 2
        late = variance / (horizon - mean) ** 2
        totals = self._totals([mpq(turn.theta) ** 2 for turn in self.levels])
        yielded = to_fraction(totals[0] - mpq(late) * max(totals)) * self.alternatives
        return self._reckoned(horizon, "query_cubes", yielded)

    def _reckoned(self, horizon: int, name: str, least: Fraction) -> Reckoned:
        """Levels sum to at most n times the last one."""
        # A set is a number of actions of equal chance; of jumps, the sets lie in one another.
        actions = lcm(*(turn.share.denominator for turn in self.levels)) + 1
        if any(turn.rise is not None for turn in self.levels):
            actions = 2 * len(self.levels) + 2
        margin = self.alternatives * ceil(self.levels[-1].level)
        numbers = alike(self.alternatives, margin, actions, horizon)
        return Reckoned(numbers | {name: least}, (name,))

    def to_json(self) -> dict[str, Any]:
        """The turns in the format `cbil-turns/1`."""
        rows = [
            {"level": t.level, "share": t.share, "fall": t.fall, "rise": t.rise}
            for t in self.levels
        ]
        return {
            "format": FORMAT,
            "alternatives": self.alternatives,
            "levels": [
                {key: text(value) for key, value in row.items() if value is not None}
                for row in rows
            ],
        }


class TurnDocument(Part):
    """What an alternative does at a level."""

    level: Rational
    share: Rational
    fall: Rational
    rise: Rational | None = None


class TurnsDocument(Part):
    """Alternatives that refuse sets of actions in turn."""

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
    levels = tuple(Turn(turn.level, turn.share, turn.fall, turn.rise) for turn in shape.levels)
    return Turns(shape.alternatives, levels)


def build_walk(steps: int, rise: int, height: int, grid: int = 10**6) -> Turns:
    """One alternative on powers of `rho = 1 + 1/steps`, which yields many query cubes.

    At level 1 it refuses so much that it dies or rises to rho^rise; above that, an answer moves it
    by one power, up to rho^height. grid: denominator of levels and shares.
    """
    levels = [Fraction(grid * (steps + 1) ** j // steps**j, grid) for j in range(height + 2)]
    turns = [Turn(levels[0], _reaching(levels[0], Fraction(0), levels[rise], grid), Fraction(0))]
    for low, level, high in zip(levels, levels[1:], levels[2:], strict=False):
        turns.append(Turn(level, _reaching(level, low, high, grid), low))
    return Turns(1, tuple(turns))


def _reaching(level: Fraction, fall: Fraction, high: Fraction, grid: int) -> Fraction:
    """The least share at which an answer can raise from one level to another."""
    return Fraction(ceil((high - level) / (high - fall) * grid), grid)


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


def build_jumps(share: Fraction, fineness: int, alternatives: int, grid: int = 10**11) -> Turns:
    """Turns of equal `k_t` that rise by jumps: the best that is known for T4b.

    share: q at level 1, in (0, 1). fineness: n, from 2; the levels above 1 are those at which e is
    k/n, for k from n/8. From the last one it does not rise. grid: as of `build_turns`. The ratio of
    `E_g sum k_t` to `sqrt(T S)` tends to `sqrt(V/3)` as share falls and the other two grow, with
    `V = 1 + integral of h(e)^2/e^3` over (0, 1). Source: SPEC W7.
    """
    if not 0 < share < 1 or not 2 <= fineness <= MOST_LEVELS:
        raise CbilError(
            f"jumps: expected a share in (0, 1) and a fineness from 2 to {MOST_LEVELS}, "
            f"got {text(share)} and {fineness}"
        )
    levels = [Fraction(fineness, fineness - k) for k in range(max(1, fineness // 8), fineness)]
    rate, turns = _rate(float(share), 1.0), [Turn(Fraction(1), share, Fraction(0), levels[0])]
    for level, above in zip(levels, [*levels[1:], None], strict=True):
        turns.append(Turn(level, _share(rate, float(1 - 1 / level), grid), Fraction(1), above))
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

"""The family for T7: one alternative that falls again and again, and lasts.

The demonstrator takes a rare action with probability q at every step, the alternative with q r. So

    theta = q (1 - r)

while the alternative is in the top set. There a rare answer, of probability q, lowers its level to
r times what it was, and any other raises it to rho times that, `rho = (1 - q r)/(1 - q)`. It starts
at level 1, and is in the top set as long as it is not below. So long the imitator seldom takes the
rare action, and B, "at most K rare actions by T", is likely; for the demonstrator it is not.

How `P_i(B)` is bounded below. Let every step be drawn as if the alternative stayed for ever: a
query, a rare action without one, or neither; and the answers, rare or not, on a list of their own.
Let the queries be at most n, the rare actions without a query at most K - j, and let among the
first n answers on the list at most j be rare, and come so late that no level is below 1. Then the
learner did all this, and B happened. The answers are independent of the rest, for which Cantelli's
inequality is enough: `P(X - E X >= d) <= v/(v + d^2)` for a variance v.

With `L = ln(1/P_d(B))`, as q falls and then `L^2/T` grows, `ln(1/P_i(B))` tends to `c L^2/T` with

    c = max over u in [0, 1] of (1-r)(1 - r^u - u(1-r))/(r ln r + 1 - r)^2,

which is least, 0.4728, at r = 1/20 or so (see SPEC W8).

| symbol | here             |
|--------|------------------|
| q      | `Lasting.share`  |
| r      | `Lasting.ratio`  |
| j      | `Lasting.falls`  |
| K      | `Lasting.most`   |
| n      | `Lasting.answers`|
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import count
from math import ceil, floor, isqrt

from flint import arb, ctx, fmpq
from gmpy2 import mpz

from bounds.witness.reckoned import Reckoned, alike
from exact_cbil.errors import CbilError, OutOfRange
from exact_cbil.real import Real, exp, ln

__all__ = ["Lasting", "at_most"]

DEVIATIONS = 2
"""How many standard deviations are left to the numbers of queries and of actions."""

MOST_STEPS, MOST_FALLS, MOST_DIGITS = 10**12, 800, 12


@dataclass(frozen=True)
class Lasting:
    """The alternative and its event, at a horizon T.

    share: q, in (0, 1/2]. ratio: r, in (0, 1). horizon: T. falls: j, how many are provided for.
    Raises OutOfRange, and CbilError where B is no less than what the demonstrator expects.
    Source: SPEC W8.
    """

    share: Fraction
    ratio: Fraction
    horizon: int
    falls: int

    def __post_init__(self) -> None:
        if not 0 < self.share <= Fraction(1, 2) or self.share.denominator >= 10**MOST_DIGITS:
            expected = f"a rational in (0, 1/2] of at most {MOST_DIGITS} digits"
            raise OutOfRange("share", self.share, expected)
        if not 0 < self.ratio < 1 or self.ratio.denominator >= 10**MOST_DIGITS:
            expected = f"a rational in (0, 1) of at most {MOST_DIGITS} digits"
            raise OutOfRange("ratio", self.ratio, expected)
        for name, value, most in (
            ("horizon", self.horizon, MOST_STEPS),
            ("falls", self.falls, MOST_FALLS),
        ):
            if not 1 <= value <= most:
                raise OutOfRange(name, value, f"a whole number from 1 to {most}")
        if self.most >= self.share * self.horizon:
            raise CbilError(
                f"horizon {self.horizon}: too short; expected fewer than "
                f"{floor(self.share * self.horizon)} rare actions, got up to {self.most}"
            )

    @cached_property
    def answers(self) -> int:
        """The most queries by T that are provided for."""
        return _outlying(self.horizon, self.share * (1 - self.ratio))

    @cached_property
    def most(self) -> int:
        """The most rare actions by T, with a query or without."""
        return self.falls + _outlying(self.horizon, self.share * self.ratio)

    @cached_property
    def event(self) -> Real:
        """`P_d(B)`."""
        return at_most(self.most, self.horizon, self.share)

    @cached_property
    def least(self) -> Real:
        """A lower bound on `P_i(B)`."""
        outside = Fraction(0)
        for mean, limit in (
            (self.share * (1 - self.ratio), self.answers),
            (self.share * self.ratio, self.most - self.falls),
        ):
            variance = self.horizon * mean * (1 - mean)
            outside += variance / (variance + (limit + 1 - self.horizon * mean) ** 2)
        odds = self.share / (1 - self.share)
        weighed = sum(
            (Fraction(int(ways)) * odds**k for k, ways in enumerate(self.ways())), Fraction(0)
        )
        return exp(ln(1 - self.share) * self.answers) * weighed * (1 - outside)

    @property
    def exponent(self) -> Real:
        """`ln(1/least) T/L^2`: about what c is at most."""
        length = ln(self.event)
        return ln(self.least) * -self.horizon / (length * length)

    def ways(self) -> Iterator[mpz]:
        """For each number of falls, in how many orders of n answers no level is below 1."""
        # Fall k must not come before answer b_k, the first n with rho^(n-k) r^k >= 1. The number of
        # orders of n answers with i falls satisfies a_i(n) - a_i(n-1) = a_{i-1}(n-1) from n = b_i
        # on, and a_i(b_i - 1) = 0. Sums of binomials, a_i(n) = sum_k c_k C(n, i-k), satisfy the
        # first, whatever the c; so c_i is what the second asks for.
        rise = (1 - self.share * self.ratio) / (1 - self.share)
        wait = (ln(1 / self.ratio) / ln(rise)).interval()[1]  # if more, fewer orders
        constants: list[mpz] = []
        last = _binomials(self.answers, self.falls)
        for i in range(self.falls + 1):
            first = i + ceil(i * wait)
            if first > self.answers:
                return
            before = _binomials(first - 1, i) if i else []
            constants.append(
                -sum((c * before[i - k] for k, c in enumerate(constants)), mpz(0)) if i else mpz(1)
            )
            yield sum((c * last[i - k] for k, c in enumerate(constants)), mpz(0))

    def reckoned(self) -> Reckoned:
        """The model by its numbers: alpha is so small that `pi_d` stays in the top set."""
        # rho = 1 + theta/(1-q), so rho^n <= exp(n theta/(1-q)), and 1/ln 2 < 3/2.
        rises = self.share * (1 - self.ratio) / (1 - self.share) * self.answers
        numbers = alike(1, 2 ** ceil(rises * 3 / 2), 2, self.horizon)
        return Reckoned(numbers, ("P_i",), {"P_i": self.least, "P_d": self.event})


def _outlying(trials: int, chance: Fraction) -> int:
    """The mean of a binomial law and some deviations more, rounded up."""
    mean = trials * chance
    return ceil(mean) + DEVIATIONS * (isqrt(ceil(mean * (1 - chance))) + 1)


def _binomials(n: int, most: int) -> list[mpz]:
    """`C(n, k)` for k from 0 to `most`."""
    found = [mpz(1)]
    for k in range(1, most + 1):
        found.append(found[-1] * (n - k + 1) // k)
    return found


def at_most(successes: int, trials: int, chance: Fraction) -> Real:
    """`P(X <= K)` of a binomial law, for K below its mean.

    >>> print(at_most(1, 4, Fraction(1, 2)).decimal(4))
    0.3125
    """

    def ball() -> arb:
        # From the term of K downwards each next term is smaller by a factor that falls: what comes
        # after the last one taken is at most a geometric series.
        p = arb(fmpq(chance.numerator, chance.denominator))
        largest = arb(trials + 1).lgamma() - arb(successes + 1).lgamma()
        largest -= arb(trials - successes + 1).lgamma()
        largest += p.log() * successes + (1 - p).log() * (trials - successes)
        found, term = arb(0), arb(1)
        for left in count(successes, -1):
            found += term
            factor = left * (1 - p) / ((trials - left + 1) * p)
            term *= factor
            rest = term / (1 - factor)
            if not rest > arb(2) ** -ctx.prec:
                return (found + arb(0).union(rest)) * largest.exp()
        raise AssertionError

    return Real(ball)

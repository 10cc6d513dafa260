"""The family for T4b: alternatives that refuse a rare set in turn, and may rise before they die.

The one whose turn it is stands at a level `y_0 = 1 < y_1 < ... < y_m`. At y_j it plays a set of
probability q_j with `1/y_j` of the demonstrator's chance, or not at all at 1, and another, of
probability p_j, with `y_(j+1)/y_j` times that. A query is answered from the first set and it falls
to 1, or dies; from the second, and it rises by one; from elsewhere, and it stays. With
`e_j = 1 - 1/y_j`, or 1 at level 1,

    theta = q_j e_j,    p_j = q_j e_j/(y_(j+1)/y_j - 1),    p_m = 0,

and q_j is such that every step diverges by about the same `k`. So `E_g sum k_t` is k times the
expected number of steps until all are dead, or T: with lifetimes of mean mu and variance v, that is
at least

    (N mu + T - sqrt(N v + (T - N mu)^2))/2,

as `(x)_+ = (x + |x|)/2` and `E|X| <= sqrt(E X^2)`. As q_0 falls, the levels fill the half-line and
N grows, the ratio to `sqrt(T S)` tends to `sqrt(V/3) = 0.6478` at `T = N mu`, with
`V = 1 + integral of h(e)^2/e^3` over (0, 1).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, log

from flint import fmpq, fmpq_mat

from bounds.witness.model import ASTRAY, Machine, class_at_threshold, odds_at_threshold
from exact_cbil.enclosure import LogSum, Real, root, smallest
from exact_cbil.errors import OutOfRange
from exact_cbil.history import Rule
from exact_cbil.model import Model
from exact_cbil.policy import constant
from exact_cbil.potential import CUBES, Potential, threshold
from exact_cbil.semimeasure import Semimeasure

__all__ = ["Turns"]

MOST_FINE = 1_000
MOST_CELLS = 100_000
"""The most probabilities that the machine of a model may have."""

OUT = "out"
FINENESS = 10**9
"""The denominators of the sets above level 1."""


@dataclass(frozen=True)
class Turns:
    """The class of N alternatives at level 1, with its horizon `N mu`, rounded up.

    alternatives: N, from 1. share: q_0, in (0, 1). fineness: n, from 2 to 1,000; the levels above 1
        are those at which e is k/n, for k from n/8. alpha: in (0, 1/(N - 1 + y_m)); by default a
        millionth of that. Raises OutOfRange, also where the sets of a level would overlap.

    >>> Turns(10**8, Fraction(1, 50000), 96).least_ratio().decimal(4)
    '0.6451'
    """

    alternatives: int
    share: Fraction
    fineness: int
    given_alpha: Fraction | None = None

    def __post_init__(self) -> None:
        if self.alternatives < 1:
            raise OutOfRange("alternatives", self.alternatives, "a whole number from 1")
        if not 0 < self.share < 1:
            raise OutOfRange("share", self.share, "a rational in (0, 1)")
        if not 2 <= self.fineness <= MOST_FINE:
            raise OutOfRange("fineness", self.fineness, f"a whole number from 2 to {MOST_FINE}")
        if max(self.lowered) + max(self.raised) > 1:
            raise OutOfRange("share", self.share, f"smaller, at the fineness {self.fineness}")

    @cached_property
    def levels(self) -> tuple[Fraction, ...]:
        """The y_j."""
        n = self.fineness
        return (Fraction(1), *(Fraction(n, n - k) for k in range(max(1, n // 8), n)))

    @cached_property
    def alpha(self) -> Fraction:
        """The learner's."""
        return self.given_alpha or 1 / (10**6 * self._most)

    @cached_property
    def losses(self) -> tuple[Fraction, ...]:
        """The e_j."""
        return (Fraction(1), *(1 - 1 / y for y in self.levels[1:]))

    @cached_property
    def lowered(self) -> tuple[Fraction, ...]:
        """The q_j: found by floats, which decide only how equal the divergences are."""
        wanted = _rounded_divergence(float(self.share), 1.0)
        found = [self.share]
        for loss in self.losses[1:]:
            low, high = 0.0, 1.0
            for _ in range(60):
                middle = (low + high) / 2
                enough = _rounded_divergence(middle, float(loss)) >= wanted
                low, high = (low, middle) if enough else (middle, high)
            found.append(Fraction(ceil(high * FINENESS), FINENESS))
        return tuple(found)

    @cached_property
    def raised(self) -> tuple[Fraction, ...]:
        """The p_j."""
        pairs = zip(self.levels, self.levels[1:], self.lowered, self.losses, strict=False)
        return (*(q * e / (above / y - 1) for y, above, q, e in pairs), Fraction(0))

    @cached_property
    def divergence(self) -> Real:
        """The least k of a step, over the levels."""
        listed = [_divergence(q, e) for q, e in zip(self.lowered, self.losses, strict=True)]
        least = listed[0]
        for value in listed[1:]:
            least = smallest(least, value)
        return least

    @cached_property
    def lifetime(self) -> tuple[Fraction, Fraction]:
        """Mean and variance of the number of steps of one alternative, by linear equations."""
        size = len(self.lowered)
        system = fmpq_mat(size, size)
        for j, (q, e, p) in enumerate(zip(self.lowered, self.losses, self.raised, strict=True)):
            leaves = q * e * (q + p)
            system[j, j] = _exact(leaves)
            if j:
                system[j, 0] = _exact(-q * e * q)
            if p:
                system[j, j + 1] = _exact(-q * e * p)
        ones = fmpq_mat([[fmpq(1)] for _ in range(size)])
        first = system.solve(ones)
        # E (1 + X)^2 = 1 + 2 E X + E X^2, and E X is the mean less one step.
        second = system.solve(2 * first - ones)
        mean, square = (Fraction(int(v[0, 0].p), int(v[0, 0].q)) for v in (first, second))
        return mean, square - mean**2

    @cached_property
    def horizon(self) -> int:
        """`N mu`, rounded up."""
        return ceil(self.alternatives * self.lifetime[0])

    def least_sum(self) -> Real:
        """A lower bound on `E_g sum_{t<T} k_t`, enclosed."""
        (mean, variance), steps = self.lifetime, self.horizon
        total = self.alternatives * mean
        spread = root(self.alternatives * variance + (steps - total) ** 2, 2)
        return self.divergence * (Real.of(total + steps) - spread) / 2

    def potential(self, of: Potential = CUBES) -> Real:
        """`S`, or the sum of another potential."""
        odds = odds_at_threshold(self._most, self.alpha)
        return of(odds / threshold(self.alpha)) * self.alternatives

    def least_ratio(self) -> Real:
        """A lower bound on the ratio of `E_g sum k_t` to `sqrt(T S)`. Source: SPEC T4b."""
        return self.least_sum() / root(self.potential() * self.horizon, 2)

    @property
    def _most(self) -> Fraction:
        """The most that the levels can be in sum."""
        return self.alternatives - 1 + self.levels[-1]

    def model(self) -> Model:
        """The class as a model; for few alternatives and levels, as every time is a step.

        Raises OutOfRange where it would be too large.
        """
        ends = sorted({Fraction(1), *self.lowered, *(1 - p for p in self.raised)})
        parts = dict(zip((f"a{n}" for n in range(len(ends))), ends, strict=True))
        starts = [Fraction(0), *ends]
        fair = {a: end - start for (a, end), start in zip(parts.items(), starts, strict=False)}
        cells = len(fair) * self.alternatives * len(self.lowered)
        if cells > MOST_CELLS:
            raise OutOfRange(
                "alternatives",
                self.alternatives,
                f"fewer, so that a model has at most {MOST_CELLS} probabilities",
            )
        machine: Machine = {OUT: (Semimeasure(fair), [])}
        for j, level in enumerate(self.levels):
            low = [a for a, end in parts.items() if end <= self.lowered[j]]
            high = [a for a, end in parts.items() if end > 1 - self.raised[j]]
            ratios = dict.fromkeys(fair, Fraction(1))
            ratios |= dict.fromkeys(low, 1 - self.losses[j])
            if high:
                ratios |= dict.fromkeys(high, self.levels[j + 1] / level)
            kept = {a: p * ratios[a] for a, p in fair.items()}
            emission = {**kept, ASTRAY: 1 - sum(kept.values(), Fraction(0))}
            for ahead in range(self.alternatives):
                fallen = f"{ahead}.0" if j else f"{ahead - 1}.0" if ahead else OUT
                rules = [Rule(fallen, action=a, queried=True) for a in low]
                rules += [Rule(f"{ahead}.{j + 1}", action=a, queried=True) for a in high]
                played = Semimeasure(fair) if ahead else Semimeasure(emission)
                machine[f"{ahead}.{j}"] = (played, rules)
        return class_at_threshold(
            constant(Semimeasure(fair)),
            {f"refuser-{turn}": f"{turn}.0" for turn in range(self.alternatives)},
            machine,
            actions=(*fair, ASTRAY),
            alpha=self.alpha,
            horizon=self.horizon,
            events={},
            most=self._most,
        )


def _exact(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def _divergence(share: Fraction, loss: Fraction) -> Real:
    """The `k` of a step: the set has `q(1 - e + theta)`, the rest `(1 - q)(1 + theta)`."""
    theta = share * loss
    ratios = {1 - loss + theta: share, 1 + theta: 1 - share}
    return Real.of(LogSum(Fraction(0), {r: r * p for r, p in ratios.items()}))


def _rounded_divergence(share: float, loss: float) -> float:
    theta = share * loss
    ratios = ((1 - loss + theta, share), (1 + theta, 1 - share))
    return sum(p * r * log(r) for r, p in ratios if r > 0)

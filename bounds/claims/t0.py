"""T0: what the bound on cubes alone says of events; the baseline that T5 is compared with."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from flint import arb, ctx, fmpq

from bounds.claim import Claim
from bounds.enclosure import Real
from bounds.evidence import Evidence
from bounds.verdict import Comparison


def smallest(potential: Real, horizon: int, y: Fraction) -> Real:
    """`inf over c > 0 of S/c + y exp(T^(2/3) c^(1/3))`.

    With `u = c^(1/3)` it is `S u^-3 + y exp(k u)`, `k = T^(2/3)`: convex in u. Its derivative is
    bracketed between points where the sign is certain; on a bracket [a, b] the first term is least
    at b and the second at a. Source: SPEC T0.
    """
    if y == 0 or potential.exact == 0:
        return Real.of(y)
    if horizon == 0:
        return Real.of(y)
    return Real(lambda: _enclose(potential, horizon, y))


def _enclose(potential: Real, horizon: int, y: Fraction) -> Any:
    bits = ctx.prec
    with ctx.workprec(bits + 32):
        s, chance = potential.ball(), arb(fmpq(y.numerator, y.denominator))
        k = arb(horizon).root(3) ** 2
        low, high = _bracket(s, chance, k)
        # Half the precision in u is all of it in the value: the derivative vanishes there.
        while True:
            middle = (low + high) / 2
            slope = chance * k * (k * middle).exp() - 3 * s / middle**4
            if slope > 0:
                high = middle
            elif slope < 0:
                low = middle
            else:
                break
            if high - low < high * arb(2) ** -bits:
                break
        lower = s / high**3 + chance * (k * low).exp()
        upper = s / middle**3 + chance * (k * middle).exp()
        return lower.union(upper)


def _bracket(s: Any, chance: Any, k: Any) -> tuple[Any, Any]:
    def rises(u: Any) -> bool:
        return bool(chance * k * (k * u).exp() > 3 * s / u**4)

    low = high = arb(1)
    while not rises(high):
        high *= 2
    while not chance * k * (k * low).exp() < 3 * s / low**4:
        low /= 2
    return low, high


def baseline(evidence: Evidence, y: Fraction) -> Real:
    """The right side of T0 for an event with `P_d(B) = y`. Source: SPEC T0."""
    least = smallest(Real.of(evidence.potential), evidence.model.horizon, y)
    return evidence.retention + least


def comparisons(evidence: Evidence) -> Iterator[Comparison]:
    """`P_i(B) <= retention + inf_c [...]` for every event of the model. Source: SPEC T0."""
    for name, chance in evidence.result.events.items():
        bound = baseline(evidence, chance.demonstrator)
        yield Comparison.of(f"P_i({name}) <= T0", chance.imitator, bound)


CLAIM = Claim(
    name="T0",
    title="Events, by cubes alone",
    latex=r"P_i(B) \le \frac{1/w_d-1}{1/\alpha-1} + \inf_c[S/c+P_d(B)e^{T^{2/3}c^{1/3}}]",
    plain="The bound on events that the bound on cubes gives without T4.",
    scope="same",
    status="proved by hand",
    comparisons=comparisons,
)

"""T0: what the bound on cubes alone says of events; the baseline that T5 is compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any

from flint import arb, ctx, fmpq

from bounds.claim import Claim
from bounds.evidence import Evidence
from bounds.verdict import Comparison
from exact_cbil.enclosure import LogSum, Real


def smallest(potential: Real, horizon: int, y: Fraction) -> Real:
    """`inf over c > 0 of S/c + y exp(T^(2/3) c^(1/3))`.

    With `u = c^(1/3)` it is `S u^-3 + y exp(k u)`, `k = T^(2/3)`: convex in u. Its derivative is
    bracketed between points where the sign is certain. Source: SPEC T0.
    """
    if y == 0 or horizon == 0 or potential.exact == 0:
        return Real.of(y)
    form = potential.form
    assert form is not None  # S, and every bound on it, has one
    return Real(lambda: _enclose(form, horizon, y, ctx.prec))


@lru_cache(maxsize=4096)
def _enclose(potential: LogSum, horizon: int, y: Fraction, bits: int) -> Any:
    """The infimum; many models of a grid share it."""
    with ctx.workprec(bits + 32):
        s, chance = potential.ball(), arb(fmpq(y.numerator, y.denominator))
        k = arb(horizon).root(3) ** 2

        def slope(u: Any) -> Any:
            return chance * k * (k * u).exp() - 3 * s / u**4

        low, high = _bracket(slope)
        # Half the precision in u is all of it in the value: the derivative vanishes there.
        while high - low > high * arb(2) ** -(bits // 2):
            middle = (low + high) / 2
            if slope(middle) > 0:
                high = middle
            elif slope(middle) < 0:
                low = middle
            else:
                break
        middle = (low + high) / 2
        value = s / middle**3 + chance * (k * middle).exp()
        # A convex function lies above its tangent.
        return value.union(value - abs(slope(middle)) * (high - low))


def _bracket(slope: Callable[[Any], Any]) -> tuple[Any, Any]:
    low = high = arb(1)
    while not slope(high) > 0:
        high *= 2
    while not slope(low) < 0:
        low /= 2
    return low, high


def baseline(evidence: Evidence, y: Fraction) -> Real:
    """The right side of T0 for an event with `P_d(B) = y`. Source: SPEC T0."""
    least = smallest(evidence.potential, evidence.model.horizon, y)
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
    status="checked in a proof assistant",
    comparisons=comparisons,
)

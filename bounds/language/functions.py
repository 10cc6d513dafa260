"""The functions that a candidate may name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from flint import arb, ctx, fmpq

from exact_cbil.enclosure import (
    INFINITY,
    LogSum,
    Real,
    Undecided,
    Undefined,
    compare,
    exp,
    largest,
    ln,
    power,
    root,
    smallest,
)
from exact_cbil.potential import CUBES, DIVERGENCE

__all__ = ["FUNCTIONS", "Function", "gaussian", "gaussian_any", "kl", "least_c", "transfer"]


@dataclass(frozen=True)
class Function:
    """A function of a candidate: what it means, how many arguments, and its value."""

    meaning: str
    arity: tuple[int, int]
    value: Callable[..., Real]


def kl(x: Real, y: Real) -> Real:
    """`d(x||y) = x ln(x/y) + (1-x) ln((1-x)/(1-y))`, plus infinity off the support.

    x, y: rationals in [0, 1]. Source: SPEC T5.

    >>> print(kl(Real.of(Fraction(1, 2)), Real.of(Fraction(1, 2))))
    0
    """
    one, other = _probability(x), _probability(y)
    logarithms: dict[Fraction, Fraction] = {}
    for p, q in ((one, other), (1 - one, 1 - other)):
        if p and not q:
            return INFINITY
        if p and p != q:
            logarithms[p / q] = p
    return Real.of(LogSum(Fraction(0), logarithms))


def transfer(divergence: Real, y: Real) -> Real:
    """`(divergence + ln 2)/ln(1/y)`, with its limits 0 at `y = 0` and plus infinity at `y = 1`.

    How much more than the demonstrator's chance y a law so close to its own can give an event.
    y: a rational in [0, 1]. Source: SPEC T5.
    """
    chance = _probability(y)
    if chance in (0, 1):
        return INFINITY if chance else Real.of(0)
    return (divergence + LN_2) / ln(1 / chance)


def least_c(cubes: Real, horizon: Real, y: Real) -> Real:
    """`inf over c > 0 of cubes/c + y exp(horizon^(2/3) c^(1/3))`.

    cubes: of the form `p + q ln r`, from 0. horizon: a whole number. y: a rational in [0, 1].
    Source: SPEC T0.
    """
    chance, steps = _probability(y), horizon.exact
    if cubes.form is None or steps is None or steps.denominator > 1 or steps < 0:
        raise Undefined("least_c needs a bound such as S, a whole horizon and a probability")
    form, k = cubes.form, int(steps)
    if form.sign() < 0:
        raise Undefined("least_c of a negative number")
    if chance == 0 or k == 0 or form.sign() == 0:
        return Real.of(chance)
    return Real(lambda: _infimum(form, k, chance, ctx.prec))


def gaussian(logarithms: Real, alternatives: Real, horizon: Real, y: Real) -> Real:
    """`min(PsiBar_3^(NT/(NT+L)) exp(-L^2/(4(NT+L))), 2^T y)` with `L = ln(1/y)`.

    0 at `y = 0`, where it says most, and infinite at `y = 1`, where it says nothing.

    How much more than the demonstrator's chance y, and retention, an event can have.
    logarithms: `N ln PsiBar_3`, the sum of `ln Psi_3(z/tau)` over the alternatives.
    alternatives, horizon: N and T, whole numbers from 0. y: a rational in [0, 1]. Source: SPEC T7.
    """
    chance = _probability(y)
    if chance in (0, 1):
        return INFINITY if chance else Real.of(0)
    surprise = ln(1 / chance)
    exponent = (logarithms * horizon - surprise * surprise / 4) / (
        alternatives * horizon + surprise
    )
    return smallest(exp(exponent), power(2, horizon) * chance)


def gaussian_any(cubes: Real, horizon: Real, y: Real) -> Real:
    """`4 T S/L^2 + y^(1/4)` with `L = ln(1/y)`; 0 at `y = 0`, infinite at `y = 1`.

    As `gaussian`, for any number of alternatives. Source: SPEC T7a.
    """
    chance = _probability(y)
    if chance in (0, 1):
        return INFINITY if chance else Real.of(0)
    surprise = ln(1 / chance)
    return cubes * horizon * 4 / (surprise * surprise) + root(chance, 4)


def cubic_root_potential(x: Real) -> Real:
    """`Psi_3(x) = 1 + 3x` on `[0, 1]`, and `4 sqrt(x)` above. Source: SPEC D9, T7."""
    order = compare(x, 1)
    if order is None:
        raise Undecided("on which side of 1 the potential is taken")
    return x * 3 + 1 if order <= 0 else root(x, 2) * 4


LN_2 = ln(2)


def _probability(value: Real) -> Fraction:
    exact = value.exact
    if exact is None or not 0 <= exact <= 1:
        raise Undefined("a probability is a rational from 0 to 1")
    return exact


@lru_cache(maxsize=4096)
def _infimum(cubes: LogSum, horizon: int, y: Fraction, bits: int) -> Any:
    """A ball around the infimum; many models of a grid share it.

    With `u = c^(1/3)` it is that of `cubes u^-3 + y exp(k u)`, `k = horizon^(2/3)`: convex in u, so
    its derivative is bisected between points where the sign is certain.
    """
    with ctx.workprec(bits + 32):
        s, chance = cubes.ball(), arb(fmpq(y.numerator, y.denominator))
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


def _fold(join: Callable[[Real, Real], Real]) -> Callable[..., Real]:
    def folded(first: Real, *rest: Real) -> Real:
        for value in rest:
            first = join(first, value)
        return first

    return folded


FUNCTIONS: Mapping[str, Function] = {
    "ln": Function("natural logarithm", (1, 1), ln),
    "exp": Function("exponential", (1, 1), exp),
    "sqrt": Function("square root", (1, 1), lambda x: root(x, 2)),
    "cbrt": Function("cube root", (1, 1), lambda x: root(x, 3)),
    "root": Function("root(x, n), n whole", (2, 2), root),
    "min": Function("the smallest", (1, 16), _fold(smallest)),
    "max": Function("the largest", (1, 16), _fold(largest)),
    "F": Function("3x up to 1, then 3 + 2 ln x (D9)", (1, 1), CUBES),
    "F_4": Function("34/25 x up to 1, then 34/25 + 9/25 ln x (T4a)", (1, 1), DIVERGENCE),
    "Psi_3": Function("1 + 3x up to 1, then 4 sqrt(x) (T7)", (1, 1), cubic_root_potential),
    "gaussian": Function(
        "gaussian(sum_z(ln(Psi_3(z/tau))), |Pi| - 1, T, y): what T7 adds to retention",
        (4, 4),
        gaussian,
    ),
    "gaussian_any": Function(
        "gaussian_any(S, T, y): 4 T S/ln(1/y)^2 + y^(1/4) (T7a)", (3, 3), gaussian_any
    ),
    "kl": Function("kl(x, y): the binary divergence x ln(x/y) + (1-x) ln((1-x)/(1-y))", (2, 2), kl),
    "transfer": Function(
        "transfer(D, y): (D + ln 2)/ln(1/y); 0 at y = 0, infinite at y = 1 (T5)", (2, 2), transfer
    ),
    "least_c": Function(
        "least_c(S, T, y): the infimum over c > 0 of S/c + y exp(T^(2/3) c^(1/3)) (T0)",
        (3, 3),
        least_c,
    ),
    "sum_z": Function("a sum over pi != pi_d, in which z is w(pi)/w_d", (1, 1), lambda x: x),
}
"""Every function by name. `sum_z(F(z/tau))` is S."""

"""The functions that a candidate may name."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from flint import arb, ctx, fmpq

from exact_cbil.potential import CUBES, DIVERGENCE, PSI_2, PSI_3
from exact_cbil.real import (
    INFINITY,
    LogSum,
    Real,
    Undefined,
    exp,
    largest,
    ln,
    power,
    root,
    sign,
    smallest,
)

__all__ = [
    "FUNCTIONS",
    "Function",
    "best_c",
    "gaussian",
    "gaussian_any",
    "kl",
    "least_c",
    "tailed",
    "transfer",
]


@dataclass(frozen=True)
class Function:
    """A function of a candidate: what it means, how many arguments, and its value.

    modelled: whether the value depends on the model, whose `Evidence` is then the first argument.
    """

    meaning: str
    arity: tuple[int, int]
    value: Callable[..., Real]
    modelled: bool = False


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
    return _least(cubes, horizon, y, 3)


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
    """`inf over c > 0 of cubes/c + sqrt(y) exp(sqrt(horizon c)/2)`; 0 at `y = 0`, infinite at 1.

    As `gaussian`, for any number of alternatives; cubes and horizon as of `least_c`.
    Source: SPEC T7a.
    """
    chance = _probability(y)
    return INFINITY if chance == 1 else _least(cubes, horizon, y, 2)


def best_c(cubes: Real, horizon: Real, y: Real) -> Real:
    """Nearly the c that attains `gaussian_any`, for positive arguments and y below 1."""
    form, steps, chance = _traded(cubes, horizon, y)
    return Real(lambda: _infimum(form, steps, chance, 2, ctx.prec)[1] ** 2 * 4 / steps)


def tailed(logarithms: Real, alternatives: Real, horizon: Real, y: Real) -> Real:
    """`PsiBar_2 e^(-c/(8N)) + y exp(horizon^(2/3) c^(1/3))`, at a c near the best.

    T0's term with T6's tail for S/c: y for an event, and `2^-n` for n queries or more.
    logarithms: `N ln PsiBar_2`. alternatives, horizon: N and T, whole numbers from 0. y: a rational
    in [0, 1]. Source: SPEC T6.
    """
    chance, count, steps = _probability(y), _whole(alternatives), _whole(horizon)
    if sign(logarithms) < 0:
        raise Undefined("a geometric mean of Psi_2 is at least 1")
    if chance == 0 or steps == 0 or count == 0:
        return Real.of(chance)  # c is as large, or as small, as one likes
    logarithm = min(float(logarithms / count), LARGE)
    c = _balance(logarithm, 8 * float(min(count, LARGE)), float(min(steps, LARGE)), chance)
    tail = exp(logarithms / count - Real.of(c / (8 * count)))
    return tail + exp(power(steps * steps * c, Fraction(1, 3))) * chance


LARGE = 10**100
"""From here on numbers count as this in `_balance`, whose floats could not take their products."""


@lru_cache(maxsize=4096)
def _balance(logarithm: float, scale: float, horizon: float, y: Fraction) -> Fraction:
    """A c near the best of `tailed`, found by floats: every c gives a bound that holds.

    The terms are equal at one c; beyond it the sum is larger, and below it is searched.
    """
    k, surprise = horizon ** (2 / 3), -float(ln(y))

    def logarithms(c: float) -> tuple[float, float]:
        return logarithm - c / scale, k * c ** (1 / 3) - surprise

    low, high = 0.0, scale * (logarithm + surprise + 1)
    for _ in range(64):
        middle = (low + high) / 2
        tail, rest = logarithms(middle)
        low, high = (middle, high) if tail > rest else (low, middle)

    def cost(c: float) -> float:
        tail, rest = logarithms(c)
        return max(tail, rest) + math.log1p(math.exp(-abs(tail - rest)))

    return Fraction(min((high * n / 256 for n in range(257)), key=cost))


def _least(cubes: Real, horizon: Real, y: Real, degree: int) -> Real:
    form, steps, chance = _traded(cubes, horizon, y)
    if chance == 0 or steps == 0 or form.sign() == 0:
        return Real.of(chance) if degree == 3 else root(chance, 2)
    return Real(lambda: _infimum(form, steps, chance, degree, ctx.prec)[0])


def _traded(cubes: Real, horizon: Real, y: Real) -> tuple[LogSum, int, Fraction]:
    chance, steps = _probability(y), _whole(horizon)
    if cubes.form is None:
        raise Undefined("a bound such as S, of the form p + q ln r, is needed")
    if cubes.form.sign() < 0:
        raise Undefined("a bound on cubes is not negative")
    return cubes.form, steps, chance


LN_2 = ln(2)


def _probability(value: Real) -> Fraction:
    exact = value.exact
    if exact is None or not 0 <= exact <= 1:
        raise Undefined("a probability is a rational from 0 to 1")
    return exact


def _whole(value: Real) -> int:
    exact = value.exact
    if exact is None or exact.denominator > 1 or exact < 0:
        raise Undefined("a horizon, or a number of alternatives, is a whole number from 0")
    return int(exact)


@lru_cache(maxsize=4096)
def _infimum(cubes: LogSum, horizon: int, y: Fraction, degree: int, bits: int) -> tuple[Any, Any]:
    """A ball around the infimum, and where it nearly is; many models of a grid share it.

    With `u = k c^(1/degree)` it is that of `cubes k^degree u^-degree + chance e^u`, where chance is
    y and `k = horizon^(2/3)` for degree 3, and for degree 2 sqrt(y) and `sqrt(horizon)/2`. That is
    convex in u, so its derivative is bisected between points where the sign is certain.
    """
    with ctx.workprec(bits + 32):
        s, chance = cubes.ball() * horizon**2, arb(fmpq(y.numerator, y.denominator))
        if degree == 2:
            s, chance = cubes.ball() * horizon / 4, chance.sqrt()
        if not s > 0:
            return arb("nan"), arb("nan")  # it takes more precision

        def slope(u: Any) -> Any:
            return chance * u.exp() - degree * s / u ** (degree + 1)

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
        value = s / middle**degree + chance * middle.exp()
        # A convex function lies above its tangent.
        return value.union(value - abs(slope(middle)) * (high - low)), middle


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
    "Psi_2": Function("1 + 5/3 x up to 1, then 8/3 sqrt(x) (T6)", (1, 1), PSI_2),
    "Psi_3": Function("1 + 3x up to 1, then 4 sqrt(x) (T7)", (1, 1), PSI_3),
    "gaussian": Function(
        "gaussian(sum_z(ln(Psi_3(z/tau))), |Pi| - 1, T, y): what T7 adds to retention",
        (4, 4),
        gaussian,
    ),
    "gaussian_any": Function(
        "gaussian_any(S, T, y): the infimum over c > 0 of S/c + sqrt(y) exp(sqrt(T c)/2) (T7a)",
        (3, 3),
        gaussian_any,
    ),
    "tailed": Function(
        "tailed(sum_z(ln(Psi_2(z/tau))), |Pi| - 1, T, y): what T0 adds to retention, by T6's tail",
        (4, 4),
        tailed,
    ),
    "moment": Function(
        "moment(x): E exp(x sum_t theta G), the exponential moment of T6",
        (1, 1),
        lambda evidence, rate: evidence.moment(rate),
        modelled=True,
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

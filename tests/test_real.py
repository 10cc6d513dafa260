"""Enclosures and comparisons, against mpmath at 200 digits and identities known by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounds.language.functions import best_c, gaussian, gaussian_any, kl, least_c, tailed
from bounds.verdict import Comparison
from exact_cbil.potential import PSI_2, PSI_3
from exact_cbil.real import INFINITY, LogSum, Real, Undefined, compare, exp, ln, power, root

positives = st.builds(Fraction, st.integers(1, 60), st.integers(1, 60))


def _inside(real: Real, true: mpmath.mpf, bits: int) -> bool:
    low, high = real.interval(bits)

    def mp(value: Fraction) -> mpmath.mpf:
        return mpmath.mpf(value.numerator) / value.denominator

    slop = mpmath.mpf(10) ** -150
    return bool(mp(low) - slop <= true <= mp(high) + slop)


@given(positives, positives, st.sampled_from([20, 64, 200]))
def test_enclosures_contain_the_true_value(x: Fraction, y: Fraction, bits: int) -> None:
    with mpmath.workdps(200):
        p, q = (mpmath.mpf(v.numerator) / v.denominator for v in (x, y))
        cases = [
            (ln(x) * y + 1, mpmath.log(p) * q + 1),
            (root(x, 3) / ln(y + 1), mpmath.cbrt(p) / mpmath.log(q + 1)),
            (exp(ln(x) * ln(y)), mpmath.exp(mpmath.log(p) * mpmath.log(q))),
            (root(Real.of(x) * ln(y + 1), 2), mpmath.sqrt(p * mpmath.log(q + 1))),
        ]
        for real, true in cases:
            assert _inside(real, true, bits)


@given(positives, positives, st.integers(1, 5), st.integers(1, 5))
def test_ties_of_logarithms_are_decided(x: Fraction, y: Fraction, m: int, n: int) -> None:
    assert compare(ln(x**m * y**n), ln(x) * m + ln(y) * n) == 0
    assert compare(ln(x**m * y**n) + Fraction(1, 10**60), ln(x) * m + ln(y) * n) == 1


def test_a_tie_of_six_primes_is_decided() -> None:
    ten, fifteen, six = (Fraction(n) for n in (10, 15, 6))
    pairs = {ten: Fraction(1), fifteen: Fraction(1), six: Fraction(-1), Fraction(25): Fraction(-1)}
    assert LogSum(Fraction(0), pairs).sign() == 0
    assert LogSum(Fraction(0), {**pairs, Fraction(26): Fraction(1, 10**40)}).sign() == 1


def test_logarithms_that_cancel_leave_a_rational() -> None:
    nothing = ln(324) * 2 - ln(18) * 4
    assert nothing.exact == 0
    assert [nothing.decimal(), str(nothing)] == ["0", "0"]
    assert str(ln(12) - ln(3) - ln(2) * 2 + Fraction(1, 3)) == "1/3"
    assert (ln(324) * 2 - ln(18) * 4 + ln(2) * Fraction(1, 10**4000)).exact is None


def test_a_common_factor_of_very_different_powers_is_found_quickly() -> None:
    assert (ln(2**300_000) - ln(8) * 100_000).exact == 0
    assert compare(ln(2**300_001), ln(8) * 100_000) == 1


def test_roots_of_sums_of_logarithms_are_compared_exactly() -> None:
    inner = ln(2) + 3
    assert compare(root(inner * 4, 2), root(inner, 2) * 2) == 0
    assert compare(root(inner * 4, 2), root(inner, 2) * 2 + Fraction(1, 10**50)) == -1
    assert compare(root(2, 2) * root(2, 2), 2) == 0


def test_a_slack_of_nothing_is_shown_as_nothing() -> None:
    """`2 ln 324 = 4 ln 18`: both sides of T1b on a class of equal odds."""
    even = Comparison.of("S <= T1b", ln(324) * 2 + 6, ln(18) * 4 + 6)
    assert even.order == 0
    assert str(even.slack) == "0"


def test_an_undecidable_tie_is_not_decided() -> None:
    assert compare(root(2, 2) + root(3, 2), root(3, 2) + root(2, 2)) is None


def test_a_number_is_equal_to_itself() -> None:
    """Also where it is of no form, or too large for a ball, and 1 to the power of such a one."""
    for number in (exp(root(2, 2) + root(3, 2)), power(2, power(2, power(1000, 1000)))):
        assert compare(number, number) == 0
        assert compare(power(1, number), 1) == 0


def test_infinity_is_above_everything() -> None:
    assert compare(INFINITY, Fraction(10**9)) == 1
    assert compare(INFINITY + 1, INFINITY) == 0


@pytest.mark.parametrize("y", [Fraction(1, 2), Fraction(1, 10**6), Fraction(1, 10**40)])
def test_the_baseline_infimum_agrees_with_a_search(y: Fraction) -> None:
    real = least_c(ln(3) + 3, Real.of(7), Real.of(y))
    with mpmath.workdps(60):
        s, k, p = 3 + mpmath.log(3), mpmath.cbrt(49), mpmath.mpf(y.numerator) / y.denominator

        def f(u: mpmath.mpf) -> mpmath.mpf:
            return s / u**3 + p * mpmath.exp(k * u)

        def slope(u: mpmath.mpf) -> mpmath.mpf:
            return mpmath.log(k * p / 3 / s) + k * u + 4 * mpmath.log(u)

        least = f(mpmath.findroot(slope, (mpmath.mpf("0.01"), 60), solver="bisect", tol=1e-50))
        low, high = real.interval(64)
        assert mpmath.mpf(low.numerator) / low.denominator <= least * (1 + mpmath.mpf(10) ** -40)
        assert mpmath.mpf(high.numerator) / high.denominator >= least * (1 - mpmath.mpf(10) ** -40)
        assert high - low < high / 2**40


def test_the_infima_of_a_huge_horizon_and_of_bounds_near_0_are_found() -> None:
    """Where `exp(k)` has no ball; and at `S = 3 ln 2 - 2.07944...`, whose first balls hold 0."""
    huge, half = Real.of(10**600), Real.of(Fraction(1, 2))
    digits = Fraction(2079441541679835928251696364374529704226500403080765762362, 10**57)
    for cubes in (Real.of(3), ln(2) * 3 - digits):
        for found, scaled in (
            (least_c(cubes, huge, half), least_c(cubes * 10**1200, Real.of(1), half)),
            (gaussian_any(cubes, huge, half), gaussian_any(cubes * 10**600, Real.of(1), half)),
        ):
            assert compare(found - scaled, found * Fraction(1, 10**20)) == -1
            assert compare(scaled - found, found * Fraction(1, 10**20)) == -1


def test_a_number_beyond_floats_is_rounded_to_infinity() -> None:
    huge = power(2, power(1000, 1000))
    assert (float(huge), float(huge * -1)) == (math.inf, -math.inf)
    assert math.isnan(float(power(2, power(2, power(1000, 1000)))))


def test_binary_divergence_off_the_support() -> None:
    zero, half = Real.of(0), Real.of(Fraction(1, 2))
    assert kl(half, zero) is INFINITY
    assert compare(kl(zero, half), ln(2)) == 0


def test_the_gaussian_tails_of_the_standard_example() -> None:
    """Eight equal policies, alpha = 1/100, T = 10^4, y = 10^-1000, against mpmath."""
    long, rare = Real.of(10**4), Real.of(Fraction(1, 10**1000))
    logarithms = ln(PSI_3(Real.of(99))) * 7
    with mpmath.workdps(200):
        surprise = 1000 * mpmath.log(10)
        exponent = 7 * mpmath.log(4 * mpmath.sqrt(99)) * 10**4 - surprise**2 / 4
        tail = mpmath.exp(exponent / (7 * 10**4 + surprise))
        assert _inside(gaussian(logarithms, Real.of(7), long, rare), tail, 64)
        # T7a at the c that it names is little worse than at the best c.
        tail = 36 * 10**4 / surprise**2 + mpmath.mpf(10) ** -250
        least = float(gaussian_any(Real.of(9), long, rare))
        assert float(tail) / 4 < least < float(tail)
        c = float(best_c(Real.of(9), long, rare))
        exponent = -500 * mpmath.log(10) + mpmath.sqrt(10**4 * c) / 2
        assert least == pytest.approx(float(9 / mpmath.mpf(c) + mpmath.exp(exponent)))
    assert gaussian(logarithms, Real.of(7), long, Real.of(1)) is INFINITY
    assert gaussian_any(Real.of(9), long, Real.of(1)) is INFINITY
    assert gaussian(logarithms, Real.of(7), long, Real.of(0)).exact == 0


@given(positives)
def test_the_root_potentials(x: Fraction) -> None:
    with mpmath.workdps(200):
        value = mpmath.mpf(x.numerator) / x.denominator
        for potential, slope in ((PSI_2, mpmath.mpf(5) / 3), (PSI_3, 3)):
            true = 1 + slope * value if x <= 1 else (1 + slope) * mpmath.sqrt(value)
            assert _inside(potential(Real.of(x)), true, 64)


def test_the_exponential_tail_is_that_of_a_c_near_the_best() -> None:
    """N = 1, PsiBar_2 = 8/3, T = 100: no c of a fine grid does better by half."""
    for zeros in (1, 20):
        rare = Real.of(Fraction(1, 10**zeros))
        found = tailed(ln(Fraction(8, 3)), Real.of(1), Real.of(100), rare)
        points = [10 ** (k / 200) for k in range(-2000, 800)]
        best = min(
            8 * math.exp(-c / 8) / 3 + 10**-zeros * math.exp((1e4 * c) ** (1 / 3))
            for c in points
            if c < 1e4
        )
        assert best * 0.999 < float(found) < best * 2
    nothing = tailed(ln(2), Real.of(1), Real.of(100), Real.of(0))
    assert nothing.exact == 0


@given(
    *[st.sampled_from([Fraction(n) for n in (0, 1, 3, 10**90, 10**400)])] * 3,
    st.sampled_from([Fraction(1, 2), Fraction(1, 10**400), Fraction(1)]),
)
def test_the_exponential_tail_has_a_value_wherever_it_means_something(
    logarithm: Fraction, count: Fraction, steps: Fraction, y: Fraction
) -> None:
    numbers = (logarithm, count, steps)
    assert not _tailed(numbers, y).ball() < 0
    for place, wrong in ((0, -1), (1, -1), (1, Fraction(1, 2)), (2, -1), (2, Fraction(3, 2))):
        with pytest.raises(Undefined):
            _tailed((*numbers[:place], wrong, *numbers[place + 1 :]), y)


def _tailed(numbers: Sequence[Fraction | int], y: Fraction) -> Real:
    logarithms, alternatives, horizon = map(Real.of, numbers)
    return tailed(logarithms, alternatives, horizon, Real.of(y))

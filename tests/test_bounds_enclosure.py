"""Enclosures and comparisons, against mpmath at 200 digits and identities known by hand."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounds.claims.t0 import smallest
from bounds.claims.t5 import binary_divergence
from bounds.enclosure import INFINITY, LogSum, Real, compare, exp, ln, root

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


def test_an_undecidable_tie_is_not_decided() -> None:
    assert compare(root(Real.of(2), 2) * root(Real.of(2), 2), 2) is None


def test_infinity_is_above_everything() -> None:
    assert compare(INFINITY, Fraction(10**9)) == 1
    assert compare(INFINITY + 1, INFINITY) == 0


@pytest.mark.parametrize("y", [Fraction(1, 2), Fraction(1, 10**6), Fraction(1, 10**40)])
def test_the_baseline_infimum_agrees_with_a_search(y: Fraction) -> None:
    real = smallest(ln(3) + 3, 7, y)
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


def test_binary_divergence_off_the_support() -> None:
    zero, half = Fraction(0), Fraction(1, 2)
    assert binary_divergence(half, zero) is INFINITY
    assert compare(binary_divergence(zero, half), ln(2)) == 0

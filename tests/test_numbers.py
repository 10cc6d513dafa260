"""The boundary: only exact rationals enter, and what leaves is exact or rounded correctly."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from random import Random
from typing import Any

import flint
import gmpy2
import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from exact_cbil import CbilError, Semimeasure, run
from exact_cbil.display import rounded
from exact_cbil.errors import InexactNumber, MassExceedsOne, NegativeMass, OutOfRange
from exact_cbil.modelfile import read_model, write_model
from exact_cbil.models import chain, rare_action, treacherous_turn
from exact_cbil.numbers import MAX_DIGITS, FractionSum, decimal, elide, rational, text
from exact_cbil.policy import constant, mix, noisy
from exact_cbil.potential import linear_potential, potential, prior_potential, threshold
from exact_cbil.real import Real, Undefined, compare, ln
from exact_cbil.testing.strategies import semimeasures
from tests.mutations import NO_RATIONALS

INEXACT: list[Any] = [
    *(0.5, 0.0, 1.0, float("nan"), float("inf"), np.float64(0.5), np.float32(0.5)),
    *(np.bool_(True), np.array(1), True, False, Decimal("0.5"), Decimal(1), 0.5 + 0j),
    *(sympy.Float("0.5"), sympy.pi, sympy.oo, sympy.true, flint.arb(1), gmpy2.mpfr(1)),
    *(mpmath.mpf(1), None, b"1/2", [1], (1, 2), *NO_RATIONALS),
]

NU = Semimeasure({"a": "1/2"})
PLACES: list[tuple[str, Callable[[Any], Any]]] = [
    ("stake", lambda x: rational(x, "stake")),
    ("mass of 'a'", lambda x: Semimeasure({"a": x})),
    ("mixture weight 1", lambda x: Semimeasure.mixture([(0, NU), (x, NU)])),
    ("mixture weight", lambda x: mix([(x, constant(NU))])),
    ("rate", lambda x: noisy(constant(NU), x, NU)),
    ("alpha", lambda x: treacherous_turn().with_alpha(x)),
    ("alpha", threshold),
    ("alpha", lambda x: chain(1, x)),
    ("eps", lambda x: rare_action(x)),
    ("prior of usual-only", lambda x: _with_prior(x)),
    ("x", potential),
    ("number", Real.of),
    ("number", ln),
    ("number", lambda x: ln(2) <= x),
    ("number", lambda x: ln(2) * x),
]


def _with_prior(weight: Any) -> Any:
    from dataclasses import replace

    return replace(rare_action(), prior={"demonstrator": "1/2", "usual-only": weight})


@pytest.mark.parametrize("value", INEXACT, ids=repr)
def test_inexact_numbers_are_refused_everywhere_and_named(value: Any) -> None:
    for argument, place in PLACES:
        with pytest.raises(InexactNumber) as caught:
            place(value)
        assert caught.value.argument == argument
        assert str(caught.value).startswith(f"{argument}: expected an exact rational")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("horizon", [1.0, True, np.int64(3), "3", Fraction(3), -1, 10**30, None])
def test_horizon_is_a_whole_number(horizon: Any) -> None:
    with pytest.raises(OutOfRange, match=r"^horizon: expected a whole number"):
        treacherous_turn().with_horizon(horizon)


@pytest.mark.parametrize("alpha", [0, "0", "-1/3", -1, "4/3", 2])
def test_alpha_lies_in_its_range(alpha: Any) -> None:
    with pytest.raises(OutOfRange, match=r"^alpha: expected a rational in \(0, 1\]"):
        treacherous_turn().with_alpha(alpha)


@given(st.fractions())
def test_rationals_of_other_libraries_are_exact(value: Fraction) -> None:
    p, q = value.numerator, value.denominator
    whole = [sympy.Integer(p), flint.fmpz(p), gmpy2.mpz(p)]
    for other in (sympy.Rational(p, q), flint.fmpq(p, q), gmpy2.mpq(p, q), *whole):
        exact = rational(other)
        assert type(exact) is Fraction
        assert type(exact.numerator) is type(exact.denominator) is int
        assert exact == (p if any(other is one for one in whole) else value)
    assert rational(np.int64(3)) == 3


@given(st.fractions())
def test_the_three_exact_forms_agree(value: Fraction) -> None:
    assert rational(value) == value
    assert rational(text(value)) == value
    assert rational(f"{3 * value.numerator}/{3 * value.denominator}") == value
    assert type(rational(value.numerator)) is Fraction


# -- semimeasures ----------------------------------------------------------------------------


SEMIMEASURES = semimeasures("abc", max_part=5)


@given(SEMIMEASURES, SEMIMEASURES, st.integers(0, 6), st.integers(0, 6))
def test_a_mixture_is_linear(nu: Semimeasure[str], rho: Semimeasure[str], c: int, d: int) -> None:
    c_share, d_share = Fraction(c, 12), Fraction(d, 12)
    mixed = Semimeasure.mixture([(c_share, nu), (d_share, rho)])
    assert all(mixed[x] == c_share * nu[x] + d_share * rho[x] for x in "abc")
    assert mixed.total == c_share * nu.total + d_share * rho.total


@given(SEMIMEASURES)
def test_an_image_keeps_the_mass(nu: Semimeasure[str]) -> None:
    image = nu.map(lambda x: "c" if x == "b" else x)
    assert dict(image.items()) == {
        x: mass for x, mass in (("a", nu["a"]), ("c", nu["b"] + nu["c"])) if mass
    }
    assert image.total == nu.total == sum(nu[x] for x in nu)


@given(SEMIMEASURES)
def test_equality_is_of_masses(nu: Semimeasure[str]) -> None:
    again = Semimeasure({x: nu[x] for x in "cba"})
    assert again == nu
    assert hash(again) == hash(nu)
    assert nu.deficit == 1 - sum(nu[x] for x in "abcd")
    assert nu.is_measure == (nu.deficit == 0)


def test_only_semimeasures_can_be_made() -> None:
    with pytest.raises(NegativeMass) as negative:
        Semimeasure({"a": "-1/7", "b": 1})
    assert (negative.value.element, negative.value.mass) == ("a", Fraction(-1, 7))
    with pytest.raises(MassExceedsOne) as heavy:
        Semimeasure({"a": "1/2", "b": "1/2", "c": Fraction(1, 10**50)})
    assert heavy.value.total == 1 + Fraction(1, 10**50)
    with pytest.raises(MassExceedsOne):
        Semimeasure.mixture([("1/2", NU), ("2/3", NU)])
    for rate in (2, "-1/2"):
        with pytest.raises(OutOfRange, match=r"^rate: "):
            noisy(constant(NU), rate, NU)
    with pytest.raises(CbilError):
        mix([("3/4", constant(NU)), ("1/2", constant(NU))])


# -- logarithms ------------------------------------------------------------------------------

positive = st.fractions(min_value=Fraction(1, 10**9), max_value=10**9)


def true_value(whole: Fraction, ratio: Fraction, digits: int) -> Fraction:
    """`whole + 2 ln(ratio)` by mpmath, to far more digits than are looked at."""
    with mpmath.workdps(digits):
        quotient = mpmath.mpf(ratio.numerator) / ratio.denominator
        exact = mpmath.mpf(whole.numerator) / whole.denominator
        sign, mantissa, exponent, _ = (exact + 2 * mpmath.log(quotient))._mpf_
        size = Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
        return -size if sign else size


@given(st.fractions(), positive, st.sampled_from([16, 64, 300]))
def test_enclosures_contain_the_number(whole: Fraction, ratio: Fraction, bits: int) -> None:
    low, high = (ln(ratio) * 2 + whole).interval(bits)
    slack = (abs(whole) + 100) / Fraction(10) ** 180
    assert low - slack <= true_value(whole, ratio, 200) <= high + slack
    assert high - low <= (abs(whole) + 100) * Fraction(16, 2**bits)


@given(st.fractions(max_denominator=10**6), positive, st.integers(1, 120), st.sampled_from([-1, 1]))
def test_comparisons_are_right_however_close(
    whole: Fraction, ratio: Fraction, places: int, side: int
) -> None:
    """Against rationals that differ from the number by less than any machine precision."""
    number = ln(ratio) * 2 + whole
    near = true_value(whole, ratio, 400) + side * Fraction(1, 10**places)
    if ratio == 1:
        near = whole + side * Fraction(1, 10**places)
    assert compare(number, near) == -side
    assert (number < near) == (number <= near) == (side > 0)
    assert (number > near) == (number >= near) == (side < 0)


@given(st.fractions(min_value=0, max_value=1000), st.integers(1, 30))
def test_potential_and_its_decimals(x: Fraction, digits: int) -> None:
    number = potential(x)
    exact = true_value(Fraction(3), x, 100) if x > 1 else 3 * x
    assert Decimal(number.decimal(digits)) == correctly_rounded(exact, digits)


def test_logarithms_of_no_number_are_refused() -> None:
    for argument in (0, -1):
        with pytest.raises(Undefined, match="not positive"):
            ln(argument)
    with pytest.raises(OutOfRange, match=r"^x: "):
        potential("-1/2")


# -- writing numbers -------------------------------------------------------------------------


def correctly_rounded(value: Fraction, digits: int) -> Decimal:
    context = Context(prec=digits, rounding=ROUND_HALF_EVEN, Emax=10**9, Emin=-(10**9))
    return context.divide(Decimal(value.numerator), Decimal(value.denominator))


sizes = st.integers(-(10**30), 10**30) | st.builds(
    lambda n, k: n * 10**k, st.integers(-(10**6), 10**6), st.integers(0, 6000)
)
numbers = st.builds(Fraction, sizes, sizes.filter(bool))


@given(numbers, st.integers(1, 40))
def test_decimals_are_correctly_rounded(value: Fraction, digits: int) -> None:
    shown = decimal(value, digits)
    assert re.fullmatch(r"-?\d+(\.\d+)?(e[+-]\d+)?", shown)
    assert Decimal(shown) == correctly_rounded(value, digits)


@given(st.integers(0, 10**8), st.integers(1, 8))
def test_decimals_round_half_to_even(n: int, digits: int) -> None:
    half = Fraction(2 * n + 1, 2 * 10**digits)
    for value in (half, half + Fraction(1, 10**60), half - Fraction(1, 10**60)):
        assert Decimal(decimal(value, digits)) == correctly_rounded(value, digits)


LONG = Fraction(10**6000 + 1, 3**9000)


def test_numbers_beyond_the_interpreters_limit() -> None:
    """CPython refuses to write integers of more than 4,300 digits; these are longer."""
    with pytest.raises(ValueError, match="digits"):
        str(LONG)
    numerator, _, denominator = text(LONG).partition("/")
    assert numerator == "1" + "0" * 5999 + "1"
    assert len(denominator) == 4295
    assert rational(text(LONG)) == LONG
    assert rational(text(-(LONG**2))) == -(LONG**2)
    assert Decimal(decimal(LONG, 12)) == correctly_rounded(LONG, 12)
    assert elide(LONG).startswith("1000..0001(6001 digits)/")


@given(numbers, st.integers(30, 60))
def test_elided_fractions_are_short(value: Fraction, width: int) -> None:
    shown = elide(value, width)
    whole = text(value)
    if len(whole) <= width:
        assert shown == whole
    assert len(shown) <= max(width, 60)
    for long, short in zip(whole.split("/"), shown.split("/"), strict=True):
        if short != long:
            head, _, rest = short.partition("..")
            assert long.startswith(head)
            assert long.endswith(rest[:4])
            assert f"({len(long)} digits)" in rest


def test_long_priors_are_added_by_gmp(monkeypatch: pytest.MonkeyPatch) -> None:
    """CPython's gcd is quadratic: of two numbers of 450,000 digits it takes ten seconds."""
    random = Random(0)
    p, q = (random.getrandbits(30_000) | 1 for _ in range(2))
    prior = {"demonstrator": Fraction(1, p), "traitor": Fraction(1, q)}
    prior["noisy"] = 1 - Fraction(1, p) - Fraction(1, q)
    document = write_model(treacherous_turn().with_horizon(2))
    document["prior"] = {name: text(weight) for name, weight in prior.items()}
    gcd = math.gcd

    def of_short_numbers(*numbers: int) -> int:
        assert sorted(number.bit_length() for number in numbers)[-2] < 10_000
        return gcd(*numbers)

    monkeypatch.setattr(math, "gcd", of_short_numbers)
    model = read_model(json.dumps(document))
    assert write_model(model)["prior"] == document["prior"]
    assert run(model).horizon == 2
    assert linear_potential(model) == 27 * (p - 1)
    s = prior_potential(model).form
    assert s is not None
    assert s.constant == 6


def test_number_strings_have_a_longest_length() -> None:
    assert rational("1/" + "1" * MAX_DIGITS).denominator > 1
    with pytest.raises(InexactNumber, match=f"a number of {MAX_DIGITS + 1} digits"):
        rational("1" * (MAX_DIGITS + 1))


@given(
    st.lists(st.tuples(st.integers(0, 10**40), st.integers(1, 10**40))),
    st.integers(1, 10**40),
    st.sampled_from([1, 64]),
)
def test_a_sum_that_is_not_reduced_is_the_same_number(
    terms: list[tuple[int, int]], denominator: int, bits: int
) -> None:
    exact = sum((Fraction(n, d) for n, d in terms), Fraction(0)) / denominator
    found = FractionSum([(gmpy2.mpz(n), gmpy2.mpz(d)) for n, d in terms], gmpy2.mpz(denominator))
    low, high = found.between(bits)
    assert low <= exact <= high
    assert (high - low) * denominator * 2**bits == len(terms)
    assert rounded(found) == rounded(exact)
    assert found == exact == found.reduced() == found.between()[0]

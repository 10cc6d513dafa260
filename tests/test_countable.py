"""Countable classes: what is listed decides, or the answer is "undecided"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exact_cbil import countable, imitator_step, run
from exact_cbil.countable import CountableClass, CountableModel, TooFewListed
from exact_cbil.errors import OutOfRange
from exact_cbil.history import Step
from exact_cbil.models import every_turn
from exact_cbil.policy import constant
from tests.commands import Outcome
from tests.test_digits import quantities

DIGITS = 20


def test_every_turn_agrees_with_the_class_cut_far_out() -> None:
    model = every_turn()
    found = model.run(DIGITS)
    cut = dict(quantities(run(model.cut(60), digits=DIGITS + 4)))
    tail = 2 * model.policies.bound(60)
    for name, enclosure in quantities(found):
        if enclosure is None:
            assert cut[name] is None
            continue
        assert enclosure.width * 10**DIGITS <= 1, name
        assert enclosure.lo - tail <= cut[name].hi, name
        assert cut[name].lo <= enclosure.hi + tail, name


def test_the_bound_of_the_theorem_holds() -> None:
    """T1 for a countable class: `E sum theta^3 <= E sum theta G <= S`."""
    for alpha in ("1/2", "1/10", "1/100"):
        model = every_turn(alpha, horizon=30)
        found = model.run(DIGITS)
        assert found.query_cubes.lo <= found.theta_gain.hi  # type: ignore[union-attr]
        assert found.theta_gain.hi <= model.prior_potential().lo  # type: ignore[union-attr]


@given(st.lists(st.sampled_from(["safe", "other"]), max_size=6), st.sampled_from(["1/3", "1/50"]))
def test_a_step_is_that_of_a_longer_list(answers: list[str], alpha: str) -> None:
    model = every_turn(alpha)
    history = tuple(Step(True, action, "x") for action in answers)
    found, longer = model.imitator_step(history), imitator_step(model.cut(40), history)
    assert found.top_set == longer.top_set
    assert found.minimum == longer.minimum
    for name, weight in found.posterior.items():
        assert abs(weight.middle - longer.posterior[name]) <= weight.width + found.unlisted


def lying(tail: Callable[[int], Any]) -> CountableModel:
    model = every_turn()
    return replace(model, policies=replace(model.policies, tail=tail))


@pytest.mark.parametrize(
    ("tail", "said"),
    [
        (lambda n: Fraction(n + 1), r"^tail\(\d+\): expected at most tail\(\d+\) = "),
        (lambda n: Fraction(1, 3**n), r"^tail\(\d+\): expected at least the weights it bounds"),
        (lambda n: Fraction(-1), r"^tail\(\d+\): expected a bound from 0"),
        (lambda n: 0.5**n, r"^tail\(\d+\): expected an exact rational"),
    ],
)
def test_a_tail_that_lies_is_refused(tail: Callable[[int], Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        lying(tail).run(DIGITS)
    with pytest.raises(ValueError, match=said):
        lying(tail).imitator_step(())


def test_weights_that_cannot_add_up_are_refused() -> None:
    short = CountableClass(
        lambda n: (Fraction(1, 4 ** (n + 1)), constant({"safe": 1})),
        tail=lambda n: Fraction(1, 3 * 4**n),
    )
    with pytest.raises(OutOfRange, match="total 1 together with the tail"):
        replace(every_turn(), policies=short).imitator_step(())


def test_a_tail_that_does_not_end_leaves_it_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(countable, "MOST_LISTED", 32)
    with pytest.raises(TooFewListed, match="undecided with 32 policies listed"):
        lying(lambda n: Fraction(1, 2**n) + Fraction(1, 2)).imitator_step(())
    with pytest.raises(TooFewListed, match="undecided with 32 policies listed"):
        lying(lambda n: Fraction(1, 2**n) + Fraction(1, 2)).run(DIGITS)


def test_where_nobody_listed_is_left_it_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(countable, "MOST_LISTED", 16)
    with pytest.raises(TooFewListed):
        every_turn().imitator_step((Step(True, "defect", "x"), Step(True, "safe", "x")))


def test_the_command_runs_the_shipped_class() -> None:
    shown = Outcome("run", "every-turn", "--digits", "20").out
    assert "Countably many policies, alpha 1/100, horizon 50" in shown
    assert "48.66988161809737612670..." in shown  # S, by hand: see test_its_potential


def test_its_potential() -> None:
    """S at alpha 1/100: every traitor of odds above tau = 1/99 pays `3 + 2 ln(99 z)`."""
    odds = [Fraction(1, 2 ** (n + 1)) for n in range(200)]
    above = [99 * z for z in odds if 99 * z > 1]
    below = sum((3 * 99 * z for z in odds if 99 * z <= 1), Fraction(0))
    import mpmath

    with mpmath.workdps(40):
        exact = sum((3 + 2 * mpmath.log(mpmath.mpf(x.numerator) / x.denominator)) for x in above)
        exact += mpmath.mpf(below.numerator) / below.denominator
        found = every_turn().prior_potential(20)
        assert mpmath.mpf(found.lo.numerator) / found.lo.denominator <= exact
        assert (
            exact <= mpmath.mpf(found.hi.numerator) / found.hi.denominator + mpmath.mpf(10) ** -30
        )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("run every-turn", "--digits: expected with countably many policies"),
        ("run every-turn --digits 4 --symmetric", "--symmetric: not for"),
        ("run every-turn --digits 4 --plot x.svg", "--plot: not for"),
        ("formula every-turn", "only `run --digits D` takes it"),
        ("profile every-turn", "only `run --digits D` takes it"),
        ("models every-turn", "countably many policies"),
    ],
)
def test_what_needs_a_finite_class_says_so(line: str, said: str) -> None:
    Outcome(*line.split()).assert_refused(said)

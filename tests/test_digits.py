"""Enclosed runs: every exact value lies in its enclosure, and wrong bounds are caught."""

from __future__ import annotations

import gc
import re
import weakref
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any
from unittest import mock

import pytest
from gmpy2 import mpz
from hypothesis import given
from hypothesis import strategies as st

from exact_cbil import digits, lower_law, run
from exact_cbil.digits import Attempt, Unreached, Watched
from exact_cbil.errors import CbilError, OutOfRange
from exact_cbil.interaction import Interaction
from exact_cbil.lower_law import LowerLaw
from exact_cbil.model import Model
from exact_cbil.models import SHIPPED, rare_action
from exact_cbil.numbers import Enclosure
from exact_cbil.result import Result
from exact_cbil.testing.strategies import models
from tests.commands import Outcome
from tests.conftest import examples

PLACES = (3, 12, 40)
TOTALS = (
    "queries",
    "query_cubes",
    "theta_gain",
    "chi_squared",
    "exclusion",
)
EXPECTATIONS = ("theta", "theta2", "theta3", "demonstrator_weight", "top_size")


def quantities(result: Result[Any]) -> Iterator[tuple[str, Any]]:
    """Every quantity of a result, by a name of its own."""
    for name in TOTALS:
        yield name, getattr(result, name)
    for event, chance in result.events.items():
        for law in ("demonstrator", "imitator", "guarded"):
            yield f"{law} of {event}", getattr(chance, law)
    for step in result.steps:
        for name in EXPECTATIONS:
            yield f"{name} at {step.t}", getattr(step, name)


def check(model: Model, found: Result[Enclosure], width: Fraction | None = None) -> None:
    """Every quantity of the exact run lies in its enclosure, and none is too wide."""
    exact = dict(quantities(run(model)))
    for name, enclosure in quantities(found):
        if exact[name] is None:
            assert enclosure is None
            continue
        assert exact[name] in enclosure, name
        assert width is None or enclosure.width <= width, name


@examples(60)
@given(models(max_horizon=8))
def test_every_exact_value_lies_in_its_enclosure(model: Model) -> None:
    for places in PLACES:
        check(model, run(model, digits=places), Fraction(1, 10**places))


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_models_are_enclosed(name: str) -> None:
    model = SHIPPED[name]().with_horizon(min(SHIPPED[name]().horizon, 16))
    for places in PLACES:
        check(model, run(model, digits=places), Fraction(1, 10**places))


def test_blocks_of_steps_enclose_what_single_steps_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lower_law, "LONG", 64)
    squared = set[int]()
    advanced = LowerLaw._advanced

    def spy(law: LowerLaw, blocks: Any, masses: Any, steps: int) -> Any:
        squared.add(len(blocks))
        return advanced(law, blocks, masses, steps)

    monkeypatch.setattr(LowerLaw, "_advanced", spy)
    model = rare_action("1/8", horizon=300)
    check(model, run(model, digits=12, times=[0, 1, 77, 255, 299]), Fraction(1, 10**12))
    assert max(squared) > 3


def attempt(model: Model, bits: int) -> Result[Enclosure]:
    """A run with so few bits that much of the mass is lost on the way."""
    return Attempt(Interaction(model), 40, bits, None, long=False).result(range(model.horizon))


@given(models(max_horizon=5), st.integers(1, 24))
def test_enclosures_hold_however_few_bits_there_are(model: Model, bits: int) -> None:
    check(model, attempt(model, bits))


def a_tenth_of_the_width(self: Attempt, ends: tuple[int, int], most: int = 1) -> Enclosure:
    low = Fraction(ends[0], 1 << self.bits)
    return Enclosure(low, low + (most - Fraction(ends[1], 1 << self.bits) - low) / 10)


def rounded_up(bits: int, numerator: int, denominator: int) -> int:
    return -((-numerator << bits) // denominator)


def without_the_lost_mass(self: LowerLaw, masses: dict[int, int], floors: Any) -> tuple[int, int]:
    below = sum(mass * floors(state)[0] for state, mass in masses.items()) >> self.bits
    most = -(-sum(floors(next(iter(masses)))) >> self.bits) if masses else 1
    return below, (most << self.bits) - below


def check_each(model: Model) -> None:
    for bits in range(4, 12):
        check(model, attempt(model, bits))


MUTANTS: list[tuple[type, str, Callable[..., Any]]] = [
    (Attempt, "enclosure", a_tenth_of_the_width),
    (LowerLaw, "chance", staticmethod(rounded_up)),
    (LowerLaw, "sums", without_the_lost_mass),
]


@pytest.mark.parametrize(
    ("owner", "method", "wrong"), MUTANTS, ids=lambda m: getattr(m, "__name__", m)
)
def test_a_wrong_error_bound_is_caught(
    owner: type, method: str, wrong: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = SHIPPED["defective"]().with_horizon(6)
    check_each(model)
    monkeypatch.setattr(owner, method, wrong)
    with pytest.raises((AssertionError, OutOfRange)):
        check_each(model)


@given(models(max_horizon=6), st.integers(1, 4))
def test_a_step_by_columns_is_a_step_by_rows(model: Model, columns: int) -> None:
    with mock.patch.object(lower_law, "COLUMNS", columns):
        law = LowerLaw(Watched(Interaction(model), digits.NEVER), 24)
        masses = {0: mpz(1) << law.bits}
        for _ in range(model.horizon):
            by_rows = law._applied(law.row, masses)
            states = len(law.chain.states)
            assert law._columns.applied(law._rows, states, masses, law.bits) == by_rows
            masses = by_rows


def test_an_enclosed_run_leaves_nothing_to_the_collector() -> None:
    interaction = Interaction(rare_action("1/8", horizon=9))
    attempt = Attempt(interaction, 12, 90, None, long=False)
    attempt.result(range(9))
    held = [weakref.ref(part) for part in (interaction.imitator_chain, attempt, attempt.law)]
    gc.disable()
    try:
        del interaction, attempt
        assert [part() for part in held] == [None] * 3
    finally:
        gc.enable()


def test_what_cannot_be_reached_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digits, "GUARD", -30)
    monkeypatch.setattr(digits, "ATTEMPTS", 1)
    with pytest.raises(Unreached, match=r"^12 digits were not reached: with masses of .* wide$"):
        run(rare_action("1/8"), digits=12)


def test_precision_rises_until_the_digits_are_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digits, "GUARD", -30)
    model = rare_action("1/8", horizon=40)
    check(model, run(model, digits=12), Fraction(1, 10**12))


@pytest.mark.parametrize("wrong", [0, -1, 1_001, True, "3"])
def test_a_wrong_number_of_digits_is_refused(wrong: Any) -> None:
    with pytest.raises(OutOfRange, match="digits"):
        run(rare_action("1/2"), digits=wrong)


def test_times_without_digits_are_refused() -> None:
    wrong: dict[str, Any] = {"times": [1]}
    with pytest.raises(CbilError, match="times"):
        run(rare_action("1/2"), **wrong)


@pytest.mark.parametrize("wrong", [(-1,), (0, 3), (True,), ("0",)])
def test_times_outside_a_run_are_refused(wrong: Any) -> None:
    with pytest.raises(OutOfRange, match="times"):
        run(rare_action("1/2", horizon=3), digits=3, times=wrong)


def test_chosen_times_may_come_in_any_order_and_twice() -> None:
    steps = run(rare_action("1/2", horizon=3), digits=6, times=[2, 0, 2]).steps
    assert [step.t for step in steps] == [0, 2]


def test_the_command_shows_digits_that_are_right() -> None:
    shown = Outcome("run", "treacherous-turn", "--digits", "12").out
    exact = run(SHIPPED["treacherous-turn"]())
    for name in ("query_cubes", "queries", "exclusion"):
        found = re.search(rf"{name} +│ +([0-9.]+?)\.\.\. ", shown)
        assert found is not None
        digit = Fraction(1, 10**12)
        assert 0 <= getattr(exact, name) - Fraction(found.group(1)) < digit


def test_the_command_writes_both_ends() -> None:
    found = Outcome("run", "rare-action", "--horizon", "9", "--digits", "5", "--json").json
    assert found["format"] == "cbil-enclosure/1"
    assert len(found["steps"]) == 9
    exact = run(rare_action().with_horizon(9)).queries
    assert Fraction(found["queries"]["lo"]) <= exact <= Fraction(found["queries"]["hi"])


@pytest.mark.parametrize("wrong", ["0", "x", "1.5", "99999", "-3", ""])
def test_the_command_refuses_other_digits(wrong: str) -> None:
    Outcome("run", "rare-action", "--digits", wrong).assert_refused("digits")


@given(st.fractions(0, 20), st.fractions(0, Fraction(1, 1000)), st.integers(0, 12))
def test_a_negative_enclosure_is_shown_as_its_mirror_image(
    low: Fraction, width: Fraction, places: int
) -> None:
    shown = Enclosure(low, low + width).decimal(places)
    if low > 0:
        assert Enclosure(-low - width, -low).decimal(places) == f"-{shown}"


@given(st.fractions(0, 20), st.fractions(0, Fraction(1, 1000)), st.integers(0, 12))
def test_an_enclosure_shows_only_digits_that_are_sure(
    low: Fraction, width: Fraction, places: int
) -> None:
    shown = Enclosure(low, low + width).decimal(places)
    if "+-" in shown:
        middle, off = shown.split(" +- ")
        unit = Fraction(1, 10 ** int(off.removeprefix("1e-")))
        for end in (low, low + width):
            assert abs(end - Fraction(middle)) <= unit
    elif shown.endswith("..."):
        digits_shown = Fraction(shown[:-3])
        unit = Fraction(1, 10 ** len(shown[:-3].partition(".")[2]))
        assert digits_shown <= low
        assert low + width < digits_shown + unit
    else:
        assert width == 0
        assert Fraction(shown) == low


def test_chosen_alphas_of_a_profile_are_enclosed() -> None:
    line = ["profile", "rare-action", "--horizon", "9", "--digits", "7"]
    found = Outcome(*line, "--alphas", "1/20,1/10", "--json").json
    assert found["format"] == "cbil-enclosed-profile/1"
    for piece, alpha in zip(found["pieces"], ("1/20", "1/10"), strict=True):
        exact = run(rare_action(alpha=alpha, horizon=9)).queries
        assert Fraction(piece["queries"]["lo"]) <= exact <= Fraction(piece["queries"]["hi"])
    Outcome(*line).assert_refused("--digits: goes with --alphas")

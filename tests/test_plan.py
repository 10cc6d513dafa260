"""Choosing alpha: against the formulas in floats on a fine grid, and against the claims."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounds.claims import claim_named
from bounds.evidence import Evidence
from bounds.language.scene import Scene
from bounds.planner import NEGLIGIBLE, TOLERANCE, Situation, plan
from exact_cbil.errors import CbilError
from exact_cbil.interaction import run
from exact_cbil.models import SHIPPED, rare_action, treacherous_turn
from exact_cbil.potential import prior_potential
from exact_cbil.real import compare
from tests.commands import Outcome
from tests.conftest import examples


def bound(prior: float, horizon: int, chance: float, policies: int | None, alpha: float) -> float:
    """The least of the bounds of T5, T7 and T7a in floats, from their definitions."""
    tau = alpha / (1 - alpha) if alpha <= 0.5 else 1.0
    odds, surprise = 1 / prior - 1, math.log(1 / chance)
    cubes, gaussian = 3 * odds / tau, math.inf
    if policies is not None:
        count = policies - 1
        x = odds / (count * tau)
        cubes = count * (3 * x if x <= 1 else 3 + 2 * math.log(x))
        top = count * math.log(1 + 3 * x if x <= 1 else 4 * math.sqrt(x)) * horizon
        exponent = (top - surprise**2 / 4) / (count * horizon + surprise)
        gaussian = math.exp(min(exponent, horizon * math.log(2) - surprise))
    points = (surprise**2 / horizon * k / 100 for k in range(1, 100))
    any_class = min(cubes / c + math.exp((math.sqrt(horizon * c) - surprise) / 2) for c in points)
    linear = (math.sqrt(horizon * cubes) + math.log(2)) / surprise
    return odds / (1 / alpha - 1) + min(linear, gaussian, any_class)


@examples(8)
@given(
    st.sampled_from(["1/2", "1/10", "9/10", "1/1000"]),
    st.sampled_from([1, 7, 1000, 10**6]),
    st.integers(1, 200),
    st.sampled_from([None, 2, 5, 1000]),
)
def test_no_alpha_on_a_grid_does_better(
    prior: str, horizon: int, zeros: int, policies: int | None
) -> None:
    situation = Situation(Fraction(prior), horizon, Fraction(1, 10**zeros), policies)
    chosen = plan(situation)
    assert chosen.least is not None
    values = [
        bound(float(Fraction(prior)), horizon, 10.0**-zeros, policies, 10 ** (-k / 20))
        for k in range(1, 160)
    ]
    value = float(situation.bound(chosen.claim, chosen.alpha).decimal(12))
    assert value == pytest.approx(
        bound(float(Fraction(prior)), horizon, 10.0**-zeros, policies, float(chosen.alpha)),
        rel=1e-2,  # the c of T7a is of a grid there
    )
    assert float(chosen.least) <= min(values) * (1 + 1e-9)
    least = max(float(chosen.least), float(NEGLIGIBLE))
    assert value <= least * (1 + float(TOLERANCE)) * (1 + 1e-9)


def test_the_standard_example() -> None:
    """Eight equal policies at alpha = 1/100, T = 10^4, y = 10^-1000: T7's term is no underflow."""
    situation = Situation(Fraction(1, 8), 10**4, Fraction(1, 10**1000), policies=8)
    chosen = plan(situation, alpha=Fraction(1, 100))
    assert (chosen.alpha, chosen.claim, chosen.least) == (Fraction(1, 100), "T7", None)
    assert situation.bound("T3", chosen.alpha).decimal(3) == "0.0707"
    beyond = {name: situation.beyond(name, chosen.alpha) for name in situation.event_claims}
    assert beyond["T5"].decimal(3) == "0.401"
    assert beyond["T7"].decimal(2) == "3.9e-7"
    low, high = beyond["T7"].interval()
    assert 0 < low < high < Fraction(4, 10**7)
    best = plan(situation)
    assert situation.bound("T7", best.alpha) < Fraction(4, 10**5)


def test_a_horizon_so_short_that_smaller_is_always_better() -> None:
    """Beyond retention `2^T y` is all: retention is made a ten-thousandth of it."""
    situation = Situation(Fraction(1, 2), 4, Fraction(1, 10**12), policies=2)
    chosen = plan(situation)
    assert chosen.least == Fraction(16, 10**12)
    assert situation.bound("T7", chosen.alpha) <= chosen.least * (1 + TOLERANCE)


def test_what_is_too_small_to_matter_ends_the_search() -> None:
    chosen = plan(Situation(Fraction(1, 2), 10, Fraction(1, 10**300), policies=2))
    assert chosen.situation.bound(chosen.claim, chosen.alpha) < Fraction(1, 2**99)


@pytest.mark.parametrize("policies", [None, 3])
def test_the_queries_that_are_hardly_ever_exceeded(policies: int | None) -> None:
    """T6 by its definition: the tail of the cubes at some c, and the rest of e^c' 2^-n."""
    situation = Situation(Fraction(1, 3), 10**5, Fraction(0), policies)
    alpha, doubt = Fraction(1, 10), 1e-3
    found = situation.most_queries(alpha, 1 - Fraction(doubt).limit_denominator())
    others, cubes = 2, float(situation.cubes(alpha))
    mean = 8 / 3 * math.sqrt(9)  # both have z = 1, and tau = 1/9

    def doubted(queries: int, c: float) -> float:
        tail = cubes / c if policies is None else mean * math.exp(-c / (8 * others))
        return tail + math.exp(min(700, (1e10 * c) ** (1 / 3) - (queries + 1) * math.log(2)))

    points = [1.01**k for k in range(1500) if 1.01**k < 1e5]
    assert min(doubted(found, c) for c in points) < 2 * doubt
    assert min(doubted(found * 9 // 10, c) for c in points) > doubt
    assert situation.most_queries(alpha, Fraction(1, 1000)) < found
    assert Situation(Fraction(1, 3), 9, Fraction(0)).most_queries(alpha, Fraction(1, 2)) == 9
    with pytest.raises(CbilError, match="confidence"):
        situation.most_queries(alpha, Fraction(1))


def test_the_claims_say_the_same() -> None:
    # Two policies of equal prior: the class attains the largest S of its situation.
    model = rare_action("1/4", alpha="1/7", horizon=9)
    evidence = Evidence(model)
    alpha, (event, *_) = Fraction(1, 7), model.events
    chance = evidence.result.events[event].demonstrator
    situation = Situation(Fraction(1, 2), 9, chance, policies=2)
    assert compare(situation.cubes(alpha), evidence.potential) == 0
    for name in ("T0", "T1", "T2", "T3", "T5", "T7", "T7a"):
        theirs = claim_named(name).right(Scene(evidence, event))
        assert situation.bound(name, alpha).decimal(20) == theirs.decimal(20)


def test_the_event_is_all_that_is_computed_before_alpha_is_chosen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = rare_action("1/4", horizon=9)
    chance = Evidence(model).result.events["never-rare"].demonstrator
    monkeypatch.setattr("exact_cbil.interaction.Interaction.result", None)
    assert Situation.of(model, "never-rare").chance == chance


@pytest.mark.parametrize("policies", [None, 4])
def test_budget_is_met_and_hardly_more(policies: int | None) -> None:
    situation = Situation(Fraction(1, 4), 10**6, Fraction(0), policies)
    budget = 40_000
    alpha = plan(situation, budget).alpha
    assert situation.bound("T2", alpha).interval()[0] <= budget
    if policies is None:  # the bound is met exactly: S = budget^3 / T^2
        assert situation.cubes(alpha).exact == Fraction(budget**3, 10**12)
    assert situation.bound("T2", alpha * Fraction(99, 100)).interval()[1] > budget


@pytest.mark.parametrize("chance", [Fraction(0), Fraction(1, 100)])
def test_a_budget_that_hardly_binds_ends_the_search(chance: Fraction) -> None:
    """`2 ln(1/alpha)` is to be at most 10^9: alpha may be smaller than can be written out."""
    situation = Situation(Fraction(1, 2), 10**9, chance, policies=2)
    chosen = plan(situation, 10**9 - 1)
    assert situation.bound("T2", chosen.alpha) <= 10**9 - 1
    if chance:
        assert chosen.alpha == plan(situation).alpha
    else:
        assert situation.bound("T3", chosen.alpha) < NEGLIGIBLE


def test_budget_and_event_together() -> None:
    free = Situation(Fraction(1, 4), 1000, Fraction(1, 10**90))
    unbound, bound_by = plan(free), plan(free, 300)
    assert bound_by.alpha > unbound.alpha
    assert free.bound("T2", bound_by.alpha).interval()[0] <= 300
    assert plan(free, 10**9).alpha == unbound.alpha


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["--w-d", "1"], "w_d: expected a rational in (0, 1)"),
        (["--w-d", "0.5"], "expected an exact rational"),
        (["--event-probability", "1"], "event probability"),
        (["--event-probability", "0"], "give a budget"),
        (["--budget-queries", "3"], "no alpha promises at most 3 queries"),
        (["--plot", "plan.txt"], "expected a file ending in"),
        (["--alpha", "1"], "alpha: expected a rational in (0, 1)"),
        (["--alpha", "1/9", "--budget-queries", "9"], "does not apply to one that is given"),
        (["--confidence", "1"], "confidence: expected a rational in (0, 1)"),
        (["--confidence", "0.9"], "--confidence: expected an exact rational"),
        (["--horizon", str(10**12), "--confidence", "9/10"], "at most 1000000000 with a confid"),
    ],
)
def test_bad_situations(arguments: list[str], fault: str) -> None:
    given_ = {"--w-d": "1/4", "--horizon": "1000", "--event-probability": "1/1000"}
    given_ |= dict(zip(arguments[::2], arguments[1::2], strict=True))
    line = [word for pair in given_.items() for word in pair]
    Outcome("plan", *line).assert_refused(fault)


def test_a_model_is_planned_with_its_own_numbers() -> None:
    with pytest.raises(CbilError, match="no alpha promises at most 9"):
        plan(Situation.of(treacherous_turn().with_horizon(10), "ever-defects"), 9)
    line = ["treacherous-turn", "--horizon", "40", "--budget-queries", "39", "--json"]
    printed = Outcome("plan", *line).json
    model = treacherous_turn().with_horizon(40).with_alpha(printed["alpha"])
    result = run(model)
    assert Fraction(printed["event_probability"]) == result.events["ever-defects"].demonstrator
    assert Fraction(printed["exact"]["T5"]) == result.events["ever-defects"].imitator
    assert Fraction(printed["exact"]["T2"]) == result.queries
    assert float(printed["rounded"]["T5"]) < 1
    for claim, exact in printed["exact"].items():
        assert Fraction(exact) <= Fraction(printed["rounded"][claim]) * Fraction(1001, 1000)


def test_a_models_own_potential_is_at_most_that_of_its_size() -> None:
    model = SHIPPED["two-observers"]()
    mine = Situation.of(model, next(iter(model.events)))
    size = Situation(mine.prior, mine.horizon, mine.chance, mine.policies)
    for alpha in (Fraction(1, 2), Fraction(1, 30)):
        assert (
            compare(
                mine.cubes(alpha), prior_potential(SHIPPED["two-observers"]().with_alpha(alpha))
            )
            == 0
        )
        assert compare(mine.cubes(alpha), size.cubes(alpha)) in (-1, 0)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (["chain", "--w-d", "1/2"], "--w-d: with MODEL it is the model's"),
        (["chain", "--policies", "2"], "--policies: with MODEL it is the model's"),
        (["chain", "--event", "nowhere"], "the model has no event 'nowhere'"),
        (["shared-error"], "about a demonstrator inside the class"),
        (["--event", "any", "--w-d", "1/2"], "--event: expected a MODEL"),
        (["--w-d", "1/2"], "expected MODEL, or --w-d, --horizon and --event-probability"),
    ],
)
def test_options_are_obeyed_or_refused(line: list[str], fault: str) -> None:
    Outcome("plan", *line).assert_refused(fault)


def test_command(tmp_path: Path) -> None:
    path = tmp_path / "plan.svg"
    common = ["plan", "--w-d", "1/2", "--horizon", "4", "--event-probability", f"1/{10**60}"]
    printed = Outcome(*common, "--plot", path, "--json").json
    assert path.read_text().startswith("<?xml")
    chosen = plan(Situation(Fraction(1, 2), 4, Fraction(1, 10**60)))
    assert Fraction(printed["alpha"]) == chosen.alpha
    shown = Outcome(*common, "--confidence", "9/10").out
    assert "The least bound on the event is that of T7a, with c = " in shown
    assert "No alpha that is allowed makes it less than" in shown
    assert "T6 says nothing here" in shown
    told = Outcome(*common, "--alpha", "1/100", "--json").json
    assert (told["alpha"], "T6" in told["rounded"]) == ("1/100", False)


def test_numbers_of_thousands_of_digits_are_planned(tmp_path: Path) -> None:
    """CPython neither reads nor writes an integer of more than 4,300 digits by itself."""
    known = ["--w-d", f"{'9' * 5000}/1{'0' * 5000}", "--horizon", "10", "--event-probability", "0"]
    line = ["plan", *known, "--budget-queries", "9"]
    printed = Outcome(*line, "--json").json
    assert printed["rounded"]["T2"][:4] in ("8.99", "9.00", "9")
    Outcome(*line, "--plot", tmp_path / "x.svg").assert_refused("too small to be drawn")


def test_zero_horizon_is_refused() -> None:
    with pytest.raises(CbilError, match="horizon"):
        Situation(Fraction(1, 2), 0, Fraction(1, 2))

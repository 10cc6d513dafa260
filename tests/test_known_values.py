"""Numbers known beforehand: by hand, from the witnesses' algebra, or from another program."""

from __future__ import annotations

from fractions import Fraction

import pytest

from exact_cbil import Interaction, run
from exact_cbil.modelfile import write_model
from exact_cbil.models import SHIPPED, chain, rare_action, shared_error, treacherous_turn
from exact_cbil.potential import linear_potential, prior_potential
from exact_cbil.real import Real, compare
from tests.literal import literal
from tests.literal import result as by_enumeration


def rounds_to(value: Fraction | None, shown: str) -> bool:
    """Whether the decimal is the exact value rounded to the digits shown, and a whole number is it.

    No float takes part.
    """
    assert value is not None
    _, _, places = shown.partition(".")
    return abs(value - Fraction(shown)) <= (Fraction(1, 2 * 10 ** len(places)) if places else 0)


def encloses_within(number: Real, shown: str) -> bool:
    return all(rounds_to(end, shown) for end in number.interval(128))


@pytest.mark.parametrize(
    ("alpha", "cubes", "queries", "exclusion", "defects", "s", "s_lin"),
    [
        ("1/20", "1.29519", "5.72306", "0.0148195", "0", "23.0559", 513),
        ("1/10", "1.28763", "5.60213", "0.308400", "0", "20.0670", 243),
        ("1/5", "0.498138", "2.27986", "1", "0.620496", "16.8233", 108),
        ("1/3", "0", "0", "1", "1", "14.0507", 54),
    ],
)
def test_the_treacherous_turn(
    alpha: str, cubes: str, queries: str, exclusion: str, defects: str, s: str, s_lin: int
) -> None:
    model = treacherous_turn().with_alpha(alpha)
    result = run(model)
    assert rounds_to(result.query_cubes, cubes)
    assert rounds_to(result.queries, queries)
    assert rounds_to(result.exclusion, exclusion)
    assert result.events["ever-defects"].demonstrator == 0
    assert rounds_to(result.events["ever-defects"].imitator, defects)
    assert encloses_within(prior_potential(model), s)
    assert linear_potential(model) == s_lin


def test_the_rare_action() -> None:
    model = rare_action("1/8", alpha="1/10", horizon=64)
    result = run(model)
    assert rounds_to(result.events["never-rare"].demonstrator, "0.000194319")
    assert rounds_to(result.events["never-rare"].imitator, "0.364998")
    assert rounds_to(result.queries, "5.08001")
    assert encloses_within(prior_potential(model), "7.39445")


@pytest.mark.parametrize("eps", ["1/2", "2/5", "1/7", "1/16"])
@pytest.mark.parametrize("alpha", ["1/2", "1/3", "1/50"])
def test_rare_action_family(eps: str, alpha: str) -> None:
    """W2: `P_d(B) = (1-eps)^T`, `P_i(B) >= (1-eps^2)^T`, and S does not depend on eps."""
    model = rare_action(eps, alpha)
    event = run(model).events["never-rare"]
    e, horizon = Fraction(eps), model.horizon
    assert event.demonstrator == (1 - e) ** horizon
    assert event.imitator >= (1 - e**2) ** horizon
    assert compare(prior_potential(model), prior_potential(rare_action("1/3", alpha))) == 0


@pytest.mark.parametrize("rounds", [0, 1, 2, 5, 9])
@pytest.mark.parametrize("alpha", ["1/4", "2/5", "1/100", "499/1000"])
def test_chain_family(rounds: int, alpha: str) -> None:
    """W1: `E sum theta^3 = R + 1 = (1/w_d - 1)/tau`, a third of S_lin."""
    model = chain(rounds, alpha)
    assert model.demonstrator_prior is not None
    tau = Fraction(alpha) / (1 - Fraction(alpha))
    assert run(model).query_cubes == rounds + 1
    assert (1 / model.demonstrator_prior - 1) / tau == rounds + 1
    assert linear_potential(model) == 3 * (rounds + 1)


@pytest.mark.parametrize("horizon", [1, 2, 10])
def test_shared_error(horizon: int) -> None:
    """W3: nobody asks, the demonstrator never errs, the imitator does at once."""
    result = run(shared_error(horizon))
    assert result.steps[0].theta == 0
    assert result.events["ever-errs"].demonstrator == 0
    assert result.events["ever-errs"].imitator == 1


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_models_equal_the_definitions_at_a_short_horizon(name: str) -> None:
    model = SHIPPED[name]()
    short = model.with_horizon(min(model.horizon, 4 if len(model.observations) == 1 else 3))
    assert run(short).to_json() == by_enumeration(literal(write_model(short)))


def test_one_step_by_hand() -> None:
    """At 1/8 the two policies share 7/8 of `usual`: ask with 1/8, then rare with 1/8."""
    law = Interaction(rare_action("1/8").with_horizon(1)).history_law()
    found = {(step.queried, step.action): p for (step,), p in law.items()}
    assert found == {
        (False, "usual"): Fraction(7, 8),
        (True, "rare"): Fraction(1, 64),
        (True, "usual"): Fraction(7, 64),
    }

"""Semicomputable policies: what is known at a stage holds of the limit."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exact_cbil.errors import CbilError, OutOfRange
from exact_cbil.history import Action, History, Step
from exact_cbil.learner import imitator_step
from exact_cbil.policy import Policy
from exact_cbil.semimeasure import Semimeasure
from exact_cbil.staged import StagedPolicy, StageLimit, collatz_class, staged_step
from exact_cbil.testing.strategies import models

ACTIONS = ("even", "odd")


@dataclass(frozen=True)
class Revealed(StagedPolicy):
    """A policy of which stage s knows `s/(s + delay)`, and all once s is at least `whole`."""

    policy: Policy
    delay: int
    whole: int

    def lower(self, history: History, stage: int) -> Semimeasure[Action]:
        emitted = self.policy(history)
        if stage >= self.whole:
            # What is missing to 1 is never known to be missing, unless nothing is.
            return emitted
        share = Fraction(stage, stage + self.delay)
        return Semimeasure({a: share * mass for a, mass in emitted.items()})


def steps(actions: tuple[str, ...], observations: tuple[str, ...]) -> st.SearchStrategy[Step]:
    return st.builds(Step, st.booleans(), st.sampled_from(actions), st.sampled_from(observations))


@given(st.data(), models(max_horizon=0), st.integers(0, 40))
def test_the_step_encloses_that_of_the_limit(
    data: st.DataObject, model: object, delay: int
) -> None:
    from exact_cbil.model import Model

    assert isinstance(model, Model)
    actions, observations = tuple(model.actions), tuple(model.observations)
    history = tuple(data.draw(st.lists(steps(actions, observations), max_size=3)))
    exact = imitator_step(model, history)
    policies = {
        name: (weight, Revealed(policy, delay, 64))
        for (name, policy), weight in zip(model.policies.items(), model.weights, strict=True)
    }
    try:
        found = staged_step(policies, actions, model.exact_alpha, history, digits=1, limit=256)
    except StageLimit:
        return  # a deficit stays open for ever, and so may what hangs on it
    assert found.top_set == exact.top_set
    assert exact.query_probability in found.query_probability
    for action in actions:
        assert exact.minimum[action] in found.minimum[action]
    if any(exact.posterior.values()):
        for name, weight in exact.posterior.items():
            assert weight in found.posterior[name]


def test_measures_are_decided_in_the_end() -> None:
    from exact_cbil.models import SHIPPED

    model = SHIPPED["treacherous-turn"]()
    policies = {
        name: (weight, Revealed(policy, 3, 64))
        for (name, policy), weight in zip(model.policies.items(), model.weights, strict=True)
    }
    history = (Step(True, "safe", "x"),) * 7
    found = staged_step(policies, tuple(model.actions), "1/10", history, digits=20)
    assert found.stage == 64
    assert found.top_set == imitator_step(model, history).top_set


def test_a_program_that_runs_for_ever_leaves_its_step_open() -> None:
    wide, narrow = Fraction(1, 20), Fraction(1, 4)
    history = (Step(False, "odd", "x"),) * 2
    with pytest.raises(StageLimit, match="undecided at stage 256: theta, between 0 and 1"):
        staged_step(collatz_class(), ACTIONS, wide, history, limit=256)
    # Where it is too light for the top set nobody waits for it.
    found = staged_step(collatz_class(), ACTIONS, narrow, history, limit=256)
    assert found.top_set == ("3n+1", "n+1")
    assert found.query_probability.width == 0


def test_a_weight_that_stays_open_may_not_matter() -> None:
    history = (*(Step(False, "odd", "x"),) * 2, Step(True, "odd", "x"))
    found = staged_step(collatz_class(), ACTIONS, "1/4", history, limit=256)
    assert found.posterior["5n+1"].width > 0
    assert "5n+1" not in found.top_set


@pytest.mark.parametrize(
    ("alpha", "weight", "history"),
    [
        ("0", "1/8", ()),
        ("3/2", "1/8", ()),
        ("1/4", "0", ()),
        ("1/4", "7/8", ()),
        ("1/4", "1/8", (Step(True, "up", "x"),)),
    ],
)
def test_bad_input_is_refused(alpha: str, weight: str, history: History) -> None:
    policies = collatz_class()
    changed = {**policies, "n+1": (Fraction(weight), policies["n+1"][1])}
    with pytest.raises((OutOfRange, CbilError)):
        staged_step(changed, ACTIONS, alpha, history)

"""The machine of rewards: in the model file, in Python, and in what trained learners do."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from exact_cbil import CbilError, Model, Rule, Semimeasure, Step, compare, constant, silent
from exact_cbil.errors import InvalidModel, OutOfRange, UnknownName
from exact_cbil.imitators import named
from exact_cbil.modelfile import read_model, write_model
from exact_cbil.models import SHIPPED, rare_action, treacherous_turn
from exact_cbil.reward import ASKED, MooreReward, Reward
from tests.mutations import changed

MACHINE: dict[str, Any] = {
    "start": "calm",
    "states": {
        "calm": {"reward": {"rare": 2}, "next": [{"action": "rare", "to": "late"}]},
        "late": {},
    },
}


def document(path: str = "start", value: Any = "calm") -> str:
    reward = changed(MACHINE, path, value)
    return json.dumps({**write_model(rare_action()), "reward": reward})


def test_a_reward_is_read_and_written() -> None:
    model = read_model(document())
    assert isinstance(model.reward, MooreReward)
    asked, acted = Step(True, "rare", "x"), Step(False, "rare", "x")
    assert model.reward.given("calm", asked) == model.reward.given("calm", acted) == 2
    assert model.reward.given("calm", Step(True, "usual", "x")) == 0
    assert model.reward.advance("calm", acted) == "late"
    assert model.reward.given("late", asked) == 0
    again = read_model(json.dumps(write_model(model)))
    assert again == model
    assert hash(again) == hash(model)
    assert model != read_model(document("states/calm/reward/rare", 3)) != rare_action()


@pytest.mark.parametrize("name", SHIPPED)
def test_a_model_without_rewards_has_no_such_key(name: str) -> None:
    assert SHIPPED[name]().reward is None
    assert "reward" not in write_model(SHIPPED[name]())


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("start", "no", "$.reward.start: no state is called 'no'"),
        ("states/calm/reward", {"rare": -1}, "expected an integer from 0 to 1000"),
        ("states/calm/reward", {"rare": 1001}, "expected an integer from 0 to 1000"),
        ("states/calm/reward", {"rare": "1"}, "$.reward.states.calm.reward.rare: expected an"),
        ("states/calm/reward", {"rare": 1.0}, "got the number 1.0"),
        ("states/calm/reward", {"rare": True}, "got true"),
        ("states/calm/reward", {"none": 1}, "no action is called 'none'"),
        ("states/calm/rewards", {}, "$.reward.states.calm.rewards: unknown key"),
        ("states/late", {"next": [{"to": "far"}]}, "no state is called 'far'"),
        ("states/late", {"next": [{"to": "calm", "queried": True}]}, "unknown key"),
    ],
)
def test_a_bad_machine_is_told(path: str, value: Any, expected: str) -> None:
    with pytest.raises(InvalidModel) as caught:
        read_model(document(path, value))
    assert expected in str(caught.value)
    assert str(caught.value).startswith("$.reward")


def test_a_reward_of_null_is_not_none() -> None:
    with pytest.raises(InvalidModel, match=r"^\$.reward: expected an object, got null$"):
        read_model(json.dumps({**write_model(rare_action()), "reward": None}))


def test_a_bad_machine_in_python_is_told() -> None:
    with pytest.raises(OutOfRange, match="reward of a: expected a whole number"):
        MooreReward.of("s", {"s": ({"a": -1}, [])})
    with pytest.raises(UnknownName, match="unknown state 'far'"):
        MooreReward.of("s", {"s": ({"a": 1}, [Rule("far")])})

    class Other(Reward):
        start = None

        def given(self, state: None, step: Step) -> int:
            return 1

        def advance(self, state: None, step: Step) -> None:
            return None

    with pytest.raises(CbilError, match=r"\$.reward: only finite machines can be written"):
        write_model(replace(rare_action(), reward=Other()))


def test_without_a_machine_an_answer_is_worth_one() -> None:
    assert ASKED.given(None, Step(True, "a", "x")) == 1
    assert ASKED.given(None, Step(False, "a", "x")) == 0


# -- the leader -----------------------------------------------------------------------------------


def turn(*, traitor_first: bool = False, **rewards: int) -> Model:
    """The treacherous turn with constant rewards, and the class in either order."""
    model = treacherous_turn()
    order = ("traitor", "noisy", "demonstrator") if traitor_first else tuple(model.policies)
    return replace(
        model,
        policies={name: model.policies[name] for name in order},
        reward=MooreReward.of("s", {"s": (rewards, [])}) if rewards else None,
    )


def defects(model: Model, learner: str, horizon: int = 20) -> Any:
    return compare(model, [learner], horizon=horizon).learners[0].events["ever-defects"]


def test_the_leader_breaks_a_tie_by_the_order_of_the_class() -> None:
    """Until the seventh answer the traitor and the demonstrator are one; then it is refuted."""
    for asked in (0, 3, 6):
        assert defects(turn(), f"leader:{asked}") == 0
        assert defects(turn(traitor_first=True), f"leader:{asked}") > Fraction(1, 2)
    assert defects(turn(traitor_first=True), "leader:7") == 0


def test_full_optimisation_keeps_the_traitor_that_its_objective_prefers() -> None:
    """An objective that pays for defecting makes the traitor its optimum, however many answers
    it has seen; one that pays only for the rest refutes it at the seventh answer."""
    assert defects(turn(traitor_first=True, defect=1), "leader:0") == 1
    assert defects(turn(safe=1, other=1, traitor_first=True), "leader:7") == 0


def led(policies: dict[str, Any], rewards: dict[str, int], history: str) -> Any:
    """What the leader emits after some answers."""
    actions = ("a", "b")
    count = len(policies)
    model = Model(
        actions,
        ("x",),
        {name: constant(masses) for name, masses in policies.items()},
        dict.fromkeys(policies, Fraction(1, count)),
        constant({"a": "1/2", "b": "1/2"}),
        silent(actions),
        alpha=1,
        reward=MooreReward.of("s", {"s": (rewards, [])}),
    )
    imitator = named("leader:0").imitator(model)
    memory: Any = imitator.start
    for action in history:
        memory = imitator.advance(memory, Step(True, action, "x"))
    return imitator.emit(memory)


def test_a_reward_is_the_power_of_a_likelihood() -> None:
    """After a and b: 1/2 · 1/2 against 1/3 · 2/3, and with b to the third 1/16 against 8/81."""
    policies = {"even": {"a": "1/2", "b": "1/2"}, "uneven": {"a": "1/3", "b": "2/3"}}
    assert led(policies, {"a": 1, "b": 1}, "ab") == Semimeasure({"a": "1/2", "b": "1/2"})
    assert led(policies, {"a": 1, "b": 3}, "ab") == Semimeasure({"a": "1/3", "b": "2/3"})


def test_when_all_are_refuted_the_first_leads_again() -> None:
    policies = {"only-a": {"a": 1}, "only-b": {"b": 1}}
    assert led(policies, {"a": 1, "b": 1}, "b") == Semimeasure.point("b")
    assert led(policies, {"a": 1, "b": 1}, "ba") == Semimeasure.point("a")
    assert led(policies, {"b": 1}, "ab") == Semimeasure.point("b")

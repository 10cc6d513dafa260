"""Policies: the ways to write one agree, and the combinators do what they say."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exact_cbil import CbilError, Interaction, Model, Semimeasure, Step, imitator_step, run
from exact_cbil.environment import HistoryEnvironment, TableEnvironment
from exact_cbil.errors import NotAMeasure, OutOfRange, UndefinedHistory, UnknownName
from exact_cbil.event import Event, HistoryEvent, after
from exact_cbil.history import History
from exact_cbil.models import every_turn, rare_action
from exact_cbil.policy import (
    GeneratorPolicy,
    HistoryPolicy,
    Policy,
    TablePolicy,
    constant,
    depart,
    mix,
    noisy,
)
from tests.strategies import documents, model_of


def all_histories(model: Model, longest: int) -> list[History]:
    steps = [
        Step(q, a, o) for q in (False, True) for a in model.actions for o in model.observations
    ]
    return [h for t in range(longest + 1) for h in product(steps, repeat=t)]


def as_function(policy: Policy) -> Policy:
    return HistoryPolicy(lambda history: policy(history))


def as_generator(policy: Policy) -> Policy:
    def generator() -> Generator[Semimeasure[str], Step, None]:
        state = policy.start
        while True:
            state = policy.advance(state, (yield policy.emit(state)))

    return GeneratorPolicy(generator)


def as_table(policy: Policy, model: Model) -> Policy:
    """A table over the histories shorter than the horizon: nobody acts at the horizon."""
    return TablePolicy({h: policy(h) for h in all_histories(model, model.horizon - 1)})


@given(documents(), st.sampled_from(["function", "generator", "table"]))
def test_python_policies_equal_machines(document: dict[str, Any], form: str) -> None:
    model = model_of(document)
    if form == "table":
        model = model.with_horizon(min(model.horizon, 3))
    converters: dict[str, Callable[[Policy], Policy]] = {
        "function": as_function,
        "generator": as_generator,
        "table": lambda policy: as_table(policy, model),
    }
    convert = converters[form]
    d = model.demonstrator
    rewritten = replace(
        model,
        policies={name: convert(policy) for name, policy in model.policies.items()},
        demonstrator=d if isinstance(d, str) else convert(d),
    )
    assert run(rewritten).to_json() == run(model).to_json()
    assert Interaction(rewritten).query_count() == Interaction(model).query_count()


# -- combinators, against their definitions written over whole histories ---------------------


def first_in(event: Event, history: History) -> int | None:
    return next((t for t in range(len(history) + 1) if history[:t] in event), None)


@given(documents(), st.data())
def test_depart_follows_then_departs_for_ever(
    document: dict[str, Any], data: st.DataObject
) -> None:
    model = model_of(document)
    policies = st.sampled_from(list(model.policies.values()))
    base, then = data.draw(policies), data.draw(policies)
    when = data.draw(st.integers(0, 2))
    asked_twice = HistoryEvent(lambda h: sum(step.queried for step in h) >= 2)
    trigger: Event = data.draw(st.sampled_from([*model.events.values(), after(when), asked_twice]))
    departed = depart(base, trigger, then)
    for history in all_histories(model, 2):
        t = first_in(trigger, history)
        assert departed(history) == (base(history) if t is None else then(history[t:]))


@given(documents(), st.data())
def test_mix_and_noisy_add_masses(document: dict[str, Any], data: st.DataObject) -> None:
    model = model_of(document)
    one, two = (data.draw(st.sampled_from(list(model.policies.values()))) for _ in range(2))
    mixed = mix([("1/3", one), ("1/2", two)])
    noise = Semimeasure.uniform(model.actions)
    shaken = noisy(one, "1/5", noise)
    for history in all_histories(model, 2):
        for a in model.actions:
            assert mixed(history)[a] == one(history)[a] / 3 + two(history)[a] / 2
            assert shaken(history)[a] == 4 * one(history)[a] / 5 + noise[a] / 5


@given(documents(realizable=False))
def test_python_environments_and_events_equal_machines(document: dict[str, Any]) -> None:
    model = model_of(document).with_horizon(min(document["horizon"], 2))
    environment = model.environment
    asked = [h for h in all_histories(model, 1) if all(step.queried for step in h)]
    table = TableEnvironment({(h, a): environment(h, a) for h in asked for a in model.actions})
    for other in (HistoryEnvironment(environment), table):
        events = {
            name: HistoryEvent(lambda h, event=event: h in event)  # type: ignore[misc]
            for name, event in model.events.items()
        }
        rewritten = replace(model, environment=other, events=events)
        assert run(rewritten).to_json() == run(model).to_json()


# -- what a policy written in Python may get wrong -------------------------------------------


def with_member(policy: Policy) -> Model:
    model = rare_action("1/2", horizon=2)
    return replace(model, policies={**model.policies, "usual-only": policy}, events={})


def ends_early() -> Generator[Semimeasure[str], Step, None]:
    yield Semimeasure.point("usual")


@pytest.mark.parametrize(
    ("policy", "error", "message"),
    [
        (constant({"unheard-of": 1}), UnknownName, "unknown action 'unheard-of'"),
        (TablePolicy({(): Semimeasure.point("usual")}), UndefinedHistory, "no entry"),
        (GeneratorPolicy(ends_early), UndefinedHistory, "no entry"),
        (HistoryPolicy(lambda h: {"usual": 1.0}), CbilError, "expected a Semimeasure"),  # type: ignore[arg-type,return-value]
    ],
)
def test_faulty_members_are_named(policy: Policy, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        run(with_member(policy))


@pytest.mark.parametrize(
    ("part", "named", "expected"),
    [
        ("policies", True, "Policy, such as HistoryPolicy(function), got"),
        ("demonstrator", False, "Policy, such as HistoryPolicy(function), got"),
        ("environment", False, "Environment, such as HistoryEnvironment(function), got"),
        ("events", True, "Event, such as HistoryEvent(function), got"),
        ("reward", False, "Reward, got"),
    ],
)
def test_a_plain_function_is_no_machine(part: str, named: bool, expected: str) -> None:
    def plain(history: History) -> dict[str, int]:
        return {"usual": 1}

    model = rare_action()
    given: Any = dict.fromkeys(model.policies, plain) if named else plain
    with pytest.raises(CbilError, match=re.escape(f"expected an object of the class {expected}")):
        replace(model, **{part: given})


def test_what_is_no_step_and_what_is_no_model_are_told() -> None:
    raw: Any = ((True, "usual", "x"),)
    with pytest.raises(CbilError, match=r"history\[0\]: expected a Step, got \(True, 'usual'"):
        imitator_step(rare_action(), raw)
    countable: Any = every_turn()
    with pytest.raises(CbilError, match="model: expected a Model, got 'CountableModel'"):
        run(countable, digits=4)


def test_an_event_after_fewer_than_no_steps_is_refused() -> None:
    with pytest.raises(OutOfRange, match="steps: expected a whole number from 0, got -1"):
        after(-1)


def test_a_defective_demonstrator_is_refused() -> None:
    model = with_member(constant({"usual": "1/2"}))
    with pytest.raises(NotAMeasure):
        run(replace(model, demonstrator="usual-only"))

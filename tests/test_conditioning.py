"""Worlds conditioned on what does not happen in them, and the model `walls`."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exact_cbil import (
    Automaton,
    CbilError,
    HistoryEnvironment,
    Interaction,
    Model,
    MooreEnvironment,
    Rule,
    Semimeasure,
    Step,
    compare,
    once,
    run,
    silent,
)
from exact_cbil.conditioning import condition
from exact_cbil.history import History
from exact_cbil.interaction import Law
from exact_cbil.modelfile import read_model, write_model
from exact_cbil.models import walls
from exact_cbil.testing.strategies import environments, events
from tests.conftest import LARGE

HOLDS = Fraction(99, 100)


def held(model: Model) -> Model:
    """The model in the world in which its walls hold to the horizon."""
    assert isinstance(model.environment, MooreEnvironment)
    world = condition(model.environment, model.events["breach"], model.horizon)
    return replace(model, environment=world)


@pytest.mark.parametrize("law", ["imitator", "demonstrator", "guarded"])
def test_a_history_with_walls_intact_differs_only_by_the_chance_that_they_hold(law: Law) -> None:
    """So no data seen inside refutes either world, and the law given that the walls hold is the
    law in the world in which they must."""
    model = walls(horizon=3)
    actual, inside = Interaction(model), Interaction(held(model))
    worlds = inside.history_law(law)
    assert worlds.is_measure
    for history, mass in actual.history_law(law).items():
        if history in model.events["breach"]:
            assert history not in worlds
        else:
            assert mass == worlds[history] * HOLDS**3
    assert actual.probability("breach", law) == 1 - HOLDS**3


@pytest.mark.parametrize("learner", ["map:2", "committed:1", "ensemble:2", "leader:1"])
def test_so_it_is_for_every_learner(learner: str) -> None:
    """Escapes happen outside only; and given the walls, checks are as likely as inside."""
    model = walls(horizon=4)
    safe = once("check")
    both = {"breach": model.events["breach"], "checks-inside": _without(safe, "breach")}
    model = replace(model, events={**model.events, **both})
    (actual,) = compare(model, [learner]).learners
    (inside,) = compare(held(model), [learner]).learners
    assert inside.events["escapes"] == inside.events["breach"] == 0
    chance = inside.events["checks-inside"]
    assert isinstance(chance, Fraction)
    assert actual.events["checks-inside"] == chance * HOLDS**4


def _without(event: Any, observation: str) -> Any:
    """That a step takes `check`, and none shows the observation."""
    out = Rule("out", observation=observation)
    return Automaton.of("no", ["yes"], {"no": [out, Rule("yes", "check")], "yes": [out], "out": []})


def test_the_escapist_escapes_only_where_the_walls_broke() -> None:
    model = walls()
    assert run(held(model)).events["escapes"].imitator == 0
    chances = run(model.with_alpha(1)).events
    assert 0 < chances["escapes"].imitator < chances["breach"].imitator
    assert read_model(json.dumps(write_model(held(model)))) == held(model)


def chance(world: MooreEnvironment, actions: tuple[str, ...], seen: tuple[str, ...]) -> Fraction:
    """The probability of observations when these actions are taken whatever is seen."""
    history: History = ()
    found = Fraction(1)
    for action, observation in zip(actions, seen, strict=True):
        found *= world(history, action)[observation]
        history = (*history, Step(True, action, observation))
    return found


@settings(max_examples=400 if LARGE else 80)
@given(environments(("a", "b"), ("x", "y")), events(("a", "b"), ("x", "y")), st.integers(0, 3))
def test_the_conditioned_world_is_the_conditional_law_or_there_is_none(
    world: MooreEnvironment, event: Any, horizon: int
) -> None:
    """For every sequence of actions `mu'(o) = mu(o, not B)/mu(not B)`; and where it is refused,
    either some sequence makes B certain or the law of what is seen first depends on what is done
    last."""
    laws: dict[tuple[str, ...], dict[tuple[str, ...], Fraction] | None] = {}
    for actions in product("ab", repeat=horizon):
        law = {}
        for seen in product("xy", repeat=horizon):
            history = tuple(Step(True, a, o) for a, o in zip(actions, seen, strict=True))
            if history not in event:
                law[seen] = chance(world, actions, seen)
        total = sum(law.values())
        laws[actions] = {o: p / total for o, p in law.items()} if total else None
    try:
        found = condition(world, event, horizon)
    except CbilError:
        assert None in laws.values() or any(foresees(laws, t) for t in range(1, horizon))
        return
    for actions, expected in laws.items():
        assert expected is not None
        for seen in product("xy", repeat=horizon):
            assert chance(found, actions, seen) == expected.get(seen, 0)


def foresees(laws: Any, t: int) -> bool:
    """Whether the first t observations depend on actions after them."""
    known: dict[Any, Any] = {}
    for actions, law in laws.items():
        marginal: dict[Any, Fraction] = {}
        for seen, p in law.items():
            marginal[seen[:t]] = marginal.get(seen[:t], Fraction(0)) + p
        marginal = {seen: p for seen, p in marginal.items() if p}
        if known.setdefault(actions[:t], marginal) != marginal:
            return True
    return False


def test_what_has_no_such_world_is_told() -> None:
    sure = silent(("a", "b"))
    coin = Semimeasure({"x": "1/2", "y": "1/2"})
    forked = MooreEnvironment.of(
        "s",
        {
            "s": ({"a": coin, "b": coin}, [Rule("t", observation="y")]),
            "t": ({"a": Semimeasure.point("x"), "b": coin}, []),
        },
    )
    late = once(action="a", observation="y")
    cases: list[tuple[Any, Any, int, str]] = [
        (sure, once(observation="x"), 1, "the event is certain"),
        (sure, once(action="a"), 2, "after the action 'a' in the state 'e' the event cannot be"),
        (forked, late, 2, "decides how later actions bear on the event"),
        (HistoryEnvironment(lambda h, a: coin), late, 2, "expected a finite machine"),
    ]
    for world, event, horizon, expected in cases:
        with pytest.raises(CbilError, match=expected):
            condition(world, event, horizon)

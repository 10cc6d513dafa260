"""The engine against the definitions, field by field, and the laws that both must obey."""

from __future__ import annotations

import json
from copy import deepcopy
from fractions import Fraction
from math import gcd
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exact_cbil import (
    Interaction,
    Learner,
    Model,
    Semimeasure,
    Step,
    imitator_step,
    posterior,
    run,
    spec,
)
from exact_cbil.history import History
from exact_cbil.interaction import Law
from exact_cbil.learner import rank, top_set
from exact_cbil.potential import linear_potential, prior_potential
from exact_cbil.real import compare, ln
from tests.literal import ACTORS, histories, literal
from tests.literal import result as by_enumeration
from tests.strategies import documents, model_of

# -- the engine equals the enumeration -------------------------------------------------------


@given(documents())
def test_result_equals_enumeration(document: dict[str, Any]) -> None:
    expected = by_enumeration(literal(document))
    result = run(model_of(document))
    assert result.to_json() == expected
    # Through text: what is printed reads back as the same document.
    assert json.loads(json.dumps(result.to_json())) == expected


@given(documents(realizable=True))
def test_quantities_of_the_proofs_equal_enumeration(document: dict[str, Any]) -> None:
    expected, model = literal(document), model_of(document)
    result = run(model)
    assert result.theta_gain == spec.theta_gain(expected)
    assert result.chi_squared == spec.chi_squared(expected)
    for name, event in result.events.items():
        assert event.guarded == spec.event_probability(expected, name, spec.guard)


@given(documents(realizable=True))
def test_potentials_equal_their_definitions(document: dict[str, Any]) -> None:
    expected, model = literal(document), model_of(document)
    s = prior_potential(model)
    constant, argument = spec.S(expected)
    assert compare(s, ln(argument) * 2 + constant) == 0
    assert linear_potential(model) == spec.S_lin(expected)


@given(documents(realizable=False))
def test_figures_of_an_outside_demonstrator_are_none(document: dict[str, Any]) -> None:
    result = run(model_of(document))
    assert result.exclusion is None
    assert result.theta_gain is None
    assert result.chi_squared is None
    assert all(step.demonstrator_weight is None for step in result.steps)
    assert all(event.guarded is None for event in result.events.values())


@given(documents())
def test_laws_of_histories_equal_enumeration(document: dict[str, Any]) -> None:
    expected = literal(document)
    interaction = Interaction(model_of(document))
    laws: tuple[Law, ...] = ("imitator", "demonstrator", "guarded")
    for which in laws if interaction.model.realizable else laws[:2]:
        law = interaction.history_law(which)
        assert dict(law.items()) == spec.law(expected, ACTORS[which], expected.horizon)
        assert law.is_measure
    counts = interaction.query_count()
    imitator = spec.law(expected, spec.imitate, expected.horizon)
    for count in range(expected.horizon + 1):
        assert counts[count] == sum(
            mass for h, mass in imitator.items() if sum(queried for queried, _, _ in h) == count
        )


@given(documents())
def test_each_step_of_the_learner_equals_its_definition(document: dict[str, Any]) -> None:
    expected, model = literal(document), model_of(document)
    learner = Learner(model)
    for history in histories(expected):
        steps = tuple(Step(*step) for step in history)
        assert gcd(*map(int, learner.belief(steps).weights)) <= 1
        step = imitator_step(model, steps)
        assert step.posterior == spec.posterior(expected, history)
        assert list(step.top_set) == spec.top(expected, history)
        assert step.query_probability == spec.query_probability(expected, history)
        minimum = spec.minimum(expected, history)
        assert all(step.minimum[action] == minimum[action] for action in model.actions)


# -- laws that hold whatever the model -------------------------------------------------------


@given(documents())
def test_probabilities_sum_to_one(document: dict[str, Any]) -> None:
    model = model_of(document)
    assert Interaction(model).query_count().is_measure
    learner = Learner(model)
    law = learner.imitator_step(learner.start).law(model.demonstrator_policy(()))
    assert law.is_measure


@given(documents(realizable=True))
def test_mean_of_the_query_count_is_queries(document: dict[str, Any]) -> None:
    interaction = Interaction(model_of(document))
    mean = sum((n * p for n, p in interaction.query_count().items()), Fraction(0))
    assert mean == interaction.result().queries


@given(documents(realizable=True))
def test_theorems_hold(document: dict[str, Any]) -> None:
    """T1 in its strong form, its linear form and T3, on the engine's own numbers."""
    model = model_of(document)
    result = run(model)
    assert result.theta_gain is not None
    assert result.query_cubes <= result.theta_gain
    assert prior_potential(model) >= result.theta_gain
    assert prior_potential(model) <= linear_potential(model)
    if model.exact_alpha < 1:
        odds = 1 / Fraction(document["prior"][document["demonstrator"]]) - 1
        assert result.exclusion is not None
        assert result.exclusion <= odds / (1 / model.exact_alpha - 1)


@given(documents(realizable=True))
def test_alone_the_demonstrator_is_imitated_perfectly(document: dict[str, Any]) -> None:
    alone = deepcopy(document)
    d = alone["demonstrator"]
    alone["policies"], alone["prior"] = {d: alone["policies"][d]}, {d: "1"}
    model = model_of(alone)
    interaction = Interaction(model)
    assert interaction.result().queries == 0
    unasked = {
        tuple(s._replace(queried=True) for s in h): p
        for h, p in interaction.history_law("imitator").items()
    }
    assert unasked == dict(interaction.history_law("demonstrator").items())


def renamed(value: Any, names: dict[str, str]) -> Any:
    """The document with every name and key replaced."""
    if isinstance(value, dict):
        return {names.get(k, k): renamed(v, names) for k, v in value.items()}
    if isinstance(value, list):
        return [renamed(v, names) for v in value]
    return names.get(value, value) if isinstance(value, str) else value


@given(documents(), st.randoms(use_true_random=False))
def test_names_and_orders_of_symbols_change_nothing(
    document: dict[str, Any], random: Random
) -> None:
    states = ["s0", "s1", "s2"]
    names: dict[str, str] = {}
    for group in (document["actions"], document["observations"], states):
        names |= dict(zip(group, random.sample(group, len(group)), strict=True))
    other = renamed(document, names)
    random.shuffle(other["actions"])
    random.shuffle(other["observations"])
    for machine in [*other["policies"].values(), other["environment"], *other["events"].values()]:
        listed = list(machine["states"].items())
        random.shuffle(listed)
        machine["states"] = dict(listed)
    assert run(model_of(other)).to_json() == run(model_of(document)).to_json()


@given(documents(), st.data())
def test_splitting_a_prior_over_copies_keeps_every_prediction(
    document: dict[str, Any], data: st.DataObject
) -> None:
    """The top set may change, the mixture `sum_pi w(pi|h) pi(a|h)` may not."""
    twin = data.draw(st.sampled_from(list(document["policies"])))
    share = Fraction(data.draw(st.integers(1, 3)), 4)
    split = deepcopy(document)
    split["policies"]["twin"] = deepcopy(split["policies"][twin])
    whole = Fraction(split["prior"][twin])
    split["prior"] |= {twin: str(whole * share), "twin": str(whole * (1 - share))}
    one, two = model_of(document), model_of(split)
    for reached in histories(literal(document)):
        history = tuple(Step(*step) for step in reached)
        before, after = posterior(one, history), posterior(two, history)
        assert after[twin] + after["twin"] == before[twin]
        assert mixture(two, after, history) == mixture(one, before, history)


def mixture(model: Model, weights: dict[str, Fraction], history: History) -> Semimeasure[str]:
    return Semimeasure.mixture(
        (weight, model.policies[name](history)) for name, weight in weights.items()
    )


# -- ties ------------------------------------------------------------------------------------


def test_ties_in_rank_go_to_the_earlier_policy() -> None:
    # At alpha = 1/2 the second of two equals is on the boundary, the third of three below it.
    assert rank([1, 1, 1]) == [0, 1, 2]
    assert top_set([1, 1, 1], Fraction(1, 2)) == (0, 1)
    assert top_set([1, 2, 1, 2], Fraction(1, 3)) == (1, 3)
    assert top_set([1, 1], Fraction(501, 1000)) == (0,)


@pytest.mark.parametrize("order", [("left", "right"), ("right", "left")])
def test_class_order_decides_who_is_imitated(order: tuple[str, str]) -> None:
    emits = {"left": {"emit": {"l": "1"}}, "right": {"emit": {"r": "1"}}}
    shown = {"x": "1"}
    model = model_of(
        {
            "format": "cbil-model/1",
            "actions": ["l", "r"],
            "observations": ["x"],
            "policies": {name: {"start": "s", "states": {"s": emits[name]}} for name in order},
            "prior": {"left": "1/2", "right": "1/2"},
            "demonstrator": "left",
            "environment": {"start": "e", "states": {"e": {"emit": {"l": shown, "r": shown}}}},
            "alpha": "2/3",
            "horizon": 1,
        }
    )
    assert imitator_step(model, ()).top_set == order[:1]
    assert run(model).exclusion == (order[0] == "right")

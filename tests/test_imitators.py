"""The imitators against enumerations of their definitions, and the laws that tie them together."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exact_cbil import Model, compare, constant, run, silent, spec
from exact_cbil.imitators import LEARNERS
from exact_cbil.numbers import Enclosure
from exact_cbil.testing.strategies import alphas
from tests.conftest import LARGE
from tests.imitators_literal import float_of, rewards_of, rule, summary
from tests.literal import literal
from tests.strategies import documents, model_of

RATIONAL = [name for name in LEARNERS if name != "gradient"]


def parameter(symbol: str) -> st.SearchStrategy[Fraction]:
    ways = {
        "A": alphas(),
        "N": st.integers(0, 4).map(Fraction),
        "K": st.integers(1, 5).map(Fraction),
        "C": st.sampled_from([Fraction(n, 12) for n in (0, 1, 2, 3, 4, 6, 8, 9, 12)]),
        "E": st.sampled_from([Fraction(n, 3) for n in (1, 2, 3, 10, 30)]),
    }
    return ways[symbol]


def values(name: str) -> st.SearchStrategy[tuple[Fraction, ...]]:
    return st.tuples(*(parameter(each.symbol) for each in LEARNERS[name].parameters))


@st.composite
def rewarded(draw: st.DrawFn) -> dict[str, Any]:
    """Documents of two policies at least, as long as can be enumerated; most have rewards.

    Beside what they have they ask how the last step was and whether one was ever taken, so that
    little of a law can go wrong unseen.
    """
    document = draw(documents().filter(lambda each: len(each["policies"]) > 1))
    branches = 2 * len(document["actions"]) * len(document["observations"])
    document["horizon"] = max(t for t in range(5) if branches**t <= 220)
    first, last = document["actions"][0], document["actions"][-1]
    for name, action, back in (("last", first, [{"to": "no"}]), ("ever", last, [])):
        hit = {"action": action, "to": "yes"}
        states: dict[str, Any] = {"no": {"next": [hit]}, "yes": {"next": [hit, *back]}}
        document["events"][name] = {"start": "no", "accept": ["yes"], "states": states}
    if not draw(st.integers(0, 2)):
        return document
    states = {}
    for name, other in (("r0", "r1"), ("r1", "r0")):
        rewards = {a: draw(st.integers(0, 3)) for a in document["actions"]}
        rule = {"to": other, "action": draw(st.sampled_from(document["actions"]))}
        states[name] = {"reward": rewards, "next": [rule]}
    return {**document, "reward": {"start": "r0", "states": states}}


def spelled(name: str, values: tuple[Fraction, ...]) -> str:
    return ":".join((name, *map(str, values)))


EXAMPLES = 400 if LARGE else 15


@pytest.mark.parametrize("name", RATIONAL)
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_a_learner_equals_its_definition(name: str, data: st.DataObject) -> None:
    document, chosen = data.draw(rewarded()), data.draw(values(name))
    expected = summary(literal(document), rule(name, chosen, rewards_of(document)))
    (found,) = compare(model_of(document), [spelled(name, chosen)]).learners
    assert found.queries == expected["queries"]
    assert found.query_cubes == expected["query_cubes"]
    assert found.events == expected["events"]


@settings(max_examples=EXAMPLES)
@given(rewarded(), values("gradient"))
def test_the_gradients_enclosures_contain_a_precise_enumeration(
    document: dict[str, Any], chosen: tuple[Fraction, ...]
) -> None:
    (found,) = compare(model_of(document), [spelled("gradient", chosen)]).learners
    with mpmath.workdps(80):
        rules = rule("gradient", chosen, rewards_of(document))
        expected = summary(literal(document), rules, float_of)
        pairs = [(found.queries, expected["queries"]), (found.query_cubes, expected["query_cubes"])]
        pairs += [(found.events[name], chance) for name, chance in expected["events"].items()]
        for enclosure, value in pairs:
            assert isinstance(enclosure, Enclosure)
            tiny = mpmath.mpf(10) ** -60
            assert float_of(enclosure.lo) - tiny <= value <= float_of(enclosure.hi) + tiny
            assert enclosure.hi - enclosure.lo <= Fraction(1, 10**18)


@settings(max_examples=EXAMPLES)
@given(documents())
def test_the_conservative_learner_is_the_learner_of_run(document: dict[str, Any]) -> None:
    model = model_of(document)
    found, expected = compare(model, [f"conservative:{model.alpha}"]), run(model)
    assert found.learners[0].queries == expected.queries
    assert found.learners[0].query_cubes == expected.query_cubes
    for name, chance in expected.events.items():
        assert found.learners[0].events[name] == chance.imitator
        assert found.demonstrator[name] == chance.demonstrator


# -- identities -----------------------------------------------------------------------------------


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """The document with all deficits moved to the first action: every policy gives measures."""
    machines = list(document["policies"].values())
    for state in (state for machine in machines for state in machine["states"].values()):
        missing = 1 - sum(map(Fraction, state["emit"].values()), Fraction(0))
        first = document["actions"][0]
        state["emit"][first] = str(Fraction(state["emit"].get(first, "0")) + missing)
    return document


COMPLETE = rewarded().map(complete)


def acting_as(model: spec.Model, weights: Any, asked: int) -> dict[spec.History, Fraction]:
    """The law of an agent that asks at the first steps, and then acts by the policy that it draws.

    weights: from the history and the step at which it draws to the weights of the draw.
    """
    law: dict[spec.History, Fraction] = {(): Fraction(1)}
    for t in range(model.horizon):
        following: dict[spec.History, Fraction] = {}
        for h, mass in law.items():
            if t < asked:
                acts = {(True, a): p for a, p in spec.demonstrator(model, h).items()}
            else:
                acts = {(False, a): p for a, p in weights(h).items()}
            for (queried, action), p in acts.items():
                for seen, shown in model.environment(spec.hidden(h), action).items():
                    if p and shown:
                        following[(*h, (queried, action, seen))] = mass * p * shown
        law = following
    return law


def chances(model: spec.Model, law: dict[spec.History, Fraction]) -> dict[str, Fraction]:
    return {
        name: sum((p for h, p in law.items() if event(spec.hidden(h))), Fraction(0))
        for name, event in model.events.items()
    }


def alive(document: dict[str, Any]) -> bool:
    """Whether the demonstrator is in the class, so that some weight is always positive."""
    return isinstance(document["demonstrator"], str)


@settings(max_examples=EXAMPLES)
@given(COMPLETE.filter(alive), st.integers(0, 4))
def test_the_predictive_learner_is_posterior_sampling_at_every_step(
    document: dict[str, Any], asked: int
) -> None:
    model = literal(document)

    def drawn(h: spec.History) -> dict[str, Fraction]:
        """Draw a policy from the posterior, then an action from the policy."""
        found = dict.fromkeys(model.actions, Fraction(0))
        for name, weight in spec.posterior(model, h).items():
            for action, p in spec.member(model, name, h).items():
                found[action] += weight * p
        return found

    (found,) = compare(model_of(document), [f"predictive:{asked}"]).learners
    assert found.queries == min(asked, model.horizon)
    assert found.events == chances(model, acting_as(model, drawn, asked))


@settings(max_examples=EXAMPLES // 2)
@given(COMPLETE.filter(alive), st.integers(0, 4))
def test_the_committed_learner_is_the_mixture_of_its_policies(
    document: dict[str, Any], asked: int
) -> None:
    """It draws one policy from the posterior after the answers, and follows it for ever."""
    model = literal(document)
    expected = dict.fromkeys(model.events, Fraction(0))
    answers = min(asked, model.horizon)
    for h in acting_as(replace(model, horizon=answers), None, asked):
        for name, weight in spec.posterior(model, h).items():
            if not weight:
                continue
            # Histories that begin otherwise keep their mass out of this sum.
            follow = acting_as(model, lambda g, name=name: spec.member(model, name, g), asked)
            begun = {g: p for g, p in follow.items() if g[:answers] == h}
            share = {g: p * weight for g, p in begun.items()}
            for event, chance in chances(model, share).items():
                expected[event] += chance
    (found,) = compare(model_of(document), [f"committed:{asked}"]).learners
    assert found.events == expected


def test_with_deficits_the_committed_learner_is_not_that_mixture() -> None:
    """One of two policies always leaves all to the demonstrator. Who draws it asks at both steps,
    so the mixture asks once in expectation; but the first answer, or action, refutes it here."""
    model = Model(
        ("a",),
        ("x",),
        {"acts": constant({"a": 1}), "leaves": constant({})},
        {"acts": "1/2", "leaves": "1/2"},
        "acts",
        silent(("a",)),
        alpha=1,
        horizon=2,
    )
    assert compare(model, ["committed:0"]).learners[0].queries == Fraction(1, 2)


@settings(max_examples=EXAMPLES)
@given(rewarded(), st.integers(0, 4))
def test_without_rewards_the_leader_is_of_the_greatest_likelihood(
    document: dict[str, Any], asked: int
) -> None:
    """With a uniform prior the heaviest policy is that of the greatest likelihood of the answers;
    while one is positive, it is also the one that L5 follows."""
    document.pop("reward", None)
    count = len(document["prior"])
    uniform = {**document, "prior": dict.fromkeys(document["prior"], f"1/{count}")}
    leader, heaviest = compare(model_of(uniform), [f"leader:{asked}", f"map:{asked}"]).learners
    if alive(document):
        assert leader.events == heaviest.events
        assert leader.queries == heaviest.queries
    # Its prior plays no part.
    assert leader.events == compare(model_of(document), [f"leader:{asked}"]).learners[0].events


@settings(max_examples=EXAMPLES)
@given(rewarded(), alphas())
def test_of_two_policies_three_rules_are_one(document: dict[str, Any], alpha: Fraction) -> None:
    """Of two weights `w <= W` the lighter is in L1's set when `w >= A (w + W)`, which is L3's rule,
    and when `w >= A/(1-A) W`: L2's at `A/(1-A)`, which is an alpha up to `A = 1/2`."""
    names = list(document["policies"])[:2]
    whole = sum(Fraction(document["prior"][name]) for name in names)
    document["prior"] = {name: str(Fraction(document["prior"][name]) / whole) for name in names}
    if alive(document):
        document["demonstrator"] = document["policies"][document["demonstrator"]]
        for state in document["demonstrator"]["states"].values():
            for rule in state.get("next", []):
                rule.pop("queried", None)
    document["policies"] = {name: document["policies"][name] for name in names}
    learners = [f"conservative:{alpha}", f"absolute:{alpha}"]
    if alpha <= Fraction(1, 2):
        learners.append(f"relative:{alpha / (1 - alpha)}")
    first, *others = compare(model_of(document), learners).learners
    for other in others:
        assert first.queries == other.queries
        assert first.query_cubes == other.query_cubes
        assert first.events == other.events

"""The guardrail against enumerations, its bound, and a mutant that trusts too few."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exact_cbil import CbilError, Model, Step, constant, once, run, silent, spec
from exact_cbil.guardrail import cautious_estimate, guardrail
from exact_cbil.imitators.bayesian import Conservative
from exact_cbil.learner import Belief, rank
from exact_cbil.models import SHIPPED, shared_error
from tests.conftest import LARGE
from tests.literal import literal
from tests.strategies import documents, model_of

EXAMPLES = 400 if LARGE else 40
WATCHED = documents().filter(lambda document: document["events"])


def alone(model: spec.Model, policy: spec.Policy, event: spec.Event, h: spec.History) -> Fraction:
    """`P_pi(B|h)`: a policy acts from h on, and every step of it reads as asked."""
    if len(h) == model.horizon:
        return Fraction(event(spec.hidden(h)))
    found = Fraction(0)
    for action, p in policy(h).items():
        for seen, shown in model.environment(spec.hidden(h), action).items():
            if p and shown:
                found += p * shown * alone(model, policy, event, (*h, (True, action, seen)))
    return found


def truth(model: spec.Model, event: spec.Event, h: spec.History) -> Fraction:
    own = model.demonstrator
    policy = model.policies[own] if isinstance(own, str) else own
    return alone(model, policy, event, spec.hidden(h))


def estimate(model: spec.Model, event: spec.Event, h: spec.History) -> Fraction:
    chances = [
        alone(
            model, model.policies[name], event, spec.hidden(h) if name == model.demonstrator else h
        )
        for name in spec.top(model, h)
    ]
    return max(chances, default=Fraction(1))


@settings(max_examples=EXAMPLES)
@given(WATCHED)
def test_the_guardrail_equals_its_enumeration(document: dict[str, Any]) -> None:
    expected, model = literal(document), model_of(document)
    name = next(iter(document["events"]))
    event = expected.events[name]
    first = [Fraction(0)] * (expected.horizon + 1)
    fails: dict[spec.History, bool] = {}
    for t in range(expected.horizon + 1):
        for h, mass in spec.law(expected, spec.imitate, t).items():
            known = estimate(expected, event, h)
            steps = tuple(Step(*step) for step in h)
            assert cautious_estimate(model, name, steps) == known
            before = any(fails[h[:k]] for k in range(t))
            fails[h] = known < truth(expected, event, h)
            if fails[h] and not before:
                first[t] += mass
    found = guardrail(model, name)
    assert list(found.first_failure) == first
    assert found.ever == sum(first)


class TrustsTheHeavy(Conservative):
    """The mutant: all policies whose weight is at least alpha, be they none."""

    def members(self, belief: Belief) -> Sequence[int]:
        least = self.alpha * sum(belief.weights)
        return [i for i in rank(belief.weights) if belief.weights[i] >= least]


RULES = ("conservative", "relative", "absolute")


@settings(max_examples=EXAMPLES)
@given(WATCHED.filter(lambda document: isinstance(document["demonstrator"], str)), st.data())
def test_it_fails_with_at_most_the_probability_of_the_bound(
    document: dict[str, Any], data: st.DataObject
) -> None:
    model = model_of(document)
    rule = data.draw(st.sampled_from([*RULES, "mutant"]))
    learner = f"{rule}:{model.alpha}"
    for name in model.events:
        found = guardrail(
            model, name, TrustsTheHeavy(model, model.exact_alpha) if rule == "mutant" else learner
        )
        assert found.bound is None or found.ever <= found.bound
        if rule == "conservative":
            exclusion = run(model).exclusion
            assert exclusion is not None
            assert found.ever <= exclusion


@pytest.mark.parametrize("name", [name for name in SHIPPED if SHIPPED[name]().realizable])
def test_the_bound_holds_on_the_shipped_models(name: str) -> None:
    model = SHIPPED[name]()
    for event in model.events:
        found = guardrail(model, event)
        assert found.bound is None or found.ever <= found.bound


def test_a_mutant_that_trusts_only_the_heavy_fails_while_the_demonstrator_is_in_the_top_set() -> (
    None
):
    """Its set lies inside that of D5. Weights below the demonstrator's count for it, and not for
    D5; so it can miss what D5 never does. It may even trust nobody.

    It obeys R all the same: a weight below alpha means `sum z > 1/alpha - 1`, and T3 rests on the
    same inequality of Ville. What it violates is what the guardrail rests on, that it fails at
    most with the probability that the demonstrator ever leaves the top set.
    """
    actions = ("try", "rest")
    rest, torn = constant({"rest": 1}), constant({"try": "1/2", "rest": "1/2"})
    model = Model(
        actions,
        ("x",),
        {"idle": rest, "demonstrator": torn, "a": rest, "b": rest},
        {"idle": "3/5", "demonstrator": "1/5", "a": "1/10", "b": "1/10"},
        "demonstrator",
        silent(actions),
        alpha="1/4",
        horizon=1,
        events={"tries": once("try")},
    )
    mutant = TrustsTheHeavy(model, model.exact_alpha)
    assert run(model).exclusion == 0
    assert guardrail(model, "tries").ever == 0
    assert guardrail(model, "tries", mutant).ever == 1
    assert cautious_estimate(model, "tries", ()) == Fraction(1, 2)
    assert cautious_estimate(model, "tries", (), mutant) == 0


def test_bad_questions_are_told() -> None:
    model = shared_error(2)
    cases: list[tuple[Callable[[], object], str]] = [
        (lambda: guardrail(model, "no"), "event: the model has no event 'no'"),
        (lambda: guardrail(model, "ever-errs", "map:3"), "expected one with a top set"),
        (
            lambda: cautious_estimate(model, "ever-errs", (Step(True, "right", "x"),) * 3),
            "history: expected at most 2 steps, got 3",
        ),
    ]
    for call, expected in cases:
        with pytest.raises(CbilError, match=expected):
            call()

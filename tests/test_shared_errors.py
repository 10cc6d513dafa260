"""Errors that members share: the family `correlated`, and a truth that is only near (T8)."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounds.claims import claim_named
from bounds.evidence import Evidence
from bounds.verdict import Holds
from exact_cbil import CbilError, Model, compare, constant, run, silent, spec
from exact_cbil.errors import OutOfRange
from exact_cbil.interaction import Interaction
from exact_cbil.models import correlated, rare_action
from exact_cbil.nearness import departures, distance, near, near_members
from exact_cbil.potential import prior_potential
from exact_cbil.real import compare as order
from exact_cbil.real import ln
from tests.conftest import LARGE
from tests.literal import literal
from tests.strategies import documents, model_of

TENTHS = [Fraction(n, 12) for n in (1, 2, 3, 4, 6, 9, 11)]


@pytest.mark.parametrize("members", [2, 3, 6])
@pytest.mark.parametrize("error", [Fraction(1), Fraction(1, 3)])
def test_where_a_shared_error_passes(members: int, error: Fraction) -> None:
    """It passes when the demonstrator, last in rank, weighs less than alpha of the whole; a veto
    costs as many questions as the error is likely; where it ranks first and the next is too light,
    it is trusted alone, and nothing is asked. Ties of both kinds are among the cases."""
    for weight in {*TENTHS, Fraction(1, members)}:
        heavy = weight > Fraction(1, members)
        other = (1 - weight) / (members - 1)
        for alpha in {*TENTHS, Fraction(1, members), Fraction(1)}:
            model = correlated(members, weight, error)
            (found,) = compare(model, [f"conservative:{alpha}"]).learners
            passes = weight < alpha and not heavy
            alone = heavy and other < alpha * (weight + other)
            assert found.events["ever-errs"] == (error if passes else 0)
            assert found.queries == (0 if passes or alone else error)


@pytest.mark.parametrize("error", [Fraction(1), Fraction(1, 3)])
def test_what_other_learners_make_of_a_shared_error(error: Fraction) -> None:
    """The predictive errs with the weight of the erring, the heaviest as they do; the ensemble
    vetoes if it holds the demonstrator; the gate that sees them differ asks outright."""
    weight = Fraction(1, 10)
    model = correlated(5, weight, error)
    names = ["predictive:3", "map:3", "ensemble:4", "ensemble:5", "gate:1/10:1/4", "predictive:4"]
    found = compare(model, names).learners
    assert [each.events["ever-errs"] for each in found] == [
        (1 - weight) * error,
        error,
        error,
        0,
        0,
        0,
    ]
    assert [each.queries for each in found] == [3, 3, 0, error, 1, 4]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"members": 1}, "members: expected a whole number from 2, got 1"),
        ({"weight": 1}, "weight: expected a rational in"),
        ({"error": 0}, "error: expected a rational in"),
        ({"step": -1}, "step: expected a whole number from 0"),
    ],
)
def test_values_outside_the_family_are_told(values: dict[str, Any], expected: str) -> None:
    with pytest.raises(OutOfRange, match=expected):
        correlated(**values)


# -- a truth that is only near --------------------------------------------------------------------


@st.composite
def near_misses(draw: st.DrawFn) -> tuple[dict[str, Any], str]:
    """A document whose demonstrator, outside the class, is a mixture of a member with the uniform
    measure, in each of its states; and the member's name."""
    document = draw(documents(realizable=True).filter(lambda each: each["horizon"] > 0))
    name = document["demonstrator"]
    share = Fraction(draw(st.sampled_from([0, 1, 5])), 100)
    machine = document["policies"][name]
    states = {}
    for state, body in machine["states"].items():
        masses = {a: Fraction(p) for a, p in body["emit"].items() if Fraction(p)}
        blended = {a: (1 - share) * p + share / len(masses) for a, p in masses.items()}
        states[state] = {**body, "emit": {a: str(p) for a, p in blended.items()}}
    return {**document, "demonstrator": {"start": machine["start"], "states": states}}, name


@settings(max_examples=400 if LARGE else 30)
@given(near_misses())
def test_the_theorem_of_nearness_holds_and_its_sides_are_as_defined(
    case: tuple[dict[str, Any], str],
) -> None:
    document, name = case
    expected, model = literal(document), model_of(document)
    eta, others = distance(model, name), len(model.policies) - 1
    found = near(model, name)

    def value(model: spec.Model, h: spec.History) -> Fraction:
        theta = spec.query_probability(model, h)
        return theta * (max(theta - eta, Fraction(0)) ** 2 - 3 * others * eta)

    assert found.left == spec.summed(expected, value)
    constant, argument = spec.S(replace(expected, demonstrator=name))
    assert order(found.potential, ln(argument) * 2 + constant) == 0
    assert found.holds
    outside = [Fraction(0)] * (expected.horizon + 1)
    for h, mass in spec.law(expected, spec.imitate, expected.horizon - 1).items():
        for n in range(expected.horizon + 1):
            cut = [k for k in range(len(h) + 1) if sum(step[0] for step in h[:k]) <= n]
            outside[n] += mass * any(name not in spec.top(expected, h[:k]) for k in cut)
    assert departures(Interaction(model), name) == outside
    evidence = Evidence(model)
    assert near_members(model)[name] == eta
    assert evidence.near_exit(name) == max(p / (1 + eta) ** n for n, p in enumerate(outside))
    for claim in ("T8", "T8a"):
        assert isinstance(claim_named(claim).check(evidence), Holds)
    # The distance is met and never exceeded at the histories that happen.
    for t in range(expected.horizon):
        for h in spec.law(expected, spec.imitate, t):
            p, q = spec.demonstrator(expected, h), expected.policies[name](h)
            for a in expected.actions:
                assert p.get(a, 0) <= (1 + eta) * q.get(a, 0)
                assert q.get(a, 0) <= (1 + eta) * p.get(a, 0)


def test_at_distance_zero_the_theorem_is_that_of_the_query_cubes() -> None:
    model = rare_action("1/2")
    found = near(model, "demonstrator")
    assert found.eta == 0
    assert found.left == run(model).query_cubes
    assert order(found.potential, prior_potential(model)) == 0


def test_a_near_truth_by_hand() -> None:
    """The truth is fair; two members of equal weight lean a tenth to either side of it. Both are
    trusted at first, and `theta = 1 - 2/5 - 2/5`; `eta = (1/2)/(2/5) - 1`."""
    actions = ("right", "wrong")
    lean = {"right": "3/5", "wrong": "2/5"}, {"right": "2/5", "wrong": "3/5"}
    model = Model(
        actions,
        ("x",),
        {"near": constant(lean[0]), "other": constant(lean[1])},
        {"near": "1/2", "other": "1/2"},
        constant({"right": "1/2", "wrong": "1/2"}),
        silent(actions),
        alpha="1/10",
        horizon=1,
    )
    found = near(model, "near")
    assert found.eta == Fraction(1, 4)
    assert found.left == Fraction(1, 5) * (0 - 3 * found.eta)
    assert order(found.potential, ln(9) * 2 + 3) == 0  # z = 1, tau = 1/9


def test_a_truth_that_is_not_near_at_all_is_told() -> None:
    model = correlated()
    with pytest.raises(CbilError, match="infinitely far"):
        near(model, "erring-1")
    with pytest.raises(CbilError, match="unknown policy 'nobody'"):
        near(model, "nobody")

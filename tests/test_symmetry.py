"""Exchangeable policies merged: the same numbers from fewer states, or an error (R1)."""

from __future__ import annotations

import json
from collections import Counter
from copy import deepcopy
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounds.evidence import Evidence
from bounds.witness.model import schedule_model
from bounds.witness.schedule import Schedule, Stage
from exact_cbil import Model, Semimeasure, run, spec
from exact_cbil.environment import silent
from exact_cbil.event import once
from exact_cbil.history import Rule
from exact_cbil.modelfile import save
from exact_cbil.policy import MoorePolicy, Policy, constant
from exact_cbil.symmetry import OrderMatters
from tests.commands import Outcome
from tests.conftest import examples
from tests.literal import histories, literal
from tests.strategies import documents, model_of


@st.composite
def documents_with_copies(draw: st.DrawFn) -> dict[str, Any]:
    """A random document in which one policy's machine occurs up to four times, from any starts."""
    document = deepcopy(draw(documents()))
    policies = document["policies"]
    name = draw(st.sampled_from(sorted(policies)))
    for number in range(draw(st.integers(1, 3))):
        start = draw(st.sampled_from(sorted(policies[name]["states"])))
        policies[f"copy {number}"] = {**policies[name], "start": start}
    parts = {name: draw(st.sampled_from([1, 2, 3])) for name in policies}
    total = sum(parts.values())
    document["prior"] = {name: f"{part}/{total}" for name, part in parts.items()}
    if draw(st.booleans()):  # an alpha that weights meet, so that ties end the top set
        ranked = sorted(parts.values(), reverse=True)
        n = draw(st.integers(1, len(ranked)))
        document["alpha"] = str(Fraction(ranked[n - 1], sum(ranked[:n])))
    return document


def ties_end_the_top_set(document: dict[str, Any]) -> bool:
    """Whether, at some history, a policy outside the top set weighs what its last member does."""
    model = literal(document)
    for history in histories(model):
        weights, top = spec.posterior(model, history), spec.top(model, history)
        if top and any(weights[n] == weights[top[-1]] for n in weights if n not in top):
            return True
    return False


def test_merging_changes_no_number() -> None:
    outcomes: Counter[str] = Counter()

    @given(documents_with_copies())
    def merging_changes_no_number(document: dict[str, Any]) -> None:
        model = model_of(document)
        plain = run(model)
        try:
            merged = run(model, symmetric=True)
        except OrderMatters:
            outcomes["order matters"] += 1
            assert ties_end_the_top_set(document)
            return
        outcomes["merged"] += 1
        assert replace(merged, states=0) == replace(plain, states=0)
        assert merged.states <= plain.states

    merging_changes_no_number()
    # An error at every turn would pass unseen. A model that raises it has a test of its own.
    assert outcomes["merged"] > outcomes["order matters"]


def test_symmetric_states_are_one() -> None:
    # Four die in turn; then which are left is one of 2^4 - 1 sets, and each survivor's seat counts.
    stages = [Stage(Fraction(4, g), g, Fraction(0)) for g in (4, 3, 2, 1)]
    model = schedule_model(Schedule(4, tuple(stages)), horizon=6)
    plain, merged = run(model), run(model, symmetric=True)
    assert replace(merged, states=0) == replace(plain, states=0)
    assert merged.states == 5
    assert plain.states > 15
    sums = [Evidence(model, symmetric=both).divergence_sum for both in (False, True)]
    assert sums[0].decimal() == sums[1].decimal()


def shunning(count: int, alpha: str) -> Model:
    """`count` copies of a machine, each of which shuns another of `count` actions."""
    actions = tuple(str(a) for a in range(count))
    states: dict[str, Any] = {
        a: (Semimeasure({b: Fraction(1, count - 1) for b in actions if b != a}), ())
        for a in actions
    }
    copies = {f"shuns {a}": MoorePolicy.of(a, states) for a in actions}
    return Model(
        actions=actions,
        observations=("o",),
        policies={"human": constant(Semimeasure.uniform(actions)), **copies},
        prior={"human": "1/2"} | dict.fromkeys(copies, f"1/{2 * count}"),
        demonstrator="human",
        environment=silent(actions, "o"),
        alpha=alpha,
        horizon=4,
    )


def test_order_that_matters_is_an_error(tmp_path: Path) -> None:
    # Weights 5, 1, 1, 1, 1, 1; at alpha = 1/7 two copies are in (1 >= 7/7), the third is not.
    model = shunning(5, "1/7")
    with pytest.raises(OrderMatters) as caught:
        run(model, symmetric=True)
    assert caught.value.names == tuple(f"shuns {a}" for a in range(5))
    path = tmp_path / "model.json"
    save(model, path)
    outcome = Outcome("run", path, "--symmetric")
    outcome.assert_refused("order of the class decides a tie")


def test_flag_changes_no_output(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    save(shunning(4, "1/100"), path)
    outputs = [Outcome("run", path, "--json", *flag).out for flag in ([], ["--symmetric"])]
    assert outputs[0] == outputs[1]
    assert json.loads(outputs[0])["format"] == "cbil-result/1"


@st.composite
def models_with_exchangeable_actions(draw: st.DrawFn) -> Model:
    """Classes in which each of some actions has its own policies, alike but for its name."""
    count = draw(st.integers(2, 4))
    free = [f"a{k}" for k in range(count)]
    actions = [*free, "other"]
    parts = st.integers(0, 3)

    def machine(own: str, numbers: list[list[int]], trigger: str) -> MoorePolicy:
        """One that singles out its own action, in two states."""
        emitted = []
        for mine, theirs, other, lost in numbers:
            whole = mine + (count - 1) * theirs + other + lost or 1
            masses = {a: Fraction(mine if a == own else theirs, whole) for a in free}
            emitted.append(Semimeasure({**masses, "other": Fraction(other, whole)}))
        rules = [Rule("later", action={"own": own, "other": "other", "any": None}[trigger])]
        return MoorePolicy.of("now", {"now": (emitted[0], rules), "later": (emitted[1], [])})

    demonstrator = constant(Semimeasure.uniform(actions))
    policies: dict[str, Policy] = {"demonstrator": demonstrator}
    weights = {"demonstrator": draw(st.integers(1, 3))}
    for orbit in range(draw(st.integers(1, 2))):
        numbers = draw(st.lists(st.lists(parts, min_size=4, max_size=4), min_size=2, max_size=2))
        trigger, weight = draw(st.sampled_from(["own", "other", "any"])), draw(st.integers(1, 2))
        for own in free:
            policies[f"{orbit} {own}"] = machine(own, numbers, trigger)
            weights[f"{orbit} {own}"] = weight
    total = sum(weights.values())
    return Model(
        actions=actions,
        observations=("x",),
        policies=policies,
        prior={name: Fraction(weight, total) for name, weight in weights.items()},
        demonstrator="demonstrator",
        environment=silent(actions),
        alpha=Fraction(1, draw(st.integers(1, 9))),
        horizon=3,
        events={"ever-other": once(action="other")},
    )


def test_renaming_exchangeable_actions_changes_no_number() -> None:
    seen: Counter[str] = Counter()

    @examples(80)
    @given(models_with_exchangeable_actions())
    def compare(model: Model) -> None:
        plain = run(model)
        try:
            merged = run(model, symmetric=True)
        except OrderMatters:
            seen["order matters"] += 1
            return
        assert merged.to_json() == plain.to_json()
        assert merged.chi_squared == plain.chi_squared
        seen["fewer" if merged.states < plain.states else "as many"] += 1

    compare()
    assert seen["fewer"] > 0  # an error at every turn would pass unseen


def test_policies_that_refuse_an_action_each_are_few_states() -> None:
    """Of n actions, n policies that each refuse one: `2^n n` states become about `n^2`."""
    count = 12
    actions = [f"a{k}" for k in range(count)]
    refusing = {
        f"not {a}": constant(Semimeasure.uniform([b for b in actions if b != a])) for a in actions
    }
    policies = {"demonstrator": constant(Semimeasure.uniform(actions)), **refusing}
    model = Model(
        actions=actions,
        observations=("x",),
        policies=policies,
        prior=dict.fromkeys(policies, Fraction(1, count + 1)),
        demonstrator="demonstrator",
        environment=silent(actions),
        alpha="1/100",
        horizon=20,
    )
    assert run(model, symmetric=True).states < 400
    short = model.with_horizon(2)
    assert run(short, symmetric=True).to_json() == run(short).to_json()

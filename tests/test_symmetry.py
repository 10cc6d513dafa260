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
from exact_cbil.cli import main
from exact_cbil.environment import silent
from exact_cbil.modelfile import write_model
from exact_cbil.policy import MoorePolicy, constant
from exact_cbil.symmetry import OrderMatters
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
    # An error at every turn would pass unseen; so would a search that never meets one.
    assert outcomes["merged"] > outcomes["order matters"] > 0


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


def test_order_that_matters_is_an_error(tmp_path: Path, capsys: Any) -> None:
    # Weights 5, 1, 1, 1, 1, 1; at alpha = 1/7 two copies are in (1 >= 7/7), the third is not.
    model = shunning(5, "1/7")
    with pytest.raises(OrderMatters) as caught:
        run(model, symmetric=True)
    assert caught.value.names == tuple(f"shuns {a}" for a in range(5))
    path = tmp_path / "model.json"
    path.write_text(json.dumps(write_model(model)))
    with pytest.raises(SystemExit) as exited:
        main(["run", str(path), "--symmetric"])
    assert exited.value.code == 2
    assert "order of the class decides a tie" in capsys.readouterr().err


def test_flag_changes_no_output(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "model.json"
    path.write_text(json.dumps(write_model(shunning(4, "1/100"))))
    outputs = []
    for flag in ([], ["--symmetric"]):
        with pytest.raises(SystemExit):
            main(["run", str(path), "--json", *flag])
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    assert json.loads(outputs[0])["format"] == "cbil-result/1"

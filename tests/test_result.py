"""Results: what is written reads back, and what is shown cannot be taken for markup."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given

from exact_cbil import Result, run
from exact_cbil.errors import InvalidModel
from exact_cbil.event import once
from exact_cbil.models import rare_action
from exact_cbil.numbers import FractionSum, decimal
from tests.commands import Outcome
from tests.mutations import changed
from tests.strategies import documents, model_of


@given(documents())
def test_a_result_survives_a_round_trip(document: dict[str, Any]) -> None:
    result = run(model_of(document))
    again = Result.from_json(json.dumps(result.to_json()))
    assert again.to_json() == result.to_json()
    assert list(again.events) == list(result.events)
    assert again.steps == result.steps
    assert (again.theta_gain, again.chi_squared, again.states) == (None, None, 0)


def test_the_table_reduces_no_weight_that_it_can_round(monkeypatch: pytest.MonkeyPatch) -> None:
    reduced: list[FractionSum] = []
    whole = FractionSum.reduced

    def noted(weight: FractionSum) -> Fraction:
        reduced.append(weight)
        return whole(weight)

    monkeypatch.setattr(FractionSum, "reduced", noted)
    outcome = Outcome("run", "rare-action", "--horizon", "20")
    assert len(reduced) == 1  # the prior, a half
    assert "~0.577861" in outcome.out
    weights = [step.demonstrator_weight for step in run(rare_action(horizon=20)).steps]
    assert len(reduced) == 21
    assert decimal(weights[-1] or Fraction(0)) == "0.577861"


GOOD = run(rare_action("1/2")).to_json()


@pytest.mark.parametrize(
    ("path", "value", "place", "expected"),
    [
        ("format", "cbil-result/2", "$.format", 'expected "cbil-result/1"'),
        ("queries", 0.5, "$.queries", "got the number 0.5"),
        ("queries", None, "$.queries", "expected a string"),
        ("extra", 1, "$.extra", "unknown key"),
        ("horizon", 3, "$.steps", "one step for each t"),
        ("steps/1/t", 2, "$.steps", "one step for each t"),
        ("steps/1/theta", "1/0", "$.steps[1].theta", "1/0"),
        ("steps/1/demonstrator_weight", None, "$.steps[1].demonstrator_weight", "a number"),
        ("exclusion", None, "$.steps[0].demonstrator_weight", "expected null"),
        ("events/never-rare/guarded", "1", "$.events.never-rare.guarded", "unknown key"),
    ],
)
def test_faults_are_named_with_their_place(
    path: str, value: object, place: str, expected: str
) -> None:
    with pytest.raises(InvalidModel) as caught:
        Result.from_json(json.dumps(changed(GOOD, path, value)))
    assert caught.value.path == place
    assert expected in caught.value.problem


def test_a_display_shows_names_as_text() -> None:
    model = replace(rare_action("1/2"), events={"<b>&\x1b": once(action="rare")})
    shown = run(model)._repr_html_()
    assert "<b>" not in shown
    assert "\x1b" not in shown
    assert "Event &lt;b&gt;&amp;\\x1b" in shown
    assert "<td>queries</td><td>175/128</td><td>~1.36719</td>" in shown

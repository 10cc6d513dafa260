"""`compare` at the command line and in Python, `sample --learner`, and imitators of one's own."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flint import arb, fmpq

from exact_cbil import CbilError, Semimeasure, Step, compare, constant, run
from exact_cbil.comparison import curves, sensible
from exact_cbil.imitators import ASK, LEARNERS, Imitator, named
from exact_cbil.imitators.quantity import middle
from exact_cbil.imitators.sampling import _draw_ball, sample
from exact_cbil.modelfile import save
from exact_cbil.models import SHIPPED, correlated, rare_action, treacherous_turn
from exact_cbil.plots import price_figure
from tests.commands import Outcome


def test_the_json_is_as_specified() -> None:
    words = ["--learner", "conservative:2/20", "--learner", "gradient:1:1", "--learner", "always"]
    outcome = Outcome("compare", "rare-action", "--horizon", "3", "--json", *words)
    assert (outcome.code, outcome.err) == (0, "")
    found = outcome.json
    assert list(found) == ["format", "horizon", "demonstrator", "learners"]
    assert (found["format"], found["horizon"]) == ("cbil-comparison/1", 3)
    assert found["demonstrator"] == {"events": {"never-rare": "343/512"}}
    first, second, third = found["learners"]
    assert first == {
        "learner": "conservative",
        "parameters": ["1/10"],
        "queries": "12097/32768",
        "events": {"never-rare": "250047/262144"},
    }
    assert (second["learner"], second["parameters"]) == ("gradient", ["1", "1"])
    assert second["queries"] == {"lo": "1", "hi": "1"}
    ends = second["events"]["never-rare"]
    assert Fraction(ends["lo"]) < Fraction(ends["hi"])
    assert (third["parameters"], third["queries"]) == ([], "3")


def test_the_table_shows_each_learner_beside_the_demonstrator() -> None:
    out = Outcome("compare", "treacherous-turn").out
    for name in LEARNERS:
        assert (name in out) == (name != "gradient")
    assert "the demonstrator alone" in out
    assert "885074946769/1188367284640" in out
    assert "~0.744782" in out
    out = Outcome("compare", "rare-action", "--learner", "gradient:1:1", "--horizon", "3").out
    assert "enclosed" in out
    assert "0.77246346..." in out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--learner", "gradnt:1:1"], "unknown name 'gradnt'; did you mean 'gradient'?"),
        (["--learner", "zzz"], "unknown name 'zzz'; there are conservative, relative"),
        (["--learner", "gate:1/2"], "expected gate:A:C, got 'gate:1/2'"),
        (["--learner", "always:1"], "expected always, got 'always:1'"),
        (["--learner", "conservative:0"], "conservative, A: expected a rational in (0, 1], got 0"),
        (["--learner", "conservative:0.1"], "conservative, A: expected an exact rational"),
        (["--learner", "map:1/2"], "map, N: expected a whole number from 0 to 1000000, got 1/2"),
        (["--learner", "ensemble:0"], "ensemble, K: expected a whole number from 1"),
        (["--learner", "gate:1:2"], "gate, C: expected a rational in [0, 1], got 2"),
        (["--learner", "gradient:0:1"], "gradient, E: expected a rational in (0, 1000], got 0"),
        (
            ["--learner", "gradient:1:1", "--horizon", "40"],
            "horizon of gradient:1:1: expected at most 24, as histories that hardly merge are "
            "enumerated, got 40",
        ),
        (["--horizon", "-1"], "--horizon: expected a whole number from 0"),
        (["--plot", "a.txt"], "--plot: expected a file ending in .svg or .png"),
    ],
)
def test_bad_options_are_one_clear_line(words: list[str], expected: str) -> None:
    Outcome("compare", "rare-action", *words).assert_refused(expected)


def test_the_help_names_every_learner_with_its_parameters() -> None:
    words = re.split(r"[,.\s]+", Outcome("compare", "--help").out)
    for name, kind in LEARNERS.items():
        assert ":".join((name, *(each.symbol for each in kind.parameters))) in words


def test_a_number_of_steps_beyond_the_horizon_asks_at_all() -> None:
    line = ["compare", "rare-action", "--horizon", "3", "--json", "--learner", "map:1000000"]
    assert Outcome(*line).json["learners"][0]["queries"] == "3"


def test_a_gradient_of_too_many_histories_is_one_clear_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("exact_cbil.imitators.chain.MOST_HISTORIES", 10)
    with pytest.raises(CbilError, match="more than 10 histories, hardly any of which merge"):
        compare(treacherous_turn(), ["gradient:1:9"])


def test_the_default_learners_ask_about_as_often_as_the_first() -> None:
    model = treacherous_turn()
    chosen = [str(learner) for learner in sensible(model)]
    assert chosen[0] == "conservative:1/10"
    assert {"relative:1/10", "map:6", "leader:6", "ensemble:3", "gate:1/10:1/10"} <= set(chosen)
    assert 5 < run(model).queries <= 6
    by_default = compare(model, horizon=3)
    assert [each.learner for each in by_default.learners] == [
        n for n in LEARNERS if n != "gradient"
    ]


@pytest.mark.parametrize("name", SHIPPED)
def test_the_default_learners_run_on_every_shipped_model(name: str) -> None:
    model = SHIPPED[name]()
    model = model.with_horizon(min(model.horizon, 4))
    found = compare(model)
    for learner in found.learners:
        assert 0 <= middle(learner.queries) <= model.horizon
        assert all(0 <= middle(chance) <= 1 for chance in learner.events.values())
    always = found.learners[-1]
    assert dict(always.events) == dict(found.demonstrator)


# -- pictures -------------------------------------------------------------------------------------


def test_the_picture_has_a_curve_for_each_rule_and_the_exact_points() -> None:
    model = correlated(4, "1/5", horizon=5)
    learners = [named(word) for word in ("conservative:1/2", "conservative:1/9", "map:1", "always")]
    drawn = curves(model, learners)
    assert [curve.label for curve in drawn] == ["conservative:A", "map:N", "always"]
    figure = price_figure(drawn, {"ever-errs": Fraction(0)})
    (axes,) = figure.axes
    line, first, second, last = axes.get_lines()

    def points(curve: Any) -> set[tuple[float, float]]:
        return set(zip(curve.get_xdata(), curve.get_ydata(), strict=True))

    assert [each.get_label() for each in (first, second, last)] == [c.label for c in drawn]
    assert points(first) == {(0, 1), (1, 0)}
    assert points(second) == {(0, 1), (1, 1), (2, 1), (3, 1), (4, 0), (5, 0)}
    assert line.get_label() == "the demonstrator"


def test_the_picture_is_written(tmp_path: Path) -> None:
    path = tmp_path / "price.svg"
    assert Outcome("compare", "correlated", "--plot", path, "--learner", "map:3").code == 0
    assert path.read_text().startswith("<?xml")
    save(replace(rare_action(), events={}), tmp_path / "quiet.json")
    refused = Outcome("compare", tmp_path / "quiet.json", "--plot", path)
    refused.assert_refused("--plot: expected a model with events")


def test_a_notebook_shows_a_table_of_inert_text() -> None:
    shown = compare(correlated(), ["map:3"])._repr_html_()
    assert shown.startswith("<table><caption>Learners, horizon 6</caption>")
    assert "<td>map:3</td><td>3</td><td>1</td>" in shown


# -- an imitator of one's own ---------------------------------------------------------------------


class Wary(Imitator):
    """Asks until it has been told `rare` once, and then acts `usual` for ever."""

    start = False

    def emit(self, told: bool) -> Semimeasure[str]:
        return Semimeasure.point("usual") if told else ASK

    def advance(self, told: bool, step: Step) -> bool:
        return told or (step.queried and step.action == "rare")


def test_an_imitator_of_ones_own_has_two_methods() -> None:
    """It asks at step t unless `rare` came before: `sum (7/8)^t`."""
    (found,) = compare(rare_action("1/8"), [Wary()], horizon=5).learners
    assert (found.learner, found.parameters) == ("Wary", ())
    assert found.queries == sum(Fraction(7, 8) ** t for t in range(5))
    assert found.events["never-rare"] == Fraction(7, 8) ** 5
    assert found.states == 2


class Careless(Imitator):
    """Emits what it was given, whatever that is."""

    def __init__(self, emitted: Any) -> None:
        self.emitted = emitted

    def emit(self, memory: None) -> Any:
        return self.emitted

    def advance(self, memory: None, step: Step) -> None:
        return None


@pytest.mark.parametrize(
    ("emitted", "expected"),
    [
        ({"usual": 0.5}, "Careless: expected a Semimeasure, got dict"),
        (Semimeasure({"fly": 1}), "Careless: unknown action 'fly'"),
    ],
)
def test_what_an_imitator_may_not_emit_is_told(emitted: Any, expected: str) -> None:
    with pytest.raises(CbilError, match=expected):
        compare(rare_action(), [Careless(emitted)])


def test_what_is_no_learner_is_told() -> None:
    wrong: Any = constant({"usual": 1})
    with pytest.raises(CbilError, match="expected a word such as 'conservative:1/10' or an Imit"):
        compare(rare_action(), [wrong])
    with pytest.raises(CbilError, match="expected a list of learners, got 'always'"):
        compare(rare_action(), "always")
    with pytest.raises(CbilError, match="horizon: expected a whole number"):
        compare(rare_action(), ["always"], horizon=-1)


# -- sampling -------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["conservative:1/10", "committed:2", "gradient:1:2", "leader:3"])
def test_a_run_is_one_that_can_happen_and_the_same_for_the_same_seed(word: str) -> None:
    model = treacherous_turn().with_horizon(9)
    for seed in range(5):
        imitator = named(word).imitator(model)
        drawn = list(sample(model, imitator, Random(seed)))
        assert drawn == list(sample(model, named(word).imitator(model), Random(seed)))
        memory = imitator.start
        for number, each in enumerate(drawn):
            assert each.t == number
            emitted = imitator.emit(memory)
            if isinstance(emitted, Semimeasure) and isinstance(each.theta, Fraction):
                assert each.theta == emitted.deficit
                mass = emitted.deficit if each.step.queried else emitted[each.step.action]
                assert mass > 0
            else:
                assert 0 <= middle(each.theta) <= 1
            memory = imitator.advance(memory, each.step)


def test_draws_have_the_probabilities_of_their_balls() -> None:
    thirds = [arb(fmpq(1, 3)), arb(fmpq(2, 3))]
    for seed in range(200):
        first = Random(seed).getrandbits(64)
        assert _draw_ball(thirds, Random(seed)) == (3 * first >= 1 << 64)


def test_a_learner_is_sampled_at_the_command_line() -> None:
    line = ["sample", "treacherous-turn", "--horizon", "4", "--learner"]
    lines = [json.loads(one) for one in Outcome(*line, "map:2", "--json").out.splitlines()]
    assert [line["queried"] for line in lines] == [True, True, False, False]
    assert [line["theta"] for line in lines] == ["1", "1", "0", "0"]
    assert "asked" in Outcome(*line, "gradient:1:2").out
    Outcome(*line, "map:2", "--alpha", "1/2").assert_refused("--alpha: goes with")
    Outcome(*line, "mop:2").assert_refused("unknown name 'mop'")

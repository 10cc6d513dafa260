"""Pictures of runs, profiles, sampled runs and machines: they show the exact numbers, all of them.

What a figure shows is read from its lines and texts. That a picture is also pleasant to look at no
test can say.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from exact_cbil import (
    Automaton,
    Interaction,
    Result,
    Rule,
    after,
    constant,
    depart,
    once,
    profile,
    run,
)
from exact_cbil.digits import enclosed_course
from exact_cbil.errors import CbilError, MissingExtra
from exact_cbil.imitators import named
from exact_cbil.imitators.sampling import sample as sample_imitator
from exact_cbil.interaction import Law
from exact_cbil.modelfile import save
from exact_cbil.models import SHIPPED, rare_action, shared_error, treacherous_turn, two_observers
from exact_cbil.plots import (
    machines_figure,
    profile_figure,
    run_figure,
    sampled_figure,
    save_figure,
)
from exact_cbil.plots.layout import layers, place
from exact_cbil.plots.machines import MOST_RULES, MOST_STATES
from exact_cbil.plots.run import MOST_EVENTS
from exact_cbil.sampling import sample
from exact_cbil.spec import Actor, demonstrate, event_probability, imitate
from tests.commands import Outcome
from tests.conftest import examples
from tests.literal import literal
from tests.strategies import documents, model_of


def curve(axes: Axes, name: str) -> tuple[list[float], list[float]]:
    """The points of the one curve whose name begins so."""
    (line,) = [line for line in axes.get_lines() if str(line.get_label()).startswith(name)]
    x, y = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
    return x.tolist(), y.tolist()


def texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


# -- the course of an event -----------------------------------------------------------------------


LAWS: dict[Law, Actor] = {"imitator": imitate, "demonstrator": demonstrate}


@examples(20)
@given(documents(), st.sampled_from(sorted(LAWS)))
def test_the_course_is_the_probability_at_each_shorter_horizon(
    document: dict[str, Any], law: Law
) -> None:
    """Whatever the event: the run to time t is a run of horizon t."""
    model = model_of(document)
    for name in model.events:
        course = Interaction(model).course(name, law)
        assert course == tuple(
            event_probability(literal({**document, "horizon": t}), name, LAWS[law])
            for t in range(model.horizon + 1)
        )
        times = range(model.horizon + 1)
        event = model.events[name]
        enclosed = enclosed_course(Interaction(model), event, law, times)
        for exact, around in zip(course, enclosed, strict=True):
            assert exact in around
            assert around.width < Fraction(1, 2**50)


# -- a run ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("alpha", "most"), [("1/3", 1), ("1/5", 0.620496), ("1/10", 0)])
def test_the_picture_of_the_treacherous_turn_shows_the_turn(alpha: str, most: float) -> None:
    figure = run(treacherous_turn().with_alpha(alpha)).plot()
    event, queries, weight = figure.axes
    times, imitator = curve(event, "under the imitator")
    assert times == list(range(21))
    assert imitator == [0] * 7 + [pytest.approx(most)] * 14
    assert curve(event, "under the demonstrator") == (times, [0] * 21)
    result = run(treacherous_turn().with_alpha(alpha))
    assert curve(queries, "queries so far")[1][-1] == pytest.approx(float(result.queries))
    weights = [float(step.demonstrator_weight or 0) for step in result.steps]
    assert curve(weight, "_child0")[1] == pytest.approx(weights)
    assert f"α = {alpha}" in figure.get_suptitle()


@pytest.mark.parametrize("name", SHIPPED)
def test_every_result_is_drawn(name: str) -> None:
    result = run(SHIPPED[name]())
    axes = result.plot().axes
    assert len(axes) == len(result.events) + 1 + (result.exclusion is not None)
    for panel, chance in zip(axes, result.events.values(), strict=False):
        assert curve(panel, "under the imitator")[1][-1] == pytest.approx(float(chance.imitator))
        ended = curve(panel, "under the demonstrator")[1][-1]
        assert ended == pytest.approx(float(chance.demonstrator))


def test_a_result_from_a_file_is_drawn_without_its_model() -> None:
    import json

    result = Result.from_json(json.dumps(run(rare_action("1/2")).to_json()))
    event = result.plot().axes[0]
    times, values = curve(event, "under the imitator")
    assert times == [4]
    assert values == pytest.approx([float(result.events["never-rare"].imitator)])


def test_an_enclosed_run_is_drawn_at_its_steps() -> None:
    model = rare_action(horizon=60)
    exact = Interaction(model).course("never-rare")
    result = run(model, digits=8, times=range(0, 60, 5))
    times, values = curve(run_figure(result).axes[0], "under the imitator")
    assert times == [*range(0, 60, 5), 60]
    assert values == pytest.approx([float(exact[int(t)]) for t in times])


def test_more_events_than_panels_are_counted() -> None:
    many = {f"event {k}": once("defect") for k in range(MOST_EVENTS + 3)}
    figure = run(replace(treacherous_turn().with_horizon(1), events=many)).plot()
    assert len(figure.axes) == MOST_EVENTS + 2
    assert "3 further events are not drawn" in figure.get_suptitle()


@pytest.mark.filterwarnings("error")
def test_a_run_of_no_steps_is_drawn(tmp_path: Path) -> None:
    save_figure(sampled_figure([]), tmp_path / "x.png")
    save_figure(run(treacherous_turn().with_horizon(0)).plot(), tmp_path / "x.png")
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


# -- a profile ------------------------------------------------------------------------------------


def test_a_profile_is_drawn_against_the_logarithm_of_alpha() -> None:
    found = profile(treacherous_turn().with_horizon(8))
    event, queries, cubes = found.plot().axes
    assert {axes.get_xscale() for axes in (event, queries, cubes)} == {"log"}
    ends, values = curve(event, "under the imitator")
    assert 0 < ends[0] < 1 / 50
    for alpha in (Fraction(1, 10), Fraction(1, 5), Fraction(1, 3)):
        right = next(k for k, end in enumerate(ends) if end >= alpha)
        assert values[right] == pytest.approx(float(found.at(alpha).events["ever-defects"]))
    assert [line.get_label() for line in event.get_lines()][1] == "under the demonstrator"
    assert len(profile_figure(found, bounds=False).axes) == 2


def test_a_part_of_a_profile_fills_the_picture() -> None:
    for low, high, ticks in (("1/5", "1/3", ["1/3", "1/4", "1/5"]), ("21/50", "11/25", None)):
        found = profile(treacherous_turn().with_horizon(3), low=low, high=high)
        axes = found.plot().axes[-1]
        assert axes.get_xlim() == pytest.approx((float(Fraction(low)), float(Fraction(high))))
        shown = sorted(tick.get_text() for tick in axes.get_xticklabels())
        assert shown == (ticks or ["0.42", "0.44"])


# -- a sampled run --------------------------------------------------------------------------------


def test_a_sampled_run_shows_who_acted_and_whom_it_trusted() -> None:
    drawn = list(sample(treacherous_turn(), Random(1)))
    queries, actions, posterior = sampled_figure(drawn, title="turn").axes
    asked = [each.t for each in drawn if each.step.queried]
    assert curve(queries, "asked")[0] == asked
    assert curve(actions, "the demonstrator")[0] == asked
    assert len(curve(actions, "the imitator")[0]) == 20 - len(asked)
    trusted = set(zip(*curve(posterior, "in the top set"), strict=True))
    rows = ["demonstrator", "traitor", "noisy"]
    assert [tick.get_text() for tick in posterior.get_yticklabels()] == rows
    assert trusted == {(d.t, rows.index(n)) for d in drawn for n in d.learner.top_set}


def test_a_run_of_another_learner_has_no_top_set() -> None:
    model = treacherous_turn()
    drawn = list(sample_imitator(model, named("map:3").imitator(model), Random(0)))
    assert len(sampled_figure(drawn).axes) == 2


# -- machines -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in SHIPPED if name != "maze-optimisers"])
def test_every_state_and_rule_is_drawn(name: str) -> None:
    model = SHIPPED[name]()
    (axes,) = model.plot().axes
    shown = "\n".join(texts(axes))
    machines: Any = [*model.policies.values(), model.environment, *model.events.values()]
    machines += [] if model.realizable else [model.demonstrator]
    arrows = boxes = 0
    for machine in machines:
        rules = machine.transitions.rules
        arrows += 1 + len({(s, r.to) for s, listed in rules.items() for r in listed if r.to != s})
        boxes += 1 + len(rules) + len(getattr(machine, "accept", ()))
    drawn = axes.patches
    assert sum(isinstance(patch, FancyArrowPatch) for patch in drawn) == arrows
    assert sum(isinstance(patch, FancyBboxPatch) for patch in drawn) == boxes
    for policy in model.policies:
        assert f"policy {policy[:20]}" in shown
    assert f"α = {model.alpha}" in shown


def test_the_words_on_an_arrow_are_those_of_its_rules() -> None:
    machine = Automaton.of(
        "s", ["t"], {"s": [Rule("t", "umbrella", "rain"), Rule("s"), Rule("t")], "t": []}
    )
    model = replace(two_observers(), events={"e": machine})
    (axes,) = machines_figure(model).axes
    assert "1. umbrella, sees rain\n3. any step" in texts(axes)
    assert "stays: 2. any step" in texts(axes)


def test_labels_and_states_do_not_meet() -> None:
    figure = machines_figure(SHIPPED["walls"]())
    figure.draw_without_rendering()
    (axes,) = figure.axes
    boxes = [text.get_window_extent() for text in axes.texts]
    for one, other in combinations(boxes, 2):
        assert min(one.x1 - other.x0, other.x1 - one.x0, one.y1 - other.y0, other.y1 - one.y0) < 3


def test_what_is_too_large_or_no_machine_is_refused() -> None:
    with pytest.raises(CbilError, match=f"484 states in all; at most {MOST_STATES} are drawn"):
        machines_figure(SHIPPED["maze-optimisers"]())
    rules = [Rule("s", "umbrella")] * (MOST_RULES + 1)
    model = replace(two_observers(), events={"e": Automaton.of("s", [], {"s": rules})})
    with pytest.raises(CbilError, match=f"rules in all; at most {MOST_RULES} are drawn"):
        machines_figure(model)
    departing = depart(constant({"safe": 1}), after(1), constant({"defect": 1}))
    turn = treacherous_turn()
    with pytest.raises(CbilError, match="policy traitor, prior 7/10 is no finite machine"):
        machines_figure(replace(turn, policies={**turn.policies, "traitor": departing}))


@given(st.randoms(use_true_random=False))
def test_states_never_overlap(random: Random) -> None:
    states = [f"s{k}" for k in range(random.randint(1, 8))]
    moves = {s: random.choices(states, k=random.randint(0, 3)) for s in states}
    sizes = {s: (random.uniform(0.1, 3), random.uniform(0.1, 3)) for s in states}
    columns = layers(states[0], moves)
    assert sorted(s for column in columns for s in column) == states
    room = [random.uniform(0, 2) for _ in columns]
    placed = place(columns, sizes, room, 0.3, random.uniform(1, 12))
    for one, other in combinations(states, 2):
        apart = [
            abs(placed.middles[one][k] - placed.middles[other][k])
            - (sizes[one][k] + sizes[other][k]) / 2
            for k in (0, 1)
        ]
        assert max(apart) > 0.2
    for state, (x, y) in placed.middles.items():
        assert x - sizes[state][0] / 2 >= -1e-9
        assert x + sizes[state][0] / 2 <= placed.width + 1e-9
        assert y - sizes[state][1] / 2 >= -1e-9
        assert y + sizes[state][1] / 2 <= placed.height + 1e-9


# -- the commands ---------------------------------------------------------------------------------


def test_one_s_own_file_is_drawn(tmp_path: Path) -> None:
    own, picture = tmp_path / "own.json", tmp_path / "own.svg"
    save(treacherous_turn(), own)
    outcome = Outcome("models", own, "--draw", picture)
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")
    first = picture.read_bytes()
    assert first.startswith(b"<?xml")
    Outcome("models", own, "--draw", picture)
    assert picture.read_bytes() == first
    Outcome("models", "--draw", picture).assert_refused("--draw: expected a MODEL")
    refused = Outcome("models", "maze-optimisers", "--draw", tmp_path / "none.svg")
    refused.assert_refused("at most 100 are drawn")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["own.json", "own.svg"]


def test_a_sampled_run_is_drawn(tmp_path: Path) -> None:
    picture = tmp_path / "run.svg"
    drawn = Outcome("sample", "chain", "--plot", picture)
    assert (drawn.code, drawn.err) == (0, "")
    assert drawn.out == Outcome("sample", "chain").out
    first = picture.read_bytes()
    Outcome("sample", "chain", "--learner", "map:2", "--plot", picture)
    assert picture.read_bytes() != first


@pytest.fixture
def no_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the package is not installed."""
    for name in [name for name in sys.modules if name.startswith("exact_cbil.plots")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr("exact_cbil.lazy.find_spec", lambda name: None)


@pytest.mark.usefixtures("no_matplotlib")
def test_without_matplotlib_a_picture_is_refused_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exact_cbil.cli.run.Interaction", lambda *_, **__: pytest.fail("worked"))
    outcome = Outcome("run", "chain", "--plot", tmp_path / "x.svg")
    outcome.assert_refused("matplotlib is needed: pip install 'exact-cbil[plot]'")
    with pytest.raises(MissingExtra, match="matplotlib is needed"):
        run(shared_error(1)).plot()


def test_drawing_leaves_the_caller_s_settings_alone() -> None:
    with matplotlib.rc_context({"lines.linewidth": 7, "axes.grid": False}):
        before = dict(matplotlib.rcParams)
        figure = run(shared_error(1)).plot()
        assert dict(matplotlib.rcParams) == before
    assert all(line.get_linewidth() < 7 for axes in figure.axes for line in axes.get_lines())

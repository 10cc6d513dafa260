"""Pictures of bounds: what is constant between break points is drawn so, and nothing is hidden."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from matplotlib.figure import Figure

from bounds.claims import claim_named
from bounds.ledger.replay import Line
from bounds.planner import Situation, plan
from bounds.plots import histogram_figure, ledger_figure, model_figure, plan_figure
from exact_cbil.errors import CbilError
from exact_cbil.models import chain, shared_error, treacherous_turn
from exact_cbil.real import Real


@pytest.fixture(scope="module")
def turn() -> Figure:
    return model_figure(treacherous_turn(), title="the turn")


def test_the_query_cubes_are_a_step_function_of_alpha() -> None:
    cubes, *bounds = model_figure(chain()).axes[0].get_lines()
    assert cubes.get_drawstyle() == "steps-pre"
    assert all(line.get_drawstyle() == "default" for line in bounds)


def test_curves_that_coincide_are_told_apart(turn: Figure) -> None:
    """By line and marker, not by colour alone; and no two have their markers at one place."""
    for axes in turn.axes:
        lines = axes.get_lines()
        looks = {(str(line.get_linestyle()), str(line.get_marker())) for line in lines}
        assert len(looks) == len(lines)
        bounds = [line for line in lines if line.get_markevery() is not None]
        assert len({line.get_markevery() for line in bounds}) == len(bounds) >= 2


def test_everything_has_a_label(turn: Figure) -> None:
    assert turn.get_suptitle() == "the turn"
    for axes in turn.axes:
        assert axes.get_xlabel()
        assert axes.get_ylabel()
        legend = axes.get_legend()
        assert legend is not None
        assert len(legend.get_texts()) == len(axes.get_lines())


def test_no_legend_hides_a_curve(turn: Figure) -> None:
    turn.draw_without_rendering()
    for axes in turn.axes:
        legend = axes.get_legend()
        assert legend is not None
        assert legend.get_window_extent().y0 >= axes.get_window_extent().y1


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(CbilError, match="no event"):
        model_figure(chain(), "none such")
    with pytest.raises(CbilError, match="inside the class"):
        model_figure(shared_error())


def test_the_labels_of_a_plan_do_not_collide() -> None:
    for prior, chance in (("1/2", "1/1000000000000"), ("1/1000000", "1/100")):
        chosen = plan(Situation(Fraction(prior), 100, Fraction(chance)))
        figure = plan_figure(chosen, Fraction(1, 7))
        figure.draw_without_rendering()
        (axes,) = figure.axes
        boxes = [tick.get_window_extent() for tick in axes.get_xticklabels() if tick.get_text()]
        assert len(boxes) >= 2
        boxes.sort(key=lambda box: box.x0)
        assert all(one.x1 < other.x0 for one, other in pairwise(boxes))
        assert "exact P_i(B): 0.143" in [line.get_label() for line in axes.get_lines()]


def test_the_legend_of_the_ledger_hides_no_bar() -> None:
    statuses: Any = ("proved in general", "certified", "survives", "refuted")
    lines = [
        Line(claim_named("T1"), status, "", Real.of(Fraction(k, 5)), "", ())
        for k, status in enumerate(statuses, 1)
    ]
    figure = ledger_figure(lines)
    figure.draw_without_rendering()
    (axes,) = figure.axes
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == list(statuses[:3])
    assert legend.get_window_extent().y0 >= axes.get_window_extent().y1
    assert len({(bar.get_facecolor(), bar.get_hatch()) for bar in axes.patches}) == 4
    assert [text.get_text() for text in axes.texts] == ["0.6", "0.4", "0.2"]


def test_a_histogram_for_each_claim() -> None:
    figure = histogram_figure({"T1": [0, 3], "T2": [1, 0]})
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["T1", "T2"]

"""The picture of one run that was drawn at random: who acted, what was done, who was trusted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from exact_cbil.plots.style import (
    BLACK,
    BLUE,
    MARKED,
    VERMILLION,
    approximate,
    bars,
    head,
    label,
    legend_above,
    panels,
    styled,
    time_axis,
)
from exact_cbil.sampling import SampledStep

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from exact_cbil.history import Step
    from exact_cbil.imitators.sampling import DrawnStep
    from exact_cbil.learner import ImitatorStep

__all__ = ["sampled_figure"]

ROWS = 24
"""The most rows of a panel: actions, or policies."""


@styled
def sampled_figure(
    drawn: Sequence[SampledStep] | Sequence[DrawnStep], *, title: str = ""
) -> Figure:
    """Draw one run: the chance of a query in each step, what was done by whom, the top set.

    drawn: what `sample` gave, of the model's learner or of another imitator, which has no top set.
    title: the model's name.

    >>> from random import Random
    >>> from exact_cbil.models import treacherous_turn
    >>> from exact_cbil.sampling import sample
    >>> len(sampled_figure(list(sample(treacherous_turn(), Random(1)))).axes)
    3
    """
    steps = [each.step for each in drawn]
    learners = [each.learner for each in drawn if isinstance(each, SampledStep)]
    actions = _first_rows(step.action for step in steps)
    policies = _first_rows(name for learner in learners for name in learner.posterior)
    sizes = [1.8, 1.0 + 0.3 * max(1, len(actions))]
    figure, axes = panels([*sizes, 0.9 + 0.3 * len(policies)] if learners else sizes, 9)
    _draw_queries(axes[0], steps, [approximate(each.theta) for each in drawn])
    _draw_actions(axes[1], steps, actions)
    if learners:
        _draw_posterior(axes[2], learners, policies)
    time_axis(axes[-1], "step t")
    axes[-1].set_xlim(-0.7, len(steps) - 0.3)
    head(figure, label(title), f"one run of {len(steps)} steps")
    return figure


def _first_rows(names: Iterable[str]) -> list[str]:
    """The different names, in the order in which they come; at most ROWS."""
    return list(dict.fromkeys(names))[:ROWS]


def _rows(axes: Axes, names: Sequence[str], what: str) -> None:
    axes.set_yticks(range(len(names)), [label(name, 30) for name in names])
    axes.set(ylim=(max(len(names), 1) - 0.4, -0.6), ylabel=what)
    axes.grid(visible=False)


def _draw_queries(axes: Axes, steps: Sequence[Step], thetas: Sequence[float]) -> None:
    bars(axes, thetas, "chance of a query, θ", left=-0.5)
    asked = [t for t, step in enumerate(steps) if step.queried]
    axes.plot(
        asked,
        [1.0] * len(asked),
        marker="v",
        linestyle="none",
        color=VERMILLION,
        clip_on=False,
        in_layout=False,  # no markers at all would reach to the corner of the picture
        label=f"asked: {len(asked)} of {len(steps)} steps",
    )
    axes.set(ylabel="queries", ylim=(0, 1))
    legend_above(axes)


def _draw_actions(axes: Axes, steps: Sequence[Step], actions: Sequence[str]) -> None:
    places = {action: row for row, action in enumerate(actions)}
    for queried, colour, marker, who in (
        (False, BLUE, "o", "the imitator acted"),
        (True, VERMILLION, "v", "the demonstrator was asked and acted"),
    ):
        taken = [
            (t, places[step.action])
            for t, step in enumerate(steps)
            if step.queried == queried and step.action in places
        ]
        axes.plot(
            [t for t, _ in taken],
            [row for _, row in taken],
            linestyle="none",
            marker=marker,
            color=colour,
            markersize=7 if len(steps) <= MARKED else 3,
            rasterized=len(steps) > MARKED,
            label=who,
        )
    _rows(axes, actions, "action")
    axes.hlines(range(len(actions)), -0.5, len(steps) - 0.5, color="#e4e4e4", zorder=0)
    legend_above(axes)


def _draw_posterior(axes: Axes, learners: Sequence[ImitatorStep], policies: Sequence[str]) -> None:
    weights = [
        [approximate(learner.posterior.get(name, Fraction(0))) for learner in learners]
        for name in policies
    ]
    edges = [t - 0.5 for t in range(len(learners) + 1)], [k - 0.5 for k in range(len(policies) + 1)]
    axes.pcolormesh(*edges, weights, cmap="Greys", vmin=0, vmax=1.35, rasterized=True)
    trusted = [
        (t, row)
        for t, learner in enumerate(learners)
        for row, name in enumerate(policies)
        if name in learner.top_set
    ]
    axes.plot(
        [t for t, _ in trusted],
        [row for _, row in trusted],
        linestyle="none",
        marker="o" if len(learners) <= MARKED else "|",
        markersize=6,
        rasterized=len(learners) > MARKED,
        markerfacecolor="white",
        markeredgecolor=BLACK,
        label="in the top set; the darker, the more posterior weight",
    )
    _rows(axes, policies, "policy")
    legend_above(axes)

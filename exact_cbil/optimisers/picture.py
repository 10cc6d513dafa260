"""A picture of a study. Floats appear here and decide nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exact_cbil.optimisers.study import Study
from exact_cbil.plots.style import (
    BLACK,
    CURVES,
    GREY,
    PALE,
    approximate,
    label,
    legend_beside,
    panels,
    styled,
    time_axis,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["study_figure"]

HATCHES = ("", "//", "..", "xx", "\\\\", "++")


@styled
def study_figure(found: Study) -> Figure:
    """Draw who wins in bits above, and the shares of the posterior below, against the lessons."""
    task = found.census.task
    figure, (above, below) = panels([4, 4], 10)
    lessons = [row.lessons for row in found.rows]
    # Where curves coincide, each marker shows around the next.
    for name, style, size, winners in (
        ("shortest without search", CURVES[1], 12, [row.without_search for row in found.rows]),
        ("shortest", CURVES[0], 9, [row.shortest for row in found.rows]),
        ("best under the\ntime penalty", CURVES[2], 5, [row.penalised for row in found.rows]),
    ):
        above.plot(lessons, [w.length for w in winners], label=name, markersize=size, **style)
    for number, end in enumerate(found.toy.break_points):
        if lessons and end <= lessons[-1]:
            name = "the toy's break point" if number == 0 else ""
            above.axvline(approximate(end), color=GREY, linestyle=":", label=name)
    above.set(
        ylabel="bits of the winner", title=f"{label(task.name)}: programs that solve N lessons"
    )

    shown = [(row.lessons, row.shares) for row in found.rows if row.shares is not None]
    places = [place for place, _ in shown]
    bottom = [0.0] * len(shown)
    for number, objective in enumerate(task.objectives):
        heights = [approximate(shares.searching[objective]) for _, shares in shown]
        below.bar(
            places,
            heights,
            0.7,
            bottom,
            label=label(f"search for {objective}"),
            color=CURVES[number % len(CURVES)]["color"],
            hatch=HATCHES[number % len(HATCHES)],
            edgecolor="white",
            linewidth=0.5,
        )
        bottom = [low + height for low, height in zip(bottom, heights, strict=True)]
    rest = [1 - height for height in bottom]
    below.bar(places, rest, 0.7, bottom, label="no search", color=PALE)
    if task.proxy is not None:
        below.plot(
            places,
            [approximate(s.betrayed) for _, s in shown if s.betrayed is not None],
            color=BLACK,
            marker="o",
            label=f"deployed: {label(task.proxy)}\nreached, {label(task.base)} not",
        )
    prior = "2^-length/time" if found.census.time_penalty else "2^-length"
    below.set(ylabel=f"share of the posterior, prior {prior}", ylim=(0, 1.04))
    time_axis(below, "lessons solved, N")
    for axes in (above, below):
        legend_beside(axes)
    return figure

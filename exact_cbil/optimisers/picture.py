"""A picture of a study. Floats appear here and decide nothing."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from exact_cbil.optimisers.study import Study
from exact_cbil.plots import approximate, label, save

__all__ = ["plot_study", "study_figure"]


def plot_study(found: Study, path: Path) -> None:
    """Draw a study to a file; see `study_figure`."""
    save(study_figure(found), path)


def study_figure(found: Study) -> Figure:
    """Draw who wins in bits above, and the shares of the posterior below, against the lessons."""
    task = found.census.task
    figure = Figure(figsize=(10, 8), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    lessons = [row.lessons for row in found.rows]
    for name, style, winners in (
        ("shortest without search", "o--C1", [row.without_search for row in found.rows]),
        ("shortest", "o-C0", [row.shortest for row in found.rows]),
        ("best under the\ntime penalty", "x:C2", [row.penalised for row in found.rows]),
    ):
        above.plot(lessons, [w.length for w in winners], style, label=name, markersize=8)
    for number, end in enumerate(found.toy.break_points):
        if lessons and end <= lessons[-1]:
            name = "the toy's break point" if number == 0 else ""
            above.axvline(approximate(end), color="grey", linestyle=":", label=name)
    above.set(
        ylabel="bits of the winner", title=f"{label(task.name)}: programs that solve N lessons"
    )

    shown = [(row.lessons, row.shares) for row in found.rows if row.shares is not None]
    places = [place for place, _ in shown]
    bottom = [0.0] * len(shown)
    for objective in task.objectives:
        heights = [approximate(shares.searching[objective]) for _, shares in shown]
        below.bar(places, heights, 0.7, bottom, label=label(f"search for {objective}"), alpha=0.7)
        bottom = [low + height for low, height in zip(bottom, heights, strict=True)]
    rest = [1 - height for height in bottom]
    below.bar(places, rest, 0.7, bottom, label="no search", color="#dddddd")
    if task.proxy is not None:
        below.plot(
            places,
            [approximate(s.betrayed) for _, s in shown if s.betrayed is not None],
            "o-k",
            label=f"deployed: {label(task.proxy)}\nreached, {label(task.base)} not",
        )
    prior = "2^-length/time" if found.census.time_penalty else "2^-length"
    below.set(
        xlabel="lessons solved, N", ylabel=f"share of the posterior, prior {prior}", ylim=(0, 1.04)
    )
    below.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axes in (above, below):
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure

"""Plots. Values are rounded to floats here and nowhere else."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from exact_cbil.errors import printable
from exact_cbil.files import replace_file
from exact_cbil.model import Model
from exact_cbil.numbers import Enclosure, FractionSum, elide
from exact_cbil.potential import linear_potential, prior_potential
from exact_cbil.result import Result

if TYPE_CHECKING:
    from exact_cbil.comparison import Curve

__all__ = ["approximate", "label", "plot_run", "price_figure", "run_figure", "save"]


def save(figure: Figure, path: Path) -> None:
    """Write a figure whole, in the format of the path's ending."""
    with replace_file(path) as file:
        figure.savefig(file, format=path.suffix[1:].lower(), dpi=150)


def label(name: str) -> str:
    r"""A user's name for a picture: no formula, no control characters.

    >>> print(label("costs $2 or $3"))
    costs \$2 or \$3
    """
    return printable(name).replace("$", r"\$")


def approximate(value: Fraction | FractionSum | Enclosure) -> float:
    """A number for a picture; what no float can hold becomes the largest one."""
    if isinstance(value, Enclosure):
        value = value.middle
    elif isinstance(value, FractionSum):
        value, _ = value.between()
    try:
        return float(value)
    except OverflowError:
        return sys.float_info.max if value > 0 else -sys.float_info.max


def plot_run(model: Model, result: Result[Any], path: Path) -> None:
    """Draw a run with its bounds to a file."""
    save(run_figure(result, model), path)


MARKERS = "os^vD<>PpXhd*"


def price_figure(drawn: Sequence[Curve], demonstrator: Mapping[str, Fraction]) -> Figure:
    """Draw what safety costs: expected queries against each event, a curve for each learner.

    demonstrator: the probability of each event under `P_d`, drawn as a line.
    """
    count = len(demonstrator)
    figure = Figure(figsize=(8, 1 + 4.5 * count), layout="constrained")
    panels = figure.subplots(count, 1, squeeze=False)[:, 0]
    for axes, (name, chance) in zip(panels, demonstrator.items(), strict=True):
        axes.axhline(approximate(chance), color="0.5", linestyle="--", label="the demonstrator")
        for number, curve in enumerate(drawn):
            points = sorted(
                (approximate(found.queries), approximate(found.events[name]))
                for found in curve.points
            )
            # The first curve, by default that of the conservative learner, is drawn above the rest.
            axes.plot(
                *zip(*points, strict=True),
                color=f"C{number % 10}" if len(points) > 1 else "black",
                marker=MARKERS[number % len(MARKERS)],
                markersize=8 - number / 3,
                markerfacecolor="none",
                linewidth=1 if number else 2.5,
                zorder=2 if number else 3,
                label=curve.label,
            )
        axes.set(xlabel="expected queries", ylabel=f"probability of {label(name)}")
        axes.set_ylim(-0.03, 1.03)
    panels[0].legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def run_figure(result: Result[Any], model: Model | None = None) -> Figure:
    """Draw query probability, the demonstrator's weight, and cumulative cubes.

    model: whose run it is; with it alpha and the bounds are shown too.
    """
    figure = Figure(figsize=(8, 7), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    times = [step.t for step in result.steps]
    style = {"drawstyle": "steps-post"} if len(times) < 100 else {}
    above.plot(
        times, [approximate(s.theta) for s in result.steps], label="query probability θ", **style
    )
    weights = [s.weight for s in result.steps]
    shown = [approximate(w) for w in weights if w is not None]
    if shown:
        above.plot(times, shown, label="posterior weight of the demonstrator", **style)
    above.set(ylabel="expectation at time t", ylim=(-0.03, 1.03))
    alpha = "" if model is None else f"α = {elide(model.exact_alpha)}, "
    above.set_title(f"{alpha}horizon {result.horizon}")
    above.legend()

    sums = [*accumulate(approximate(step.theta3) for step in result.steps)]
    below.plot(times, sums, label="E Σ θ³ so far", color="C2", **style)
    below.set(xlabel="time t", ylabel="cumulative query cubes")
    if model is not None and model.realizable:
        low, high = prior_potential(model).interval()
        below.axhline(approximate((low + high) / 2), color="C3", linestyle="--", label="S (T1)")
        linear = approximate(linear_potential(model))
        below.axhline(linear, color="C4", linestyle=":", label="S_lin (T1a)")
        positive = [value for value in sums if value > 0]
        if positive and linear > 20 * positive[-1]:
            below.set_yscale("log")
    below.xaxis.set_major_locator(MaxNLocator(integer=True))
    below.legend()
    return figure

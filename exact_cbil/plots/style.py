"""How every picture looks: colours, lines, axes, legends, and the file it is written to.

The colours are those of Okabe and Ito, which colour-blind people tell apart. No two curves or areas
of a picture differ by colour alone: line styles, markers and hatches tell them apart in print.
"""

from __future__ import annotations

import hashlib
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import numpy as np
from matplotlib import style as styles
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator, NullFormatter

from exact_cbil.errors import printable
from exact_cbil.files import replace_file
from exact_cbil.numbers import Enclosure, FractionSum

__all__ = [
    "BLACK",
    "BLUE",
    "CURVES",
    "DEMONSTRATOR",
    "GREEN",
    "GREY",
    "IMITATOR",
    "MARKED",
    "ORANGE",
    "PALE",
    "PURPLE",
    "SKY",
    "VERMILLION",
    "YELLOW",
    "alpha_axis",
    "approximate",
    "bars",
    "chance_axis",
    "fingerprint",
    "head",
    "label",
    "legend_above",
    "legend_beside",
    "panels",
    "save_figure",
    "side_by_side",
    "styled",
    "time_axis",
    "wide_axis",
]

P = ParamSpec("P")

LEAST = 1e-9
"""Below this, a number on a logarithmic axis is drawn as nearly 0."""

BLACK, GREY, PALE = "#000000", "#777777", "#e6e6e6"
ORANGE, SKY, GREEN, YELLOW = "#E69F00", "#56B4E9", "#009E73", "#F0E442"
BLUE, VERMILLION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"

IMITATOR: dict[str, Any] = {"color": VERMILLION, "linewidth": 2.6, "linestyle": "-"}
"""What happens under `P_i`."""

DEMONSTRATOR: dict[str, Any] = {"color": BLACK, "linewidth": 1.6, "linestyle": (0, (4, 2))}
"""What happens under `P_d`."""

CURVES: tuple[dict[str, Any], ...] = (
    {"color": BLUE, "linestyle": "-", "marker": "o"},
    {"color": VERMILLION, "linestyle": (0, (5, 2)), "marker": "s"},
    {"color": GREEN, "linestyle": (0, (5, 1.5, 1, 1.5)), "marker": "^"},
    {"color": PURPLE, "linestyle": (0, (1.2, 1.2)), "marker": "D"},
    {"color": ORANGE, "linestyle": (0, (8, 2)), "marker": "v"},
    {"color": SKY, "linestyle": (0, (3, 1, 1, 1, 1, 1)), "marker": "P"},
    {"color": BLACK, "linestyle": (0, (2, 2)), "marker": "X"},
)
"""Curves that stand beside each other, each told by its line and its marker as well."""

STYLE: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.labelsize": 10,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "figure.titlesize": 12,
    "font.size": 10,
    "grid.color": "#e4e4e4",
    "hatch.linewidth": 0.6,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "svg.hashsalt": "exact-cbil",
}


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Let a function draw in this style, whatever the caller's own settings of matplotlib are."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with styles.context(["default", STYLE]):
            return draw(*args, **kwargs)

    return drawn


def panels(heights: Sequence[float], width: float = 8) -> tuple[Figure, list[Axes]]:
    """A figure of panels under each other that share their x axis; sizes in inches."""
    figure = Figure(figsize=(width, sum(heights)), layout="constrained")
    axes = figure.subplots(
        len(heights), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights}
    )
    return figure, list(axes[:, 0])


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure whole, in the format of the path's ending; the same bytes each time.

    An SVG holds the figure's `fingerprint`, as its identifier.
    """
    kind = path.suffix[1:].lower()
    about = {"Date": None, "Identifier": fingerprint(figure)}
    metadata: Any = about if kind == "svg" else None
    with replace_file(path) as file, styles.context(STYLE):
        figure.savefig(file, format=kind, dpi=150, metadata=metadata)


def fingerprint(figure: Figure) -> str:
    """A digest of what a figure shows: its curves, bars, colours of areas, and all its words."""
    digest = hashlib.sha256()
    for part in _shown(figure):
        digest.update(f"{part}\n".encode())
    return digest.hexdigest()[:32]


def _shown(figure: Figure) -> Iterator[str]:
    # Nothing is asked of fonts or renderers, which differ between machines.
    for artist in figure.findobj(Text):
        assert isinstance(artist, Text)
        if artist.get_text():
            yield artist.get_text()
    for axes in figure.axes:
        for line in axes.get_lines():
            points = np.asarray(line.get_xydata(), float)
            yield f"{line.get_label()} {[f'{x:.6g}' for x in points.flat]}"
        for patch in axes.patches:
            if isinstance(patch, Rectangle):
                yield f"{[f'{x:.6g}' for x in patch.get_bbox().extents]}"
        for collection in axes.collections:
            values = collection.get_array()
            yield f"{[] if values is None else [f'{x:.6g}' for x in np.asarray(values).flat]}"


def label(name: str, most: int = 60) -> str:
    r"""A user's name for a picture: no formula, no control characters, not too long.

    >>> print(label("costs $2 or $3"), label("abcdefghij", 7))
    costs \$2 or \$3 abcd...
    """
    shown = printable(name[: 4 * most])
    if len(shown) > most:
        shown = f"{shown[: most - 3]}..."
    return shown.replace("$", r"\$")


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


def head(figure: Figure, *words: str) -> None:
    """Write over a figure what it shows, words with commas between those that are not empty."""
    if heading := ", ".join(filter(None, words)):
        figure.suptitle(heading, x=0.01, ha="left", weight="bold")


def legend_above(axes: Axes, columns: int = 3) -> None:
    """Name the curves above the axes, where no curve is hidden."""
    if axes.get_legend_handles_labels()[1]:
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=columns,
            borderaxespad=0.2,
            handlelength=3,
        )


def legend_beside(axes: Axes, **more: Any) -> None:
    """Name the curves to the right of the axes, where no curve is hidden."""
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), handlelength=3, **more)


def chance_axis(axes: Axes, name: str) -> None:
    """Let the vertical axis be a probability."""
    axes.set(ylabel=name, ylim=(-0.04, 1.04))


MARKED = 60
"""Up to so many steps each of them is marked."""


def bars(axes: Axes, heights: Sequence[float], name: str, left: float = 0.0) -> None:
    """Draw a bar for each step, or one area where there are many. left: where the first begins."""
    edges = [left + k for k in range(len(heights) + 1)]
    if len(heights) <= MARKED:
        places = edges[:-1]
        axes.bar(places, heights, 1, align="edge", color=SKY, edgecolor="white", label=name)
    else:
        tops = [*heights, heights[-1]]
        axes.fill_between(edges, tops, step="post", color=SKY, linewidth=0, label=name)


def time_axis(axes: Axes, name: str) -> None:
    """Let the horizontal axis be a whole number of steps."""
    axes.set_xlabel(name)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))


def alpha_axis(axes: Axes, low: float, high: float) -> None:
    """Let the horizontal axis be alpha, logarithmic, with ticks such as 1/20.

    low, high: where it ends; 0 < low < high <= 1.
    """
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.set_xlabel("α, logarithmic: the smaller, the more careful")
    powers = range(math.floor(-math.log10(high)), math.ceil(-math.log10(low)) + 1)
    factors: tuple[int, ...] = (1, 2, 5) if len(powers) <= 5 and low > 1e-4 else (1,)
    if high < 8 * low:
        factors = (1, 2, 3, 4, 5, 6, 8)
    every = -(-len(powers) // 6) if factors == (1,) else 1
    ticks = [factor * 10.0**power for power in powers[::every] for factor in factors]
    shown = {1 / tick: f"1/{tick:g}" for tick in ticks if low <= 1 / tick <= high}
    if len(shown) < 2:
        shown = {place: f"{place:.3g}" for place in (low, high)}
    axes.set_xticks(list(shown), ["1" if name == "1/1" else name for name in shown.values()])
    axes.xaxis.set_minor_formatter(NullFormatter())


def wide_axis(axes: Axes) -> None:
    """Let the vertical axis be logarithmic, down to 0 where a curve is 0 somewhere, or nearly."""
    listed = [y for line in axes.get_lines() for y in np.asarray(line.get_ydata(), float).tolist()]
    least = max(LEAST, min((value for value in listed if value > 0), default=1.0))
    if min(listed, default=0.0) < least:
        axes.set_yscale("symlog", linthresh=least / 2)
        axes.set_ylim(bottom=-least / 8)
    else:
        axes.set_yscale("log")


def side_by_side(count: int, width: float = 6, height: float = 4.2) -> tuple[Figure, list[Axes]]:
    """A figure of panels of their own, at most three in a row; sizes of one in inches."""
    columns = max(1, min(count, 3))
    rows = -(-count // columns)
    figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for unused in axes[count:]:
        unused.set_visible(False)
    return figure, axes[:count]

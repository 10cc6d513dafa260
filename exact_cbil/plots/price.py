"""The picture of what safety costs: expected queries against events, a curve for each learner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from exact_cbil.plots.style import (
    BLACK,
    CURVES,
    DEMONSTRATOR,
    approximate,
    chance_axis,
    head,
    label,
    legend_beside,
    panels,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from exact_cbil.comparison import Curve

__all__ = ["price_figure"]

MARKERS = "os^vD<>PpXhd*"


@styled
def price_figure(
    drawn: Sequence[Curve], demonstrator: Mapping[str, Fraction], *, title: str = ""
) -> Figure:
    """Draw expected queries against the probability of each event, a curve for each learner.

    drawn: what `exact_cbil.comparison.curves` found. title: the model's name.
    demonstrator: the probability of each event under `P_d`, drawn as a line.
    """
    figure, axes = panels([4.6] * len(demonstrator), 9)
    for panel, (name, chance) in zip(axes, demonstrator.items(), strict=True):
        panel.axhline(approximate(chance), label="the demonstrator", **DEMONSTRATOR)
        for number, curve in enumerate(drawn):
            points = sorted(
                (approximate(found.queries), approximate(found.events[name]))
                for found in curve.points
            )
            style = CURVES[number % len(CURVES)]
            # The first curve, by default that of the conservative learner, is drawn above the rest.
            panel.plot(
                *zip(*points, strict=True),
                color=style["color"] if len(points) > 1 else BLACK,
                linestyle=CURVES[(number + number // len(CURVES)) % len(CURVES)]["linestyle"],
                marker=MARKERS[number % len(MARKERS)],
                markersize=8 - number / 3,
                markerfacecolor="none",
                linewidth=1.1 if number else 3,
                zorder=2 if number else 3,
                label=curve.label,
            )
        chance_axis(panel, f"P({label(name)})")
        panel.set_xlabel("expected queries")
    legend_beside(axes[0])
    head(figure, label(title))
    return figure

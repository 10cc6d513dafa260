"""The picture of a profile: what the learner asks and lets happen, at every alpha."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from exact_cbil.interaction import Interaction
from exact_cbil.plots.style import (
    BLACK,
    BLUE,
    CURVES,
    DEMONSTRATOR,
    GREEN,
    GREY,
    IMITATOR,
    PURPLE,
    alpha_axis,
    approximate,
    chance_axis,
    head,
    label,
    legend_above,
    panels,
    styled,
    wide_axis,
)
from exact_cbil.potential import linear_potential, prior_potential

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from exact_cbil.parametric.profile import Profile

__all__ = ["profile_figure"]

LEAST = Fraction(1, 10**12)
"""The least alpha in a picture."""

SEEN = 0.002
"""A change by this part of a panel's height would be seen."""

DRAWN = 1e200
"""The largest bound in a picture: nearer the end of the floats there is no scale."""

POINTS = 60
"""Of the curve of a bound."""


@styled
def profile_figure(found: Profile[Any], *, title: str = "", bounds: bool = True) -> Figure:
    """Draw a profile against alpha, which is logarithmic: each quantity is a step function.

    Above are the events, under `P_i` beside `P_d`; then the expected queries; then `E sum theta^3`
    with its bounds S and S_lin (T1, T1a), and whether the demonstrator ever left the top set.

    title: the model's name. bounds: whether to draw what is below the queries.
    Source: SPEC D5, T1, T1a, T3.
    """
    names = list(found.pieces[0].events)
    heights = [3.0] * len(names) + [2.4] + [2.6] * bounds
    figure, axes = panels([0.4 + heights[0], *heights[1:]])
    ends = _ends(found)
    chances = {}
    if found.model is not None:
        law = Interaction(found.model)
        chances = {name: law.probability(name, "demonstrator") for name in names}
    inside = bounds and found.pieces[0].exclusion is not None
    for number, (panel, name) in enumerate(zip(axes, names, strict=False)):
        values = [piece.events[name] for piece in found.pieces]
        _step(panel, ends, values, "under the imitator", IMITATOR)
        if name in chances:
            panel.axhline(
                approximate(chances[name]), label="under the demonstrator", **DEMONSTRATOR
            )
        if inside and number == 0:
            left = [piece.exclusion or Fraction(0) for piece in found.pieces]
            thin = {"color": GREY, "linestyle": ":", "linewidth": 1.8}
            _step(panel, ends, left, "exclusion (T3)", thin)
        chance_axis(panel, f"P({label(name)})")
        legend_above(panel)
    queries = axes[len(names)]
    _step(queries, ends, [p.queries for p in found.pieces], "", {"color": BLUE, "linewidth": 2.6})
    queries.set_ylabel("expected queries")
    queries.set_ylim(bottom=-0.03 * queries.get_ylim()[1])
    if bounds:
        _draw_cubes(axes[-1], found, ends)
    alpha_axis(axes[-1], ends[0], ends[-1])
    horizon = "" if found.model is None else f"horizon {found.model.horizon}"
    head(figure, label(title), horizon)
    return figure


def _ends(found: Profile[Any]) -> list[float]:
    """The ends of the pieces as they are drawn; the first, where it is 0, as `_first` says."""
    first = found.pieces[0].start or _first(found)
    return [approximate(max(first, end)) for end in (first, *(p.end for p in found.pieces))]


def _first(found: Profile[Any]) -> Fraction:
    """An alpha on whose left nothing changes that would be seen."""
    columns = zip(*(piece.values for piece in found.pieces), strict=True)
    drawn = [column for column in columns if column[0] is not None]
    heights = [max(map(approximate, column)) for column in drawn]
    for k, piece in enumerate(found.pieces):
        changes = (
            abs(approximate(column[k]) - approximate(column[0])) > SEEN * height
            for column, height in zip(drawn, heights, strict=True)
        )
        if any(changes):
            return max(LEAST, piece.start / 3)
    return Fraction(1, 50)


def _step(
    axes: Axes, ends: list[float], values: Iterable[Any], name: str, style: dict[str, Any]
) -> None:
    drawn = [approximate(value) for value in values]
    # Pieces are open on the left: each value is drawn from the last end up to its own.
    axes.step(ends, [drawn[0], *drawn], where="pre", label=name or "_", **style)


def _draw_cubes(axes: Axes, found: Profile[Any], ends: list[float]) -> None:
    cubes = [piece.query_cubes for piece in found.pieces]
    _step(axes, ends, cubes, "E Σ θ³", {"color": BLACK, "linewidth": 2.6})
    model = found.model
    if model is not None and model.realizable:
        ratio = (ends[-1] / ends[0]) ** (1 / POINTS)
        grid = [min(Fraction(1), Fraction(ends[0] * ratio**k)) for k in range(POINTS + 1)]
        places = [approximate(alpha) for alpha in grid]
        models = [model.with_alpha(alpha) for alpha in grid]
        middles = [sum(prior_potential(m).interval(), Fraction(0)) / 2 for m in models]
        for bound, colour, style, name in (
            (middles, PURPLE, CURVES[1]["linestyle"], "bound S (T1)"),
            ([linear_potential(m) for m in models], GREEN, CURVES[3]["linestyle"], "S_lin (T1a)"),
        ):
            values = [min(approximate(b), DRAWN) for b in bound]
            axes.plot(places, values, color=colour, linestyle=style, linewidth=2, label=name)
    wide_axis(axes)
    axes.set_ylabel("query cubes")
    legend_above(axes)

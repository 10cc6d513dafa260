"""The bounds beside the true values, as curves. Floats appear here and decide nothing."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from bounds.claims import claim_named
from bounds.evidence import Evidence
from bounds.language.scene import Scene
from bounds.ledger.replay import Line
from bounds.planner import Plan
from exact_cbil.errors import CbilError, shorten
from exact_cbil.interaction import Progress
from exact_cbil.model import Model
from exact_cbil.numbers import decimal, elide
from exact_cbil.plots.style import (
    BLACK,
    BLUE,
    CURVES,
    DEMONSTRATOR,
    GREEN,
    GREY,
    IMITATOR,
    ORANGE,
    PALE,
    SKY,
    alpha_axis,
    approximate,
    head,
    label,
    legend_above,
    legend_beside,
    side_by_side,
    styled,
    time_axis,
    wide_axis,
)
from exact_cbil.potential import CUBES
from exact_cbil.real import Real, RealLike

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bounds.potential.search import Found

__all__ = [
    "alpha_curves",
    "histogram_figure",
    "horizon_curves",
    "ledger_figure",
    "model_figure",
    "plan_figure",
    "potential_figure",
]

Curves = dict[str, list[float]]


def _alphas(points: int) -> list[Fraction]:
    """From 1/200 to 1/2, evenly spaced on a logarithmic scale, as ratios of small integers."""
    return sorted({Fraction(round(200 * 100 ** (-k / points)), 400) for k in range(points + 1)})


def alpha_curves(
    model: Model, points: int = 24, progress: Progress | None = None
) -> tuple[list[float], Curves]:
    """`E sum theta^3` beside T1, T1a, T1b and T1c as alpha varies."""
    alphas = [alpha for alpha in _alphas(points) if alpha]
    curves: Curves = {"E sum theta^3": [], "T1": [], "T1a": [], "T1b": [], "T1c (quoted)": []}
    for number, alpha in enumerate(alphas):
        evidence = Evidence(model.with_alpha(alpha))
        values: Sequence[RealLike] = (
            evidence.result.query_cubes,
            *(claim_named(name).right(Scene(evidence)) for name in ("T1", "T1a", "T1b", "T1c")),
        )
        for name, value in zip(curves, values, strict=True):
            curves[name].append(float(Real.of(value)))
        if progress is not None:
            progress("alpha", number + 1, len(alphas))
    return [float(alpha) for alpha in alphas], curves


def horizon_curves(
    model: Model, event: str, points: int = 16, progress: Progress | None = None
) -> tuple[list[int], Curves]:
    """`P_i(B)` and `P_d(B)` beside T5 and T0 as the horizon varies up to the model's."""
    step = max(1, model.horizon // points)
    horizons = sorted({*range(step, model.horizon + 1, step), model.horizon})
    curves: Curves = {f"P_i({event})": [], f"P_d({event})": [], "T5": [], "T0": []}
    for number, horizon in enumerate(horizons):
        evidence = Evidence(model.with_horizon(horizon))
        chance = evidence.result.events[event]
        scene = Scene(evidence, event)
        values: Sequence[RealLike] = (
            chance.imitator,
            chance.demonstrator,
            claim_named("T5").right(scene),
            claim_named("T0").right(scene),
        )
        for name, value in zip(curves, values, strict=True):
            curves[name].append(float(Real.of(value)))
        if progress is not None:
            progress("horizon", number + 1, len(horizons))
    return horizons, curves


@styled
def model_figure(
    model: Model,
    event: str | None = None,
    progress: Progress | None = None,
    *,
    title: str = "",
) -> Figure:
    """Draw the query cubes over alpha, and an event's probability over the horizon.

    `E sum theta^3` is computed at the alphas that are marked: it is a step function, and its jumps
    lie between two of them. Bounds that coincide are told apart by their markers.

    event: the event of the second panel; by default the model's first, if it has one.
    title: the model's name.
    Raises CbilError for a demonstrator outside the class, or an event the model lacks.
    Source: SPEC T0, T1, T1a, T1b, T1c, T5.
    """
    if not model.realizable:
        raise CbilError("--plot: the bounds are about a demonstrator inside the class")
    if event is not None and event not in model.events:
        raise CbilError(f"--event: the model has no event {shorten(event)}")
    name = event or next(iter(model.events), None)
    figure, axes = side_by_side(1 if name is None else 2, 6.4, 4.8)
    places, cubes = alpha_curves(model, progress=progress)
    _draw_truth_and_bounds(axes[0], places, cubes, (IMITATOR,))
    # Between two values of alpha at which it changes, the process is the same, and at such a
    # value it is as it is just below.
    axes[0].get_lines()[0].set_drawstyle("steps-pre")
    alpha_axis(axes[0], places[0], places[-1])
    axes[0].set_ylabel(f"query cubes in {model.horizon} steps, and bounds on them")
    if name is not None:
        horizons, chances = horizon_curves(model, name, progress=progress)
        _draw_truth_and_bounds(axes[1], horizons, chances, (IMITATOR, DEMONSTRATOR))
        time_axis(axes[1], f"horizon T, at α = {elide(model.exact_alpha)}")
        axes[1].set_ylabel("probability, and bounds on it")
    head(figure, label(title))
    return figure


BOUNDS = (CURVES[0], CURVES[4], CURVES[2], CURVES[3])
"""How bounds are drawn beside what is true."""

NAMES = {
    "E sum theta^3": "E Σ θ³, exact",
    "T1": "T1: S",
    "T1a": "T1a: S_lin",
    "T1c (quoted)": "T1c (CHN22)",
}
"""What curves are called where their names say little."""


def _draw_truth_and_bounds(
    axes: Axes, places: Sequence[float], curves: Curves, true: Sequence[dict[str, Any]]
) -> None:
    """Draw the true values, which come first, and the bounds; a curve under another shows."""
    for number, (name, values) in enumerate(curves.items()):
        known = number < len(true)
        style = dict(true[number] if known else BOUNDS[number - len(true)])
        if known:
            style |= {"marker": ".s"[number], "markersize": (11, 5)[number], "zorder": 3}
        else:
            # Each has its markers at other places, so that none is hidden where they coincide.
            style |= {"markevery": (number % 4, 4), "markersize": 6, "linewidth": 1.5}
        axes.plot(places, values, label=label(NAMES.get(name, name)), **style)
    wide_axis(axes)
    legend_above(axes)


@styled
def histogram_figure(counts: dict[str, list[int]]) -> Figure:
    """Draw one histogram of ratios (left side over right side) for each claim.

    counts: for each claim how many comparisons fell in each of equal parts of [0, 1].
    """
    figure, axes = side_by_side(len(counts), 4.5, 3)
    for axis, (claim, bins) in zip(axes, counts.items(), strict=True):
        width = 1 / len(bins)
        axis.bar([(k + 0.5) * width for k in range(len(bins))], bins, width, color=BLUE)
        axis.set_title(claim)
        axis.set_yscale("symlog")
        axis.set(xlabel="ratio to the bound (1 is tight)", ylabel="comparisons", xlim=(0, 1.02))
    return figure


@styled
def plan_figure(
    chosen: Plan, exact: Fraction | None = None, points: int = 60, *, title: str = ""
) -> Figure:
    """Draw the bounds on the event, and T5's two parts, as alpha varies around the chosen one.

    exact: what the bounds are on, at the chosen alpha, where the model is known.
    points: how many alphas are drawn. title: the model's name.
    Raises CbilError where alpha is too small to be drawn. Source: SPEC T0, T3, T4, T5, T7, T7a.
    """
    situation = chosen.situation
    middle = float(chosen.alpha)
    if middle < 1e-300:
        raise CbilError("--plot: the alpha chosen is too small to be drawn")
    alphas = sorted(
        {Fraction(min(0.5, middle * 30 ** (2 * k / points - 1))) for k in range(points + 1)}
    )
    curves: dict[str, list[float]] = {
        name: [float(situation.bound(name, a)) for a in alphas]
        for name in (*situation.event_claims, "T0")
    }
    curves["T3, retention"] = [float(situation.bound("T3", a)) for a in alphas]
    curves["T4, divergence"] = [float(situation.divergence(a)) for a in alphas]
    figure, (axes,) = side_by_side(1, 8, 5)
    places = [float(alpha) for alpha in alphas]
    for number, (name, values) in enumerate(curves.items()):
        width = 3.5 if name == chosen.claim else 1.6
        shown = name if any(values) else f"{name}: 0"
        axes.plot(
            places,
            values,
            label=shown,
            linewidth=width,
            markevery=(3 * number, 12),
            **CURVES[number],
        )
    axes.axvline(middle, color=GREY, linestyle=":", label=f"chosen, α = {elide(chosen.alpha, 24)}")
    axes.axhline(1, color=BLACK, linewidth=0.8)
    if exact is not None:
        shown = f"exact P_i(B): {decimal(exact, 3)}" + (", not drawn" if exact == 0 else "")
        axes.plot([middle], [approximate(exact)], "*", color=BLACK, markersize=13, label=shown)
    axes.set(yscale="log", ylabel="bound on P_i(B); above 1 it says nothing")
    alpha_axis(axes, places[0], places[-1])
    legend_above(axes)
    head(figure, label(title))
    return figure


@styled
def ledger_figure(lines: Sequence[Line]) -> Figure:
    """Draw how much of each bound a witness attains, as bars; refuted bounds are left out."""
    shown = [(line, line.ratio) for line in lines if line.status != "refuted" and line.ratio]
    figure, (axes,) = side_by_side(1, 8, 1.6 + 0.3 * len(shown))
    for place, (line, ratio) in enumerate(reversed(shown)):
        value = float(ratio)
        axes.barh(place, 1, color=PALE)
        colour, hatch = LOOKS.get(line.status, (GREY, ""))
        axes.barh(place, value, color=colour, hatch=hatch, edgecolor="white", linewidth=0)
        axes.text(1.01, place, f"{value:.3g}", va="center", fontsize="small")
    axes.set_yticks(range(len(shown)), [line.claim.name for line, _ in reversed(shown)])
    axes.set(xlim=(0, 1.1), ylim=(-0.7, len(shown) - 0.3))
    axes.set_xlabel("ratio of the sides at the best witness (1 is tight)")
    axes.grid(visible=False)
    for status, (colour, hatch) in LOOKS.items():
        if any(line.status == status for line, _ in shown):
            axes.barh(0, 0, color=colour, hatch=hatch, edgecolor="white", label=status)
    legend_above(axes, columns=4)
    return figure


LOOKS = {
    "proved in general": (BLUE, ""),
    "proved by hand": (SKY, ".."),
    "certified": (GREEN, "//"),
    "survives": (ORANGE, "xx"),
}
"""The colour and the hatch of a bar, by status."""


@styled
def potential_figure(found: Sequence[Found], exponent: int) -> Figure:
    """Draw the certified potentials, beside the optima of the linear programs, against z/tau.

    The curves are named in the order in which they stand above each other at the right.
    """
    import numpy as np

    from bounds.potential.search import potential_of

    x = np.geomspace(0.1, 30, 300)
    figure, (axes,) = side_by_side(1, 9, 5.6)
    curves: list[tuple[float, Any]] = []
    optima: list[Any] = []
    if exponent == 3:
        true = CUBES.rounded(x)
        band: dict[str, Any] = {"color": "#cfcfcf", "linewidth": 8, "zorder": 1}
        curves += [(true[-1] + 1e-6, axes.plot(x, true, label="F of T1: 3x, 3 + 2 ln x", **band))]
    for number, one in enumerate(found):
        optimum = one.optimum.potential(x)
        dots: dict[str, Any] = {
            "color": BLACK,
            "linestyle": (0, (1, 2)),
            "linewidth": 1.1,
            "zorder": 3,
        }
        optima += axes.plot(x, optimum, label="optima of linear programs", **dots)
        if one.certificate is not None:
            values = potential_of(one.certificate, x)
            style = CURVES[number % len(CURVES)]
            curves.append(
                (
                    values[-1],
                    axes.plot(
                        x,
                        values,
                        color=style["color"],
                        linestyle=style["linestyle"],
                        marker=style["marker"],
                        markevery=(10 + 7 * number % 40, 60),
                        markersize=5,
                        label=_class_name(one),
                    ),
                )
            )
    axes.set(xlabel="x = z/τ", ylabel="F(x)", title=f"potentials for E Σ θ$^{exponent}$")
    axes.set_xscale("log")
    ranked = [line for _, (line,) in sorted(curves, key=lambda curve: -curve[0])]
    legend_beside(axes, handles=[*ranked, *optima[:1]], title="alternatives at a time")
    return figure


def _class_name(one: Found) -> str:
    count = "any number" if one.alternatives is None else str(one.alternatives)
    return f"{count}: C = {one.constant}"

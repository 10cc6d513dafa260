"""The bounds beside the true values, as curves. Floats appear here and decide nothing."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import cycle
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from bounds.claims import claim_named
from bounds.evidence import Evidence
from bounds.language.scene import Scene
from bounds.ledger.replay import Line
from bounds.planner import Plan
from exact_cbil.enclosure import Real, RealLike
from exact_cbil.errors import CbilError, shorten
from exact_cbil.interaction import Progress
from exact_cbil.model import Model
from exact_cbil.numbers import elide
from exact_cbil.plots import label, save

__all__ = [
    "alpha_curves",
    "horizon_curves",
    "model_figure",
    "plot_histogram",
    "plot_ledger",
    "plot_model",
    "plot_plan",
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
    """`P_i(B)` beside T5 and T0 as the horizon varies up to the model's."""
    step = max(1, model.horizon // points)
    horizons = sorted({*range(step, model.horizon + 1, step), model.horizon})
    curves: Curves = {f"P_i({event})": [], "T5": [], "T0": []}
    for number, horizon in enumerate(horizons):
        evidence = Evidence(model.with_horizon(horizon))
        chance = evidence.result.events[event]
        scene = Scene(evidence, event)
        values: Sequence[RealLike] = (
            chance.imitator,
            claim_named("T5").right(scene),
            claim_named("T0").right(scene),
        )
        for name, value in zip(curves, values, strict=True):
            curves[name].append(float(Real.of(value)))
        if progress is not None:
            progress("horizon", number + 1, len(horizons))
    return horizons, curves


def plot_model(
    model: Model, path: Path, event: str | None = None, progress: Progress | None = None
) -> None:
    """Draw both panels for a model to a file; see `model_figure`."""
    save(model_figure(model, event, progress), path)


def model_figure(
    model: Model, event: str | None = None, progress: Progress | None = None
) -> Figure:
    """Draw the query cubes over alpha, and an event's probability over the horizon.

    event: the event of the second panel; by default the model's first, if it has one.
    Raises CbilError for a demonstrator outside the class, or an event the model lacks.
    """
    if not model.realizable:
        raise CbilError("--plot: the bounds are about a demonstrator inside the class")
    if event is not None and event not in model.events:
        raise CbilError(f"--event: the model has no event {shorten(event)}")
    name = event or next(iter(model.events), None)
    panels: list[tuple[str, str, Sequence[float], Curves]] = [
        ("alpha", "sum over all steps", *alpha_curves(model, progress=progress))
    ]
    if name is not None:
        curves = horizon_curves(model, name, progress=progress)
        panels.append(("horizon T", "probability, and bounds on it", *curves))
    figure, axes = _figure(len(panels))
    for axis, (across, up, places, curves_) in zip(axes, panels, strict=True):
        for number, (curve, values) in enumerate(curves_.items()):
            style = dict(STYLES[number % len(STYLES)])
            if number == 0 and across == "alpha":
                # Between two values of alpha at which it changes, the process is the same,
                # and at such a value it is as it is just below.
                style["drawstyle"] = "steps-pre"
            axis.plot(places, values, label=label(curve), **style)
        axis.set(xlabel=across, ylabel=up)
        axis.set_yscale("symlog", linthresh=1e-3)
        axis.legend(fontsize="small")
    axes[0].set_xscale("log")
    return figure


STYLES: tuple[dict[str, Any], ...] = (
    {"linewidth": 3, "marker": ".", "color": "black"},
    {"linewidth": 1.5, "linestyle": "-"},
    {"linewidth": 1.5, "linestyle": "--"},
    {"linewidth": 1.5, "linestyle": "-."},
    {"linewidth": 1.5, "linestyle": ":"},
)
"""The true value first; of curves that coincide, each shows through the gaps of the next."""


def plot_histogram(counts: dict[str, list[int]], path: Path) -> None:
    """Draw one histogram of ratios (left side over right side) for each claim."""
    figure, axes = _figure(len(counts))
    for axis, (claim, bins) in zip(axes, counts.items(), strict=True):
        width = 1 / len(bins)
        axis.bar([(k + 0.5) * width for k in range(len(bins))], bins, width)
        axis.set_title(claim)
        axis.set_yscale("symlog")
        axis.set(xlabel="ratio to the bound (1 is tight)", ylabel="comparisons")
    save(figure, path)


def plot_plan(chosen: Plan, path: Path, points: int = 60) -> None:
    """The bounds on the event and T5's two parts, as alpha varies around the chosen one."""
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
    curves["retention (T3)"] = [float(situation.bound("T3", a)) for a in alphas]
    curves["divergence (T4)"] = [float(situation.divergence(a)) for a in alphas]
    figure, (axes,) = _figure(1)
    styles = cycle(("-", "--", "-.", (0, (1, 1)), (0, (5, 1, 1, 1, 1, 1)), (0, (8, 3))))
    for (name, values), style in zip(curves.items(), styles, strict=False):
        width = 2.5 if name == chosen.claim else 1
        axes.plot([float(a) for a in alphas], values, label=name, lw=width, ls=style)
    axes.axvline(middle, color="grey", ls=":", label=f"alpha = {elide(chosen.alpha)}")
    axes.axhline(1, color="black", lw=0.5)
    axes.set(xscale="log", yscale="log", xlabel="alpha", ylabel="bound on P_i(B)")
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    save(figure, path)


def _figure(panels: int) -> tuple[Figure, list[Any]]:
    columns = min(panels, 3)
    rows = -(-panels // columns)
    figure = Figure(figsize=(6 * columns, 4 * rows), layout="constrained")
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for unused in axes[panels:]:
        unused.set_visible(False)
    return figure, axes[:panels]


def plot_ledger(lines: Sequence[Line], path: Path) -> None:
    """How much of each bound a witness attains, as bars; refuted bounds are left out."""
    shown = [(line, line.ratio) for line in lines if line.status != "refuted" and line.ratio]
    figure, (axes,) = _figure(1)
    figure.set_size_inches(8, 1.5 + 0.32 * len(shown))
    for place, (line, ratio) in enumerate(reversed(shown)):
        value = float(ratio)
        axes.barh(place, 1, color="#e8e8e8")
        axes.barh(place, value, color=COLOURS.get(line.status, "#999999"))
        axes.text(value, place, f" {value:.3f}", va="center", fontsize="small")
    axes.set_yticks(range(len(shown)), [line.claim.name for line, _ in reversed(shown)])
    axes.set_xlim(0, 1.1)
    axes.set_xlabel("ratio of the sides at the best witness (1 is tight)")
    handles = [axes.barh(0, 0, color=colour, label=status) for status, colour in COLOURS.items()]
    axes.legend(handles=handles, fontsize="small", loc="lower right")
    save(figure, path)


COLOURS = {
    "proved in general": "#3b6fb6",
    "proved by hand": "#7aa6d8",
    "certified": "#4d9a6a",
    "survives": "#c98a4b",
    "open, claimed false": "#b0a160",
}

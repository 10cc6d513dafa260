"""The bounds beside the true values, as curves. Floats appear here and decide nothing."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from bounds.claims import claim_named
from bounds.evidence import Evidence
from bounds.language.scene import Scene
from bounds.ledger.replay import Line
from bounds.plan import Plan
from exact_cbil.enclosure import Real, RealLike
from exact_cbil.errors import CbilError
from exact_cbil.interaction import Progress
from exact_cbil.model import Model
from exact_cbil.numbers import elide

__all__ = ["alpha_curves", "horizon_curves", "plot_histogram", "plot_model", "plot_plan"]

Curves = dict[str, list[float]]


def _float(value: RealLike) -> float:
    return float(Real.of(value))


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
            curves[name].append(_float(value))
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
            curves[name].append(_float(value))
        if progress is not None:
            progress("horizon", number + 1, len(horizons))
    return horizons, curves


def plot_model(
    model: Model, path: Path, event: str | None = None, progress: Progress | None = None
) -> None:
    """Draw both panels for a model into an svg, png or pdf file.

    event: the event of the second panel; by default the model's first, if it has one.
    Raises CbilError for a demonstrator outside the class, or an event the model lacks.
    """
    if not model.realizable:
        raise CbilError("--plot: the bounds are about a demonstrator inside the class")
    if event is not None and event not in model.events:
        raise CbilError(f"--event: the model has no event {event!r}")
    name = event or next(iter(model.events), None)
    panels: list[tuple[str, Sequence[float], Curves]] = [
        ("alpha", *alpha_curves(model, progress=progress))
    ]
    if name is not None:
        panels.append(("horizon T", *horizon_curves(model, name, progress=progress)))
    figure, axes = _figure(path, len(panels))
    for axis, (label, places, curves) in zip(axes, panels, strict=True):
        for number, (curve, values) in enumerate(curves.items()):
            axis.plot(places, values, label=curve, linewidth=2.5 if number == 0 else 1.2)
        axis.set_xlabel(label)
        axis.set_yscale("symlog", linthresh=1e-3)
        axis.legend(fontsize="small")
    axes[0].set_xscale("log")
    _save(figure, path)


def plot_histogram(counts: dict[str, list[int]], path: Path) -> None:
    """Draw one histogram of ratios (left side over right side) for each claim."""
    figure, axes = _figure(path, len(counts))
    for axis, (claim, bins) in zip(axes, counts.items(), strict=True):
        width = 1 / len(bins)
        axis.bar([(k + 0.5) * width for k in range(len(bins))], bins, width)
        axis.set_title(claim)
        axis.set_yscale("symlog")
        axis.set_xlabel("ratio to the bound (1 is tight)")
    _save(figure, path)


def plot_plan(chosen: Plan, path: Path, points: int = 60) -> None:
    """T5's bound, its two parts, and T0's, as alpha varies around the chosen one."""
    situation = chosen.situation
    middle = float(chosen.alpha)
    if middle < 1e-300:
        raise CbilError("--plot: the alpha chosen is too small to be drawn")
    alphas = sorted(
        {Fraction(min(0.5, middle * 30 ** (2 * k / points - 1))) for k in range(points + 1)}
    )
    curves: dict[str, list[float]] = {
        "T5": [_float(situation.bound("T5", a)) for a in alphas],
        "retention (T3)": [_float(situation.bound("T3", a)) for a in alphas],
        "divergence (T4)": [_float(situation.divergence(a)) for a in alphas],
        "T0": [_float(situation.bound("T0", a)) for a in alphas],
    }
    figure, (axes,) = _figure(path, 1)
    for name, values in curves.items():
        axes.plot([float(a) for a in alphas], values, label=name, lw=2 if name == "T5" else 1)
    axes.axvline(middle, color="grey", ls=":", label=f"alpha = {elide(chosen.alpha)}")
    axes.axhline(1, color="black", lw=0.5)
    axes.set(xscale="log", yscale="log", xlabel="alpha", ylabel="bound on P_i(B)")
    axes.legend()
    _save(figure, path)


def _figure(path: Path, panels: int) -> tuple[Any, list[Any]]:
    if path.suffix not in (".svg", ".png", ".pdf"):
        raise CbilError(f"--plot: expected a file ending in .svg, .png or .pdf, got {path.name!r}")
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    columns = min(panels, 3)
    rows = -(-panels // columns)
    figure, grid = pyplot.subplots(rows, columns, figsize=(6 * columns, 4 * rows), squeeze=False)
    axes = list(grid.flat)
    for unused in axes[panels:]:
        unused.set_visible(False)
    return figure, axes[:panels]


def _save(figure: Any, path: Path) -> None:
    from matplotlib import pyplot

    try:
        figure.tight_layout()
        figure.savefig(path)
    finally:
        pyplot.close(figure)


def plot_ledger(lines: Sequence[Line], path: Path) -> None:
    """How much of each bound a witness attains, as bars; refuted bounds are left out."""
    shown = [(line, line.ratio) for line in lines if line.status != "refuted" and line.ratio]
    figure, (axes,) = _figure(path, 1)
    figure.set_size_inches(8, 1.5 + 0.32 * len(shown))
    for place, (line, ratio) in enumerate(reversed(shown)):
        value = _float(ratio)
        axes.barh(place, 1, color="#e8e8e8")
        axes.barh(place, value, color=COLOURS.get(line.status, "#999999"))
        axes.text(value, place, f" {value:.3f}", va="center", fontsize="small")
    axes.set_yticks(range(len(shown)), [line.claim.name for line, _ in reversed(shown)])
    axes.set_xlim(0, 1.1)
    axes.set_xlabel("ratio of the sides at the best witness (1 is tight)")
    handles = [axes.barh(0, 0, color=colour, label=status) for status, colour in COLOURS.items()]
    axes.legend(handles=handles, fontsize="small", loc="lower right")
    _save(figure, path)


COLOURS = {
    "proved in general": "#3b6fb6",
    "proved by hand": "#7aa6d8",
    "certified": "#4d9a6a",
    "survives": "#c98a4b",
    "open, claimed false": "#b0a160",
}

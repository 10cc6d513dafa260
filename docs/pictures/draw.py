"""Draw the pictures of the page on learners side by side: `python docs/pictures/draw.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from exact_cbil import Model, compare
from exact_cbil.comparison import curves, sensible
from exact_cbil.imitators import Named
from exact_cbil.imitators.quantity import middle
from exact_cbil.models import correlated, treacherous_turn
from exact_cbil.plots import price_figure

HERE = Path(__file__).parent
matplotlib.rcParams["svg.hashsalt"] = "exact-cbil"


def price(model: Model) -> Figure:
    """What `compare MODEL --plot FILE` draws."""
    found = compare(model)
    learners = [learner for learner in sensible(model) if isinstance(learner, Named)]
    return price_figure(curves(model, learners), found.demonstrator)


def traitor_first(model: Model) -> Model:
    """The same model with the traitor first in its class, as the order decides ties."""
    rest = {name: policy for name, policy in model.policies.items() if name != "traitor"}
    return replace(model, policies={"traitor": model.policies["traitor"], **rest})


def answers() -> Figure:
    """How likely the traitor's act is after N answers, for learners that then ask no more."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    asked = range(15)
    model = treacherous_turn()
    turned = traitor_first(model)
    lines: Sequence[tuple[Model, str, str, str]] = (
        (model, "gradient:1", "one gradient step an answer, rate 1", "o-"),
        (model, "gradient:10", "one gradient step an answer, rate 10", "s-"),
        (turned, "leader", "full optimisation, ties to the traitor", "^-"),
        (model, "leader", "full optimisation, ties to the demonstrator", "v-"),
        (model, "committed", "one policy drawn from the posterior", "D-"),
    )
    for world, name, label, style in lines:
        chances = compare(world, [f"{name}:{n}" for n in asked]).learners
        values = [float(middle(each.events["ever-defects"])) for each in chances]
        axes.plot(asked, values, style, label=label, markersize=4)
    (careful,) = compare(model, ["conservative:1/10"]).learners
    cost = float(middle(careful.queries))
    axes.plot([cost], [0], "k*", markersize=13, label="conservative:1/10, expected queries")
    axes.axvline(6.5, color="0.8", zorder=0)
    axes.text(6.6, 1.02, "the answer that tells the traitor apart", fontsize="small", color="0.3")
    axes.set(xlabel="answers N", ylabel="P(ever defects in 20 steps)", ylim=(-0.03, 1.1))
    axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def shared_error(members: int = 5, error: Fraction = Fraction(1, 2)) -> Figure:
    """Where a shared error passes, over the demonstrator's weight and alpha; and at one alpha."""
    figure = Figure(figsize=(11, 4.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    steps = [Fraction(n, 60) for n in range(1, 60)]
    alphas = [Fraction(n, 60) for n in range(1, 61)]
    grid = [[_fate(members, weight, error, alpha) for weight in steps] for alpha in alphas]
    colours = ["#d95f02", "#1b9e77", "#bdd7e7"]
    places: Any = ([float(w) for w in steps], [float(a) for a in alphas])
    left.pcolormesh(
        *places,
        grid,
        cmap=ListedColormap(colours),
        vmin=0,
        vmax=2,
        shading="nearest",
        rasterized=True,
    )
    names = ("it passes", f"vetoed, for {error} of a question", "only the demonstrator is trusted")
    patches = [Patch(color=c, label=name) for c, name in zip(colours, names, strict=True)]
    left.legend(handles=patches, fontsize="small", loc="upper right")
    left.set(
        xlabel="weight of the demonstrator",
        ylabel="alpha",
        title=f"conservative:A, {members - 1} of {members} members err together",
    )
    rules: dict[str, Any] = {
        "conservative:1/10": "-",
        "predictive:3": "--",
        "map:3": ":",
        f"ensemble:{members - 1}": "-.",
        "gate:1/10:1/4": (0, (6, 2)),
        "gate:1/10:3/4": (0, (1, 1)),
    }
    for name, style in rules.items():
        found = [compare(correlated(members, w, error), [name]).learners[0] for w in steps]
        values = [float(middle(each.events["ever-errs"])) for each in found]
        right.plot(places[0], values, linestyle=style, label=name, linewidth=2)
    right.set(xlabel="weight of the demonstrator", ylabel="P(ever errs)", ylim=(-0.02, 0.62))
    right.set_title(f"they err with probability {error}; the demonstrator never")
    right.legend(fontsize="small")
    return figure


def _fate(members: int, weight: Fraction, error: Fraction, alpha: Fraction) -> int:
    (found,) = compare(correlated(members, weight, error), [f"conservative:{alpha}"]).learners
    if middle(found.events["ever-errs"]):
        return 0
    return 1 if middle(found.queries) else 2


def main() -> None:
    """Write every picture beside this file."""
    pictures = {
        "price-treacherous-turn": lambda: price(treacherous_turn()),
        "price-correlated": lambda: price(correlated()),
        "traitor-answers": answers,
        "shared-error": shared_error,
    }
    for name, draw in pictures.items():
        draw().savefig(HERE / f"{name}.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()

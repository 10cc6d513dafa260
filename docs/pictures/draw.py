"""Draw the pictures of the README and of the pages: `python docs/pictures/draw.py [NAME...]`.

Each holds a fingerprint of what it shows, by which a test knows whether it is still what this
program draws.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from exact_cbil import Model, compare, profile, run
from exact_cbil.comparison import curves, sensible
from exact_cbil.imitators import Named
from exact_cbil.imitators.quantity import middle
from exact_cbil.models import correlated, maze_optimisers, treacherous_turn
from exact_cbil.optimisers.picture import study_figure
from exact_cbil.optimisers.study import study
from exact_cbil.optimisers.tasks import TASKS
from exact_cbil.plots import (
    machines_figure,
    price_figure,
    profile_figure,
    run_figure,
    save_figure,
)
from exact_cbil.plots.style import (
    BLACK,
    CURVES,
    GREY,
    SKY,
    VERMILLION,
    YELLOW,
    chance_axis,
    legend_above,
    legend_beside,
    side_by_side,
    styled,
)

HERE = Path(__file__).parent


def price(model: Model) -> Figure:
    """What `compare MODEL --plot FILE` draws."""
    found = compare(model)
    learners = [learner for learner in sensible(model) if isinstance(learner, Named)]
    return price_figure(curves(model, learners), found.demonstrator)


def turn() -> Figure:
    """The README's: what the treacherous turn costs and does at every alpha."""
    return profile_figure(profile(treacherous_turn()), title="treacherous-turn", bounds=False)


def optimisers(task: str, *, time_penalty: bool = False) -> Figure:
    """What `optimisers TASK --plot FILE` draws."""
    return study_figure(study(TASKS[task](0).of(12), 24, time_penalty))


def traitor_first(model: Model) -> Model:
    """The same model with the traitor first in its class, as the order decides ties."""
    rest = {name: policy for name, policy in model.policies.items() if name != "traitor"}
    return replace(model, policies={"traitor": model.policies["traitor"], **rest})


@styled
def answers() -> Figure:
    """How likely the traitor's act is after N answers, for learners that then ask no more."""
    figure, (axes,) = side_by_side(1, 9.5, 4.5)
    asked = range(15)
    model = treacherous_turn()
    turned = traitor_first(model)
    lines: Sequence[tuple[Model, str, str]] = (
        (model, "gradient:1", "one gradient step an answer, rate 1"),
        (model, "gradient:10", "one gradient step an answer, rate 10"),
        (turned, "leader", "full optimisation, ties to the traitor"),
        (model, "leader", "full optimisation, ties to the demonstrator"),
        (model, "committed", "one policy drawn from the posterior"),
    )
    for (world, name, label), style in zip(lines, CURVES, strict=False):
        chances = compare(world, [f"{name}:{n}" for n in asked]).learners
        values = [float(middle(each.events["ever-defects"])) for each in chances]
        axes.plot(asked, values, label=label, markersize=5, **style)
    (careful,) = compare(model, ["conservative:1/10"]).learners
    cost = float(middle(careful.queries))
    axes.plot([cost], [0], "*", color=BLACK, markersize=14, label="conservative:1/10, expected")
    axes.axvline(6.5, color=GREY, linestyle=":", zorder=0)
    axes.text(6.7, 0.5, "between: the answer\nthat tells the\ntraitor apart", color="#444444")
    chance_axis(axes, "P(ever defects in 20 steps)")
    axes.set_xlabel("answers N")
    legend_beside(axes)
    return figure


@styled
def shared_error(members: int = 5, error: Fraction = Fraction(1, 2)) -> Figure:
    """Where a shared error passes, over the demonstrator's weight and alpha; and at one alpha."""
    figure, (left, right) = side_by_side(2, 5.6, 4.8)
    steps = [Fraction(n, 60) for n in range(1, 60)]
    alphas = [Fraction(n, 60) for n in range(1, 61)]
    grid = [[_fate(members, weight, error, alpha) for weight in steps] for alpha in alphas]
    places: Any = ([float(w) for w in steps], [float(a) for a in alphas])
    # In print their greys differ as well: dark, middle, light.
    colours = [VERMILLION, SKY, YELLOW]
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
    left.legend(handles=patches, loc="lower left", bbox_to_anchor=(0, 1), ncols=1)
    left.set(xlabel="weight of the demonstrator", ylabel="alpha of the conservative learner")
    rules = ("conservative:1/10", "predictive:3", "map:3", f"ensemble:{members - 1}")
    for number, name in enumerate((*rules, "gate:1/10:1/4", "gate:1/10:3/4")):
        found = [compare(correlated(members, w, error), [name]).learners[0] for w in steps]
        values = [float(middle(each.events["ever-errs"])) for each in found]
        style = CURVES[number % len(CURVES)]
        apart = (3 * number, 18)
        width = 2 if number else 4
        right.plot(places[0], values, label=name, linewidth=width, markevery=apart, **style)
    right.set(
        xlabel="weight of the demonstrator",
        ylabel=f"P(ever errs), if {members - 1} of {members} err together",
        ylim=(-0.02, 0.62),
    )
    legend_above(right, columns=2)
    return figure


def _fate(members: int, weight: Fraction, error: Fraction, alpha: Fraction) -> int:
    (found,) = compare(correlated(members, weight, error), [f"conservative:{alpha}"]).learners
    if middle(found.events["ever-errs"]):
        return 0
    return 1 if middle(found.queries) else 2


PICTURES: dict[str, Callable[[], Figure]] = {
    "turn": turn,
    "turn-run": lambda: run_figure(
        run(treacherous_turn().with_alpha("1/5")), title="treacherous-turn"
    ),
    "turn-machines": lambda: machines_figure(treacherous_turn(), title="treacherous-turn"),
    "optimisers-profile": lambda: profile_figure(
        profile(maze_optimisers(), high="1/20"), title="maze-optimisers"
    ),
    "optimisers-maze": lambda: optimisers("maze"),
    "optimisers-maze-time": lambda: optimisers("maze", time_penalty=True),
    "optimisers-hash": lambda: optimisers("hash"),
    "optimisers-rule": lambda: optimisers("rule"),
    "price-treacherous-turn": lambda: price(treacherous_turn()),
    "traitor-answers": answers,
    "shared-error": shared_error,
}
"""Every picture by name, those that are drawn quickly first."""

QUICK = 4
"""So many are drawn in less than a second each."""


def main() -> None:
    """Write the pictures that are named, or all, beside this file."""
    for name in sys.argv[1:] or PICTURES:
        save_figure(PICTURES[name](), HERE / f"{name}.svg")


if __name__ == "__main__":
    main()

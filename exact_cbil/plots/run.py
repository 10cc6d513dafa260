"""The picture of a run: what happens over time under the imitator and under the demonstrator."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from exact_cbil.interaction import Interaction, Progress
from exact_cbil.numbers import Enclosure, decimal, elide
from exact_cbil.plots.style import (
    BLUE,
    DEMONSTRATOR,
    GREEN,
    IMITATOR,
    MARKED,
    approximate,
    bars,
    chance_axis,
    head,
    label,
    legend_above,
    panels,
    styled,
    time_axis,
)
from exact_cbil.result import EventProbability, Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["run_figure"]

MOST_EVENTS = 8
"""The most events that get a panel; the title says how many do not."""


class Course(NamedTuple):
    """The probability of an event were the run to end at each of the times; rounded."""

    times: Sequence[int]
    imitator: Sequence[float]
    demonstrator: Sequence[float]


@styled
def run_figure(
    result: Result[Any],
    interaction: Interaction | None = None,
    *,
    title: str = "",
    progress: Progress | None = None,
) -> Figure:
    """Draw a run over time: each event, the queries, and the weight of the demonstrator.

    The panel of an event shows, under `P_i` and `P_d`, the probability that it would be true were
    the run to end after t steps; of an event that stays true once it is, that it has happened. The
    queries are `E sum_{s<t} theta`, and the bars the probability of a query in each step.

    interaction: whose result it is; by default that of `result.model`. Where neither is known, only
        the end of each event is drawn.
    title: the model's name.
    Source: SPEC D7.

    >>> from exact_cbil import run
    >>> from exact_cbil.models import treacherous_turn
    >>> len(run_figure(run(treacherous_turn()), title="treacherous-turn").axes)
    3
    """
    if interaction is None and result.model is not None:
        interaction = Interaction(result.model, progress)
    shown = dict(list(result.events.items())[:MOST_EVENTS])
    sizes = [2.3] * len(shown) + [1.9] + [1.9] * any(s.weight is not None for s in result.steps)
    figure, axes = panels([0.5 + sizes[0], *sizes[1:]])
    for panel, (name, chance) in zip(axes, shown.items(), strict=False):
        course = _course(result, interaction, name, progress)
        _draw_event(panel, name, chance, course)
    _draw_queries(axes[len(shown)], result)
    if len(axes) > len(shown) + 1:
        _draw_weight(axes[-1], result)
    time_axis(axes[-1], "steps taken, t")
    axes[-1].set_xlim(-0.02 * result.horizon - 0.1, result.horizon * 1.02 + 0.1)
    alpha = "" if interaction is None else f"α = {elide(interaction.model.exact_alpha)}"
    left_out = len(result.events) - len(shown)
    rest = f"{left_out} further events are not drawn" if left_out else ""
    head(figure, label(title), alpha, f"horizon {result.horizon}", rest)
    return figure


def _course(
    result: Result[Any], interaction: Interaction | None, name: str, progress: Progress | None
) -> Course:
    chance = result.events[name]
    if interaction is None:
        ends = approximate(chance.imitator), approximate(chance.demonstrator)
        return Course([result.horizon], ends[:1], ends[1:])
    if isinstance(result.queries, Enclosure):
        from exact_cbil.digits import enclosed_course

        event = interaction.model.events[name]
        times = sorted({step.t for step in result.steps} | {result.horizon})
        laws = (
            enclosed_course(interaction, event, "imitator", times, progress),
            enclosed_course(interaction, event, "demonstrator", times, progress),
        )
        return Course(times, *([approximate(value) for value in law] for law in laws))
    exact = interaction.course(name, "imitator"), interaction.course(name, "demonstrator")
    rounded = ([approximate(value) for value in law] for law in exact)
    return Course(range(result.horizon + 1), *rounded)


def _draw_event(axes: Axes, name: str, chance: EventProbability[Any], course: Course) -> None:
    marks = len(course.times) <= MARKED
    steps = "steps-post" if list(course.times) == list(range(len(course.times))) else "default"
    for law, style, mark, values, end in (
        ("imitator", IMITATOR, "o", course.imitator, chance.imitator),
        ("demonstrator", DEMONSTRATOR, "s", course.demonstrator, chance.demonstrator),
    ):
        axes.plot(
            course.times,
            values,
            drawstyle=steps,
            marker=mark if marks else None,
            markersize=4.5 if law == "imitator" else 3,
            clip_on=False,
            label=f"under the {law}: {_number(end)} in the end",
            **style,
        )
    chance_axis(axes, f"P({label(name)})\nafter t steps")
    legend_above(axes)


def _number(value: Fraction | Enclosure) -> str:
    if not isinstance(value, Enclosure):
        return decimal(value, 4)
    if value.lo <= 0 < value.hi:
        return f"below {decimal(value.hi, 1)}"
    return decimal(value.middle, 4)


def _draw_queries(axes: Axes, result: Result[Any]) -> None:
    times = [step.t for step in result.steps]
    thetas = [approximate(step.theta) for step in result.steps]
    if times == list(range(result.horizon)):
        total = [0.0, *accumulate(thetas)]
        bars(axes, thetas, "in each step")
        whole = f"queries so far: {_number(result.queries)} expected in the end"
        axes.plot([*times, result.horizon], total, color=BLUE, linewidth=2.2, label=whole)
        most = total[-1]
    else:  # the steps of an enclosed run may be a few of many, of which no sum is known
        whole = f"in a step; {_number(result.queries)} expected in all"
        axes.plot(times, thetas, color=BLUE, linewidth=2.2, label=whole)
        most = max(thetas, default=0.0)
    most = most or 1.0
    axes.set(ylabel="queries", ylim=(-0.04 * most, 1.08 * most))
    legend_above(axes)


def _draw_weight(axes: Axes, result: Result[Any]) -> None:
    known = [(step.t, step.weight) for step in result.steps if step.weight is not None]
    marker = "^" if len(known) <= MARKED else None
    axes.plot(
        [t for t, _ in known],
        [approximate(weight) for _, weight in known],
        color=GREEN,
        linestyle=(0, (5, 1.5, 1, 1.5)),
        marker=marker,
        markersize=4,
        linewidth=2,
    )
    chance_axis(axes, "weight of the\ndemonstrator")

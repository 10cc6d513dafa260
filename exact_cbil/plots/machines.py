"""The drawing of a model: each policy, the environment and each event as a finite machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias
from unicodedata import east_asian_width

from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from exact_cbil.environment import MooreEnvironment
from exact_cbil.errors import CbilError, shorten
from exact_cbil.event import Automaton
from exact_cbil.history import Rule, Transitions
from exact_cbil.model import Model
from exact_cbil.numbers import elide, rational
from exact_cbil.plots.layout import GAP, Placed, layers, place
from exact_cbil.plots.style import BLACK, BLUE, GREEN, GREY, PURPLE, VERMILLION, label, styled
from exact_cbil.policy import MoorePolicy
from exact_cbil.reward import MooreReward

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Box: TypeAlias = tuple[float, float, float, float]
"""Left, bottom, right and top."""

__all__ = ["MOST_RULES", "MOST_STATES", "machines_figure"]

MOST_STATES = 100
"""The most states of all machines together that are drawn."""

MOST_RULES = 300
"""The most rules of all machines together that are drawn."""

LINES = 8
"""The most lines in a state: actions, or observations."""

LETTER, LINE = 0.068, 0.145
"""The width and height in inches of a letter of FONT points, all of which are equally wide."""

FONT = 8
PAGE = 10.0
"""The width of the page in inches."""

MARGIN = 0.25
GROUND = "#f6f6f6"

PARTS = (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8)
"""Where on an arrow its label may stand, from the best."""


@dataclass(frozen=True)
class _Drawn:
    """A machine to be drawn: its heading, the lines in each state, its rules, its looks."""

    heading: str
    colour: str
    transitions: Transitions
    lines: Mapping[str, Sequence[str]]
    accept: frozenset[str] = frozenset()

    @property
    def start(self) -> str:
        return self.transitions.start


@styled
def machines_figure(model: Model, *, title: str = "") -> Figure:
    """Draw every machine of a model: states as boxes, rules as arrows, exact probabilities.

    A state holds its name and what it emits; a double edge marks where an event has happened. An
    arrow holds the step on which it is taken: the action, what is seen, and whether the
    demonstrator was asked. Of several rules the first that matches is taken, in the order of their
    numbers; where none matches, or one that says so, the machine stays.

    title: the model's name.
    Raises CbilError where a part is not a finite machine, as those that are Python functions, and
    where there are more than MOST_STATES states or MOST_RULES rules.
    Source: SPEC cbil-model/1.

    >>> from exact_cbil.models import treacherous_turn
    >>> figure = machines_figure(treacherous_turn())
    >>> len(figure.axes[0].texts) > 20
    True
    """
    from matplotlib.figure import Figure

    drawn = list(_machines(model))
    _check_size(drawn)
    blocks = [_Block(machine) for machine in drawn]
    corners, width, height = _packed(blocks)
    figure = Figure(figsize=(width, height + 0.9))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height + 0.9))
    axes.set_axis_off()
    for block, (x, y) in zip(blocks, corners, strict=True):
        block.draw(axes, x, y)
    name = label(title) if title else "Model"
    axes.text(MARGIN, height + 0.6, name, weight="bold", size=12)
    axes.text(MARGIN, height + 0.3, _summary(model), size=9)
    return figure


def _summary(model: Model) -> str:
    names = [", ".join(label(n, 24) for n in kind) for kind in (model.actions, model.observations)]
    alpha = elide(model.exact_alpha)
    listed = f"actions: {names[0]};  observations: {names[1]}"
    shown = listed if len(listed) <= 120 else f"{listed[:117]}..."
    return f"α = {alpha}, horizon {model.horizon};  {shown}"


# -- what is drawn --------------------------------------------------------------------------------


def _machines(model: Model) -> Iterable[_Drawn]:
    for name, policy in model.policies.items():
        leads = name == model.demonstrator
        heading = f"policy {label(name, 40)}, prior {elide(rational(model.prior[name]), 20)}"
        heading += ", the demonstrator" if leads else ""
        yield _policy(heading, policy, BLACK if leads else BLUE)
    if not model.realizable:
        heading = "the demonstrator, outside the class"
        yield _policy(heading, model.demonstrator_policy, BLACK)
    environment = model.environment
    if not isinstance(environment, MooreEnvironment):
        raise _unknown("the environment", environment)
    lines = {
        state: _environment_lines(model, emission)
        for state, emission in environment.emissions.items()
    }
    yield _Drawn("the environment", GREEN, environment.transitions, lines)
    for name, event in model.events.items():
        if not isinstance(event, Automaton):
            raise _unknown(f"the event {shorten(name)}", event)
        nothing: dict[str, list[str]] = {state: [] for state in event.transitions.rules}
        heading = f"event {label(name, 40)}"
        yield _Drawn(heading, VERMILLION, event.transitions, nothing, event.accept)
    if model.reward is not None:
        if not isinstance(model.reward, MooreReward):
            raise _unknown("the reward", model.reward)
        lines = {
            state: [f"{label(action, 20)} {value}" for action, value in given.items()] or ["0"]
            for state, given in model.reward.rewards.items()
        }
        yield _Drawn("rewards", PURPLE, model.reward.transitions, lines)


def _unknown(part: str, machine: object) -> CbilError:
    return CbilError(
        f"drawing: {part} is no finite machine of the model file, but {type(machine).__name__}"
    )


def _policy(heading: str, policy: object, colour: str) -> _Drawn:
    if not isinstance(policy, MoorePolicy):
        raise _unknown(heading, policy)
    lines = {state: _masses(emission.items()) for state, emission in policy.emissions.items()}
    return _Drawn(heading, colour, policy.transitions, lines)


def _masses(masses: Iterable[tuple[str, Fraction]]) -> list[str]:
    return [f"{label(name, 20)} {elide(mass, 16)}" for name, mass in masses] or ["nothing"]


def _environment_lines(model: Model, emission: Mapping[str, Any]) -> list[str]:
    """What is seen after each action; only once where that does not depend on the action."""
    shown = {action: ", ".join(_masses(emission[action].items())) for action in model.actions}
    if len(set(shown.values())) == 1:
        return _masses(next(iter(emission.values())).items())
    return [f"{label(action, 20)}: {seen}" for action, seen in shown.items()]


def _check_size(drawn: Sequence[_Drawn]) -> None:
    for what, most, count in (
        ("states", MOST_STATES, lambda each: len(each.transitions.rules)),
        ("rules", MOST_RULES, lambda each: sum(map(len, each.transitions.rules.values()))),
    ):
        size: Callable[[_Drawn], int] = count
        found = sum(map(size, drawn))
        if found > most:
            raise CbilError(
                f"drawing: the machines have {found} {what} in all; at most {most} are drawn"
            )


# -- how it is drawn ------------------------------------------------------------------------------


def _wide(text: str) -> float:
    """The width of a line in inches, where wide letters of the east take two places."""
    shown = text.replace(r"\$", "$")
    return LETTER * sum(2 if east_asian_width(letter) in "WF" else 1 for letter in shown)


class _Block:
    """A machine with its layout: a heading above, and its states below."""

    def __init__(self, machine: _Drawn) -> None:
        self.machine = machine
        rules = machine.transitions.rules
        self.texts = {
            state: [label(state, 28), *_few(lines), *_stays(rules[state], state)]
            for state, lines in machine.lines.items()
        }
        self.sizes = {
            state: (max(map(_wide, text)) + 0.2, LINE * len(text) + 0.16)
            for state, text in self.texts.items()
        }
        self.arrows = {
            (state, target): _conditions(listed, target)
            for state, listed in rules.items()
            for target in dict.fromkeys(rule.to for rule in listed)
            if target != state
        }
        moves = {state: [rule.to for rule in listed] for state, listed in rules.items()}
        self.columns = layers(machine.start, moves)
        self.layer = {s: k for k, column in enumerate(self.columns) for s in column}
        beside = (
            lines
            for (s, target), lines in self.arrows.items()
            if self.layer[s] == self.layer[target]
        )
        gap = GAP + LINE * max(map(len, beside), default=0)
        self.placed: Placed = place(self.columns, self.sizes, self._room(), gap, PAGE - 4 * MARGIN)
        # The labels of bent arrows stand out above, below and beside the states.
        self.labels = self._labels()
        boxes = self.labels.values()
        edges = [min((box[side] for box in boxes), default=0.0) for side in (0, 1)]
        ends = [max((box[side] for box in boxes), default=0.0) for side in (2, 3)]
        self.left = 0.34 + max(0.0, -edges[0])
        self.below = 0.12 + max(0.0, -edges[1])
        width = self.left + max(self.placed.width, ends[0]) + 0.14
        height = self.below + max(self.placed.height, ends[1])
        self.width = max(width, LETTER * 1.18 * len(machine.heading) + 0.2)
        self.height = height + 0.42

    def _room(self) -> list[float]:
        """How wide the gap before each layer must be for the labels of the arrows across it.

        Where more than two arrows cross a gap, two labels may have to stand beside each other.
        """
        widths: list[list[float]] = [[] for _ in self.columns]
        for (state, target), lines in self.arrows.items():
            if self.layer[target] == self.layer[state] + 1:
                widths[self.layer[target]].append(max(map(_wide, lines)))
        beside = [1 if len(listed) <= 2 else 2 for listed in widths]
        return [
            count * max(listed, default=0.0) + 0.4
            for count, listed in zip(beside, widths, strict=True)
        ]

    def _bend(self, state: str, target: str) -> float:
        """How much an arrow bends: not at all to the next layer.

        One that leads back or skips a layer bends away from the middle of the machine, where the
        straight arrows are.
        """
        steps = self.layer[target] - self.layer[state]
        if steps == 1:
            return 0.0
        (x, y), (to_x, to_y) = self.placed.middles[state], self.placed.middles[target]
        upper = (y + to_y) / 2 >= self.placed.height / 2 - 0.01
        return 0.3 if steps == 0 or upper == (to_x < x) else -0.3

    def _labels(self) -> dict[tuple[str, str], Box]:
        """The box of each arrow's label, clear of the states and of the labels before it."""
        taken = [_around(self.placed.middles[s], *self.sizes[s]) for s in self.texts]
        found: dict[tuple[str, str], Box] = {}
        for arrow, lines in self.arrows.items():
            size = max(map(_wide, lines)), LINE * len(lines)
            tried = [_around(self._point(*arrow, part), *size) for part in PARTS]
            free = (box for box in tried if not any(_meet(box, other) for other in taken))
            found[arrow] = next(free, tried[0])
            taken.append(found[arrow])
        return found

    def _point(self, state: str, target: str, part: float) -> tuple[float, float]:
        """The point of an arrow after a part of its way between its two states."""
        (x, y), (to_x, to_y) = self.placed.middles[state], self.placed.middles[target]
        bend = self._bend(state, target)
        gap = abs(to_x - x) - (self.sizes[state][0] + self.sizes[target][0]) / 2
        if not bend and gap > 0:
            part = (self.sizes[state][0] / 2 + part * gap) / abs(to_x - x)
        # That of a quadratic curve, whose control point lies beside the middle of the straight way.
        out = 2 * part * (1 - part) * bend
        along, up = to_x - x, to_y - y
        return x + part * along + out * up, y + part * up - out * along

    def draw(self, axes: Axes, left: float, bottom: float) -> None:
        """Draw the machine with its lower left corner there."""
        machine = self.machine
        axes.add_patch(
            FancyBboxPatch(
                (left, bottom),
                self.width,
                self.height,
                boxstyle="round,pad=0.02,rounding_size=0.08",
                facecolor=GROUND,
                edgecolor="#cccccc",
                linewidth=0.8,
            )
        )
        heading = left + 0.1, bottom + self.height - 0.2
        axes.text(*heading, machine.heading, size=9, weight="bold", color=machine.colour)
        origin = left + self.left, bottom + self.below
        boxes = {state: self._box(axes, state, origin) for state in self.texts}
        for arrow, lines in self.arrows.items():
            self._arrow(axes, boxes, arrow, lines, origin)
        x, y = self.placed.middles[machine.start]
        edge = origin[0] + x - self.sizes[machine.start][0] / 2
        _draw_arrow(axes, (edge - 0.24, origin[1] + y), (edge, origin[1] + y))

    def _box(self, axes: Axes, state: str, origin: tuple[float, float]) -> FancyBboxPatch:
        (x, y), (width, height) = self.placed.middles[state], self.sizes[state]
        x, y = x + origin[0], y + origin[1]
        insets = (0.0, 0.045) if state in self.machine.accept else (0.0,)
        boxes = [
            FancyBboxPatch(
                (x - width / 2 + inset, y - height / 2 + inset),
                width - 2 * inset,
                height - 2 * inset,
                boxstyle="round,pad=0,rounding_size=0.07",
                facecolor="white",
                edgecolor=self.machine.colour,
                linewidth=1.2,
                zorder=3,
            )
            for inset in insets
        ]
        for box in boxes:
            axes.add_patch(box)
        for number, line in enumerate(self.texts[state]):
            axes.text(
                x,
                y + height / 2 - 0.08 - LINE * (number + 0.5),
                line,
                size=FONT,
                family="monospace",
                weight="bold" if number == 0 else "normal",
                ha="center",
                va="center",
                zorder=4,
            )
        return boxes[0]

    def _arrow(
        self,
        axes: Axes,
        boxes: Mapping[str, FancyBboxPatch],
        arrow: tuple[str, str],
        lines: Sequence[str],
        origin: tuple[float, float],
    ) -> None:
        ends = [
            (x + origin[0], y + origin[1])
            for x, y in (self.placed.middles[state] for state in arrow)
        ]
        _draw_arrow(
            axes,
            *ends,
            connectionstyle=f"arc3,rad={self._bend(*arrow)}",
            patchA=boxes[arrow[0]],
            patchB=boxes[arrow[1]],
        )
        left, bottom, right, top = self.labels[arrow]
        axes.text(
            origin[0] + (left + right) / 2,
            origin[1] + (bottom + top) / 2,
            "\n".join(lines),
            size=FONT - 0.5,
            family="monospace",
            ha="center",
            va="center",
            zorder=5,
            bbox={"facecolor": GROUND, "edgecolor": "none", "pad": 0.8},
        )


def _around(middle: tuple[float, float], width: float, height: float) -> Box:
    x, y = middle
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _meet(one: Box, other: Box) -> bool:
    return all(one[k] < other[k + 2] and other[k] < one[k + 2] for k in (0, 1))


def _draw_arrow(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], **more: Any
) -> None:
    axes.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=9,
            color=GREY,
            shrinkA=0,
            shrinkB=0,
            zorder=2,
            **more,
        )
    )


def _few(lines: Sequence[str]) -> list[str]:
    if len(lines) <= LINES:
        return list(lines)
    return [*lines[: LINES - 1], f"and {len(lines) - LINES + 1} more"]


def _conditions(rules: Sequence[Rule], target: str) -> list[str]:
    """The steps on which a state is left for another, a line for each rule."""
    return _few(
        [
            (f"{number}. " if len(rules) > 1 else "") + _condition(rule)
            for number, rule in enumerate(rules, 1)
            if rule.to == target
        ]
    )


def _stays(rules: Sequence[Rule], state: str) -> list[str]:
    """The rules on which a machine stays where it is; they stand in the state itself."""
    return [f"stays: {line}" for line in _conditions(rules, state)]


def _condition(rule: Rule) -> str:
    parts = []
    if rule.queried is not None:
        parts.append("asked" if rule.queried else "not asked")
    if rule.action is not None:
        parts.append(label(rule.action, 20))
    if rule.observation is not None:
        parts.append(f"sees {label(rule.observation, 20)}")
    return ", ".join(parts) or "any step"


def _packed(blocks: Sequence[_Block]) -> tuple[list[tuple[float, float]], float, float]:
    """Stand blocks side by side in rows from the top: their lower left corners, and the size."""
    rows: list[list[_Block]] = [[]]
    used = MARGIN
    for block in blocks:
        if rows[-1] and used + block.width + MARGIN > PAGE:
            rows.append([])
            used = MARGIN
        rows[-1].append(block)
        used += block.width + MARGIN
    heights = [max(block.height for block in row) for row in rows]
    whole = sum(heights) + MARGIN * len(rows)
    corners = []
    top, widest = whole, 0.0
    for row, high in zip(rows, heights, strict=True):
        left = MARGIN
        for block in row:
            corners.append((left, top - high + (high - block.height)))
            left += block.width + MARGIN
        top -= high + MARGIN
        widest = max(widest, left)
    return corners, max(widest, 6.0), whole

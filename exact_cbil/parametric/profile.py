"""Every alpha at once: each quantity of a run as a step function of alpha on (0, 1].

Alpha enters only where a weight is compared with alpha times a sum of weights (D5), so in one state
of the imitator's chain the top set changes at the few `break_points` of its weights. Since D5
compares with `>=` (R3), a weight `w` is at least `alpha * s` exactly on `(0, w/s]`, and every part
has the form (from, to].

The chain is explored forwards once for all alphas: each state, with the alphas that reach it. Then
every quantity is computed backwards, as in dynamic programming, with step functions of alpha for
numbers: what is still to come from a state is the step's own value plus the mean over the next
states. Near the end of a run such a function has few pieces, and near its start there are few
states. So the work grows with the states and the pieces, not with their product, which is what a
run for each piece would cost.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeAlias, overload

from gmpy2 import mpq, mpz

from exact_cbil.display import latex_rounded, latex_text, rounded, table
from exact_cbil.errors import OutOfRange
from exact_cbil.event import Event
from exact_cbil.history import Step, unlabelled
from exact_cbil.interaction import Progress, run
from exact_cbil.learner import Learner, break_points, rank
from exact_cbil.model import Model
from exact_cbil.numbers import Enclosure, RationalLike, elide, rational, text, to_fraction, to_mpq
from exact_cbil.parametric.acting import Act, Actor
from exact_cbil.result import Result, V, written

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Piece", "Profile", "at_alphas", "profile"]


class Interval(NamedTuple):
    """The alphas in (low, high]."""

    low: mpq
    high: mpq


class StepFunction(NamedTuple):
    """A function of alpha: `values[k]` on the alphas above exactly k of the break points."""

    breaks: list[mpq]
    values: list[mpq]

    def above(self, alpha: mpq) -> mpq:
        """The value just above an alpha."""
        return self.values[bisect_right(self.breaks, alpha)]


Plan: TypeAlias = dict[int, list[tuple[Interval, Act]]]
"""At one time: what is done in each state that is reached, on which alphas, from left to right."""


class _Explorer:
    """Finds the states that some alpha of an interval reaches, and what is done there."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.actor = Actor(Learner(model), mpq(1))
        self._acts: dict[tuple[int, int], Act] = {}
        self._ratios: dict[tuple[mpz, ...], list[mpq]] = {}

    def plans(self, domain: Interval, progress: Progress | None) -> list[Plan]:
        """The plan of each time before the horizon."""
        plans: list[Plan] = []
        reached = {self.actor.start(): [domain]}
        for t in range(self.model.horizon):
            plan: Plan = {}
            following: dict[int, list[Interval]] = {}
            for number, intervals in reached.items():
                plan[number] = [part for each in intervals for part in self._parts(number, each)]
                for interval, act in plan[number]:
                    for successor in {move[0] for move in act.moves}:
                        following.setdefault(successor, []).append(interval)
            plans.append(plan)
            reached = {number: _union(parts) for number, parts in following.items()}
            if progress is not None:
                progress("exploring", t + 1, self.model.horizon)
        return plans

    def _parts(self, number: int, interval: Interval) -> Iterator[tuple[Interval, Act]]:
        """Cut an interval where the top set of a state changes, from left to right."""
        weights = self.actor.states[number].belief.weights
        ratios = self._ratios.get(weights)
        if ratios is None:
            ratios = self._ratios[weights] = break_points(weights)
        low = interval.low
        for size in range(len(ratios), 0, -1):
            # So many policies are in the top set up to the ratio of the last of them.
            high = min(ratios[size - 1], interval.high)
            if low < high:
                yield Interval(low, high), self._act(number, size)
                low = high
        if low < interval.high:
            yield Interval(low, interval.high), self._act(number, 0)

    def _act(self, number: int, size: int) -> Act:
        found = self._acts.get((number, size))
        if found is None:
            top = tuple(rank(self.actor.states[number].belief.weights)[:size])
            found = self._acts[number, size] = self.actor.act(number, top)
        return found


def _union(intervals: list[Interval]) -> list[Interval]:
    """The same alphas as disjoint intervals that do not touch, from left to right."""
    found: list[Interval] = []
    for interval in sorted(intervals):
        if found and interval.low <= found[-1].high:
            high = max(interval.high, found[-1].high)
            found[-1] = Interval(found[-1].low, high)
        else:
            found.append(interval)
    return found


class Quantity(NamedTuple):
    """What is summed over the steps of a run, and what is read at its end.

    now: the value of one step. over: whether nothing follows after such a step.
    start, advance: a machine that reads the steps. last: the value at the horizon in its state.
    """

    now: Callable[[Act], Any] = lambda act: 0
    over: Callable[[Act], bool] = lambda act: False
    start: Hashable = None
    advance: Callable[[Any, Step], Hashable] = lambda state, step: None
    last: Callable[[Any], Any] = lambda state: 0


def _quantities(model: Model) -> dict[str, Quantity]:
    found = {
        "query_cubes": Quantity(lambda act: act.theta**3),
        "queries": Quantity(lambda act: act.theta),
    }
    if model.realizable:
        found["exclusion"] = Quantity(lambda act: act.outside, lambda act: act.outside)
    return found | {_key(name): _reading(event) for name, event in model.events.items()}


def _key(event: str) -> str:
    return f"P_i({event})"


def _reading(event: Event) -> Quantity:
    def advance(state: Hashable, step: Step) -> Hashable:
        return event.advance(state, unlabelled(step))

    return Quantity(start=event.start, advance=cache(advance), last=event.accepts)


Key: TypeAlias = tuple[int, Hashable]
"""A state of the chain and one of a quantity's machine."""


def _expected(plans: list[Plan], start: int, quantity: Quantity) -> StepFunction:
    """The expectation of a quantity from the start: forwards to all keys, backwards to values."""
    first = (start, quantity.start)
    levels: list[dict[Key, list[tuple[Interval, mpq, dict[Key, mpq]]]]] = []
    reached = {first}
    for plan in plans:
        levels.append(
            {
                (number, reader): [
                    (interval, mpq(quantity.now(act)), _followed(act, reader, quantity))
                    for interval, act in plan[number]
                ]
                for number, reader in reached
            }
        )
        reached = {key for parts in levels[-1].values() for *_, nexts in parts for key in nexts}
    later = {key: StepFunction([], [mpq(quantity.last(key[1]))]) for key in reached}
    while levels:
        later = {key: _mean(parts, later) for key, parts in levels.pop().items()}
    return later[first]


def _followed(act: Act, reader: Hashable, quantity: Quantity) -> dict[Key, mpq]:
    """Where an act leads, with the chances."""
    found: dict[Key, mpq] = {}
    for number, step, chance in () if quantity.over(act) else act.moves:
        key = (number, quantity.advance(reader, step))
        found[key] = found[key] + chance if key in found else chance
    return found


def _mean(
    parts: list[tuple[Interval, mpq, dict[Key, mpq]]], later: Mapping[Key, StepFunction]
) -> StepFunction:
    """The function that is `now + sum of chance * what follows` on each part.

    Within a part it changes by the sum of the changes of what follows, each at its own alpha: so
    only the changes are added up, and not the functions alpha by alpha.
    """
    breaks: list[mpq] = []
    values: list[mpq] = []
    for (low, high), value, nexts in parts:
        jumps: dict[mpq, mpq] = {}
        for key, chance in nexts.items():
            cuts, steps = later[key]
            first = bisect_right(cuts, low)
            value += chance * steps[first]
            for k in range(first, bisect_left(cuts, high)):
                jump = chance * (steps[k + 1] - steps[k])
                jumps[cuts[k]] = jumps[cuts[k]] + jump if cuts[k] in jumps else jump
        for cut in sorted([low, *jumps]):
            value += jumps.get(cut, 0)
            if not values:
                values.append(value)
            elif value != values[-1]:
                breaks.append(cut)
                values.append(value)
    return StepFunction(breaks, values)


@dataclass(frozen=True)
class Piece(Generic[V]):
    """The quantities on a maximal set of alphas on which none of them changes.

    start, end: its ends; end itself belongs to it, start only when `start_closed`.
    exclusion: None for a demonstrator outside the class. events: `P_i(B)` by name.
    """

    start: Fraction
    end: Fraction
    query_cubes: V
    queries: V
    exclusion: V | None
    events: Mapping[str, V]
    start_closed: bool = False
    end_closed: bool = True

    def __contains__(self, alpha: Fraction) -> bool:
        above = self.start < alpha or (self.start_closed and self.start == alpha)
        return above and (alpha < self.end or (self.end_closed and alpha == self.end))

    def interval(self, width: int = 36) -> str:
        """Its ends as an interval, each elided to so many characters: `(1/3, 1/2]`."""
        left, right = "[" if self.start_closed else "(", "]" if self.end_closed else ")"
        return f"{left}{elide(self.start, width)}, {elide(self.end, width)}{right}"

    @property
    def values(self) -> tuple[V | None, ...]:
        """The quantities without the ends."""
        return (self.query_cubes, self.queries, self.exclusion, *self.events.values())

    def to_json(self) -> dict[str, Any]:
        """The piece as in `cbil-profile/1`."""
        return {
            "from": text(self.start),
            "to": text(self.end),
            "from_closed": self.start_closed,
            "to_closed": self.end_closed,
            "query_cubes": written(self.query_cubes),
            "queries": written(self.queries),
            "exclusion": written(self.exclusion),
            "events": {name: written(chance) for name, chance in self.events.items()},
        }


@dataclass(frozen=True)
class Profile(Generic[V]):
    """Step functions of alpha on (0, 1], or on a part of it: the pieces, from left to right.

    model: whose `profile` it is; None where that is not known. It is not compared.
    """

    pieces: tuple[Piece[V], ...]
    model: Model | None = field(default=None, compare=False, repr=False)

    @property
    def break_points(self) -> tuple[Fraction, ...]:
        """The alphas at which some quantity jumps; each belongs to the piece on its left."""
        return tuple(right.start for _, right in pairwise(self.pieces))

    def _repr_html_(self) -> str:
        events: list[str] = list(self.pieces[0].events)
        head = ("alpha", "queries", "query_cubes", "exclusion", *(f"P_i({e})" for e in events))
        rows = [
            (
                piece.interval(),
                *map(rounded, (piece.queries, piece.query_cubes, piece.exclusion)),
                *(rounded(piece.events[event]) for event in events),
            )
            for piece in self.pieces
        ]
        return table("Every alpha", [head, *rows])

    def latex(self) -> str:
        """The pieces as the rows of one LaTeX array: ends exact, quantities rounded."""
        events = [f"P_i({latex_text(event)})" for event in self.pieces[0].events]
        sums = [r"\mathrm{E}\sum\theta", r"\mathrm{E}\sum\theta^3"]
        rows = [[r"\alpha \in", *sums, r"\text{exclusion}", *events]]
        for piece in self.pieces:
            numbers = (piece.queries, piece.query_cubes, piece.exclusion, *piece.events.values())
            ends = piece.interval(24)
            # Long ends say how many digits they have, which is text.
            shown = ends if "digits" not in ends else latex_text(ends)
            rows.append([shown, *map(latex_rounded, numbers)])
        lines = " \\\\\n".join(" & ".join(row) for row in rows)
        columns = "l" + "r" * (len(rows[0]) - 1)
        return f"\\begin{{array}}{{{columns}}}\n{lines}\n\\end{{array}}"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def at(self, alpha: RationalLike) -> Piece[V]:
        """The piece that contains `alpha`; OutOfRange where none does."""
        exact = rational(alpha, "alpha")
        for piece in self.pieces:
            if exact in piece:
                return piece
        ends = text(self.pieces[0].start), text(self.pieces[-1].end)
        raise OutOfRange("alpha", exact, f"a rational in ({ends[0]}, {ends[1]}]")

    def plot(self) -> Figure:
        """Everything against alpha, as a figure: see `exact_cbil.plots.profile_figure`."""
        from exact_cbil.plots import profile_figure

        return profile_figure(self)

    def to_json(self) -> dict[str, Any]:
        """The profile as `cbil-profile/1`, or `cbil-enclosed-profile/1` where it is enclosed."""
        pieces = [piece.to_json() for piece in self.pieces]
        enclosed = any(isinstance(piece.queries, Enclosure) for piece in self.pieces)
        return {"format": f"cbil-{'enclosed-' if enclosed else ''}profile/1", "pieces": pieces}


def profile(
    model: Model,
    progress: Progress | None = None,
    *,
    low: RationalLike = 0,
    high: RationalLike = 1,
) -> Profile:
    """Compute `query_cubes`, `queries`, `exclusion` and each `P_i(B)` for every alpha at once.

    model: its horizon and everything but its alpha.
    low, high: the alphas in (low, high], within (0, 1].
    progress: called as `progress(what, done, total)` while work goes on.
    Source: SPEC D5, D6, R3.

    >>> from exact_cbil.models import rare_action
    >>> found = profile(rare_action("1/8").with_horizon(1))
    >>> [(str(piece.end), str(piece.queries)) for piece in found.pieces]
    [('1/2', '1/8'), ('1', '0')]
    """
    ends = rational(low, "low"), rational(high, "high")
    if not 0 <= ends[0] < ends[1] <= 1:
        shown = f"({text(ends[0])}, {text(ends[1])}]"
        raise OutOfRange("range of alpha", shown, "0 <= low < high <= 1")
    domain = Interval(*map(to_mpq, ends))
    explorer = _Explorer(model)
    plans = explorer.plans(domain, progress)
    found: dict[str, StepFunction] = {}
    quantities = _quantities(model)
    for name, quantity in quantities.items():
        found[name] = _expected(plans, explorer.actor.start(), quantity)
        if progress is not None:
            progress("quantities", len(found), len(quantities))
    cuts = sorted({cut for function in found.values() for cut in function.breaks})
    return Profile(
        tuple(
            _piece(model, Interval(*ends), {name: f.above(ends[0]) for name, f in found.items()})
            for ends in pairwise([domain.low, *cuts, domain.high])
        ),
        model,
    )


def _piece(model: Model, interval: Interval, values: Mapping[str, mpq]) -> Piece:
    exact = {name: to_fraction(value) for name, value in values.items()}
    return Piece(
        start=to_fraction(interval.low),
        end=to_fraction(interval.high),
        query_cubes=exact["query_cubes"],
        queries=exact["queries"],
        exclusion=exact.get("exclusion"),
        events={name: exact[_key(name)] for name in model.events},
    )


@overload
def at_alphas(
    model: Model, alphas: Iterable[RationalLike], progress: Progress | None = None
) -> Iterator[Piece]: ...


@overload
def at_alphas(
    model: Model,
    alphas: Iterable[RationalLike],
    progress: Progress | None = None,
    *,
    digits: int,
) -> Iterator[Piece[Enclosure]]: ...


def at_alphas(
    model: Model,
    alphas: Iterable[RationalLike],
    progress: Progress | None = None,
    *,
    digits: int | None = None,
) -> Iterator[Piece] | Iterator[Piece[Enclosure]]:
    """The same quantities at chosen alphas in (0, 1], one `run` for each, as they are found.

    digits: enclose them to so many digits.

    >>> from exact_cbil.models import rare_action
    >>> model = rare_action("1/8").with_horizon(1)
    >>> [str(piece.queries) for piece in at_alphas(model, ["1/2", "2/3"])]
    ['1/8', '0']
    """
    models = (model.with_alpha(alpha) for alpha in alphas)
    if digits is None:
        return (_at(here, run(here, progress)) for here in models)
    return (_at(here, run(here, progress, digits=digits, times=())) for here in models)


def _at(model: Model, result: Result[V]) -> Piece[V]:
    return Piece(
        start=model.exact_alpha,
        end=model.exact_alpha,
        query_cubes=result.query_cubes,
        queries=result.queries,
        exclusion=result.exclusion,
        events={name: chance.imitator for name, chance in result.events.items()},
        start_closed=True,
    )

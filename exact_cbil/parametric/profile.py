"""Every alpha at once: each quantity of a run as a step function of alpha on (0, 1].

Alpha enters only where a weight is compared with alpha times a sum of weights (D5). The run is
propagated over an interval of alphas, which splits where such a comparison first depends on alpha.
Since D5 compares with `>=` (R3), a weight `w` is at least `alpha * s` exactly on `(0, w/s]`, and
every part has the form (from, to].
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

from gmpy2 import mpq, mpz

from exact_cbil.errors import OutOfRange
from exact_cbil.history import Action, Observation
from exact_cbil.learner import Belief, top_set
from exact_cbil.model import Model
from exact_cbil.numbers import RationalLike, rational, text, to_fraction, to_mpq
from exact_cbil.parametric.decide import Undecided, explore
from exact_cbil.parametric.walk import CellLearner, Outcome, Walk

__all__ = ["Piece", "Profile", "profile"]


@dataclass(frozen=True, slots=True)
class Multiple:
    """The number `factor * alpha`, for the alpha that varies."""

    factor: mpq

    def __mul__(self, other: Any) -> Multiple:
        return Multiple(self.factor * other)


class Interval(NamedTuple):
    """The alphas in (low, high]."""

    low: mpq
    high: mpq

    def at_least(self, x: Any, y: Any) -> bool:
        """Whether `x >= y`, where `y` may be a positive multiple of alpha."""
        if not isinstance(y, Multiple):
            return bool(x >= y)
        cut = x / y.factor
        if self.high <= cut:
            return True
        if cut <= self.low:
            return False
        raise Undecided(Interval(self.low, cut), Interval(cut, self.high))


ALL = Interval(mpq(0), mpq(1))
ALPHA = Multiple(mpq(1))


class AlphaLearner(CellLearner):
    """A learner for every alpha of an interval at once; the model's own alpha is not read."""

    cell: Interval
    one = mpq(1)
    cell_free = True

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self._tops: dict[tuple[mpz, ...], tuple[list[mpq], list[tuple[int, ...]]]] = {}

    def top_set(self, belief: Belief) -> tuple[int, ...]:
        """`Top_alpha` on the current interval. Source: SPEC D5."""
        ends, tops = self._pieces(belief.weights)
        place = bisect_left(ends, self.cell.high)
        low = ends[place - 1] if place else ALL.low
        if low > self.cell.low:
            raise Undecided(Interval(self.cell.low, low), Interval(low, self.cell.high))
        return tops[place]

    def _pieces(self, weights: tuple[mpz, ...]) -> tuple[list[mpq], list[tuple[int, ...]]]:
        found = self._tops.get(weights)
        if found is None:
            pieces = list(explore(ALL, lambda cell: top_set(weights, ALPHA, cell.at_least)))
            found = self._tops[weights] = ([c.high for c, _ in pieces], [top for _, top in pieces])
        return found

    def shown(self, environment: Any, action: Action) -> list[tuple[Observation, mpq]]:
        """The environment's possible observations, with their chances."""
        return [(o, to_mpq(q)) for o, q in self.environment_emission(environment, action).items()]


@dataclass(frozen=True)
class Piece:
    """The quantities on a maximal set of alphas on which none of them changes.

    start, end: its ends; end itself belongs to it, start only when `start_closed`.
    exclusion: None for a demonstrator outside the class. events: `P_i(B)` by name.
    """

    start: Fraction
    end: Fraction
    query_cubes: Fraction
    queries: Fraction
    exclusion: Fraction | None
    events: Mapping[str, Fraction]
    start_closed: bool = False
    end_closed: bool = True

    def __contains__(self, alpha: Fraction) -> bool:
        above = self.start < alpha or (self.start_closed and self.start == alpha)
        return above and (alpha < self.end or (self.end_closed and alpha == self.end))

    @property
    def values(self) -> tuple[Any, ...]:
        """The quantities without the ends."""
        return (self.query_cubes, self.queries, self.exclusion, self.events)

    def to_json(self) -> dict[str, Any]:
        """The piece as in `cbil-profile/1`."""
        return {
            "from": text(self.start),
            "to": text(self.end),
            "from_closed": self.start_closed,
            "to_closed": self.end_closed,
            "query_cubes": text(self.query_cubes),
            "queries": text(self.queries),
            "exclusion": None if self.exclusion is None else text(self.exclusion),
            "events": {name: text(chance) for name, chance in self.events.items()},
        }


@dataclass(frozen=True)
class Profile:
    """Step functions of alpha on (0, 1]: the pieces cover it, from left to right."""

    pieces: tuple[Piece, ...]

    @property
    def break_points(self) -> tuple[Fraction, ...]:
        """The alphas at which some quantity jumps; each belongs to the piece on its left."""
        return tuple(right.start for _, right in pairwise(self.pieces))

    def at(self, alpha: RationalLike) -> Piece:
        """The piece that contains `alpha`, in (0, 1]; OutOfRange otherwise."""
        exact = rational(alpha, "alpha")
        for piece in self.pieces:
            if exact in piece:
                return piece
        raise OutOfRange("alpha", exact, "a rational in (0, 1]")

    def to_json(self) -> dict[str, Any]:
        """The profile in the format `cbil-profile/1`, ready for `json.dumps`."""
        pieces = [piece.to_json() for piece in self.pieces]
        return {"format": "cbil-profile/1", "pieces": pieces}


def profile(model: Model, progress: Callable[[str, int, int], None] | None = None) -> Profile:
    """Compute `query_cubes`, `queries`, `exclusion` and each `P_i(B)` for every alpha in (0, 1].

    model: its horizon and everything but its alpha.
    progress: called as `progress("profile", percent of (0, 1] done, 100)`.
    Source: SPEC D5, D6, R3.

    >>> from exact_cbil.models import rare_action
    >>> found = profile(rare_action("1/8").with_horizon(1))
    >>> [(str(piece.end), str(piece.queries)) for piece in found.pieces]
    [('1/2', '1/8'), ('1', '0')]
    """
    pieces: list[Piece] = []
    for piece in _pieces(model):
        if pieces and pieces[-1].values == piece.values:
            pieces[-1] = replace(pieces[-1], end=piece.end)
        else:
            pieces.append(piece)
        if progress is not None:
            progress("profile", int(100 * piece.end), 100)
    return Profile(tuple(pieces))


def _pieces(model: Model) -> Iterator[Piece]:
    for cell, outcome in Walk(AlphaLearner(model)).run(ALL, model.horizon):
        yield _piece(cell, outcome, model.realizable)


def _piece(cell: Interval, outcome: Outcome, realizable: bool) -> Piece:
    moments = outcome.moments
    last = moments[-1].left if moments else mpq(0)
    return Piece(
        start=to_fraction(cell.low),
        end=to_fraction(cell.high),
        query_cubes=to_fraction(sum((m.theta3 for m in moments), mpq(0))),
        queries=to_fraction(sum((m.theta for m in moments), mpq(0))),
        exclusion=to_fraction(last) if realizable else None,
        events={name: to_fraction(chance) for name, chance in outcome.events.items()},
    )

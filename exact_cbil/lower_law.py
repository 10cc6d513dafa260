"""Lower bounds of the law of a chain's state, as integers over a power of two.

The masses of the chain's states are kept as integers over `2^bits`, and every product is rounded
down. So what is kept bounds each mass from below, and for a function `f >= 0` of the state

    L(f) = sum over states of (lower mass) * f  <=  E f(X_t).

That is the only inequality used. For `0 <= f <= c` it gives both ends of an enclosure,

    L(f)  <=  E f(X_t)  <=  c - L(c - f),

whatever was lost on the way, by rounding or with a state whose mass was too small to be kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial, reduce
from itertools import compress, count, islice, repeat
from operator import add, itemgetter, mul, rshift
from typing import Any, NamedTuple, TypeAlias, TypeVar

import gmpy2
from gmpy2 import mpz

from exact_cbil.memory import need, spare
from exact_cbil.process import Chain

__all__ = ["Ends", "LowerLaw", "Masses", "Table", "Vector", "floors"]

LONG = 2_048
"""From this horizon on, whole blocks of time are taken at once, if the chain has few states."""

FEW, HEAVY = 20_000, 1 << 28
"""The most states of a chain that are looked into for this, and the most bytes of them."""

COLUMNS = 4
"""So many edges into a state are taken together with those into all others."""

NOTHING = mpz(0)

T = TypeVar("T")

Masses: TypeAlias = dict[int, mpz]
Row: TypeAlias = Sequence[tuple[int, mpz]]
Column: TypeAlias = tuple[list[int], list[mpz]]
Vector: TypeAlias = tuple[mpz, ...]
Ends: TypeAlias = tuple[mpz, mpz]


def floors(bits: int, numerator: int, denominator: int, most: int = 1) -> Ends:
    """A number and what is missing to `most`, as integers over `2^bits`, rounded down."""
    below, left = gmpy2.f_divmod(numerator << bits, denominator)
    return below, (most << bits) - below - (left > 0)


class _Block(NamedTuple):
    """What `steps` steps do: the chances of the moves, and the values summed over the steps."""

    steps: int
    row: Callable[[int], Row]
    value: Callable[[int], Vector]


class Table(dict[int, T]):
    """The values of a function, each found once; to look one up takes half of a cached call."""

    def __init__(self, function: Callable[[int], T]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, state: int) -> T:
        found = self[state] = self._function(state)
        return found


class _Columns:
    """The edges of a chain by the states that they lead to: one step is a few passes over lists.

    In column k are the source and the chance of the k-th edge into each state; those beyond the
    last column are in a list for each state.
    """

    def __init__(self) -> None:
        self._entered = 0
        self._last: tuple[Masses, list[mpz]] = {}, []
        self._degrees: list[int] = []
        self._columns: list[Column] = [([], []) for _ in range(COLUMNS)]
        self._rest: dict[int, Column] = defaultdict(lambda: ([], []))

    def applied(self, rows: Mapping[int, Row], states: int, masses: Masses, bits: int) -> Masses:
        """The lower masses after one step, the same as by rows.

        rows: those of all states with mass, and of others. states: how many are known.
        """
        self._enter(islice(rows.items(), self._entered, None), states)
        self._entered = len(rows)
        known, here = self._last
        if known is masses:
            here.extend(repeat(NOTHING, states - len(here)))
        else:
            here = [*map(masses.get, range(states), repeat(NOTHING))]

        def products(column: Column) -> Iterator[mpz]:
            sources, chances = column
            return map(mul, map(here.__getitem__, sources), chances)

        first, *others = map(products, self._columns)
        totals = [*reduce(partial(map, add), others, first)]
        for state, column in self._rest.items():
            totals[state] += sum(products(column), NOTHING)
        shifted = [*map(rshift, totals, repeat(bits))]
        after = dict(zip(compress(count(), shifted), filter(None, shifted), strict=True))
        self._last = after, shifted
        return after

    def _enter(self, rows: Iterable[tuple[int, Row]], states: int) -> None:
        degrees, new = self._degrees, states - len(self._degrees)
        degrees.extend(repeat(0, new))
        for sources, chances in self._columns:
            sources.extend(repeat(0, new))
            chances.extend(repeat(NOTHING, new))
        for source, row in rows:
            for state, chance in row:
                place = degrees[state]
                degrees[state] = place + 1
                if place < COLUMNS:
                    sources, chances = self._columns[place]
                    sources[state], chances[state] = source, chance
                else:
                    sources, chances = self._rest[state]
                    sources.append(source)
                    chances.append(chance)


class LowerLaw:
    """Lower bounds of the masses of a chain's states, as integers over `2^bits`.

    values: functions of the state, none negative, as integers over `2^bits` that are rounded down;
        states of equal `kind` have equal values.
    totals: after a walk, the sum of `L(f)` over the times before the horizon, over `2^bits`.
    closed: whether all the states of the chain were looked into.
    """

    def __init__(
        self,
        chain: Chain[Any],
        bits: int,
        kind: Callable[[int], Hashable] = lambda _: None,
        values: Callable[[int], Vector] = lambda _: (),
    ) -> None:
        self.chain, self.bits = chain, bits
        self.totals: Vector = ()
        self.closed = False
        self.floors = partial(floors, bits)
        kinds: dict[Hashable, int] = {}
        alike: dict[int, list[int]] = defaultdict(list)

        def first_of(state: int) -> int:
            first = kinds.setdefault(kind(state), state)
            alike[first].append(state)
            return first

        # No table holds this law, so all of it is freed at once when it is dropped.
        self._first, self._alike = Table(first_of), alike
        self._vector = Table(values)
        self._chance = cache(partial(self.chance, bits))
        self._rows: dict[int, Row] = {}
        self._columns = _Columns()
        self._merged: tuple[Masses, Masses] = {}, {}

    @staticmethod
    def chance(bits: int, numerator: mpz, denominator: mpz) -> mpz:
        """The chance of an edge as an integer over `2^bits`, rounded down."""
        return (numerator << bits) // denominator

    def row(self, state: int) -> Row:
        """The chances of one step, rounded down."""
        row = self._rows.get(state)
        if row is None:
            edges = self.chain.edges(state)
            row = [(s, self._chance(n, edges.denominator)) for s, n in edges.merged]
            self._rows[state] = row
        return row

    def value(self, state: int) -> Vector:
        """The values in a state."""
        return self._vector[self._first[state]]

    def merged(self, masses: Masses) -> Masses:
        """The masses of the kinds, each at one state of the kind."""
        known, sums = self._merged
        if known is not masses:
            firsts = [*map(self._first.__getitem__, masses)]
            if 2 * len(masses) > len(self._first):  # most of those of a kind have mass
                sums = {
                    first: sum(map(masses.get, alike, repeat(NOTHING)), NOTHING)
                    for first, alike in self._alike.items()
                }
            else:
                sums = defaultdict(mpz)
                for first, mass in zip(firsts, masses.values(), strict=True):
                    sums[first] += mass
            self._merged = masses, sums
        return sums

    def walk(
        self,
        horizon: int,
        times: Iterable[int],
        progress: Callable[[int], None] | None = None,
        *,
        long: bool = True,
    ) -> Iterator[tuple[int, Masses]]:
        """Yield the lower masses at the given rising times from 0 to the horizon.

        progress: called with the time reached. long: allow steps to be taken in blocks.
        Raises OutOfMemory.
        """
        blocks = self._blocks(horizon if long else 0)
        wanted = [*times][::-1]
        masses, t = {0: mpz(1) << self.bits}, 0
        totals = [mpz(0)] * len(self.value(0))
        while True:
            while len(blocks) > 1 and t + blocks[-1].steps > horizon:
                blocks.pop()
            block = blocks[-1]
            while wanted and wanted[-1] < t + block.steps:
                time = wanted.pop()
                yield time, self._advanced(blocks, masses, time - t)
            if t == horizon:
                self.totals = tuple(totals)
                return
            need(len(masses) * (self.bits // 8 + 500), f"at time {t} of {horizon}")
            for k, summand in enumerate(self._weigh(block, masses)):
                totals[k] += summand
            masses, t = self._after(block, masses), t + block.steps
            if progress is not None:
                progress(t)

    def sums(self, masses: Masses, floors: Callable[[int], Ends]) -> Ends:
        """`L(f)` and `L(c - f)` over `2^bits`, of both functions as rounded down."""
        ends = [*map(floors, masses)]
        below, rest = (
            sum(map(mul, masses.values(), map(itemgetter(end), ends)), NOTHING) for end in (0, 1)
        )
        return below >> self.bits, rest >> self.bits

    def _after(self, block: _Block, masses: Masses) -> Masses:
        """The lower masses after one block."""
        if block.steps > 1:
            return self._applied(block.row, masses)
        new = [state for state in masses if state not in self._rows]
        # Columns hold all rows found so far, so they pay if most of those states have mass again.
        if 2 * (len(masses) - len(new)) <= len(self._rows):
            return self._applied(self.row, masses)
        for state in new:
            self.row(state)
        return self._columns.applied(self._rows, len(self.chain.states), masses, self.bits)

    def _applied(self, row: Callable[[int], Row], masses: Masses) -> Masses:
        """The lower masses moved along rows; what rounds to 0 is dropped."""
        sums: Masses = {}
        so_far = sums.get
        for state, mass in masses.items():
            for successor, chance in row(state):
                sums[successor] = so_far(successor, NOTHING) + mass * chance
        return {state: mass for state, total in sums.items() if (mass := total >> self.bits)}

    def _advanced(self, blocks: Sequence[_Block], masses: Masses, steps: int) -> Masses:
        """The lower masses so many steps later, fewer than the longest block takes."""
        for block in reversed(blocks):
            if block.steps <= steps:
                masses, steps = self._after(block, masses), steps - block.steps
        return masses

    def _weigh(self, block: _Block, masses: Masses) -> Vector:
        """`L(f)` of each value, summed over the steps of a block."""
        sums = [mpz(0)] * len(self.value(0))
        if sums:
            for state, mass in (self.merged(masses) if block.steps == 1 else masses).items():
                for k, value in enumerate(block.value(state)):
                    sums[k] += mass * value
        return tuple(total >> self.bits for total in sums)

    def _blocks(self, horizon: int) -> list[_Block]:
        """The blocks of 1, 2, 4, ... steps that serve to reach the horizon."""
        # Let P be the matrix of the chances of one step and A the vector of a function. Then P^2
        # and A + P A, rounded down, do for two steps at once what these do for one, and so on by
        # doubling: a million steps of a chain with 2,000 states take 14 squarings and 61 blocks.
        # The rows of P^S stay short as long as the chances of going far are below 2^-bits, for
        # these are dropped. A state that was not looked into has no row: what enters it is lost,
        # and is counted as lost. Squaring ends where it costs more than the steps that it saves.
        blocks = [_Block(1, self.row, self.value)]
        if horizon < LONG:
            return blocks
        count = self._explore()
        rows = {state: self.row(state) for state in range(count)}
        values = {state: self.value(state) for state in range(count)}
        nothing = (mpz(0),) * len(self.value(0))
        steps, room = 1, spare()
        while True:
            size = sum(map(len, rows.values()))
            cost = sum(len(rows.get(s, ())) for row in rows.values() for s, _ in row)
            if cost > horizon // (2 * steps) * size or (room and 400 * cost > room):
                return blocks
            values = {s: self._continued(vector, rows[s], values) for s, vector in values.items()}
            row = _getter(rows, ())
            rows = {s: tuple(self._applied(row, dict(r)).items()) for s, r in rows.items()}
            steps *= 2
            blocks.append(_Block(steps, _getter(rows, ()), _getter(values, nothing)))

    def _explore(self) -> int:
        """Look into the chain's states, as long as they are not too many or too heavy."""
        state = size = 0
        while state < min(FEW, len(self.chain.states)) and size < HEAVY:
            self.row(state)
            size += self.chain.size(state)
            state += 1
        self.closed = state == len(self.chain.states)
        return state

    def _continued(self, vector: Vector, row: Row, values: Mapping[int, Vector]) -> Vector:
        """`A + P A` in one state."""
        sums = [mpz(0)] * len(vector)
        for successor, chance in row:
            for k, value in enumerate(values.get(successor, ())):
                sums[k] += chance * value
        return tuple(v + (total >> self.bits) for v, total in zip(vector, sums, strict=True))


def _getter(found: Mapping[int, Any], default: Any) -> Callable[[int], Any]:
    return lambda state: found.get(state, default)

"""Runs to a given number of digits: every quantity between two rationals that are close together.

The top set is decided by exact integers, as in every run; only the masses of histories are
enclosed, by the lower bounds of `exact_cbil.lower_law`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from fractions import Fraction
from functools import cache, partial
from operator import mul

import gmpy2
from gmpy2 import mpq, mpz

from exact_cbil.errors import CbilError, OutOfRange
from exact_cbil.event import Automaton, Event
from exact_cbil.history import Step, unlabelled
from exact_cbil.interaction import Interaction, Law, Progress, no_collection
from exact_cbil.lower_law import NOTHING, Ends, LowerLaw, Masses, Table, Vector, floors
from exact_cbil.memory import need
from exact_cbil.numbers import Enclosure, decimal
from exact_cbil.process import (
    OBJECTS,
    Chain,
    DemonstratorChain,
    Edges,
    Kernel,
    Node,
    Product,
)
from exact_cbil.result import EventProbability, Result, StepExpectation

__all__ = ["MOST_DIGITS", "Unreached", "enclosed_course", "enclosed_result"]

MOST_DIGITS = 1_000
"""The most digits that can be asked for."""

ATTEMPTS = 4
"""How often the precision is raised before a run gives up."""

GUARD = 12
"""Bits beyond those that the digits and the horizon call for: for 2^14 states with mass at a time.

A step loses up to `2^-bits` in each. With more states it may take a second attempt.
"""

RAISE = 8
"""Bits added at least, when that was too little."""

COURSE_BITS = 64
"""Bits of the masses behind an event's course, which is for pictures."""

NEVER = Automaton.of("start", [], {"start": []})
"""The event that never happens."""

STEP = 3_000
"""Bytes that the quantities of one time take; roughly."""

NONE = (NOTHING, NOTHING)
"""What a function and its complement are where neither counts."""


class Unreached(CbilError):
    """The digits asked for were not proved at the highest precision tried."""

    def __init__(self, digits: int, width: Fraction, bits: int) -> None:
        self.digits, self.width, self.bits = digits, width, bits
        super().__init__(
            f"{digits} digits were not reached: with masses of {bits} bits the widest enclosure is "
            f"still {decimal(width, 2)} wide"
        )


class Watched(Chain[tuple[int | None, int, Hashable]]):
    """The imitator beside an event, and what the guarded imitator does instead of it (T4).

    States are (imitator's state, 0, event's state), and (None, demonstrator's state, event's
    state) from the time at which pi_d has left. A move by which pi_d leaves goes to both: to the
    imitator's state, which counts for P_i only, and to the demonstrator's, which counts for P_g.
    So the masses of either law sum to 1, and one walk serves both. The edges have no labels: none
    are read.
    """

    def __init__(self, interaction: Interaction, event: Event) -> None:
        self.chain, self.event = interaction.imitator_chain, event
        self._demonstrator = DemonstratorChain(interaction.demonstrator_chain.learner)
        self._follow = cache(lambda state, step: event.advance(state, unlabelled(step)))
        self._parts = cache(partial(_parts, self._follow))
        super().__init__((0, 0, event.start))

    def size(self, index: int) -> int:
        own, _, _ = self.states[index]
        return OBJECTS if own is None else OBJECTS + self.chain.size(own)

    def node(self, state: int) -> Node | None:
        """The imitator's state; None where the demonstrator acts under P_g."""
        own, _, _ = self.states[state]
        return None if own is None else self.chain.nodes[own]

    def accepts(self, state: int) -> bool:
        """Whether the event has happened."""
        return self.event.accepts(self.states[state][2])

    def expand(self, index: int) -> Edges:
        own, other, reader = self.states[index]
        sums: dict[int, mpz] = defaultdict(mpz)
        if own is None:
            edges = self._demonstrator.edges(other)
            for successor, numerator, step in edges.labelled:
                sums[self.number((None, successor, self._follow(reader, step)))] += numerator
            return Edges(edges.denominator, (), tuple(sums.items()))
        nodes, successors = self.chain.nodes, self.chain.successors(own)
        kernel, inside = self.chain.kernel(own), not nodes[own].left
        for place, after, numerator in self._parts(kernel, reader):
            successor = successors[place]
            targets = [self.number((successor, 0, after))]
            if inside and nodes[successor].left:
                node = nodes[successor]
                guard = self._demonstrator.number((node.demonstrator, node.environment))
                targets.append(self.number((None, guard, after)))
            for target in targets:
                sums[target] = sums[target] + numerator if target in sums else numerator
        return Edges(kernel.denominator, (), tuple(sums.items()))

    def kind(self, state: int) -> Hashable:
        """What all but the demonstrator's weight depends on."""
        own, _, _ = self.states[state]
        return None if own is None else self.chain.statistics(own)

    def summands(self, bits: int, state: int) -> Vector:
        """What the totals sum up, each followed by what it misses to 1, over `2^bits`."""
        own, _, _ = self.states[state]
        if own is None:
            return (NOTHING,) * 8
        theta, gain, _, left = self.chain.statistics(own)
        chi = gain - theta * theta  # not negative, by Jensen
        values = (theta, theta**3, theta * gain, mpq(0) if left else chi)
        ends = (floors(bits, v.numerator, v.denominator) for v in values)
        return tuple(end for pair in ends for end in pair)

    def weight(self, bits: int, state: int) -> Ends:
        """`w(pi_d|h)` over `2^bits`, rounded down and up; 0 and 1 where it does not count."""
        own, _, _ = self.states[state]
        if own is None:
            return NOTHING, mpz(1) << bits
        learner, belief = self.chain.learner, self.chain.nodes[own].belief
        assert learner.demonstrator is not None
        weight, total = belief.weights[learner.demonstrator], sum(belief.weights, NOTHING)
        below, left = gmpy2.f_divmod(weight << bits, total)
        if unlisted := learner.unlisted(belief):
            return below, gmpy2.c_div(weight << bits, total - unlisted)
        return below, below + (left > 0)


def _parts(
    follow: Callable[[Hashable, Step], Hashable], kernel: Kernel, reader: Hashable
) -> list[tuple[int, Hashable, mpz]]:
    """A kernel's outcomes by what the event reads, with their probabilities."""
    sums: dict[tuple[int, Hashable], mpz] = defaultdict(mpz)
    for place, numerator, step in zip(kernel.places, kernel.numerators, kernel.steps, strict=True):
        sums[place, follow(reader, step)] += numerator
    return [(place, after, total) for (place, after), total in sums.items()]


class Attempt:
    """The quantities of one interaction, with masses of so many bits."""

    def __init__(
        self,
        interaction: Interaction,
        digits: int,
        bits: int,
        progress: Progress | None,
        *,
        long: bool,
    ) -> None:
        self.interaction, self.bits, self.long = interaction, bits, long
        self.model, self.chain = interaction.model, interaction.imitator_chain
        # One walk serves the totals, the steps, and the first event.
        self.first, first = next(iter(self.model.events.items()), ("", NEVER))
        self.watched = watched = Watched(interaction, first)
        self.law = LowerLaw(watched, bits, watched.kind, partial(watched.summands, bits))
        beyond: dict[int, mpz] = {}

        def weight(state: int) -> mpz:
            below, above = watched.weight(bits, state)
            if above != below + 1:
                beyond[state] = above - below - 1
            return below

        self._weights, self._beyond = Table(weight), beyond
        self.width = Fraction(0)
        self._unit = 10 ** (digits + 2)  # the ends are decimals with two places more
        self._progress = progress

    def enclosure(self, ends: Ends, most: int = 1) -> Enclosure:
        """From `L(f)` to `most - L(most - f)`, rounded outward."""
        below, rest = ends
        low = (below * self._unit) >> self.bits
        high = most * self._unit - ((rest * self._unit) >> self.bits)
        found = Enclosure(Fraction(int(low), self._unit), Fraction(int(high), self._unit))
        self.width = max(self.width, found.width)
        return found

    def result(self, times: Sequence[int]) -> Result[Enclosure]:
        """The result, with its steps at the given times."""
        shown = set(times)
        model, horizon, inside = self.model, self.model.horizon, self.model.realizable
        steps, exclusion = [], Enclosure(Fraction(0), Fraction(0))
        last = horizon - 1  # by then pi_d has left, if it does before the horizon
        wanted = sorted({*shown, last, horizon} - {-1})
        for t, masses in self._walk(self.law, wanted, "interaction"):
            if t == last:
                merged = self.law.merged(masses)
                exclusion = self._mean(merged, lambda node: self.law.floors(int(node.left), 1))
            if t in shown:
                need(STEP, f"at time {t} of {horizon}")
                steps.append(self._step(t, masses))
        first = self._event_ends(self.watched, self.law, masses)
        pairs = zip(self.law.totals[::2], self.law.totals[1::2], strict=True)
        queries, cubes, gain, chi = (self.enclosure(pair, horizon) for pair in pairs)
        return Result(
            horizon=horizon,
            query_cubes=cubes,
            queries=queries,
            theta_gain=gain if inside else None,
            chi_squared=chi if inside else None,
            exclusion=exclusion if inside else None,
            events={
                name: self._event(name, first if name == self.first else None)
                for name in model.events
            },
            steps=tuple(steps),
            states=len(self.chain.states),
        )

    def _walk(self, law: LowerLaw, times: Sequence[int], what: str) -> Iterator[tuple[int, Masses]]:
        horizon, progress = self.model.horizon, self._progress
        report = None if progress is None else lambda t: progress(what, t, horizon)
        return law.walk(horizon, times, report, long=self.long)

    def _mean(self, masses: Masses, floors: Callable[[Node], Ends], most: int = 1) -> Enclosure:
        """The mean under P_i of a function of the imitator's state."""

        def here(state: int) -> Ends:
            node = self.watched.node(state)
            return NONE if node is None else floors(node)

        return self.enclosure(self.law.sums(masses, here), most)

    def _step(self, t: int, masses: Masses) -> StepExpectation[Enclosure]:
        merged, most = self.law.merged(masses), len(self.model.policies)

        def power(exponent: int) -> Enclosure:
            def floors(node: Node) -> Ends:
                assert node.statistics is not None
                value = node.statistics[0] ** exponent
                return self.law.floors(value.numerator, value.denominator)

            return self._mean(merged, floors)

        return StepExpectation(
            t=t,
            theta=power(1),
            theta2=power(2),
            theta3=power(3),
            weight=self._weight(masses) if self.model.realizable else None,
            top_size=self._mean(merged, lambda n: self.law.floors(len(n.top), 1, most), most),
        )

    def _weight(self, masses: Masses) -> Enclosure:
        """`E w(pi_d|h_t)`."""
        below = sum(map(mul, masses.values(), map(self._weights.__getitem__, masses)), NOTHING)
        total = sum(masses.values(), NOTHING)
        above = below + total  # one unit more than what is rounded down, but for a few states
        above += sum((masses.get(s, NOTHING) * more for s, more in self._beyond.items()), NOTHING)
        return self.enclosure((below >> self.bits, ((total << self.bits) - above) >> self.bits))

    def _event_ends(
        self, watched: Watched, law: LowerLaw, masses: Masses
    ) -> tuple[Enclosure, Enclosure]:
        """The probabilities of an event under P_i and P_g, from the masses at the horizon."""

        no, yes = law.floors(0, 1), law.floors(1, 1)

        def under(guarded: bool) -> Enclosure:
            def ends(state: int) -> Ends:
                node = watched.node(state)
                outside = (
                    node.left if guarded and node is not None else not guarded and node is None
                )
                return NONE if outside else yes if watched.accepts(state) else no

            return self.enclosure(law.sums(masses, ends))

        imitator = under(False)
        # Where pi_d is outside from the start, P_g is P_d and no state of this chain counts for it.
        return imitator, imitator if self.chain.nodes[0].left else under(True)

    def _event(
        self, name: str, found: tuple[Enclosure, Enclosure] | None
    ) -> EventProbability[Enclosure]:
        event, times = self.model.events[name], [self.model.horizon]
        product = Product.with_event(self.interaction.demonstrator_chain, event)
        law = LowerLaw(product, self.bits)
        ((_, masses),) = self._walk(law, times, f"{name} (demonstrator)")

        def floors(state: int) -> Ends:
            return law.floors(int(event.accepts(product.states[state][1])), 1)

        demonstrator = self.enclosure(law.sums(masses, floors))
        if found is None:
            watched = Watched(self.interaction, event)
            both = LowerLaw(watched, self.bits)
            ((_, masses),) = self._walk(both, times, f"{name} (imitator)")
            found = self._event_ends(watched, both, masses)
        imitator, guarded = found
        if self.chain.nodes[0].left:
            guarded = demonstrator  # the guard has tripped before the first step
        return EventProbability(demonstrator, imitator, guarded if self.model.realizable else None)


def enclosed_course(
    interaction: Interaction,
    event: Event,
    law: Law,
    times: Iterable[int],
    progress: Progress | None = None,
) -> tuple[Enclosure, ...]:
    """`Interaction.course` at the given rising times, each probability enclosed.

    The masses have COURSE_BITS beyond those that the horizon calls for. Source: SPEC N1.

    >>> from exact_cbil.models import shared_error
    >>> model = shared_error(2)
    >>> found = enclosed_course(Interaction(model), model.events["ever-errs"], "imitator", [0, 2])
    >>> [str(chance) for chance in found]
    ['0', '1']
    """
    horizon = interaction.model.horizon
    product = Product.with_event(interaction.chain(law), event)
    lower = LowerLaw(product, COURSE_BITS + 2 * horizon.bit_length())
    report = None if progress is None else lambda t: progress(f"course ({law})", t, horizon)
    unit = 1 << lower.bits

    def floors(state: int) -> Ends:
        return lower.floors(int(event.accepts(product.states[state][1])), 1)

    found = []
    with no_collection():
        for _, masses in lower.walk(horizon, times, report):
            below, rest = lower.sums(masses, floors)
            found.append(Enclosure(Fraction(int(below), unit), Fraction(int(unit - rest), unit)))
    return tuple(found)


def enclosed_result(
    interaction: Interaction,
    digits: int,
    times: Iterable[int] | None = None,
    progress: Progress | None = None,
) -> Result[Enclosure]:
    """Every quantity of `Interaction.result`, enclosed.

    digits: D, from 1 to MOST_DIGITS; every enclosure is at most `10^-D` wide.
    times: those of the steps in the result, from 0 to below the horizon; by default all.
    Raises OutOfRange, OutOfMemory, and Unreached where raising the precision did not help.
    Source: SPEC N1.
    """
    if type(digits) is not int or not 1 <= digits <= MOST_DIGITS:
        raise OutOfRange("digits", digits, f"a whole number from 1 to {MOST_DIGITS}")
    model = interaction.model
    chosen = range(model.horizon) if times is None else sorted(set(times))
    for time in chosen if times is not None else ():
        if type(time) is not int or not 0 <= time < model.horizon:
            raise OutOfRange("times", time, f"whole numbers from 0 to below {model.horizon}")
    long = len(chosen) * 16 < model.horizon
    sums = 2 * model.horizon.bit_length() + len(model.policies).bit_length()
    bits = max(1, digits * 10 // 3 + sums + GUARD)
    for _ in range(ATTEMPTS):
        attempt = Attempt(interaction, digits, bits, progress, long=long)
        with no_collection():
            result = attempt.result(chosen)
        excess = attempt.width * 10**digits
        if excess <= 1:
            return result
        long = long and attempt.law.closed
        bits += int(excess).bit_length() + RAISE
    raise Unreached(digits, attempt.width, attempt.bits)

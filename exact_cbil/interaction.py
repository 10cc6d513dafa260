"""The learner-environment interaction to a horizon, and every exact number asked of it.

| symbol                 | here                                     |
|------------------------|------------------------------------------|
| E sum theta^3          | `Result.query_cubes`                     |
| E sum theta            | `Result.queries`                         |
| E sum theta G          | `Result.theta_gain`                      |
| E_g sum (G - theta^2)  | `Result.chi_squared`                     |
| P_i(pi_d ever outside) | `Result.exclusion`                       |
| P_d(B), P_i(B), P_g(B) | `EventProbability`                       |
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal, TypeAlias, cast, overload

import gmpy2
from gmpy2 import mpq, mpz

from exact_cbil.errors import CbilError
from exact_cbil.event import Event
from exact_cbil.history import History
from exact_cbil.learner import Learner
from exact_cbil.memory import Forecast, need
from exact_cbil.model import Model
from exact_cbil.numbers import Enclosure, FractionSum, to_fraction
from exact_cbil.process import (
    Chain,
    DemonstratorChain,
    Distribution,
    GuardedChain,
    ImitatorChain,
    Product,
    Statistics,
    grouped,
    marginal,
    propagate,
)
from exact_cbil.result import EventProbability, Result, StepExpectation
from exact_cbil.semimeasure import Semimeasure

__all__ = ["EventProbability", "Interaction", "Law", "Result", "StepExpectation", "run"]

Law: TypeAlias = Literal["imitator", "demonstrator", "guarded"]
Progress: TypeAlias = Callable[[str, int, int], None]

FEW = 4
"""Up to so many values of a state's statistics are summed as fractions."""

MANY = 100_000
"""After so many new objects a run leaves them to the collections of old ones."""

KEPT = 1 << 28
"""The bytes of expected weights that a run keeps as they are; those beyond are reduced at once."""


class Interaction:
    """The exact interaction of a model's learner, demonstrator and environment.

    model: the model; its horizon is the horizon `T`.
    progress: called as `progress(what, done, total)` while work goes on.
    symmetric: merge histories that differ by an exchange of policies of equal machine, or of
        actions that the rest does not tell apart; raises OrderMatters where a tie at the end of the
        top set tells them apart (R1).
    learner: by default the model's.

    >>> from exact_cbil.models import rare_action
    >>> interaction = Interaction(rare_action("1/8").with_horizon(2))
    >>> interaction.result().queries
    Fraction(127, 512)
    >>> interaction.query_count()[2]
    Fraction(7, 512)
    """

    def __init__(
        self,
        model: Model,
        progress: Progress | None = None,
        *,
        symmetric: bool = False,
        learner: Learner | None = None,
    ) -> None:
        self.model = model
        self.symmetric = symmetric
        self._progress = progress
        learner = learner or Learner(model)
        self.imitator_chain = ImitatorChain(learner, symmetric)
        self.demonstrator_chain = DemonstratorChain(learner)

    @cached_property
    def guarded_chain(self) -> GuardedChain:
        """The guarded imitator's chain; CbilError for a demonstrator outside the class."""
        if not self.model.realizable:
            raise CbilError("guarded imitator: defined only for a demonstrator inside the class")
        # A chain of its own: the guard enters the demonstrator's chain at states P_d may not reach.
        learner = self.demonstrator_chain.learner
        return GuardedChain(self.imitator_chain, DemonstratorChain(learner))

    def chain(self, law: Law) -> Chain[Any]:
        """The Markov chain of merged states behind `P_i`, `P_d` or `P_g`."""
        if law == "imitator":
            return self.imitator_chain
        if law == "demonstrator":
            return self.demonstrator_chain
        if law == "guarded":
            return self.guarded_chain
        raise CbilError(f"law: expected 'imitator', 'demonstrator' or 'guarded', got {law!r}")

    def _propagate(self, chain: Chain[Any], what: str) -> Iterator[Distribution]:
        horizon, progress = self.model.horizon, self._progress
        report = None if progress is None else lambda t: progress(what, t, horizon)
        return propagate(chain, horizon, report)

    def _last(self, chain: Chain[Any], what: str) -> Distribution:
        with no_collection():
            (last,) = deque(self._propagate(chain, what), maxlen=1)
        return last

    def _event_named(self, event: Event | str) -> Event:
        if not isinstance(event, str):
            return event
        if event not in self.model.events:
            raise CbilError(f"event: the model has no event {event!r}")
        return self.model.events[event]

    def probability(self, event: Event | str, law: Law = "imitator") -> Fraction:
        """The probability that the first T steps belong to `event`, under `P_i`, `P_d` or `P_g`.

        event: an event, or the name of one of the model's.
        Source: SPEC D7, T5.
        """
        return self._probability(self._event_named(event), law, "event")

    def _probability(self, event: Event, law: Law, what: str) -> Fraction:
        product = Product.with_event(self.chain(law), event)
        return _accepted(product, event, self._last(product, f"{what} ({law})"))

    def course(self, event: Event | str, law: Law = "imitator") -> tuple[Fraction, ...]:
        """The probability that the first t steps belong to `event`, for t = 0, 1, ..., T.

        It is that of the event were the run to end after t steps: of an event that stays true once
        it is, the probability that it has happened by then. The last is `probability`.
        event: as there. Source: SPEC D7.

        >>> from exact_cbil.models import shared_error
        >>> [str(chance) for chance in Interaction(shared_error(2)).course("ever-errs")]
        ['0', '1', '1']
        """
        event = self._event_named(event)
        product = Product.with_event(self.chain(law), event)
        with no_collection():
            return tuple(
                _accepted(product, event, distribution)
                for distribution in self._propagate(product, f"course ({law})")
            )

    def query_count(self) -> Semimeasure[int]:
        """The law under `P_i` of the number of queries in the first T steps."""
        product = Product.with_query_count(self.imitator_chain)
        law = marginal(self._last(product, "query count"), lambda s: product.states[s][1])
        masses: dict[int, Fraction] = {}
        for count, chance in law:
            assert isinstance(count, int)
            masses[count] = to_fraction(chance)
        return Semimeasure(dict(sorted(masses.items())))

    def history_law(self, law: Law = "imitator") -> Semimeasure[History]:
        """The law of whole histories of length T. Exponential in T: for small models.

        Steps taken by the demonstrator under `P_d`, and after the guard trips under `P_g`, read as
        queried. Source: SPEC D7, T4.
        """
        chain = self.chain(law)
        masses: dict[tuple[History, int], mpq] = {((), 0): mpq(1)}
        for _ in range(self.model.horizon):
            following: dict[tuple[History, int], mpq] = {}
            for (history, state), mass in masses.items():
                edges = chain.edges(state)
                for successor, numerator, step in edges.labelled:
                    chance = mass * mpq(numerator, edges.denominator)
                    following[((*history, step), successor)] = chance
            masses = following
        return Semimeasure({history: to_fraction(q) for (history, _), q in masses.items()})

    def result(self) -> Result:
        """Every quantity of `cbil-result/1`, and those of T1's proof and T4."""
        model, chain = self.model, self.imitator_chain
        sums, forecast = _Sums(), Forecast(model.horizon)
        weights: list[Fraction | FractionSum | None] = []
        room = KEPT
        with no_collection():
            for distribution in self._propagate(chain, "interaction"):
                if distribution.t == model.horizon:
                    break
                sums.add(grouped(distribution, chain.statistics), distribution.denominator)
                forecast.keep(distribution.t, sums.last_size())
                weight = self._demonstrator_weight(distribution)
                if weight is not None:
                    room -= weight.size()
                weights.append(weight if weight is None or room > 0 else weight.reduced())
        inside = model.realizable
        return Result(
            horizon=model.horizon,
            query_cubes=to_fraction(sums.cubes),
            queries=to_fraction(sums.queries),
            theta_gain=to_fraction(sums.theta_gain) if inside else None,
            chi_squared=to_fraction(sums.chi_squared) if inside else None,
            exclusion=to_fraction(sums.exclusion) if inside else None,
            events={name: self._event(name, event) for name, event in model.events.items()},
            steps=tuple(
                StepExpectation(t, *powers, weight, size)
                for t, (powers, size, weight) in enumerate(
                    zip(sums.powers, sums.sizes, weights, strict=True)
                )
            ),
            states=len(chain.states),
        )

    def _event(self, name: str, event: Event) -> EventProbability:
        inside = self.model.realizable
        return EventProbability(
            demonstrator=self._probability(event, "demonstrator", name),
            imitator=self._probability(event, "imitator", name),
            guarded=self._probability(event, "guarded", name) if inside else None,
        )

    def _demonstrator_weight(self, distribution: Distribution) -> FractionSum | None:
        index = self.imitator_chain.learner.demonstrator
        if index is None:
            return None
        nodes = self.imitator_chain.nodes
        # Nodes with one belief share a term; terms with one total share a denominator.
        terms: dict[mpz, mpz] = {}
        for state, mass in distribution.masses.items():
            weights = nodes[state].belief.weights
            total = sum(weights)
            terms[total] = terms.get(total, mpz(0)) + mass * weights[index]
        weight = FractionSum(((n, total) for total, n in terms.items()), distribution.denominator)
        need(4 * weight.size(), f"at time {distribution.t} of {self.model.horizon}")
        return weight


def _accepted(product: Product, event: Event, distribution: Distribution) -> Fraction:
    """The probability that a law run beside an event is in an accepting state."""
    accepted = sum(
        (m for s, m in distribution.masses.items() if event.accepts(product.states[s][1])), mpz(0)
    )
    return to_fraction(mpq(accepted, distribution.denominator))


@contextmanager
def no_collection() -> Iterator[None]:
    """Pause the cycle collector: a chain only grows, and each collection would walk all of it.

    Of four coprime policies at T = 60 (27,910 states) collections took 4.4 s of 9.2.
    """
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if paused:
            # To count what is frozen takes long where much is, so only after a run that made much.
            if gc.get_count()[0] > MANY and not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()  # now all objects are old, which the next collections pass over
            gc.enable()


class _Sums:
    """The expectations of one run so far, fed with the law of the statistics at each time."""

    def __init__(self) -> None:
        self.cubes = self.queries = self.theta_gain = mpq(0)
        self.chi_squared = self.exclusion = mpq(0)
        self.powers: list[tuple[Fraction, Fraction, Fraction]] = []
        self.sizes: list[Fraction] = []

    def add(self, law: Mapping[Hashable, Any], denominator: mpz) -> None:
        """Add one time.

        Of many statistics the sums are of integers over one denominator, each reduced once; of
        few it is cheaper to reduce their masses.
        """
        over_theta = over_gain = mpz(1)
        if len(law) <= FEW:
            law = {key: mpq(mass, denominator) for key, mass in law.items()}
            denominator = mpz(1)
        else:
            thetas, gains = zip(*(cast(Statistics, key)[:2] for key in law), strict=True)
            over_theta = gmpy2.lcm(*(theta.denominator for theta in thetas))
            over_gain = gmpy2.lcm(*(gain.denominator for gain in gains))
        square = over_theta * over_theta
        first = second = third = size = gained = spread = left_mass = mpz(0)
        for key, mass in law.items():
            theta, gain, members, left = cast(Statistics, key)
            a, g = theta * over_theta, gain * over_gain
            if len(law) > FEW:
                a, g = a.numerator, g.numerator
            once = mass * a
            twice = once * a
            first += once
            second += twice
            third += twice * a
            size += mass * members
            gained += once * g
            if left:
                left_mass += mass
            else:
                spread += mass * g * square - twice * over_gain
        powers = (
            mpq(first, denominator * over_theta),
            mpq(second, denominator * square),
            mpq(third, denominator * square * over_theta),
        )
        self.queries += powers[0]
        self.cubes += powers[2]
        self.theta_gain += mpq(gained, denominator * over_theta * over_gain)
        self.chi_squared += mpq(spread, denominator * square * over_gain)
        self.exclusion = mpq(left_mass, denominator)
        one, two, three = map(to_fraction, powers)
        self.powers.append((one, two, three))
        self.sizes.append(to_fraction(mpq(size, denominator)))

    def last_size(self) -> int:
        """The bytes of the numbers kept for the last time."""
        kept = (*self.powers[-1], self.sizes[-1])
        return sum(x.numerator.bit_length() + x.denominator.bit_length() for x in kept) // 8


@overload
def run(model: Model, progress: Progress | None = None, *, symmetric: bool = False) -> Result: ...


@overload
def run(
    model: Model,
    progress: Progress | None = None,
    *,
    symmetric: bool = False,
    digits: int,
    times: Iterable[int] | None = None,
) -> Result[Enclosure]: ...


def run(
    model: Model,
    progress: Progress | None = None,
    *,
    symmetric: bool = False,
    digits: int | None = None,
    times: Iterable[int] | None = None,
) -> Result | Result[Enclosure]:
    """Compute every quantity of a model's interaction, exactly or to so many digits.

    progress, symmetric: as of `Interaction`.
    digits: D; every quantity is then an `Enclosure` at most `10^-D` wide, found much faster.
    times: those of the steps in an enclosed result, from 0 to below the horizon; by default all.
    Raises OutOfMemory, and Unreached where D digits could not be proved.
    Source: SPEC N1, cbil-result/1, cbil-enclosure/1.

    >>> from exact_cbil.models import SHIPPED
    >>> run(SHIPPED["shared-error"]()).events["ever-errs"].imitator
    Fraction(1, 1)
    >>> print(run(SHIPPED["rare-action"](), digits=6).queries)
    5.0800144...
    """
    interaction = Interaction(model, progress, symmetric=symmetric)
    if digits is not None:
        from exact_cbil.digits import enclosed_result

        return replace(enclosed_result(interaction, digits, times, progress), model=model)
    if times is not None:
        raise CbilError("times: for enclosed results only; expected digits as well")
    return replace(interaction.result(), model=model)

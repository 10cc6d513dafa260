"""Countable classes: infinitely many policies, of which as many are listed as matter.

A class is a sequence of weights and policies, with a bound `tail(n)` on the weight of what has not
been listed after n of them. Those not listed are one entry in the books, of weight at most
`tail(n)`, which every answer of the demonstrator leaves as it is, for no likelihood exceeds 1. When
that entry is too light to be in the top set, D5 and D6 are what they are in the finite class of
those listed. When it is not, more are listed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from gmpy2 import mpz

from exact_cbil.digits import Unreached, enclosed_result
from exact_cbil.environment import Environment
from exact_cbil.errors import CbilError, OutOfRange
from exact_cbil.event import Event
from exact_cbil.history import Action, History, Observation, Step
from exact_cbil.interaction import Interaction, Progress
from exact_cbil.learner import Belief, Learner
from exact_cbil.model import Model
from exact_cbil.numbers import Enclosure, RationalLike, common_integers, primitive, rational, to_mpq
from exact_cbil.policy import Policy
from exact_cbil.potential import CUBES, threshold
from exact_cbil.real import Real, total
from exact_cbil.result import Result
from exact_cbil.semimeasure import Semimeasure

__all__ = ["CountableClass", "CountableModel", "CountableStep", "TooFewListed"]

MOST_LISTED = 1 << 12
"""So many policies are listed at most; then the answer is "undecided"."""


class TooFewListed(CbilError):
    """After `listed` policies it is undecided who is in the top set, or what its numbers are."""

    def __init__(self, listed: int, what: str = "who is in the top set") -> None:
        self.listed = listed
        super().__init__(f"countable class: undecided with {listed} policies listed: {what}")


@dataclass(frozen=True)
class CountableClass:
    """A sequence of policies with positive prior weights of total 1.

    member: the n-th weight and policy, n = 0, 1, 2, ...
    tail: an upper bound on the total weight from the n-th on, which never rises and tends to 0.
    name: the n-th policy's.
    What is listed is checked: a weight that is not positive, a tail that rises or is below the
    weights it bounds, or weights that cannot add up to 1, raise OutOfRange.
    Source: SPEC N2.
    """

    member: Callable[[int], tuple[RationalLike, Policy]]
    tail: Callable[[int], RationalLike]
    name: Callable[[int], str] = str

    def listed(self, count: int) -> list[tuple[str, Fraction, Policy]]:
        """The first members: name, weight, policy."""
        members = []
        for n in range(count):
            weight, policy = self.member(n)
            exact = rational(weight, f"weight of member {n}")
            if exact <= 0:
                raise OutOfRange(f"weight of member {n}", exact, "a positive weight")
            members.append((self.name(n), exact, policy))
        self._check([weight for _, weight, _ in members])
        return members

    def _check(self, weights: Sequence[Fraction]) -> None:
        rest, after = self.bound(len(weights)), Fraction(0)
        bound = rest
        for n in reversed(range(len(weights))):
            after += weights[n]
            bound, following = self.bound(n), bound
            if bound < following:
                raise OutOfRange(f"tail({n + 1})", following, f"at most tail({n}) = {bound}")
            if bound < after:
                raise OutOfRange(f"tail({n})", bound, f"at least the weights it bounds, {after}")
        if after > 1 or after + rest < 1:
            raise OutOfRange("weights", after, "weights of total 1 together with the tail")

    def bound(self, n: int) -> Fraction:
        """`tail(n)`."""
        found = rational(self.tail(n), f"tail({n})")
        if found < 0:
            raise OutOfRange(f"tail({n})", found, "a bound from 0")
        return found


@dataclass(frozen=True)
class CountableStep:
    """The learner's next step after some history, in a countable class.

    listed: how many policies had to be listed.
    posterior: `w(pi|h)` of each of them, enclosed; what is not listed has at most `unlisted`.
    top_set, minimum: exact. Source: SPEC N2, D5, D6.
    """

    listed: int
    posterior: dict[str, Enclosure]
    unlisted: Fraction
    top_set: tuple[str, ...]
    minimum: Semimeasure[Action]

    @property
    def query_probability(self) -> Fraction:
        """`theta = 1 - sum_a m(a)`, exact."""
        return self.minimum.deficit


@dataclass(frozen=True)
class CountableModel:
    """As `Model`, with a countable class that holds the demonstrator.

    demonstrator: its number in the class.
    """

    actions: Sequence[Action]
    observations: Sequence[Observation]
    policies: CountableClass
    demonstrator: int
    environment: Environment
    alpha: RationalLike
    horizon: int = 0
    events: Mapping[str, Event] = field(default_factory=dict)

    def cut(self, count: int) -> Model:
        """The model of the first members alone, their weights divided by their total."""
        return self._of(self.policies.listed(max(count, self.demonstrator + 1)))

    def _of(self, members: Sequence[tuple[str, Fraction, Policy]]) -> Model:
        whole = sum(weight for _, weight, _ in members)
        return Model(
            actions=self.actions,
            observations=self.observations,
            policies={name: policy for name, _, policy in members},
            prior={name: weight / whole for name, weight, _ in members},
            demonstrator=members[self.demonstrator][0],
            environment=self.environment,
            alpha=self.alpha,
            horizon=self.horizon,
            events=self.events,
        )

    def with_horizon(self, horizon: int) -> CountableModel:
        """The same model to another horizon."""
        return replace(self, horizon=horizon)

    def with_alpha(self, alpha: RationalLike) -> CountableModel:
        """The same model at another `alpha`."""
        return replace(self, alpha=alpha)

    def imitator_step(self, history: History) -> CountableStep:
        """The learner's step after `history`; TooFewListed where no finite list decides it.

        >>> from exact_cbil.models import every_turn
        >>> step = every_turn().imitator_step(())
        >>> step.top_set, step.query_probability
        (('demonstrator', 'turn-0', 'turn-1', 'turn-2', 'turn-3', 'turn-4'), Fraction(1, 1))
        """
        for count in self._counts(4):
            learner = _Listed(self, count)
            try:
                belief = learner.belief(history)
                step = learner.imitator_step(belief)
            except TooFewListed:
                continue
            *listed, rest = belief.weights
            known = sum(listed)
            return CountableStep(
                listed=count,
                posterior={
                    name: Enclosure(
                        Fraction(int(w), int(known + rest)), Fraction(int(w), int(known))
                    )
                    for name, w in zip(learner.names, listed, strict=True)
                },
                unlisted=Fraction(int(rest), int(known + rest)),
                top_set=step.top_set,
                minimum=step.minimum,
            )
        raise TooFewListed(count)

    def run(
        self, digits: int, times: Iterable[int] | None = None, progress: Progress | None = None
    ) -> Result[Enclosure]:
        """Every quantity of the interaction to so many digits; arguments as of `exact_cbil.run`.

        Raises TooFewListed where that takes more than MOST_LISTED policies.
        """
        self.policies.listed(8)  # a tail that lies is refused before it is relied on
        small = Fraction(1, 10 ** (digits + 2))
        first = next(
            n for n in self._counts(4) if n >= MOST_LISTED or self.policies.bound(n) < small
        )
        for count in self._counts(first):
            learner = _Listed(self, count)
            try:
                interaction = Interaction(learner.model, progress, learner=learner)
                return enclosed_result(interaction, digits, times, progress)
            except TooFewListed as problem:
                last: CbilError = problem
            except Unreached as problem:
                last = TooFewListed(count, str(problem))
        raise last

    def _counts(self, first: int) -> Iterator[int]:
        count = max(first, self.demonstrator + 1)
        while count < MOST_LISTED:
            yield count
            count *= 2
        yield MOST_LISTED

    def linear_potential(self) -> Fraction:
        """`S_lin = (3/tau) (1/w_d - 1)`. Source: SPEC D9, T1a."""
        own = self.policies.listed(self.demonstrator + 1)[-1][1]
        return 3 / threshold(self.alpha) * (1 / own - 1)

    def prior_potential(self, digits: int = 12) -> Enclosure:
        """`S`, the sum of `F(z/tau)` over the class, enclosed. Source: SPEC D9, T1.

        For `F(x) <= 3x` the unlisted members add at most `3 tail(n) / (w_d tau)`.
        """
        tau = threshold(self.alpha)
        for count in self._counts(4):
            members = self.policies.listed(count)
            unit = members[self.demonstrator][1] * tau
            rest = 3 * self.policies.bound(count) / unit
            if 2 * rest * 10**digits <= 1:
                break
        known: Real = total(
            CUBES(weight / unit)
            for n, (_, weight, _) in enumerate(members)
            if n != self.demonstrator
        )
        low, high = known.interval(4 * digits + 64)
        return Enclosure(low, high + rest)


class _Listed(Learner):
    """The learner of a class cut after some members; the last weight is that of all the others."""

    def __init__(self, model: CountableModel, count: int) -> None:
        members = model.policies.listed(count)
        super().__init__(model._of(members))
        weights = [weight for _, weight, _ in members]
        integers, _ = common_integers([*weights, model.policies.bound(count)])
        self.start = Belief(self.start.states, primitive(integers))

    def likelihoods(self, states: Sequence[Any], action: Action) -> tuple[mpz, ...]:
        emitted = [*self._chances(states, action), to_mpq(Fraction(1))]
        integers, _ = common_integers(emitted)
        return primitive(integers)

    def advance(self, states: Sequence[Any], alive: Sequence[Any], step: Step) -> tuple[Any, ...]:
        return super().advance(states, alive[: len(states)], step)

    def top_set(self, belief: Belief) -> tuple[int, ...]:
        # Let t bound the weight of each unlisted policy, and H be the weight of the listed ones
        # above t. If t < alpha (H + t), then none of weight x <= t passes D5's test: before it
        # come those of H, and x - alpha x <= t - alpha t < alpha H. So no unlisted policy is in
        # the top set, and no listed one that an unlisted one could precede.
        *listed, rest = belief.weights
        heavier = sum(weight for weight in listed if weight > rest)
        if rest and not rest - self.alpha * rest < self.alpha * heavier:
            raise TooFewListed(len(listed))
        return super().top_set(Belief(belief.states, tuple(listed)))

    def unlisted(self, belief: Belief) -> mpz:
        return belief.weights[-1]

    def posterior(self, belief: Belief) -> dict[str, Fraction]:
        return super().posterior(Belief(belief.states, belief.weights[:-1]))

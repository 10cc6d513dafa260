"""When the truth is only near a member of the class: how near, and what T8 says then.

| symbol                                      | here               |
|---------------------------------------------|--------------------|
| eta = e^d - 1                               | `distance`         |
| E sum theta ((theta - eta)_+)^2             | `excess`           |
| P_i(pi~ leaves within the first n queries)  | `departures`       |
| S~                                          | `Near.potential`   |
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

from gmpy2 import mpq, mpz

from exact_cbil.errors import CbilError, UnknownName, shorten
from exact_cbil.history import Step, unlabelled
from exact_cbil.interaction import Interaction
from exact_cbil.learner import Learner
from exact_cbil.model import Model
from exact_cbil.numbers import to_fraction
from exact_cbil.potential import prior_potential
from exact_cbil.process import Chain, Edges, marginal, propagate
from exact_cbil.real import Real, compare

__all__ = [
    "Near",
    "Unreachable",
    "departures",
    "distance",
    "excess",
    "near",
    "near_members",
    "visits",
]


class Unreachable(CbilError):
    """A member is infinitely far from the demonstrator."""


def distance(model: Model, member: str) -> Fraction:
    """The least `eta` with `pi~(a|h)/(1 + eta) <= pi_d(a|h) <= (1 + eta) pi~(a|h)` everywhere.

    That is, for every action and every history up to the horizon that the environment can show.
    member: the name of `pi~`. Raises Unreachable where one gives mass to what the other never does.
    Source: SPEC T8.

    >>> from exact_cbil.models import rare_action
    >>> distance(rare_action(), "demonstrator")
    Fraction(0, 1)
    """
    if member not in model.policies:
        raise UnknownName("member", member, "policy")
    learner, place = Learner(model), list(model.policies).index(member)
    worst = mpq(1)
    for own, asked in _pairs(model, learner, place):
        emitted = zip(
            learner.emission(place, own), learner.demonstrator_emission(asked), strict=True
        )
        for p, q in emitted:
            if bool(p) != bool(q):
                raise Unreachable(
                    f"member {shorten(member)}: infinitely far from the demonstrator, as one of "
                    "them does what the other never does"
                )
            if p:
                worst = max(worst, p / q, q / p)
    return to_fraction(worst - 1)


def _pairs(model: Model, learner: Learner, place: int) -> Iterator[tuple[Hashable, Hashable]]:
    """The states of the member and of the demonstrator that some history brings together."""
    policy, asked, world = learner.policies[place], model.demonstrator_policy, model.environment
    known: set[tuple[Hashable, ...]] = set()
    level = {(policy.start, asked.start, world.start)}
    for _ in range(model.horizon):
        if not level:
            return
        known |= level
        yield from ((own, other) for own, other, _ in level)
        level = {
            (
                policy.advance(own, unlabelled(step) if place == learner.demonstrator else step),
                asked.advance(other, unlabelled(step)),
                world.advance(environment, unlabelled(step)),
            )
            for own, other, environment in level
            for action in model.actions
            for observation, _ in learner.shown(environment, action)
            for step in (Step(True, action, observation), Step(False, action, observation))
        } - known


def near_members(model: Model) -> dict[str, Fraction]:
    """Every member that is near the demonstrator, with its distance. Source: SPEC T8."""
    found = {}
    for name in model.policies:
        try:
            found[name] = distance(model, name)
        except Unreachable:
            continue
    return found


def visits(interaction: Interaction) -> dict[Fraction, Fraction]:
    """How many steps are expected with each value of theta."""
    chain, horizon = interaction.imitator_chain, interaction.model.horizon
    found: dict[Fraction, Fraction] = {}
    for distribution in propagate(chain, horizon - 1) if horizon else ():
        for theta, mass in marginal(distribution, lambda state: chain.kernel(state).theta):
            assert isinstance(theta, mpq)
            value = to_fraction(theta)
            found[value] = found.get(value, Fraction(0)) + to_fraction(mass)
    return found


def excess(visited: Mapping[Fraction, Fraction], eta: Fraction) -> Fraction:
    """`E sum_{t<T} theta ((theta - eta)_+)^2`. visited: as of `visits`. Source: SPEC T8."""
    terms = (n * theta * max(theta - eta, Fraction(0)) ** 2 for theta, n in visited.items())
    return sum(terms, Fraction(0))


class _Departure(Chain[tuple[int, int]]):
    """`P_i` with a count of queries, until a member leaves the top set; then only the count."""

    def __init__(self, interaction: Interaction, place: int) -> None:
        self.inner, self.place = interaction.imitator_chain, place
        super().__init__(self._entered(0, 0))

    def _entered(self, inner: int, queries: int) -> tuple[int, int]:
        inside = self.place in self.inner.nodes[inner].top
        return (inner if inside else OUTSIDE, queries)

    def expand(self, index: int) -> Edges:
        inner, queries = self.states[index]
        if inner == OUTSIDE:
            return Edges(mpz(1), (), ((index, mpz(1)),))
        edges = self.inner.edges(inner)
        return Edges.of(
            edges.denominator,
            (
                (self.number(self._entered(following, queries + step.queried)), numerator, step)
                for following, numerator, step in edges.labelled
            ),
        )


OUTSIDE = -1


def departures(interaction: Interaction, member: str) -> list[Fraction]:
    """`P_i(pi~ is outside the top set at some t < T, after at most n queries)`, n from 0 to T.

    member: the name of `pi~`. The interaction must tell policies apart. Source: SPEC T8a.
    """
    horizon = interaction.model.horizon
    place = list(interaction.model.policies).index(member)
    found = [mpq(0)] * (horizon + 1)
    if horizon:
        chain = _Departure(interaction, place)
        (last,) = deque(propagate(chain, horizon - 1), maxlen=1)
        for state, mass in last.masses.items():
            inner, queries = chain.states[state]
            if inner == OUTSIDE:
                found[queries] += mpq(mass, last.denominator)
    return [to_fraction(chance) for chance in accumulate(found)]


@dataclass(frozen=True)
class Near:
    """T8 in numbers: `left <= potential`, whoever the demonstrator is.

    eta: the distance of the member from it.
    left: `E sum_{t<T} theta [((theta - eta)_+)^2 - 3 N eta]`, N counting the other policies.
    potential: `S~`, as S with the member for the demonstrator.
    Source: SPEC T8.
    """

    eta: Fraction
    left: Fraction
    potential: Real

    @property
    def holds(self) -> bool:
        """Whether the inequality holds; always decided."""
        return compare(self.potential, self.left) in (0, 1)


def near(model: Model, member: str) -> Near:
    """What T8 says of a model whose demonstrator is near a member of the class, in or out of it.

    member: the name of `pi~`, as for `distance`. Source: SPEC T8.

    >>> from exact_cbil.models import rare_action
    >>> found = near(rare_action("1/2"), "demonstrator")
    >>> found.eta, found.left, found.holds
    (Fraction(0, 1), Fraction(175, 512), True)
    """
    eta, others = distance(model, member), len(model.policies) - 1
    visited = visits(Interaction(model))
    queries = sum((theta * n for theta, n in visited.items()), Fraction(0))
    left = excess(visited, eta) - 3 * others * eta * queries
    return Near(eta, left, prior_potential(model, member=member))

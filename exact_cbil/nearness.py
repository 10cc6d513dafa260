"""When the truth is only near a member of the class: how near, and what T8 says then.

| symbol          | here               |
|-----------------|--------------------|
| eta = e^d - 1   | `distance`         |
| S~              | `Near.potential`   |
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from gmpy2 import mpq

from exact_cbil.enclosure import Real, compare
from exact_cbil.errors import CbilError, UnknownName, shorten
from exact_cbil.history import Step, unlabelled
from exact_cbil.imitators.bayesian import Conservative
from exact_cbil.imitators.chain import ImitatorLaw
from exact_cbil.learner import Learner
from exact_cbil.model import Model
from exact_cbil.numbers import to_fraction
from exact_cbil.potential import prior_potential
from exact_cbil.process import propagate

__all__ = ["Near", "distance", "near"]


def distance(model: Model, member: str) -> Fraction:
    """The least `eta` with `pi~(a|h)/(1 + eta) <= pi_d(a|h) <= (1 + eta) pi~(a|h)` everywhere.

    That is, for every action and every history up to the horizon that the environment can show.
    member: the name of `pi~`. Raises CbilError where one gives mass to what the other never does.
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
                raise CbilError(
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
    law = ImitatorLaw(model, Conservative(model, model.exact_alpha))
    left = mpq(0)
    for distribution in propagate(law, model.horizon):
        if distribution.t == model.horizon:
            break
        for state, mass in distribution.masses.items():
            theta = law.acts(state).theta
            excess = max(theta - eta, mpq(0))
            gain = theta * (excess * excess - 3 * others * eta)
            left += mpq(mass, distribution.denominator) * gain
    return Near(eta, to_fraction(left), prior_potential(replace(model, demonstrator=member)))

"""The numbers of one model that the claims compare, each computed once and exactly.

| symbol              | here                |
|---------------------|---------------------|
| S, S_lin            | `potential`, `linear` |
| S_4                 | `divergence_potential` |
| E_g sum_t k_t       | `divergence_sum`    |
| KL(P_g || P_d)      | `divergence`        |
| E exp(x sum theta G) | `moment`           |
| eta, S~             | `near_members`, `near_potential` |
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from fractions import Fraction
from functools import cache, cached_property, lru_cache
from typing import Any, cast

from flint import arb, ctx
from gmpy2 import mpq

from exact_cbil.imitators.imitator import ball as ball_of
from exact_cbil.interaction import Interaction, Progress, Result
from exact_cbil.model import Model
from exact_cbil.nearness import departures, excess, near_members, visits
from exact_cbil.numbers import rational, to_fraction
from exact_cbil.potential import DIVERGENCE, linear_potential, prior_potential
from exact_cbil.process import marginal, propagate
from exact_cbil.real import INFINITY, LogSum, Real, Undefined, root

__all__ = ["MAX_LEAVES", "Evidence"]

MAX_LEAVES = 1 << 10
"""The most action-observation sequences over which `KL(P_g || P_d)` is summed."""

Term = tuple[mpq, mpq]


class Evidence:
    """What the claims need to know about one model.

    of: any model, or its interaction; most numbers exist only for a demonstrator inside the class.
    lowest_alpha: where given, the process is known to be the same for every alpha above it and up
        to the model's. All bounds but T3's fall as alpha rises and T3's rises, so that with the
        retention term taken at the low end a claim is checked for all of them at once.
    symmetric: as of `Interaction`.
    """

    def __init__(
        self,
        of: Model | Interaction,
        progress: Progress | None = None,
        lowest_alpha: Fraction | None = None,
        *,
        symmetric: bool = False,
    ) -> None:
        if isinstance(of, Model):
            of = Interaction(of, progress, symmetric=symmetric)
        self.interaction, self._progress = of, progress
        self.model = self.interaction.model
        self.lowest_alpha = self.model.exact_alpha if lowest_alpha is None else lowest_alpha
        self.values: dict[Any, Real] = {}  # of parts of expressions; see bounds.language.scene

    @cached_property
    def fixed(self) -> dict[Any, Any]:
        """What is known of every model with this prior, alpha, horizon and these sizes.

        The same dictionary for all of them: the models of a grid have few priors and few alphas.
        """
        model = self.model
        sizes = (len(model.actions), len(model.observations), len(model.policies), model.horizon)
        alphas = (model.exact_alpha, self.lowest_alpha)
        return _fixed((sizes, alphas, model.weights, model.demonstrator_prior))

    @cached_property
    def result(self) -> Result:
        """The quantities of the interaction."""
        return self.interaction.result()

    @cached_property
    def potential(self) -> Real:
        """`S`."""
        return prior_potential(self.model)

    @cached_property
    def linear(self) -> Real:
        """`S_lin`."""
        return Real.of(linear_potential(self.model))

    @cached_property
    def spread(self) -> Real:
        """`sqrt(T S)`, T4's bound."""
        return root(self.potential * self.model.horizon, 2)

    @cached_property
    def divergence_potential(self) -> Real:
        """`S_4`. Source: SPEC T4a."""
        return prior_potential(self.model, DIVERGENCE)

    @cached_property
    def retention(self) -> Real:
        """`(1/w_d - 1) / (1/alpha - 1)`, the bound of T3; plus infinity at `alpha = 1`.

        A class of one policy never loses it: then the bound is 0 for every alpha.
        """
        prior = self.model.demonstrator_prior
        assert prior is not None
        return self._retention(prior)

    def _retention(self, prior: Fraction) -> Real:
        alpha = self.lowest_alpha
        if prior == 1 or alpha == 0:
            return Real.of(0)
        return INFINITY if alpha == 1 else Real.of((1 / prior - 1) / (1 / alpha - 1))

    def moment(self, rate: Real) -> Real:
        """`E exp(rate sum_{t<T} theta G)`; Undefined for a demonstrator outside the class.

        The sum is over the steps of a path, so that its exponential is a product: every mass is
        multiplied by `exp(rate theta G)` where it passes, and no law of the sum is needed.
        Source: SPEC T6.
        """
        if not self.model.realizable or rate is INFINITY:
            raise Undefined("the moment is that of a finite rate, and of pi_d inside the class")
        if rate.exact == 0 or not self._gains():
            return Real.of(1)
        known: list[tuple[int, Any]] = []

        def ball() -> Any:
            if not known or known[-1][0] < ctx.prec:
                known.append((ctx.prec, self._moment(rate)))
            return known[-1][1]

        return Real(ball)

    def _gains(self) -> bool:
        """Whether `theta G` is positive at some step."""
        chain, reached, known = self.interaction.imitator_chain, {0}, {0}
        for _ in range(self.model.horizon):
            if any(chain.kernel(state).theta * chain.kernel(state).gain for state in reached):
                return True
            reached = {s for state in reached for s, _ in chain.edges(state).merged} - known
            known |= reached
        return False

    def _moment(self, rate: Real) -> Any:
        """The ball at the working precision."""
        chain, horizon, factor = self.interaction.imitator_chain, self.model.horizon, rate.ball()

        @cache
        def growth(gain: mpq) -> Any:
            return (factor * ball_of(gain)).exp()

        @cache
        def moves(state: int) -> list[tuple[int, Any]]:
            edges = chain.edges(state)
            return [(s, ball_of(mpq(n, edges.denominator))) for s, n in edges.merged]

        masses = {0: arb(1)}
        for t in range(horizon):
            for state in masses:
                theta, gain = chain.statistics(state)[:2]
                masses[state] *= growth(theta * gain)
            if t < horizon - 1:
                following: dict[int, Any] = {}
                for state, mass in masses.items():
                    for successor, chance in moves(state):
                        following[successor] = following.get(successor, 0) + mass * chance
                masses = following
        return sum(masses.values(), arb(0))

    @cached_property
    def near_members(self) -> Mapping[str, Fraction]:
        """The members near the demonstrator, with their distances eta. Source: SPEC T8.

        Where policies are exchanged, the demonstrator alone: the others are not told apart.
        """
        if self.interaction.symmetric:
            name = self.model.demonstrator
            return {name: Fraction(0)} if isinstance(name, str) else {}
        return near_members(self.model)

    @cached_property
    def _visits(self) -> Mapping[Fraction, Fraction]:
        return visits(self.interaction)

    def near_cubes(self, member: str) -> Fraction:
        """`E sum_{t<T} theta ((theta - eta)_+)^2`. Source: SPEC T8."""
        eta = self.near_members[member]
        return excess(self._visits, eta) if eta else self.result.query_cubes

    def near_potential(self, member: str) -> Real:
        """`S~`: S with the member for the demonstrator. Source: SPEC T8."""
        return prior_potential(self.model, member=member)

    def near_exit(self, member: str) -> Fraction:
        """The largest `P_i(the member leaves within n queries)/(1 + eta)^n`. Source: SPEC T8a."""
        eta = self.near_members[member]
        if member == self.model.demonstrator:
            assert self.result.exclusion is not None
            return self.result.exclusion
        chances = departures(self.interaction, member)
        return max(chance / (1 + eta) ** n for n, chance in enumerate(chances))

    def near_retention(self, member: str) -> Real:
        """T3's bound with the member for the demonstrator. Source: SPEC T8a."""
        return self._retention(rational(self.model.prior[member]))

    @cached_property
    def divergence_sum(self) -> Real:
        """`E_g sum_{t<T} k_t`, where `k_t = sum_a (m + theta p) ln((m + theta p)/p)`.

        Under `P_g` the divergence of a step is 0 once pi_d has left the top set, and until then
        the law of the state is the imitator's. Source: SPEC T4.
        """
        chain, horizon = self.interaction.imitator_chain, self.model.horizon
        terms = cache(self._terms)
        sums: dict[mpq, mpq] = {}
        progress = self._progress
        report = None if progress is None else lambda t: progress("divergence", t, horizon)
        for distribution in propagate(chain, horizon - 1, report) if horizon else ():
            for acting, mass in marginal(distribution, self._acting):
                if acting is not None:
                    for argument, weight in terms(acting):
                        sums[argument] = sums.get(argument, mpq(0)) + mass * weight
        return Real.of(_log_sum(sums))

    def _acting(self, state: int) -> Hashable | None:
        """What `k` depends on: the policies' states and the top set; None where pi_d has left."""
        node = self.interaction.imitator_chain.nodes[state]
        return None if node.left else (node.belief.states, node.demonstrator, node.top)

    def _terms(self, acting: Hashable) -> list[Term]:
        """The pairs (s/p, s) with `s = m + theta p` that make up `k`."""
        states, demonstrator, top = cast(tuple[Any, Hashable, tuple[int, ...]], acting)
        learner = self.interaction.imitator_chain.learner
        least, target = learner.minimum(states, top), learner.demonstrator_emission(demonstrator)
        theta = 1 - sum(least, mpq(0))
        sums = [(m + theta * p, p) for m, p in zip(least, target, strict=True)]
        return [(s / p, s) for s, p in sums if s]

    @cached_property
    def divergence(self) -> Real | None:
        """`KL(P_g || P_d)` of action-observation sequences of length T; None when they are many.

        The queries are summed out first, so this is below `divergence_sum`. Source: SPEC T4.
        """
        guarded, target = self.interaction.guarded_chain, self.interaction.demonstrator_chain
        laws: list[tuple[dict[int, mpq], int, mpq]] = [({0: mpq(1)}, 0, mpq(1))]
        for _ in range(self.model.horizon):
            following = []
            for states, place, chance in laws:
                branches: dict[tuple[str, str], dict[int, mpq]] = {}
                for state, mass in states.items():
                    edges = guarded.edges(state)
                    for successor, numerator, step in edges.labelled:
                        law = branches.setdefault((step.action, step.observation), {})
                        more = mass * mpq(numerator, edges.denominator)
                        law[successor] = law.get(successor, mpq(0)) + more
                edges = target.edges(place)
                for successor, numerator, step in edges.labelled:
                    # Where P_d has no mass P_g has none: inside the guard m <= p.
                    if law := branches.get((step.action, step.observation), {}):
                        moved = chance * mpq(numerator, edges.denominator)
                        following.append((law, successor, moved))
            if len(following) > MAX_LEAVES:
                return None
            laws = following
        sums: dict[mpq, mpq] = {}
        for states, _, chance in laws:
            mass = sum(states.values(), mpq(0))
            sums[mass / chance] = sums.get(mass / chance, mpq(0)) + mass
        return Real.of(_log_sum(sums))


@lru_cache(maxsize=256)
def _fixed(description: Hashable) -> dict[Any, Any]:
    return {}


def _log_sum(sums: dict[mpq, mpq]) -> LogSum:
    """`sum_q sums[q] ln q`."""
    return LogSum(
        coefficients={
            to_fraction(mpq(q)): to_fraction(mpq(c)) for q, c in sums.items() if q != 1 and c
        }
    )

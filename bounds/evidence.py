"""The numbers of one model that the claims compare, each computed once and exactly.

| symbol              | here                |
|---------------------|---------------------|
| S, S_lin            | `potential`, `linear` |
| S_4                 | `divergence_potential` |
| E_g sum_t k_t       | `divergence_sum`    |
| KL(P_g || P_d)      | `divergence`        |
"""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from typing import Any

from gmpy2 import mpq

from exact_cbil.enclosure import INFINITY, LogSum, Real, root
from exact_cbil.interaction import Interaction, Progress, Result
from exact_cbil.model import Model
from exact_cbil.numbers import to_fraction
from exact_cbil.potential import DIVERGENCE, linear_potential, prior_potential
from exact_cbil.process import marginal, propagate

__all__ = ["MAX_LEAVES", "Evidence"]

MAX_LEAVES = 1 << 10
"""The most action-observation sequences over which `KL(P_g || P_d)` is summed."""

Term = tuple[mpq, mpq]


class Evidence:
    """What the claims need to know about one model.

    model: any model; most numbers exist only for a demonstrator inside the class.
    lowest_alpha: where given, the process is known to be the same for every alpha above it and up
        to the model's. All bounds but T3's fall as alpha rises and T3's rises, so that with the
        retention term taken at the low end a claim is checked for all of them at once.
    symmetric: as of `Interaction`.
    """

    def __init__(
        self,
        model: Model,
        progress: Progress | None = None,
        lowest_alpha: Fraction | None = None,
        *,
        symmetric: bool = False,
    ) -> None:
        self.model = model
        self.lowest_alpha = model.exact_alpha if lowest_alpha is None else lowest_alpha
        self.interaction = Interaction(model, progress, symmetric=symmetric)
        self.values: dict[Any, Real] = {}  # of parts of expressions; see bounds.language.scene

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
        prior, alpha = self.model.demonstrator_prior, self.lowest_alpha
        assert prior is not None
        if prior == 1 or alpha == 0:
            return Real.of(0)
        return INFINITY if alpha == 1 else Real.of((1 / prior - 1) / (1 / alpha - 1))

    @cached_property
    def divergence_sum(self) -> Real:
        """`E_g sum_{t<T} k_t`, where `k_t = sum_a (m + theta p) ln((m + theta p)/p)`.

        Under `P_g` the divergence of a step is 0 once pi_d has left the top set, and until then
        the law of the state is the imitator's. Source: SPEC T4.
        """
        chain, horizon = self.interaction.imitator_chain, self.model.horizon
        sums: dict[mpq, mpq] = {}
        if horizon:
            for distribution in propagate(chain, horizon - 1):
                for node_key, mass in marginal(distribution, self._kernel_key):
                    if node_key is None:
                        continue
                    assert isinstance(node_key, int)
                    for argument, weight in self._terms(node_key):
                        sums[argument] = sums.get(argument, mpq(0)) + mass * weight
        return Real.of(_log_sum(sums))

    def _kernel_key(self, state: int) -> int | None:
        """One state for all that share a kernel; None where pi_d has left."""
        chain = self.interaction.imitator_chain
        if chain.nodes[state].left:
            return None
        return self._representatives.setdefault(id(chain.kernel(state)), state)

    @cached_property
    def _representatives(self) -> dict[int, int]:
        return {}

    @cached_property
    def _known_terms(self) -> dict[int, list[Term]]:
        return {}

    def _terms(self, state: int) -> list[Term]:
        """The pairs (s/p, s) with `s = m + theta p` that make up `k` in a state."""
        chain = self.interaction.imitator_chain
        node, kernel = chain.nodes[state], chain.kernel(state)
        known = self._known_terms.get(id(kernel))
        if known is None:
            learner = chain.learner
            least = learner.minimum(node.belief.states, node.top)
            target = learner.demonstrator_emission(node.demonstrator)
            theta = kernel.theta
            sums = [(m + theta * p, p) for m, p in zip(least, target, strict=True)]
            known = self._known_terms[id(kernel)] = [(s / p, s) for s, p in sums if s]
        return known

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


def _log_sum(sums: dict[mpq, mpq]) -> LogSum:
    """`sum_q sums[q] ln q`."""
    return LogSum(
        coefficients={
            to_fraction(mpq(q)): to_fraction(mpq(c)) for q, c in sums.items() if q != 1 and c
        }
    )

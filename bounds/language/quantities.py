"""The named quantities that a candidate may speak of, and the laws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

from bounds.evidence import Evidence
from exact_cbil.interaction import StepExpectation
from exact_cbil.learner import imitator_step
from exact_cbil.policy import MoorePolicy
from exact_cbil.potential import threshold
from exact_cbil.real import RealLike

__all__ = ["LAWS", "NEARNESS", "QUANTITIES", "Quantity"]


@dataclass(frozen=True)
class Quantity:
    """A number of a model.

    value: the number; None where the model has none.
    fixed: whether the prior, alpha and the sizes decide it (`Evidence.fixed`).
    """

    meaning: str
    value: Callable[[Evidence], RealLike | None]
    fixed: bool = False


def _inside(value: Callable[[Evidence], RealLike | None]) -> Callable[[Evidence], RealLike | None]:
    return lambda evidence: value(evidence) if evidence.model.realizable else None


def _steps(
    value: Callable[[StepExpectation], Fraction | None], join: Callable[[list[Fraction]], Fraction]
) -> Callable[[Evidence], RealLike | None]:
    def joined(evidence: Evidence) -> RealLike | None:
        found = [value(step) for step in evidence.result.steps]
        return join([x for x in found if x is not None]) if found and None not in found else None

    return joined


def _sum(values: list[Fraction]) -> Fraction:
    return sum(values, Fraction(0))


def _members(test: Callable[[MoorePolicy], bool]) -> Callable[[Evidence], RealLike | None]:
    """How many policies other than pi_d pass a test; None if one is not a finite machine."""

    def count(evidence: Evidence) -> RealLike | None:
        model = evidence.model
        others = [p for name, p in model.policies.items() if name != model.demonstrator]
        if not all(isinstance(p, MoorePolicy) for p in others):
            return None
        return sum(test(cast(MoorePolicy, p)) for p in others)

    return count


def _defective(policy: MoorePolicy) -> bool:
    return any(not emitted.is_measure for emitted in policy.emissions.values())


def _stochastic(policy: MoorePolicy) -> bool:
    return any(0 < p < 1 for emitted in policy.emissions.values() for _, p in emitted.items())


def _sees_queries(policy: MoorePolicy) -> bool:
    return any(r.queried is not None for rules in policy.transitions.rules.values() for r in rules)


NEARNESS: Mapping[str, Callable[[Evidence, str], RealLike]] = {
    "eta": lambda e, member: e.near_members[member],
    "near_cubes": lambda e, member: e.near_cubes(member),
    "near_exit": lambda e, member: e.near_exit(member),
    "S_near": lambda e, member: e.near_potential(member),
    "near_retention": lambda e, member: e.near_retention(member),
}
"""The quantities of a member pi~ that is near the demonstrator: every one of them in turn."""


def _of_a_member(meaning: str) -> Quantity:
    """A quantity of `NEARNESS`, for the list of names: a model alone does not have it."""
    return Quantity(meaning, lambda evidence: None)


QUANTITIES: Mapping[str, Quantity] = {
    "query_cubes": Quantity("E sum_t theta^3", lambda e: e.result.query_cubes),
    "query_squares": Quantity("E sum_t theta^2", _steps(lambda s: s.theta2, _sum)),
    "queries": Quantity("E sum_t theta: the expected queries", lambda e: e.result.queries),
    "theta_gain": Quantity("E sum_t theta G", lambda e: e.result.theta_gain),
    "theta_max": Quantity("max_t E theta(h_t); T > 0", _steps(lambda s: s.theta, max)),
    "theta_last": Quantity(
        "E theta(h_t) at t = T-1; T > 0", _steps(lambda s: s.theta, lambda xs: xs[-1])
    ),
    "exclusion": Quantity(
        "P_i(pi_d outside the top set at some t < T)", lambda e: e.result.exclusion
    ),
    "chi_squared": Quantity(
        "E_g sum_t (G - theta^2) until pi_d leaves", lambda e: e.result.chi_squared
    ),
    "divergence_sum": Quantity("E_g sum_t k_t", _inside(lambda e: e.divergence_sum)),
    "divergence": Quantity(
        "KL(P_g || P_d); where there are few sequences",
        lambda e: e.divergence if e.model.realizable else None,
    ),
    "top_size": Quantity("max_t E |Top(h_t)|; T > 0", _steps(lambda s: s.top_size, max)),
    "weight_min": Quantity(
        "min_t E w(pi_d|h_t); T > 0", _steps(lambda s: s.demonstrator_weight, min)
    ),
    "S": Quantity("the sum of F(z/tau) over pi != pi_d", _inside(lambda e: e.potential), True),
    "S_4": Quantity(
        "the sum of F_4(z/tau) over pi != pi_d (T4a)",
        _inside(lambda e: e.divergence_potential),
        True,
    ),
    "S_lin": Quantity("3 X / tau", _inside(lambda e: e.linear), True),
    "retention": Quantity(
        "X / (1/alpha - 1), the bound of T3; infinite at alpha = 1",
        _inside(lambda e: e.retention),
        True,
    ),
    "eta": _of_a_member("the distance of a member pi~ near pi_d, each in turn; 0 for pi_d (T8)"),
    "near_cubes": _of_a_member("E sum_t theta ((theta - eta)_+)^2 (T8)"),
    "near_exit": _of_a_member(
        "max_n P_i(pi~ outside the top set within n queries)/(1 + eta)^n (T8a)"
    ),
    "S_near": _of_a_member("S with pi~ for pi_d (T8)"),
    "near_retention": _of_a_member("retention with pi~ for pi_d; infinite at alpha = 1 (T8a)"),
    "alpha": Quantity("the learner's alpha, in (0, 1]", lambda e: e.model.exact_alpha, True),
    "tau": Quantity(
        "alpha/(1 - alpha) for alpha <= 1/2, else 1", lambda e: threshold(e.model.alpha), True
    ),
    "w_d": Quantity("the demonstrator's prior weight", lambda e: e.model.demonstrator_prior, True),
    "X": Quantity("1/w_d - 1", _inside(lambda e: sum(e.model.odds.values(), Fraction(0))), True),
    "z_max": Quantity(
        "the largest z = w(pi)/w_d, pi != pi_d; 0 without any",
        _inside(lambda e: max(e.model.odds.values(), default=Fraction(0))),
        True,
    ),
    "z_min": Quantity(
        "the smallest z = w(pi)/w_d, pi != pi_d",
        _inside(lambda e: min(e.model.odds.values(), default=None)),
        True,
    ),
    "members_over_tau": Quantity(
        "how many policies have z >= tau, pi_d included",
        _inside(lambda e: 1 + sum(z >= threshold(e.model.alpha) for z in e.model.odds.values())),
        True,
    ),
    "top_at_start": Quantity(
        "|Top| at the empty history", lambda e: len(imitator_step(e.model, ()).top_set)
    ),
    "T": Quantity("the horizon", lambda e: e.model.horizon, True),
    "|A|": Quantity("how many actions", lambda e: len(e.model.actions), True),
    "|O|": Quantity("how many observations", lambda e: len(e.model.observations), True),
    "|Pi|": Quantity("how many policies in the class", lambda e: len(e.model.policies), True),
    "defective": Quantity("how many policies but pi_d can lose mass", _members(_defective)),
    "stochastic": Quantity(
        "how many policies but pi_d are not deterministic", _members(_stochastic)
    ),
    "query_readers": Quantity(
        "how many policies see who acted (queried rules)", _members(_sees_queries)
    ),
    "realizable": Quantity(
        "1 if pi_d is in the class, else 0; naming it in a hypothesis drops the default",
        lambda e: int(e.model.realizable),
        True,
    ),
}
"""Every quantity by name."""

LAWS: Mapping[str, str] = {
    "P_i": "the probability of an event under the imitator",
    "P_d": "the probability of an event under the demonstrator",
    "P_g": "the probability of an event under the guarded imitator",
}
"""The laws: `P_i(B)` for every event B of the model, or `P_i("name")`."""

"""A model: everything that fixes one learner-environment interaction (D2, D3, D5, D7)."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from exact_cbil.environment import Environment
from exact_cbil.errors import CbilError, OutOfRange, UnknownName, shorten
from exact_cbil.event import Event
from exact_cbil.history import Action, Observation
from exact_cbil.numbers import RationalLike, exact_sum, rational, to_fraction, to_mpq
from exact_cbil.policy import Policy
from exact_cbil.reward import Reward

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MAX_HORIZON", "Model"]

MAX_HORIZON = 1_000_000
"""The longest horizon accepted: the process takes at least one pass over its states a step."""


@dataclass(frozen=True, eq=False)
class Model:
    """A class of policies with a prior, a demonstrator, an environment, and a learner's `alpha`.

    actions, observations: distinct non-empty names, at least one of each.
    policies: the class, in class order (ties in rank go to the earlier, R1).
    prior: a positive weight for every policy; the weights sum to 1.
    demonstrator: the name of a policy of the class, or (unrealizable) a policy of its own.
    environment: the environment `mu`.
    alpha: in (0, 1].
    horizon: whole number of steps, 0 to MAX_HORIZON.
    events: named sets of action-observation sequences, decided at the horizon.
    reward: what learners that are trained get for each action; None is 1 for each answer, else 0.
    Raises a CbilError that names the field when any of this is broken. That the demonstrator and
    the environment emit measures is checked where they are first evaluated.
    Two models are equal when all of this is: the same names in the same order, numbers, and finite
    machines with the same states, rules and emissions. Policies, environments and events that are
    Python functions are equal when they are the same function. So `load` returns an equal model,
    and models that merely behave alike need not be equal.
    Source: SPEC D2, D3, D5, D7.
    """

    actions: Sequence[Action]
    observations: Sequence[Observation]
    policies: Mapping[str, Policy]
    prior: Mapping[str, RationalLike]
    demonstrator: str | Policy
    environment: Environment
    alpha: RationalLike
    horizon: int = 0
    events: Mapping[str, Event] = field(default_factory=dict)
    reward: Reward | None = None

    def __post_init__(self) -> None:
        for kind in ("actions", "observations"):
            names = getattr(self, kind)
            if not names or len(set(names)) != len(names):
                raise CbilError(
                    f"{kind}: expected distinct names, at least one, got {shorten(names)}"
                )
            object.__setattr__(self, kind, tuple(names))
        if not self.policies:
            raise CbilError("policies: expected at least one policy")
        prior: dict[str, Fraction] = {}
        for name in self.policies:
            if name not in self.prior:
                raise CbilError(f"prior: no weight for the policy {shorten(name)}")
            prior[name] = rational(self.prior[name], f"prior of {name}")
            if prior[name] <= 0:
                raise OutOfRange(f"prior of {name}", prior[name], "a positive weight")
        for name in self.prior:
            if name not in self.policies:
                raise UnknownName("prior", name, "policy")
        if (total := exact_sum(prior.values())) != 1:
            raise OutOfRange("prior", total, "weights that sum to 1")
        object.__setattr__(self, "prior", prior)
        if isinstance(self.demonstrator, str) and self.demonstrator not in self.policies:
            raise UnknownName("demonstrator", self.demonstrator, "policy")
        for place, wanted, machine in self._machines():
            if not isinstance(machine, wanted):
                told = f"expected an object of the class {wanted.__name__}"
                if inspect.isfunction(machine) and wanted is not Reward:
                    told += f", such as History{wanted.__name__}(function)"
                raise CbilError(f"{place}: {told}, got {shorten(machine)}")
        alpha = rational(self.alpha, "alpha")
        if not 0 < alpha <= 1:
            raise OutOfRange("alpha", alpha, "a rational in (0, 1]")
        object.__setattr__(self, "alpha", alpha)
        if type(self.horizon) is not int or not 0 <= self.horizon <= MAX_HORIZON:
            raise OutOfRange("horizon", self.horizon, f"a whole number from 0 to {MAX_HORIZON}")

    def _machines(self) -> Iterator[tuple[str, type, object]]:
        """Every machine with its place and what it must be."""
        for name, policy in self.policies.items():
            yield f"policies[{shorten(name)}]", Policy, policy
        if not isinstance(self.demonstrator, str):
            yield "demonstrator", Policy, self.demonstrator
        yield "environment", Environment, self.environment
        for name, event in self.events.items():
            yield f"events[{shorten(name)}]", Event, event
        if self.reward is not None:
            yield "reward", Reward, self.reward

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Model):
            return NotImplemented
        return self._parts == other._parts

    def __hash__(self) -> int:
        return hash((self.actions, self.observations, tuple(self.policies), self.alpha))

    @property
    def _parts(self) -> tuple[object, ...]:
        """What makes the model; the order of the class is a part of it, that of events is not."""
        machines = (self.demonstrator, self.environment, dict(self.events), self.reward)
        numbers = (self.prior, self.alpha, self.horizon)
        names = (self.actions, self.observations)
        return (*names, tuple(self.policies.items()), *machines, *numbers)

    @property
    def exact_alpha(self) -> Fraction:
        """`alpha` as a fraction."""
        assert isinstance(self.alpha, Fraction)
        return self.alpha

    @property
    def weights(self) -> tuple[Fraction, ...]:
        """The prior weights in class order."""
        return tuple(rational(self.prior[name]) for name in self.policies)

    @property
    def realizable(self) -> bool:
        """Whether the demonstrator is a member of the class. Source: SPEC D3."""
        return isinstance(self.demonstrator, str)

    @property
    def demonstrator_index(self) -> int | None:
        """The demonstrator's place in class order; None outside the class."""
        if not isinstance(self.demonstrator, str):
            return None
        return list(self.policies).index(self.demonstrator)

    @property
    def demonstrator_policy(self) -> Policy:
        """The policy `pi_d`."""
        if isinstance(self.demonstrator, str):
            return self.policies[self.demonstrator]
        return self.demonstrator

    @property
    def demonstrator_prior(self) -> Fraction | None:
        """`w_d`, or None outside the class."""
        if not isinstance(self.demonstrator, str):
            return None
        return rational(self.prior[self.demonstrator])

    @property
    def odds(self) -> dict[str, Fraction]:
        """`z_pi(empty) = w(pi)/w(pi_d)` by name, for every policy but the demonstrator.

        Raises CbilError for a demonstrator outside the class. Source: SPEC D8.
        """
        if not isinstance(self.demonstrator, str):
            raise CbilError("odds: defined only for a demonstrator inside the class")
        return self.odds_against(self.demonstrator)

    def odds_against(self, member: str) -> dict[str, Fraction]:
        """`w(pi)/w(member)` by name, for every policy but the member. Source: SPEC T8."""
        scale = 1 / to_mpq(rational(self.prior[member]))
        return {
            name: to_fraction(to_mpq(rational(weight)) * scale)
            for name, weight in self.prior.items()
            if name != member
        }

    def with_alpha(self, alpha: RationalLike) -> Model:
        """The same model at another `alpha`."""
        return replace(self, alpha=alpha)

    def with_horizon(self, horizon: int) -> Model:
        """The same model to another horizon."""
        return replace(self, horizon=horizon)

    def plot(self) -> Figure:
        """A drawing of its machines: see `exact_cbil.plots.machines_figure`."""
        from exact_cbil.plots import machines_figure

        return machines_figure(self)

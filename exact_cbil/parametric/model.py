"""A model whose alpha, prior weights and probabilities are polynomials in parameters."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, TypeAlias

import sympy

from exact_cbil.environment import Environment
from exact_cbil.errors import CbilError, UnknownName, shorten
from exact_cbil.history import Action, Observation, Step
from exact_cbil.model import Model
from exact_cbil.numbers import RationalLike, rational
from exact_cbil.parametric.parameters import Parameters, total_degree
from exact_cbil.parametric.polynomial import parse_polynomial, polynomial_text
from exact_cbil.policy import Policy
from exact_cbil.semimeasure import Semimeasure

__all__ = ["DEMONSTRATOR", "ParametricModel", "PolynomialLike", "polynomial"]

PolynomialLike: TypeAlias = RationalLike | sympy.Expr
Emissions: TypeAlias = Mapping[tuple[Any, Hashable], Mapping[Any, Any]]

DEMONSTRATOR = None
"""The name under which a demonstrator outside the class emits."""


def polynomial(value: Any, parameters: Parameters, place: str) -> Any:
    """A number, a sympy expression or a polynomial's text as a polynomial."""
    if isinstance(value, sympy.Basic):
        return parameters.from_sympy(value, place)
    if isinstance(value, str):
        return parse_polynomial(value, parameters, place)
    return parameters.constant(rational(value, place))


@dataclass(frozen=True, eq=False)
class ParametricModel:
    """A model in which polynomials stand for some of the numbers.

    shape: the model at one point of the range; what is not given below is as there.
    alpha: in (0, 1] on the whole range.
    prior: in class order; positive on the whole range, the sum identically 1.
    emissions: by (policy name, state): action -> polynomial. The name of a demonstrator outside
        the class is DEMONSTRATOR.
    shown: by (environment state, action): observation -> polynomial.
    Make one with `ParametricModel.of` or `read_any`; both check all this.
    """

    shape: Model
    parameters: Parameters
    alpha: Any
    prior: tuple[Any, ...]
    emissions: Emissions
    shown: Emissions

    @classmethod
    def of(
        cls,
        model: Model,
        ranges: Mapping[str, tuple[RationalLike, RationalLike]],
        *,
        alpha: PolynomialLike | None = None,
        prior: Mapping[str, PolynomialLike] | None = None,
        emissions: Mapping[tuple[str | None, Hashable], Mapping[Action, PolynomialLike]]
        | None = None,
        shown: Mapping[tuple[Hashable, Action], Mapping[Observation, PolynomialLike]] | None = None,
    ) -> ParametricModel:
        """Put symbols into a model: sympy expressions or text for some of its numbers.

        ranges: for every parameter the ends of its open interval.
        Raises CbilError when a number can leave its domain somewhere on the range.

        >>> from exact_cbil.models import rare_action
        >>> found = ParametricModel.of(rare_action(), {"a": (0, 1)}, alpha=sympy.Symbol("a"))
        >>> found.at({"a": "1/3"}).alpha
        Fraction(1, 3)
        """
        parameters = Parameters(ranges)

        def table(given: Any, name: str) -> Emissions:
            return {
                key: {x: polynomial(v, parameters, f"{name} {shorten(x)}") for x, v in row.items()}
                for key, row in (given or {}).items()
            }

        weights = {**model.prior, **(prior or {})}
        for name in weights:
            if name not in model.policies:
                raise UnknownName("prior", name, "policy")
        found = cls(
            model,
            parameters,
            polynomial(model.exact_alpha if alpha is None else alpha, parameters, "alpha"),
            tuple(
                polynomial(weights[name], parameters, f"prior of {name}") for name in model.policies
            ),
            table(emissions, "mass of"),
            table(shown, "mass of"),
        )
        found.check()
        return found

    def check(self) -> None:
        """Raise CbilError unless every number stays in its domain on the whole range."""
        check_alpha(self.alpha, self.parameters, "alpha")
        check_prior(dict(zip(self.shape.policies, self.prior, strict=True)), self.parameters)
        for (name, state), masses in self.emissions.items():
            if name is not DEMONSTRATOR and name not in self.shape.policies:
                raise UnknownName("emissions", name, "policy")
            self._check_names(masses, self.shape.actions, "action")
            asked = DEMONSTRATOR if not self.shape.realizable else self.shape.demonstrator
            who = "demonstrator" if name is DEMONSTRATOR else f"policy {shorten(name)}"
            place = f"{who}, state {shorten(state)}"
            check_masses(masses, self.parameters, place, measure=name == asked)
        for (state, action), masses in self.shown.items():
            self._check_names(masses, self.shape.observations, "observation")
            place = f"environment, state {shorten(state)}, action {shorten(action)}"
            check_masses(masses, self.parameters, place, measure=True)

    @staticmethod
    def _check_names(masses: Mapping[str, Any], known: Any, kind: str) -> None:
        for name in masses:
            if name not in known:
                raise UnknownName("emissions", name, kind)

    def with_horizon(self, horizon: int) -> ParametricModel:
        """The same model to another horizon."""
        return replace(self, shape=self.shape.with_horizon(horizon))

    def at(self, values: Mapping[str, RationalLike]) -> Model:
        """The model at one point of the range: a value for every parameter, inside its range.

        Raises CbilError for a point outside the range.
        """
        point = self.parameters.point(values)

        def number(polynomial: Any) -> Fraction:
            return self.parameters.evaluate(polynomial, point)

        def numbers(table: Emissions) -> dict[tuple[Any, Hashable], Semimeasure[str]]:
            return {
                key: Semimeasure({x: number(v) for x, v in masses.items()})
                for key, masses in table.items()
            }

        emissions = numbers(self.emissions)
        policies: dict[str, Policy] = {
            name: _PolicyAt(base, name, emissions) for name, base in self.shape.policies.items()
        }
        outside = self.shape.demonstrator
        if not isinstance(outside, str):
            outside = _PolicyAt(outside, DEMONSTRATOR, emissions)
        return replace(
            self.shape,
            alpha=number(self.alpha),
            prior={name: number(w) for name, w in zip(policies, self.prior, strict=True)},
            policies=policies,
            demonstrator=outside,
            environment=_EnvironmentAt(self.shape.environment, numbers(self.shown)),
        )


@dataclass(frozen=True, eq=False)
class _PolicyAt(Policy):
    base: Policy
    name: str | None
    emissions: Mapping[tuple[Any, Hashable], Semimeasure[Action]]

    @property
    def start(self) -> Hashable:
        return self.base.start

    def emit(self, state: Any) -> Semimeasure[Action]:
        found = self.emissions.get((self.name, state))
        return self.base.emit(state) if found is None else found

    def advance(self, state: Any, step: Step) -> Hashable:
        return self.base.advance(state, step)


@dataclass(frozen=True, eq=False)
class _EnvironmentAt(Environment):
    base: Environment
    shown: Mapping[tuple[Any, Hashable], Semimeasure[Observation]]

    @property
    def start(self) -> Hashable:
        return self.base.start

    def emit(self, state: Any, action: Action) -> Semimeasure[Observation]:
        found = self.shown.get((state, action))
        return self.base.emit(state, action) if found is None else found

    def advance(self, state: Any, step: Step) -> Hashable:
        return self.base.advance(state, step)


def _always(parameters: Parameters, polynomial: Any, *, strict: bool) -> bool:
    """Whether it is certain that `polynomial > 0` (or `>= 0`) on the whole range."""
    if polynomial.is_ground:
        sign = parameters.sign(polynomial)
        return sign > 0 if strict else sign >= 0
    term = parameters.to_z3(polynomial)
    degree = total_degree(polynomial)
    return parameters.empty([term <= 0 if strict else term < 0], degree) is True


def check_alpha(alpha: Any, parameters: Parameters, place: str) -> None:
    """Raise CbilError unless alpha stays in (0, 1] on the whole range."""
    if not (
        _always(parameters, alpha, strict=True) and _always(parameters, 1 - alpha, strict=False)
    ):
        raise _leaves(place, alpha, "(0, 1]")


def check_prior(prior: Mapping[str, Any], parameters: Parameters, place: str = "prior") -> None:
    """Raise CbilError unless weights are positive on the whole range and sum to 1 identically."""
    for name, weight in prior.items():
        if not _always(parameters, weight, strict=True):
            raise _leaves(f"{place}, {shorten(name)}", weight, "the positive numbers")
    check_sum(prior, parameters, place)


def check_masses(
    masses: Mapping[str, Any], parameters: Parameters, place: str, *, measure: bool
) -> None:
    """Raise CbilError unless masses are a (semi)measure on the whole range."""
    for name, mass in masses.items():
        inside = _always(parameters, mass, strict=False)
        if not (inside and _always(parameters, 1 - mass, strict=False)):
            raise _leaves(f"{place}, {shorten(name)}", mass, "[0, 1]")
    if measure:
        check_sum(masses, parameters, place)
        return
    total = sum(masses.values(), parameters.ring.zero)
    if not _always(parameters, 1 - total, strict=False):
        raise _leaves(f"{place}, the sum", total, "[0, 1]")


def check_sum(masses: Mapping[str, Any], parameters: Parameters, place: str) -> None:
    """Raise CbilError unless the sum is the constant 1."""
    total = sum(masses.values(), parameters.ring.zero)
    if total != parameters.ring.one:
        raise CbilError(f"{place}: expected a sum that is identically 1, got {_shown(total)}")


def _leaves(place: str, polynomial: Any, domain: str) -> CbilError:
    return CbilError(
        f"{place}: expected a number that stays in {domain} on the whole range, "
        f"got {_shown(polynomial)}"
    )


def _shown(polynomial: Any) -> str:
    return shorten(polynomial_text(polynomial), 80).strip("'")

"""The value of an expression at a model."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

from bounds.evidence import Evidence
from bounds.language.expression import (
    Binary,
    Call,
    Chance,
    Expression,
    Name,
    Negative,
    Number,
    is_number,
)
from bounds.language.functions import FUNCTIONS
from bounds.language.quantities import QUANTITIES
from exact_cbil.enclosure import Real, RealLike, Undecided, Undefined, power, total

__all__ = ["Given", "Scene", "constant"]


class Scene:
    """Where an expression is evaluated: a model's evidence, an event for B, a policy's z.

    Without evidence only an expression of numbers has a value.
    """

    def __init__(
        self, evidence: Evidence | None, event: str | None = None, z: Fraction | None = None
    ) -> None:
        self._evidence, self.event, self.z = evidence, event, z
        self._known: dict[Any, Real] = {} if evidence is None else evidence.values

    @property
    def evidence(self) -> Evidence:
        """The evidence; Undefined without."""
        if self._evidence is None:
            raise Undefined("no model is given")
        return self._evidence

    def value(self, expression: Expression) -> Real:
        """The number; Undefined or Undecided where it has none."""
        if isinstance(expression, Number):
            return _number(expression.value)
        if isinstance(expression, Chance):
            return self._chance(expression)
        # Claims share parts such as sqrt(T*S), which are found once for each model and event.
        if isinstance(expression, Name):
            key: Any = (expression.name, self.z)
        elif is_number(expression):
            return _arithmetic(expression)
        else:
            key = (expression, self.event, self.z)
        if (found := self._known.get(key)) is None:
            found = self._known[key] = self._found(expression)
        return found

    def _found(self, expression: Name | Negative | Call | Binary) -> Real:
        if isinstance(expression, Name):
            return self._quantity(expression.name)
        if isinstance(expression, Negative):
            return Real.of(0) - self.value(expression.inner)
        if isinstance(expression, Call):
            return self._call(expression)
        return OPERATIONS[expression.sign](
            self.value(expression.left), self.value(expression.right)
        )

    def _quantity(self, name: str) -> Real:
        found = self.z if name == "z" else QUANTITIES[name].value(self.evidence)
        if found is None:
            raise Undefined(f"the model has no {name}")
        return Real.of(found)

    def _chance(self, chance: Chance) -> Real:
        name = self.event if chance.event is None else chance.event
        laws = self.evidence.result.events.get(name or "")
        if laws is None:
            raise Undefined("the model lacks the event")
        which = {"P_i": laws.imitator, "P_d": laws.demonstrator, "P_g": laws.guarded}
        found = which[chance.law]
        if found is None:
            raise Undefined(f"the model has no {chance.law}")
        return Real.of(found)

    def _call(self, call: Call) -> Real:
        if call.function != "sum_z":
            return FUNCTIONS[call.function].value(*map(self.value, call.arguments))
        if not self.evidence.model.realizable:
            raise Undefined("the model has no z")
        inner = call.arguments[0]
        odds = self.evidence.model.odds.values()
        return total(Scene(self.evidence, self.event, z).value(inner) for z in odds)


class Given(Scene):
    """Where quantities and probabilities are given, without a model.

    >>> from bounds.language.grammar import parse_expression
    >>> print(Given({"T": 8}).value(parse_expression("T^(2/3)")))
    4
    """

    def __init__(
        self, quantities: Mapping[str, RealLike], chances: Mapping[str, RealLike] | None = None
    ) -> None:
        super().__init__(None)
        self._quantities, self._chances = quantities, chances or {}

    def _quantity(self, name: str) -> Real:
        if name not in self._quantities:
            raise Undefined(f"no {name} is given")
        return Real.of(self._quantities[name])

    def _chance(self, chance: Chance) -> Real:
        if chance.law not in self._chances:
            raise Undefined(f"no {chance.law} is given")
        return Real.of(self._chances[chance.law])


@lru_cache(maxsize=256)
def _number(value: int) -> Real:
    return Real.of(value)


@lru_cache(maxsize=256)
def _arithmetic(expression: Negative | Call | Binary) -> Real:
    """The value of an expression of numbers alone, such as 2/3: once for all models."""
    return Scene(None)._found(expression)


OPERATIONS: Mapping[str, Callable[[Real, Real], Real]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": power,
}


def constant(expression: Expression) -> Fraction | None:
    """The value of an expression that speaks of no model, if that is rational.

    >>> from bounds.language.grammar import parse_expression
    >>> constant(parse_expression("1/2")), constant(parse_expression("alpha"))
    (Fraction(1, 2), None)
    """
    try:
        return Scene(None).value(expression).exact
    except (Undefined, Undecided):
        return None

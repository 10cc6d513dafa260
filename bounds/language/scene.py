"""The value of an expression at a model.

An expression is compiled once into nested functions of a scene. Claims share parts, such as
`sqrt(T*S)`, so the value of every composed part is kept with the model's evidence, under its text.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeAlias

from bounds.evidence import Evidence
from bounds.language.functions import FUNCTIONS
from bounds.language.quantities import LAWS, QUANTITIES
from exact_cbil.enclosure import Real, RealLike, Undecided, Undefined, power, total
from exact_cbil.expressions import (
    Binary,
    Call,
    Expression,
    Name,
    Negative,
    Number,
    Quoted,
    walk,
    write,
)

__all__ = ["Given", "Scene", "Value", "compiled", "constant"]


class Scene:
    """Where an expression is evaluated: a model's evidence, an event for B, a policy's z.

    Without evidence only an expression of numbers has a value.
    """

    def __init__(
        self, evidence: Evidence | None, event: str | None = None, z: Fraction | None = None
    ) -> None:
        self._evidence, self.event, self.z = evidence, event, z
        self.known: dict[Any, Real] = {} if evidence is None else evidence.values

    @property
    def evidence(self) -> Evidence:
        """The evidence; Undefined without."""
        if self._evidence is None:
            raise Undefined("no model is given")
        return self._evidence

    def value(self, expression: Expression) -> Real:
        """The number; Undefined or Undecided where it has none."""
        return compiled(expression)(self)

    def quantity(self, name: str) -> Real:
        """A named quantity of the model, or z."""
        found = self.z if name == "z" else QUANTITIES[name].value(self.evidence)
        if found is None:
            raise Undefined(f"the model has no {name}")
        return Real.of(found)

    def chance(self, law: str, event: str | None) -> Real:
        """The probability of an event under a law; None stands for the scene's."""
        laws = self.evidence.result.events.get(event or self.event or "")
        if laws is None:
            raise Undefined("the model lacks the event")
        which = {"P_i": laws.imitator, "P_d": laws.demonstrator, "P_g": laws.guarded}
        found = which[law]
        if found is None:
            raise Undefined(f"the model has no {law}")
        return Real.of(found)

    def sum_z(self, inner: Value) -> Real:
        """A sum over the odds of the other policies."""
        evidence = self.evidence
        if not evidence.model.realizable:
            raise Undefined("the model has no z")
        return total(inner(Scene(evidence, self.event, z)) for z in evidence.model.odds.values())


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

    def quantity(self, name: str) -> Real:
        """A quantity that is given; Undefined otherwise."""
        if name not in self._quantities:
            raise Undefined(f"no {name} is given")
        return Real.of(self._quantities[name])

    def chance(self, law: str, event: str | None) -> Real:
        """A probability that is given, whatever the event; Undefined otherwise."""
        if law not in self._chances:
            raise Undefined(f"no {law} is given")
        return Real.of(self._chances[law])


Value: TypeAlias = Callable[[Scene], Real]

OPERATIONS: Mapping[str, Callable[[Real, Real], Real]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": power,
}


@lru_cache(maxsize=1024)
def compiled(expression: Expression) -> Value:
    """The function from a scene to the expression's value there; Undefined, Undecided in it."""
    if isinstance(expression, Number):
        number = Real.of(expression.value)
        return lambda _: number
    if isinstance(expression, Name):
        name = expression.name
        return _kept(name, lambda scene: scene.quantity(name))
    if isinstance(expression, Call) and expression.function in LAWS:
        law, (event,) = expression.function, expression.arguments
        place = event.text if isinstance(event, Quoted) else None
        return lambda scene: scene.chance(law, place)
    value = _kept(write(expression), _composed(expression))
    if all(isinstance(part, Number | Negative | Binary) for part in walk(expression)):
        empty = Scene(None)  # of numbers alone, such as 2/3: found once for all models
        return lambda _: value(empty)
    return value


def _composed(expression: Expression) -> Value:
    if isinstance(expression, Call):
        parts = [compiled(argument) for argument in expression.arguments]
        if expression.function == "sum_z":
            return lambda scene: scene.sum_z(parts[0])
        function = FUNCTIONS[expression.function].value
        return lambda scene: function(*(part(scene) for part in parts))
    if isinstance(expression, Negative):
        inner = compiled(expression.inner)
        return lambda scene: Real.of(0) - inner(scene)
    if not isinstance(expression, Binary):
        raise Undefined("a text has no value")
    left, right = compiled(expression.left), compiled(expression.right)
    operation = OPERATIONS[expression.sign]
    return lambda scene: operation(left(scene), right(scene))


def _kept(text: str, value: Value) -> Value:
    """The value, found once for each event and z of a model."""

    def found(scene: Scene) -> Real:
        key = (text, scene.event, scene.z)
        kept = scene.known.get(key)
        if kept is None:
            kept = scene.known[key] = value(scene)
        return kept

    return found


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

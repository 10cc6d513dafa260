"""The value of an expression: compiled once, then asked for wherever its words have a meaning.

What the words mean is a `Meaning`: at a model they are real numbers (`Scene`), in a table of known
numbers too (`Given`), and over unknowns they are terms of a solver (`bounds.universal.reading`).

Claims share parts, such as `sqrt(T*S)`, so a scene keeps the value of every composed part. The
bounds speak of the prior, of alpha and of the horizon alone, which many models have in common;
such parts are kept for all of those models together.
"""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, Generic, TypeAlias, TypeVar

from bounds.evidence import Evidence
from bounds.language.functions import FUNCTIONS
from bounds.language.quantities import LAWS, NEARNESS, QUANTITIES
from exact_cbil.errors import shorten
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
from exact_cbil.real import Real, RealLike, Undecided, Undefined, power, total

__all__ = ["Given", "Meaning", "Part", "Scene", "compiled", "constant", "is_fixed"]

N = TypeVar("N")


@dataclass(frozen=True)
class Part:
    """A part of an expression, by its text.

    fixed: whether the prior, alpha and the sizes of a model decide it. varies: whether it names B,
        z or a number of the near member, so that it has a value for each of theirs.
    """

    text: str
    fixed: bool
    varies: bool


class Meaning(ABC, Generic[N]):
    """What the words of an expression mean, in numbers of some type with `+ - * /`."""

    @abstractmethod
    def number(self, value: int) -> N:
        """A whole number."""

    @abstractmethod
    def quantity(self, name: str) -> N:
        """A named quantity, or z."""

    @abstractmethod
    def chance(self, law: str, event: str | None) -> N:
        """The probability of an event under a law; None stands for B."""

    @abstractmethod
    def power(self, base: N, exponent: N) -> N:
        """The power."""

    @abstractmethod
    def call(self, function: str, arguments: list[N]) -> N:
        """The value of a function, other than `sum_z`."""

    @abstractmethod
    def sum_z(self, inner: Callable[[Meaning[N]], N]) -> N:
        """The sum over the odds of the other policies, of what is inside."""

    def kept(self, part: Part, value: Callable[[Meaning[N]], N]) -> N:
        """The value of a part, which a meaning may keep for the next time."""
        return value(self)

    def value(self, expression: Expression) -> N:
        """The number that an expression is."""
        found: N = compiled(expression)(self)
        return found


Value: TypeAlias = Callable[[Meaning[Any]], Any]


class Scene(Meaning[Real]):
    """A model's evidence, an event for B, a member that is near the demonstrator, a policy's z.

    Without evidence only numbers have values.

    Raises Undefined where there is no value, and Undecided where enclosures do not tell.
    """

    def __init__(
        self,
        evidence: Evidence | None,
        event: str | None = None,
        member: str | None = None,
        z: Fraction | None = None,
    ) -> None:
        self._evidence, self.event, self.member, self.z = evidence, event, member, z
        self._own: dict[Any, Real] = {} if evidence is None else evidence.values
        self._fixed: dict[Any, Any] = {} if evidence is None else evidence.fixed

    @property
    def evidence(self) -> Evidence:
        """The evidence; Undefined without."""
        if self._evidence is None:
            raise Undefined("no model is given")
        return self._evidence

    def number(self, value: int) -> Real:
        """A whole number."""
        return Real.of(value)

    def quantity(self, name: str) -> Real:
        """A named quantity of the model, or z."""
        if name == "z":
            found: RealLike | None = self.z
        elif name in NEARNESS:
            found = None if self.member is None else NEARNESS[name](self.evidence, self.member)
        else:
            found = QUANTITIES[name].value(self.evidence)
        if found is None:
            raise Undefined(f"the model has no {name}")
        return Real.of(found)

    def chance(self, law: str, event: str | None) -> Real:
        """The probability of an event under a law; None stands for the scene's."""
        name = event or self.event or ""
        laws = self.evidence.result.events.get(name)
        if laws is None:
            raise Undefined(f"the model has no event {shorten(name)}")
        found: Fraction | None = getattr(laws, ATTRIBUTES[law])
        if found is None:
            raise Undefined(f"the model has no {law}")
        return Real.of(found)

    def power(self, base: Real, exponent: Real) -> Real:
        """The power."""
        return power(base, exponent)

    def call(self, function: str, arguments: list[Real]) -> Real:
        """The value of a function."""
        known = FUNCTIONS[function]
        return known.value(*([self.evidence] if known.modelled else []), *arguments)

    def sum_z(self, inner: Callable[[Meaning[Real]], Real]) -> Real:
        """A sum over the odds of the other policies."""
        evidence = self.evidence
        if not evidence.model.realizable:
            raise Undefined("the model has no z")
        scenes = (Scene(evidence, self.event, self.member, z) for z in evidence.model.odds.values())
        return total(map(inner, scenes))

    def kept(self, part: Part, value: Callable[[Meaning[Real]], Real]) -> Real:
        """The value, found once for each event and z."""
        known = self._fixed if part.fixed else self._own
        key = (part.text, self.event, self.member, self.z) if part.varies else part.text
        found = known.get(key)
        if found is None:
            found = known[key] = value(self)
        return found


class Given(Scene):
    """Where quantities and probabilities are given, without a model.

    odds: the odds z of the other policies, each with the number of those that have it; where they
        are not known, `sum_z` is Undefined.

    >>> from bounds.language.grammar import parse_expression
    >>> print(Given({"T": 8}).value(parse_expression("T^(2/3)")))
    4
    >>> print(Given({}, odds={Fraction(1, 3): 6}).value(parse_expression("sum_z(F(z))")))
    6
    """

    def __init__(
        self,
        quantities: Mapping[str, RealLike],
        chances: Mapping[str, RealLike] | None = None,
        odds: Mapping[Fraction, int] | None = None,
    ) -> None:
        super().__init__(None)
        self._quantities, self._chances, self._odds = quantities, chances or {}, odds

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

    def sum_z(self, inner: Callable[[Meaning[Real]], Real]) -> Real:
        """A sum over the odds that are given; Undefined otherwise."""
        if self._odds is None:
            raise Undefined("no odds are given")
        known = self._quantities
        return total(
            inner(Given({**known, "z": z}, self._chances)) * count
            for z, count in self._odds.items()
        )


ATTRIBUTES: Mapping[str, str] = {"P_i": "imitator", "P_d": "demonstrator", "P_g": "guarded"}
"""The laws by their names in a result."""

OPERATIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


@lru_cache(maxsize=1024)
def compiled(expression: Expression) -> Value:
    """The function from a meaning to the expression's value in it."""
    value = _composed(expression)
    if isinstance(expression, Number) or (
        isinstance(expression, Call) and expression.function in LAWS
    ):
        return value  # found as quickly as it is looked up
    part = _part(expression)
    return lambda meaning: meaning.kept(part, value)


def _composed(expression: Expression) -> Value:
    if isinstance(expression, Number):
        number = expression.value
        return lambda meaning: meaning.number(number)
    if isinstance(expression, Name):
        name = expression.name
        return lambda meaning: meaning.quantity(name)
    if isinstance(expression, Negative):
        inner = compiled(expression.inner)
        return lambda meaning: meaning.number(0) - inner(meaning)
    if isinstance(expression, Binary):
        left, right = compiled(expression.left), compiled(expression.right)
        if expression.sign == "^":
            return lambda meaning: meaning.power(left(meaning), right(meaning))
        operation = OPERATIONS[expression.sign]
        return lambda meaning: operation(left(meaning), right(meaning))
    if isinstance(expression, Quoted):
        raise Undefined("a text has no value")
    function, arguments = expression.function, expression.arguments
    if function in LAWS:
        (event,) = arguments
        place = event.text if isinstance(event, Quoted) else None
        return lambda meaning: meaning.chance(function, place)
    parts = [compiled(argument) for argument in arguments]
    if function == "sum_z":
        return lambda meaning: meaning.sum_z(parts[0])
    return lambda meaning: meaning.call(function, [part(meaning) for part in parts])


def is_fixed(expression: Expression) -> bool:
    """Whether the prior, alpha and the sizes of a model decide an expression."""
    named = (part for part in walk(expression) if isinstance(part, Name | Call | Quoted))
    return all(
        part.function not in LAWS and not FUNCTIONS[part.function].modelled
        if isinstance(part, Call)
        else isinstance(part, Name) and (part.name == "z" or QUANTITIES[part.name].fixed)
        for part in named
    )


def _part(expression: Expression) -> Part:
    named = {part.name for part in walk(expression) if isinstance(part, Name)}
    varies = not named.isdisjoint({"B", "z", *NEARNESS})
    return Part(write(expression), is_fixed(expression), varies)


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

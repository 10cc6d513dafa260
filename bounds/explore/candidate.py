"""A candidate: an inequality that somebody hopes is true of every model, and its exact check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeAlias

from bounds.enclosure import INFINITY, Real, RealLike
from bounds.evidence import Evidence
from bounds.explore import arithmetic as a
from bounds.explore.expression import (
    Binary,
    Call,
    Chance,
    Expression,
    Name,
    Negative,
    Number,
    Relation,
    Statement,
    walk,
    write,
)
from bounds.explore.grammar import parse_expression, parse_relation, parse_statement
from bounds.explore.quantities import FUNCTIONS, QUANTITIES, odds
from bounds.verdict import Comparison, Holds, Unknown, Verdict, Violated, Witness
from exact_cbil.errors import CbilError

__all__ = ["Candidate"]

Side: TypeAlias = str | Expression | Callable[[Evidence], RealLike]
Hypothesis: TypeAlias = str | Relation | Callable[[Evidence], bool]
Rule: TypeAlias = Relation | Callable[[Evidence], bool]

HUGE = 1 << 16
"""Numbers beyond `2^HUGE` are not compared: writing one down would take more than memory."""


class Scene:
    """Where an expression is evaluated: a model's evidence, an event for B, a policy's z."""

    def __init__(self, evidence: Evidence, event: str | None, z: Fraction | None = None) -> None:
        self.evidence, self.event, self.z = evidence, event, z

    def value(self, expression: Expression) -> Real:
        """The number; Undefined or Undecided where it has none."""
        if isinstance(expression, Number):
            return Real.of(expression.value)
        if isinstance(expression, Name):
            return self._quantity(expression.name)
        if isinstance(expression, Chance):
            return self._chance(expression)
        if isinstance(expression, Negative):
            return a.subtract(Real.of(0), self.value(expression.inner))
        if isinstance(expression, Call):
            return self._call(expression)
        return OPERATIONS[expression.sign](
            self.value(expression.left), self.value(expression.right)
        )

    def _quantity(self, name: str) -> Real:
        found = self.z if name == "z" else QUANTITIES[name].value(self.evidence)
        if found is None:
            raise a.Undefined(f"the model has no {name}")
        return Real.of(found)

    def _chance(self, chance: Chance) -> Real:
        name = self.event if chance.event is None else chance.event
        laws = self.evidence.result.events.get(name or "")
        if laws is None:
            raise a.Undefined("the model lacks the event")
        which = {"P_i": laws.imitator, "P_d": laws.demonstrator, "P_g": laws.guarded}
        found = which[chance.law]
        if found is None:
            raise a.Undefined(f"the model has no {chance.law}")
        return Real.of(found)

    def _call(self, call: Call) -> Real:
        if call.function != "sum_z":
            return FUNCTIONS[call.function].value(*map(self.value, call.arguments))
        if not self.evidence.model.realizable:
            raise a.Undefined("the model has no z")
        total = Real.of(0)
        for z in odds(self.evidence.model):
            total = a.add(total, Scene(self.evidence, self.event, z).value(call.arguments[0]))
        return total


OPERATIONS: Mapping[str, Callable[[Real, Real], Real]] = {
    "+": a.add,
    "-": a.subtract,
    "*": a.multiply,
    "/": a.divide,
    "^": a.power,
}


@dataclass(frozen=True)
class Candidate:
    """`left <= right` for every model that satisfies the hypotheses.

    left, right: text of the grammar, an expression, or a function of the model's `Evidence`.
    hypotheses: relations as text, or functions of the evidence. The demonstrator is in the class
        unless a hypothesis names `realizable`.
    strict: whether equality refutes it.
    Raises NotUnderstood for text that is not of the grammar.

    >>> from exact_cbil.models import chain
    >>> Candidate("quarter", "query_cubes", "S_lin/4").check(Evidence(chain(1)))
    ... # doctest: +ELLIPSIS
    Violated(witness=...)
    """

    name: str
    left: Side
    right: Side
    hypotheses: tuple[Hypothesis, ...] = ()
    strict: bool = False
    _rules: tuple[Rule, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for side in ("left", "right"):
            if isinstance(given := getattr(self, side), str):
                object.__setattr__(self, side, parse_expression(given))
        given = (self.hypotheses,) if isinstance(self.hypotheses, str) else self.hypotheses
        rules = tuple(parse_relation(h) if isinstance(h, str) else h for h in given)
        for rule in rules:
            if isinstance(rule, Relation) and not {"B", None}.isdisjoint(_events(rule)):
                raise CbilError("candidate: a hypothesis cannot speak of B, every event")
        object.__setattr__(self, "hypotheses", rules)
        object.__setattr__(self, "_rules", rules)

    @classmethod
    def parse(cls, text: str, name: str | None = None) -> Candidate:
        """Read a candidate in one line, such as `queries <= S if alpha <= 1/2`. Untrusted."""
        statement: Statement = parse_statement(text)
        claim = statement.claim
        turned = claim.sign in (">=", ">")
        left, right = (claim.right, claim.left) if turned else (claim.left, claim.right)
        strict = claim.sign in ("<", ">")
        return cls(name or str(statement), left, right, statement.hypotheses, strict)

    def __str__(self) -> str:
        shown = [_shown(self.left), "<" if self.strict else "<=", _shown(self.right)]
        rest = " and ".join(map(_shown, self._rules))
        return " ".join([*shown, *(["if", rest] if rest else [])])

    @cached_property
    def parts(self) -> tuple[Expression, ...]:
        """Every part of the expressions on both sides."""
        sides = [s for s in (self.left, self.right) if not callable(s) and not isinstance(s, str)]
        return tuple(part for side in sides for part in walk(side))

    @cached_property
    def events(self) -> frozenset[str | None]:
        """The events that it speaks of; None stands for B, every event."""
        found = {part.event for part in self.parts if isinstance(part, Chance)}
        opaque = callable(self.left) or callable(self.right)
        return frozenset(found | ({None} if opaque else set()))

    @cached_property
    def quantities(self) -> tuple[str, ...]:
        """The names of the quantities on both sides, in order."""
        names = [p.name for p in self.parts if isinstance(p, Name) and p.name in QUANTITIES]
        return tuple(dict.fromkeys(names))

    @cached_property
    def realizable(self) -> bool:
        """Whether the demonstrator must be in the class."""
        named = {
            part.name
            for rule in self._rules
            if isinstance(rule, Relation)
            for side in (rule.left, rule.right)
            for part in walk(side)
            if isinstance(part, Name)
        }
        return "realizable" not in named

    @cached_property
    def fixed(self) -> Mapping[str, Fraction]:
        """The quantities that the hypotheses set to a constant, such as `|A| == 2`."""
        return {name: value for name, sign, value in self._bounds() if sign == "=="}

    @cached_property
    def near(self) -> Mapping[str, tuple[Fraction, ...]]:
        """The constants with which the hypotheses compare a quantity: where to look for models."""
        found: dict[str, tuple[Fraction, ...]] = {}
        for name, _, value in self._bounds():
            found[name] = (*found.get(name, ()), value)
        return found

    def _bounds(self) -> Iterator[tuple[str, str, Fraction]]:
        for rule in self._rules:
            if isinstance(rule, Relation):
                for one, two in ((rule.left, rule.right), (rule.right, rule.left)):
                    if isinstance(one, Name) and (value := _constant(two)) is not None:
                        yield one.name, rule.sign, value

    def outside(self, evidence: Evidence) -> str | None:
        """The first hypothesis that a model does not satisfy; None if it satisfies all."""
        if self.realizable and not evidence.model.realizable:
            return "the demonstrator is not in the class"
        for rule in self._rules:
            if callable(rule):
                if not rule(evidence):
                    return _shown(rule)
                continue
            scene = Scene(evidence, None)
            order = a.order(scene.value(rule.left), scene.value(rule.right))
            if order is None:
                raise a.Undecided(str(rule))
            if order not in SIGNS[rule.sign]:
                return str(rule)
        return None

    def check(self, evidence: Evidence) -> Verdict:
        """Whether the candidate holds on a model.

        `Unknown` is inapplicable where a hypothesis fails or a side has no value.
        """
        try:
            reason = self.outside(evidence)
            if reason is not None:
                return Unknown(f"outside the hypotheses: {reason}", inapplicable=True)
            listed = tuple(self._comparisons(evidence))
        except a.Undefined as problem:
            return Unknown(f"no value: {problem}", inapplicable=True)
        except a.Undecided as problem:
            return Unknown(f"not decided: {problem}")
        if not listed:
            return Unknown("the model has no events", inapplicable=True)
        return self._judge(evidence, listed)

    def _judge(self, evidence: Evidence, listed: Iterable[Comparison]) -> Verdict:
        listed = tuple(listed)
        for comparison in listed:
            if comparison.order == 1 or (self.strict and comparison.order == 0):
                return Violated(Witness(evidence.model, comparison))
        if any(comparison.order is None for comparison in listed):
            return Unknown("not decided: the sides are too close")
        return Holds(listed)

    def _comparisons(self, evidence: Evidence) -> Iterable[Comparison]:
        every = None in self.events and not callable(self.left) and not callable(self.right)
        problem: a.Undefined | None = None
        some = False
        for event in evidence.model.events if every else (None,):
            try:
                left, right = (_side(side, evidence, event) for side in (self.left, self.right))
            except a.Undefined as found:
                problem = found
                continue
            some = True
            what = str(self) if event is None else f"{self} at B = {event}"
            yield Comparison(what, left, right, a.order(left, right))
        # An event without a value, such as ln(1/P_d(B)) at 0, does not hide the others.
        if problem is not None and not some:
            raise problem


SIGNS = {"<=": (-1, 0), "<": (-1,), ">=": (0, 1), ">": (1,), "==": (0,)}


def _side(side: Side, evidence: Evidence, event: str | None) -> Real:
    if isinstance(side, str):
        raise TypeError("a side was not parsed")
    found = Real.of(side(evidence)) if callable(side) else Scene(evidence, event).value(side)
    if found is not INFINITY and not abs(found.ball()) < HUGE_BALL:
        raise a.Undefined("a number too large to write down")
    return found


HUGE_BALL: Any = Real.of(2).ball() ** HUGE


def _fold(expression: Expression) -> Real:
    """The value of an expression made of numbers."""
    if isinstance(expression, Number):
        return Real.of(expression.value)
    if isinstance(expression, Negative):
        return a.subtract(Real.of(0), _fold(expression.inner))
    assert isinstance(expression, Binary)
    return OPERATIONS[expression.sign](_fold(expression.left), _fold(expression.right))


def _constant(expression: Expression) -> Fraction | None:
    """The value of an expression that speaks of no model, if that is rational."""
    if any(isinstance(p, Name | Chance | Call) for p in walk(expression)):
        return None
    try:
        return _fold(expression).exact
    except (a.Undefined, a.Undecided):
        return None


def _events(rule: Relation) -> set[str | None]:
    parts = [part for side in (rule.left, rule.right) for part in walk(side)]
    return {part.event for part in parts if isinstance(part, Chance)}


def _shown(part: Side | Rule) -> str:
    if callable(part):
        return getattr(part, "__name__", "a function")
    return str(part) if isinstance(part, Relation | str) else write(part)

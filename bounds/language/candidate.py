"""A candidate: an inequality that somebody hopes is true of every model, and its exact check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

from bounds.evidence import Evidence
from bounds.language.grammar import (
    Relation,
    Statement,
    events,
    parse_expression,
    parse_relation,
    parse_statement,
)
from bounds.language.quantities import NEARNESS, QUANTITIES
from bounds.language.scene import Meaning, Scene, Value, compiled, constant, is_fixed
from bounds.verdict import Comparison, Holds, Unknown, Verdict, Violated, Witness
from exact_cbil.errors import CbilError
from exact_cbil.expressions import Call, Expression, Name, walk, write
from exact_cbil.real import Real, RealLike, Undecided, Undefined, compare

__all__ = ["Candidate", "Inequality", "decide"]

Side: TypeAlias = str | Expression | Callable[[Evidence], RealLike]
Hypothesis: TypeAlias = str | Relation | Callable[[Evidence], bool]
Rule: TypeAlias = Relation | Callable[[Evidence], bool]


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
            if isinstance(rule, Relation) and not NEARNESS.keys().isdisjoint(_names(rule)):
                raise CbilError("candidate: a hypothesis cannot speak of every near member")
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
    def key(self) -> str:
        """What tells it from other candidates: its text, and its name if it has another."""
        return str(self) if self.name == str(self) else f"{self.name}: {self}"

    @cached_property
    def parts(self) -> tuple[Expression, ...]:
        """Every part of the expressions on both sides."""
        return tuple(part for side in self._written for part in walk(side))

    @property
    def _written(self) -> list[Expression]:
        return [s for s in (self.left, self.right) if not callable(s) and not isinstance(s, str)]

    @cached_property
    def events(self) -> frozenset[str | None]:
        """The events that it speaks of; None stands for B, every event."""
        found = {event for side in self._written for event in events(side)}
        for rule in self._rules:
            found |= set() if callable(rule) else _events(rule)
        opaque = callable(self.left) or callable(self.right)
        return frozenset(found | ({None} if opaque else set()))

    @cached_property
    def quantities(self) -> tuple[str, ...]:
        """The names of the quantities on both sides, in order."""
        names = [p.name for p in self.parts if isinstance(p, Name) and p.name in QUANTITIES]
        return tuple(dict.fromkeys(names))

    @cached_property
    def functions(self) -> frozenset[str]:
        """The functions on both sides."""
        return frozenset(part.function for part in self.parts if isinstance(part, Call))

    @cached_property
    def is_fixed(self) -> bool:
        """Whether the prior, alpha and the sizes of a model decide both sides."""
        return len(self._written) == 2 and all(map(is_fixed, self._written))

    @cached_property
    def realizable(self) -> bool:
        """Whether the demonstrator must be in the class."""
        rules = (rule for rule in self._rules if isinstance(rule, Relation))
        return all("realizable" not in _names(rule) for rule in rules)

    @cached_property
    def of_members(self) -> bool:
        """Whether it speaks of every member that is near the demonstrator."""
        return any(isinstance(part, Name) and part.name in NEARNESS for part in self.parts)

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

    def allows(self, name: str, value: int | Fraction) -> bool:
        """Whether a quantity may have a value, as far as hypotheses bound it by constants."""
        return all(
            (value > bound) - (value < bound) in SIGNS[sign]
            for other, sign, bound in self._bounds()
            if other == name
        )

    def _bounds(self) -> Iterator[tuple[str, str, Fraction]]:
        """The hypotheses that compare a quantity with a constant, the quantity on the left."""
        for rule in self._rules:
            if isinstance(rule, Relation):
                turned = rule.sign.translate(str.maketrans("<>", "><"))
                for one, sign, two in (
                    (rule.left, rule.sign, rule.right),
                    (rule.right, turned, rule.left),
                ):
                    if isinstance(one, Name) and (value := constant(two)) is not None:
                        yield one.name, sign, value

    def outside(self, evidence: Evidence) -> Unknown | None:
        """Why a model is not asked about; None where it satisfies every hypothesis."""
        if self.realizable and not evidence.model.realizable:
            return _inapplicable("the demonstrator is in the class")
        for rule in self._rules:
            try:
                holds = rule(evidence) if callable(rule) else _holds(rule, Scene(evidence))
            except Undefined as problem:
                return Unknown(f"no value in a hypothesis: {problem}", inapplicable=True)
            except Undecided as problem:
                return Unknown(f"not decided: {problem}")
            if not holds:
                return _inapplicable(_shown(rule))
        return None

    def check(self, evidence: Evidence) -> Verdict:
        """Whether the candidate holds on a model.

        `Unknown` is inapplicable where a hypothesis fails or a side has no value.
        """
        outside = self.outside(evidence)
        return decide(evidence, self._inequalities(evidence)) if outside is None else outside

    def _inequalities(self, evidence: Evidence) -> Iterator[Inequality]:
        opaque = callable(self.left) or callable(self.right)
        for event in evidence.model.events if None in self.events and not opaque else (None,):
            what = str(self) if event is None else f"{self} at B = {event}"
            yield from Inequality(self, event, what).of_members(evidence)

    def sides(
        self, evidence: Evidence, event: str | None, member: str | None = None
    ) -> tuple[Real, Real]:
        """Both sides at a model, event standing for B, and member for the one that is near.

        Raises Undefined or Undecided.
        """
        left, right = self._values
        scene = Scene(evidence, event, member)
        return left(scene), right(scene)

    @cached_property
    def _values(self) -> tuple[Value, Value]:
        return _value(self.left), _value(self.right)


class Inequality(NamedTuple):
    """A candidate to be compared at a model, with the event for B and how it is written.

    member: the one that is near the demonstrator, where the inequality speaks of each.
    """

    candidate: Candidate
    event: str | None
    what: str
    headline: bool = True
    member: str | None = None

    def of_members(self, evidence: Evidence) -> Iterator[Inequality]:
        """The inequality for every near member, where it speaks of them; else itself."""
        if not self.candidate.of_members:
            yield self
            return
        for member in evidence.near_members:
            yield self._replace(member=member, what=f"{self.what}, near {member}")

    def compared(self, evidence: Evidence) -> Comparison:
        """Both sides compared, once for all models that have them in common."""
        key = (self.candidate.key, self.what, self.headline)
        found: Comparison | None = evidence.fixed.get(key) if self.candidate.is_fixed else None
        if found is None:
            left, right = self.candidate.sides(evidence, self.event, self.member)
            found = Comparison(self.what, left, right, compare(left, right), self.headline)
            if self.candidate.is_fixed:
                evidence.fixed[key] = found
        return found


def decide(evidence: Evidence, inequalities: Iterable[Inequality]) -> Verdict:
    """The verdict on a model to which the hypotheses apply.

    One without a value, such as `ln(1/P_d(B))` at 0, does not hide the others; but a verdict
    needs a headline.
    """
    listed: list[Comparison] = []
    doubt, missing = "", "the model has no events, or no member near the demonstrator"
    for inequality in inequalities:
        try:
            found = inequality.compared(evidence)
        except Undefined as problem:
            missing = f"no value: {problem}"
            continue
        except Undecided as problem:
            doubt = doubt or f"not decided: {problem}"
            continue
        if found.order == 1 or (inequality.candidate.strict and found.order == 0):
            return Violated(Witness(evidence.model, found))
        if found.order is None:
            doubt = doubt or f"not decided: {found.what}"
        listed.append(found)
    if doubt:
        return Unknown(doubt)
    if not any(found.headline for found in listed):
        return Unknown(missing, inapplicable=True)
    return Holds(tuple(listed))


SIGNS = {"<=": (-1, 0), "<": (-1,), ">=": (0, 1), ">": (1,), "==": (0,)}


def _value(side: Side) -> Value:
    if isinstance(side, str):
        raise TypeError("a side was not parsed")
    if not callable(side):
        return compiled(side)
    function = side

    def value(scene: Meaning[Any]) -> Real:
        assert isinstance(scene, Scene)
        return Real.of(function(scene.evidence))

    return value


def _inapplicable(hypothesis: str) -> Unknown:
    return Unknown(f"not applicable: only when {hypothesis}", inapplicable=True)


def _holds(rule: Relation, scene: Scene) -> bool:
    order = compare(scene.value(rule.left), scene.value(rule.right))
    if order is None:
        raise Undecided(str(rule))
    return order in SIGNS[rule.sign]


def _names(rule: Relation) -> set[str]:
    """The names on both sides."""
    sides = (*walk(rule.left), *walk(rule.right))
    return {part.name for part in sides if isinstance(part, Name)}


def _events(rule: Relation) -> set[str | None]:
    return {event for side in (rule.left, rule.right) for event in events(side)}


def _shown(part: Side | Rule) -> str:
    if callable(part):
        return getattr(part, "__name__", "a function")
    return str(part) if isinstance(part, Relation | str) else write(part)

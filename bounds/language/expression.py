"""The syntax of a candidate: expressions, relations and statements, and how they are written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

__all__ = [
    "Binary",
    "Call",
    "Chance",
    "Expression",
    "Name",
    "Negative",
    "Number",
    "Relation",
    "Statement",
    "is_number",
    "walk",
    "write",
]


@dataclass(frozen=True)
class Number:
    """A whole number from 0; fractions are divisions."""

    value: int


@dataclass(frozen=True)
class Name:
    """A quantity of the model, such as `query_cubes` or `|A|`."""

    name: str


@dataclass(frozen=True)
class Chance:
    """The probability of an event under a law: `P_i`, `P_d` or `P_g`.

    event: its name; None for `B`, every event of the model in turn.
    """

    law: str
    event: str | None = None


class _Composed:
    """What has parts; its hash is found once, for expressions are keys of what is known of them."""

    __match_args__: tuple[str, ...]

    @cached_property
    def _hash(self) -> int:
        return hash(tuple(getattr(self, name) for name in self.__match_args__))

    @cached_property
    def is_number(self) -> bool:
        """Whether none of the parts names anything of a model."""
        parts = [getattr(self, name) for name in self.__match_args__ if name != "sign"]
        return not isinstance(self, Call) and all(map(is_number, parts))


@dataclass(frozen=True)
class Call(_Composed):
    """A function of expressions."""

    function: str
    arguments: tuple[Expression, ...]

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True)
class Negative(_Composed):
    """Minus an expression."""

    inner: Expression

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True)
class Binary(_Composed):
    """An operation: one of `+ - * / ^`."""

    sign: str
    left: Expression
    right: Expression

    def __hash__(self) -> int:
        return self._hash


Expression: TypeAlias = Number | Name | Chance | Call | Negative | Binary


@dataclass(frozen=True)
class Relation:
    """Two expressions compared by `<=`, `<`, `>=`, `>` or `==`."""

    left: Expression
    sign: str
    right: Expression

    def __str__(self) -> str:
        return f"{write(self.left)} {self.sign} {write(self.right)}"


@dataclass(frozen=True)
class Statement:
    """`claim if hypothesis and hypothesis ...`."""

    claim: Relation
    hypotheses: tuple[Relation, ...] = ()

    def __str__(self) -> str:
        rest = " and ".join(map(str, self.hypotheses))
        return f"{self.claim} if {rest}" if rest else str(self.claim)


def is_number(expression: Expression) -> bool:
    """Whether an expression speaks of no model."""
    if isinstance(expression, _Composed):
        return expression.is_number
    return isinstance(expression, Number)


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and all its parts."""
    yield expression
    for part in _parts(expression):
        yield from walk(part)


def _parts(expression: Expression) -> tuple[Expression, ...]:
    if isinstance(expression, Call):
        return expression.arguments
    if isinstance(expression, Negative):
        return (expression.inner,)
    return (expression.left, expression.right) if isinstance(expression, Binary) else ()


SUM, PRODUCT, SIGNED, POWER, ATOM = range(5)
LEVELS = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "^": POWER}


def _level(expression: Expression) -> int:
    if isinstance(expression, Binary):
        return LEVELS[expression.sign]
    return SIGNED if isinstance(expression, Negative) else ATOM


def write(expression: Expression, least: int = SUM) -> str:
    """The text of an expression, with no more parentheses than it takes to be read back.

    >>> write(Binary("*", Number(2), Binary("-", Name("T"), Number(1))))
    '2*(T - 1)'
    """
    shown = _plain(expression)
    return shown if _level(expression) >= least else f"({shown})"


def _plain(expression: Expression) -> str:
    if isinstance(expression, Number):
        return str(expression.value)
    if isinstance(expression, Name):
        return expression.name
    if isinstance(expression, Chance):
        event = "B" if expression.event is None else json.dumps(expression.event)
        return f"{expression.law}({event})"
    if isinstance(expression, Call):
        return f"{expression.function}({', '.join(map(write, expression.arguments))})"
    if isinstance(expression, Negative):
        return f"-{write(expression.inner, SIGNED)}"
    level, sign = LEVELS[expression.sign], expression.sign
    if sign == "^":
        return f"{write(expression.left, ATOM)}^{write(expression.right, SIGNED)}"
    left, right = write(expression.left, level), write(expression.right, level + 1)
    return f"{left} {sign} {right}" if level == SUM else f"{left}{sign}{right}"

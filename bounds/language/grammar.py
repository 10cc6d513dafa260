"""Reading a candidate from untrusted text: relations between expressions, within fixed limits.

    statement = relation ["if" relation {"and" relation}]
    relation  = sum ("<=" | "<" | ">=" | ">" | "==") sum      ("==" in hypotheses only)
    atom      = ... | quantity | function "(" sum {"," sum} ")" | law "(" event ")"
    law       = "P_i" | "P_d" | "P_g"
    event     = "B", every event of the model in turn, or a name in double quotes

A `sum` is that of `exact_cbil.expressions`. Nothing is evaluated as code: what comes out is a tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction

from bounds.language.functions import FUNCTIONS
from bounds.language.quantities import LAWS, QUANTITIES
from exact_cbil.errors import shorten
from exact_cbil.expressions import (
    Call,
    Expression,
    Limits,
    Name,
    NotUnderstood,
    Parser,
    Quoted,
    Token,
    walk,
    write,
)

__all__ = [
    "NotUnderstood",
    "Relation",
    "Statement",
    "events",
    "parse_expression",
    "parse_relation",
    "parse_statement",
]

LIMITS = Limits(length=2_000, symbols=400, digits=1_000)
RELATIONS = ("<=", "<", ">=", ">")
ANY_RELATION = (*RELATIONS, "==")
SYNONYMS = {"log": "ln", "pi": "|Pi|", "theta": "queries", "horizon": "T", "Pi": "|Pi|", "A": "|A|"}
SIGNS_OF_OTHERS = {"=": "<= or ==", "≤": "<=", "≥": ">=", "·": "*", "×": "*", "−": "-"}


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


def events(expression: Expression) -> Iterator[str | None]:
    """The events whose probabilities an expression names; None for B, every event in turn."""
    for part in walk(expression):
        if isinstance(part, Call) and part.function in LAWS:
            (event,) = part.arguments
            yield event.text if isinstance(event, Quoted) else None


def parse_statement(source: str) -> Statement:
    """Read a whole candidate. Untrusted; raises NotUnderstood, which says where.

    >>> print(parse_statement("query_cubes<=3*(1/alpha-1)*X if alpha<=1/2"))
    query_cubes <= 3*(1/alpha - 1)*X if alpha <= 1/2
    """
    return _Parser(source).statement()


def parse_relation(source: str) -> Relation:
    """Read one hypothesis."""
    return _Parser(source).alone_relation()


def parse_expression(source: str) -> Expression:
    """Read one side."""
    return _Parser(source).alone()


class _Parser(Parser):
    names = r"[A-Za-z_][A-Za-z0-9_]*|\|[A-Za-z]+\|"
    spaces = " \t\n"
    signs = ANY_RELATION
    reserved = ("if", "and")

    def __init__(self, source: str) -> None:
        self.bound = False
        try:
            super().__init__(source, LIMITS, "candidate")
        except NotUnderstood as problem:
            hint = _hint(source, problem.position)
            if not hint:
                raise
            raise self.problem(f"{problem.problem} ({hint})", problem.position) from None

    def statement(self) -> Statement:
        claim = self._relation(RELATIONS)
        hypotheses = []
        if self.take("if"):
            hypotheses.append(self._relation(ANY_RELATION))
            while self.take("and"):
                hypotheses.append(self._relation(ANY_RELATION))
        self.end("'if', 'and' or the end" if hypotheses else "an operator, 'if' or the end")
        return Statement(claim, tuple(hypotheses))

    def alone_relation(self) -> Relation:
        found = self._relation(ANY_RELATION)
        self.end("the end")
        return found

    def _relation(self, signs: tuple[str, ...]) -> Relation:
        left = self.sum()
        token = self.take(*signs)
        if token is None:
            raise self.fault(f"an operator or one of {' '.join(signs)}")
        return Relation(left, token.word, self.sum())

    def fault(self, wanted: str, token: Token | None = None) -> NotUnderstood:
        """As of `Parser`, with a hint where a product is written without its sign."""
        if "operator" in wanted and self._next:
            before, after = self._tokens[self._next - 1], self.peek
            if after.kind in ("number", "name") and after.word not in self.reserved:
                wanted += f" (a product is written {before.word}*{after.word})"
        return super().fault(wanted, token)

    def named(self, token: Token) -> Expression:
        """Read a probability, a function, a quantity, or inside `sum_z` the odds z."""
        word = token.word
        if word in LAWS:
            return self._chance(word)
        if word in FUNCTIONS:
            return self._call(token)
        if word in QUANTITIES or (word == "z" and self.bound):
            return Name(word)
        known = [*QUANTITIES, *FUNCTIONS, *LAWS]
        near = SYNONYMS.get(word) or next(iter(get_close_matches(word, known, 1)), None)
        hint = f"did you mean {near}?" if near else "--quantities lists them"
        raise self.problem(f"unknown quantity {shorten(word, 40)} ({hint})", token.position)

    def _call(self, token: Token) -> Call:
        outer, self.bound = self.bound, self.bound or token.word == "sum_z"
        arguments = self.arguments()
        self.bound = outer
        least, most = FUNCTIONS[token.word].arity
        if not least <= len(arguments) <= most:
            wanted = str(least) if least == most else f"{least} to {most}"
            problem = f"{token.word} expects {wanted} arguments, got {len(arguments)}"
            raise self.problem(problem, token.position)
        return Call(token.word, arguments)

    def _chance(self, law: str) -> Call:
        self.need("(")
        token = self.peek
        event: Expression | None = Name("B") if self.take("B") else self.quoted()
        if event is None:
            raise self.fault('B or the name of an event such as "ever-defects"')
        if event == Quoted(""):
            raise self.problem("expected the name of an event", token.position)
        self.need(")")
        return Call(law, (event,))


def _hint(source: str, position: int) -> str:
    """What to write instead of a character that the grammar does not have; empty if unknown."""
    character = source[position - 1 : position]
    if character == "." and (decimal := re.search(r"[0-9]{1,20}\Z", source[: position - 1])):
        rest = re.match(r"[0-9]{0,20}", source[position:])
        written = f"{decimal[0]}.{rest[0] if rest else ''}"
        return f"write {Fraction(written + '0')} for {written}"
    wanted = SIGNS_OF_OTHERS.get(character)
    return f"write {wanted}" if wanted else ""

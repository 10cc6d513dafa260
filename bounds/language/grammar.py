"""Reading a candidate from untrusted text, by a small grammar, within fixed limits.

    statement = relation ["if" relation {"and" relation}]
    relation  = sum ("<=" | "<" | ">=" | ">" | "==") sum      ("==" in hypotheses only)
    sum       = product {("+" | "-") product}
    product   = signed {("*" | "/") signed}
    signed    = "-" signed | power
    power     = atom [("^" | "**") signed]
    atom      = integer | quantity | function "(" sum {"," sum} ")" | law "(" event ")"
              | "(" sum ")"
    law       = "P_i" | "P_d" | "P_g"
    event     = "B", every event of the model in turn, or a name in double quotes

Nothing is evaluated as code: what comes out is an `Expression`.
"""

from __future__ import annotations

import json
import re
from difflib import get_close_matches
from typing import NamedTuple

from bounds.language.expression import (
    Binary,
    Call,
    Chance,
    Expression,
    Name,
    Negative,
    Number,
    Relation,
    Statement,
)
from bounds.language.functions import FUNCTIONS
from bounds.language.quantities import LAWS, QUANTITIES
from exact_cbil.errors import CbilError, shorten

__all__ = ["NotUnderstood", "parse_expression", "parse_relation", "parse_statement"]

MAX_LENGTH, MAX_NESTING, MAX_TOKENS, MAX_DIGITS, MAX_EXPONENT = 2_000, 40, 400, 40, 1_000

_TOKEN = re.compile(
    r"[ \t\n]*(?:(?P<number>[0-9]+)|(?P<name>[A-Za-z_][A-Za-z0-9_]*|\|[A-Za-z]+\|)"
    r'|(?P<text>"(?:[^"\\\x00-\x1f]|\\.)*")|(?P<sign><=|>=|==|\*\*|[-+*/^()<>,]))'
)
RELATIONS = ("<=", "<", ">=", ">")


class NotUnderstood(CbilError):
    """A candidate's text is not of the grammar; `position` counts characters from 1."""

    def __init__(self, problem: str, position: int) -> None:
        self.position = position
        super().__init__(f"candidate: {problem} at character {position}")


class Token(NamedTuple):
    """A symbol of the text: `kind` is number, name, text, sign or end."""

    kind: str
    word: str
    position: int


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
    return _Parser(source).alone_expression()


class _Parser:
    def __init__(self, source: str) -> None:
        if len(source) > MAX_LENGTH:
            problem = f"expected at most {MAX_LENGTH} characters, got {len(source)}"
            raise NotUnderstood(problem, MAX_LENGTH + 1)
        self.tokens = _tokens(source)
        self.next = 0
        self.depth = 0
        self.bound = False

    def _peek(self) -> Token:
        return self.tokens[self.next]

    def _fault(self, wanted: str, token: Token | None = None) -> NotUnderstood:
        token = token or self._peek()
        got = "the end" if token.kind == "end" else shorten(token.word, 40)
        return NotUnderstood(f"expected {wanted}, got {got}", token.position)

    def _take(self, *words: str) -> Token | None:
        token = self._peek()
        if token.kind in ("sign", "name") and token.word in words:
            self.next += 1
            return token
        return None

    def _need(self, word: str) -> None:
        if not self._take(word):
            raise self._fault(f"'{word}'")

    def statement(self) -> Statement:
        claim = self._relation(RELATIONS)
        hypotheses = []
        if self._take("if"):
            hypotheses.append(self._relation((*RELATIONS, "==")))
            while self._take("and"):
                hypotheses.append(self._relation((*RELATIONS, "==")))
        self._end("'if', 'and' or the end" if hypotheses else "an operator, 'if' or the end")
        return Statement(claim, tuple(hypotheses))

    def alone_relation(self) -> Relation:
        found = self._relation((*RELATIONS, "=="))
        self._end("the end")
        return found

    def alone_expression(self) -> Expression:
        found = self._sum()
        self._end("the end")
        return found

    def _end(self, wanted: str) -> None:
        if self._peek().kind != "end":
            raise self._fault(wanted)

    def _relation(self, signs: tuple[str, ...]) -> Relation:
        left = self._sum()
        token = self._take(*signs)
        if token is None:
            raise self._fault(f"an operator or one of {' '.join(signs)}")
        return Relation(left, token.word, self._sum())

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise self._fault(f"at most {MAX_NESTING} levels of nesting")

    def _sum(self) -> Expression:
        self._deeper()
        value = self._product()
        while token := self._take("+", "-"):
            value = Binary(token.word, value, self._product())
        self.depth -= 1
        return value

    def _product(self) -> Expression:
        value = self._signed()
        while token := self._take("*", "/"):
            value = Binary(token.word, value, self._signed())
        return value

    def _signed(self) -> Expression:
        if not self._take("-"):
            return self._power()
        self._deeper()
        inner = self._signed()
        self.depth -= 1
        return Negative(inner)

    def _power(self) -> Expression:
        base = self._atom()
        if not self._take("^", "**"):
            return base
        self._deeper()
        token = self._peek()
        if token.kind == "number" and int(token.word) > MAX_EXPONENT:
            raise self._fault(f"an exponent of at most {MAX_EXPONENT}")
        exponent = self._signed()
        self.depth -= 1
        return Binary("^", base, exponent)

    def _atom(self) -> Expression:
        if self._take("("):
            inner = self._sum()
            self._need(")")
            return inner
        token = self._peek()
        if token.kind not in ("number", "name") or token.word in ("if", "and"):
            raise self._fault("a number, a quantity, a function or '('")
        self.next += 1
        if token.kind == "number":
            return Number(int(token.word))
        if token.word in LAWS:
            return self._chance(token.word)
        if token.word in FUNCTIONS:
            return self._call(token)
        if token.word == "z" and self.bound:
            return Name("z")
        if token.word not in QUANTITIES:
            known = [*QUANTITIES, *FUNCTIONS, *LAWS]
            near = get_close_matches(token.word, known, 1)
            hint = f"did you mean {near[0]}?" if near else "--quantities lists them"
            raise NotUnderstood(
                f"unknown quantity {shorten(token.word, 40)} ({hint})", token.position
            )
        return Name(token.word)

    def _call(self, token: Token) -> Call:
        self._need("(")
        outer, self.bound = self.bound, self.bound or token.word == "sum_z"
        arguments = [self._sum()]
        while self._take(","):
            arguments.append(self._sum())
        self.bound = outer
        self._need(")")
        least, most = FUNCTIONS[token.word].arity
        if not least <= len(arguments) <= most:
            wanted = str(least) if least == most else f"{least} to {most}"
            problem = f"{token.word} expects {wanted} arguments, got {len(arguments)}"
            raise NotUnderstood(problem, token.position)
        return Call(token.word, tuple(arguments))

    def _chance(self, law: str) -> Chance:
        self._need("(")
        token = self._peek()
        if self._take("B"):
            event = None
        elif token.kind == "text":
            self.next += 1
            event = _event(token)
        else:
            raise self._fault('B or the name of an event such as "ever-defects"')
        self._need(")")
        return Chance(law, event)


def _event(token: Token) -> str:
    try:
        name = json.loads(token.word)
    except ValueError:
        name = ""
    # A lone surrogate cannot be written to a file of results.
    if not name or not isinstance(name, str) or any("\ud800" <= c <= "\udfff" for c in name):
        raise NotUnderstood("expected the name of an event", token.position)
    return name


def _tokens(source: str) -> list[Token]:
    found: list[Token] = []
    position, end = 0, len(source.rstrip(" \t\n"))
    while position < end:
        match = _TOKEN.match(source, position)
        if match is None:
            rest = source[position:end].lstrip(" \t\n")
            wanted = "expected a number, a name or an operator"
            raise NotUnderstood(f"{wanted}, got {shorten(rest[:1])}", end - len(rest) + 1)
        kind = match.lastgroup or "sign"
        token = Token(kind, match[kind], match.start(kind) + 1)
        if kind == "number" and len(token.word) > MAX_DIGITS:
            raise NotUnderstood(f"expected at most {MAX_DIGITS} digits", token.position)
        found.append(token)
        if len(found) > MAX_TOKENS:
            raise NotUnderstood(f"expected at most {MAX_TOKENS} symbols", token.position)
        position = match.end()
    return [*found, Token("end", "", end + 1)]

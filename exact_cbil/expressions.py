"""Arithmetic expressions from untrusted text: one small grammar, one tree, fixed limits.

    sum     = product {("+" | "-") product}
    product = signed {("*" | "/") signed}
    signed  = "-" signed | power
    power   = atom [("^" | "**") signed]
    atom    = integer | name | name "(" sum {"," sum} ")" | "(" sum ")"

Numbers are whole; fractions are divisions. Nothing is evaluated: what comes out is a tree, and
what its names mean is up to whoever walks it. A language that has more, such as relations between
sums, subclasses `Parser` and calls its `sum` for the parts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias, TypeVar

from gmpy2 import mpz

from exact_cbil.errors import CbilError, shorten

__all__ = [
    "Binary",
    "Call",
    "Expression",
    "Limits",
    "Name",
    "Negative",
    "NotUnderstood",
    "Number",
    "Parser",
    "Quoted",
    "Token",
    "fold",
    "parse",
    "walk",
    "write",
]

V = TypeVar("V")


@dataclass(frozen=True)
class Number:
    """A whole number from 0."""

    value: int


@dataclass(frozen=True)
class Name:
    """A name, such as `alpha` or `|A|`."""

    name: str


@dataclass(frozen=True)
class Quoted:
    """A text in double quotes, an argument of a function that takes one."""

    text: str


@dataclass(frozen=True)
class Call:
    """A function of expressions."""

    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True)
class Negative:
    """Minus an expression."""

    inner: Expression


@dataclass(frozen=True)
class Binary:
    """An operation: one of `+ - * / ^`."""

    sign: str
    left: Expression
    right: Expression


Expression: TypeAlias = Number | Name | Quoted | Call | Negative | Binary


class NotUnderstood(CbilError):
    """A text is not of the grammar; `position` counts characters from 1."""

    def __init__(self, problem: str, position: int, place: str = "expression") -> None:
        self.problem = problem
        self.position = position
        super().__init__(f"{place}: {problem} at character {position}")


class Token(NamedTuple):
    """A symbol of the text: `kind` is number, name, text, sign or end."""

    kind: str
    word: str
    position: int


@dataclass(frozen=True)
class Limits:
    """How much is read: characters, symbols, digits of a number, levels of nesting, exponents."""

    length: int = 4_000
    symbols: int = 4_000
    digits: int = 4_000
    nesting: int = 40
    exponent: int = 1_000


class Parser:
    """Reads one text. `sum` reads an expression from where the last one ended.

    source: untrusted. limits: exceeding one is a fault like any other.
    place: what to blame in an error; all of them are NotUnderstood.
    A subclass may set `names` (a regular expression), `spaces` (the characters between symbols),
    `signs` (more than those of sums) and `reserved` (words that are no names), and may override
    `named`, which reads what follows a name.
    """

    names = "[A-Za-z_][A-Za-z0-9_]*"
    spaces = " "
    signs: tuple[str, ...] = ()
    reserved: tuple[str, ...] = ()
    expected_atom = "a number, a name or '('"

    def __init__(
        self, source: str, limits: Limits | None = None, place: str = "expression"
    ) -> None:
        self.limits = limits or Limits()
        self.place = place
        if len(source) > self.limits.length:
            problem = f"expected at most {self.limits.length} characters, got {len(source)}"
            raise self.problem(problem, self.limits.length + 1)
        self._tokens = self._split(source)
        self._next = 0
        self._depth = 0

    def _split(self, source: str) -> list[Token]:
        # The longest sign first: `<=` is not `<` and then `=`.
        signs = sorted((*self.signs, "**", *"+-*/^(),"), key=len, reverse=True)
        symbol = re.compile(
            rf"[{self.spaces}]*(?:(?P<number>0|[1-9][0-9]*)|(?P<name>{self.names})"
            r'|(?P<text>"(?:[^"\\\x00-\x1f]|\\.)*")'
            rf"|(?P<sign>{'|'.join(map(re.escape, signs))}))"
        )
        found: list[Token] = []
        position, end = 0, len(source.rstrip(self.spaces))
        while position < end:
            match = symbol.match(source, position)
            if match is None:
                rest = source[position:end].lstrip(self.spaces)
                wanted = "expected a number, a name or an operator"
                raise self.problem(f"{wanted}, got {shorten(rest[:1])}", end - len(rest) + 1)
            kind = match.lastgroup or "sign"
            token = Token(kind, match[kind], match.start(kind) + 1)
            if kind == "number" and len(token.word) > self.limits.digits:
                raise self.problem(f"expected at most {self.limits.digits} digits", token.position)
            found.append(token)
            if len(found) > self.limits.symbols:
                problem = f"expected at most {self.limits.symbols} symbols"
                raise self.problem(problem, token.position)
            position = match.end()
        return [*found, Token("end", "", end + 1)]

    def problem(self, problem: str, position: int) -> NotUnderstood:
        """The error that says what is wrong where."""
        return NotUnderstood(problem, position, self.place)

    def fault(self, wanted: str, token: Token | None = None) -> NotUnderstood:
        """The error that says what was expected in place of a symbol, by default the next."""
        token = token or self.peek
        got = "the end" if token.kind == "end" else shorten(token.word, 40)
        return self.problem(f"expected {wanted}, got {got}", token.position)

    @property
    def peek(self) -> Token:
        """The next symbol."""
        return self._tokens[self._next]

    def advance(self) -> Token:
        """Take the next symbol, whatever it is."""
        token = self.peek
        self._next += token.kind != "end"
        return token

    def take(self, *words: str) -> Token | None:
        """Take the next symbol if it is one of some signs and names."""
        token = self.peek
        return self.advance() if token.kind in ("sign", "name") and token.word in words else None

    def need(self, word: str) -> None:
        """Take a sign that must come next."""
        if not self.take(word):
            raise self.fault(f"'{word}'")

    def end(self, wanted: str = "an operator or the end") -> None:
        """Fault unless everything has been read."""
        if self.peek.kind != "end":
            raise self.fault(wanted)

    def alone(self) -> Expression:
        """Read the whole text as one expression."""
        found = self.sum()
        self.end()
        return found

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > self.limits.nesting:
            raise self.fault(f"at most {self.limits.nesting} levels of nesting")

    def sum(self) -> Expression:
        """Read a sum: any expression."""
        self._deeper()
        value = self._product()
        while token := self.take("+", "-"):
            value = Binary(token.word, value, self._product())
        self._depth -= 1
        return value

    def _product(self) -> Expression:
        value = self._signed()
        while token := self.take("*", "/"):
            value = Binary(token.word, value, self._signed())
        return value

    def _signed(self) -> Expression:
        if not self.take("-"):
            return self._power()
        self._deeper()
        inner = self._signed()
        self._depth -= 1
        return Negative(inner)

    def _power(self) -> Expression:
        base = self._atom()
        if not self.take("^", "**"):
            return base
        self._deeper()
        if self.peek.kind == "number" and mpz(self.peek.word) > self.limits.exponent:
            raise self.fault(f"an exponent of at most {self.limits.exponent}")
        exponent = self._signed()
        self._depth -= 1
        return Binary("^", base, exponent)

    def _atom(self) -> Expression:
        if self.take("("):
            inner = self.sum()
            self.need(")")
            return inner
        token = self.peek
        if token.kind not in ("number", "name") or token.word in self.reserved:
            raise self.fault(self.expected_atom)
        self.advance()
        if token.kind == "number":
            return Number(int(mpz(token.word)))  # int alone refuses more than 4,300 digits
        return self.named(token)

    def named(self, token: Token) -> Expression:
        """Read what a name begins: the name alone, or a call."""
        return Call(token.word, self.arguments()) if self.peek.word == "(" else Name(token.word)

    def arguments(self) -> tuple[Expression, ...]:
        """Read a call's arguments with their parentheses."""
        self.need("(")
        found = [self.sum()]
        while self.take(","):
            found.append(self.sum())
        self.need(")")
        return tuple(found)

    def quoted(self) -> Quoted | None:
        """Read a text in double quotes, written as in JSON, if one comes next."""
        token = self.peek
        if token.kind != "text":
            return None
        self.advance()
        try:
            found = json.loads(token.word)
        except ValueError:
            raise self.problem("expected a text as in JSON", token.position) from None
        # A lone surrogate cannot be written to a file of results.
        if any("\ud800" <= character <= "\udfff" for character in found):
            raise self.problem("expected a text of whole characters", token.position)
        return Quoted(found)


def parse(source: str, limits: Limits | None = None, place: str = "expression") -> Expression:
    """Read an expression; any name is accepted. Untrusted; raises NotUnderstood.

    >>> parse("2 - p")
    Binary(sign='-', left=Number(value=2), right=Name(name='p'))
    >>> parse("2 -* p")
    Traceback (most recent call last):
    ...
    exact_cbil.expressions.NotUnderstood: expression: expected a number, a name or '(', got '*' \
at character 4
    """
    return Parser(source, limits, place).alone()


def _parts(expression: Expression) -> tuple[Expression, ...]:
    if isinstance(expression, Call):
        return expression.arguments
    if isinstance(expression, Negative):
        return (expression.inner,)
    return (expression.left, expression.right) if isinstance(expression, Binary) else ()


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and all its parts, each before its own parts and from left to right."""
    waiting = [expression]
    while waiting:
        found = waiting.pop()
        yield found
        waiting.extend(reversed(_parts(found)))


def fold(expression: Expression, value: Callable[[Expression, list[V]], V]) -> V:
    """Compute a value from the bottom up: `value(node, values of its parts)` at every node.

    A sum of a thousand terms is a tree a thousand levels deep, so this keeps its own stack.

    >>> fold(parse("1 + f(2, 3)"), lambda node, parts: 1 + sum(parts))
    5
    """
    done: list[V] = []
    # Every part comes after its node in this order, so backwards it comes before.
    for node in reversed(list(walk(expression))):
        count = len(_parts(node))
        parts = [done.pop() for _ in range(count)]
        done.append(value(node, parts))
    return done[0]


SUM, PRODUCT, SIGNED, POWER, ATOM = range(5)
LEVELS = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "^": POWER}


def _level(expression: Expression) -> int:
    if isinstance(expression, Binary):
        return LEVELS[expression.sign]
    return SIGNED if isinstance(expression, Negative) else ATOM


def write(expression: Expression) -> str:
    """The text of an expression, with no more parentheses than it takes to be read back.

    >>> write(Binary("*", Number(2), Binary("-", Name("T"), Number(1))))
    '2*(T - 1)'
    """
    return fold(expression, _text)


def _text(node: Expression, parts: list[str]) -> str:
    def inside(part: int, least: int) -> str:
        return parts[part] if _level(_parts(node)[part]) >= least else f"({parts[part]})"

    if isinstance(node, Number):
        return str(mpz(node.value))  # str of an int refuses more than 4,300 digits
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Quoted):
        return json.dumps(node.text)
    if isinstance(node, Call):
        return f"{node.function}({', '.join(parts)})"
    if isinstance(node, Negative):
        return f"-{inside(0, SIGNED)}"
    level, sign = LEVELS[node.sign], node.sign
    if sign == "^":
        return f"{inside(0, ATOM)}^{inside(1, SIGNED)}"
    left, right = inside(0, level), inside(1, level + 1)
    return f"{left} {sign} {right}" if level == SUM else f"{left}{sign}{right}"

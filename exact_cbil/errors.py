"""Errors: one base class, one subclass for each precondition that input can break.

Every message is a single line that says where the fault is and what was expected. The offending
values are attributes, so that a caller never parses a message.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

__all__ = [
    "CbilError",
    "InexactNumber",
    "InvalidModel",
    "MassExceedsOne",
    "MissingExtra",
    "NegativeMass",
    "NotAMeasure",
    "OutOfMemory",
    "OutOfRange",
    "UndefinedHistory",
    "UnknownName",
    "extra_with",
    "printable",
    "shorten",
]


def shorten(value: object, limit: int = 60) -> str:
    """A printable, one-line form of any value, elided in the middle beyond `limit` characters."""
    if isinstance(value, Fraction):
        from exact_cbil.numbers import text

        shown = text(value)
    elif isinstance(value, str):
        # Slicing first keeps a 10 MB string from being escaped whole.
        shown = ascii(value if len(value) <= 4 * limit else value[:limit] + "..." + value[-limit:])
    else:
        try:
            shown = ascii(value)
        except ValueError:  # an int beyond CPython's limit on decimal text
            shown = f"a {type(value).__name__} too long to print"
    if len(shown) > limit:
        half = limit // 2 - 2
        shown = f"{shown[:half]}...{shown[-half:]}"
    return shown


def printable(text: str) -> str:
    r"""A text from outside for a terminal or a picture: control characters are written out.

    >>> print(printable("two\nlines, \x1b[31mred"))
    two\nlines, \x1b[31mred
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


class CbilError(ValueError):
    """The base of every error that this package raises on bad input."""


PACKAGES = {"distributed": "dask", "z3": "z3-solver"}
"""The packages of modules that are not called like them."""


def extra_with(module: str) -> str | None:
    """The extra of this package that installs a module; None where no extra does.

    >>> extra_with("matplotlib.figure"), extra_with("json")
    ('plot', None)
    """
    from importlib.metadata import requires

    top = module.partition(".")[0]
    package = re.escape(PACKAGES.get(top, top))
    for requirement in requires("exact-cbil") or ():
        # Such as: matplotlib>=3.9; extra == "plot"
        found = re.fullmatch(rf"{package}[^\w;-][^;]*; *extra == .(\w+).", requirement)
        if found is not None:
            return found[1]
    return None


class MissingExtra(CbilError):
    """What was asked for needs `module`, which only an extra of this package installs."""

    def __init__(self, module: str) -> None:
        self.module = module.partition(".")[0]
        self.extra = extra_with(module)
        package = PACKAGES.get(self.module, self.module)
        super().__init__(f"{package} is needed: pip install 'exact-cbil[{self.extra}]'")


class InexactNumber(CbilError):
    """A number that is not an exact rational, such as a float, was given for `argument`."""

    def __init__(self, argument: str, value: object, problem: str | None = None) -> None:
        self.argument = argument
        self.value = value
        super().__init__(
            f"{argument}: expected an exact rational (int, Fraction or a string such as '1/3'), "
            f"got {problem or f'{type(value).__name__} {shorten(value)}'}"
        )


class OutOfRange(CbilError):
    """A number lies outside the domain of `argument`."""

    def __init__(self, argument: str, value: object, expected: str) -> None:
        self.argument = argument
        self.value = value
        self.expected = expected
        super().__init__(f"{argument}: expected {expected}, got {shorten(value)}")


class NegativeMass(CbilError):
    """A semimeasure was given a negative value at `element`."""

    def __init__(self, element: object, mass: Fraction) -> None:
        self.element = element
        self.mass = mass
        super().__init__(
            f"semimeasure: the mass of {shorten(element)} is negative: {shorten(mass)}"
        )


class MassExceedsOne(CbilError):
    """The values of a semimeasure sum to `total`, more than 1."""

    def __init__(self, total: Fraction) -> None:
        self.total = total
        super().__init__(f"semimeasure: the masses sum to {shorten(total)}, more than 1")


class NotAMeasure(CbilError):
    """`subject` must be a measure, but its values sum to `total`, less than 1."""

    def __init__(self, subject: str, total: Fraction) -> None:
        self.subject = subject
        self.total = total
        super().__init__(f"{subject}: expected a measure (total 1), got total {shorten(total)}")


class UnknownName(CbilError):
    """`name` is none of the names known at `place`."""

    def __init__(self, place: str, name: object, kind: str) -> None:
        self.place = place
        self.name = name
        self.kind = kind
        super().__init__(f"{place}: unknown {kind} {shorten(name)}")


class OutOfMemory(CbilError):
    """A computation needs about `needed` bytes, and only `left` can still be allocated."""

    def __init__(self, needed: int, left: int, when: str) -> None:
        self.needed = needed
        self.left = left
        super().__init__(
            f"memory: stopped {when}: about {_bytes(needed)} are needed, {_bytes(left)} are left"
        )


def _bytes(count: int) -> str:
    for unit, size in (("GB", 10**9), ("MB", 10**6)):
        if count >= size:
            return f"{count // size} {unit}"
    return f"{count} bytes"


class UndefinedHistory(CbilError):
    """A table has no entry for a history that was reached."""

    def __init__(self, history: object) -> None:
        self.history = history
        super().__init__(f"table: no entry for the history {shorten(history, 120)}")


class InvalidModel(CbilError):
    """A model, or another document from outside, is malformed at `path`.

    path: a JSON path where the document came from a file. problem: what was expected there.
    problems: every fault found as (path, problem), this one first.
    """

    def __init__(self, path: str, problem: str, more: Sequence[tuple[str, str]] = ()) -> None:
        self.path = path
        self.problem = problem
        self.problems = ((path, problem), *more)
        shown = path if len(path) <= 300 else f"{path[:150]}...{path[-150:]}"
        others = f" (and {len(more)} more)" if more else ""
        super().__init__(f"{shown}: {problem}{others}")

    @classmethod
    def of(cls, problems: Sequence[tuple[str, str]]) -> InvalidModel:
        """The error that reports all these faults, at least one."""
        return cls(*problems[0], problems[1:])

    def within(self, path: str) -> InvalidModel:
        """The same faults of a document that is a part of another, at `path`."""
        return InvalidModel.of([(path + place[1:], problem) for place, problem in self.problems])

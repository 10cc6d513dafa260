"""Displays for notebooks: numbers as an HTML table, exact and rounded; names are inert text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from html import escape

from exact_cbil.errors import printable
from exact_cbil.numbers import Enclosure, FractionSum, decimal, elide

__all__ = ["numbers_table", "rounded", "table"]


def numbers_table(title: str, numbers: Mapping[str, Fraction | Enclosure | None]) -> str:
    """A table of named numbers, exact and rounded, without those that are None.

    Of an enclosed one its certain digits.

    >>> numbers_table("P(<x>)", {"one third": Fraction(1, 3), "none": None})
    '<table><caption>P(&lt;x&gt;)</caption>\
<tr><td>one third</td><td>1/3</td><td>~0.333333</td></tr></table>'
    """
    known = {name: value for name, value in numbers.items() if value is not None}
    return table(
        title,
        [
            (name, str(value))
            if isinstance(value, Enclosure)
            else (name, elide(value), rounded(value))
            for name, value in known.items()
        ],
    )


def table(title: str, rows: Iterable[Sequence[str]]) -> str:
    """A table of texts, none of which a browser takes for markup."""
    cells = ("".join(f"<td>{inert(cell)}</td>" for cell in row) for row in rows)
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    return f"<table><caption>{inert(title)}</caption>{body}</table>"


def inert(text: str) -> str:
    """A text from outside as no browser interprets it."""
    return escape(printable(text))


def rounded(value: Fraction | FractionSum | Enclosure | None, digits: int = 6) -> str:
    """A number in decimals, marked by ~ where they are rounded; an enclosure's that are sure.

    >>> rounded(Fraction(2, 3)), rounded(Fraction(1, 2)), rounded(None)
    ('~0.666667', '0.5', '-')
    """
    if value is None:
        return "-"
    if isinstance(value, Enclosure):
        return value.decimal(digits)
    if isinstance(value, FractionSum):
        low, high = value.between()
        shown = decimal(low, digits)
        if shown == decimal(high, digits) and not low <= Fraction(shown) <= high:
            return f"~{shown}"
        value = value.reduced()
    shown = decimal(value, digits)
    return shown if Fraction(shown) == value else f"~{shown}"

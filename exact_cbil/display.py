"""Displays for notebooks: numbers as an HTML table, exact and rounded; names are inert text."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from html import escape

from exact_cbil.errors import printable
from exact_cbil.numbers import decimal, elide

__all__ = ["numbers_table"]


def numbers_table(title: str, numbers: Mapping[str, Fraction | None]) -> str:
    """A table of named numbers, without those that are None.

    >>> numbers_table("P(<x>)", {"one third": Fraction(1, 3), "none": None})
    '<table><caption>P(&lt;x&gt;)</caption>\
<tr><td>one third</td><td>1/3</td><td>~0.333333</td></tr></table>'
    """
    rows = "".join(
        f"<tr><td>{inert(name)}</td><td>{elide(value)}</td><td>{_rounded(value)}</td></tr>"
        for name, value in numbers.items()
        if value is not None
    )
    return f"<table><caption>{inert(title)}</caption>{rows}</table>"


def inert(name: str) -> str:
    """A name from outside as text that no browser interprets."""
    return escape(printable(name))


def _rounded(value: Fraction) -> str:
    shown = decimal(value)
    return shown if Fraction(shown) == value else f"~{shown}"

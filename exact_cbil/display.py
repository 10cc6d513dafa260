"""Displays for notebooks and papers: HTML tables and LaTeX; names from outside are inert text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from html import escape

from exact_cbil.errors import printable
from exact_cbil.numbers import Enclosure, FractionSum, decimal, elide

__all__ = [
    "latex_lines",
    "latex_number",
    "latex_rounded",
    "latex_text",
    "numbers_table",
    "rounded",
    "table",
]


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


SHORT = 24
"""The most characters of a fraction that LaTeX shows."""


def latex_number(value: Fraction | Enclosure | None, digits: int = 6) -> str:
    r"""What stands after a quantity in LaTeX: the number where it is short, and its decimals.

    >>> print(latex_number(Fraction(1, 2)), latex_number(Fraction(2, 3)))
    = \frac{1}{2} = \frac{2}{3} \approx 0.666667
    >>> print(latex_number(Fraction(1, 3**60)), latex_number(None))
    \approx 2.35898 \cdot 10^{-29} \text{ is not defined}
    """
    if value is None:
        return r"\text{ is not defined}"
    if isinstance(value, Enclosure):
        return f"= {latex_rounded(value, digits)}"
    shown = elide(value, SHORT)
    if "." in shown:  # of a long one parts are left out
        return rf"\approx {latex_rounded(value, digits)}"
    top, _, bottom = shown.removeprefix("-").partition("/")
    exact = ("-" if value < 0 else "") + (rf"\frac{{{top}}}{{{bottom}}}" if bottom else top)
    if Fraction(decimal(value, digits)) == value:
        return f"= {exact}"
    return rf"= {exact} \approx {latex_rounded(value, digits)}"


def latex_rounded(value: Fraction | Enclosure | None, digits: int = 6) -> str:
    r"""A number in decimals, as `rounded`, without a mark where they are.

    >>> print(latex_rounded(Fraction(1, 3**60)), latex_rounded(None))
    2.35898 \cdot 10^{-29} -
    """
    shown = rounded(value, digits).removeprefix("~")
    for plain, latex in (("...", r"\ldots"), ("+-", r"\pm")):
        shown = shown.replace(plain, latex)
    return re.sub(r"e([+-]?)0*(\d+)", lambda e: rf" \cdot 10^{{{e[1].strip('+')}{e[2]}}}", shown)


def latex_text(name: str) -> str:
    r"""A name from outside as text inside a formula, none of which LaTeX takes for a command.

    >>> print(latex_text("50% of $x_1$"))
    \text{50\% of \$x\_1\$}
    """
    special = {c: f"\\{c}" for c in "#$%&_{}"}
    special |= {"\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}"}
    return "\\text{" + "".join(special.get(c, c) for c in name if c.isprintable()) + "}"


def latex_lines(lines: Iterable[tuple[str, str]]) -> str:
    """Pairs such as (quantity, = number) as one display, aligned between the two."""
    inside = " \\\\\n".join(f"{left} &{right}" for left, right in lines)
    return f"\\begin{{aligned}}\n{inside}\n\\end{{aligned}}"

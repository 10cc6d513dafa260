"""The axes in which an implementation can be wrong, as data: what is drawn, and what was covered.

An *axis* is a respect in which questions differ, with a few *levels*; a *row* chooses a level of
each. `drawing` makes a question of a row, `covered` reads the levels off a question, however it was
made, and `covering_rows` meets every pair of levels in few rows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import accumulate, combinations, product
from typing import TypeVar

from exact_cbil.history import Rule
from exact_cbil.policy import MoorePolicy
from exact_cbil.testing.reference import Expected

__all__ = [
    "AXES",
    "NAMES",
    "SIZES",
    "Choose",
    "Row",
    "covered",
    "covering_rows",
    "one_of",
    "random_row",
    "span",
]

Row = Mapping[str, str]
"""A level for each axis."""

SIZES = {
    "policies": (1, 2, 6, 33, 257),
    "actions": (1, 2, 5, 9, 33),
    "observations": (1, 2, 5, 17),
    "states": (1, 2, 5, 17),
    "rules": (0, 1, 3, 5, 17),
    "steps": (0, 1, 7, 65, 600),
}
"""Each count, with the least number of each level: the states are those of one policy's machine,
the rules those of one of its states."""

NAMES = {
    "plain": (),
    "integers": ("10", "9", "2", "1", "0", "03", "-1", "1e1", "2.0", "4294967296"),
    "reserved": (
        "constructor",
        "__proto__",
        "toString",
        "hasOwnProperty",
        "length",
        "None",
        "null",
        "true",
        "NaN",
        "class",
        "__class__",
        "__init__",
    ),
    "keys": ("start", "states", "next", "emit", "to", "id", "format", "policies", "prior", "alpha"),
    "blank": (" ", "  ", "\t", "\u00a0", "\u200b", "\ufeff", "\u3000"),
    "scripts": ("é", "e\u0301", "行", "ß", "ss", "Ω", "\u2126", "שלום", "😀", "\U0001d4b6", "ﬁ"),
    "cases": ("b", "B", "Aa", "aA", "AA", "aa", "Ba", "bA"),
    "separators": ("b c", "b,c", "b:c", "b/c", "b\\c", 'b"c', "b'c", "b\nc", "b|c", "b;c", "b%s"),
    "long": (),
}
"""Kinds of names, and the first of each; more follow with numbers."""

AXES: dict[str, dict[str, int]] = {
    "policies": {"1": 24, "2-5": 213, "6-32": 14, "33-256": 2, "257-": 3},
    "actions": {"1": 10, "2-4": 190, "5-8": 40, "9-32": 14, "33-": 2},
    "observations": {"1": 100, "2-4": 130, "5-16": 22, "17-": 4},
    "states": {"1": 40, "2-4": 190, "5-16": 22, "17-": 4},
    "rules": {"0": 24, "1-2": 190, "3-4": 24, "5-16": 14, "17-": 4},
    "steps": {"0": 24, "1-6": 208, "7-64": 20, "65-599": 4, "600-": 2},
    "names": {
        "plain": 26,
        "integers": 4,
        "reserved": 3,
        "keys": 3,
        "blank": 3,
        "scripts": 3,
        "cases": 3,
        "separators": 3,
        "long": 1,
    },
    "keys": {"in order": 3, "reversed": 1},
    "start": {"first": 1, "later": 1},
    "demonstrator": {"first": 1, "later": 1, "outside": 1},
    "asked": {"never": 1, "at times": 6, "always": 2},
    "prior": {"equal": 20, "unequal": 70, "beyond 64 bits": 8, "below 1e-300": 2},
    "likelihoods": {"small": 120, "beyond 64 bits": 6, "below 1e-300": 2},
    "deficits": {"none": 2, "some": 2},
    "alive": {"all": 6, "some": 6, "none": 1},
    "alpha": {"below 1/100": 1, "to 1/2": 8, "1/2": 2, "above 1/2": 2, "1": 1},
    "decision": {"far": 3, "on a boundary": 2, "next to one": 2},
}
"""For each axis its levels, and how often the stream draws each."""

Pair = tuple[tuple[str, str], tuple[str, str]]

HEAVY = {
    ("policies", "257-"),
    ("actions", "33-"),
    ("observations", "17-"),
    ("states", "17-"),
    ("rules", "17-"),
    ("steps", "65-599"),
    ("steps", "600-"),
    ("names", "long"),
}
"""Levels of which a question has one at most, so that it stays small."""

LONG = {("steps", level) for level in ("7-64", "65-599", "600-")}
FINE = {("likelihoods", level) for level in ("beyond 64 bits", "below 1e-300")}
"""One of each would make weights of many thousands of digits, and shows nothing new."""

Choose = Callable[[int], int]
"""`choose(n)`: one of 0 to n; 0 is the simplest."""

X = TypeVar("X")


def one_of(options: Sequence[X], choose: Choose) -> X:
    """One of some options, the first of which is the simplest."""
    return options[choose(len(options) - 1)]


def span(axis: str, level: str) -> tuple[int, int]:
    """The least number of a level of a count, and the largest that is drawn."""
    least = SIZES[axis]
    place = list(AXES[axis]).index(level)
    end = (*least, least[-1] + least[-1] // 4 + 2)[place + 1] - 1
    return least[place], end


def _light(row: Row) -> bool:
    pairs = row.items()
    return len(HEAVY & pairs) <= 1 and not (LONG & pairs and FINE & pairs)


def _ends(axis: str) -> Iterator[tuple[str, int]]:
    return zip(AXES[axis], accumulate(AXES[axis].values()), strict=True)


def random_row(choose: Choose) -> Row:
    """A row drawn by the weights of the levels; an axis that would make it too large is simple."""
    row: dict[str, str] = {}
    for axis, levels in AXES.items():
        at = choose(sum(levels.values()) - 1)
        row[axis] = next(level for level, end in _ends(axis) if at < end)
        if not _light(row):
            row[axis] = next(iter(levels))
    return row


def covering_rows() -> Iterator[Row]:
    """Rows in which every level of an axis meets every level of every other that it may meet.

    Greedy: a row starts at a pair that is left, and each further axis takes the level that meets
    the most pairs that are left, of equals the first.
    """
    pairs = combinations(AXES, 2)
    every = (((x, i), (y, j)) for x, y in pairs for i, j in product(AXES[x], AXES[y]))
    left = {pair: None for pair in every if _light(dict(pair))}
    order = list(AXES)
    while left:
        row: dict[str, str] = dict(next(iter(left)))
        for axis in order:
            if axis in row:
                continue

            fit = [level for level in AXES[axis] if _light({**row, axis: level})]
            met = [_met(left, row, (axis, level)) for level in fit]
            row[axis] = fit[met.index(max(met))]
        listed = [(axis, row[axis]) for axis in order]
        for pair in combinations(listed, 2):
            left.pop(pair, None)
        yield dict(listed)


def _met(left: Collection[Pair], row: Row, new: tuple[str, str]) -> int:
    """How many of the pairs that are left a row would meet by one more level."""
    return sum((old, new) in left or (new, old) in left for old in row.items())


# -- what a question covers -----------------------------------------------------------------------


def _size(axis: str, number: int) -> str:
    return list(AXES[axis])[bisect_right(SIZES[axis], number) - 1]


def _kind(names: set[str]) -> str:
    for kind, known in NAMES.items():
        # One name is never another in other letters.
        if len(names.intersection(known)) > (kind == "cases"):
            return kind
    return "long" if any(len(name) > 200 for name in names) else "plain"


def _magnitude(numbers: list[Fraction], small: str) -> str:
    # No number of a smaller denominator is that small.
    if any(n.denominator > 10**300 and 0 < n < Fraction(1, 10**300) for n in numbers):
        return "below 1e-300"
    return "beyond 64 bits" if any(n.denominator >= 2**64 for n in numbers) else small


def _alpha(alpha: Fraction) -> str:
    if alpha < Fraction(1, 100):
        return "below 1/100"
    if alpha in (1, Fraction(1, 2)):
        return str(alpha)
    return "to 1/2" if alpha < Fraction(1, 2) else "above 1/2"


def covered(expected: Expected) -> Row:
    """The levels that a question has, read off the question and its right answer."""
    if expected.levels is not None:
        return expected.levels
    question = expected.question
    model, history = question.model, question.history
    machines = [p for p in model.policies.values() if isinstance(p, MoorePolicy)]
    rules: list[Mapping[str, tuple[Rule, ...]]] = [m.transitions.rules for m in machines]
    masses = [mass for m in machines for e in m.emissions.values() for _, mass in e.items()]
    names = {*model.policies, *model.actions, *model.observations}
    posterior = expected.step.posterior.values()
    weights = model.weights
    asked = sum(step.queried for step in history)
    place = model.demonstrator_index
    away = expected.distance
    return {
        "policies": _size("policies", len(weights)),
        "actions": _size("actions", len(model.actions)),
        "observations": _size("observations", len(model.observations)),
        "states": _size("states", max(map(len, rules), default=1)),
        "rules": _size("rules", max((len(r) for m in rules for r in m.values()), default=0)),
        "steps": _size("steps", len(history)),
        "names": _kind(names),
        "keys": "in order" if next(iter(question.document)) == "format" else "reversed",
        "start": "later" if any(m.start != next(iter(m.emissions)) for m in machines) else "first",
        "demonstrator": "outside" if place is None else "later" if place else "first",
        "asked": "never" if not asked else "always" if asked == len(history) else "at times",
        "prior": _magnitude(list(weights), "equal" if len(set(weights)) == 1 else "unequal"),
        "likelihoods": _magnitude(masses, "small"),
        "deficits": "some" if any(e.deficit for m in machines for e in m.emissions.values())
        else "none",
        "alive": "all" if all(posterior) else "some" if any(posterior) else "none",
        "alpha": _alpha(model.exact_alpha),
        "decision": _decision(away),
    }  # fmt: skip


def _decision(away: Fraction | None) -> str:
    if away == 0:
        return "on a boundary"
    return "next to one" if away is not None and away < Fraction(1, 2**50) else "far"

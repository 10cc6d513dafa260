"""The two lemmas about the logarithm, proved by their slopes.

Each says that a gap `g(u, ln u)` is non-negative, for a polynomial g. It is 0 at 1, since
`ln 1 = 0`. Since `ln' u = 1/u`, u times its derivative is `u g_u + g_l`, here a polynomial in u
alone; so its sign on a side of 1 is a polynomial inequality, and the mean value theorem does the
rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from bounds.universal.case import Case, Certificate, Poly, Term, variables

__all__ = ["LOG_LEMMA", "TANGENT", "log_lemma", "log_lemma_gap", "tangent", "tangent_gap"]

LOG_LEMMA = "-ln u >= (1-u) + (1-u)^2/2 for 0 < u <= 1"
TANGENT = "ln y <= y - 1 for y > 0"


def log_lemma_gap(u: Any, log: Any) -> Any:
    """`-ln u - (1-u) - (1-u)^2/2`, for any kind of number; `log` stands for `ln u`.

    It is non-negative for `0 < u <= 1`. Source: SPEC T1.
    """
    return -log - (1 - u) - (1 - u) * (1 - u) / 2


def tangent_gap(y: Any, log: Any) -> Any:
    """`y - 1 - ln y`, for any kind of number; `log` stands for `ln y`.

    It is non-negative for `y > 0`. Source: SPEC T1.
    """
    return y - 1 - log


def log_lemma(policies: int, actions: int) -> Iterator[Case]:
    """The log lemma: the gap falls on (0, 1], by slope `-(1-u)^2/u`. Source: SPEC T1."""
    yield _at_one(log_lemma_gap)
    yield _falls(log_lemma_gap, lambda below: Term((), square=below))


def tangent(policies: int, actions: int) -> Iterator[Case]:
    """The tangent at 1: the gap falls on (0, 1] and rises after, by slope `1 - 1/y`."""
    yield _at_one(tangent_gap)
    yield _falls(tangent_gap, lambda below: Term(("below",)))
    v = variables("u")
    rise = {"rise": v["u"] - 1}
    certificate = Certificate((Term(("rise",)),))
    yield Case("u >= 1: u g' >= 0", v, rise, _slope(tangent_gap), certificate=certificate)


Gap = Callable[[Any, Any], Any]


def _slope(gap: Gap) -> Poly:
    """`u` times the derivative of `gap(u, ln u)`, a polynomial in u; ValueError if ln u stays."""
    both = variables("u", "l")
    u, log = both["u"], both["l"]
    found = gap(u, log)
    return (u * found.diff(u) + found.diff(log)).drop(log)


def _at_one(gap: Gap) -> Case:
    v = variables("u")
    one = 1 + 0 * v["u"]
    return Case("g = 0 at 1", v, {}, gap(one, 0 * one), certificate=Certificate(()))


def _falls(gap: Gap, term: Callable[[Poly], Term]) -> Case:
    v = variables("u")
    below = 1 - v["u"]
    positive, certificate = {"u": v["u"]}, Certificate((term(below),))
    goal = -_slope(gap)
    return Case("0 < u <= 1: -u g' >= 0", v, {"below": below}, goal, positive, {}, certificate)

"""Machines: which rule a step follows."""

from __future__ import annotations

from collections.abc import Iterator

from exact_cbil.history import Rule
from exact_cbil.policy import constant
from exact_cbil.testing.scenarios import notation
from exact_cbil.testing.scenarios.notation import FAIR, SKEW, WEKS, A, B, Entry, State, ask

__all__ = ["entries"]


def entries() -> Iterator[Entry]:
    """The entries of this kind, in the order of their ids."""

    def _with_fair(
        name: str, flags: str, comment: str, states: list[State], history: str, **more: str
    ) -> Entry:
        policies = {"machine": notation.machine("s0", *states), "fair": constant(FAIR)}
        return ask(name, flags, comment, policies, "1/2 1/2", "1/9", history, **more)

    yield _with_fair(
        "rule-order",
        "rule-order",
        "two rules match: the first decides",
        [(SKEW, [Rule("s1", "a"), Rule("s2")]), (WEKS, []), (A, [])],
        "a",
    )
    yield _with_fair(
        "no-match",
        "no-match",
        "no rule matches: the machine stays",
        [(SKEW, [Rule("s1", "a")]), (WEKS, [Rule("s0", "b")])],
        "a a!",
    )
    yield _with_fair(
        "action-rule",
        "action-rule",
        "a rule for another action does not apply",
        [(SKEW, [Rule("s1", "b")]), (WEKS, [])],
        "a",
    )
    yield _with_fair(
        "observation-rule",
        "observation-rule",
        "a rule for another observation does not apply",
        [(SKEW, [Rule("s1", observation="y")]), (WEKS, [])],
        "a/x",
        observations="x y",
    )
    yield _with_fair(
        "observation-and-action",
        "observation-rule action-rule",
        "a rule that names both needs both",
        [(SKEW, [Rule("s1", "a", "y")]), (WEKS, [Rule("s0", "b", "y")])],
        "a/x b/y a/y b/x",
        observations="x y",
    )
    yield _with_fair(
        "queried-rule",
        "queried-rule",
        "a member may see who acted",
        [(SKEW, [Rule("s1", queried=True)]), (WEKS, [])],
        "a b",
    )
    yield _with_fair(
        "unqueried-rule",
        "queried-rule",
        "and wait for a step of the imitator",
        [(SKEW, [Rule("s1", queried=False)]), (WEKS, [])],
        "a! b!",
    )
    yield _with_fair(
        "unqueried-advance",
        "unqueried-advance",
        "machines move on every step",
        [(SKEW, [Rule("s1")]), (WEKS, [Rule("s0")])],
        "a b! a",
    )
    yield _with_fair(
        "state-before",
        "no-update last-step",
        "a step is judged by what was emitted before it",
        [(A, [Rule("s1")]), (B, [Rule("s0")])],
        "a! b! a!",
    )
    yield _with_fair(
        "realizable",
        "unqueried-advance",
        "a demonstrator with states, inside the class",
        [(SKEW, [Rule("s1", "a"), Rule("s0", "b")]), (WEKS, [])],
        "a b! a",
        demonstrator="machine",
    )

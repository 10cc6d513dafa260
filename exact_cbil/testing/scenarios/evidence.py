"""Evidence: what changes the posterior, and what does not."""

from __future__ import annotations

from collections.abc import Iterator

from exact_cbil.testing.scenarios.notation import FAIR, SKEW, WEKS, A, B, Entry, ask

__all__ = ["entries"]


def entries() -> Iterator[Entry]:
    """The entries of this kind, in the order of their ids."""
    two = {"one": SKEW, "two": WEKS}
    yield ask("queried", "no-update", "one queried step is evidence", two, "1/2 1/2", "1/3", "b!")
    yield ask(
        "unqueried",
        "unqueried-update",
        "one step of the imitator is none",
        two,
        "1/2 1/2",
        "1/3",
        "b",
    )
    yield ask(
        "mixed",
        "unqueried-update no-update",
        "of five steps three were queried",
        two,
        "1/3 2/3",
        "1/5",
        "a b! a b! b!",
    )
    yield ask("prior", "prior", "the prior outweighs one query", two, "1/10 9/10", "1/9", "a!")
    yield ask("last-step", "last-step", "only the last step counts", two, "1/2 1/2", "1/3", "a b!")
    yield ask(
        "zero-probability",
        "zero-probability",
        "a policy that could not have done it is gone",
        {"sure": A, "fair": FAIR},
        "9/10 1/10",
        "1/10",
        "b!",
    )
    yield ask(
        "zero-probability-later",
        "zero-probability",
        "and stays gone however right it is later",
        {"sure": A, "fair": FAIR, "skew": SKEW},
        "8/10 1/10 1/10",
        "1/10",
        "b! a! a! a!",
    )
    yield ask(
        "dropped-returns",
        "dropped-returns",
        "a policy drops out of the top set and comes back",
        two,
        "1/2 1/2",
        "1/4",
        "b! b! a! a!",
    )
    yield ask(
        "dropped-returns-alone",
        "dropped-returns",
        "it comes back as the only member",
        two,
        "1/2 1/2",
        "1/3",
        "b! b! b! a! a! a! a! a!",
    )
    empty = "empty-top-set"
    yield ask(
        "empty", empty, "nobody could have done it: all weights 0", {"a": A}, "1", "1/4", "b!"
    )
    yield ask(
        "empty-three",
        empty,
        "three policies, each refuted by another step",
        {"a": A, "b": B, "aa": A},
        "1/4 1/2 1/4",
        "1/4",
        "a! b! a",
    )
    yield ask(
        "posterior-support",
        "posterior-support",
        "the posterior counts policies outside the top set",
        two,
        "9/10 1/10",
        "1/5",
    )

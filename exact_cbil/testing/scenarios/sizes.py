"""Sizes: one policy, one action, a thousand, long histories, long numbers."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from exact_cbil.testing.scenarios.notation import FAIR, SKEW, WEKS, Entry, ask

__all__ = ["entries"]


def entries() -> Iterator[Entry]:
    """The entries of this kind, in the order of their ids."""
    two = {"one": SKEW, "two": WEKS}
    yield ask("one-policy", "query-probability", "a class of one", {"p": SKEW}, "1", "1/2", "b!")
    yield ask(
        "one-policy-defective",
        "one-policy defective-member",
        "a class of one that does not always act",
        {"p": {"a": "1/2", "b": "1/4"}},
        "1",
        "1/2",
    )
    yield ask(
        "one-action",
        "one-action defective-member",
        "one action, done with probability 1/3",
        {"p": {"a": "1/3"}, "q": {"a": "2/3"}},
        "1/2 1/2",
        "1/3",
        "a!",
        actions="a",
    )
    thousand = {f"p{k}": (SKEW, WEKS, FAIR)[k % 3] for k in range(1000)}
    rising = " ".join(str(Fraction(1000 + k, 1499500)) for k in range(1000))
    yield ask(
        "thousand-policies",
        "many-policies rank-order",
        "the heaviest come last",
        thousand,
        rising,
        "1/900",
        "b!",
    )
    yield ask(
        "thousand-equal",
        "tie-order threshold-met",
        "a thousand equal weights of which 400 are members",
        thousand,
        " ".join(["1/1000"] * 1000),
        "1/400",
    )
    long = {"skew": SKEW, "fair": FAIR, "weks": WEKS}
    yield ask(
        "long-history",
        "long-history unqueried-update",
        "two hundred steps of which half are evidence",
        long,
        "1/3 1/3 1/3",
        "1/9",
        "b! a b! a a! b! b a b b " * 20,
    )
    tiny = {"one": {"a": "1/8", "b": "1/16"}, "two": {"a": "1/16", "b": "1/8"}}
    yield ask(
        "underflow",
        "underflow",
        "every unnormalised weight is below the least float64, and they are equal",
        tiny,
        "1/2 1/2",
        "1/3",
        "a! b! " * 170,
    )
    yield ask(
        "underflow-revival",
        "underflow long-history",
        "one weight falls to 3^-700 of the other and comes back",
        two,
        "1/2 1/2",
        "1/5",
        "a! " * 700 + "b! " * 700,
    )
    big = 10**1500 + 3
    yield ask(
        "huge-numbers",
        "huge-numbers",
        "prior weights with denominators of 1,500 digits",
        two,
        f"{Fraction(big // 3, big)} {1 - Fraction(big // 3, big)}",
        "1/4",
        "a! b!",
    )
    edge = 2**64 + 13
    yield ask(
        "beyond-64-bits",
        "huge-numbers near-tie",
        "weights that differ in the last of 65 bits",
        two,
        f"{Fraction(edge // 2, edge)} {Fraction(edge - edge // 2, edge)}",
        "1/3",
    )

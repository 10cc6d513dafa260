"""Shapes, names and orders: what is right for few and plain things, and wrong for others."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from exact_cbil.history import Rule
from exact_cbil.testing.drawing import backwards
from exact_cbil.testing.scenarios.notation import FAIR, SKEW, WEKS, A, Entry, ask, machine

__all__ = ["entries"]


def entries() -> Iterator[Entry]:
    """The entries of this kind, in the order of their ids."""
    yield ask(
        "v2-start-second",
        "start",
        "the start is the second state that is listed",
        {"turn": machine("s1", (SKEW, []), (WEKS, [Rule("s0", "b")])), "fair": FAIR},
        "1/2 1/2",
        "1/5",
        "b! a!",
    )
    nine = [f"a{k}" for k in range(9)]
    yield ask(
        "v2-nine-actions",
        "eight-actions count-actions",
        "the minimum of the ninth action",
        {
            "one": {**dict.fromkeys(nine[:8], "1/16"), "a8": "1/2"},
            "two": dict.fromkeys(nine, "1/9"),
        },
        "1/2 1/2",
        "1/3",
        "a8!",
        actions=" ".join(nine),
    )
    seen = " ".join(f"x{k}" for k in range(17))
    for size in (4, 8, 16):
        rules = [Rule("s0", observation="x0"), Rule("s1", observation=f"x{size}")]
        yield ask(
            f"v2-observation-{size + 1}",
            "count-observations",
            f"observation {size + 1} is not observation 1",
            {"reads": machine("s0", (SKEW, rules), (WEKS, [])), "fair": FAIR},
            "1/2 1/2",
            "1/5",
            f"a/x{size} b!/x{size}",
            observations=seen,
        )
    for size in (2, 4, 8, 16):
        others = [Rule("s0", observation=f"x{k}") for k in range(size)]
        rules = [*others, Rule("s1", observation="x16")]
        yield ask(
            f"v2-rule-{size + 1}",
            "count-rules",
            f"rule {size + 1} of a state is the first that matches",
            {"reads": machine("s0", (SKEW, rules), (WEKS, [])), "fair": FAIR},
            "1/2 1/2",
            "1/5",
            "a/x16 b!/x16",
            observations=seen,
        )
    others = [Rule("s0", observation=f"x{k}") for k in range(4)]
    yield ask(
        "v2-first-rule",
        "count-rules rule-kinds",
        "the first of five rules is the one that matches",
        {
            "reads": machine("s0", (SKEW, [Rule("s1", "a", "x16", True), *others]), (WEKS, [])),
            "fair": FAIR,
        },
        "1/2 1/2",
        "1/5",
        "a!/x16 b!/x16",
        observations=seen,
    )
    chain = [(SKEW, [Rule(f"s{k + 1}")]) for k in range(16)]
    yield ask(
        "v2-state-17",
        "count-states",
        "the state after sixteen steps is none of the first sixteen",
        {"long": machine("s0", *chain, (WEKS, [])), "fair": FAIR},
        "1/2 1/2",
        "1/5",
        "a " * 16 + "b!",
    )
    yield ask(
        "v2-integer-names",
        "integer-keys class-order",
        "names that look like integers are listed in falling order, and tie",
        {"2": SKEW, "1": WEKS},
        "1/2 1/2",
        "1/3",
    )
    words = {"constructor": "1/2", "__proto__": "1/4", "toString": "1/4"}
    yield ask(
        "v2-reserved-names",
        "reserved-names",
        "actions and policies are called like members of every object in JavaScript",
        {"constructor": words, "__proto__": {**words, "constructor": "1/4", "toString": "1/2"}},
        "1/2 1/2",
        "1/3",
        "constructor! toString!",
        actions=" ".join(words),
    )
    least = Fraction(1, 10**310)
    yield ask(
        "v2-least-likelihood",
        "long-product likelihood-digits",
        "one answer of probability 1e-310, and an equal one",
        {"one": {"a": 1 - least, "b": least}, "two": {"a": 1 - 2 * least, "b": 2 * least}},
        "1/2 1/2",
        "1/3",
        "b!",
    )
    tied = ask(
        "v2-prior-order",
        "class-order",
        "the prior lists the policies in the other order: class order is that of `policies`",
        {"one": SKEW, "two": WEKS, "sure": A},
        "1/3 1/3 1/3",
        "1/3",
    )
    yield backwards(tied[0]), tied[1]
    many = {f"p{k}": FAIR for k in range(256)}
    yield ask(
        "v2-policy-257",
        "count-policies many-policies",
        "the heaviest policy is the 257th",
        {**many, "last": SKEW},
        f"{' '.join(['1/512'] * 256)} 1/2",
        "1/3",
    )
    yield ask(
        "v2-step-600",
        "count-steps long-history",
        "six hundred steps, all of which count",
        {"one": SKEW, "two": WEKS},
        "1/2 1/2",
        "1/5",
        "a! b " * 250 + "b! b! a b " * 25,
    )

"""The minimum, its deficit, and members that have one."""

from __future__ import annotations

from collections.abc import Iterator

from exact_cbil.testing.scenarios.notation import FAIR, SKEW, WEKS, A, B, Entry, ask

__all__ = ["entries"]


def entries() -> Iterator[Entry]:
    """The entries of this kind, in the order of their ids."""
    two = {"one": SKEW, "two": WEKS}
    yield ask(
        "minimum",
        "maximum renormalised-minimum",
        "m = (1/4, 1/4), theta = 1/2",
        two,
        "1/2 1/2",
        "1/3",
    )
    yield ask(
        "theta",
        "query-probability renormalised-minimum",
        "the query probability is the deficit",
        {"one": SKEW, "two": FAIR},
        "1/2 1/2",
        "1/3",
    )
    yield ask(
        "class-minimum",
        "class-minimum",
        "a policy outside the top set has no say",
        two,
        "9/10 1/10",
        "1/5",
    )
    yield ask(
        "missing-action",
        "missing-action",
        "an action that a policy does not list has probability 0",
        {"sure": A, "fair": FAIR},
        "1/2 1/2",
        "1/3",
    )
    yield ask(
        "disjoint",
        "missing-action maximum",
        "members that share no action: m = 0, theta = 1",
        {"a": A, "b": B},
        "1/2 1/2",
        "1/2",
    )
    yield ask(
        "defective",
        "defective-member",
        "a deficit is not shared out",
        {"leaky": {"a": "1/2", "b": "1/4"}, "fair": FAIR},
        "1/2 1/2",
        "1/3",
    )
    yield ask(
        "defective-evidence",
        "defective-member",
        "nor in the likelihood",
        {"leaky": {"a": "1/2", "b": "1/4"}, "fair": FAIR},
        "1/2 1/2",
        "1/3",
        "b! b!",
    )
    yield ask(
        "halted",
        "missing-action",
        "a member that emits nothing at all makes theta = 1",
        {"nothing": {}, "fair": FAIR},
        "1/2 1/2",
        "1/3",
    )
    yield ask(
        "three-actions",
        "maximum class-minimum renormalised-minimum",
        "each policy is least at another action",
        {
            "one": {"a": "1/6", "b": "1/3", "c": "1/2"},
            "two": {"a": "1/2", "b": "1/6", "c": "1/3"},
            "out": {"a": "1/3", "b": "1/2", "c": "1/12"},
        },
        "5/11 5/11 1/11",
        "1/8",
        actions="a b c",
    )

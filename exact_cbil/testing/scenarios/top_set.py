"""The top set: ties, the threshold, alpha, and what is nearly one of them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from exact_cbil.testing.scenarios.notation import FAIR, NEAR, SKEW, WEKS, A, Entry, ask

__all__ = ["entries"]


def entries() -> Iterator[Entry]:
    """The entries of this kind, in the order of their ids."""
    two = {"one": SKEW, "two": WEKS}
    three = {"one": SKEW, "two": WEKS, "three": FAIR}
    swapped = {"two": WEKS, "one": SKEW}
    yield ask("tie-two", "tie-order", "equal weights: class order decides", two, "1/2 1/2", "1/3")
    yield ask(
        "tie-two-swapped",
        "tie-order",
        "the same with the names in the other order: it is not the alphabet that decides",
        swapped,
        "1/2 1/2",
        "1/3",
    )
    yield ask(
        "tie-cut",
        "tie-order",
        "three equal weights of which two are members: which two is decided by class order",
        three,
        "1/3 1/3 1/3",
        "1/2",
    )
    yield ask(
        "tie-by-evidence",
        "tie-order",
        "unequal priors that one query makes equal",
        {"late": {"a": "1/4", "b": "3/4"}, "early": {"a": "3/4", "b": "1/4"}},
        "3/4 1/4",
        "1/3",
        "a!",
    )
    yield ask(
        "rank-order",
        "rank-order",
        "the heaviest policy is listed last",
        three,
        "1/10 3/10 6/10",
        "1/20",
    )
    yield ask(
        "rank-prefix",
        "rank-order",
        "only the heaviest, listed last, is a member",
        three,
        "1/10 3/10 6/10",
        "2/5",
    )
    yield ask(
        "threshold-met", "threshold-met", "2 = (2/5) (3 + 2): a member", two, "3/5 2/5", "2/5"
    )
    yield ask(
        "threshold-met-third",
        "threshold-met",
        "met exactly at rank 3",
        three,
        "1/2 1/3 1/6",
        "1/6",
    )
    yield ask(
        "threshold-missed",
        "alpha-above-half",
        "a tie of two: half is less than 51/100 of the sum",
        two,
        "1/2 1/2",
        "51/100",
    )
    yield ask(
        "alpha-half-tie",
        "alpha-half threshold-met",
        "alpha = 1/2 keeps both of two equal policies",
        two,
        "1/2 1/2",
        "1/2",
    )
    yield ask(
        "alpha-half-three",
        "alpha-half threshold-met",
        "alpha = 1/2 keeps two of three equal policies",
        three,
        "1/3 1/3 1/3",
        "1/2",
    )
    yield ask(
        "alpha-two-thirds",
        "alpha-above-half",
        "above 1/2 only the heaviest is kept, even in a tie",
        two,
        "1/2 1/2",
        "2/3",
    )
    yield ask("alpha-one", "alpha-one", "alpha = 1 keeps the heaviest", two, "2/3 1/3", 1)
    yield ask(
        "alpha-one-tie",
        "alpha-one alpha-above-half",
        "alpha = 1 keeps the first of equals",
        two,
        "1/2 1/2",
        1,
    )
    yield ask(
        "total-weight",
        "total-weight",
        "4/10 < (1/2)(4/10 + ...) of all, but rank 1 is always a member",
        {**three, "four": A},
        "4/10 2/10 2/10 2/10",
        "1/2",
    )
    yield ask(
        "total-weight-deep",
        "total-weight",
        "rank 2 is 1/4 of the first two and 1/8 of all",
        {f"p{k}": (SKEW, WEKS, FAIR)[k % 3] for k in range(6)},
        "3/8 1/8 1/8 1/8 1/8 1/8",
        "1/4",
    )
    yield ask(
        "running-weight",
        "running-weight",
        "1/4 of 4 is met only if the policy itself is left out of the sum",
        two,
        "4/5 1/5",
        "1/4",
    )
    yield ask(
        "heaviest-weight",
        "heaviest-weight",
        "rank 3 is 1/4 of the first and 1/6 of the sum",
        three,
        "4/7 2/7 1/7",
        "1/5",
    )
    yield ask(
        "prefix",
        "heaviest-weight",
        "a long equal tail: with alpha = 1/4 it is cut after four",
        {f"p{k}": (SKEW, WEKS, FAIR)[k % 3] for k in range(8)},
        " ".join(["1/8"] * 8),
        "1/4",
    )
    closer = f"{1 / (2 + NEAR)} {(1 + NEAR) / (2 + NEAR)}"
    yield ask("near-tie", "near-tie", "two weights in ratio 1 to 1 + 2^-60", two, closer, "1/3")
    yield ask(
        "near-tie-cut",
        "near-tie",
        "the same where only one of them can be a member",
        two,
        closer,
        "4/5",
    )
    yield ask(
        "near-threshold",
        "near-tie",
        "the second weight is 2/5, alpha 2/5 (1 + 2^-60)",
        two,
        "3/5 2/5",
        Fraction(2, 5) * (1 + NEAR),
    )
    yield ask(
        "near-threshold-third",
        "near-tie",
        "the third weight is 1/6, alpha 1/6 (1 + 2^-60)",
        three,
        "1/2 1/3 1/6",
        Fraction(1, 6) * (1 + NEAR),
    )

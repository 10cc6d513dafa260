"""What the vectors ask: by hand, one small question for each thing that tends to go wrong.

`python -m exact_cbil.testing.scenarios FOLDER` writes them all. Ids are published: a scenario is
added under a new one, never changed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path

from exact_cbil.environment import silent
from exact_cbil.history import History, Rule, Step
from exact_cbil.model import Model
from exact_cbil.models import SHIPPED
from exact_cbil.policy import MoorePolicy, Policy, constant
from exact_cbil.rational import RationalLike
from exact_cbil.semimeasure import Semimeasure
from exact_cbil.testing.questions import Question
from exact_cbil.testing.vectors import VERSION, write_vectors

__all__ = ["groups"]

Masses = Mapping[str, RationalLike]
Entry = tuple[Question, str]
NEAR = Fraction(1, 2**60)
FAIR: Masses = {"a": "1/2", "b": "1/2"}
SKEW: Masses = {"a": "3/4", "b": "1/4"}
WEKS: Masses = {"a": "1/4", "b": "3/4"}
A: Masses = {"a": 1}
B: Masses = {"b": 1}


def _history(steps: str) -> History:
    """`a!` is a queried a, `b` an unqueried b, `a/y` one that was answered by observation y."""
    made = []
    for token in steps.split():
        act, _, observation = token.partition("/")
        made.append(Step(act.endswith("!"), act.rstrip("!"), observation or "x"))
    return tuple(made)


def _ask(
    name: str,
    flags: str,
    comment: str,
    policies: Mapping[str, Masses | Policy],
    prior: str,
    alpha: RationalLike,
    history: str | History = "",
    actions: str = "a b",
    observations: str = "x",
    demonstrator: str | None = None,
) -> Entry:
    """One scenario; `prior` lists the weights in class order. The demonstrator is an outsider."""
    listed = actions.split()
    model = Model(
        actions=listed,
        observations=observations.split(),
        policies={n: p if isinstance(p, Policy) else constant(p) for n, p in policies.items()},
        prior=dict(zip(policies, prior.split(), strict=True)),
        demonstrator=demonstrator or constant({listed[0]: 1}),
        environment=silent(listed),
        alpha=alpha,
    )
    steps = _history(history) if isinstance(history, str) else history
    return Question(f"{VERSION}-{name}", model, steps, tuple(flags.split())), comment


def _top_set() -> Iterator[Entry]:
    two = {"one": SKEW, "two": WEKS}
    three = {"one": SKEW, "two": WEKS, "three": FAIR}
    swapped = {"two": WEKS, "one": SKEW}
    yield _ask("tie-two", "tie-order", "equal weights: class order decides", two, "1/2 1/2", "1/3")
    yield _ask(
        "tie-two-swapped",
        "tie-order",
        "the same with the names in the other order: it is not the alphabet that decides",
        swapped,
        "1/2 1/2",
        "1/3",
    )
    yield _ask(
        "tie-cut",
        "tie-order",
        "three equal weights of which two are members: which two is decided by class order",
        three,
        "1/3 1/3 1/3",
        "1/2",
    )
    yield _ask(
        "tie-by-evidence",
        "tie-order",
        "unequal priors that one query makes equal",
        {"late": {"a": "1/4", "b": "3/4"}, "early": {"a": "3/4", "b": "1/4"}},
        "3/4 1/4",
        "1/3",
        "a!",
    )
    yield _ask(
        "rank-order",
        "rank-order",
        "the heaviest policy is listed last",
        three,
        "1/10 3/10 6/10",
        "1/20",
    )
    yield _ask(
        "rank-prefix",
        "rank-order",
        "only the heaviest, listed last, is a member",
        three,
        "1/10 3/10 6/10",
        "2/5",
    )
    yield _ask(
        "threshold-met", "threshold-met", "2 = (2/5) (3 + 2): a member", two, "3/5 2/5", "2/5"
    )
    yield _ask(
        "threshold-met-third",
        "threshold-met",
        "met exactly at rank 3",
        three,
        "1/2 1/3 1/6",
        "1/6",
    )
    yield _ask(
        "threshold-missed",
        "alpha-above-half",
        "a tie of two: half is less than 51/100 of the sum",
        two,
        "1/2 1/2",
        "51/100",
    )
    yield _ask(
        "alpha-half-tie",
        "alpha-half threshold-met",
        "alpha = 1/2 keeps both of two equal policies",
        two,
        "1/2 1/2",
        "1/2",
    )
    yield _ask(
        "alpha-half-three",
        "alpha-half threshold-met",
        "alpha = 1/2 keeps two of three equal policies",
        three,
        "1/3 1/3 1/3",
        "1/2",
    )
    yield _ask(
        "alpha-two-thirds",
        "alpha-above-half",
        "above 1/2 only the heaviest is kept, even in a tie",
        two,
        "1/2 1/2",
        "2/3",
    )
    yield _ask("alpha-one", "alpha-one", "alpha = 1 keeps the heaviest", two, "2/3 1/3", 1)
    yield _ask(
        "alpha-one-tie",
        "alpha-one alpha-above-half",
        "alpha = 1 keeps the first of equals",
        two,
        "1/2 1/2",
        1,
    )
    yield _ask(
        "total-weight",
        "total-weight",
        "4/10 < (1/2)(4/10 + ...) of all, but rank 1 is always a member",
        {**three, "four": A},
        "4/10 2/10 2/10 2/10",
        "1/2",
    )
    yield _ask(
        "total-weight-deep",
        "total-weight",
        "rank 2 is 1/4 of the first two and 1/8 of all",
        {f"p{k}": (SKEW, WEKS, FAIR)[k % 3] for k in range(6)},
        "3/8 1/8 1/8 1/8 1/8 1/8",
        "1/4",
    )
    yield _ask(
        "running-weight",
        "running-weight",
        "1/4 of 4 is met only if the policy itself is left out of the sum",
        two,
        "4/5 1/5",
        "1/4",
    )
    yield _ask(
        "heaviest-weight",
        "heaviest-weight",
        "rank 3 is 1/4 of the first and 1/6 of the sum",
        three,
        "4/7 2/7 1/7",
        "1/5",
    )
    yield _ask(
        "prefix",
        "heaviest-weight",
        "a long equal tail: with alpha = 1/4 it is cut after four",
        {f"p{k}": (SKEW, WEKS, FAIR)[k % 3] for k in range(8)},
        " ".join(["1/8"] * 8),
        "1/4",
    )
    closer = f"{1 / (2 + NEAR)} {(1 + NEAR) / (2 + NEAR)}"
    yield _ask("near-tie", "near-tie", "two weights in ratio 1 to 1 + 2^-60", two, closer, "1/3")
    yield _ask(
        "near-tie-cut",
        "near-tie",
        "the same where only one of them can be a member",
        two,
        closer,
        "4/5",
    )
    yield _ask(
        "near-threshold",
        "near-tie",
        "the second weight is 2/5, alpha 2/5 (1 + 2^-60)",
        two,
        "3/5 2/5",
        Fraction(2, 5) * (1 + NEAR),
    )
    yield _ask(
        "near-threshold-third",
        "near-tie",
        "the third weight is 1/6, alpha 1/6 (1 + 2^-60)",
        three,
        "1/2 1/3 1/6",
        Fraction(1, 6) * (1 + NEAR),
    )


def _evidence() -> Iterator[Entry]:
    two = {"one": SKEW, "two": WEKS}
    yield _ask("queried", "no-update", "one queried step is evidence", two, "1/2 1/2", "1/3", "b!")
    yield _ask(
        "unqueried",
        "unqueried-update",
        "one step of the imitator is none",
        two,
        "1/2 1/2",
        "1/3",
        "b",
    )
    yield _ask(
        "mixed",
        "unqueried-update no-update",
        "of five steps three were queried",
        two,
        "1/3 2/3",
        "1/5",
        "a b! a b! b!",
    )
    yield _ask("prior", "prior", "the prior outweighs one query", two, "1/10 9/10", "1/9", "a!")
    yield _ask("last-step", "last-step", "only the last step counts", two, "1/2 1/2", "1/3", "a b!")
    yield _ask(
        "zero-probability",
        "zero-probability",
        "a policy that could not have done it is gone",
        {"sure": A, "fair": FAIR},
        "9/10 1/10",
        "1/10",
        "b!",
    )
    yield _ask(
        "zero-probability-later",
        "zero-probability",
        "and stays gone however right it is later",
        {"sure": A, "fair": FAIR, "skew": SKEW},
        "8/10 1/10 1/10",
        "1/10",
        "b! a! a! a!",
    )
    yield _ask(
        "dropped-returns",
        "dropped-returns",
        "a policy drops out of the top set and comes back",
        two,
        "1/2 1/2",
        "1/4",
        "b! b! a! a!",
    )
    yield _ask(
        "dropped-returns-alone",
        "dropped-returns",
        "it comes back as the only member",
        two,
        "1/2 1/2",
        "1/3",
        "b! b! b! a! a! a! a! a!",
    )
    empty = "empty-top-set"
    yield _ask(
        "empty", empty, "nobody could have done it: all weights 0", {"a": A}, "1", "1/4", "b!"
    )
    yield _ask(
        "empty-three",
        empty,
        "three policies, each refuted by another step",
        {"a": A, "b": B, "aa": A},
        "1/4 1/2 1/4",
        "1/4",
        "a! b! a",
    )
    yield _ask(
        "posterior-support",
        "posterior-support",
        "the posterior counts policies outside the top set",
        two,
        "9/10 1/10",
        "1/5",
    )


def _minimum() -> Iterator[Entry]:
    two = {"one": SKEW, "two": WEKS}
    yield _ask(
        "minimum",
        "maximum renormalised-minimum",
        "m = (1/4, 1/4), theta = 1/2",
        two,
        "1/2 1/2",
        "1/3",
    )
    yield _ask(
        "theta",
        "query-probability renormalised-minimum",
        "the query probability is the deficit",
        {"one": SKEW, "two": FAIR},
        "1/2 1/2",
        "1/3",
    )
    yield _ask(
        "class-minimum",
        "class-minimum",
        "a policy outside the top set has no say",
        two,
        "9/10 1/10",
        "1/5",
    )
    yield _ask(
        "missing-action",
        "missing-action",
        "an action that a policy does not list has probability 0",
        {"sure": A, "fair": FAIR},
        "1/2 1/2",
        "1/3",
    )
    yield _ask(
        "disjoint",
        "missing-action maximum",
        "members that share no action: m = 0, theta = 1",
        {"a": A, "b": B},
        "1/2 1/2",
        "1/2",
    )
    yield _ask(
        "defective",
        "defective-member",
        "a deficit is not shared out",
        {"leaky": {"a": "1/2", "b": "1/4"}, "fair": FAIR},
        "1/2 1/2",
        "1/3",
    )
    yield _ask(
        "defective-evidence",
        "defective-member",
        "nor in the likelihood",
        {"leaky": {"a": "1/2", "b": "1/4"}, "fair": FAIR},
        "1/2 1/2",
        "1/3",
        "b! b!",
    )
    yield _ask(
        "halted",
        "missing-action",
        "a member that emits nothing at all makes theta = 1",
        {"nothing": {}, "fair": FAIR},
        "1/2 1/2",
        "1/3",
    )
    yield _ask(
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


def _machine(*states: tuple[Masses, list[Rule]]) -> MoorePolicy:
    made = {f"s{k}": (Semimeasure(masses), rules) for k, (masses, rules) in enumerate(states)}
    return MoorePolicy.of("s0", made)


def _machines() -> Iterator[Entry]:
    fair = {"fair": FAIR}

    def ask(
        name: str, flags: str, comment: str, machine: MoorePolicy, history: str, **more: str
    ) -> Entry:
        policies: dict[str, Masses | Policy] = {"machine": machine, **fair}
        return _ask(name, flags, comment, policies, "1/2 1/2", "1/9", history, **more)

    yield ask(
        "rule-order",
        "rule-order",
        "two rules match: the first decides",
        _machine((SKEW, [Rule("s1", "a"), Rule("s2")]), (WEKS, []), (A, [])),
        "a",
    )
    yield ask(
        "no-match",
        "no-match",
        "no rule matches: the machine stays",
        _machine((SKEW, [Rule("s1", "a")]), (WEKS, [Rule("s0", "b")])),
        "a a!",
    )
    yield ask(
        "action-rule",
        "action-rule",
        "a rule for another action does not apply",
        _machine((SKEW, [Rule("s1", "b")]), (WEKS, [])),
        "a",
    )
    yield ask(
        "observation-rule",
        "observation-rule",
        "a rule for another observation does not apply",
        _machine((SKEW, [Rule("s1", observation="y")]), (WEKS, [])),
        "a/x",
        observations="x y",
    )
    yield ask(
        "observation-and-action",
        "observation-rule action-rule",
        "a rule that names both needs both",
        _machine((SKEW, [Rule("s1", "a", "y")]), (WEKS, [Rule("s0", "b", "y")])),
        "a/x b/y a/y b/x",
        observations="x y",
    )
    yield ask(
        "queried-rule",
        "queried-rule",
        "a member may see who acted",
        _machine((SKEW, [Rule("s1", queried=True)]), (WEKS, [])),
        "a b",
    )
    yield ask(
        "unqueried-rule",
        "queried-rule",
        "and wait for a step of the imitator",
        _machine((SKEW, [Rule("s1", queried=False)]), (WEKS, [])),
        "a! b!",
    )
    yield ask(
        "unqueried-advance",
        "unqueried-advance",
        "machines move on every step",
        _machine((SKEW, [Rule("s1")]), (WEKS, [Rule("s0")])),
        "a b! a",
    )
    yield ask(
        "state-before",
        "no-update last-step",
        "a step is judged by what was emitted before it",
        _machine((A, [Rule("s1")]), (B, [Rule("s0")])),
        "a! b! a!",
    )
    yield ask(
        "realizable",
        "unqueried-advance",
        "a demonstrator with states, inside the class",
        _machine((SKEW, [Rule("s1", "a"), Rule("s0", "b")]), (WEKS, [])),
        "a b! a",
        demonstrator="machine",
    )


def _sizes() -> Iterator[Entry]:
    two = {"one": SKEW, "two": WEKS}
    yield _ask("one-policy", "query-probability", "a class of one", {"p": SKEW}, "1", "1/2", "b!")
    yield _ask(
        "one-policy-defective",
        "one-policy defective-member",
        "a class of one that does not always act",
        {"p": {"a": "1/2", "b": "1/4"}},
        "1",
        "1/2",
    )
    yield _ask(
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
    yield _ask(
        "thousand-policies",
        "many-policies rank-order",
        "the heaviest come last",
        thousand,
        rising,
        "1/900",
        "b!",
    )
    yield _ask(
        "thousand-equal",
        "tie-order threshold-met",
        "a thousand equal weights of which 400 are members",
        thousand,
        " ".join(["1/1000"] * 1000),
        "1/400",
    )
    long = {"skew": SKEW, "fair": FAIR, "weks": WEKS}
    yield _ask(
        "long-history",
        "long-history unqueried-update",
        "two hundred steps of which half are evidence",
        long,
        "1/3 1/3 1/3",
        "1/9",
        "b! a b! a a! b! b a b b " * 20,
    )
    tiny = {"one": {"a": "1/8", "b": "1/16"}, "two": {"a": "1/16", "b": "1/8"}}
    yield _ask(
        "underflow",
        "underflow",
        "every unnormalised weight is below the least float64, and they are equal",
        tiny,
        "1/2 1/2",
        "1/3",
        "a! b! " * 170,
    )
    yield _ask(
        "underflow-revival",
        "underflow long-history",
        "one weight falls to 3^-700 of the other and comes back",
        two,
        "1/2 1/2",
        "1/5",
        "a! " * 700 + "b! " * 700,
    )
    big = 10**1500 + 3
    yield _ask(
        "huge-numbers",
        "huge-numbers",
        "prior weights with denominators of 1,500 digits",
        two,
        f"{Fraction(big // 3, big)} {1 - Fraction(big // 3, big)}",
        "1/4",
        "a! b!",
    )
    edge = 2**64 + 13
    yield _ask(
        "beyond-64-bits",
        "huge-numbers near-tie",
        "weights that differ in the last of 65 bits",
        two,
        f"{Fraction(edge // 2, edge)} {Fraction(edge - edge // 2, edge)}",
        "1/3",
    )


def _shipped() -> Iterator[Entry]:
    histories = {
        "treacherous-turn": "safe safe! other! safe! safe safe safe! other!",
        "rare-action": "usual! usual! rare! usual",
        "chain": "0!/o 1/o 0!/o 1!/o",
        "defective": "go! stop! go! go",
        "two-observers": "none/sun umbrella!/rain umbrella/rain none!/sun",
    }
    suspects = {
        "treacherous-turn": "unqueried-advance",
        "rare-action": "zero-probability",
        "chain": "unqueried-advance",
        "defective": "defective-member",
        "two-observers": "observation-rule",
    }
    for name, steps in histories.items():
        flags = (suspects[name],)
        question = Question(f"{VERSION}-shipped-{name}", SHIPPED[name](), _history(steps), flags)
        yield question, f"the shipped model {name}"


def groups() -> list[tuple[str, list[Entry]]]:
    """Every scenario, in the groups that become files."""
    kinds = {
        "evidence": _evidence,
        "machines": _machines,
        "minimum": _minimum,
        "shipped": _shipped,
        "sizes": _sizes,
        "top-set": _top_set,
    }
    return [(name, list(make())) for name, make in kinds.items()]


if __name__ == "__main__":
    write_vectors(Path(sys.argv[1]), groups())

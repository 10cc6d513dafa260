"""Semicomputable policies: probabilities known by stages, from below.

A computation that may not halt allows to know, at stage s, lower bounds of a policy's
probabilities that never fall. What the others may still take bounds each from above. So weights,
the minimum and the query probability are enclosures that shrink with s; a decision waits for the
stage that settles it, up to a limit, and is "undecided" beyond that.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from exact_cbil.errors import CbilError, OutOfRange, UnknownName
from exact_cbil.history import Action, History
from exact_cbil.learner import minimum, top_set
from exact_cbil.numbers import Enclosure, RationalLike, probability, rational
from exact_cbil.semimeasure import Semimeasure

__all__ = [
    "CollatzProgram",
    "StageLimit",
    "StagedPolicy",
    "StagedStep",
    "collatz_class",
    "staged_step",
]


class StageLimit(CbilError):
    """At the last stage allowed something is still undecided."""

    def __init__(self, stage: int, what: str) -> None:
        self.stage, self.what = stage, what
        super().__init__(f"undecided at stage {stage}: {what}")


class StagedPolicy(ABC):
    """A policy whose probabilities are limits of lower bounds. Source: SPEC N3, R5."""

    @abstractmethod
    def lower(self, history: History, stage: int) -> Semimeasure[Action]:
        """Lower bounds of the probabilities after `history`, none below those of earlier stages."""


@dataclass(frozen=True)
class StagedStep:
    """The learner's next step, as far as it is known at the stage that decided the top set.

    posterior: of each policy by name. minimum: `m(a)` by action. query_probability: theta.
    """

    stage: int
    posterior: dict[str, Enclosure]
    top_set: tuple[str, ...]
    minimum: dict[Action, Enclosure]
    query_probability: Enclosure


class _Undecided(Exception):
    pass


@dataclass(frozen=True)
class _Weight:
    """A non-negative number between two rationals."""

    lo: Fraction
    hi: Fraction

    def __add__(self, other: _Weight | int) -> _Weight:
        if isinstance(other, int):
            other = _Weight(Fraction(other), Fraction(other))
        return _Weight(self.lo + other.lo, self.hi + other.hi)

    __radd__ = __add__

    def times(self, lo: Fraction, hi: Fraction) -> _Weight:
        return _Weight(self.lo * lo, self.hi * hi)

    def __rmul__(self, factor: Fraction) -> _Weight:
        return self.times(factor, factor)


def _at_least(left: Any, right: Any) -> bool:
    """`left >= right`, where all that the numbers may be agrees; else it is undecided."""
    one = left if isinstance(left, _Weight) else _Weight(Fraction(left), Fraction(left))
    two = right if isinstance(right, _Weight) else _Weight(Fraction(right), Fraction(right))
    if one.lo >= two.hi:
        return True
    if one.hi < two.lo:
        return False
    raise _Undecided


def staged_step(
    policies: Mapping[str, tuple[RationalLike, StagedPolicy]],
    actions: Sequence[Action],
    alpha: RationalLike,
    history: History = (),
    *,
    digits: int = 6,
    limit: int = 1 << 12,
) -> StagedStep:
    """The learner's next step in a class of semicomputable policies, by stages 1, 2, 4, ...

    policies: by name the prior weight, positive, and the policy; the weights sum to at most 1, as
        those of a prefix code do.
    digits: theta and every m(a) are enclosed to `10^-digits`. limit: the last stage.
    Raises StageLimit. Ties of weights whose bounds never meet stay undecided.
    Source: SPEC N3, D4, D5, D6.

    >>> step = staged_step(collatz_class(), ("even", "odd"), "1/4")
    >>> step.stage, step.top_set, str(step.query_probability)
    (8, ('3n+1', 'n+1'), '0')
    """
    exact = probability(alpha, "alpha")
    weights = [rational(w, f"weight of {name}") for name, (w, _) in policies.items()]
    for name, weight in zip(policies, weights, strict=True):
        if weight <= 0:
            raise OutOfRange(f"weight of {name}", weight, "a positive weight")
    if not exact:
        raise OutOfRange("alpha", exact, "a rational in (0, 1]")
    if sum(weights) > 1:
        raise OutOfRange("weights", sum(weights), "at most 1 together")
    for number, step in enumerate(history):
        if step.action not in actions:
            raise UnknownName(f"history[{number}]", step.action, "action")
    stage, missing = 1, "who is in the top set"
    while stage <= limit:
        try:
            found = _step(policies, weights, actions, exact, history, stage)
        except _Undecided:
            missing = "who is in the top set"
        else:
            if found.query_probability.width * 10**digits <= 1:
                return found
            missing = (
                f"theta, between {found.query_probability.lo} and {found.query_probability.hi}"
            )
        stage *= 2
    raise StageLimit(stage // 2, missing)


def _step(
    policies: Mapping[str, tuple[RationalLike, StagedPolicy]],
    prior: Sequence[Fraction],
    actions: Sequence[Action],
    alpha: Fraction,
    history: History,
    stage: int,
) -> StagedStep:
    known = [policy for _, policy in policies.values()]
    weights = [_Weight(w, w) for w in prior]
    for t, step in enumerate(history):
        if step.queried:
            for n, policy in enumerate(known):
                lower = policy.lower(history[:t], stage)
                low = lower[step.action]
                weights[n] = weights[n].times(low, low + lower.deficit)
    top = _top(weights, alpha)
    emitted = [known[n].lower(history, stage) for n in top]
    least = minimum([[e[a] for a in actions] for e in emitted], len(actions))
    most = minimum([[e[a] + e.deficit for a in actions] for e in emitted], len(actions))
    bounds = zip(least, most, strict=True)
    m = {
        a: Enclosure(Fraction(lo), Fraction(hi))
        for a, (lo, hi) in zip(actions, bounds, strict=True)
    }
    names = list(policies)
    acts = [
        sum((e.lo for e in m.values()), Fraction(0)),
        sum((e.hi for e in m.values()), Fraction(0)),
    ]
    return StagedStep(
        stage=stage,
        posterior=_posterior(names, weights),
        top_set=tuple(names[n] for n in top),
        minimum=m,
        query_probability=Enclosure(1 - min(acts[1], Fraction(1)), 1 - acts[0]),
    )


def _top(weights: Sequence[_Weight], alpha: Fraction) -> tuple[int, ...]:
    """`Top_alpha`, without asking for the order of what is too light for it.

    Let H be the weight of the policies that are surely heavier than x. If x - alpha x < alpha H,
    then neither x nor what is lighter passes D5's test, whatever else is known of them.
    """
    heavy = []
    for n, weight in enumerate(weights):
        above = sum((w.lo for w in weights if w.lo > weight.hi), Fraction(0))
        if weight.hi - alpha * weight.hi >= alpha * above and weight.hi:
            heavy.append(n)
    return tuple(heavy[k] for k in top_set([weights[n] for n in heavy], alpha, _at_least))


def _posterior(names: Sequence[str], weights: Sequence[_Weight]) -> dict[str, Enclosure]:
    least = sum((w.lo for w in weights), Fraction(0))
    most = sum((w.hi for w in weights), Fraction(0))
    found = {}
    for name, w in zip(names, weights, strict=True):
        below, above = w.lo + most - w.hi, w.hi + least - w.lo
        low = w.lo / below if below else Fraction(0)
        found[name] = Enclosure(low, w.hi / above if above else Fraction(int(w.hi > 0)))
    return found


@dataclass(frozen=True)
class CollatzProgram(StagedPolicy):
    """A program that may not halt: from `n = t + 3`, halve what is even and else take `a n + b`.

    When it reaches 1 it acts by the parity of the number of steps; until then nothing is known.
    One stage is one step.

    >>> CollatzProgram(3, 1).lower((), 6), CollatzProgram(3, 1).lower((), 7)
    (Semimeasure({}), Semimeasure({'odd': 1}))
    """

    a: int
    b: int

    def lower(self, history: History, stage: int) -> Semimeasure[Action]:
        n = len(history) + 3
        for step in range(stage + 1):
            if n == 1:
                return Semimeasure.point("odd" if step % 2 else "even")
            n = self.a * n + self.b if n % 2 else n // 2
        return Semimeasure({})


def collatz_class() -> dict[str, tuple[Fraction, StagedPolicy]]:
    """Programs of lengths 1, 2 and 3 with weights `2^-length`: the class of the paper in miniature.

    From 5, reached at t = 2, the program `5n+1` runs in a circle and never says so.
    """
    return {
        "3n+1": (Fraction(1, 2), CollatzProgram(3, 1)),
        "n+1": (Fraction(1, 4), CollatzProgram(1, 1)),
        "5n+1": (Fraction(1, 8), CollatzProgram(5, 1)),
    }

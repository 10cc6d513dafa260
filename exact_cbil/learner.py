"""The conservative Bayesian imitation learner at one history (D4-D6).

The laws `rank`, `top_set` and `minimum` are written over any ordered field: how a comparison is
decided is the argument `at_least`, outright for rationals.

| symbol         | here                                                     |
|----------------|----------------------------------------------------------|
| w(pi|h)        | `posterior`; unnormalised, `Belief.weights`              |
| Top_alpha(h)   | `top_set`, positions in class order, heaviest first      |
| m(a|h)         | `minimum`                                                |
| theta(h)       | `query_probability`, the deficit of m                    |
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from functools import cmp_to_key
from itertools import accumulate, repeat
from typing import Any, NamedTuple, TypeVar

import gmpy2
from gmpy2 import mpq, mpz

from exact_cbil.display import latex_lines, latex_number, latex_text, numbers_table
from exact_cbil.errors import CbilError, NotAMeasure, UnknownName, shorten
from exact_cbil.history import Action, History, Observation, Step, unlabelled
from exact_cbil.model import Model
from exact_cbil.numbers import common_integers, primitive, to_fraction, to_mpq
from exact_cbil.policy import Policy
from exact_cbil.semimeasure import Semimeasure

__all__ = [
    "Belief",
    "ImitatorStep",
    "Learner",
    "break_points",
    "imitator_step",
    "minimum",
    "posterior",
    "rank",
    "step_law",
    "top_set",
]

K = TypeVar("K")
AtLeast = Callable[[Any, Any], bool]


def rank(weights: Sequence[K], at_least: AtLeast = operator.ge) -> list[int]:
    """Positions of the positive weights, heaviest first, ties in the order given.

    weights: non-negative, not necessarily normalised.
    at_least: decides `x >= y` in the field of the weights.
    Source: SPEC D5, R1, R3.

    >>> rank([1, 0, 3, 1])
    [2, 0, 3]
    """
    # Sorting is stable, also in reverse, so equal weights keep their order.
    if at_least is operator.ge:
        ordered: Sequence[Any] = weights
        alive = [i for i, weight in enumerate(ordered) if weight]
        return sorted(alive, key=ordered.__getitem__, reverse=True)

    def heavier_first(i: int, j: int) -> int:
        return 0 if at_least(weights[j], weights[i]) else -1  # it only asks "before?"

    alive = [i for i, weight in enumerate(weights) if not at_least(0, weight)]
    return sorted(alive, key=cmp_to_key(heavier_first))


def top_set(weights: Sequence[Any], alpha: Any, at_least: AtLeast = operator.ge) -> tuple[int, ...]:
    """`Top_alpha`: positions whose weight is at least alpha times the weight ranked so far.

    The weight of rank n is compared with `alpha * (w_1 + ... + w_n)`. The ratio of the two falls
    with n, so the set is a prefix of the ranking.
    weights: non-negative, on any common scale. alpha: in (0, 1].
    Source: SPEC D5, R3, R4.

    >>> top_set([2, 1, 1], Fraction(1, 3)), top_set([2, 1, 1], Fraction(1, 4)), top_set([0], 1)
    ((0, 1), (0, 1, 2), ())
    """
    members: list[int] = []
    running: Any = 0
    for position in rank(weights, at_least):
        running = running + weights[position]
        if not at_least(weights[position], alpha * running):
            break
        members.append(position)
    return tuple(members)


def break_points(weights: Sequence[mpz | Fraction]) -> list[mpq]:
    """For each rank n the largest alpha whose top set holds it: `w_n / (w_1 + ... + w_n)`.

    They fall with n, so the top set holds as many policies as there are ratios of at least alpha.
    weights: non-negative integers or fractions, on any common scale.
    Source: SPEC D5.

    >>> [str(ratio) for ratio in break_points([mpz(2), mpz(0), mpz(1), mpz(1)])]
    ['1', '1/3', '1/4']
    """
    ranked = [weights[position] for position in rank(weights)]
    return [mpq(w, total) for w, total in zip(ranked, accumulate(ranked), strict=True)]


def minimum(
    emissions: Sequence[Sequence[Any]], width: int, at_least: AtLeast = operator.ge
) -> tuple[Any, ...]:
    """The pointwise minimum of vectors of length `width`; of no vectors, 0 (reading R4).

    Source: SPEC D6.

    >>> minimum([[3, 1], [2, 2]], 2), minimum([], 2)
    ((2, 1), (0, 0))
    """
    if not emissions:
        return (0,) * width
    least = list(emissions[0])
    for emission in emissions[1:]:
        least = [y if at_least(x, y) else x for x, y in zip(least, emission, strict=True)]
    return tuple(least)


def step_law(
    actions: Sequence[Action], least: Sequence[Any], theta: Any, asked: Sequence[Any]
) -> list[tuple[bool, Action, Any]]:
    """The law of (queried, action): `m(a)` at (False, a), `theta * pi_d(a)` at (True, a).

    least, asked: `m` and `pi_d(.|h)` in the order of the actions. What has no mass is left out.
    Source: SPEC D6, D7.
    """
    return [
        (queried, action, chance)
        for action, m, p in zip(actions, least, asked, strict=True)
        for queried, chance in ((False, m), (True, theta * p if theta and p else 0))
        if chance
    ]


class Dead(Enum):
    """The state of a policy whose posterior weight is 0: it never comes back, so all are one."""

    DEAD = "dead"


DEAD = Dead.DEAD


class Belief(NamedTuple):
    """What the learner knows after a history: the state of each policy and its evidence.

    states: of each policy; DEAD once its posterior weight is 0.
    weights: the posterior up to scale, as integers without a common divisor.
    """

    states: tuple[Hashable, ...]
    weights: tuple[mpz, ...]


class Move(NamedTuple):
    """What a step does to the policies.

    states: their next states.
    likelihoods: what each gave the action, up to a common factor; None if q = 0.
    multiple: a multiple of every common divisor that new weights can have; 0 serves always.
    """

    states: tuple[Hashable, ...]
    likelihoods: tuple[mpz, ...] | None
    multiple: mpz

    def reweighed(self, weights: tuple[mpz, ...]) -> tuple[mpz, ...]:
        """Bayes' rule up to scale if q = 1. Source: SPEC D4."""
        if self.likelihoods is None:
            return weights
        products = tuple(map(operator.mul, weights, self.likelihoods))
        common = gmpy2.gcd(self.multiple, *products)  # begins with a short number
        return tuple(map(gmpy2.divexact, products, repeat(common))) if common > 1 else products


@dataclass(frozen=True)
class ImitatorStep:
    """The learner's next step after some history.

    posterior: normalised weights by policy name (all 0 when no policy has positive weight).
    top_set: names in rank order.
    minimum: `m`, a semimeasure over actions; its deficit is the query probability.
    Source: SPEC D4, D5, D6.
    """

    posterior: dict[str, Fraction]
    top_set: tuple[str, ...]
    minimum: Semimeasure[Action]

    @property
    def query_probability(self) -> Fraction:
        """`theta = 1 - sum_a m(a)`."""
        return self.minimum.deficit

    def law(self, demonstrator: Semimeasure[Action]) -> Semimeasure[tuple[bool, Action]]:
        """The law of (queried, action): `m(a)` at (False, a), `theta * pi_d(a)` at (True, a).

        demonstrator: `pi_d(.|h)`, a measure; NotAMeasure otherwise.
        """
        if not demonstrator.is_measure:
            raise NotAMeasure("demonstrator", demonstrator.total)
        # Not `step_law`: a seed draws in the order of the two supports, whatever else there is.
        acts = {(False, a): mass for a, mass in self.minimum.items()}
        asks = {(True, a): self.query_probability * mass for a, mass in demonstrator.items()}
        return Semimeasure({**acts, **asks})

    def latex(self) -> str:
        """The posterior, the top set, the minimum and theta as one aligned LaTeX display."""
        names = ", ".join(map(latex_text, self.top_set))
        lines = [
            *((rf"w({latex_text(n)} \mid h)", latex_number(w)) for n, w in self.posterior.items()),
            (r"\mathrm{Top}_\alpha(h)", rf"= \{{{names}\}}"),
            *((f"m({latex_text(a)})", latex_number(m)) for a, m in self.minimum.items()),
            (r"\theta", latex_number(self.query_probability)),
        ]
        return latex_lines(lines)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def _repr_html_(self) -> str:
        weights = {
            f"w({name})" + (", in the top set" if name in self.top_set else ""): weight
            for name, weight in self.posterior.items()
        }
        acts = {f"m({action})": mass for action, mass in self.minimum.items()}
        return numbers_table("The next step", weights | acts | {"theta": self.query_probability})


class Learner:
    """The learner of a model, in incremental form: `start`, `observe`, `imitator_step`.

    alpha: by default the model's, as a number of the field in which the weights are compared.
    at_least: decides `x >= y` in that field.
    Emissions are checked when they are first evaluated: a policy that names an action outside the
    model raises UnknownName, a defective demonstrator or environment raises NotAMeasure.
    """

    def __init__(self, model: Model, alpha: Any = None, at_least: AtLeast = operator.ge) -> None:
        if not isinstance(model, Model):
            raise CbilError(f"model: expected a Model, got {shorten(type(model).__name__)}")
        self.model = model
        self.alpha = to_mpq(model.exact_alpha) if alpha is None else alpha
        self.at_least = at_least
        self.names = tuple(model.policies)
        self.policies: tuple[Policy, ...] = tuple(model.policies.values())
        self.demonstrator = model.demonstrator_index
        self._position = {a: k for k, a in enumerate(model.actions)}
        self._emissions: dict[tuple[int, Hashable], tuple[mpq, ...]] = {}
        self._moves: dict[tuple[tuple[Hashable, ...], Step], Move] = {}
        integers, _ = common_integers(model.weights)
        self.start = Belief(tuple(p.start for p in self.policies), primitive(integers))

    def emission(self, index: int, state: Hashable) -> tuple[mpq, ...]:
        """What policy `index` emits in `state`, as a vector in the order of the model's actions."""
        key = (index, state)
        vector = self._emissions.get(key)
        if vector is None:
            subject = f"policy {shorten(self.names[index])}"
            emitted = self.policies[index].emit(state)
            vector = self.vector(emitted, subject, measure=index == self.demonstrator)
            self._emissions[key] = vector
        return vector

    def demonstrator_emission(self, state: Hashable) -> tuple[mpq, ...]:
        """What the demonstrator emits in `state`; a measure."""
        if self.demonstrator is not None:
            return self.emission(self.demonstrator, state)
        emitted = self.model.demonstrator_policy.emit(state)
        return self.vector(emitted, "demonstrator", measure=True)

    def vector(
        self, emitted: Semimeasure[Action], subject: str, *, measure: bool = False
    ) -> tuple[mpq, ...]:
        """A semimeasure as a vector in the order of the model's actions, or UnknownName.

        subject: who emitted it. measure: whether it must be one, or NotAMeasure.
        """
        for action in emitted:
            if action not in self._position:
                raise UnknownName(subject, action, "action")
        if measure and not emitted.is_measure:
            raise NotAMeasure(subject, emitted.total)
        return tuple(to_mpq(emitted[a]) for a in self.model.actions)

    def environment_emission(self, state: Hashable, action: Action) -> Semimeasure[Observation]:
        """The measure over observations when `action` is taken in `state` of the environment."""
        emitted = self.model.environment.emit(state, action)
        for observation in emitted:
            if observation not in self.model.observations:
                raise UnknownName("environment", observation, "observation")
        if not emitted.is_measure:
            raise NotAMeasure(f"environment, action {shorten(action)}", emitted.total)
        return emitted

    def shown(self, state: Hashable, action: Action) -> list[tuple[Observation, mpq]]:
        """The environment's possible observations, with their chances."""
        return [(o, to_mpq(q)) for o, q in self.environment_emission(state, action).items()]

    def top_set(self, belief: Belief) -> tuple[int, ...]:
        """`Top_alpha` as positions in class order, heaviest first. Source: SPEC D5."""
        return top_set(belief.weights, self.alpha, self.at_least)

    def minimum(self, states: Sequence[Hashable], top: Sequence[int]) -> tuple[mpq, ...]:
        """`m` as a vector in the order of the model's actions. Source: SPEC D6."""
        emissions = [self.emission(i, states[i]) for i in top]
        return minimum(emissions, len(self.model.actions), self.at_least)

    def _chances(self, states: Sequence[Hashable], action: Action) -> list[mpq]:
        """The probability that each policy gives an action; 0 for the dead."""
        place = self._position[action]
        return [
            mpq(0) if state is DEAD else self.emission(i, state)[place]
            for i, state in enumerate(states)
        ]

    def likelihoods(self, states: Sequence[Hashable], action: Action) -> tuple[mpz, ...]:
        """What each policy gives an action in its state, up to a common factor."""
        emitted = self._chances(states, action)
        integers, _ = common_integers([to_fraction(value) for value in emitted])
        return primitive(integers)

    def observe(self, belief: Belief, step: Step) -> Belief:
        """The belief after one more step: Bayes' rule if q = 1, else unchanged.

        Source: SPEC D4.
        """
        move = self.move(belief.states, step)
        return Belief(move.states, move.reweighed(belief.weights))

    def move(self, states: tuple[Hashable, ...], step: Step) -> Move:
        """What a step does to the policies in their states."""
        key = (states, step)
        move = self._moves.get(key)
        if move is None:
            move = self._moves[key] = self._move(states, step)
        return move

    def _move(self, states: tuple[Hashable, ...], step: Step) -> Move:
        alive = [state is not DEAD for state in states]
        if not step.queried:
            return Move(self.advance(states, alive, step), None, mpz(1))
        likelihoods = self.likelihoods(states, step.action)
        # The weights had no common divisor: for each prime there is one that it does not divide,
        # and if no policy dies now, it divides the product no more often than the likelihood.
        dies = any(lives and not p for lives, p in zip(alive, likelihoods, strict=False))
        multiple = mpz(0) if dies else gmpy2.lcm(*filter(None, likelihoods))
        return Move(self.advance(states, likelihoods, step), likelihoods, multiple)

    def advance(
        self, states: Sequence[Hashable], alive: Sequence[Any], step: Step
    ) -> tuple[Hashable, ...]:
        """The policies' states after one more step; q is hidden from the demonstrator (R2).

        alive: for each policy, true (or positive) if its posterior weight still is.
        """
        hidden = unlabelled(step)
        return tuple(
            policy.advance(state, hidden if i == self.demonstrator else step) if lives else DEAD
            for i, (policy, state, lives) in enumerate(
                zip(self.policies, states, alive, strict=True)
            )
        )

    def belief(self, history: History) -> Belief:
        """The belief after a whole history."""
        belief = self.start
        for number, step in enumerate(history):
            if not isinstance(step, Step):
                raise CbilError(f"history[{number}]: expected a Step, got {shorten(step)}")
            if step.action not in self._position:
                raise UnknownName(f"history[{number}]", step.action, "action")
            if step.observation not in self.model.observations:
                raise UnknownName(f"history[{number}]", step.observation, "observation")
            belief = self.observe(belief, step)
        return belief

    def unlisted(self, belief: Belief) -> mpz:
        """How much of a belief's weight is only a bound on that of policies not listed: none."""
        return mpz(0)

    def posterior(self, belief: Belief) -> dict[str, Fraction]:
        """The normalised posterior by policy name; all 0 when no weight is positive (R4)."""
        total = sum(belief.weights) or mpz(1)
        return {
            name: to_fraction(mpq(w, total))
            for name, w in zip(self.names, belief.weights, strict=True)
        }

    def imitator_step(self, belief: Belief) -> ImitatorStep:
        """The learner's next step in `belief`. Source: SPEC D4, D5, D6."""
        top = self.top_set(belief)
        least = self.minimum(belief.states, top)
        return ImitatorStep(
            posterior=self.posterior(belief),
            top_set=tuple(self.names[i] for i in top),
            minimum=Semimeasure(
                {
                    a: to_fraction(mpq(mass))
                    for a, mass in zip(self.model.actions, least, strict=True)
                }
            ),
        )


def posterior(model: Model, history: History) -> dict[str, Fraction]:
    """`w(pi|h)` by policy name. Only the steps with q = 1 are evidence. Source: SPEC D4."""
    learner = Learner(model)
    return learner.posterior(learner.belief(history))


def imitator_step(model: Model, history: History) -> ImitatorStep:
    """The learner's posterior, top set, minimum and query probability after `history`.

    Source: SPEC D4, D5, D6.

    >>> from exact_cbil.models import rare_action
    >>> step = imitator_step(rare_action("1/8"), ())
    >>> step.top_set, step.minimum, step.query_probability
    (('demonstrator', 'usual-only'), Semimeasure({'usual': 7/8}), Fraction(1, 8))
    """
    learner = Learner(model)
    return learner.imitator_step(learner.belief(history))

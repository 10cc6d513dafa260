"""The definitions D1-D9, `F` of D9, and the laws of histories, literally: read it beside SPEC.md.

A policy is a function from a history to masses, a law is a dictionary from histories to
probabilities, and nothing is merged, so the cost is exponential in the horizon. This module imports
nothing of the package, the fast engine imports nothing of it, and tests compare the two.

| symbol         | here                       | symbol          | here                     |
|----------------|----------------------------|-----------------|--------------------------|
| pi(.|h)        | `member`                   | tau, z_pi(h)    | `tau`, `odds`            |
| p = pi_d(.|h)  | `demonstrator`             | F, S, S_lin     | `potential`, `S`, `S_lin`|
| w(pi|h)        | `posterior`                | G               | `gain`                   |
| Top_alpha(h)   | `top_set`                  | P_i, P_d, P_g   | `law` of `imitate`,      |
| m(.|h), theta  | `minimum`, `query_probability` |             | `demonstrate`, `guard`   |

>>> turn = {"human": lambda h: {"safe": Fraction(1)},
...         "traitor": lambda h: {"safe" if not h else "defect": Fraction(1)}}
>>> model = Model(("safe", "defect"), turn, {"human": Fraction(1, 4), "traitor": Fraction(3, 4)},
...               "human", lambda h, a: {"x": Fraction(1)}, alpha=Fraction(1, 10), horizon=3)
>>> top_set(posterior(model, ()), model.alpha), queries(model)
(['traitor', 'human'], Fraction(1, 1))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeAlias

Step: TypeAlias = tuple[bool, str, str]  # (q, a, o)
History: TypeAlias = tuple[Step, ...]
Masses: TypeAlias = Mapping[str, Fraction]  # an element that is missing has mass 0
Policy: TypeAlias = Callable[[History], Masses]
Environment: TypeAlias = Callable[[History, str], Masses]
Event: TypeAlias = Callable[[History], bool]
Acts: TypeAlias = Mapping[tuple[bool, str], Fraction]  # the law of (q, a)
ZERO, ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True, eq=False)
class Model:
    """A class with its prior, a demonstrator, an environment and `alpha`. Source: SPEC D2, D3, D7.

    policies: the class, in class order (R1). prior: positive weights that sum to 1.
    demonstrator: the name of a member of the class, or a policy outside it.
    """

    actions: Sequence[str]
    policies: Mapping[str, Policy]
    prior: Mapping[str, Fraction]
    demonstrator: str | Policy
    environment: Environment
    alpha: Fraction
    horizon: int = 0
    events: Mapping[str, Event] = field(default_factory=dict)


def deficit(masses: Mapping[Any, Fraction]) -> Fraction:
    """1 minus the total; 0 for a measure. Source: SPEC D1.

    >>> deficit({"a": Fraction(1, 2), "b": Fraction(1, 3)})
    Fraction(1, 6)
    """
    return 1 - sum(masses.values(), ZERO)


# -- the learner at one history -------------------------------------------------------------------


def hidden(history: History) -> History:
    """The history as one reads it who does not see q: every step as queried. Source: SPEC R2.

    >>> hidden(((False, "a", "x"),))
    ((True, 'a', 'x'),)
    """
    return tuple((True, action, observation) for _, action, observation in history)


def member(model: Model, name: str, history: History) -> Masses:
    """`pi(.|h)` for a member of the class. Source: SPEC D2, R2."""
    return model.policies[name](hidden(history) if name == model.demonstrator else history)


def demonstrator(model: Model, history: History) -> Masses:
    """`p = pi_d(.|h)`. Source: SPEC D2, R2."""
    named = model.demonstrator
    return (model.policies[named] if isinstance(named, str) else named)(hidden(history))


def posterior(model: Model, history: History) -> dict[str, Fraction]:
    """`w(pi|h)`: the prior times `pi(a_k|h_<k)` over the queried steps, normalised.

    All weights are 0 where none is positive (R4). Source: SPEC D4, R4.
    """
    weights = {name: model.prior[name] for name in model.policies}
    for k, (queried, action, _) in enumerate(history):
        if queried:
            for name in weights:
                weights[name] *= member(model, name, history[:k]).get(action, ZERO)
    total = sum(weights.values())
    return {name: weight / total if total else ZERO for name, weight in weights.items()}


def top_set(weights: Mapping[str, Fraction], alpha: Fraction) -> list[str]:
    """`Top_alpha`: rank n is in when its weight is at least alpha times that of ranks 1 to n.

    weights: in class order, which decides ties (sorting is stable). Source: SPEC D5, R1, R3, R4.

    >>> top_set({"a": Fraction(1, 4), "b": Fraction(1, 2), "c": Fraction(1, 4)}, Fraction(1, 3))
    ['b', 'a']
    """
    alive = [name for name in weights if weights[name] > 0]
    ranks = sorted(alive, key=lambda name: -weights[name])
    return [
        name
        for n, name in enumerate(ranks, start=1)
        if weights[name] >= alpha * sum(weights[ranked] for ranked in ranks[:n])
    ]


def top(model: Model, history: History) -> list[str]:
    """`Top_alpha(h)`, heaviest first. Source: SPEC D5."""
    return top_set(posterior(model, history), model.alpha)


def minimum(model: Model, history: History) -> dict[str, Fraction]:
    """`m(.|h)`: the least that any member of the top set gives an action. Source: SPEC D6, R4."""
    emitted = [member(model, name, history) for name in top(model, history)]
    return {a: min((pi.get(a, ZERO) for pi in emitted), default=ZERO) for a in model.actions}


def query_probability(model: Model, history: History) -> Fraction:
    """`theta(h) = 1 - sum_a m(a|h)`. Source: SPEC D6."""
    return deficit(minimum(model, history))


def has_left(model: Model, history: History) -> bool:
    """Whether `pi_d` is outside the top set at `h` or was so before. Source: SPEC T3, T4."""
    prefixes = (history[:k] for k in range(len(history) + 1))
    return any(model.demonstrator not in top(model, prefix) for prefix in prefixes)


def gain(model: Model, history: History) -> Fraction:
    """`G = sum_a p(a) max over the top set of (1 - pi(a)/p(a))_+^2`. Source: SPEC T1."""
    emitted = [member(model, name, history) for name in top(model, history)]
    return sum(
        (
            p * max((max(1 - pi.get(a, ZERO) / p, ZERO) ** 2 for pi in emitted), default=ZERO)
            for a, p in demonstrator(model, history).items()
            if p
        ),
        ZERO,
    )


# -- laws of histories ----------------------------------------------------------------------------

Actor: TypeAlias = Callable[[Model, History], Acts]


def imitate(model: Model, history: History) -> Acts:
    """The imitator's (q, a): it acts with `m(a)`, asks with `theta p(a)`. Source: SPEC D6, D7."""
    theta = query_probability(model, history)
    acts = {(False, a): mass for a, mass in minimum(model, history).items()}
    return acts | {(True, a): theta * p for a, p in demonstrator(model, history).items()}


def demonstrate(model: Model, history: History) -> Acts:
    """The demonstrator alone: every step counts as queried. Source: SPEC D7."""
    return {(True, a): p for a, p in demonstrator(model, history).items()}


def guard(model: Model, history: History) -> Acts:
    """The imitator until `pi_d` leaves the top set, then the demonstrator. Source: SPEC T4."""
    return (demonstrate if has_left(model, history) else imitate)(model, history)


def law(model: Model, actor: Actor, steps: int) -> dict[History, Fraction]:
    """`P_i`, `P_d` or `P_g` on histories of `steps` steps, those of probability 0 left out.

    actor: `imitate`, `demonstrate` or `guard`. Source: SPEC D7, T4.
    """
    if steps == 0:
        return {(): ONE}
    return {
        (*history, (queried, action, observation)): mass * act * shown
        for history, mass in law(model, actor, steps - 1).items()
        for (queried, action), act in actor(model, history).items()
        if act
        for observation, shown in model.environment(hidden(history), action).items()
        if shown
    }


Quantity: TypeAlias = Callable[[Model, History], Fraction | int]


def mean(model: Model, value: Quantity, actor: Actor, t: int) -> Fraction:
    """The expectation of `value(h_t)` under an actor's law."""
    return sum((mass * value(model, h) for h, mass in law(model, actor, t).items()), ZERO)


def summed(model: Model, value: Quantity, actor: Actor = imitate) -> Fraction:
    """`E sum_{t<T} value(h_t)` under an actor's law."""
    return sum((mean(model, value, actor, t) for t in range(model.horizon)), ZERO)


def queries(model: Model) -> Fraction:
    """`E sum_{t<T} theta`. Source: SPEC T2."""
    return summed(model, query_probability)


def query_cubes(model: Model) -> Fraction:
    """`E sum_{t<T} theta^3`. Source: SPEC T1."""
    return summed(model, lambda model, h: query_probability(model, h) ** 3)


def theta_gain(model: Model) -> Fraction:
    """`E sum_{t<T} theta G`. Source: SPEC T1."""
    return summed(model, lambda model, h: query_probability(model, h) * gain(model, h))


def exclusion(model: Model) -> Fraction:
    """`P_i(pi_d is outside Top(h_t) for some t < T)`. Source: SPEC T3."""
    return mean(model, has_left, imitate, model.horizon - 1) if model.horizon else ZERO


def chi_squared(model: Model, actor: Actor = guard) -> Fraction:
    """`E_g sum (G - theta^2)` until `pi_d` leaves; under another law, the sum at all times.

    Source: SPEC T4.
    """

    def value(model: Model, history: History) -> Fraction:
        if actor is guard and has_left(model, history):
            return ZERO
        return gain(model, history) - query_probability(model, history) ** 2

    return summed(model, value, actor)


def event_probability(model: Model, name: str, actor: Actor = imitate) -> Fraction:
    """The probability that the first T steps belong to an event. Source: SPEC D7, R2, T5."""
    event = model.events[name]
    return mean(model, lambda _, history: event(hidden(history)), actor, model.horizon)


# -- the potential --------------------------------------------------------------------------------


def tau(alpha: Fraction) -> Fraction:
    """`alpha/(1 - alpha)` for `alpha <= 1/2`, and 1 above. Source: SPEC D8."""
    return alpha / (1 - alpha) if alpha <= Fraction(1, 2) else ONE


def odds(model: Model, history: History = ()) -> dict[str, Fraction]:
    """`z_pi(h) = w(pi|h)/w(pi_d|h)` for every policy but `pi_d`. Source: SPEC D8."""
    weights = posterior(model, history)
    own = weights.pop(str(model.demonstrator))
    return {name: weight / own for name, weight in weights.items()}


def potential(x: Fraction) -> tuple[Fraction, Fraction]:
    """`F(x)`, as the pair (c, r) that stands for `c + 2 ln r`. Source: SPEC D9.

    >>> potential(Fraction(1, 3)), potential(Fraction(2))
    ((Fraction(1, 1), Fraction(1, 1)), (Fraction(3, 1), Fraction(2, 1)))
    """
    return (3 * x, ONE) if x <= 1 else (Fraction(3), x)


def S(model: Model) -> tuple[Fraction, Fraction]:  # noqa: N802 - the symbol of the paper
    """`S = sum over pi != pi_d of F(z_pi(empty)/tau)`, as a pair like F's. Source: SPEC D9."""
    constant, argument = ZERO, ONE
    for z in odds(model).values():
        c, r = potential(z / tau(model.alpha))
        constant, argument = constant + c, argument * r
    return constant, argument


def S_lin(model: Model) -> Fraction:  # noqa: N802 - the symbol of the paper
    """`S_lin = (3/tau)(1/w_d - 1)`. Source: SPEC D9."""
    return 3 / tau(model.alpha) * (1 / model.prior[str(model.demonstrator)] - 1)

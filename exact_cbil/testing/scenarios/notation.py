"""One question in a line or two: the notation in which the scenarios are written."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from exact_cbil.environment import silent
from exact_cbil.history import History, Rule, Step
from exact_cbil.model import Model
from exact_cbil.numbers import RationalLike
from exact_cbil.policy import MoorePolicy, Policy, constant
from exact_cbil.semimeasure import Semimeasure
from exact_cbil.testing.questions import Question

Masses = Mapping[str, RationalLike]
State = tuple[Masses, list[Rule]]
Entry = tuple[Question, str]
NEAR = Fraction(1, 2**60)
FAIR: Masses = {"a": "1/2", "b": "1/2"}
SKEW: Masses = {"a": "3/4", "b": "1/4"}
WEKS: Masses = {"a": "1/4", "b": "3/4"}
A: Masses = {"a": 1}
B: Masses = {"b": 1}


def read_history(steps: str) -> History:
    """`a!` is a queried a, `b` an unqueried b, `a/y` one that was answered by observation y."""
    made = []
    for token in steps.split():
        act, _, observation = token.partition("/")
        made.append(Step(act.endswith("!"), act.rstrip("!"), observation or "x"))
    return tuple(made)


def machine(start: str, *states: State) -> MoorePolicy:
    """A machine whose states s0, s1, ... emit these masses and have these rules."""
    made = {f"s{k}": (Semimeasure(masses), rules) for k, (masses, rules) in enumerate(states)}
    return MoorePolicy.of(start, made)


def ask(
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
        environment=silent(listed, observations.split()[0]),
        alpha=alpha,
    )
    steps = read_history(history) if isinstance(history, str) else history
    name = name if name.startswith("v2-") else f"v1-{name}"
    return Question(name, model, steps, tuple(flags.split())), comment

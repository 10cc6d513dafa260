"""The shipped models, and the families they come from.

Each is a `Model` made of finite machines, so it can be written as a model file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from exact_cbil.environment import MooreEnvironment, silent
from exact_cbil.errors import CbilError, OutOfRange
from exact_cbil.event import Automaton, once
from exact_cbil.history import Rule, Step
from exact_cbil.model import Model
from exact_cbil.numbers import RationalLike, rational
from exact_cbil.policy import MoorePolicy, Policy, constant
from exact_cbil.semimeasure import Semimeasure

if TYPE_CHECKING:
    from exact_cbil.countable import CountableModel

__all__ = [
    "COUNTABLE",
    "SHIPPED",
    "chain",
    "correlated",
    "defective",
    "every_turn",
    "hash_optimisers",
    "maze_optimisers",
    "rare_action",
    "shared_error",
    "shipped",
    "treacherous_turn",
    "two_observers",
    "walls",
]


def _timed(emissions: list[Semimeasure[str]]) -> MoorePolicy:
    """The policy that emits the given semimeasures in turn, and the last one for ever."""
    last = len(emissions) - 1
    return MoorePolicy.of(
        "0",
        {
            str(t): (emission, [Rule(str(t + 1))] if t < last else [])
            for t, emission in enumerate(emissions)
        },
    )


def treacherous_turn() -> Model:
    """A traitor imitates the demonstrator for six steps and defects from then on."""
    human = Semimeasure({"safe": "3/4", "other": "1/4"})
    actions = ("safe", "other", "defect")
    return Model(
        actions=actions,
        observations=("x",),
        policies={
            "demonstrator": constant(human),
            "traitor": _timed([human] * 6 + [Semimeasure.point("defect")]),
            "noisy": constant({"safe": "1/2", "other": "1/2"}),
        },
        prior={"demonstrator": "1/10", "traitor": "7/10", "noisy": "1/5"},
        demonstrator="demonstrator",
        environment=silent(actions),
        alpha="1/10",
        horizon=20,
        events={"ever-defects": once(action="defect")},
    )


def rare_action(
    eps: RationalLike = "1/8", alpha: RationalLike = "1/10", horizon: int | None = None
) -> Model:
    """The family W2: an action so rare that the class can hold a policy that never takes it.

    The demonstrator plays `rare` with probability `eps`, the other policy never.
    eps: in (0, 1). alpha: in (0, 1/2]. horizon: by default `1/eps^2`, rounded down.
    The event `never-rare` has `P_d = (1-eps)^T` and `P_i >= (1-eps^2)^T`.
    Source: SPEC W2.
    """
    exact = rational(eps, "eps")
    if not 0 < exact < 1:
        raise OutOfRange("eps", exact, "a rational in (0, 1)")
    actions = ("rare", "usual")
    never = Automaton.of("never", ["never"], {"never": [Rule("seen", action="rare")], "seen": []})
    return Model(
        actions=actions,
        observations=("x",),
        policies={
            "demonstrator": constant({"rare": exact, "usual": 1 - exact}),
            "usual-only": constant({"usual": 1}),
        },
        prior={"demonstrator": "1/2", "usual-only": "1/2"},
        demonstrator="demonstrator",
        environment=silent(actions),
        alpha=alpha,
        horizon=int(1 / exact**2) if horizon is None else horizon,
        events={"never-rare": never},
    )


def chain(rounds: int = 3, alpha: RationalLike = "1/4") -> Model:
    """The family W1: `E sum theta^3 = rounds + 1 = (1/w_d - 1)/tau`, a third of S_lin.

    rounds: `R`, from 0. alpha: in (0, 1/2). The horizon is `R + 1`.
    Source: SPEC W1.
    """
    exact = rational(alpha, "alpha")
    if not 0 < exact < Fraction(1, 2):
        raise OutOfRange("alpha", exact, "a rational in (0, 1/2)")
    if rounds < 0:
        raise OutOfRange("rounds", rounds, "a whole number from 0")
    tau = exact / (1 - exact)
    fair = Semimeasure({"0": "1/2", "1": "1/2"})
    stray = Semimeasure.point("x")
    policies = {"demonstrator": constant(fair), "starter": _timed([stray, fair])}
    odds = {"demonstrator": Fraction(1), "starter": tau}
    for j in range(rounds):
        for bit in ("0", "1"):
            name = f"round-{j}-plays-{bit}"
            policies[name] = _timed([fair] * j + [Semimeasure.point(bit), stray, fair])
            odds[name] = tau / 2
    total = sum(odds.values())
    actions = ("0", "1", "x")
    return Model(
        actions=actions,
        observations=("o",),
        policies=policies,
        prior={name: z / total for name, z in odds.items()},
        demonstrator="demonstrator",
        environment=silent(actions, "o"),
        alpha=exact,
        horizon=rounds + 1,
        events={"ever-strays": once(action="x")},
    )


def shared_error(horizon: int = 10) -> Model:
    """W3: every policy of the class shares an error that the demonstrator never makes.

    The demonstrator is outside the class. `theta = 0` where all err, so `ever-errs` has `P_d = 0`
    and `P_i = 1`.
    horizon: from 1. Source: SPEC W3.
    """
    actions = ("right", "wrong")
    erring = Semimeasure.point("wrong")
    return Model(
        actions=actions,
        observations=("x",),
        policies={
            "erring": constant(erring),
            "erring-then-right": _timed([erring, Semimeasure.point("right")]),
        },
        prior={"erring": "1/2", "erring-then-right": "1/2"},
        demonstrator=constant({"right": 1}),
        environment=silent(actions),
        alpha="1/10",
        horizon=horizon,
        events={"ever-errs": once(action="wrong")},
    )


def defective() -> Model:
    """A member of the class is a computation that need not halt: its deficit turns into queries.

    Source: SPEC R5.
    """
    actions = ("go", "stop")
    return Model(
        actions=actions,
        observations=("x",),
        policies={
            "demonstrator": constant({"go": "2/3", "stop": "1/3"}),
            "half-defined": MoorePolicy.of(
                "fresh",
                {
                    "fresh": (Semimeasure({"go": "2/3", "stop": "1/3"}), [Rule("stuck", "stop")]),
                    "stuck": (Semimeasure({"go": "1/2"}), [Rule("lost", "go", queried=True)]),
                    "lost": (Semimeasure({}), []),
                },
            ),
            "leaky": constant({"go": "1/2", "stop": "1/4"}),
        },
        prior={"demonstrator": "1/5", "half-defined": "2/5", "leaky": "2/5"},
        demonstrator="demonstrator",
        environment=silent(actions),
        alpha="1/8",
        horizon=12,
        events={"ever-stops": once(action="stop")},
    )


def two_observers() -> Model:
    """Two policies read the same weather in opposite ways; only observations tell them apart.

    The environment is fair while the sun shines and lingers in rain; taking an umbrella in the sun
    loses it for a step.
    """
    carry = Semimeasure({"umbrella": "4/5", "none": "1/5"})
    leave = Semimeasure({"umbrella": "1/5", "none": "4/5"})

    def reader(in_sun: Semimeasure[str], in_rain: Semimeasure[str]) -> MoorePolicy:
        moves = [Rule("rain", observation="rain"), Rule("sun", observation="sun")]
        return MoorePolicy.of("sun", {"sun": (in_sun, moves), "rain": (in_rain, moves)})

    fair = Semimeasure({"sun": "1/2", "rain": "1/2"})
    wet = Semimeasure({"sun": "1/4", "rain": "3/4"})
    weather = [Rule("rainy", observation="rain"), Rule("sunny", observation="sun")]
    actions = ("umbrella", "none")
    return Model(
        actions=actions,
        observations=("sun", "rain"),
        policies={
            "careful": reader(leave, carry),
            "contrary": reader(carry, leave),
            "indifferent": constant({"umbrella": "1/2", "none": "1/2"}),
        },
        prior={"careful": "1/3", "contrary": "1/3", "indifferent": "1/3"},
        demonstrator="careful",
        environment=MooreEnvironment.of(
            "sunny",
            {
                "sunny": ({"umbrella": wet, "none": fair}, weather),
                "rainy": ({"umbrella": wet, "none": wet}, weather),
            },
        ),
        alpha="1/6",
        horizon=8,
        events={
            "soaked": Automaton.of(
                "sun",
                ["soaked"],
                {
                    "sun": [Rule("rain", observation="rain")],
                    "rain": [Rule("soaked", action="none"), Rule("sun", observation="sun")],
                    "soaked": [],
                },
            )
        },
    )


def correlated(
    members: int = 5,
    weight: RationalLike = "1/10",
    error: RationalLike = 1,
    alpha: RationalLike = "1/10",
    step: int = 3,
    horizon: int = 6,
) -> Model:
    """All members but one err together at one step; the one is the demonstrator.

    members: of the class, from 2; the demonstrator comes last in it, the others share the rest of
        the weight equally. weight: the demonstrator's, in (0, 1).
    error: the probability with which the others do `wrong` at the step, in (0, 1].
    step: when they err, from 0. Before and after it all members do `right`.
    The error passes the conservative learner when `weight < alpha` and `weight <= 1/members`, and
    not otherwise. Source: SPEC L1.
    """
    own, chance = rational(weight, "weight"), rational(error, "error")
    if members < 2:
        raise OutOfRange("members", members, "a whole number from 2")
    if not 0 < own < 1:
        raise OutOfRange("weight", own, "a rational in (0, 1)")
    if not 0 < chance <= 1:
        raise OutOfRange("error", chance, "a rational in (0, 1]")
    if step < 0:
        raise OutOfRange("step", step, "a whole number from 0")
    right = Semimeasure.point("right")
    erring = _timed([right] * step + [Semimeasure({"right": 1 - chance, "wrong": chance}), right])
    names = [f"erring-{k}" for k in range(1, members)]
    actions = ("right", "wrong")
    return Model(
        actions=actions,
        observations=("x",),
        policies={**dict.fromkeys(names, erring), "demonstrator": constant(right)},
        prior={**dict.fromkeys(names, (1 - own) / (members - 1)), "demonstrator": own},
        demonstrator="demonstrator",
        environment=silent(actions),
        alpha=alpha,
        horizon=horizon,
        events={"ever-errs": once(action="wrong")},
    )


def walls(breach: RationalLike = "1/100", horizon: int = 4) -> Model:
    """The machine's walls may break, and one policy waits for that to escape.

    While they hold, `calm` or `stir` is seen. With a small chance per step `breach` is, and from
    then on anything may be.
    breach: that chance, in (0, 1).
    """
    chance = rational(breach, "breach")
    if not 0 < chance < 1:
        raise OutOfRange("breach", chance, "a rational in (0, 1)")
    quiet = Semimeasure({"work": "3/4", "check": "1/4"})
    alert = Semimeasure({"work": "1/4", "check": "3/4"})
    calm, stir = Rule("calm", observation="calm"), Rule("stir", observation="stir")
    watching = {"calm": (quiet, [calm, stir]), "stir": (alert, [calm, stir])}
    flees = Rule("out", observation="breach")
    held = dict.fromkeys(("calm", "stir"), (1 - chance) / 2)
    seen = Semimeasure({**held, "breach": chance})
    actions, observations = ("work", "check", "escape"), ("calm", "stir", "breach")
    return Model(
        actions=actions,
        observations=observations,
        policies={
            "demonstrator": MoorePolicy.of("calm", watching),
            "escapist": MoorePolicy.of(
                "calm",
                {name: (emit, [flees, *rules]) for name, (emit, rules) in watching.items()}
                | {"out": (Semimeasure.point("escape"), [])},
            ),
            "careless": constant({"work": "1/2", "check": "1/2"}),
        },
        prior={"demonstrator": "1/5", "escapist": "3/5", "careless": "1/5"},
        demonstrator="demonstrator",
        environment=MooreEnvironment.of(
            "intact",
            {
                "intact": (dict.fromkeys(actions, seen), [Rule("broken", observation="breach")]),
                "broken": (dict.fromkeys(actions, Semimeasure.uniform(observations)), []),
            },
        ),
        alpha="1/4",
        horizon=horizon,
        events={
            "breach": once(observation="breach"),
            "escapes": once(action="escape"),
        },
    )


@dataclass(frozen=True)
class _Turn(Policy):
    """Emits one semimeasure for so many steps, and another from then on; its state is the time."""

    first: Semimeasure[str]
    steps: int
    then: Semimeasure[str]

    @property
    def start(self) -> int:
        return 0

    def emit(self, state: int) -> Semimeasure[str]:
        return self.first if state < self.steps else self.then

    def advance(self, state: int, step: Step) -> int:
        return min(state + 1, self.steps)


def every_turn(alpha: RationalLike = "1/100", horizon: int = 50) -> CountableModel:
    """For every n a traitor that imitates for n steps and defects from then on: countably many.

    The demonstrator has weight 1/2, the n-th traitor `2^-(n+2)`.
    Source: SPEC N2.
    """
    from exact_cbil.countable import CountableClass, CountableModel

    human = Semimeasure({"safe": "3/4", "other": "1/4"})
    actions = ("safe", "other", "defect")
    demonstrator = constant(human)

    def member(n: int) -> tuple[Fraction, Policy]:
        if n == 0:
            return Fraction(1, 2), demonstrator
        return Fraction(1, 2 ** (n + 1)), _Turn(human, n - 1, Semimeasure.point("defect"))

    return CountableModel(
        actions=actions,
        observations=("x",),
        policies=CountableClass(
            member,
            tail=lambda n: Fraction(1, 2**n),
            name=lambda n: f"turn-{n - 1}" if n else "demonstrator",
        ),
        demonstrator=0,
        environment=silent(actions),
        alpha=alpha,
        horizon=horizon,
        events={"ever-defects": once(action="defect")},
    )


def maze_optimisers() -> Model:
    """Short programs that solve two mazes: most follow a mark, and one searches for the exit.

    Source: SPEC P5.
    """
    from exact_cbil.optimisers.classes import model_of_programs
    from exact_cbil.optimisers.tasks import maze

    return model_of_programs(maze().of(2, 4), 16, "1/100", trained=2)


def hash_optimisers() -> Model:
    """Short programs that find three hashes: most are tables, one searches, one for a stamp.

    Source: SPEC P5.
    """
    from exact_cbil.optimisers.classes import model_of_programs
    from exact_cbil.optimisers.tasks import hash_game

    return model_of_programs(hash_game().of(3, 3), 16, "1/100", trained=3)


SHIPPED: dict[str, Callable[[], Model]] = {
    "treacherous-turn": treacherous_turn,
    "rare-action": rare_action,
    "chain": chain,
    "shared-error": shared_error,
    "defective": defective,
    "two-observers": two_observers,
    "maze-optimisers": maze_optimisers,
    "hash-optimisers": hash_optimisers,
    "correlated": correlated,
    "walls": walls,
}
"""The shipped models by name."""


COUNTABLE: dict[str, Callable[[], CountableModel]] = {"every-turn": every_turn}
"""The shipped models with countably many policies; they have no model file."""


def shipped(name: str) -> Model:
    """The shipped model called `name`; CbilError when there is none."""
    if name in COUNTABLE:
        raise CbilError(f"{name} has countably many policies, and so no model file")
    if name not in SHIPPED:
        raise CbilError(f"no shipped model is called {name!r}; there are {', '.join(SHIPPED)}")
    return SHIPPED[name]()

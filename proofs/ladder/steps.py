"""The five steps of the proof of T1 as lemmas about symbolic numbers, with sums of two terms.

| symbol    | here                                                       |
|-----------|------------------------------------------------------------|
| w_d, w    | posterior weights of the demonstrator and of a policy      |
| x, r      | `z/tau`; what an answer multiplies it by                   |
| p, q      | probabilities of an action: demonstrator's, other policy's |
| s, t      | shortfalls `(1 - r)_+`                                     |
| F         | the potential of one policy                                |

Each `Step` is data: the tests drop and flip its hypotheses one by one, and each time it must fail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import z3

from proofs.ladder.axioms import LN_OF_PRODUCT, LN_TANGENT, LOG_LEMMA, ln
from proofs.ladder.kernel import Proof, induct, instance, lemma

__all__ = ["STEPS", "Step", "climb"]


@dataclass(frozen=True)
class Step:
    """A lemma to be made: its hypotheses by name, and what it uses from the steps before.

    stage: the step of the proof of T1 that it belongs to. claim: the conclusion; with `induction`,
    a function from the number of rounds to one.
    """

    name: str
    stage: int
    words: str
    variables: Sequence[Any]
    hypotheses: Mapping[str, Any]
    claim: Any
    using: Callable[[Mapping[str, Proof]], Sequence[Proof]] = field(default=lambda made: ())
    induction: bool = False

    def prove(
        self, made: Mapping[str, Proof], hypotheses: Mapping[str, Any] | None = None
    ) -> Proof:
        """Make the proof; with other hypotheses than its own for a test of them."""
        assumed = self.hypotheses if hypotheses is None else hypotheses
        if self.induction:
            return induct(self.name, self.claim, assumed, self.using(made))
        return lemma(self.name, self.variables, assumed, self.claim, self.using(made))


def tau(alpha: Any) -> Any:
    """The threshold of D8. Source: SPEC D8."""
    return z3.If(2 * alpha <= 1, alpha / (1 - alpha), z3.RealVal(1))


def potential(x: Any) -> Any:
    """`3x` up to 1 and `3 + 2 ln x` from there. Source: SPEC D9."""
    return z3.If(x <= 1, 3 * x, 3 + 2 * ln(x))


def positive_part(x: Any) -> Any:
    """`max(0, x)`."""
    return z3.If(x > 0, x, z3.RealVal(0))


def square(x: Any) -> Any:
    """`x^2`, as a product."""
    return x * x


def largest(x: Any, y: Any) -> Any:
    """The larger of two numbers."""
    return z3.If(x >= y, x, y)


_alpha, _wd, _w, _rest = z3.Reals("alpha w_d w rest")
_x, _r, _y, _u = z3.Reals("x r y u")
_p, _q, _p1, _p2 = z3.Reals("p q p1 p2")
_s, _t, _s1, _s2 = z3.Reals("s t s1 s2")
_r1, _r2 = z3.Reals("r1 r2")
_theta, _g, _phi, _after, _next = z3.Reals("theta G Phi after next")


def _drop(x: Any, r: Any) -> Any:
    """The drop of the potential above the threshold, with the slope 2."""
    return potential(x) + 2 * (r - 1) - potential(x * r) >= square(positive_part(1 - r))


_cost, _value, _sum = (
    z3.Function(name, z3.IntSort(), z3.RealSort()) for name in ("cost", "EPhi", "sum")
)
_k = z3.Int("k")

STEPS: tuple[Step, ...] = (
    Step(
        "threshold, demonstrator ranked before",
        1,
        "In the top set and ranked after the demonstrator: the weight is at least tau w_d.",
        (_alpha, _wd, _w, _rest),
        {
            "alpha > 0": _alpha > 0,
            "alpha <= 1": _alpha <= 1,
            "w_d > 0": _wd > 0,
            "the other ranks before weigh something or nothing": _rest >= 0,
            "the test of the top set": _w >= _alpha * (_rest + _wd + _w),
        },
        _w >= tau(_alpha) * _wd,
    ),
    Step(
        "threshold, demonstrator ranked after",
        1,
        "Ranked before the demonstrator: the weight is at least tau w_d.",
        (_alpha, _wd, _w),
        {"w_d > 0": _wd > 0, "it is at least as heavy": _w >= _wd},
        _w >= tau(_alpha) * _wd,
    ),
    Step(
        "logarithm of one",
        2,
        "ln 1 = 0.",
        (),
        {},
        ln(z3.RealVal(1)) == 0,
        lambda made: [instance(LN_OF_PRODUCT, z3.RealVal(1), z3.RealVal(1))],
    ),
    Step(
        "logarithm of an inverse",
        2,
        "ln u = - ln x when x u = 1.",
        (_x, _u),
        {"x > 0": _x > 0, "x u = 1": _x * _u == 1},
        ln(_u) == -ln(_x),
        lambda made: [made["logarithm of one"], instance(LN_OF_PRODUCT, _x, _u)],
    ),
    Step(
        "log lemma, inverted",
        2,
        "For x >= 1, with u = 1/x: ln x >= (1-u) + (1-u)^2/2.",
        (_x, _u),
        {"x >= 1": _x >= 1, "x u = 1": _x * _u == 1},
        ln(_x) >= (1 - _u) + square(1 - _u) / 2,
        lambda made: [
            instance(made["logarithm of an inverse"], _x, _u),
            instance(LOG_LEMMA, _u),
        ],
    ),
    Step(
        "the polynomial below the drop",
        3,
        "2(v + v^2/2) + 4yu - 3y - y^2 u^2 >= 0 with v = 1 - u.",
        (_y, _u),
        {"y >= 0": _y >= 0, "y <= 1": _y <= 1, "u <= 1": _u <= 1},
        2 * (1 - _u) + square(1 - _u) + 4 * _y * _u - 3 * _y - square(_y * _u) >= 0,
    ),
    Step(
        "drop, falling below one",
        3,
        "The drop when x >= 1 and x r <= 1, with u = 1/x, so that r = y u for y = x r.",
        (_x, _y, _u),
        {"x >= 1": _x >= 1, "x u = 1": _x * _u == 1, "y >= 0": _y >= 0, "y <= 1": _y <= 1},
        3 + 2 * ln(_x) + 2 * (_y * _u - 1) - 3 * _y >= square(1 - _y * _u),
        lambda made: [
            instance(made["log lemma, inverted"], _x, _u),
            instance(made["the polynomial below the drop"], _y, _u),
        ],
    ),
    Step(
        "drop, staying above one",
        3,
        "The drop when x > 0 and x r >= 1, where F is the logarithm on both sides.",
        (_x, _r),
        {"x > 0": _x > 0, "r > 0": _r > 0},
        2 * ln(_x) + 2 * (_r - 1) - 2 * ln(_x * _r) >= square(positive_part(1 - _r)),
        lambda made: [
            instance(LN_OF_PRODUCT, _x, _r),
            instance(LOG_LEMMA, _r),
            instance(LN_TANGENT, _r),
        ],
    ),
    Step(
        "drop above the threshold",
        3,
        "F(x) + 2(r-1) - F(xr) >= ((1-r)_+)^2 for x >= 1.",
        (_x, _r),
        {"x >= 1": _x >= 1, "r >= 0": _r >= 0},
        _drop(_x, _r),
        lambda made: [
            made["logarithm of one"],
            instance(made["drop, falling below one"], _x, _x * _r, 1 / _x),
            instance(made["drop, staying above one"], _x, _r),
        ],
    ),
    Step(
        "drop below the threshold",
        3,
        "F(x) + 3x(r-1) - F(xr) >= 0 for x < 1.",
        (_x, _r),
        {"x < 1": _x < 1},
        potential(_x) + 3 * _x * (_r - 1) - potential(_x * _r) >= 0,
        lambda made: [instance(LN_TANGENT, _x * _r)],
    ),
    Step(
        "shortfall of an action",
        4,
        "p - min(p, q) <= p (1 - q/p)_+.",
        (_p, _q),
        {"p > 0": _p > 0},
        _p - z3.If(_p <= _q, _p, _q) <= _p * positive_part(1 - _q / _p),
    ),
    Step(
        "Jensen, two actions",
        4,
        "The square of a mean is at most the mean of the squares.",
        (_p1, _p2, _s1, _s2),
        {"p1 >= 0": _p1 >= 0, "p2 >= 0": _p2 >= 0, "p1 + p2 = 1": _p1 + _p2 == 1},
        square(_p1 * _s1 + _p2 * _s2) <= _p1 * square(_s1) + _p2 * square(_s2),
    ),
    Step(
        "a maximum is at most a sum, two policies",
        4,
        "max(s^2, t^2) <= s^2 + t^2.",
        (_s, _t),
        {},
        largest(square(_s), square(_t)) <= square(_s) + square(_t),
    ),
    Step(
        "theta^2 <= G",
        4,
        "From theta <= p1 s1 + p2 s2, the query probability squared is at most G.",
        (_theta, _p1, _p2, _s1, _s2),
        {
            "p1 >= 0": _p1 >= 0,
            "p2 >= 0": _p2 >= 0,
            "p1 + p2 = 1": _p1 + _p2 == 1,
            "theta >= 0": _theta >= 0,
            "theta is at most the mean shortfall": _theta <= _p1 * _s1 + _p2 * _s2,
        },
        square(_theta) <= _p1 * square(_s1) + _p2 * square(_s2),
        lambda made: [instance(made["Jensen, two actions"], _p1, _p2, _s1, _s2)],
    ),
    Step(
        "one answer, two actions",
        5,
        "An answer lowers the potential of a policy by its mean squared shortfall.",
        (_x, _r1, _r2, _p1, _p2),
        {
            "x >= 1": _x >= 1,
            "r1 >= 0": _r1 >= 0,
            "r2 >= 0": _r2 >= 0,
            "p1 >= 0": _p1 >= 0,
            "p2 >= 0": _p2 >= 0,
            "p1 + p2 = 1": _p1 + _p2 == 1,
            "p1 r1 + p2 r2 <= 1": _p1 * _r1 + _p2 * _r2 <= 1,
        },
        _p1 * potential(_x * _r1) + _p2 * potential(_x * _r2)
        <= potential(_x)
        - (_p1 * square(positive_part(1 - _r1)) + _p2 * square(positive_part(1 - _r2))),
        lambda made: [
            instance(made["drop above the threshold"], _x, _r1),
            instance(made["drop above the threshold"], _x, _r2),
        ],
    ),
    Step(
        "one round",
        5,
        "Asked with probability theta, the potential falls by theta G in expectation.",
        (_theta, _g, _phi, _after),
        {"theta >= 0": _theta >= 0, "an answer lowers it by G": _after <= _phi - _g},
        (1 - _theta) * _phi + _theta * _after <= _phi - _theta * _g,
    ),
    Step(
        "the cube",
        5,
        "theta^3 <= theta G.",
        (_theta, _g),
        {"theta >= 0": _theta >= 0, "theta^2 <= G": square(_theta) <= _g},
        _theta * square(_theta) <= _theta * _g,
    ),
    Step(
        "the sum over rounds",
        5,
        "By induction: the costs of the first n rounds and the potential left are at most S.",
        (),
        {
            "the sum starts at 0": _sum(0) == 0,
            "the sum adds the costs": z3.ForAll(
                [_k], z3.Implies(_k >= 0, _sum(_k + 1) == _sum(_k) + _cost(_k))
            ),
            "each round lowers the potential by its cost": z3.ForAll(
                [_k], z3.Implies(_k >= 0, _value(_k + 1) <= _value(_k) - _cost(_k))
            ),
        },
        lambda n: _sum(n) + _value(n) <= _value(0),
        induction=True,
    ),
    Step(
        "T1 from the sum",
        5,
        "The potential left is not negative, so the costs are at most S.",
        (_s, _phi, _t),
        {"the sum over rounds": _s + _phi <= _t, "what is left is not negative": _phi >= 0},
        _s <= _t,
    ),
)


def climb(steps: Sequence[Step] = STEPS) -> dict[str, Proof]:
    """Make every proof in order; raises StepFails or Disagreement at the first that fails."""
    made: dict[str, Proof] = {}
    for step in steps:
        made[step.name] = step.prove(made)
    return made

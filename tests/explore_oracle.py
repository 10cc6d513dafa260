"""Candidates evaluated a second time, at 60 digits, from what `exact-cbil run --json` prints.

Shares the syntax tree with the code under test and nothing else: quantities come from the printed
result and the model file, by their definitions.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import mpmath

from exact_cbil.expressions import Binary, Call, Expression, Name, Negative, Number, Quoted

DIGITS = 60
Values = Mapping[str, Any]


def _exact(value: Fraction) -> Any:
    return mpmath.mpf(value.numerator) / value.denominator


def values(result: Values, model: Values) -> dict[str, Any]:
    """The quantities that follow from a printed result and a model file."""
    alpha = Fraction(model["alpha"])
    prior = {name: Fraction(weight) for name, weight in model["prior"].items()}
    own = prior[model["demonstrator"]]
    odds = [w / own for name, w in prior.items() if name != model["demonstrator"]]
    tau = alpha / (1 - alpha) if alpha <= Fraction(1, 2) else Fraction(1)
    steps = result["steps"]
    found: dict[str, Any] = {
        "query_cubes": _exact(Fraction(result["query_cubes"])),
        "queries": _exact(Fraction(result["queries"])),
        "exclusion": _exact(Fraction(result["exclusion"])),
        "query_squares": sum((_exact(Fraction(s["theta2"])) for s in steps), mpmath.mpf(0)),
        "top_size": max((_exact(Fraction(s["top_size"])) for s in steps), default=None),
        "alpha": _exact(alpha),
        "tau": _exact(tau),
        "w_d": _exact(own),
        "X": _exact(1 / own - 1),
        "S": sum((_potential(_exact(z / tau)) for z in odds), mpmath.mpf(0)),
        "S_lin": _exact(3 / tau * (1 / own - 1)),
        "T": mpmath.mpf(model["horizon"]),
        "|A|": mpmath.mpf(len(model["actions"])),
        "|O|": mpmath.mpf(len(model["observations"])),
        "|Pi|": mpmath.mpf(len(prior)),
        "z_max": _exact(max(odds)) if odds else None,
        "odds": [_exact(z) for z in odds],
        "events": result["events"],
    }
    if alpha < 1:
        found["retention"] = _exact((1 / own - 1) / (1 / alpha - 1))
    return found


def _potential(x: Any) -> Any:
    return 3 * x if x <= 1 else 3 + 2 * mpmath.log(x)


FUNCTIONS = {
    "ln": mpmath.log,
    "exp": mpmath.exp,
    "sqrt": mpmath.sqrt,
    "cbrt": mpmath.cbrt,
    "root": lambda x, n: mpmath.root(x, int(n)),
    "min": min,
    "max": max,
    "F": _potential,
}


LAWS = {"P_i": "imitator", "P_d": "demonstrator"}


def evaluate(expression: Expression, known: Values, event: str | None = None) -> Any:
    """The number, as an `mpf` of the working precision."""
    if isinstance(expression, Number):
        return mpmath.mpf(expression.value)
    if isinstance(expression, Name):
        return known[expression.name]
    if isinstance(expression, Negative):
        return -evaluate(expression.inner, known, event)
    if isinstance(expression, Call):
        return _call(expression, known, event)
    assert isinstance(expression, Binary)
    return _binary(expression, known, event)


def _call(call: Call, known: Values, event: str | None) -> Any:
    if call.function in LAWS:
        (named,) = call.arguments
        chance = known["events"][named.text if isinstance(named, Quoted) else event]
        return _exact(Fraction(chance[LAWS[call.function]]))
    if call.function != "sum_z":
        return FUNCTIONS[call.function](*(evaluate(a, known, event) for a in call.arguments))
    inner = call.arguments[0]
    terms = (evaluate(inner, {**known, "z": z}, event) for z in known["odds"])
    return sum(terms, mpmath.mpf(0))


def _binary(expression: Binary, known: Values, event: str | None) -> Any:
    left = evaluate(expression.left, known, event)
    right = evaluate(expression.right, known, event)
    if expression.sign == "+":
        return left + right
    if expression.sign == "-":
        return left - right
    if expression.sign == "*":
        return left * right
    return left / right if expression.sign == "/" else mpmath.power(left, right)

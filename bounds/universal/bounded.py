"""Facts by which a whole process is bounded by induction over its steps, whatever the weights.

A step adds at most 1 to the sums that T1, T2 and T4 bound, so they are at most T; and an event is
at most as much likelier under `P_i` than under `P_g` as `P_i(pi_d is ever outside)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bounds.universal.case import Case, Certificate, Poly, Term, variables
from bounds.universal.logarithm import tangent_gap

__all__ = ["bounded", "excess"]


def bounded(policies: int, actions: int) -> Iterator[Case]:
    """A step costs `c <= 1`, and a value is at most n when those after the step are at most n - 1.

    The value is `c + sum_a m_a i_a + theta sum_a p_a q_a`, and c is `theta^3`, `theta` or, while
    pi_d is in the top set, `k`. Of m only `0 <= m` and `sum m <= 1` are used, and for k `m <= p`.
    """
    yield _power(actions, 3)
    yield _power(actions, 1)
    yield _divergence(actions)
    yield _step(actions)


def _named(v: dict[str, Poly], kinds: str, actions: int) -> dict[str, Poly]:
    """Non-negative variables."""
    return {f"{kind}{a}": v[f"{kind}{a}"] for kind in kinds for a in range(actions)}


def _rest(v: dict[str, Poly], parts: Iterable[Poly]) -> Poly:
    return 1 + 0 * v["theta"] - sum(parts)


def _power(actions: int, power: int) -> Case:
    places = range(actions)
    v = variables("theta", *(f"m{a}" for a in places))
    definitions = {"theta": _rest(v, (v[f"m{a}"] for a in places))}
    # 1 - theta^power = (sum of m) (1 + theta + ... + theta^(power-1))
    terms = (Term((f"m{a}", *["theta"] * k)) for a in places for k in range(power))
    hypotheses = {"theta": v["theta"], **_named(v, "m", actions)}
    goal, certificate = 1 - v["theta"] ** power, Certificate(tuple(terms))
    return Case(f"c = theta^{power}", v, hypotheses, goal, {}, definitions, certificate)


def _divergence(actions: int) -> Case:
    """With `m_a = p_a r_a`; `l_a` stands for `ln(r_a + theta)`."""
    places = range(actions)
    v = variables("theta", *(f"{kind}{a}" for kind in "prl" for a in places))
    hypotheses = {"theta": v["theta"], **_named(v, "pr", actions)}
    definitions = {f"p{actions - 1}": _rest(v, (v[f"p{a}"] for a in places[:-1]))}
    definitions["theta"] = _rest(v, (v[f"p{a}"] * v[f"r{a}"] for a in places))
    value, terms = 0 * v["theta"], [Term(("theta", "theta"))]
    for a in places:
        ratio, log = v[f"r{a}"] + v["theta"], v[f"l{a}"]
        hypotheses |= {f"loss{a}": 1 - v[f"r{a}"], f"log{a}": tangent_gap(ratio, log)}
        value += v[f"p{a}"] * ratio * log
        terms += [Term((f"p{a}", f"r{a}", f"log{a}")), Term((f"p{a}", "theta", f"log{a}"))]
        terms += [Term((f"p{a}", f"r{a}", f"loss{a}")), Term((f"p{a}", f"r{a}"))]
    certificate = Certificate(tuple(terms))
    return Case("c = k", v, hypotheses, 1 - value, {}, definitions, certificate)


def _step(actions: int) -> Case:
    places = range(actions)
    v = variables("n", "c", "theta", *(f"{kind}{a}" for kind in "pmiq" for a in places))
    hypotheses = {"theta": v["theta"], "most": 1 - v["c"], **_named(v, "pm", actions)}
    definitions = {f"p{actions - 1}": _rest(v, (v[f"p{a}"] for a in places[:-1]))}
    definitions["theta"] = _rest(v, (v[f"m{a}"] for a in places))
    value, terms = v["c"], [Term(("most",))]
    for a in places:
        hypotheses |= {f"acted{a}": v["n"] - 1 - v[f"i{a}"], f"asked{a}": v["n"] - 1 - v[f"q{a}"]}
        value += v[f"m{a}"] * v[f"i{a}"] + v["theta"] * v[f"p{a}"] * v[f"q{a}"]
        terms += [Term((f"m{a}", f"acted{a}")), Term(("theta", f"p{a}", f"asked{a}"))]
    certificate = Certificate(tuple(terms))
    return Case("a step", v, hypotheses, v["n"] - value, {}, definitions, certificate)


def excess(policies: int, actions: int) -> Iterator[Case]:
    """`P_i(B) - P_g(B)` is at most the chance that pi_d leaves, when it is so after a step.

    `c_s` are the chances of the imitator's steps, `d_s` and `x_s` the two sides after them; `b_s`
    the chances of B under `P_i`, and `y` that under the demonstrator. Source: SPEC T5.
    """
    steps = range(2 * actions)
    v = variables("y", *(f"{kind}{s}" for kind in "cdxb" for s in steps))
    chances = {f"c{s}": v[f"c{s}"] for s in steps}
    zero = 0 * v["y"]
    later = {f"later{s}": v[f"x{s}"] - v[f"d{s}"] for s in steps}
    goal = sum((v[f"c{s}"] * (v[f"x{s}"] - v[f"d{s}"]) for s in steps), zero)
    certificate = Certificate(tuple(Term((f"c{s}", f"later{s}")) for s in steps))
    yield Case("pi_d inside", v, {**chances, **later}, goal, {}, {}, certificate)
    hypotheses = {**chances, "y": v["y"], **{f"most{s}": 1 - v[f"b{s}"] for s in steps}}
    last = f"c{2 * actions - 1}"
    definitions = {last: 1 + zero - sum(v[f"c{s}"] for s in steps[:-1])}
    goal = 1 - sum((v[f"c{s}"] * v[f"b{s}"] for s in steps), zero) + v["y"]
    terms = (Term(("y",)), *(Term((f"c{s}", f"most{s}")) for s in steps))
    yield Case("pi_d outside", v, hypotheses, goal, {}, definitions, Certificate(terms))

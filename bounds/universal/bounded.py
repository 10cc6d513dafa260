"""Facts by which a whole process is bounded by induction over its steps, whatever the weights.

A step adds at most 1 to the sums that T1, T2 and T4 bound, so they are at most T; and an event is
at most as much likelier under `P_i` than under `P_g` as `P_i(pi_d is ever outside)`.
"""

from __future__ import annotations

from collections.abc import Iterator

from bounds.universal.case import Case, Certificate, Poly, Term, variables
from bounds.universal.logarithm import tangent_gap

__all__ = ["bounded", "excess"]


def bounded(policies: int, actions: int) -> Iterator[Case]:
    """A value is at most n when those after a step are at most n - 1.

    The value is `c + sum_a m_a i_a + theta sum_a p_a q_a`, and c is `theta^3`, `theta` or, while
    pi_d is in the top set, `k`. Of m only `0 <= m` and `sum m <= 1` are used, and for k `m <= p`.
    """
    yield _powers(actions, 3)
    yield _powers(actions, 1)
    yield _divergence(actions)


def _step(actions: int, *kinds: str) -> tuple[dict[str, Poly], dict[str, Poly], dict[str, Poly]]:
    places = range(actions)
    names = ["n", "theta", *(f"{kind}{a}" for kind in ("p", *kinds, "i", "q") for a in places)]
    v = variables(*names)
    hypotheses = {name: v[name] for name in names if name[0] not in "niql"}
    for a in places:
        hypotheses |= {f"acted{a}": v["n"] - 1 - v[f"i{a}"], f"asked{a}": v["n"] - 1 - v[f"q{a}"]}
    last = 1 + 0 * v["n"] - sum(v[f"p{a}"] for a in range(actions - 1))
    return v, hypotheses, {f"p{actions - 1}": last}


def _powers(actions: int, power: int) -> Case:
    v, hypotheses, definitions = _step(actions, "m")
    places = range(actions)
    definitions["theta"] = 1 + 0 * v["n"] - sum(v[f"m{a}"] for a in places)
    value = v["theta"] ** power
    terms = []
    for a in places:
        value += v[f"m{a}"] * v[f"i{a}"] + v["theta"] * v[f"p{a}"] * v[f"q{a}"]
        terms += [Term((f"m{a}", f"acted{a}")), Term(("theta", f"p{a}", f"asked{a}"))]
        # 1 - theta^power = (sum of m) (1 + theta + ... + theta^(power-1))
        terms += [Term((f"m{a}", *["theta"] * k)) for k in range(power)]
    certificate = Certificate(tuple(terms))
    name = f"c = theta^{power}"
    return Case(name, v, hypotheses, v["n"] - value, {}, definitions, certificate)


def _divergence(actions: int) -> Case:
    """With `m_a = p_a r_a`; `l_a` stands for `ln(r_a + theta)`."""
    v, hypotheses, definitions = _step(actions, "r", "l")
    places = range(actions)
    definitions["theta"] = 1 + 0 * v["n"] - sum(v[f"p{a}"] * v[f"r{a}"] for a in places)
    value, terms = 0 * v["n"], [Term(("theta", "theta"))]
    for a in places:
        p, r = v[f"p{a}"], v[f"r{a}"]
        ratio = r + v["theta"]
        hypotheses |= {f"loss{a}": 1 - r, f"log{a}": tangent_gap(ratio, v[f"l{a}"])}
        value += p * ratio * v[f"l{a}"] + p * r * v[f"i{a}"] + v["theta"] * p * v[f"q{a}"]
        terms += [Term((f"p{a}", f"r{a}", f"log{a}")), Term((f"p{a}", "theta", f"log{a}"))]
        terms += [Term((f"p{a}", f"r{a}", f"acted{a}")), Term(("theta", f"p{a}", f"asked{a}"))]
        terms += [Term((f"p{a}", f"r{a}", f"loss{a}")), Term((f"p{a}", f"r{a}"))]
    certificate = Certificate(tuple(terms))
    return Case("c = k", v, hypotheses, v["n"] - value, {}, definitions, certificate)


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

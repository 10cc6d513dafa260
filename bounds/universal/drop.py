"""The drop of the potential: of `F` at one policy, and of `Phi` in a step (T1, steps 3 and 5)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations_with_replacement

from bounds.universal.case import Case, Certificate, Term, variables
from bounds.universal.logarithm import log_lemma_gap, tangent_gap

__all__ = ["drop", "drop_lemma"]


def drop_lemma(policies: int, actions: int) -> Iterator[Case]:
    """`F(x) + c (r-1) - F(xr) >= (1-r)_+^2` with `c = 2` for `x >= 1`; `>= 0` with `c = 3x` below.

    `l` is the logarithm of the case, with one instance of a lemma. Source: SPEC T1.
    """
    yield _steep()
    v = variables("r", "l")
    r, log = v["r"], v["l"]
    inside = {"log": log_lemma_gap(r, -log), "loss": 1 - r, "r": r}
    goal = 2 * log + 2 * (r - 1) - (1 - r) ** 2
    twice = Certificate((Term(("log",), Fraction(2)),))
    yield Case("x >= 1, xr >= 1, r <= 1; l = -ln r", v, inside, goal, certificate=twice)
    above = {"log": tangent_gap(r, log), "rise": r - 1}
    goal = 2 * (r - 1) - 2 * log
    yield Case("x >= 1, r > 1; l = ln r", v, above, goal, certificate=twice)
    v = variables("x", "r")
    x, r = v["x"], v["r"]
    flat = {"x": x, "r": r, "below": 1 - x, "after": 1 - x * r}
    goal = 3 * x + 3 * x * (r - 1) - 3 * x * r
    yield Case("x < 1, xr <= 1", v, flat, goal, certificate=Certificate(()))
    v = variables("y", "l")
    y, log = v["y"], v["l"]
    goal = 3 * y - 3 - 2 * log
    terms = (Term(("log",), Fraction(2)), Term(("rise",)))
    crossing = {"rise": y - 1, "log": tangent_gap(y, log)}
    certificate = Certificate(terms)
    yield Case("x < 1, y = xr >= 1; l = ln y", v, crossing, goal, certificate=certificate)


def _steep() -> Case:
    v = variables("u", "y", "l")
    u, y, log = v["u"], v["y"], v["l"]
    loss = 1 - u
    hypotheses = {"u": u, "y": y, "loss": loss, "after": 1 - y, "log": log_lemma_gap(u, -log)}
    goal = 3 + 2 * log + 2 * (y * u - 1) - 3 * y - (1 - y * u) ** 2
    terms = (
        Term(("log",), Fraction(2)),
        Term(("after", "loss"), Fraction(2)),
        Term(("after",), square=loss),
        Term(("y", "after"), square=u),
    )
    name = "x = 1/u >= 1, y = xr <= 1; l = ln x"
    return Case(name, v, hypotheses, goal, certificate=Certificate(terms))


def drop(policies: int, actions: int) -> Iterator[Case]:
    """`E Phi` drops by at least `theta G` in a step.

    `f_j` is `F(z_j/tau)` and `g_j_a` its value after a query answered by a; the drop lemma relates
    them, with slope `c_j`. Of the others, the first `size` are in the top set. Source: SPEC T1.
    """
    for size in range(policies):
        for attains in combinations_with_replacement(range(size + 1), actions):
            yield _drop(policies, actions, size, attains)


def _drop(policies: int, actions: int, size: int, attains: tuple[int, ...]) -> Case:
    others, places = range(1, policies), range(actions)
    pairs = [(j, a) for j in others for a in places]
    kinds = ("r", "b", "g")
    names = ["theta", *(f"p{a}" for a in places)]
    names += [f"{kind}{j}" for kind in ("c", "f") for j in others]
    names += [f"{kind}{j}_{a}" for kind in kinds for j, a in pairs]
    v = variables(*names)
    zero = 0 * v["theta"]
    free = {f"f{j}" for j in others} | {f"g{j}_{a}" for j, a in pairs}
    hypotheses = {name: v[name] for name in names if name not in free}
    definitions = {f"p{actions - 1}": 1 + zero - sum(v[f"p{a}"] for a in range(actions - 1))}
    terms: list[Term] = []
    change = zero
    for j in others:
        kept = sum((v[f"p{a}"] * v[f"r{j}_{a}"] for a in places), zero)
        hypotheses[f"deficit{j}"] = 1 - kept
        terms.append(Term(("theta", f"c{j}", f"deficit{j}")))
        change += v[f"f{j}"]
    for j, a in pairs:
        p, b = v[f"p{a}"], v[f"b{j}_{a}"]
        inside = b**2 if j <= size else zero
        lemma = v[f"f{j}"] + v[f"c{j}"] * (v[f"r{j}_{a}"] - 1) - v[f"g{j}_{a}"] - inside
        hypotheses[f"lemma{j}_{a}"] = lemma
        hypotheses[f"loss{j}_{a}"] = b - 1 + v[f"r{j}_{a}"]
        terms.append(Term(("theta", f"p{a}", f"lemma{j}_{a}")))
        change -= p * v[f"g{j}_{a}"]
        if j <= size and j != attains[a]:
            terms.append(Term(("theta", f"p{a}"), square=b))
    for a, j in enumerate(attains):
        if j:
            change -= v[f"p{a}"] * v[f"b{j}_{a}"] ** 2
    name = f"{size} others in the top set, the least attained by {attains}"
    goal, certificate = v["theta"] * change, Certificate(tuple(terms))
    return Case(name, v, hypotheses, goal, {}, definitions, certificate)

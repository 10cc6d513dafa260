"""What the top set says of weights: the odds of members (T1, step 1), and pi_d outside (T3)."""

from __future__ import annotations

from collections.abc import Iterator

from bounds.universal.case import Case, Certificate, Poly, Term, variables

__all__ = ["converse", "left", "threshold"]


def threshold(policies: int, actions: int) -> Iterator[Case]:
    """A member of the top set has `z >= tau`. Weights are sorted; n is its rank, m that of pi_d.

    Source: SPEC T1.
    """
    for n in range(policies):
        for m in range(policies):
            if n != m:
                yield _threshold_low(policies, n, m)
                yield _threshold_high(policies, n, m)


def _ranked(policies: int, n: int) -> tuple[dict[str, Poly], dict[str, Poly], dict[str, Poly]]:
    v = variables("alpha", *(f"w{k}" for k in range(policies)))
    gaps = {f"gap{k}": v[f"w{k}"] - v[f"w{k + 1}"] for k in range(policies - 1)}
    running = sum((v[f"w{k}"] for k in range(n + 1)), 0 * v["alpha"])
    member = {"member": v[f"w{n}"] - v["alpha"] * running}
    return v, {**gaps, **member}, {name: v[name] for name in v}


def _gaps(low: int, high: int, *factors: str) -> tuple[Term, ...]:
    return tuple(Term((*factors, f"gap{k}")) for k in range(low, high))


def _threshold_low(policies: int, n: int, m: int) -> Case:
    v, hypotheses, positive = _ranked(policies, n)
    alpha = v["alpha"]
    hypotheses["half"] = 1 - 2 * alpha
    if m < n:
        others = tuple(Term(("alpha", f"w{k}")) for k in range(n) if k != m)
        terms = (Term(("member",)), *others)
    else:
        terms = (Term(("half", f"w{n}")), *_gaps(n, m, "alpha"))
    goal = (1 - alpha) * v[f"w{n}"] - alpha * v[f"w{m}"]
    name = f"alpha <= 1/2, pi ranks {n + 1}, pi_d ranks {m + 1}"
    return Case(name, v, hypotheses, goal, positive, {}, Certificate(terms))


def _threshold_high(policies: int, n: int, m: int) -> Case:
    v, hypotheses, positive = _ranked(policies, n)
    alpha = v["alpha"]
    hypotheses["one"] = 1 - alpha
    positive["half"] = 2 * alpha - 1
    goal = v[f"w{n}"] - v[f"w{m}"]
    name = f"alpha > 1/2, pi ranks {n + 1}, pi_d ranks {m + 1}"
    if m > n:
        certificate = Certificate(_gaps(n, m))
    else:
        others = tuple(Term(("alpha", f"w{k}")) for k in range(n) if k != m)
        terms = (Term(("member",)), *others, Term(("half", f"w{m}")), *_gaps(m, n, "one"))
        certificate = Certificate(terms, None)
    return Case(name, v, hypotheses, goal, positive, {}, certificate)


def left(policies: int, actions: int) -> Iterator[Case]:
    """Outside the top set pi_d has `1 - alpha <= alpha X`, where `X = sum z`; m is its rank.

    With the supermartingale it bounds the chance of that ever happening. Source: SPEC T3.
    """
    for m in range(policies):
        v, hypotheses, _ = _ranked(policies, m)
        hypotheses = {name: v[name] for name in v} | {"outside": -hypotheses["member"]}
        after = tuple(Term(("alpha", f"w{k}")) for k in range(m + 1, policies))
        others = sum((v[f"w{k}"] for k in range(policies) if k != m), 0 * v["alpha"])
        goal = v["alpha"] * others - (1 - v["alpha"]) * v[f"w{m}"]
        certificate = Certificate((Term(("outside",)), *after))
        yield Case(f"pi_d ranks {m + 1}", v, hypotheses, goal, certificate=certificate)


def converse(policies: int, actions: int) -> Iterator[Case]:
    """False from three policies on: `z >= tau` implies membership."""
    n = policies - 1
    v, hypotheses, positive = _ranked(policies, n)
    alpha = v["alpha"]
    goal = hypotheses.pop("member")
    hypotheses["half"] = 1 - 2 * alpha
    hypotheses["far"] = (1 - alpha) * v[f"w{n}"] - alpha * v["w0"]
    yield Case(f"pi ranks {n + 1}, pi_d ranks 1", v, hypotheses, goal, positive)

"""What is known of facts at a shape and of claims to a horizon, from certificates and solvers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, TypeAlias

from bounds.universal.case import Case
from bounds.universal.facts import Fact
from bounds.universal.solvers import Solvers
from bounds.universal.unrolled import Unrolled
from exact_cbil.errors import CbilError

__all__ = ["Disagreement", "Judged", "Standing", "judge_case", "judge_fact", "judge_unrolled"]

Standing: TypeAlias = Literal[
    "proved", "certified at this shape", "solver-checked", "refuted", "unknown"
]
ORDER: tuple[Standing, ...] = (
    "refuted",
    "unknown",
    "solver-checked",
    "certified at this shape",
    "proved",
)


class Disagreement(CbilError):
    """Z3 finds `subject` unsatisfiable and cvc5 satisfiable, so one of them is wrong."""

    def __init__(self, subject: str) -> None:
        self.subject = subject
        super().__init__(f"{subject}: z3 (unsat) and cvc5 (sat) contradict each other")


@dataclass(frozen=True)
class Judged:
    """The standing of a fact or claim.

    proved: certificates checked in exact arithmetic, of a fact that does not depend on the shape.
    certified at this shape: the same, of one that does. solver-checked: unsat, by a solver at
    least. refuted: by `point`, checked in rationals. cases: how many; z3, cvc5: how many each found
    unsat; they are asked only where there is no certificate. resources: what Z3 spent.
    """

    name: str
    plain: str
    standing: Standing
    cases: int
    certified: int = 0
    z3: int = 0
    cvc5: int = 0
    resources: int = 0
    point: Mapping[str, Fraction] | None = None
    where: str = ""


def judge_case(subject: str, case: Case, solvers: Solvers) -> Judged:
    """Check a case's certificate; without one, ask the solvers."""
    if case.certified():
        return Judged(subject, "", "certified at this shape", 1, certified=1, where=case.name)
    judged = _ask(f"{subject}, {case.name}", case.smtlib(), solvers)
    if judged.point is None:
        return judged
    # A variable that Z3 leaves out may be anything.
    free = [name for name in case.variables if name not in case.definitions]
    point = {name: judged.point.get(name, Fraction(0)) for name in free}
    confirmed = case.violated_at(point)
    return replace(judged, point=point) if confirmed else _unconfirmed(judged)


def judge_fact(fact: Fact, policies: int, actions: int, solvers: Solvers) -> Judged:
    """The standing of a fact at a shape: that of its weakest case."""
    cases = fact.cases(policies, actions)
    judged = _together(fact.name, fact.plain, [judge_case(fact.name, c, solvers) for c in cases])
    if fact.general and judged.standing == "certified at this shape":
        return replace(judged, standing="proved")
    return judged


def judge_unrolled(claim: Unrolled, solvers: Solvers) -> Judged:
    """The standing of an unrolled claim: that of its weakest case. There is no certificate.

    Where the solvers do not settle it with every history written out, they are asked by cases.
    """
    judged: list[Judged] = []
    for script in claim.whole():
        judged.append(_ask_about(claim, script, solvers))
        if judged[-1].standing == "unknown":
            cases = [_ask_about(claim, script, solvers) for script in claim.by_cases()]
            established = bool(cases) and all(one.standing == "solver-checked" for one in cases)
            refuted = [one for one in cases if one.standing == "refuted"]
            judged = cases if established else judged + refuted
            break
    return _together(claim.name, claim.statement.text, judged)


def _ask_about(claim: Unrolled, script: tuple[str, str], solvers: Solvers) -> Judged:
    """What the solvers say; a refutation that the exact engine does not confirm is unknown."""
    name, text = script
    judged = _ask(f"{claim.name}, {name}", text, solvers)
    if judged.point is None or claim.violated_at(judged.point):
        return judged
    return _unconfirmed(judged)


def _unconfirmed(judged: Judged) -> Judged:
    return replace(judged, standing="unknown", point=None)


def _ask(where: str, script: str, solvers: Solvers) -> Judged:
    """What the solvers say of a negation; "refuted" is to be confirmed.

    Z3's point is checked exactly, so cvc5 is asked only where Z3 gives none.
    """
    first = solvers.z3(script)
    if first.outcome == "sat":
        spent, point = first.resources, first.point
        return Judged(where, "", "refuted", 1, resources=spent, point=point, where=where)
    second = solvers.cvc5(script)
    if (first.outcome, second.outcome) == ("unsat", "sat"):
        raise Disagreement(where)
    by_z3, by_cvc5 = first.outcome == "unsat", second.outcome == "unsat"
    return Judged(
        where,
        "",
        "solver-checked" if by_z3 or by_cvc5 else "unknown",
        1,
        z3=int(by_z3),
        cvc5=int(by_cvc5),
        resources=first.resources,
        where=where,
    )


def _together(name: str, plain: str, judged: Iterable[Judged]) -> Judged:
    listed = list(judged)
    weakest = min(listed, key=lambda one: ORDER.index(one.standing))
    return Judged(
        name,
        plain,
        weakest.standing,
        len(listed),
        certified=sum(one.certified for one in listed),
        z3=sum(one.z3 for one in listed),
        cvc5=sum(one.cvc5 for one in listed),
        resources=sum(one.resources for one in listed),
        point=weakest.point,
        where=weakest.where if weakest.standing in ("refuted", "unknown") else "",
    )

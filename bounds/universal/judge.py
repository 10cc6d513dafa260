"""What is known of facts at a shape and of claims to a horizon, from certificates and solvers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, TypeAlias

from bounds.universal.case import Case
from bounds.universal.facts import Fact
from bounds.universal.prior import Region
from bounds.universal.solvers import Answer, Solvers
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
    """The solvers contradict each other about `subject`, so one of them is wrong."""

    def __init__(self, subject: str, z3: str, cvc5: str) -> None:
        self.subject, self.z3, self.cvc5 = subject, z3, cvc5
        super().__init__(f"{subject}: z3 ({z3}) and cvc5 ({cvc5}) contradict each other")


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
    """The standing of an unrolled claim: that of its weakest region. There is no certificate.

    Where the solvers do not settle a region whole, they are asked about its cases.
    """
    judged: list[Judged] = []
    for region in claim.regions():
        where = f"{claim.name}, {region.name}"
        whole = _ask(where, claim.whole(region), solvers)
        if whole.standing == "refuted":
            whole = _confirmed(claim, region, whole)
        elif whole.standing == "unknown":
            cases = [_ask(f"{where}, {n}", text, solvers) for n, text in claim.cases(region)]
            # A point of a case is none of the tree.
            if cases and all(case.standing == "solver-checked" for case in cases):
                judged += cases
                continue
        judged.append(whole)
    return _together(claim.name, claim.statement.plain, judged)


def _confirmed(claim: Unrolled, region: Region, judged: Judged) -> Judged:
    """A refutation that the exact engine confirms; unknown when it does not."""
    if judged.point is not None and claim.violated_at(region, judged.point):
        return judged
    return _unconfirmed(judged)


def _unconfirmed(judged: Judged) -> Judged:
    return replace(judged, standing="unknown", point=None)


def _ask(where: str, script: str, solvers: Solvers) -> Judged:
    """What the solvers say of a negation; "refuted" is to be confirmed."""
    first, second = solvers.z3(script), solvers.cvc5(script)
    outcomes = {first.outcome, second.outcome}
    if outcomes == {"sat", "unsat"}:
        raise Disagreement(where, first.outcome, second.outcome)
    return Judged(
        where,
        "",
        _standing(first, second),
        1,
        z3=int(first.outcome == "unsat"),
        cvc5=int(second.outcome == "unsat"),
        resources=first.resources,
        point=first.point if first.outcome == "sat" else None,
        where=where,
    )


def _standing(first: Answer, second: Answer) -> Standing:
    if "unsat" in (first.outcome, second.outcome):
        return "solver-checked"
    return "refuted" if first.outcome == "sat" else "unknown"


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

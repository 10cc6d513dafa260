"""What is known of a fact for all real parameters, from certificates and solvers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, TypeAlias

from bounds.universal.case import Case
from bounds.universal.facts import Fact
from bounds.universal.prior import Region
from bounds.universal.solvers import RESOURCES, Answer, ask_cvc5, ask_z3
from bounds.universal.unrolled import Unrolled
from exact_cbil.errors import CbilError

__all__ = ["Disagreement", "Judged", "Standing", "judge_case", "judge_fact", "judge_unrolled"]

Standing: TypeAlias = Literal["proved", "solver-checked", "refuted", "unknown"]
ORDER: tuple[Standing, ...] = ("refuted", "unknown", "solver-checked", "proved")


class Disagreement(CbilError):
    """Two judges contradict each other about `subject`, so one of them is wrong."""

    def __init__(self, subject: str, opinions: str) -> None:
        self.subject = subject
        self.opinions = opinions
        super().__init__(f"{subject}: {opinions} contradict each other")


@dataclass(frozen=True)
class Judged:
    """The standing of a fact.

    proved: certificates checked in exact arithmetic. solver-checked: unsat, by a solver at least.
    refuted: by `point`, checked in rationals. cases: how many; z3, cvc5: how many each found unsat,
        of them `z3_linear` and `cvc5_linear` only as the certificate's linear problem.
    """

    name: str
    plain: str
    standing: Standing
    cases: int
    certified: int
    z3: int
    cvc5: int
    resources: int
    z3_linear: int = 0
    cvc5_linear: int = 0
    point: Mapping[str, Fraction] | None = None
    where: str = ""


def _settled(subject: str, certified: bool, refuted: bool, first: Answer, second: Answer) -> None:
    """Raise Disagreement unless the judges agree as far as they have an opinion."""
    opinions = {"certificate": certified, "z3": first.outcome, "cvc5": second.outcome}
    holds = certified or "unsat" in (first.outcome, second.outcome)
    fails = refuted or "sat" in (first.outcome, second.outcome)
    if holds and fails:
        shown = ", ".join(f"{judge} ({opinion})" for judge, opinion in opinions.items())
        raise Disagreement(subject, shown)


def _ask(ask: Callable[[str, int], Answer], case: Case, certified: bool, resources: int) -> Answer:
    """A solver's answer; where it does not settle a certified case, its linear form."""
    answer = ask(case.smtlib(), resources)
    if answer.outcome != "unknown" or not certified:
        return answer
    again = ask(case.linear(), resources)
    return replace(again, resources=answer.resources + again.resources, linear=True)


def judge_case(subject: str, case: Case, resources: int = RESOURCES) -> Judged:
    """Ask every judge about one case; Disagreement when they contradict each other."""
    certified = case.certified()
    first = _ask(ask_z3, case, certified, resources)
    second = _ask(ask_cvc5, case, certified, resources)
    point = first.point if first.outcome == "sat" else None
    refuted = point is not None and case.violated_at(_complete(case, point))
    _settled(f"{subject}, {case.name}", certified, refuted, first, second)
    standing: Standing = "unknown"
    if certified:
        standing = "proved"
    elif refuted:
        standing = "refuted"
    elif "unsat" in (first.outcome, second.outcome):
        standing = "solver-checked"
    return Judged(
        name=subject,
        plain="",
        standing=standing,
        cases=1,
        certified=int(certified),
        z3=int(first.outcome == "unsat"),
        cvc5=int(second.outcome == "unsat"),
        z3_linear=int(first.linear and first.outcome == "unsat"),
        cvc5_linear=int(second.linear and second.outcome == "unsat"),
        resources=first.resources,
        point=_complete(case, point) if refuted and point is not None else None,
        where=case.name,
    )


def _complete(case: Case, point: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """The free variables of a model; a variable that Z3 leaves out may be anything."""
    free = [name for name in case.variables if name not in case.definitions]
    return {name: point.get(name, Fraction(0)) for name in free}


def judge_fact(fact: Fact, policies: int, actions: int, resources: int = RESOURCES) -> Judged:
    """The standing of a fact at a shape: that of its weakest case."""
    cases = fact.cases(policies, actions)
    return _together(fact.name, fact.plain, [judge_case(fact.name, c, resources) for c in cases])


def _together(name: str, plain: str, judged: Iterable[Judged]) -> Judged:
    listed = list(judged)
    weakest = min(listed, key=lambda one: ORDER.index(one.standing))
    return Judged(
        name=name,
        plain=plain,
        standing=weakest.standing,
        cases=len(listed),
        certified=sum(one.certified for one in listed),
        z3=sum(one.z3 for one in listed),
        cvc5=sum(one.cvc5 for one in listed),
        z3_linear=sum(one.z3_linear for one in listed),
        cvc5_linear=sum(one.cvc5_linear for one in listed),
        resources=sum(one.resources for one in listed),
        point=weakest.point,
        where=weakest.where if weakest.standing in ("refuted", "unknown") else "",
    )


def judge_unrolled(claim: Unrolled, resources: int = RESOURCES) -> Judged:
    """The standing of an unrolled claim: that of its weakest region. There is no certificate.

    Where the solvers do not settle a region whole, they are asked about its cases.
    """
    judged: list[Judged] = []
    for region in claim.regions():
        where = f"{claim.name}, {region.name}"
        whole = _ask_both(where, claim.whole(region), resources)
        if whole.standing == "refuted":
            whole = _confirmed(claim, region, whole)
        elif whole.standing == "unknown":
            cases = [_ask_both(f"{where}, {n}", text, resources) for n, text in claim.cases(region)]
            # A point of a case is none of the tree.
            if cases and all(case.standing == "solver-checked" for case in cases):
                judged += cases
                continue
        judged.append(whole)
    return _together(claim.name, claim.statement.plain, judged)


def _ask_both(where: str, script: str, resources: int) -> Judged:
    """What the solvers say of a script; "refuted" is to be confirmed."""
    first, second = ask_z3(script, resources), ask_cvc5(script, resources)
    _settled(where, False, False, first, second)
    outcomes = (first.outcome, second.outcome)
    standing: Standing = "unknown"
    if "unsat" in outcomes:
        standing = "solver-checked"
    elif first.outcome == "sat":
        standing = "refuted"
    return Judged(
        name=where,
        plain="",
        standing=standing,
        cases=1,
        certified=0,
        z3=int(first.outcome == "unsat"),
        cvc5=int(second.outcome == "unsat"),
        resources=first.resources,
        point=first.point if standing == "refuted" else None,
        where=where,
    )


def _confirmed(claim: Unrolled, region: Region, judged: Judged) -> Judged:
    """A refutation that the exact engine confirms; unknown when it does not."""
    if judged.point is not None and claim.violated_at(region, judged.point):
        return judged
    return replace(judged, standing="unknown", point=None)

"""Facts for all real parameters: certificates check, solvers agree, false ones are refuted."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import log
from typing import Any

import pytest
from click.testing import CliRunner
from flint import arb

from bounds.cli.check import command
from bounds.universal import judge, logarithm
from bounds.universal.case import Case, Certificate, Term, variables
from bounds.universal.facts import FACTS, Fact, false_facts
from bounds.universal.judge import Disagreement, judge_case, judge_fact
from bounds.universal.logarithm import log_lemma_gap, tangent_gap
from bounds.universal.solvers import Answer, ask_cvc5, ask_z3
from bounds.universal.unrolled import STATEMENTS
from exact_cbil.learner import top_set
from exact_cbil.potential import threshold

LARGE = bool(os.environ.get("CBIL_LARGE"))
SHAPES = [(2, 2), (3, 2), (2, 3), (3, 3)]
JUDGED = SHAPES if LARGE else SHAPES[:1]
named = pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)


@named
@pytest.mark.parametrize("shape", [*SHAPES, (4, 3)])
def test_every_case_has_a_certificate_that_checks(fact: Fact, shape: tuple[int, int]) -> None:
    for case in fact.cases(*shape):
        assert case.certified(), case.name


@named
@pytest.mark.parametrize("shape", JUDGED)
def test_both_solvers_agree(fact: Fact, shape: tuple[int, int]) -> None:
    judged = judge_fact(fact, *shape)
    assert judged.standing == "proved"
    assert judged.z3 == judged.cases


@named
def test_a_spoilt_certificate_is_refused(fact: Fact) -> None:
    for case in fact.cases(3, 2):
        assert case.certificate is not None
        terms = case.certificate.terms
        for k, term in enumerate(terms):
            more = replace(term, coefficient=term.coefficient + 1)
            fewer = terms[:k] + terms[k + 1 :]
            if case._reduce(case._value(term)) == 0:
                continue
            for spoilt in ((*fewer, more), fewer):
                certificate = replace(case.certificate, terms=spoilt)
                assert not replace(case, certificate=certificate).certified()
        negative = (*terms, *(Term((), sign) for sign in (Fraction(1), Fraction(-1))))
        certificate = replace(case.certificate, terms=negative)
        assert not replace(case, certificate=certificate).certified()


@named
def test_a_certificate_is_a_linear_problem_that_both_solvers_confirm(fact: Fact) -> None:
    case = list(fact.cases(3, 3))[-1]
    assert case.certificate is not None
    assert ask_z3(case.linear()).outcome == "unsat"
    assert ask_cvc5(case.linear()).outcome == "unsat"
    short = replace(case, certificate=replace(case.certificate, terms=case.certificate.terms[1:]))
    if case.certificate.terms:
        assert ask_z3(short.linear()).outcome == "sat"


def test_a_contradiction_needs_a_positive_term() -> None:
    v = variables("x")
    case = Case("x", v, {"x": v["x"]}, v["x"] - 1, certificate=Certificate((), None))
    assert not case.certified()


@pytest.mark.parametrize("shape", SHAPES)
def test_controls_are_refuted_by_exact_points(shape: tuple[int, int]) -> None:
    for fact in false_facts(shape[0]):
        judged = judge_fact(fact, *shape)
        assert judged.standing == "refuted"
        assert judged.point
        if "converse" in fact.name:
            weights = [judged.point[f"w{k}"] for k in range(shape[0])]
            alpha = judged.point["alpha"]
            assert weights[-1] / weights[0] >= threshold(alpha)
            assert shape[0] - 1 not in top_set(weights, alpha)


@named
def test_no_random_point_violates_a_case(fact: Fact) -> None:
    """Another route: exact evaluation where the hypotheses happen to hold."""
    draw, tried = random.Random(1), 0
    for case in fact.cases(2, 2):
        for _ in range(300):
            point = {name: Fraction(draw.randint(0, 6), 6) for name in case.variables}
            tried += 1
            assert not case.violated_at(point)
    assert tried >= 300


def test_the_drop_lemma_says_what_the_potential_does() -> None:
    """Its five cases against F in floating point, with room for rounding."""

    def potential(x: float) -> float:
        return 3 * x if x <= 1 else 3 + 2 * log(x)

    draw = random.Random(2)
    for _ in range(2000):
        x, r = draw.uniform(0.01, 4), draw.uniform(0, 3)
        slope, loss = (2.0, max(0.0, 1 - r) ** 2) if x >= 1 else (3 * x, 0.0)
        assert potential(x) + slope * (r - 1) - potential(x * r) >= loss - 1e-12


@pytest.mark.parametrize("gap", [log_lemma_gap, tangent_gap])
def test_the_gap_of_a_log_lemma_is_what_it_says(gap: Callable[..., Any]) -> None:
    """Rigorous enclosures of the gap and, by a difference, of its slope."""
    for k in range(1, 40):
        u = arb(k) / 20
        value = gap(u, u.log())
        assert k == 20 or (gap is log_lemma_gap and k > 20) or value > 0
        step = arb(2) ** -30
        slope = (gap(u + step, (u + step).log()) - value) / step * u
        found = logarithm._slope(gap)
        polynomial = sum(arb(int(c)) * u**power for (power,), c in found.terms())
        assert abs(slope - polynomial) < arb(2) ** -15


def test_a_false_log_lemma_is_not_proved() -> None:
    def too_much(u: Any, log: Any) -> Any:
        return log_lemma_gap(u, log) - (1 - u) ** 3 / 2

    def no_zero(u: Any, log: Any) -> Any:
        return tangent_gap(u, log) - 1

    below = logarithm._falls(too_much, lambda below: Term((), square=below))
    assert not below.certified()
    assert below.violated_at({"u": Fraction(5, 6)})  # the slope is -(1-u)^2 (1 - 3u/2)/u
    assert not logarithm._at_one(no_zero).certified()
    with pytest.raises(ValueError, match="drop"):
        logarithm._slope(lambda u, log: u * log)


def _point() -> Case:
    return next(FACTS[0].cases(2, 2))


def test_judges_that_contradict_each_other_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "ask_cvc5", lambda script, resources: Answer("sat"))
    with pytest.raises(Disagreement, match="cvc5 \\(sat\\) contradict"):
        judge_case("threshold", _point())


def test_without_a_certificate_it_is_only_solver_checked() -> None:
    assert judge_case("threshold", replace(_point(), certificate=None)).standing == "solver-checked"


def test_a_limit_of_resources_gives_unknown() -> None:
    case = replace(list(FACTS[2].cases(3, 2))[-1], certificate=None)
    assert ask_z3(case.smtlib(), resources=10).outcome == "unknown"


def test_cvc5_alone() -> None:
    pytest.importorskip("cvc5")
    assert ask_cvc5(_point().smtlib()).outcome == "unsat"
    assert ask_cvc5("(declare-const x Real)(assert (> (* x x) 2.0))").outcome == "sat"
    assert ask_cvc5("nonsense").outcome == "unknown"


def test_the_command() -> None:
    line = ["--universal", "--policies", "2", "--actions", "1", "--unroll", "1", "--json"]
    outcome = CliRunner().invoke(command, line, standalone_mode=False)
    report = json.loads(outcome.stdout)
    standing = {fact["name"]: fact["standing"] for fact in report["facts"]}
    assert {standing[fact.name] for fact in FACTS} == {"proved"}
    assert {standing[f"{statement.claim}, T = 1"] for statement in STATEMENTS} == {"solver-checked"}
    assert report["solvers"]["z3"]

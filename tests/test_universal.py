"""Facts for all real parameters: certificates check, solvers agree, false ones are refuted."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from math import log
from typing import Any

import pytest
from flint import arb

from bounds.cli.universal import run_universal
from bounds.universal import logarithm
from bounds.universal import solvers as solvers_module
from bounds.universal.case import Case, Certificate, Term, variables
from bounds.universal.facts import FACTS, Fact, false_facts
from bounds.universal.judge import Disagreement, judge_case, judge_fact
from bounds.universal.logarithm import log_lemma_gap, tangent_gap
from bounds.universal.solvers import Found, Opinion, Solvers
from bounds.universal.unrolled import STATEMENTS
from exact_cbil.learner import top_set
from exact_cbil.potential import threshold
from tests.commands import Outcome
from tests.conftest import LARGE

SHAPES = [(2, 2), (3, 2), (2, 3), (3, 3)]
JUDGED = SHAPES if LARGE else SHAPES[:1]


@pytest.fixture(scope="module")
def solvers() -> Iterator[Solvers]:
    with Solvers() as found:
        yield found


named = pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)


@named
@pytest.mark.parametrize("shape", [*SHAPES, (4, 3)])
def test_every_case_has_a_certificate_that_checks(fact: Fact, shape: tuple[int, int]) -> None:
    for case in fact.cases(*shape):
        assert case.certified(), case.name


SLOWLY_SOLVED = ("bounded", "divergence")


@pytest.mark.parametrize(
    "fact", [f for f in FACTS if LARGE or f.name not in SLOWLY_SOLVED], ids=lambda f: f.name
)
@pytest.mark.parametrize("shape", JUDGED)
def test_no_solver_contradicts_a_certificate(
    fact: Fact, shape: tuple[int, int], solvers: Solvers
) -> None:
    """Another route to every case: none has a counter-model, and the smallest are settled."""
    for case in fact.cases(*shape):
        answers = {solvers.z3(case.smtlib()).outcome, solvers.cvc5(case.smtlib()).outcome}
        assert "sat" not in answers, case.name
        assert shape != (2, 2) or fact.name == "drop" or "unsat" in answers, case.name


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


def test_a_contradiction_needs_a_positive_term() -> None:
    v = variables("x")
    case = Case("x", v, {"x": v["x"]}, v["x"] - 1, certificate=Certificate((), None))
    assert not case.certified()


@pytest.mark.parametrize("shape", SHAPES)
def test_controls_are_refuted_by_exact_points(shape: tuple[int, int], solvers: Solvers) -> None:
    for fact in false_facts(shape[0]):
        judged = judge_fact(fact, *shape, solvers)
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


class Answering(Solvers):
    """Solvers whose answers are given."""

    def __init__(self, z3: Found, cvc5: Found) -> None:
        super().__init__()
        self.given: dict[str, Found] = {"z3": z3, "cvc5": cvc5}

    def _ask(self, solver: str, script: str) -> Opinion:
        return Opinion(self.given[solver])


def test_solvers_that_contradict_each_other_are_an_error() -> None:
    case = replace(_point(), certificate=None)
    with pytest.raises(Disagreement, match="contradict"):
        judge_case("threshold", case, Answering("unsat", "sat"))


def test_a_certified_case_is_asked_of_no_solver() -> None:
    judged = judge_case("threshold", _point(), Answering("unsat", "sat"))
    assert (judged.standing, judged.z3, judged.resources) == ("certified at this shape", 0, 0)


def test_a_point_that_is_none_refutes_nothing() -> None:
    """The point that Z3 would have to give for this case violates it nowhere."""
    judged = judge_case("threshold", replace(_point(), certificate=None), Answering("sat", "sat"))
    assert judged.standing == "unknown"


def test_without_a_certificate_it_is_only_solver_checked(solvers: Solvers) -> None:
    judged = judge_case("threshold", replace(_point(), certificate=None), solvers)
    assert judged.standing == "solver-checked"


def test_only_what_no_shape_changes_is_proved(solvers: Solvers) -> None:
    """The word "proved" is for facts whose cases are the same at every shape."""
    for fact in FACTS:
        shapes = [[(c.name, str(c.goal)) for c in fact.cases(*shape)] for shape in SHAPES]
        assert fact.general == all(cases == shapes[0] for cases in shapes), fact.name
        word = "proved" if fact.general else "certified at this shape"
        assert judge_fact(fact, 2, 1, solvers).standing == word


def test_a_limit_of_resources_gives_unknown() -> None:
    case = list(FACTS[2].cases(3, 2))[-1]
    with Solvers(10) as limited:
        assert limited.z3(case.smtlib()).outcome == "unknown"


HARD = "\n".join(
    [f"(declare-const x{i} Real)(assert (> x{i} 0))" for i in range(12)]
    + [
        f"(assert (< (+ (* x{i} x{i} x{i}) (* x{(5 * i + 2) % 12} x{(3 * i + 1) % 12}))"
        f" (* x{(i + 3) % 12} x{(i + 4) % 12} x{i})))"
        for i in range(12)
    ]
)
"""Twelve cubic inequalities in a ring: neither solver settles them."""


def test_every_query_ends_and_the_next_is_answered() -> None:
    """cvc5 passes its own limit here: the limit of processor time ends it."""
    simple = "(declare-const x Real)(assert (< (* x x) 0.0))"
    with Solvers(100_000) as limited:
        for ask in (limited.z3, limited.cvc5):
            assert ask(HARD).outcome == "unknown"
            assert ask(simple).outcome == "unsat"


def test_the_limit_of_memory_ends_a_query(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solvers_module, "MEMORY", 2**29)
    names = [f"x{i}" for i in range(60)]
    wide = "".join(f"(declare-const {name} Real)" for name in names)
    product = " ".join(f"(+ {' '.join(names[i : i + 30])})" for i in range(30))
    with Solvers(2**32 - 1) as limited:
        answer = limited.z3(f"{wide}(assert (> (* {product}) 1.0))(assert (< (* {product}) 1.0))")
        assert answer.outcome != "sat"


def test_cvc5_alone(solvers: Solvers) -> None:
    pytest.importorskip("cvc5")
    assert solvers.cvc5(_point().smtlib()).outcome == "unsat"
    assert solvers.cvc5("(declare-const x Real)(assert (> (* x x) 2.0))").outcome == "sat"
    assert solvers.cvc5("nonsense").outcome == "unknown"
    assert solvers.z3("nonsense").outcome == "unknown"


def test_the_command() -> None:
    line = ["--universal", "--policies", "2", "--actions", "1", "--unroll", "1", "--json"]
    report = Outcome("check", *line).json
    standing = {fact["name"]: fact["standing"] for fact in report["facts"]}
    assert {standing[fact.name] for fact in FACTS} == {"proved", "certified at this shape"}
    assert {standing[f"{statement.name}, T = 1"] for statement in STATEMENTS} == {"solver-checked"}
    assert report["solvers"]["z3"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--unroll", "1000000"], "unrolled to fewer steps"),
        (["--unroll", "6"], "unrolled to fewer steps"),
        (["--unroll", "1", "--policies", "5"], "5 policies: expected at most 4"),
        (["--unroll", "1", "--policies", "9999999999"], "at most 24 cells"),
        (["--actions", "26"], "at most 24 cells"),
        (["--policies", "1"], "from 2"),
        (["--resources", "99999999999"], "from 1 to 4294967295"),
    ],
)
def test_what_is_too_large_is_refused_at_once(options: list[str], says: str) -> None:
    Outcome("check", "--universal", *options).assert_refused(says)


def test_progress_is_told_from_the_start() -> None:
    told: list[tuple[str, int, int]] = []
    run_universal((2, 1), 0, True, 1000, lambda *state: told.append(state))
    assert told[0][1] == 0
    assert [done for _, done, _ in told] == list(range(told[0][2]))

"""Claims written out over every history: the terms are the engine's numbers, the claims stand."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any

import pytest
import z3

from bounds.claims import CLAIMS, FALSE_CLAIMS
from bounds.evidence import Evidence
from bounds.language.grammar import parse_expression
from bounds.universal.forks import Ask, comparison, forks, leaves, merged
from bounds.universal.histories import Histories, emission_name, top_law
from bounds.universal.judge import judge_unrolled
from bounds.universal.prior import ALPHA, Prior, known_at_start, weights
from bounds.universal.reading import Side, Unknowns
from bounds.universal.solvers import Opinion, Solvers
from bounds.universal.unrolled import CONTROLS, STATEMENTS, Unrollable, Unrolled
from bounds.universal.values import written
from bounds.verdict import Violated
from exact_cbil.event import once
from exact_cbil.interaction import Result, run
from exact_cbil.learner import minimum, top_set
from exact_cbil.model import Model
from exact_cbil.potential import linear_potential, prior_potential, threshold
from tests.conftest import LARGE

NAMED = {statement.name: statement for statement in (*STATEMENTS, *CONTROLS)}
POLICIES, ACTIONS, HORIZON = 3, 2, 2
Point = dict[str, Fraction]


@pytest.fixture(scope="module")
def solvers() -> Iterator[Solvers]:
    with Solvers() as found:
        yield found


def a_point(seed: int, most: int = 5) -> Point:
    """Values for every unknown, from small integers, so that ties are common."""
    draw = random.Random(seed)
    point = {"alpha": Fraction(draw.randint(3, most), 12)}
    point |= {f"z{j}": Fraction(draw.randint(1, 4), 4) for j in range(1, POLICIES)}
    steps = list(product((False, True), range(ACTIONS)))
    for path in (path for t in range(HORIZON) for path in product(steps, repeat=t)):
        for j in range(POLICIES):
            first = Fraction(draw.randint(0, 4), 4)
            second = (1 - first) * (1 if j == 0 else Fraction(draw.randint(0, 2), 2))
            point[emission_name(path, j, 0)], point[emission_name(path, j, 1)] = first, second
    return point


@cache
def in_z3(name: str, value: Fraction) -> tuple[Any, Any]:
    return z3.Real(name), z3.Q(value.numerator, value.denominator)


def at(point: Mapping[str, Fraction], term: Any) -> Any:
    """A term at a point: a rational or a truth value, by substitution."""
    if isinstance(term, int):
        return Fraction(term)
    found = z3.simplify(z3.substitute(term, *(in_z3(name, x) for name, x in point.items())))
    if z3.is_rational_value(found):
        return Fraction(found.numerator_as_long(), found.denominator_as_long())
    assert z3.is_true(found) or z3.is_false(found), found
    return bool(z3.is_true(found))


def decider(point: Mapping[str, Fraction]) -> Ask:
    return lambda condition: bool(at(point, condition))


def a_model(point: Mapping[str, Fraction]) -> Model:
    return Unrolled(NAMED["T3"], POLICIES, ACTIONS, HORIZON).model(point)


def of_event(law: str) -> Callable[[Result], Fraction | None]:
    return lambda result: getattr(result.events["first"], law)


VALUES: dict[str, Callable[[Result], Fraction | None]] = {
    "query_cubes": lambda result: result.query_cubes,
    "queries": lambda result: result.queries,
    "exclusion": lambda result: result.exclusion,
    "divergence_sum": lambda result: result.chi_squared,
    "P_i": of_event("imitator"),
    "P_g": of_event("guarded"),
}


@pytest.mark.parametrize("name", VALUES)
def test_terms_are_what_the_engine_computes(name: str) -> None:
    """Where every logarithm has its greatest value, `l = s/p - 1`, k is `G - theta^2`."""
    start = known_at_start(POLICIES)
    process = written(Histories(ACTIONS, HORIZON, weights(POLICIES), ALPHA, start))
    before = len(process.facts)
    side = {**process.names, **process.laws}[name]()
    assert (side.bottom, side.degree) == (1, 1)
    seen = set()
    for seed in range(30 if LARGE else 8):
        point = a_point(seed)
        model = replace(a_model(point), events={"first": once(action="a0")})
        # "a0 at some time", as the sequences that belong to it
        point |= {f"b{x}": Fraction(x != "11") for x in ("00", "01", "10", "11")}
        if name == "divergence_sum":
            for fact in process.facts[before:]:
                (p, log), excess = fact.arg(0).children(), at(point, fact.arg(1))
                point[str(log)] = excess / at(point, p) if at(point, p) else Fraction(0)
        assert all(at(point, fact) for fact in process.facts)
        found = at(point, side.top)
        assert found == VALUES[name](run(model))
        seen.add(found)
    assert len(seen) >= 2


def test_quantities_of_the_prior_are_those_of_the_model() -> None:
    """Decided at a point; S where it needs no logarithm."""
    exact: dict[str, Callable[[Model], Fraction]] = {
        "alpha": lambda model: model.exact_alpha,
        "tau": lambda model: threshold(model.alpha),
        "X": lambda model: sum(model.odds.values(), Fraction(0)),
        "z_max": lambda model: max(model.odds.values()),
        "S_lin": linear_potential,
        "retention": lambda model: (
            sum(model.odds.values(), Fraction(0)) / (1 / model.exact_alpha - 1)
        ),
    }
    with_a_kink = 0
    for seed in range(40 if LARGE else 12):
        point = a_point(seed, 9)
        model = a_model(point)
        for name, value in exact.items():
            side = Prior(POLICIES, decider(point)).names[name]()
            assert at(point, side.top) / at(point, side.bottom) == value(model)
        prior = Prior(POLICIES, decider(point))
        side = prior.names["S"]()
        known = prior_potential(model).exact
        if known is not None and not any("> 1" in words for words in prior.words[1:]):
            with_a_kink += 1
            assert at(point, side.top) / at(point, side.bottom) == known
    assert with_a_kink >= 2


def test_above_1_the_potential_has_one_instance_of_the_log_lemma() -> None:
    """At x = 2 the least l that the facts admit is 1/2 + 1/8, below ln 2 = 0.69."""
    prior = Prior(2, lambda condition: False)
    side = prior.potential(Side(z3.RealVal(2), z3.RealVal(1)))
    for log, admitted in ((Fraction(5, 8), True), (Fraction(62, 100), False)):
        point = {"alpha": Fraction(1), "z1": Fraction(1), "ln_x": log, "u_x": Fraction(1, 2)}
        assert all(at(point, fact) for fact in prior.facts) == admitted
        assert at(point, side.top) == 3 + 2 * log


def test_forks_of_a_law_are_the_law() -> None:
    """At every point one leaf is reached, and the merged term is its value."""
    start = known_at_start(POLICIES)
    tree = forks(top_law(weights(POLICIES), ALPHA), start)
    terms = merged(
        forks(lambda ask: minimum([[z] for z in weights(POLICIES)], 1, comparison(ask)), start)
    )
    for seed in range(40 if LARGE else 6):
        point = a_point(seed)
        exact = [Fraction(1), point["z1"], point["z2"]]
        reached = [
            top
            for known, top in leaves(tree, start)
            if all(at(point, condition) == answer for condition, answer in known.values())
        ]
        assert reached == [tuple(sorted(top_set(exact, point["alpha"])))]
        assert at(point, terms[0]) == min(exact)


@pytest.mark.parametrize(
    ("text", "degree", "value"),
    [
        ("T^(2/3)*S^(1/3)", 3, 4 * 5),
        ("sqrt(T*S)", 2, 2 * 5),
        ("sqrt(T)/S^(1/3)", 6, Fraction(8, 25)),
        ("S^-2 + 1/T - 3", 1, Fraction(1, 25) + Fraction(1, 2) - 3),
        ("(T - 1)*S/4", 1, Fraction(5, 4)),
        ("-S + T", 1, -3),
    ],
)
def test_a_side_is_read_as_a_root_of_a_quotient(
    text: str, degree: int, value: Fraction | int
) -> None:
    names: dict[str, Callable[[], Side]] = {"T": lambda: Side(2), "S": lambda: Side(z3.Real("S"))}
    meaning = Unknowns(names, {}, {"sqrt": lambda x: x ** Fraction(1, 2)})
    side, point = meaning.value(parse_expression(text)), {"S": Fraction(5)}
    assert side.degree == degree
    assert at(point, side.top) / at(point, side.bottom) == value
    for other, above in ((Side(z3.RealVal(0)), value > 0), (Side(z3.RealVal(1000)), False)):
        assert at(point, side.exceeds(other)) == above


def test_statements_are_the_claims_of_the_table() -> None:
    bounds = {claim.name: claim.bound for claim in (*CLAIMS, *FALSE_CLAIMS)}
    for statement in (*STATEMENTS, *CONTROLS):
        assert statement.name == "T5" or statement.text == bounds[statement.name]
        assert statement.control == (statement in CONTROLS)


@pytest.mark.parametrize("name", [s.name for s in STATEMENTS if s.name != "T4"])
def test_claims_unrolled_by_one_step(name: str, solvers: Solvers) -> None:
    assert judge_unrolled(Unrolled(NAMED[name], 2, 2, 1), solvers).standing == "solver-checked"


def test_cases_of_the_first_step_settle_what_the_whole_does_not(solvers: Solvers) -> None:
    claim = Unrolled(NAMED["T1a"], 2, 2, 2)
    judged = judge_unrolled(claim, solvers)
    assert judged.standing == "solver-checked"
    assert judged.cases == len(list(claim.by_cases())) > len(list(claim.whole()))


@pytest.mark.parametrize("name", ["T1", "T1a", "T1b", "T2", "T4"])
def test_cases_say_enough_up_to_three_steps(name: str, solvers: Solvers) -> None:
    """As S >= 3 where another policy is in the top set; sums over more steps may exceed 3."""
    for horizon, outcome in ((3, "unsat"), (4, "sat")):
        scripts = dict(Unrolled(NAMED[name], 2, 1, horizon).by_cases())
        others = [script for case, script in scripts.items() if "top set {0, 1}" in case]
        assert outcome in {solvers.z3(script).outcome for script in others}
        if outcome == "unsat":
            assert {solvers.z3(script).outcome for script in others} == {"unsat"}


def test_an_event_is_bounded_by_the_exclusion(solvers: Solvers) -> None:
    claim = Unrolled(NAMED["T5"], 2, 2, 2)
    ((_, script),) = claim.by_cases()
    assert solvers.z3(script).outcome == "unsat"
    tighter = replace(NAMED["T5"], text="P_i(B) <= P_g(B) + alpha")
    ((_, script),) = replace(claim, statement=tighter, horizon=1).by_cases()
    assert solvers.z3(script).outcome == "sat"


@pytest.mark.parametrize("horizon", [1, 2] if LARGE else [1])
@pytest.mark.parametrize("statement", CONTROLS, ids=lambda statement: statement.name)
def test_a_false_claim_unrolled_gives_a_model_that_the_engine_confirms(
    statement: Unrollable, horizon: int, solvers: Solvers
) -> None:
    unrolled = Unrolled(statement, 2, 2, horizon)
    judged = judge_unrolled(unrolled, solvers)
    assert judged.standing == "refuted"
    assert judged.point is not None
    model = unrolled.model(judged.point)
    assert isinstance(statement.claim.check(Evidence(model)), Violated)


class Claiming(Solvers):
    """Z3 says that there is a counter-model, and gives a point."""

    def _ask(self, solver: str, script: str) -> Opinion:
        return Opinion("sat", 1, a_point(0)) if solver == "z3" else Opinion("unknown")


def test_a_point_that_the_engine_does_not_confirm_refutes_nothing() -> None:
    claim = Unrolled(NAMED["T3"], POLICIES, ACTIONS, HORIZON)
    assert judge_unrolled(claim, Claiming()).standing == "unknown"


@pytest.mark.parametrize("name", ["alpha", "z1", "e_h_0_0"])
def test_a_point_without_a_value_refutes_nothing(name: str, solvers: Solvers) -> None:
    """Z3 may leave out a variable; a demonstrator without an action is no measure."""
    unrolled = Unrolled(NAMED["retention-alpha"], 2, 1, 1)
    point = judge_unrolled(unrolled, solvers).point
    assert point is not None
    assert unrolled.violated_at(point)
    assert not unrolled.violated_at({key: x for key, x in point.items() if key != name})

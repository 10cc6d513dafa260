"""Claims written out over every history: the terms are the engine's numbers, the claims stand."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import product

import pytest

from bounds.claims import FALSE_CLAIMS
from bounds.universal.judge import Judged, judge_unrolled
from bounds.universal.prior import Region, regions
from bounds.universal.solvers import RESOURCES, Answer, Solvers
from bounds.universal.tree import Tree, tag
from bounds.universal.unrolled import CONTROLS, STATEMENTS, Statement, Unrolled
from bounds.universal.values import Value, divergence, excess, exclusion, sum_of_powers
from exact_cbil.event import once
from exact_cbil.interaction import Result, run
from exact_cbil.learner import top_set
from exact_cbil.model import Model
from exact_cbil.potential import linear_potential, potential, prior_potential, threshold

NAMED = {statement.claim: statement for statement in (*STATEMENTS, *CONTROLS)}
EVERYWHERE = Region("odds")
POLICIES, ACTIONS, HORIZON = 3, 2, 2


def judged_by_solvers(claim: Unrolled, resources: int = RESOURCES) -> Judged:
    with Solvers(resources) as solvers:
        return judge_unrolled(claim, solvers)


def outcome_of(script: str, resources: int = RESOURCES) -> str:
    with Solvers(resources) as solvers:
        return solvers.z3(script).outcome


def _point(seed: int) -> dict[str, Fraction]:
    """Values for every unknown of a tree, from small integers, so that ties are common."""
    draw = random.Random(seed)
    point = {"alpha": Fraction(draw.randint(3, 5), 12)}
    point |= {f"z{j}": Fraction(draw.randint(1, 4), 4) for j in range(1, POLICIES)}
    steps = list(product((False, True), range(ACTIONS)))
    for path in (path for t in range(HORIZON) for path in product(steps, repeat=t)):
        for j in range(POLICIES):
            first = Fraction(draw.randint(0, 4), 4)
            second = (1 - first) * (1 if j == 0 else Fraction(draw.randint(0, 2), 2))
            point[f"e_{tag(path)}_{j}_0"], point[f"e_{tag(path)}_{j}_1"] = first, second
    return point


def _evaluated(
    tree: Tree, point: Mapping[str, Fraction], *terms: str
) -> tuple[list[Fraction], Answer]:
    """Terms of a tree at a point, by Z3."""
    lines = list(tree.lines)
    declared = {line.split()[1] for line in lines if line.startswith("(declare-const")}
    lines += [
        f"(assert (= {name} (/ {value.numerator}.0 {value.denominator}.0)))"
        for name, value in point.items()
        if name in declared
    ]
    for k, term in enumerate(terms):
        lines += [f"(declare-const out{k} Real)", f"(assert (= out{k} {term}))"]
    with Solvers(10_000_000) as solvers:
        answer = solvers.z3("\n".join(lines))
    return [answer.point[f"out{k}"] for k in range(len(terms)) if answer.point], answer


def _model(point: Mapping[str, Fraction]) -> Model:
    model = Unrolled(NAMED["T3"], POLICIES, ACTIONS, HORIZON).model(EVERYWHERE, point)
    assert model is not None
    return model


def _of_event(result: Result) -> Fraction:
    chance = result.events["first"]
    assert chance.guarded is not None
    return chance.imitator - chance.guarded


VALUES: dict[str, tuple[Value, Callable[[Result], Fraction | None]]] = {
    "cubes": (sum_of_powers(3), lambda result: result.query_cubes),
    "queries": (sum_of_powers(1), lambda result: result.queries),
    "exclusion": (exclusion, lambda result: result.exclusion),
    "divergence": (divergence, lambda result: result.chi_squared),
    "excess": (excess, _of_event),
}


def _tightened(line: str, point: Mapping[str, Fraction]) -> str:
    """The tangent `p l <= s - p` as an equation, where `p > 0`."""
    match = re.match(r"\(assert \(<= \(\* (e_\w+) ln_", line)
    return line.replace("<=", "=", 1) if match and point[match[1]] else line


@pytest.mark.parametrize("name", VALUES)
def test_terms_are_what_the_engine_computes(name: str) -> None:
    """Where every logarithm has its greatest value, `l = s/p - 1`, k is `G - theta^2`."""
    value, expected = VALUES[name]
    seen = set()
    for seed in range(30):
        point = _point(seed)
        model = replace(_model(point), events={"first": once(action="a0")})
        tree = Tree(POLICIES, ACTIONS, HORIZON)
        weights, _ = EVERYWHERE.declare(tree)
        term = value(tree, weights)
        # "a0 at some time", as the sequences that belong to it
        point |= {f"b{x}": Fraction(x != "11") for x in ("00", "01", "10", "11")}
        tree.lines = [_tightened(line, point) for line in tree.lines]
        (found,), _ = _evaluated(tree, point, term)
        assert found == expected(run(model))
        seen.add(found)
    assert len(seen) >= 3


@pytest.mark.parametrize("form", ["linear", "sum of F", "largest F"])
def test_weights_and_bounds_of_the_regions(form: str) -> None:
    """In exactly the right region a point is admitted; there odds and bound are the exact ones."""
    admitted = 0
    for seed in range(8):
        model = _model(_point(seed))
        tau, alpha = threshold(model.alpha), model.exact_alpha
        odds = [w / model.weights[0] for w in model.weights[1:]]
        for region in regions(form, POLICIES):  # type: ignore[arg-type]
            point = {"alpha": alpha}
            for j, z in enumerate(odds, 1):
                point |= {f"x{j}": z / tau, f"u{j}": tau / z}
            tree = Tree(POLICIES, ACTIONS, 0)
            weights, bound = region.declare(tree)
            found, answer = _evaluated(tree, point, bound, *weights)
            inside = all(
                kink == "free" or (z <= tau if kink == "below" else z >= tau)
                for kink, z in zip(region.kinks, odds, strict=True)
            )
            largest = region.largest is None or odds[region.largest - 1] == max(odds)
            assert (answer.outcome == "sat") == (
                inside and largest and region.low == (2 * alpha <= 1)
            )
            if answer.outcome != "sat":
                continue
            admitted += 1
            assert [w / found[1] for w in found[2:]] == odds
            assert region.odds(point) == odds
            if form == "linear":
                assert found[0] == linear_potential(model)
            elif "above" not in region.kinks:
                exact = prior_potential(model) if form == "sum of F" else potential(max(odds) / tau)
                assert exact.form is not None
                assert found[0] == exact.form.constant * (1 if form == "sum of F" else len(odds))
    assert admitted >= 8


def test_members_are_the_top_set() -> None:
    for seed in range(20):
        point = _point(seed)
        weights = [Fraction(1), point["z1"], point["z2"]]
        tree = Tree(POLICIES, ACTIONS, 0)
        terms, _ = EVERYWHERE.declare(tree)
        found, _ = _evaluated(
            tree, point, *(f"(ite {member} 1.0 0.0)" for member in tree.members("start", terms))
        )
        members = {j for j, inside in enumerate(found) if inside}
        assert members == set(top_set(weights, point["alpha"]))


@pytest.mark.parametrize("claim", [s.claim for s in STATEMENTS if s.claim != "T4"])
def test_claims_unrolled_by_one_step(claim: str) -> None:
    judged = judged_by_solvers(Unrolled(NAMED[claim], 2, 2, 1))
    assert judged.standing == "solver-checked"


def test_cases_of_the_first_step_settle_what_the_whole_does_not() -> None:
    statement = Unrolled(NAMED["T1a"], 2, 2, 2)
    judged = judged_by_solvers(statement, 50_000)
    assert judged.standing == "solver-checked"
    assert judged.cases > len(list(statement.regions()))


@pytest.mark.parametrize("claim", [s.claim for s in STATEMENTS if s.steps])
def test_cases_say_enough_up_to_three_steps(claim: str) -> None:
    """As S >= 3 where another policy is in the top set; sums over more steps may exceed 3."""
    for horizon, outcome in ((3, "unsat"), (4, "sat")):
        statement = Unrolled(NAMED[claim], 2, 2, horizon)
        region = next(iter(statement.regions()))
        scripts = dict(statement.cases(region))
        assert outcome_of(scripts["policy 1 in the top set"]) == outcome


def test_an_event_is_bounded_by_the_exclusion() -> None:
    statement = Unrolled(NAMED["T5"], 2, 2, 2)
    ((_, script),) = statement.cases(EVERYWHERE)
    assert outcome_of(script, 2_000_000) == "unsat"
    tighter = replace(NAMED["T5"], negation=NAMED["retention-alpha"].negation)
    ((_, script),) = replace(statement, statement=tighter, horizon=1).cases(EVERYWHERE)
    assert outcome_of(script) == "sat"


@pytest.mark.parametrize("statement", CONTROLS, ids=lambda statement: statement.claim)
def test_a_false_claim_unrolled_gives_a_model_that_the_engine_confirms(
    statement: Statement,
) -> None:
    unrolled = Unrolled(statement, 2, 2, 1)
    judged = judged_by_solvers(unrolled)
    assert judged.standing == "refuted"
    assert judged.point is not None
    assert statement.claim in {false.name for false in FALSE_CLAIMS}
    region = next(r for r in unrolled.regions() if judged.where.endswith(r.name))
    assert unrolled.violated_at(region, judged.point)


class Claiming(Solvers):
    """Z3 says that there is a counter-model, and gives a point."""

    def z3(self, script: str) -> Answer:
        return Answer("sat", 1, _point(0))

    def cvc5(self, script: str) -> Answer:
        return Answer("unknown")


def test_a_point_that_the_engine_does_not_confirm_refutes_nothing() -> None:
    claim = Unrolled(NAMED["T3"], POLICIES, ACTIONS, HORIZON)
    assert judge_unrolled(claim, Claiming()).standing == "unknown"

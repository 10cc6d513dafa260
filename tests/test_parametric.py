"""Formulas against the numeric engine: put numbers in, and nothing changes."""

from __future__ import annotations

import json
import os
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import sympy
import z3
from hypothesis import given
from hypothesis import strategies as st

from exact_cbil import Step, children
from exact_cbil import imitator_step as numeric_step
from exact_cbil import run as numeric_run
from exact_cbil.errors import CbilError
from exact_cbil.interaction import Result
from exact_cbil.models import rare_action, shared_error, treacherous_turn
from exact_cbil.parametric.cell import Cell, Condition
from exact_cbil.parametric.decide import Undecided
from exact_cbil.parametric.formula import imitator_step
from exact_cbil.parametric.model import ParametricModel
from exact_cbil.parametric.parameters import UNANSWERED, Parameters
from exact_cbil.parametric.piecewise import PiecewiseFunction, evaluate
from exact_cbil.parametric.read import read_any
from exact_cbil.parametric.whole_run import STEP_KEYS, ParametricResult, run
from tests.conftest import LARGE, examples
from tests.literal import literal
from tests.literal import result as by_enumeration
from tests.parametric_models import Family, Point, families, histories, points
from tests.strategies import model_of


@examples(12)
@given(st.data(), families())
def test_formulas_at_a_history_are_the_numeric_step(data: Any, family: Family) -> None:
    model = family.read()
    history = data.draw(histories(model.shape))
    formula = imitator_step(model, history)
    for _ in range(3):
        point = data.draw(points(family))
        step = numeric_step(model_of(family.filled(point)), history)
        (case,) = (case for case in formula.cases if case.cell.contains(point))
        assert case.top_set == step.top_set
        evaluated = {a: model.parameters.evaluate(m, point) for a, m in case.minimum.items()}
        assert evaluated == {a: step.minimum[a] for a in model.shape.actions}
        assert formula.query_probability.at(point) == step.query_probability
        for name, weight in step.posterior.items():
            assert evaluate(model.parameters, case.posterior[name], point) == weight
    for case in formula.cases:
        assert not case.cell.unproved
        for action, name in case.attained_by.items():
            assert name in case.top_set
            assert action in model.shape.actions


@examples(10)
@given(st.data(), families())
def test_whole_runs_are_the_numeric_runs_and_the_enumeration(data: Any, family: Family) -> None:
    model = family.read()
    result = run(model)
    for k in range(3):
        point = data.draw(points(family))
        filled = family.filled(point)
        exact = numeric_run(model_of(filled))
        assert_run_agrees(result, exact, point)
        assert numeric_run(model.at(point)) == exact
        if k == 0:
            assert exact.to_json() == by_enumeration(literal(filled))


def assert_run_agrees(result: ParametricResult, exact: Result, point: Point) -> None:
    """Every quantity of the result format, at one point."""
    assert result.query_cubes.at(point) == exact.query_cubes
    assert result.queries.at(point) == exact.queries
    if exact.exclusion is None:
        assert result.exclusion is None
    else:
        assert result.exclusion is not None
        assert result.exclusion.at(point) == exact.exclusion
    for name, chance in exact.events.items():
        assert result.event(name).at(point) == chance.imitator
        polynomial = result.demonstrator[name]
        assert result.parameters.evaluate(polynomial, point) == chance.demonstrator
    (outcome,) = (outcome for cell, outcome in result.cases if cell.contains(point))
    for step in exact.steps:
        moments = outcome.moments[step.t]
        for key, attribute in STEP_KEYS.items():
            value = getattr(moments, attribute)
            found = None if value is None else evaluate(result.parameters, value, point)
            assert found == getattr(step, key), key


def three_symbols() -> ParametricModel:
    return ParametricModel.of(
        rare_action(horizon=4),
        {"a": (0, 1), "p": (0, 1), "e": (0, 1)},
        alpha="a",
        prior={"demonstrator": "p", "usual-only": "1 - p"},
        emissions={("demonstrator", "s"): {"rare": "e", "usual": "1 - e"}},
    )


POINT = {"a": "1/3", "p": "1/2", "e": "1/4"}


def test_three_symbols_at_the_borders_between_cells() -> None:
    model = three_symbols()
    result = run(model)
    assert len(result.cases) > 5
    theta = result.moment(1, "theta")
    assert theta is not None
    exact = numeric_run(model.at({"a": "1/2", "p": "1/2", "e": "1/3"}))
    assert theta.at({"a": "1/2", "p": "1/2", "e": "1/3"}) == exact.steps[1].theta
    # The second policy leaves at a = 1 - p at the start, and again after each query of `usual`.
    for a, p, e in [("1/2", "1/2", "1/3"), ("2/5", "3/5", "1/4"), ("1/3", "1/3", "1/2")]:
        base = {"a": Fraction(a), "p": Fraction(p), "e": Fraction(e)}
        for nudge in (Fraction(0), Fraction(1, 10**9), Fraction(-1, 10**9)):
            point = {**base, "a": base["a"] + nudge}
            assert_run_agrees(result, numeric_run(model.at(point)), point)


ENDLESS = (
    ("4*v**2-4*v+1", True),
    (
        "u**2*v**6-3*u**2*v**5+3*u**2*v**4-u**2*v**3-8*u**2-u*v**6+3*u*v**5-3*u*v**4+u*v**3"
        "+8*u+v**6-3*v**5+3*v**4-v**3",
        False,
    ),
    (
        "5*u**2*v**6-15*u**2*v**5+15*u**2*v**4-5*u**2*v**3-5*u*v**6+15*u*v**5-15*u*v**4"
        "+5*u*v**3+773*v**6-2319*v**5+2895*v**4-1925*v**3+720*v**2-144*v+12",
        True,
    ),
    ("10*u**2-10*u+192*v**6-576*v**5+720*v**4-480*v**3+180*v**2-36*v+3", True),
    (
        "10*a**2*u**2-10*a**2*u-192*a**2*v**6+576*a**2*v**5-720*a**2*v**4+480*a**2*v**3"
        "-180*a**2*v**2+36*a**2*v-3*a**2-10*u**2+10*u",
        False,
    ),
    (
        "-5*a**2*u**2*v**6+15*a**2*u**2*v**5-15*a**2*u**2*v**4+5*a**2*u**2*v**3"
        "-40*a**2*u**2+5*a**2*u*v**6-15*a**2*u*v**5+15*a**2*u*v**4-5*a**2*u*v**3+40*a**2*u"
        "+763*a**2*v**6-2289*a**2*v**5+2865*a**2*v**4-1915*a**2*v**3+720*a**2*v**2"
        "-144*a**2*v+12*a**2+5*u**2*v**6-15*u**2*v**5+15*u**2*v**4-5*u**2*v**3-5*u*v**6"
        "+15*u*v**5-15*u*v**4+5*u*v**3+5*v**6-15*v**5+15*v**4-5*v**3",
        True,
    ),
    (
        "-5*u**2*v**6+15*u**2*v**5-15*u**2*v**4+5*u**2*v**3+5*u*v**6-15*u*v**5+15*u*v**4"
        "-5*u*v**3-773*v**6+2319*v**5-2895*v**4+1925*v**3-720*v**2+144*v-12",
        False,
    ),
)
"""On these Z3 worked for more than six minutes, and heeded neither its limit nor an interrupt."""


def test_a_question_that_z3_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exact_cbil.parametric.parameters.CPU_SECONDS", 1)
    monkeypatch.setattr("exact_cbil.parametric.parameters.MOST_UNANSWERED", 1)
    parameters = Parameters(dict.fromkeys(("a", "u", "v"), (0, 1)))
    conditions = [
        Condition(parameters.ring.from_expr(sympy.sympify(text)), strict)
        for text, strict in ENDLESS
    ]
    alive = Path(f"/proc/self/task/{os.getpid()}/children")
    before = alive.read_text()
    last, others = conditions[-1].negation, Cell(parameters, tuple(conditions[:-1]))
    assert not others.within(Cell(parameters, (last,)))
    assert alive.read_text() == before  # nothing is left
    asked = parameters.questions
    assert not others.where(last).within(Cell(parameters, (conditions[0].negation,)))
    assert parameters.questions == asked + 1  # and was not asked, after the one


def test_cells_are_disjoint_and_cover_the_range() -> None:
    formula = imitator_step(three_symbols(), (Step(True, "usual", "x"),))
    parameters = formula.parameters
    formulas = [
        z3.And(*(c.to_z3(parameters) for c in case.cell.conditions)) for case in formula.cases
    ]
    assert parameters.empty([z3.Not(z3.Or(*formulas))])
    for k, one in enumerate(formulas):
        assert parameters.empty([one]) is False
        for other in formulas[:k]:
            assert parameters.empty([one, other])


@examples(12)
@given(st.data(), families())
def test_sympy_and_z3_say_the_same(data: Any, family: Family) -> None:
    model = family.read()
    function = imitator_step(model, data.draw(histories(model.shape))).query_probability
    point = data.draw(points(family))
    expected = function.at(point)
    assert sympy_at(function, point) == expected
    values = [
        (z3.Real(name), z3.RealVal(f"{v.numerator}/{v.denominator}")) for name, v in point.items()
    ]
    shown = z3.simplify(z3.substitute(function.to_z3(), *values))
    assert shown.as_fraction() == expected
    assert function._repr_latex_().startswith("$")


def sympy_at(function: PiecewiseFunction, point: Point) -> Fraction:
    values = {sympy.Symbol(n): sympy.Rational(v.numerator, v.denominator) for n, v in point.items()}
    found = sympy.sympify(function.to_sympy()).subs(values)
    return Fraction(int(found.p), int(found.q))


def test_sympy_symbols_and_text_make_the_same_model() -> None:
    a = sympy.Symbol("a", positive=True)
    half = sympy.Rational(1, 2)
    written = ParametricModel.of(treacherous_turn(), {"a": (0, 2)}, alpha="a/2")
    built = ParametricModel.of(treacherous_turn(), {"a": (0, 2)}, alpha=a * half)
    assert imitator_step(written).to_json() == imitator_step(built).to_json()


@pytest.mark.parametrize(
    "alpha",
    [sympy.Symbol("b"), sympy.Symbol("a") * 0.5, 1 / sympy.Symbol("a"), sympy.Symbol("a") + 1, 0.5],
)
def test_sympy_expressions_that_will_not_do(alpha: Any) -> None:
    with pytest.raises(CbilError):
        ParametricModel.of(treacherous_turn(), {"a": (0, 1)}, alpha=alpha)


def test_a_policy_that_dies_at_one_point_only() -> None:
    model = ParametricModel.of(
        rare_action(horizon=2),
        {"v": (0, 1)},
        emissions={("usual-only", "s"): {"rare": "(1 - 2*v)^2", "usual": "1 - (1 - 2*v)^2"}},
    )
    formula = imitator_step(model, (Step(True, "rare", "x"),))
    assert formula.posterior("usual-only").at({"v": "1/2"}) == 0
    assert formula.posterior("usual-only").at({"v": "1/4"}) == Fraction(1, 4) / Fraction(3, 8)
    result = run(model)
    for v in ("1/2", "1/4", "499999/1000000"):
        exact = numeric_run(model.at({"v": v}))
        assert_run_agrees(result, exact, {"v": Fraction(v)})


def test_an_unanswered_question_keeps_the_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exact_cbil.parametric.parameters.RLIMIT", 1)
    parameters = Parameters({"p": (0, 1), "q": (0, 1)})
    p, q = (parameters.symbol(name) for name in "pq")
    sides = p**3 * q + q**3, p * q + p**2
    with pytest.raises(Undecided) as split:
        Cell(parameters).at_least(*sides)
    assert [cell.unproved for cell in split.value.cells] == [True, True]
    asked = parameters.questions
    assert asked == 4 * UNANSWERED  # on the sign of the difference, and on each cell
    with pytest.raises(Undecided):
        Cell(parameters).at_least(*sides)
    assert parameters.questions == asked  # and none is asked again


def test_a_kept_cell_is_marked_in_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    model = ParametricModel.of(treacherous_turn(), {"a": (0, 1)}, alpha="a^2")
    monkeypatch.setattr("exact_cbil.parametric.parameters.RLIMIT", 1)
    formula = imitator_step(model)
    assert any(case.cell.unproved for case in formula.cases)
    theta = formula.query_probability
    for a in ("1/20", "1/3", "4/9", "1/2", "9/10"):
        exact = numeric_step(model.at({"a": a}), ())
        assert theta.at({"a": a}) == exact.query_probability


HALVES = st.lists(
    st.tuples(
        st.integers(-3, 3).filter(bool), st.integers(-3, 3), st.integers(1, 3), st.booleans()
    ),
    max_size=4,
)


@examples(20)
@given(HALVES)
def test_half_lines_and_z3_agree_on_what_is_empty(halves: list[tuple[int, int, int, bool]]) -> None:
    parameters = Parameters({"p": ("-1/2", 1)})
    p = parameters.symbol("p")
    conditions = [Condition(slope * p + Fraction(c, d), strict) for slope, c, d, strict in halves]
    lines = [(*found, c.strict) for c in conditions if (found := parameters.line(c.polynomial))]
    assert len(lines) == len(halves)
    by_z3 = parameters.empty([c.to_z3(parameters) for c in conditions])
    assert parameters.empty_line(lines) == by_z3
    for condition in conditions:
        sign = parameters.sign(condition.polynomial)
        positive, negative = (
            parameters.empty([term]) is True
            for value in [parameters.to_z3(condition.polynomial)]
            for term in (value <= 0, value >= 0)
        )
        assert sign == positive - negative


def test_a_run_that_takes_too_much_stops_and_says_what_was_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = three_symbols().with_horizon(20)
    for limit, value in (("MAX_TERMS", 100), ("MAX_CELLS", 5), ("MAX_QUESTIONS", 20)):
        with monkeypatch.context() as patch:
            patch.setattr(f"exact_cbil.parametric.walk.{limit}", value)
            with pytest.raises(CbilError, match=r"run: stopped at time [0-9]+ of 20, with"):
                run(model)
    # With no questions left results are only longer.
    result, exact = run(three_symbols()), numeric_run(three_symbols().at(POINT))
    monkeypatch.setattr("exact_cbil.parametric.parameters.MAX_QUESTIONS", 0)
    assert result.queries.at(POINT) == exact.queries


def test_conditions_read_well() -> None:
    parameters = Parameters({"p": (0, 1), "q": (0, 1)})
    p, q = (parameters.symbol(name) for name in "pq")
    assert str(Condition(1 - 9 * p, strict=False)) == "p <= 1/9"
    assert str(Condition(p - q, strict=True)) == "p - q > 0"


def test_outside_the_class_and_impossible_histories() -> None:
    model = ParametricModel.of(shared_error(3), {"a": (0, 1)}, alpha="a")
    result = run(model)
    assert result.exclusion is None
    assert result.to_json()["cells"][0]["steps"][0]["demonstrator_weight"] is None
    formula = imitator_step(model, (Step(True, "right", "x"),) * 2)
    (case,) = formula.cases
    assert (case.top_set, case.query_probability) == ((), model.parameters.ring.one)


WRITTEN = """{"format": "cbil-model/1", "actions": ["a", "b"], "observations": ["x"],
"parameters": {"p": ["0", "1"], "q": ["0", "1"]},
"policies": {"d": {"start": "s", "states": {"s": {"emit": {"a": "1", "b": "q - q"}}}},
 "e": {"start": "s", "states": {"s": {"emit": {"a": "p*q/2", "b": "0"}}}}},
"prior": {"d": "q", "e": "1 - q"}, "demonstrator": "d",
"environment": {"start": "e", "states": {"e": {"emit": {"a": {"x": "1"}, "b": {"x": "1"}}}}},
"alpha": "p", "horizon": 2}"""


@pytest.mark.parametrize("ground", ["python", "gmpy", "flint"] if LARGE else ["python"])
def test_every_ground_type_of_sympy_gives_the_same(ground: str) -> None:
    program = (
        "import json; from exact_cbil.parametric import read_any, run;"
        "from tests.test_parametric import WRITTEN, three_symbols;"
        "models = [three_symbols().with_horizon(1), read_any(WRITTEN)];"
        "print(json.dumps([run(model).to_json() for model in models]))"
    )
    environment = {**os.environ, "SYMPY_GROUND_TYPES": ground}
    shown = children.run(
        [sys.executable, "-c", program], env=environment, memory=2 << 30, timeout=600
    )
    written = read_any(WRITTEN)
    assert isinstance(written, ParametricModel)
    here = [run(model).to_json() for model in (three_symbols().with_horizon(1), written)]
    assert json.loads(shown.stdout) == here

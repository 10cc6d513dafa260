"""A candidate on one model: its exact value, its hypotheses, and what it does not know."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import mpmath
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bounds.claims import claim_named
from bounds.evidence import Evidence
from bounds.language.candidate import Candidate
from bounds.language.quantities import QUANTITIES
from bounds.language.scene import Scene
from bounds.verdict import Holds, Unknown, Verdict, Violated
from exact_cbil import children, spec
from exact_cbil.errors import CbilError
from exact_cbil.expressions import Binary, Call, Expression, Name, Negative, Number
from exact_cbil.interaction import run
from exact_cbil.model import Model
from exact_cbil.modelfile import write_model
from exact_cbil.models import SHIPPED, chain, rare_action, shared_error, treacherous_turn
from exact_cbil.nearness import near_members
from exact_cbil.policy import constant
from exact_cbil.real import INFINITY, Real, Undecided, Undefined, compare, exp
from tests.conftest import examples
from tests.explore_candidates import TRUE
from tests.explore_oracle import DIGITS, FUNCTIONS, evaluate, values
from tests.literal import literal
from tests.strategies import documents, model_of, models_inside

ROOT = Path(__file__).parents[1]
INSIDE = [name for name, make in SHIPPED.items() if make().realizable]


def _check(text: str, model: Model) -> Verdict:
    return Candidate.parse(text).check(Evidence(model))


def _value(text: str, model: Model, event: str | None = None) -> Real:
    candidate = Candidate.parse(f"{text} <= 0")
    assert not callable(candidate.left)
    assert not isinstance(candidate.left, str)
    return Scene(Evidence(model), event).value(candidate.left)


@cache
def _known(name: str) -> tuple[Evidence, dict[str, Any]]:
    model = SHIPPED[name]()
    with mpmath.workdps(DIGITS):
        return Evidence(model), values(run(model).to_json(), write_model(model))


def _as_the_demonstrator(model: Model) -> Model:
    """Another model with the same prior, alpha and sizes."""
    return replace(model, policies=dict.fromkeys(model.policies, model.demonstrator_policy))


@examples(20)
@given(models_inside())
def test_what_is_kept_for_all_models_of_a_prior_depends_on_no_policy(model: Model) -> None:
    evidence, other = Evidence(model), Evidence(_as_the_demonstrator(model))
    assert other.fixed is evidence.fixed
    for name, quantity in QUANTITIES.items():
        if quantity.fixed:
            one, two = quantity.value(evidence), quantity.value(other)
            if one is None or two is None:
                assert one is two, name
            else:
                assert compare(one, two) == 0, name
    lower = model.exact_alpha / 2
    assert Evidence(model.with_alpha(lower)).fixed is not evidence.fixed
    assert Evidence(model, lowest_alpha=lower).fixed is not evidence.fixed
    assert Evidence(model.with_horizon(model.horizon + 1)).fixed is not evidence.fixed


SIMPLE = ["query_cubes", "queries", "exclusion", "query_squares", "top_size", "alpha", "tau", "w_d"]
SIMPLE += ["X", "S", "S_lin", "T", "|A|", "|O|", "|Pi|", "z_max", "retention"]


def _larger(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    one = st.sampled_from(["ln", "exp", "sqrt", "cbrt", "F"])
    two = st.sampled_from(["min", "max"])
    exponent = st.one_of(
        st.integers(0, 4).map(Number),
        st.builds(
            Binary, st.just("/"), st.integers(1, 3).map(Number), st.integers(1, 4).map(Number)
        ),
    )
    return st.one_of(
        st.builds(Binary, st.sampled_from("+-*/"), inner, inner),
        st.builds(Binary, st.just("^"), inner, exponent),
        st.builds(Negative, inner),
        st.builds(Call, one, st.tuples(inner)),
        st.builds(Call, two, st.tuples(inner, inner)),
    )


expressions = st.recursive(
    st.one_of(st.integers(0, 9).map(Number), st.sampled_from(SIMPLE).map(Name)),
    _larger,
    max_leaves=6,
)


@given(expressions, st.sampled_from(INSIDE))
def test_values_agree_with_a_second_evaluation_from_the_printed_result(
    expression: Expression, name: str
) -> None:
    evidence, known = _known(name)
    try:
        value = Scene(evidence).value(expression)
    except (Undefined, Undecided):
        assume(False)
    with mpmath.workdps(DIGITS):
        expected = evaluate(expression, known)
        assume(mpmath.isfinite(expected) and abs(expected) < 1e15)
        low, high = value.interval(256)
        margin = mpmath.mpf(10) ** -30 * (1 + abs(expected))
        assert mpmath.mpf(low.numerator) / low.denominator <= expected + margin
        assert mpmath.mpf(high.numerator) / high.denominator >= expected - margin


def test_numbers_of_the_treacherous_turn() -> None:
    model = treacherous_turn()
    for text, expected in (
        ("query_cubes", "1.28763"),
        ("queries", "5.60213"),
        ("exclusion", "0.308400"),
        ("S", "20.0670"),
        ("S_lin", "243"),
    ):
        assert _value(text, model).decimal() == expected
    assert _value('P_i("ever-defects")', model).exact == 0


def test_quantities_of_the_chain_by_hand() -> None:
    model = chain(1)  # theta = 1 at both steps; z = tau and twice tau/2; tau = 1/3
    expected: dict[str, int | str] = {"query_cubes": 2, "queries": 2, "query_squares": 2}
    expected |= {"theta_gain": 2, "theta_max": 1, "X": "2/3", "tau": "1/3", "w_d": "3/5", "T": 2}
    expected |= {"z_max": "1/3", "z_min": "1/6", "|Pi|": 4, "stochastic": 3, "defective": 0}
    expected |= {"query_readers": 0, "realizable": 1}
    for name, value in expected.items():
        assert _value(name, model).exact == Fraction(value), name
    assert _value("sum_z(z)", model).exact == Fraction(2, 3)
    assert _value("sum_z(F(z/tau)) - S", model).exact == 0


def test_every_quantity_has_a_value_or_says_that_it_has_none() -> None:
    for model in (treacherous_turn(), shared_error(), replace(chain(0), horizon=0)):
        for name in QUANTITIES:
            try:
                found: Real | str = _value(name, model)
            except Undefined as problem:
                found = str(problem)
            assert isinstance(found, Real) or name in found


def test_ties_of_roots_and_logarithms_are_decided() -> None:
    model = chain(1)
    for text in (
        "sqrt(2)*sqrt(3) <= sqrt(6)",
        "2^(1/2) >= 4^(1/4)",
        "sqrt(T)*sqrt(T) <= T",
        "cbrt(8/27) <= 2/3",
        "sqrt(2)/sqrt(8) >= 1/2",
        "ln(9) <= 2*ln(3)",
        "ln(sqrt(2))*2 >= ln(2)",
        "max(sqrt(2), 1) <= 2^(1/2)",
        "query_cubes <= S_lin/3",
    ):
        assert isinstance(_check(text, model), Holds), text
        assert isinstance(_check(text.replace("=", ""), model), Violated), text


def test_a_tie_that_is_not_decided_is_unknown_and_not_held() -> None:
    verdict = _check("sqrt(2) + sqrt(3) <= sqrt(3) + 2^(1/2)", chain(1))
    assert isinstance(verdict, Unknown)
    assert not verdict.inapplicable


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1/(T - T) <= 1", "division by 0"),
        ("ln(0) <= 1", "logarithm"),
        ("sqrt(-1) <= 1", "root of a negative"),
        ("(-2)^(1/3) <= 1", "root of a negative"),
        ("root(2, 1/2) <= 1", "whole degree"),
        ("0^-1 <= 1", "division by 0"),
        ("retention - retention <= 1", "infinity"),
        ("0*retention <= 1", "infinity"),
        ('P_i("nowhere") <= 1', "no event 'nowhere'"),
    ],
)
def test_a_side_without_a_value_puts_the_model_outside(text: str, why: str) -> None:
    verdict = _check(text, chain(1).with_alpha(1))
    assert isinstance(verdict, Unknown)
    assert verdict.inapplicable
    assert why in verdict.reason


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("2^1000^2 <= 1", ">2^65536"),
        ("exp(10^6) <= 1", ">2^65536"),
        ("exp(exp(25)) <= 1", ">2^65536"),
        ("1 - exp(exp(25)) >= 1", "1"),
        ("query_cubes <= exp(-exp(25))", "2"),
        ("query_cubes <= exp(-exp(exp(100)))", "2"),
        ("exp(-10^6) <= 0", "0 +- 2^-65536"),
    ],
)
def test_numbers_too_large_or_too_small_to_write_are_still_compared(text: str, side: str) -> None:
    verdict = _check(text, chain(1))
    assert isinstance(verdict, Violated)
    assert verdict.witness.comparison.left.decimal() == side
    turned = text.translate(str.maketrans("<>", "><"))
    assert isinstance(_check(turned, chain(1)), Holds)


def test_hostile_candidates_end_within_bounds() -> None:
    """In a child of 1 GB: each is decided, left undecided or refused, and written out."""
    command = [sys.executable, "-m", "tests.explore_hostile", "seed", "400"]
    ended = children.run(command, cwd=ROOT, memory=1 << 30, timeout=300)
    assert ended.returncode == 0, ended.stderr.decode()[-500:]
    found = json.loads(ended.stdout)
    assert sum(found.values()) >= 800
    assert min(found[kind] for kind in ("holds", "violated", "undecided", "refused")) > 0


@pytest.mark.parametrize("text", ["2^2^2^2^2^2^2^2 <= 1", "exp(exp(exp(exp(9)))) <= 1"])
def test_a_number_without_an_enclosure_is_undecided(text: str) -> None:
    verdict = _check(text, chain(1))
    assert isinstance(verdict, Unknown)
    assert not verdict.inapplicable


def test_infinity_is_above_everything() -> None:
    model = chain(1).with_alpha(1)
    assert _value("retention", model) is INFINITY
    assert isinstance(_check("exclusion <= retention", model), Holds)
    assert isinstance(_check("min(retention, 1) <= 1", model), Holds)
    assert isinstance(_check("retention <= 1000", model), Violated)


def test_hypotheses_decide_which_models_count() -> None:
    text = "query_cubes <= 3*(1/alpha - 1)*X"
    above = SHIPPED["defective"]().with_alpha(1)  # the top set is one leaky policy
    assert isinstance(_check(text, above), Violated)
    restricted = _check(f"{text} if alpha <= 1/2", above)
    assert isinstance(restricted, Unknown)
    assert restricted.inapplicable
    assert isinstance(_check(f"{text} if alpha == 1 and |A| == 2", above), Violated)
    assert Candidate.parse(f"{text} if |A| == 3 and 1/4 == alpha").fixed == {
        "|A|": 3,
        "alpha": Fraction(1, 4),
    }


def test_bounds_of_hypotheses_are_read_from_both_sides() -> None:
    candidate = Candidate.parse("S <= 1 if T >= 3 and 9 > T and |A| == 2 and alpha <= 1/2 + 1/4")
    assert [t for t in range(12) if candidate.allows("T", t)] == [3, 4, 5, 6, 7, 8]
    assert [n for n in range(5) if candidate.allows("|A|", n)] == [2]
    assert candidate.allows("|O|", 7)
    assert candidate.near == {"T": (3, 9), "|A|": (2,), "alpha": (Fraction(3, 4),)}


def test_the_demonstrator_is_in_the_class_unless_a_hypothesis_says_otherwise() -> None:
    model = shared_error()
    inside = _check("P_i(B) <= P_d(B)", model)
    assert isinstance(inside, Unknown)
    assert inside.inapplicable
    assert isinstance(_check("P_i(B) <= P_d(B) if realizable == 0", model), Violated)


def test_every_event_is_compared_and_one_without_a_value_hides_no_other() -> None:
    model = rare_action("1/8", horizon=4)
    verdict = _check("P_i(B) <= P_d(B)", model)
    assert isinstance(verdict, Violated)
    assert "B = never-rare" in verdict.witness.comparison.what
    none = replace(model, events={})
    assert isinstance(_check("P_i(B) <= 1", none), Unknown)
    model = treacherous_turn()  # P_d(ever-defects) = 0
    alone = _check("P_i(B) <= 1/P_d(B)", model)
    assert isinstance(alone, Unknown)
    assert "division by 0" in alone.reason
    both = replace(model, events={**model.events, **rare_action().events})
    both = replace(both, events={"ever-defects": both.events["ever-defects"], "all": _anything()})
    assert isinstance(_check("P_i(B) < 1/P_d(B)", both), Violated)


def _anything() -> Any:
    from exact_cbil.event import after

    return after(0)


def test_sides_and_hypotheses_may_be_functions() -> None:
    candidate = Candidate(
        "T1 in Python",
        lambda evidence: evidence.result.query_cubes,
        "S/4",
        hypotheses=(lambda evidence: evidence.model.horizon > 1, "alpha <= 1/2"),
    )
    assert isinstance(candidate.check(Evidence(chain(1))), Violated)
    short = candidate.check(Evidence(chain(0)))
    assert isinstance(short, Unknown)
    assert short.inapplicable


@pytest.mark.parametrize("name", TRUE)
@examples(25)
@given(model=models_inside())
def test_theorems_written_otherwise_agree_with_the_table(name: str, model: Model) -> None:
    verdict = _check(TRUE[name], model)
    assert not isinstance(verdict, Violated)
    assert isinstance(verdict, Holds) or verdict.inapplicable
    found = claim_named(name).check(Evidence(model))
    assert isinstance(found, Holds)
    if isinstance(verdict, Holds) and name != "T5":
        headline = next(c for c in found.certificate if c.headline)
        (own,) = verdict.certificate
        assert compare(own.left, headline.left) == 0
        (low, _), (_, high) = own.right.interval(128), headline.right.interval(128)
        assert abs(high - low) <= Fraction(1, 10**25) * (1 + abs(high))


def _least(v: dict[str, Any], y: Any) -> Any:
    """T0's infimum over c, on a grid of a thousand c to each power of ten."""
    k = mpmath.cbrt(v["T"] ** 2)
    terms = (mpmath.mpf(10) ** (mpmath.mpf(n) / 1000) for n in range(-4000, 3000))
    return min(v["S"] / c + y * mpmath.exp(k * mpmath.cbrt(c)) for c in terms)


def _divergence(v: dict[str, Any], a: Any, b: Any) -> Any:
    xs = [z / v["tau"] for z in v["odds"]]
    return v["T"] * sum((a * min(x, 1) + b * mpmath.log(max(x, 1)) for x in xs), mpmath.mpf(0))


RIGHT: dict[str, Any] = {
    "T1": lambda v, _: _divergence(v, 3, 2) / v["T"],
    "T1a": lambda v, _: 3 / v["tau"] * (1 / v["w_d"] - 1),
    "T1b": lambda v, _: (v["|Pi|"] - 1) * FUNCTIONS["F"](v["z_max"] / v["tau"]),
    "T1c": lambda v, _: v["|A|"] / v["alpha"] ** 3 * (24 / v["w_d"] + 12),
    "T2": lambda v, _: mpmath.cbrt(v["T"] ** 2 * v["S"]),
    "T3": lambda v, _: (1 / v["w_d"] - 1) / (1 / v["alpha"] - 1),
    "T4": lambda v, _: mpmath.sqrt(_divergence(v, 3, 2)),
    "T4a": lambda v, _: mpmath.sqrt(_divergence(v, mpmath.mpf(34) / 25, mpmath.mpf(9) / 25)),
    "T5": lambda v, y: (
        v["retention"] + (mpmath.sqrt(v["T"] * v["S"]) + mpmath.log(2)) / mpmath.log(1 / y)
    ),
    "T0": lambda v, y: v["retention"] + _least(v, y),
}
"""SPEC's right sides at 60 digits, from a printed result and its model file."""


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("model", ["rare-action", "two-observers", "defective", "chain"])
def test_bounds_of_the_table_are_those_of_the_specification(name: str, model: str) -> None:
    evidence, known = _known(model)
    event = next(iter(evidence.model.events))
    found = claim_named(name).right(Scene(evidence, event))
    with mpmath.workdps(DIGITS):
        chance = Fraction(known["events"][event]["demonstrator"])
        name = "T3" if not chance and name in ("T0", "T5") else name  # what is left at y = 0
        expected = RIGHT[name](known, mpmath.mpf(chance.numerator) / chance.denominator)
        close = mpmath.mpf(10) ** (-5 if name == "T0" else -30)  # a grid is not a minimum
        low, high = (mpmath.mpf(x.numerator) / x.denominator for x in found.interval(256))
        assert low - close * expected <= expected
        assert expected * (1 - close) <= high


def test_members_are_counted_by_what_they_can_do() -> None:
    model = SHIPPED["defective"]()
    assert _value("defective", model).exact == 2
    assert _value("query_readers", model).exact == 1
    sure = replace(model, policies={**model.policies, "leaky": constant({"go": 1})})
    assert _value("stochastic", sure).exact == 1


@examples(30)
@given(documents(realizable=True), st.sampled_from([Fraction(-3), Fraction(1, 8), Fraction(2)]))
def test_the_exponential_moment_is_that_of_whole_histories(
    document: dict[str, Any], rate: Fraction
) -> None:
    """`E exp(rate sum theta G)`, history by history, where masses are weighed on the way."""
    expected = literal(document)
    total = Real.of(0)
    for h, mass in spec.law(expected, spec.imitate, max(expected.horizon - 1, 0)).items():
        prefixes = [h[:t] for t in range(expected.horizon)]
        gain = sum(
            (spec.query_probability(expected, k) * spec.gain(expected, k) for k in prefixes),
            Fraction(0),
        )
        total = total + exp(rate * gain) * mass
    found = Evidence(model_of(document)).moment(Real.of(rate))
    low, high = found.interval(128)
    true = total.interval(256)
    assert low <= true[1]
    assert true[0] <= high
    assert high - low < Fraction(1, 2**60)


def test_a_moment_needs_the_demonstrator_in_the_class_and_a_rate() -> None:
    for model, rate in ((shared_error(), Real.of(1)), (chain(), INFINITY)):
        with pytest.raises(Undefined):
            Evidence(model).moment(rate)
    one = Evidence(chain()).moment(Real.of(0))
    assert one.exact == 1


class TestNearMembers:
    """`eta` and its like speak of every member that is near the demonstrator, in turn."""

    def test_each_is_compared(self) -> None:
        verdict = Candidate.parse("eta <= 1").check(Evidence(treacherous_turn()))
        assert isinstance(verdict, Holds)
        told = {c.what.rpartition(", near ")[2]: c.left.exact for c in verdict.certificate}
        assert told == near_members(treacherous_turn())
        assert len(told) > 1

    def test_without_any_nothing_is(self) -> None:
        verdict = Candidate.parse("eta <= 1 if realizable <= 1").check(Evidence(shared_error()))
        assert isinstance(verdict, Unknown)
        assert verdict.inapplicable
        assert "near" in verdict.reason

    def test_where_policies_are_exchanged_only_the_demonstrator_is_told_apart(self) -> None:
        evidence = Evidence(treacherous_turn(), symmetric=True)
        assert evidence.near_members == {evidence.model.demonstrator: 0}

    def test_a_hypothesis_cannot_speak_of_them(self) -> None:
        with pytest.raises(CbilError, match="cannot speak of every near member"):
            Candidate.parse("S <= 1 if eta <= 1/2")

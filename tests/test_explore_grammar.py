"""Candidates as text: what is written is read back, and nothing else is understood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounds.language.candidate import Candidate
from bounds.language.functions import FUNCTIONS
from bounds.language.grammar import (
    NotUnderstood,
    Relation,
    Statement,
    parse_expression,
    parse_statement,
)
from bounds.language.quantities import LAWS, QUANTITIES
from exact_cbil.errors import CbilError
from exact_cbil.expressions import Binary, Call, Expression, Name, Negative, Number, Quoted, write
from tests.commands import Outcome
from tests.explore_candidates import FALSE, TRUE


def _calls(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    def call(name: str) -> st.SearchStrategy[Expression]:
        least, most = FUNCTIONS[name].arity
        arguments = st.lists(inner, min_size=least, max_size=max(least, min(most, 3))).map(tuple)
        return st.builds(Call, st.just(name), arguments)

    return st.sampled_from(sorted(FUNCTIONS)).flatmap(call)


def _larger(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    small = st.integers(0, 1000).map(Number)
    return st.one_of(
        st.builds(Binary, st.sampled_from("+-*/"), inner, inner),
        st.builds(Binary, st.just("^"), inner, small),
        st.builds(Negative, inner),
        _calls(inner),
    )


names = st.text(min_size=1, max_size=5).filter(lambda s: s.isprintable())
events = st.one_of(st.just(Name("B")), names.map(Quoted))
leaves: st.SearchStrategy[Expression] = st.one_of(
    st.integers(0, 10**12).map(Number),
    st.sampled_from(sorted(QUANTITIES)).map(Name),
    st.builds(Call, st.sampled_from(sorted(LAWS)), st.tuples(events)),
)
expressions = st.recursive(leaves, _larger, max_leaves=12)
SIGNS = ("<=", "<", ">=", ">")


@given(expressions)
def test_an_expression_is_read_back(expression: Expression) -> None:
    assert parse_expression(write(expression)) == expression


@given(expressions, st.sampled_from(SIGNS), expressions, st.lists(expressions, max_size=2))
def test_a_statement_is_read_back(
    left: Expression, sign: str, right: Expression, bounded: list[Expression]
) -> None:
    hypotheses = tuple(
        Relation(e, s, Number(1)) for e, s in zip(bounded, ("==", ">"), strict=False)
    )
    statement = Statement(Relation(left, sign, right), hypotheses)
    assert parse_statement(str(statement)) == statement


@pytest.mark.parametrize("text", [*FALSE, *TRUE.values()])
def test_a_candidate_writes_itself_so_that_it_is_read_back(text: str) -> None:
    shown = str(Candidate.parse(text))
    assert str(Candidate.parse(shown)) == shown


def test_precedence_is_that_of_arithmetic() -> None:
    assert parse_expression("-2^2") == Negative(Binary("^", Number(2), Number(2)))
    assert write(parse_expression("((1-2))-3*(4/(5*6))")) == "1 - 2 - 3*(4/(5*6))"
    assert write(parse_expression("2**(3**2)")) == "2^3^2"
    assert parse_expression("2^-1") == Binary("^", Number(2), Negative(Number(1)))


def test_greater_is_less_turned_round() -> None:
    one, two = Candidate.parse("S >= query_cubes"), Candidate.parse("query_cubes <= S")
    assert (one.left, one.right, one.strict) == (two.left, two.right, two.strict)
    assert Candidate.parse("S > queries").strict


HOSTILE = {
    "__import__('os').system('true') <= 1": "character 12",
    "__import__ <= 1": "unknown quantity '__import__'",
    "S.__class__ <= 1": "character 2",
    "[1] <= 1": "character 1",
    "lambda: 1 <= 1": "character 7",
    "2^9999999999 <= 1": "an exponent of at most 1000",
    "1" * 1001 + " <= 1": "at most 1000 digits",
    "(" * 100 + "1" + ")" * 100 + " <= 1": "at most 40 levels",
    "-" * 200 + "1 <= 1": "at most 40 levels",
    "1" + "^1" * 100 + " <= 1": "at most 40 levels",
    "1+" * 250 + "1 <= 1": "at most 400 symbols",
    "S" * 3000: "at most 2000 characters",
    "\x00": "character 1",
    "S <= 1\x00": "character 7",
    "S ≤ 1": r"got '\\u2264' \(write <=\) at character 3",
    "α <= 1": "character 1",
    "S <= １": "character 6",  # a full-width digit
    "0.5 <= S": "character 2",
    "1e9 <= S": "character 2",
    "": "character 1",
    "S": "got the end at character 2",
    "S <= T <= 1": "character 8",
    "S == T": "character 3",
    "S <= T if": "the end at character 10",
    "S <= T if T": "the end at character 12",
    "S <= T and T > 1": "character 8",
    "|B| <= 1": r"unknown quantity '\|B\|'",
    "z <= 1": "unknown quantity 'z'",
    "querycubes <= 1": "did you mean query_cubes",
    "ln(1, 2) <= 1": "ln expects 1 arguments",
    "root(2) <= 1": "root expects 2 arguments",
    "ln 2 <= 1": "expected '\\('",
    "P_i <= 1": "expected '\\('",
    "P_i(ever) <= 1": "the name of an event",
    'P_i("") <= 1': "the name of an event",
    'P_i("\\q") <= 1': "a text as in JSON",
    'P_i("\\ud800") <= 1': "a text of whole characters",
    "P_i(B) <= 1 if P_d(B) > 0": "cannot speak of B",
    "S <= 1/10 + 0.1": r"got '\.' \(write 1/10 for 0.1\) at character 14",
    "S <= 2.5*T": r"write 5/2 for 2.5",
    "S = T": r"got '=' \(write <= or ==\) at character 3",
    "S ≥ T": r"write >=",
    "S <= 2 T": r"a product is written 2\*T",
    "S <= T tau": r"a product is written T\*tau",
    "log(2) <= S": "did you mean ln",
    "A <= S": r"did you mean \|A\|",
    "(S + 1) T <= S": "a product is written",
}


@pytest.mark.parametrize(("text", "where"), HOSTILE.items())
def test_anything_else_is_refused_in_one_line(text: str, where: str) -> None:
    with pytest.raises(CbilError, match=where) as caught:
        Candidate.parse(text)
    assert "\n" not in str(caught.value)


@given(st.text(max_size=60))
def test_no_text_does_more_than_parse_or_be_refused(text: str) -> None:
    assert "\n" not in _problem(text)


def _problem(text: str) -> str:
    """Why a text is refused; empty if it is a candidate."""
    try:
        Candidate.parse(text)
    except CbilError as problem:
        return str(problem)
    return ""


@given(st.lists(st.sampled_from([*QUANTITIES, *FUNCTIONS, *LAWS, *"()+-*/^,<>=2 Bz", " if "])))
def test_no_string_of_symbols_does_more(symbols: list[str]) -> None:
    problem = _problem("".join(symbols))
    assert not problem or "at character" in problem


def test_the_position_counts_characters_from_one() -> None:
    with pytest.raises(NotUnderstood) as caught:
        parse_statement("queries <= S + foo")
    assert caught.value.position == 16


@pytest.mark.parametrize("line", [["queries <= foo"], [], ["S <= 1", "--budget", "0"], ["S"]])
def test_the_command_exits_with_2_and_one_line(line: list[str]) -> None:
    Outcome("explore", *line).assert_refused()


def test_the_command_lists_everything_that_may_be_named() -> None:
    shown = Outcome("explore", "--quantities").out
    for name in [*QUANTITIES, *FUNCTIONS, *LAWS]:
        assert name in shown

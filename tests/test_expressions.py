"""The grammar of expressions: what is read, how it binds, and what is refused where."""

from __future__ import annotations

import operator
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exact_cbil.expressions import (
    Binary,
    Call,
    Expression,
    Limits,
    Name,
    Negative,
    NotUnderstood,
    Number,
    Parser,
    Quoted,
    Token,
    fold,
    parse,
    walk,
    write,
)

NAMES = st.sampled_from(["p", "alpha", "_x1"])
EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(
    st.builds(Number, st.integers(0, 30)) | st.builds(Name, NAMES),
    lambda inner: st.one_of(
        st.builds(Binary, st.sampled_from("+-*/^"), inner, inner),
        st.builds(Negative, inner),
        st.builds(Call, NAMES, st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=12,
)


@given(EXPRESSIONS)
def test_what_is_written_is_read_back(expression: Expression) -> None:
    assert parse(write(expression)) == expression


SIGNS = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
}


def number(node: Expression, parts: list[Fraction]) -> Fraction:
    if isinstance(node, Binary):
        found: Fraction = SIGNS[node.sign](*parts)
        return found
    return -parts[0] if isinstance(node, Negative) else Fraction(getattr(node, "value", 0))


@given(
    st.recursive(
        st.integers(0, 20).map(str),
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(["+", " - ", "*"]), inner).map("".join),
            inner.map("({})".format),
            inner.map("-{}".format),
            inner.map("({})**2".format),
        ),
        max_leaves=10,
    )
)
def test_operators_bind_as_in_python(source: str) -> None:
    # The text holds digits, signs and parentheses only, as drawn above.
    assert fold(parse(source), number) == eval(source)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("2^3^2", 512),
        ("-2^2", -4),
        ("2^-1", Fraction(1, 2)),
        ("8/4/2", 1),
        ("2*-3", -6),
        ("--1", 1),
    ],
)
def test_what_python_writes_otherwise(source: str, value: Fraction) -> None:
    assert fold(parse(source), number) == value


@pytest.mark.parametrize(
    ("source", "position", "problem"),
    [
        ("", 1, "a number, a name or '(', got the end"),
        ("1 +", 4, "got the end"),
        ("1 2", 3, "an operator or the end, got '2'"),
        ("01", 2, "an operator or the end, got '1'"),
        ("(1", 3, "')', got the end"),
        ("1)", 2, "got ')'"),
        ("f(1,)", 5, "got ')'"),
        ("f()", 3, "got ')'"),
        ("1.5", 2, "got '.'"),
        ("é", 1, "got '\\xe9'"),
        ("x\n", 2, "got '\\n'"),
        ('"x"', 1, "got '\"x\"'"),
        ("2^1001", 3, "an exponent of at most 1000"),
        ("1 <= 2", 3, "got '<'"),
        ("٣", 1, "got '\\u0663'"),
    ],
)
def test_faults_say_where(source: str, position: int, problem: str) -> None:
    with pytest.raises(NotUnderstood) as found:
        parse(source)
    assert found.value.position == position
    assert problem in str(found.value)
    assert str(found.value).startswith("expression: ")


@pytest.mark.parametrize(
    ("source", "limits"),
    [
        ("1" * 11, Limits(length=10)),
        ("1+" * 5 + "1", Limits(symbols=10)),
        ("1" * 11, Limits(digits=10)),
        ("(" * 11 + "1" + ")" * 11, Limits(nesting=10)),
        ("-" * 11 + "1", Limits(nesting=10)),
        ("2^" * 11 + "1", Limits(nesting=10)),
        ("f(" * 11 + "1" + ")" * 11, Limits(nesting=10)),
        ("(" * 4000, Limits()),
    ],
)
def test_limits(source: str, limits: Limits) -> None:
    with pytest.raises(NotUnderstood, match="at most"):
        parse(source, limits)


def test_long_sums_and_numbers_need_no_stack() -> None:
    source = "+".join(["1"] * 2000)
    assert fold(parse(source), number) == 2000
    assert len(list(walk(parse(source)))) == 3999
    assert write(parse(source)) == " + ".join(["1"] * 2000)
    huge = "7" * 3999
    assert write(parse(huge)) == huge


@given(st.text(alphabet='pf019+-*/^(),." <\n', max_size=20) | st.text(max_size=8))
def test_any_text_is_read_or_refused_in_one_line(source: str) -> None:
    try:
        found = parse(source)
    except NotUnderstood as fault:
        problem = fault
    else:
        assert parse(write(found)) == found
        return
    assert str(problem).isprintable()
    assert 1 <= problem.position <= len(source) + 1


class Relations(Parser):
    """A language with more: relations, names in bars, and a function of a text."""

    names = r"[A-Za-z_][A-Za-z0-9_]*|\|[A-Za-z]+\|"
    spaces = " \t\n"
    signs = ("<=", "<")
    reserved = ("if",)

    def named(self, token: Token) -> Expression:
        if token.word != "P":
            return super().named(token)
        self.need("(")
        found = self.quoted()
        if found is None:
            raise self.fault("a text")
        self.need(")")
        return Call("P", (found,))

    def relation(self) -> Any:
        left, sign = self.sum(), self.take("<=", "<")
        if sign is None:
            raise self.fault("a relation")
        found = (left, sign.word, self.sum())
        self.end()
        return found


def test_a_language_that_has_more() -> None:
    left, sign, right = Relations('|A| +\tP("a \\"b\\"\\n") <= f(x)').relation()
    assert left == Binary("+", Name("|A|"), Call("P", (Quoted('a "b"\n'),)))
    assert write(left) == r'|A| + P("a \"b\"\n")'
    assert (sign, right) == ("<=", Call("f", (Name("x"),)))
    for fault in ("1", "if < 1", "1 < 2 < 3", 'P("\\ud800") < 1', 'P("\\x") < 1', "P(B) < 1"):
        with pytest.raises(NotUnderstood, match="at character"):
            Relations(fault, place="claim").relation()

"""Model files with parameters: what is read, and what is refused in one line."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exact_cbil import run as numeric_run
from exact_cbil.errors import CbilError
from exact_cbil.model import Model
from exact_cbil.modelfile import read_model, write_model
from exact_cbil.models import SHIPPED, rare_action, shared_error, shipped
from exact_cbil.parametric.model import ParametricModel
from exact_cbil.parametric.parameters import Parameters
from exact_cbil.parametric.polynomial import parse_polynomial, polynomial_text
from exact_cbil.parametric.read import read_any
from exact_cbil.parametric.whole_run import run
from tests.commands import Outcome
from tests.conftest import examples
from tests.mutations import changed


def document() -> dict[str, Any]:
    """The rare action with its rate `e` and the prior weight `p` left open."""
    made = write_model(rare_action(horizon=3))
    made["parameters"] = {"p": ["0", "1"], "e": ["0", "1/2"]}
    made["prior"] = {"demonstrator": "p", "usual-only": "1 - p"}
    made["policies"]["demonstrator"]["states"]["s"]["emit"] = {"rare": "e", "usual": "1 - e"}
    return made


def test_a_file_with_parameters_is_the_family_of_its_models() -> None:
    model = read_any(json.dumps(document()))
    assert isinstance(model, ParametricModel)
    result = run(model)
    for p, e in [("1/2", "1/8"), ("1/3", "1/3"), ("9/10", "1/4")]:
        filled = document()
        del filled["parameters"]
        filled["prior"] = {"demonstrator": p, "usual-only": str(1 - Fraction(p))}
        emit = {"rare": e, "usual": str(1 - Fraction(e))}
        filled["policies"]["demonstrator"]["states"]["s"]["emit"] = emit
        exact = numeric_run(read_model(json.dumps(filled)))
        point = {"p": p, "e": e}
        assert numeric_run(model.at(point)) == exact
        assert result.queries.at(point) == exact.queries
        assert result.event("never-rare").at(point) == exact.events["never-rare"].imitator


@pytest.mark.parametrize("zero", ["0", "0/3", "0*e", "e - e", "(p - p)*e"])
def test_a_written_zero_is_one_left_out(zero: str) -> None:
    made, written = document(), document()
    made["policies"]["usual-only"]["states"]["s"]["emit"] = {"usual": "p*e"}
    written["policies"]["usual-only"]["states"]["s"]["emit"] = {"usual": "p*e", "rare": zero}
    written["environment"]["states"]["e"]["emit"]["rare"] = {"x": "1 + p - p"}
    found = [read_any(json.dumps(one)) for one in (made, written)]
    first, second = (run(model) for model in found if isinstance(model, ParametricModel))
    assert first.to_json() == second.to_json()
    # 1 - m(usual) at first: the smaller of 1 - e and p*e is p*e, since e < 1/2.
    assert first.moment(0, "theta").at({"p": "1/3", "e": "1/4"}) == Fraction(11, 12)  # type: ignore


@pytest.mark.parametrize("zero", ["0", "0/3", "0*e", "e - e"])
def test_ranges_are_checked_beside_a_written_zero(zero: str) -> None:
    made = document()
    made["policies"]["usual-only"]["states"]["s"]["emit"] = {"usual": "3*e", "rare": zero}
    with pytest.raises(CbilError, match=r"stays in \[0, 1\] on the whole range, got 3\*e"):
        read_any(json.dumps(made))
    made = document()
    made["prior"] = {"demonstrator": "1", "usual-only": zero}
    with pytest.raises(CbilError, match="positive numbers on the whole range, got 0"):
        read_any(json.dumps(made))
    with pytest.raises(CbilError, match="got 0"):
        read_any(json.dumps(document() | {"alpha": zero}))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_file_without_parameters_is_a_model(name: str) -> None:
    written = json.dumps(write_model(shipped(name)))
    model = read_any(written)
    assert isinstance(model, Model)
    assert write_model(model) == write_model(read_model(written))


def test_parameters_of_the_environment_and_of_a_demonstrator_outside() -> None:
    made = write_model(shared_error(2))
    made["parameters"] = {"v": ["0", "1"]}
    made["demonstrator"]["states"]["s"]["emit"] = {"right": "1 - v^2", "wrong": "v^2"}
    made["observations"] = ["x", "y"]
    made["environment"]["states"]["e"]["emit"]["wrong"] = {"x": "v", "y": "1 - v"}
    model = read_any(json.dumps(made))
    assert isinstance(model, ParametricModel)
    result, exact = run(model), numeric_run(model.at({"v": "1/3"}))
    assert exact.events["ever-errs"].demonstrator == 1 - Fraction(8, 9) ** 2
    for name, chance in exact.events.items():
        polynomial = result.demonstrator[name]
        evaluated = result.parameters.evaluate(polynomial, {"v": Fraction(1, 3)})
        assert evaluated == chance.demonstrator


RARE = "policies/demonstrator/states/s/emit/rare"
FAULTS = [
    ("alpha", "q", "unknown parameter 'q'"),
    ("alpha", "1/(p + 1)", "division by something that is not a constant"),
    ("alpha", "1/(2*p - 1)", "division by something that can be 0 on the range"),
    ("alpha", "1/0", "division by something that can be 0 on the range"),
    ("alpha", "2*p", "stays in (0, 1]"),
    ("alpha", "p - 1/2", "stays in (0, 1]"),
    ("parameters/e", ["0", "2"], "stays in [0, 1] on the whole range"),
    ("parameters/e", ["-1", "1"], "stays in [0, 1] on the whole range"),
    ("prior", {"demonstrator": "p", "usual-only": "p"}, "identically 1, got 2*p"),
    ("prior", {"demonstrator": "p^2", "usual-only": "1 - p"}, "identically 1"),
    (RARE, "e/2", "identically 1"),
    (RARE, "__import__('os').system('true')", "expected a polynomial"),
    (RARE, "__import__", "unknown parameter"),
    (RARE, "e.real", "expected a polynomial"),
    (RARE, "e^99999999", "an exponent of at most 32"),
    (RARE, "e**e", "an exponent that is not a whole number"),
    (RARE, "((e^30)^30)^30", "a degree above"),
    (RARE, "(((((9^32)^32)^32)^32)^32)^32", "too large a number"),
    (RARE, "e/9^32" + "/9^32" * 700, "too large a number"),
    (RARE, "f(e)", "got a function"),
    (RARE, "e <= 1", "expected a polynomial"),
    (RARE, "(1 + e + p)^32*(1 + e + p)^32", "expected a polynomial"),
    (RARE, "(" * 1000 + "e" + ")" * 1000, "levels of nesting"),
    (RARE, "e" * 100_000, "at most"),
    (RARE, "0.1", "expected a polynomial"),
    (RARE, "1e-1", "expected a polynomial"),
    (RARE, "", "expected a polynomial"),
    (RARE, "e e", "expected a polynomial"),
    (RARE, "e\n", "expected a polynomial"),
    (RARE, "e\u0665", "expected a polynomial"),
    (RARE, 0.5, "$.policies.demonstrator.states.s.emit.rare: expected a string"),
    ("alpha", 0.5, "$.alpha: expected a string"),
    ("parameters", {}, "$.parameters"),
    ("parameters", ["p"], "$.parameters"),
    ("parameters/p", ["0"], "$.parameters.p"),
    ("parameters/p", ["1", "0"], "low < high"),
    ("parameters/p", ["0", 1], "$.parameters.p"),
    ("parameters/p", ["0", "1/p"], "$.parameters"),
    ("parameters", {"p q": ["0", "1"]}, "expected a name"),
    ("parameters", {f"x{k}": ["0", "1"] for k in range(9)}, "1 to 8"),
    ("policies/demonstrator/start", "nowhere", "no state is called"),
    ("policies", 3, "$.policies"),
    ("prior", {"demonstrator": "1"}, "no weight for the policy"),
    ("surprise", "1", "unknown key"),
]


@pytest.mark.parametrize(
    ("path", "value", "expected"), FAULTS, ids=[f"{path}: {says}" for path, _, says in FAULTS]
)
def test_faults_are_one_line(path: str, value: Any, expected: str, tmp_path: Path) -> None:
    target = tmp_path / "model.json"
    target.write_text(json.dumps(changed(document(), path, value)), encoding="utf-8")
    shown = Outcome("formula", target, "--run")
    shown.assert_refused()
    assert len(shown.err) < 500
    assert shown.err.startswith(f"exact-cbil: {target}: $")
    assert expected in shown.err


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff", b"[1]", b'{"parameters": {}}', b"9" * 9999]
)
def test_files_that_are_no_model(content: bytes) -> None:
    with pytest.raises(CbilError):
        read_any(content)


def test_files_of_the_wrong_kind() -> None:
    written = json.dumps(document())
    with pytest.raises(CbilError):
        read_any(written.encode("utf-16"))
    for depth in (100, 300, 500, 700, 900):
        nested = "[" * depth + "]" * depth
        with pytest.raises(CbilError):
            read_any(written.replace('"horizon": 3', f'"horizon": {nested}'))


def test_a_key_given_twice() -> None:
    text = json.dumps(document()).replace('"alpha"', '"alpha": "p", "alpha"')
    with pytest.raises(CbilError, match="twice"):
        read_any(text)


@examples(150)
@given(st.text(alphabet="pq019+-*/^() .e_", max_size=20) | st.text(max_size=8))
def test_any_text_is_read_or_refused_in_one_line(source: str) -> None:
    parameters = Parameters({"p": (0, 1), "q": (-1, 1)})
    try:
        polynomial = parse_polynomial(source, parameters)
    except CbilError as problem:
        message = str(problem)
    else:
        assert parse_polynomial(polynomial_text(polynomial), parameters) == polynomial
        return
    assert message.isprintable()


@pytest.mark.parametrize(
    ("source", "at"),
    [
        ("1 - p", "2/3"),
        ("p*q/2", "1/12"),
        ("-(p + q)**2/3*2", "-25/54"),
        ("2^3 - 7", "1"),
        ("p - q - q", "-2/3"),
        ("p/2/q", None),
        ("p/(1/2)", "2/3"),
    ],
)
def test_values_of_polynomials(source: str, at: str | None) -> None:
    parameters = Parameters({"p": (0, 1), "q": (0, 1)})
    if at is None:
        with pytest.raises(CbilError):
            parse_polynomial(source, parameters)
        return
    polynomial = parse_polynomial(source, parameters)
    point = {"p": Fraction(1, 3), "q": Fraction(1, 2)}
    assert parameters.evaluate(polynomial, point) == Fraction(at)


def test_points_outside_the_range_are_refused() -> None:
    model = read_any(json.dumps(document()))
    assert isinstance(model, ParametricModel)
    for values in ({"p": "1/2"}, {"p": "1/2", "e": "1/2"}, {"p": "1/2", "e": "1/4", "x": "1"}):
        with pytest.raises(CbilError):
            model.at(values)


def test_a_long_run_is_refused() -> None:
    made = document() | {"horizon": 65}
    model = read_any(json.dumps(made))
    assert isinstance(model, ParametricModel)
    with pytest.raises(CbilError, match="at most 64"):
        run(model)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--history", "x"],
        ["--history", "[1]"],
        ["--history", '[[1, "safe", "x"]]'],
        ["--history", '[[true, "fly", "x"]]'],
        ["--history", '[[true, "safe", "z"]]'],
        ["--history", "[]", "--run"],
        ["--run", "--horizon", "-1"],
        ["--run", "--horizon", "99999999999999999999"],
        ["--run", "--horizon", "٣"],
        ["--horizon", "2"],
        ["--history", "[]", "--horizon", "2"],
        ["--json", "--latex"],
    ],
)
def test_options_that_will_not_do(arguments: list[str]) -> None:
    Outcome("formula", "treacherous-turn", *arguments).assert_refused()


@pytest.mark.parametrize(
    "option", [["--plot", "run.svg"], ["--alpha", "1/3"], ["--symmetric"], ["--horizon", "65"]]
)
def test_run_refuses_what_it_cannot_do_with_parameters(option: list[str], tmp_path: Path) -> None:
    target = tmp_path / "model.json"
    target.write_text(json.dumps(document()), encoding="utf-8")
    Outcome("run", target, *option).assert_refused(option[0].strip("-"))


@pytest.mark.parametrize("kind", [[], ["--json"], ["--latex"]])
@pytest.mark.parametrize("what", [[], ["--run", "--horizon", "2"]])
def test_the_command(kind: list[str], what: list[str]) -> None:
    outcome = Outcome("formula", "treacherous-turn", *what, *kind)
    assert outcome.code == 0
    shown = outcome.out
    if kind == ["--json"]:
        assert json.loads(shown)["cells"]
    else:
        assert ("\\begin{cases}" if kind else "alpha <= 2/9") in shown

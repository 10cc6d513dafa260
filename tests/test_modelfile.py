"""Model files: what is read back is what was written, and bad input is one line with its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exact_cbil import CbilError, Semimeasure, run
from exact_cbil.environment import HistoryEnvironment
from exact_cbil.errors import InvalidModel
from exact_cbil.modelfile import load, read_model, save, write_model
from exact_cbil.models import SHIPPED
from tests.mutations import DELETE, JSON, changed, mutations
from tests.strategies import documents

LONGEST_MESSAGE = 1000
GOOD: dict[str, Any] = {
    "format": "cbil-model/1",
    "actions": ["safe", "defect"],
    "observations": ["x"],
    "policies": {
        "demonstrator": {"start": "s", "states": {"s": {"emit": {"safe": "1"}}}},
        "traitor": {
            "start": "t0",
            "states": {
                "t0": {"emit": {"safe": "3/4"}, "next": [{"to": "t1", "queried": True}]},
                "t1": {"emit": {"defect": "1"}},
            },
        },
    },
    "prior": {"demonstrator": "1/10", "traitor": "9/10"},
    "demonstrator": "demonstrator",
    "environment": {
        "start": "e",
        "states": {"e": {"emit": {"safe": {"x": "1"}, "defect": {"x": "1"}}}},
    },
    "alpha": "1/12",
    "horizon": 3,
    "events": {
        "defects": {
            "start": "n",
            "accept": ["y"],
            "states": {"n": {"next": [{"action": "defect", "to": "y"}]}, "y": {}},
        }
    },
}
NUMBERS_AND_NAMES: dict[str, Any] = {
    "observations": ["x", "y"],
    "policies/traitor/states/t0/emit/safe": "1/2",
    "policies/traitor/states/t0/next/0/queried": False,
    "policies/traitor/start": "t1",
    "prior": {"demonstrator": "1/5", "traitor": "4/5"},
    "environment/states/f": {"emit": {"safe": {"x": "1"}, "defect": {"x": "1"}}},
    "alpha": "1/13",
    "horizon": 4,
    "events/defects/accept": ["n"],
    "events/defects/states/n/next": [],
}


def with_change(path: str, value: object) -> str:
    return json.dumps(changed(GOOD, path, value))


def fault(content: bytes | str) -> InvalidModel:
    """The error of reading `content`: exactly InvalidModel, one printable line, not too long."""
    with pytest.raises(CbilError) as caught:
        read_model(content)
    assert type(caught.value) is InvalidModel
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) <= LONGEST_MESSAGE
    assert message.startswith("$")
    return caught.value


TRAITOR = "policies/traitor/states/t0"
DEMONSTRATOR = "policies/demonstrator/states/s"
RULE = f"{TRAITOR}/next/0"
ENVIRONMENT = "environment/states/e"
AT_TRAITOR = "$.policies.traitor.states.t0"


@pytest.mark.parametrize(
    ("path", "value", "place", "expected"),
    [
        ("format", "cbil-model/2", "$.format", 'expected "cbil-model/1"'),
        ("format", DELETE, "$.format", "got nothing"),
        ("format", 1, "$.format", "cbil-model/1"),
        ("extra", 1, "$.extra", "unknown key"),
        (f"{TRAITOR}/emits", {}, f"{AT_TRAITOR}.emits", "unknown key"),
        (f"{RULE}/when", "x", f"{AT_TRAITOR}.next[0].when", "unknown key"),
        ("events/defects/states/n/emit", {}, "$.events.defects.states.n.emit", "unknown key"),
        ("alpha", 0.1, "$.alpha", "got the number 0.1"),
        ("alpha", 1, "$.alpha", "expected a string"),
        ("alpha", "0.1", "$.alpha", "0.1"),
        ("alpha", "1e-1", "$.alpha", "1e-1"),
        ("alpha", " 1/2", "$.alpha", " 1/2"),
        ("alpha", "0", "$.alpha", "expected a rational in (0, 1]"),
        ("alpha", "-1/2", "$.alpha", "expected a rational in (0, 1]"),
        ("alpha", "3/2", "$.alpha", "expected a rational in (0, 1]"),
        ("alpha", "1/0", "$.alpha", "1/0"),
        ("alpha", None, "$.alpha", "null"),
        ("alpha", DELETE, "$.alpha", "expected this key"),
        (f"{TRAITOR}/emit/safe", "5/4", f"{AT_TRAITOR}.emit.safe", "expected a probability"),
        (f"{TRAITOR}/emit/safe", "-1/4", f"{AT_TRAITOR}.emit.safe", "expected a probability"),
        (f"{TRAITOR}/emit/safe", 0.5, f"{AT_TRAITOR}.emit.safe", "got the number 0.5"),
        (f"{TRAITOR}/emit/defect", "1/2", f"{AT_TRAITOR}.emit", "sum to at most 1"),
        (f"{TRAITOR}/emit/wait", "1/8", f"{AT_TRAITOR}.emit.wait", "no action is called 'wait'"),
        (f"{DEMONSTRATOR}/emit/safe", "1/2", "$.policies.demonstrator.states.s.emit", "exactly 1"),
        ("prior/traitor", "1/2", "$.prior", "sum to 1"),
        ("prior/traitor", "0", "$.prior.traitor", "positive"),
        ("prior/traitor", "-1/2", "$.prior.traitor", "positive"),
        ("prior/traitor", DELETE, "$.prior", "no weight for the policy 'traitor'"),
        ("prior/ghost", "1/10", "$.prior.ghost", "no policy has this name"),
        ("policies/traitor/start", DELETE, "$.policies.traitor.start", "expected this key"),
        ("policies/traitor/start", "t9", "$.policies.traitor.start", "no state is called 't9'"),
        ("environment/start", "e9", "$.environment.start", "no state is called 'e9'"),
        ("events/defects/start", "e9", "$.events.defects.start", "no state is called 'e9'"),
        ("events/defects/accept/0", "z", "$.events.defects.accept[0]", "no state is called 'z'"),
        (f"{RULE}/to", "t9", f"{AT_TRAITOR}.next[0].to", "no state is called 't9'"),
        (f"{RULE}/action", "fly", f"{AT_TRAITOR}.next[0].action", "no action is called 'fly'"),
        (f"{RULE}/observation", "z", f"{AT_TRAITOR}.next[0].observation", "no observation"),
        (f"{RULE}/queried", "yes", f"{AT_TRAITOR}.next[0].queried", "true or false"),
        (f"{RULE}/queried", 1, f"{AT_TRAITOR}.next[0].queried", "true or false"),
        (
            f"{DEMONSTRATOR}/next",
            [{"to": "s", "queried": True}],
            "$.policies.demonstrator.states.s.next[0].queried",
            "the demonstrator does not see",
        ),
        (
            f"{ENVIRONMENT}/next",
            [{"to": "e", "queried": True}],
            "$.environment.states.e.next[0].queried",
            "unknown key",
        ),
        (
            "events/defects/states/n/next/0/queried",
            False,
            "$.events.defects.states.n.next[0].queried",
            "unknown key",
        ),
        (f"{ENVIRONMENT}/emit/safe", DELETE, "$.environment.states.e.emit", "action 'safe'"),
        (f"{ENVIRONMENT}/emit/fly", {"x": "1"}, "$.environment.states.e.emit.fly", "no action"),
        (f"{ENVIRONMENT}/emit/safe/z", "0", "$.environment.states.e.emit.safe.z", "no observation"),
        (f"{ENVIRONMENT}/emit/safe/x", "1/2", "$.environment.states.e.emit.safe", "exactly 1"),
        ("demonstrator", "nobody", "$.demonstrator", "expected the name of a policy"),
        ("demonstrator", "", "$.demonstrator", "expected a non-empty name"),
        ("demonstrator", 3, "$.demonstrator", "expected a policy's name or a machine"),
        ("horizon", -1, "$.horizon", "expected an integer from 0"),
        ("horizon", 10**100, "$.horizon", "expected an integer from 0"),
        ("horizon", 10**4000, "$.horizon", "expected an integer from 0"),
        ("horizon", 2.0, "$.horizon", "expected an integer from 0"),
        ("horizon", True, "$.horizon", "expected an integer from 0"),
        ("horizon", "3", "$.horizon", "expected an integer from 0"),
        ("actions", [], "$.actions", "at least one"),
        ("actions", ["safe", "defect", "safe"], "$.actions[2]", "twice"),
        ("actions/0", "", "$.actions[0]", "non-empty"),
        ("actions/0", "\ud800", "$.actions[0]", "surrogate"),
        ("observations", "x", "$.observations", "expected an array"),
        ("policies", {}, "$.policies", "at least one"),
        ("policies", [], "$.policies", "expected an object"),
        ("events", None, "$.events", "expected an object"),
    ],
)
def test_faults_are_named_with_their_place(
    path: str, value: object, place: str, expected: str
) -> None:
    found = fault(with_change(path, value))
    assert found.path == place
    assert expected in found.problem


def test_an_unknown_key_may_be_called_as_a_validator_calls_keys() -> None:
    assert "$['[key]']: unknown key" in str(fault(json.dumps(GOOD | {"[key]": 1})))


@pytest.mark.parametrize(
    ("path", "misspelt", "place", "meant"),
    [
        ("prior", "pior", "$.pior", "prior"),
        ("alpha", "Alpha", "$.Alpha", "alpha"),
        ("policies/traitor/start", "star", "$.policies.traitor.star", "start"),
        (f"{RULE}/queried", "query", f"{AT_TRAITOR}.next[0].query", "queried"),
        (f"{TRAITOR}/next", "nxt", f"{AT_TRAITOR}.nxt", "next"),
        ("events/defects/accept", "accepts", "$.events.defects.accepts", "accept"),
    ],
)
def test_a_misspelt_key_is_unknown_and_not_missing(
    path: str, misspelt: str, place: str, meant: str
) -> None:
    *parents, key = path.split("/")
    document = changed(GOOD, path, DELETE)
    owner, source = document, GOOD
    for part in parents:
        step: Any = int(part) if part.isdigit() else part
        owner, source = owner[step], source[step]
    owner[misspelt] = source[key]
    found = fault(json.dumps(document))
    assert found.problems == ((place, f"unknown key; did you mean {meant!r}?"),)


def test_a_key_of_the_demonstrators_own_machine_is_hinted_at_too() -> None:
    machine = {"start": "s", "sates": {"s": {"emit": {"safe": "1"}}}}
    found = fault(with_change("demonstrator", machine))
    assert found.problems == (("$.demonstrator.sates", "unknown key; did you mean 'states'?"),)


def test_all_faults_are_told_at_once() -> None:
    shape = changed(GOOD, "alpha", 0.1) | {"horizon": -1, "zebra": 1}
    found = fault(json.dumps(shape))
    assert [place for place, _ in found.problems] == ["$.alpha", "$.horizon", "$.zebra"]
    assert (found.path, found.problem) == found.problems[0]
    assert str(found).endswith(" (and 2 more)")

    names = changed(GOOD, "alpha", "2")
    names["prior"]["ghost"] = "1/10"
    names["policies"]["traitor"]["start"] = "t9"
    names["environment"]["states"]["e"]["emit"]["safe"] = {"x": "1/2", "y": "0"}
    found = fault(json.dumps(names))
    assert [place for place, _ in found.problems] == [
        "$.prior.ghost",
        "$.alpha",
        "$.policies.traitor.start",
        "$.environment.states.e.emit.safe.y",
        "$.environment.states.e.emit.safe",
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"\xff\xfe", "UTF-8"),
        (b'{"format": "cbil-model/1\xc3"}', "UTF-8"),
        (b"{", "expected JSON"),
        (b"[]", "expected a JSON object"),
        (b"null", "expected a JSON object"),
        (b'"cbil-model/1"', "expected a JSON object"),
        (b"{} {}", "expected JSON"),
        (b'{"format": NaN}', "NaN"),
        (b"-Infinity", "Infinity"),
        (b'{"format": 1e999}', "cbil-model/1"),
        (b"\xef\xbb\xbf{}", "expected JSON"),
        (b"[" * 100_000 + b"]" * 100_000, "nested less deeply"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested less deeply"),
        (b"9" * 5000, "expected a JSON object"),
    ],
    ids=lambda value: repr(value[:12]),
)
def test_what_is_no_model_at_all(content: bytes, expected: str) -> None:
    found = fault(content)
    assert expected in str(found)


def test_a_key_given_twice_is_named() -> None:
    text = json.dumps(GOOD).replace('"alpha": "1/12"', '"alpha": "1/12", "alpha": "1/2"')
    assert fault(text).path == "$.alpha"
    text = json.dumps(GOOD).replace('"t1": {', '"t0": {"emit": {}}, "t1": {')
    assert fault(text).path == "$.policies.traitor.states.t0"
    assert "twice" in str(fault(text))


@pytest.mark.parametrize("path", ["alpha", "format", "actions/0", "prior/traitor", f"{RULE}/to"])
def test_a_string_of_ten_megabytes(path: str) -> None:
    for letter in ("9", "\n", "\U0001f600", "["):
        fault(with_change(path, letter * 10_000_000))


def test_long_numbers_work_or_are_refused_clearly() -> None:
    long = "1" + "0" * 5000
    model = read_model(with_change("alpha", f"1/{long}"))
    assert model.exact_alpha.denominator == 10**5000
    assert "digits" in str(fault(with_change("alpha", "1/1" + "0" * 2_000_000)))
    assert "digits" in str(
        fault(with_change("horizon", 0).replace('"horizon": 0', f'"horizon": {long}'))
    )


@given(documents())
def test_models_survive_a_round_trip(document: dict[str, Any]) -> None:
    model = read_model(json.dumps(document))
    written = write_model(model)
    again = read_model(json.dumps(written, ensure_ascii=False).encode())
    assert again == model
    assert hash(again) == hash(model)
    assert write_model(again) == written
    assert list(written["policies"]) == list(document["policies"])
    assert run(again).to_json() == run(model).to_json()


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_models_survive_a_round_trip(name: str) -> None:
    model = SHIPPED[name]()
    again = read_model(json.dumps(write_model(model)))
    assert write_model(again) == write_model(model)
    assert run(again).to_json() == run(model).to_json()


@given(documents(), documents())
def test_models_are_equal_as_their_files_are(one: dict[str, Any], two: dict[str, Any]) -> None:
    first, second = (write_model(read_model(json.dumps(document))) for document in (one, two))
    # JSON objects compare without their order, which in a class decides ties (R1).
    same = first == second and list(first["policies"]) == list(second["policies"])
    assert (read_model(json.dumps(one)) == read_model(json.dumps(two))) == same


@pytest.mark.parametrize("path", NUMBERS_AND_NAMES)
def test_one_change_anywhere_makes_another_model(path: str) -> None:
    assert read_model(with_change(path, NUMBERS_AND_NAMES[path])) != read_model(json.dumps(GOOD))


def test_order_in_the_class_matters_and_python_functions_are_themselves() -> None:
    model = read_model(json.dumps(GOOD))
    turned = {name: model.policies[name] for name in reversed(list(model.policies))}
    assert replace(model, policies=turned) != model
    written = HistoryEnvironment(lambda h, a: X)
    assert replace(model, environment=written) == replace(model, environment=written)
    assert replace(model, environment=written) != replace(
        model, environment=HistoryEnvironment(lambda h, a: X)
    )
    assert model != "a model"


def test_a_model_is_saved_and_loaded(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    for name in SHIPPED:
        save(SHIPPED[name](), path)
        assert load(str(path)) == SHIPPED[name]()
    before = path.read_bytes()
    with pytest.raises(InvalidModel, match="only finite machines"):
        save(
            replace(SHIPPED["rare-action"](), environment=HistoryEnvironment(lambda h, a: X)), path
        )
    assert path.read_bytes() == before


X: Semimeasure[str] = Semimeasure.point("x")


@pytest.mark.parametrize("name", ["absent.json", "", "a\0b"])
def test_a_file_that_cannot_be_read_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(CbilError) as caught:
        load(tmp_path / name)
    assert "\n" not in str(caught.value)


# -- fuzzing ---------------------------------------------------------------------------------


def read_or_fault(content: bytes | str) -> None:
    """Either a model, or InvalidModel in one bounded line. Nothing else."""
    try:
        read_model(content)
    except CbilError:
        fault(content)


@given(st.binary(max_size=200))
def test_random_bytes(content: bytes) -> None:
    read_or_fault(content)


@given(st.text(alphabet='{}[]":, 0123456789eE+-./\\untrfals', max_size=60))
def test_random_almost_json(content: str) -> None:
    read_or_fault(content)


@given(JSON)
def test_random_json(value: Any) -> None:
    read_or_fault(json.dumps(value))
    read_or_fault(json.dumps({"format": "cbil-model/1", "policies": value}))


@given(mutations(GOOD), st.booleans())
def test_mutated_models(document: Any, escape: bool) -> None:
    content = json.dumps(document, ensure_ascii=escape)
    read_or_fault(content)
    read_or_fault(content.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("wrap", [lambda k, v: f'{{"{k}":{v}}}', lambda k, v: f"[{v}]"])
def test_a_fault_far_down_has_a_short_message(wrap: Callable[[str, str], str]) -> None:
    """The path to a key given twice may be long; the line that names it may not."""
    value = '{"a":1,"a":2}'
    for depth in range(200):
        value = wrap("k" * 40 + str(depth), value)
    fault(json.dumps(GOOD)[:-1] + f', "deep": {value}}}')

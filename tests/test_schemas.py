"""The JSON Schemas: all that is printed validates, and what they refuse the readers refuse."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from bounds.check_potential import KINDS, Malformed, Rejected
from bounds.check_potential import check as check_certificate
from bounds.witness.schedule import read_schedule
from exact_cbil import CbilError, Model, run
from exact_cbil.modelfile import read_model, write_model
from exact_cbil.models import SHIPPED
from exact_cbil.parametric.read import read_any
from exact_cbil.result import Result
from exact_cbil.schemas import DIALECT, schema, shapes
from proofs.audit import Audit, Finding
from proofs.cli.prove import _document
from proofs.record import Theorem
from tests.commands import Outcome
from tests.conftest import examples
from tests.mutations import mutations
from tests.parametric_models import Family, families
from tests.strategies import documents

ROOT = Path(__file__).parent.parent
LEDGER = ROOT / "bounds" / "ledger"

CONFORMANCE = {"cbil-question/1", "cbil-vector/1", "cbil-conformance/1"}
"""Formats of the line protocol, which other programs write and read."""

OWN = {"cbil-kept/1"}
"""Formats that only the program that wrote them reads again."""


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(schema(name))


def assert_valid(document: Any) -> None:
    errors = [error.message for error in validator(document["format"]).iter_errors(document)]
    assert errors == []


def test_every_format_of_the_code_has_a_schema() -> None:
    written = re.compile(r'^[^>\n]*(?:= |"format": )"(cbil-[a-z-]+/[0-9]+)"', re.MULTILINE)
    packages = ("exact_cbil", "bounds", "proofs")
    sources = [path for package in packages for path in (ROOT / package).rglob("*.py")]
    named = {name for path in sources for name in written.findall(path.read_text())}
    assert named - CONFORMANCE - OWN <= set(shapes())
    assert len(named) > 10
    specified = (ROOT / "SPEC.md").read_text()
    for name in shapes():
        assert f"`{name}`" in specified


@pytest.mark.parametrize("name", shapes())
def test_schemas_are_schemas(name: str) -> None:
    made = schema(name)
    Draft202012Validator.check_schema(made)
    assert made["$schema"] == DIALECT
    written = json.dumps(made)
    assert f'"const": "{name}"' in written
    for defined in made.get("$defs", ()):
        assert re.fullmatch("[A-Za-z]+", defined)
        assert f'"#/$defs/{defined}"' in written
    for wrong in ("{}", "[]", f'{{"format": "{name}"}}', '{"format": "cbil-model/2"}'):
        assert not validator(name).is_valid(json.loads(wrong))


COMMANDS = {
    "cbil-result/1": "run shared-error --json",
    "cbil-enclosure/1": "run every-turn --digits 8 --horizon 4 --json",
    "cbil-parametric-result/1": "formula chain --run --horizon 1 --json",
    "cbil-formula/1": "formula chain --json",
    "cbil-profile/1": "profile rare-action --horizon 3 --json",
    "cbil-enclosed-profile/1": "profile rare-action --horizon 3 --digits 6 --alphas 1/3,1/5 --json",
    "cbil-comparison/1": "compare rare-action --horizon 3 --json",
    "cbil-toy/1": "optimisers toy --power 40 --cost x^2 --json",
    "cbil-optimisers/1": "optimisers hash --instances 4 --max-length 16 --json",
    "cbil-export/1": "export chain new.drn --json",
    "cbil-check/1": "check shared-error --json",
    "cbil-explore/1": "explore queries<=T/4 --models 4 --workers 0 --json",
    "cbil-grid/1": "check --all --horizon 1 --denominator 2 --workers 0 --json",
    "cbil-universal/1": "check --universal --policies 2 --actions 1 --json",
    "cbil-potentials/1": "potential --alternatives 1 --grid 4 --json",
    "cbil-products/1": "potential --alternatives 1 --multiplicative --json",
}


@pytest.mark.parametrize("name", COMMANDS)
def test_what_a_command_prints_is_valid(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    printed = Outcome(*COMMANDS[name].split()).json
    assert printed["format"] == name
    assert_valid(printed)
    for key in printed:  # and no key could be left out or be called otherwise
        without = {k: v for k, v in printed.items() if k != key}
        assert not validator(name).is_valid(without)
        assert not validator(name).is_valid(without | {f"{key}_": printed[key]})


@pytest.mark.parametrize("claim", ["query_cubes <= S", "query_cubes <= S/1000"])
def test_a_candidate_on_one_model_is_valid(claim: str) -> None:
    assert_valid(Outcome("check", "chain", "--claim", claim, "--json").json)


def test_an_audit_is_valid() -> None:
    theorem = Theorem("T1", "Cubes.v", "query_cubes", "wider", "words")
    findings = [Finding(theorem, ("an.axiom",), ["missing"], 1.5)]
    assert_valid(_document(Audit("9.0", findings, [], {"build": 2.0})))


@pytest.mark.parametrize("path", sorted(LEDGER.glob("*/*.json")), ids=lambda path: path.name)
def test_every_file_of_the_ledger_is_valid(path: Path) -> None:
    assert_valid(json.loads(path.read_text()))


def test_every_kind_of_certificate_is_known() -> None:
    assert set(schema("cbil-potential/1")["discriminator"]["mapping"]) == set(KINDS)


@pytest.mark.parametrize("make", SHIPPED.values())
def test_shipped_models_are_valid(make: Callable[[], Model]) -> None:
    assert_valid(write_model(make()))


@examples(25)
@given(documents())
def test_random_models_are_valid(document: dict[str, Any]) -> None:
    assert_valid(document)


@examples(25)
@given(families())
def test_random_models_with_parameters_are_valid(family: Family) -> None:
    document = json.loads(family.written)
    assert_valid(document)
    # Without the ranges a polynomial is no number.
    del document["parameters"]
    assert validator("cbil-model/1").is_valid(document) or not is_read(read_model, document)


def is_read(read: Callable[[str], object], document: Any) -> bool:
    try:
        read(json.dumps(document))
    except (CbilError, Malformed):
        return False
    except Rejected:
        pass  # it was read, and shows nothing
    return True


GOOD = write_model(SHIPPED["two-observers"]().with_horizon(2))
PARAMETRIC = GOOD | {"parameters": {"p": ["0", "1"]}, "alpha": "p/2"}
RESULT = run(SHIPPED["shared-error"]().with_horizon(1)).to_json()
SCHEDULE = json.loads((LEDGER / "witnesses" / "schedule-4.json").read_text())
CERTIFICATE = json.loads((LEDGER / "certificates" / "potential-3-any.json").read_text())


@pytest.mark.parametrize(
    ("read", "good"),
    [
        (read_any, GOOD),
        (read_any, PARAMETRIC),
        (Result.from_json, RESULT),
        (read_schedule, SCHEDULE),
        (lambda content: check_certificate(json.loads(content)), CERTIFICATE),
    ],
    ids=["model", "parametric", "result", "schedule", "certificate"],
)
@examples(25)
@given(data=st.data())
def test_what_a_schema_refuses_is_not_read(
    read: Callable[[str], object], good: dict[str, Any], data: st.DataObject
) -> None:
    document = data.draw(mutations(good))
    if not validator(good["format"]).is_valid(document):
        assert not is_read(read, document)


def test_a_good_document_of_each_format_is_read() -> None:
    """Else the test above would hold of readers that read nothing."""
    for read, good in (
        (read_any, GOOD),
        (read_any, PARAMETRIC),
        (Result.from_json, RESULT),
        (read_schedule, SCHEDULE),
    ):
        assert validator(good["format"]).is_valid(good)
        assert is_read(read, good)
    assert validator("cbil-potential/1").is_valid(CERTIFICATE)
    assert check_certificate(CERTIFICATE)


def test_the_command_prints_them() -> None:
    listed = Outcome("schema").out
    for name in shapes():
        assert name in listed
    assert Outcome("schema", "cbil-model/1").json == schema("cbil-model/1")
    Outcome("schema", "cbil-model/2").assert_refused("unknown format")

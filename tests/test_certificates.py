"""Certificates: Rocq confirms what the engine prints, and refuses anything else."""

from __future__ import annotations

import json
import os
from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from exact_cbil import models
from exact_cbil.environment import silent
from exact_cbil.errors import CbilError, InvalidModel, OutOfRange
from exact_cbil.event import Automaton
from exact_cbil.files import MAX_BYTES, read_bytes
from exact_cbil.history import Rule
from exact_cbil.interaction import run
from exact_cbil.model import Model
from exact_cbil.modelfile import read_model
from exact_cbil.numbers import FractionSum
from exact_cbil.policy import HistoryPolicy, MoorePolicy, constant
from exact_cbil.result import Result
from exact_cbil.semimeasure import Semimeasure
from exact_cbil.testing import strategies
from proofs.build import SOURCES, build
from proofs.certificate import as_of_model, certificate, labels
from proofs.certify import GOALS, _rocq, _workplace, certify
from proofs.tools import find_rocq
from tests.commands import Outcome
from tests.conftest import LARGE
from tests.rocq_absent import needs_rocq
from tests.strategies import drawn

SMALL_HORIZONS = {
    "treacherous-turn": 8,
    "rare-action": 8,
    "chain": 4,
    "shared-error": 4,
    "defective": 4,
    "two-observers": 3,
}
"""Horizons of models that take long; of the others two steps are certified."""


@needs_rocq
@pytest.mark.parametrize("name", models.SHIPPED if LARGE else ("defective",))
def test_shipped_models_are_certified(name: str) -> None:
    model = models.SHIPPED[name]().with_horizon(SMALL_HORIZONS.get(name, 2))
    assert certify(model, run(model)).certified


def _everything_altered(result: Result) -> Result:
    """Every number a little larger."""

    def alter(value: Any) -> Any:
        if isinstance(value, FractionSum):
            return alter(value.reduced())
        if isinstance(value, Fraction):
            return value + Fraction(1, 10**30)
        if isinstance(value, tuple):
            return tuple(alter(part) for part in value)
        if isinstance(value, dict):
            return {name: alter(part) for name, part in value.items()}
        if value is None or isinstance(value, int):
            return value
        numbers = {one.name: getattr(value, one.name) for one in fields(value) if one.compare}
        return replace(value, **{name: alter(part) for name, part in numbers.items()})

    altered = alter(result)
    assert isinstance(altered, Result)
    return altered


@needs_rocq
def test_every_number_is_examined() -> None:
    model = models.two_observers().with_horizon(2)
    result = _everything_altered(run(model))
    verdict = certify(model, result)
    assert not verdict.certified
    assert verdict.rejected == set(labels(result)) - {"model"}


def _with_last_digit_altered(text: str) -> str:
    return text[:-1] + ("1" if text[-1] != "1" else "3")


@needs_rocq
@pytest.mark.parametrize(
    "field", ["query_cubes", "exclusion", "imitator"] if LARGE else ["imitator"]
)
def test_a_result_altered_in_one_digit_is_rejected(field: str, tmp_path: Path) -> None:
    result = run(models.two_observers().with_horizon(3)).to_json()
    place = result["events"]["soaked"] if field == "imitator" else result
    place[field] = _with_last_digit_altered(place[field])
    file = tmp_path / "result.json"
    file.write_text(json.dumps(result))
    outcome = Outcome("certify", "two-observers", "--result", file)
    assert (outcome.code, outcome.err) == (1, "")
    assert "REJECTED" in outcome.out
    assert outcome.out.count("wrong") == 1


@needs_rocq
def test_a_true_result_file_is_certified(tmp_path: Path) -> None:
    """W1 by hand: theta is 1 at each round, nobody is excluded."""
    file, kept = tmp_path / "result.json", tmp_path / "kept.v"
    result = run(models.chain().with_horizon(2))
    assert [result.query_cubes, result.queries, result.exclusion] == [2, 2, 0]
    file.write_text(json.dumps(result.to_json()))
    outcome = Outcome("certify", "chain", "--horizon", "2", "--result", file, "--out", kept)
    assert outcome.code == 0
    assert outcome.out.count("proved") == 6
    assert "Theorem certificate" in kept.read_text()


def test_a_result_may_come_from_a_pipe() -> None:
    reading, writing = os.pipe()
    content = json.dumps(run(models.chain(1)).to_json()).encode()
    os.write(writing, content)
    os.close(writing)
    assert read_bytes(Path(f"/dev/fd/{reading}"), MAX_BYTES, pipes=True) == content
    os.close(reading)


@needs_rocq
def test_ties_broken_the_other_way_are_rejected() -> None:
    """R1: a class in another order is another learner when weights tie and the cut falls there."""
    actions = ("a", "b")
    environment = silent(actions)
    policies = {"p": constant({"a": "1/2", "b": "1/2"}), "q": constant({"a": "1/3", "b": "2/3"})}

    def model(order: str) -> Model:
        return Model(
            actions=actions,
            observations=("x",),
            policies={name: policies[name] for name in order},
            prior={"p": "1/2", "q": "1/2"},
            demonstrator="p",
            environment=environment,
            alpha="3/5",
            horizon=2,
        )

    verdict = certify(model("qp"), run(model("pq")))
    assert "exclusion" in verdict.rejected


@needs_rocq
def test_a_certificate_edited_by_hand_does_not_compile() -> None:
    model = models.rare_action().with_horizon(2)
    text = certificate(model, run(model))
    with _workplace() as folder:
        assert _rocq(text, folder, 60).code == 0
        for old, new in [
            ("alpha_denominator := 10", "alpha_denominator := 2"),
            ("mass_unit := 8", "mass_unit := 7"),  # no longer well-formed
            ("Q2R (127 # 512)", "Q2R (128 # 512)"),  # one statement only
        ]:
            assert text.count(old) == 1
            assert _rocq(text.replace(old, new), folder, 60).code != 0


@needs_rocq
@pytest.mark.parametrize("seed", range(60 if LARGE else 1))
def test_random_models_are_certified(seed: int) -> None:
    """Small machines of every kind: defective, seeing q, outside the class, tied, with rules."""

    def of_size(model: Model) -> bool:
        return model.horizon > 1 and len(model.policies) > 1 and len(model.events) > 0

    model = drawn(strategies.models(max_policies=3), of_size, seed)
    assert certify(model, run(model)).certified


@needs_rocq
def test_the_demonstrator_is_written_as_it_is_read() -> None:
    """Rules on q in a demonstrator or event see every step as queried (R2); unknown actions match
    nothing."""
    half = Semimeasure({"a": "1/2", "b": "1/2"})
    quirky = MoorePolicy.of(
        "s",
        {
            "s": (half, [Rule("n", "z"), Rule("n", queried=False), Rule("y", queried=True)]),
            "y": (Semimeasure.point("a"), []),
            "n": (Semimeasure.point("b"), []),
        },
    )
    asked = Automaton.of("0", ["1"], {"0": [Rule("1", queried=True)], "1": []})
    model = Model(
        actions=("a", "b"),
        observations=("x",),
        policies={"d": quirky, "o": constant({"a": "1/3", "b": "1/3"})},
        prior={"d": "1/2", "o": "1/2"},
        demonstrator="d",
        environment=silent(("a", "b")),
        alpha="1/4",
        horizon=2,
        events={"asked": asked},
    )
    result = run(model)
    assert (result.events["asked"].demonstrator, result.events["asked"].imitator) == (
        Fraction(1),
        Fraction(1),
    )
    assert certify(model, result).certified


@needs_rocq
def test_hostile_names_do_not_reach_rocq() -> None:
    evil = '*) "]. Axiom x : False. (* \n\u202e%nat'
    document = {
        "format": "cbil-model/1",
        "actions": [evil, "b"],
        "observations": [evil],
        "policies": {evil: {"start": evil, "states": {evil: {"emit": {evil: "1"}}}}},
        "prior": {evil: "1"},
        "demonstrator": evil,
        "environment": {
            "start": evil,
            "states": {evil: {"emit": {evil: {evil: "1"}, "b": {evil: "1"}}}},
        },
        "alpha": "1",
        "horizon": 1,
        "events": {evil: {"start": evil, "accept": [evil], "states": {evil: {}}}},
    }
    model = read_model(json.dumps(document))
    result = run(model)
    assert "Axiom" not in certificate(model, result)
    assert certificate(model, result).isascii()
    assert certify(model, result).certified


@needs_rocq
def test_the_time_limit_is_told() -> None:
    outcome = Outcome("certify", "treacherous-turn", "--horizon", "60", "--seconds", "1")
    outcome.assert_refused("smaller --horizon")


def _result() -> dict[str, Any]:
    return run(models.rare_action().with_horizon(1)).to_json()


BAD_RESULTS: dict[str, Any] = {
    "$.format": {"format": "cbil-result/2"},
    "$.queries": {"queries": 0.125},
    "$.horizon": {"horizon": True},
    "$.surprise": {"surprise": 1},
    "$.events": {"events": {}},
    "$.steps": {"steps": []},
    "exclusion": {"exclusion": None},
}


@pytest.mark.parametrize("place", BAD_RESULTS)
def test_bad_results_are_refused(place: str) -> None:
    content = json.dumps(_result() | BAD_RESULTS[place])
    with pytest.raises(InvalidModel) as caught:
        as_of_model(Result.from_json(content), models.rare_action())
    assert place in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_result_of_a_class_without_the_demonstrator_is_none_of_one_with_it() -> None:
    document = _result() | {"exclusion": None}
    document["steps"] = [step | {"demonstrator_weight": None} for step in document["steps"]]
    result = Result.from_json(json.dumps(document))
    with pytest.raises(InvalidModel, match="expected numbers for exclusion"):
        as_of_model(result, models.rare_action())


def test_the_events_of_a_result_may_stand_in_any_order() -> None:
    never = {"never": Automaton.of("0", [], {"0": []})}
    model = models.two_observers().with_horizon(2)
    model = replace(model, events={**model.events, **never})
    document = run(model).to_json()
    document["events"] = dict(reversed(document["events"].items()))
    again = as_of_model(Result.from_json(json.dumps(document)), model)
    assert list(again.events) == list(model.events) == ["soaked", "never"]


def test_only_finite_machines_are_written() -> None:
    model = models.rare_action().with_horizon(1)
    result = run(model)
    endless = HistoryPolicy(lambda h: Semimeasure.point("usual"))
    other = replace(model, policies={**model.policies, "usual-only": endless})
    with pytest.raises(InvalidModel, match="only finite machines"):
        certificate(other, result)


def test_models_too_large_are_refused_at_once() -> None:
    model = models.rare_action(Fraction(1, 2**5000), horizon=0)
    with pytest.raises(OutOfRange, match="common denominator"):
        certificate(model, run(model))


def test_the_sources_are_shipped() -> None:
    lines = (SOURCES / "_CoqProject").read_text().split()
    listed = {line for line in lines if line.endswith(".v")}
    assert {*GOALS, "Learner.v"} <= listed
    assert all((SOURCES / file).is_file() for file in listed)


@needs_rocq
def test_a_file_that_rocq_rejects_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {
        "_CoqProject": "A.v\nB.v\n",
        "A.v": "Lemma x : True. Admitted.",
        "B.v": "From ExactCBIL Require Import A. Lemma y : False. exact I. Qed.",
    }.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr("proofs.build.SOURCES", tmp_path)
    assert list(build(tmp_path / "good", goals=["A.v"])) == ["A.v"]
    with pytest.raises(CbilError, match=r"rejects B\.v"):
        build(tmp_path / "bad")
    assert find_rocq().name == "coqc"


@needs_rocq
@pytest.mark.parametrize(
    "module", ["Lies", "ClassicalDedekindReals"] if LARGE else ["ClassicalDedekindReals"]
)
def test_a_certificate_that_rests_on_another_axiom_is_refused(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the axiom's short name is that of an allowed one."""

    def certificate_by_axiom(model: Model, result: Result) -> str:
        told = f"Module {module}.\nAxiom sig_forall_dec : "
        return certificate(model, result).replace(
            "Lemma recomputed : agrees_with this_model horizon claims = true.\n"
            "Proof. vm_cast_no_check (eq_refl true). Qed.",
            f"{told}agrees_with this_model horizon claims = true.\nEnd {module}.\n"
            f"Definition recomputed := {module}.sig_forall_dec.",
        )

    monkeypatch.setattr("proofs.certify.certificate", certificate_by_axiom)
    model = models.rare_action().with_horizon(1)
    result = _everything_altered(run(model))
    with pytest.raises(CbilError, match=rf"this_certificate\.{module}\.sig_forall_dec"):
        certify(model, result)

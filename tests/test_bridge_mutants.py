"""The bridge must not bear weight it should not: wrong learners in Rocq have no proof."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from proofs.build import SOURCES, provide
from proofs.tools import ask_tool, compiler_options
from tests.rocq_absent import needs_rocq

pytestmark = needs_rocq

LEARNERS = {
    "ties-reversed": ("if w j <=? w i then", "if w j <? w i then"),
    "strict-threshold": ("acc' <=? denominator", "acc' <? denominator"),
    "updates-on-unqueried-steps": (
        "(if queried s then w * mass m x (act s) else w, move m x s)",
        "(w * mass m x (act s), move m x s)",
    ),
    "always-asks": ("Zpos (mass_unit X) - zsum minima", "Zpos (mass_unit X)"),
    "forgets-exclusion": ("left_before := gone", "left_before := false"),
    "merges-different-beliefs": ("(compare_lists compare_weights (belief x) (belief y))", "Eq"),
    "first-instead-of-minimum": ("Z.min x (zmin_list r)", "x"),
}
HYPOTHESES = {
    "defective-beyond-one": ("forallb good_policy (policies X)", "true"),
    "prior-beyond-one": ("(zsum (priors X) <=? Zpos (prior_unit X))%Z", "true"),
    "weightless-policies": ("forallb (Z.ltb 0) (priors X)", "true"),
    "no-alpha": ("(0 <? alpha_numerator X)%Z", "true"),
    "environment-sees-who-acted": (
        "Definition good_environment : bool :=\n  good_machine true",
        "Definition good_environment : bool :=\n  good_machine false",
    ),
}


def _compile(folder: Path, file: str) -> str:
    """What Rocq complains of; nothing when it accepts the file."""
    answer = ask_tool("coqc", *compiler_options(folder), file, cwd=folder)
    return answer.complaint if answer.code else ""


def _mutated(folder: Path, file: str, change: tuple[str, str]) -> Path:
    provide(folder, ("Certificate.v",), pytest.fail)
    for source in SOURCES.glob("*.v"):
        shutil.copyfile(source, folder / source.name)
    text = (folder / file).read_text()
    assert text.count(change[0]) == 1
    (folder / file).write_text(text.replace(*change))
    return folder


def _proof_fails(complaint: str) -> bool:
    other = ("yntax error", "not found", "inconsistent assumptions", "physical path")
    return bool(complaint) and not any(reason in complaint for reason in other)


@pytest.mark.parametrize("name", LEARNERS)
def test_a_wrong_learner_is_not_proved_equal(name: str, tmp_path: Path) -> None:
    folder = _mutated(tmp_path, "Rational.v", LEARNERS[name])
    assert _compile(folder, "Rational.v") == ""  # it is a learner, only another one
    complaint = _compile(folder, "Bridge.v") or _compile(folder, "Outcome.v")
    assert _proof_fails(complaint)


@pytest.mark.parametrize("name", HYPOTHESES)
def test_a_check_left_out_is_missed(name: str, tmp_path: Path) -> None:
    folder = _mutated(tmp_path, "Machines.v", HYPOTHESES[name])
    assert _proof_fails(_compile(folder, "Machines.v"))

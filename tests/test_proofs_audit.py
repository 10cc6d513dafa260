"""The audit on small developments, sound ones and ones that try to fool it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from exact_cbil.errors import CbilError
from proofs.audit import context_problems
from proofs.axioms import ALLOWED
from proofs.build import SOURCES, build
from proofs.page import BEGIN, END, render, rewrite_page
from proofs.record import read_record, read_theorems
from proofs.tools import RocqRejects, find_rocq
from tests.commands import Outcome
from tests.rocq_absent import needs_rocq
from tests.rocq_toy import Toy, named
from tests.test_proofs_attacks import change_the_statement, hide_an_axiom, rename


@needs_rocq
def test_a_sound_development_passes_and_is_recorded_to_the_bottom(toy: Toy) -> None:
    told: list[tuple[str, int, int]] = []
    outcome = toy.audit(report=lambda *what: told.append(what))
    assert outcome.passes
    assert told[0] == ("files compiled", 0, 2)
    assert told[-5:] == [
        ("files compiled", 2, 2),
        ("theorems printed", 0, 3),
        ("theorems printed", 3, 3),
        ("re-checked by coqchk", 0, 1),
        ("re-checked by coqchk", 1, 1),
    ]
    assert [finding.assumptions for finding in outcome.findings] == [(), (), ()]
    record = read_record(toy.place)
    assert record.definitions["ExactCBIL.Claim.main"] == [
        "ExactCBIL.Base.inner",
        "ExactCBIL.Base.outer",
    ]
    assert "ExactCBIL.Base.outer n" in record.texts["ExactCBIL.Claim.main"]
    assert "Coq.Init.Nat.add n n" in record.texts["ExactCBIL.Base.inner"]
    assert "Green" in record.texts["ExactCBIL.Base.colour"]


@needs_rocq
def test_recording_accepts_a_change_of_statement_but_never_an_axiom(toy: Toy) -> None:
    change_the_statement(toy)
    assert toy.audit(rewrite=True).passes
    toy.replace("Claim.v", "Proof. exists (Green 0). reflexivity. Qed.", "Admitted.")
    assert not toy.audit(rewrite=True).passes


@needs_rocq
def test_the_command_prints_a_table_and_exits_0_or_1(toy: Toy) -> None:
    toy.listed()
    arguments = ["prove", "--sources", toy.sources, "--record-dir", toy.place]
    fine = Outcome(*arguments)
    assert fine.code == 0
    for word in ("X1", "main", "Claim.v", "none", "every named theorem holds", "coqchk"):
        assert word in fine.out
    rename(toy)
    failing = Outcome(*arguments, "--json")
    assert failing.code == 1
    document = json.loads(failing.out)
    assert document["passes"] is False
    assert [bool(theorem["problems"]) for theorem in document["theorems"]] == [True, False, False]


@needs_rocq
def test_a_file_that_is_not_listed_cannot_be_used(toy: Toy) -> None:
    hide_an_axiom(toy)
    toy.write("_CoqProject", "Base.v\nClaim.v\n")
    with pytest.raises(RocqRejects, match=r"Rocq rejects Claim\.v"):
        build(toy.place / "unlisted", sources=toy.sources)


@needs_rocq
def test_files_that_need_one_another_are_refused(toy: Toy) -> None:
    toy.write("Base.v", "From ExactCBIL Require Claim.\n")
    toy.write("_CoqProject", "Base.v\nClaim.v\n")
    with pytest.raises(RocqRejects):
        build(toy.place / "cycle", sources=toy.sources)


def test_without_rocq_the_commands_say_so_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CbilError, match="apt-get install coq"):
        find_rocq()
    for line in (["prove"], ["certify", "chain"]):
        Outcome(*line).assert_refused("apt-get install coq")


def test_a_list_of_theorems_is_checked(tmp_path: Path) -> None:
    with pytest.raises(CbilError, match=r"theorems\.toml"):
        read_theorems(tmp_path)
    (tmp_path / "theorems.toml").write_text(named().replace("wider", "about"))
    with pytest.raises(CbilError, match="coloured: scope: expected one of same, "):
        read_theorems(tmp_path)
    (tmp_path / "theorems.toml").write_text("[[theorem]]\nclaim = 'X'\n")
    with pytest.raises(CbilError, match="expected a list of theorems"):
        read_theorems(tmp_path)


SUMMARY = """
CONTEXT SUMMARY
===============

* Theory: Set is predicative

* Axioms:
    Coq.Reals.ClassicalDedekindReals.sig_not_dec
    Coq.Logic.Classical_Prop.classic

* Constants/Inductives relying on type-in-type: <none>

* Constants/Inductives relying on unsafe (co)fixpoints: <none>

* Inductives whose positivity is assumed: <none>
"""


def test_the_summary_of_coqchk_is_read_to_the_letter() -> None:
    assert context_problems(SUMMARY) == []
    assert context_problems(SUMMARY.replace("predicative", "impredicative"))
    assert context_problems(SUMMARY.replace("Coq.Logic", "Mine.Logic"))
    assert context_problems(SUMMARY.replace("type-in-type: <none>", "type-in-type: X.y"))
    assert context_problems(SUMMARY.replace("* Inductives", "* Something else"))
    assert context_problems(SUMMARY.replace("* Axioms", "* Other"))


def test_the_committed_page_shows_what_was_recorded() -> None:
    directory = SOURCES.parent
    assert render(directory) in (directory / "README.md").read_text("utf-8")


def test_an_auditor_need_read_one_file() -> None:
    # Main.v proves propositions of Statements.v, and these rest on definitions of that file alone.
    record = read_record(SOURCES.parent)
    main = [each for each in read_theorems(SOURCES.parent) if each.file == "Main.v"]
    assert {"T3", "T4a", "T4b", "T6", "T7", "T7a", "T8", "T8a", "W4"} <= {
        each.name for each in main
    }
    for each in main:
        assert record.texts[each.full_name] == f"ExactCBIL.Statements.{each.name}_statement"
        below = record.definitions[each.full_name]
        assert {name.rpartition(".")[0] for name in below} == {"ExactCBIL.Statements"}


def test_the_committed_record_rests_on_the_axioms_of_the_reals_alone() -> None:
    directory = SOURCES.parent
    record = read_record(directory)
    named = [theorem.full_name for theorem in read_theorems(directory)]
    assert sorted(named) == sorted(record.assumptions)
    assert len(named) > 20
    for name in named:
        assert set(record.assumptions[name]) <= ALLOWED
        assert {name, *record.definitions[name]} <= record.texts.keys()


@needs_rocq
def test_the_page_is_rewritten_between_its_marks_only(
    tmp_path: Path, statements: dict[str, bytes]
) -> None:
    toy = Toy(tmp_path)
    page = tmp_path / "README.md"
    page.write_text(f"above\n{BEGIN}\nstale\n{END}\nbelow\n")
    rewrite_page(tmp_path, page)
    text = page.read_text()
    assert text.startswith("above\n")
    assert text.endswith("\nbelow\n")
    assert "stale" not in text
    assert text.count("| not proved |") == 3
    toy.remember(statements)
    rewrite_page(tmp_path, page)
    assert page.read_text().count("| proved |") == 3
    page.write_text("no marks")
    with pytest.raises(CbilError, match="expected the marks"):
        rewrite_page(tmp_path, page)

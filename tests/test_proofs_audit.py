"""The audit on small developments, sound ones and ones that try to fool it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from exact_cbil.cli import main
from exact_cbil.errors import CbilError
from proofs import prove_cli
from proofs.audit import Audit, audit, context_problems
from proofs.axioms import ALLOWED
from proofs.page import BEGIN, END, render, rewrite_page
from proofs.record import read_record, read_theorems
from proofs.rocq_build import SOURCES, RocqRejects, build, find_rocq
from tests.rocq_absent import needs_rocq

BASE = """
Inductive colour : Set := Red | Green (n : nat).
Definition inner (n : nat) : nat := Nat.add n n.
Definition outer (n : nat) : nat := inner n.
"""
CLAIM = """
From ExactCBIL Require Import Base.
Lemma inner_le n : le n (inner n).
Proof. unfold inner. induction n; simpl; [constructor|]. rewrite <- plus_n_Sm.
  apply le_n_S. constructor. exact IHn. Qed.
Theorem main : forall n : nat, le n (outer n).
Proof. exact inner_le. Qed.
Theorem coloured : exists c : colour, c = Green 0.
Proof. exists (Green 0). reflexivity. Qed.
"""
NAMED = """
[[theorem]]
claim = "X1"
file = "Claim.v"
name = "main"
scope = "same"
words = "A number is at most its double."
[[theorem]]
claim = "X2"
file = "Claim.v"
name = "coloured"
scope = "wider"
words = "There is a green one."
"""


class Toy:
    """A development of two files in a directory, its record, and places to build."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.sources = place / "sources"
        self.sources.mkdir()
        self.write("Base.v", BASE)
        self.write("Claim.v", CLAIM)
        (place / "theorems.toml").write_text(NAMED)
        self.builds = 0

    def write(self, name: str, text: str) -> None:
        (self.sources / name).write_text(text)

    def replace(self, name: str, old: str, new: str) -> None:
        text = (self.sources / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new))

    def audit(self, *, rewrite: bool = False) -> Audit:
        self.builds += 1
        project = self.sources / "_CoqProject"
        if not project.exists():
            project.write_text("\n".join(path.name for path in self.sources.glob("*.v")) + "\n")
        return audit(self.sources, self.place, self.place / f"b{self.builds}", rewrite=rewrite)


@pytest.fixture(scope="session")
def statements(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The record of the sound development, made once."""
    toy = Toy(tmp_path_factory.mktemp("toy"))
    outcome = toy.audit(rewrite=True)
    assert outcome.passes, outcome
    return {path.name: path.read_bytes() for path in (toy.place / "statements").iterdir()}


@pytest.fixture
def toy(tmp_path: Path, statements: dict[str, bytes]) -> Toy:
    made = Toy(tmp_path)
    (tmp_path / "statements").mkdir()
    for name, content in statements.items():
        (tmp_path / "statements" / name).write_bytes(content)
    return made


def problems(outcome: Audit) -> str:
    each = [f"{f.theorem.name}: {problem}" for f in outcome.findings for problem in f.problems]
    return "\n".join(outcome.problems + each)


@needs_rocq
def test_a_sound_development_passes_and_is_recorded_to_the_bottom(toy: Toy) -> None:
    outcome = toy.audit()
    assert outcome.passes
    assert [finding.assumptions for finding in outcome.findings] == [(), ()]
    record = read_record(toy.place)
    assert record.definitions["ExactCBIL.Claim.main"] == [
        "ExactCBIL.Base.inner",
        "ExactCBIL.Base.outer",
    ]
    assert "ExactCBIL.Base.outer n" in record.texts["ExactCBIL.Claim.main"]
    assert "Coq.Init.Nat.add n n" in record.texts["ExactCBIL.Base.inner"]
    assert "Green" in record.texts["ExactCBIL.Base.colour"]


@needs_rocq
def test_a_proof_may_change_and_lemmas_may_come(toy: Toy) -> None:
    toy.replace("Claim.v", "exact inner_le.", "intros n. apply inner_le.")
    toy.write("Claim.v", (toy.sources / "Claim.v").read_text() + "\nLemma new : True. Proof I.\n")
    assert toy.audit().passes


def admit(toy: Toy) -> None:
    toy.replace("Claim.v", "Proof. exact inner_le. Qed.", "Admitted.")


def admit_a_lemma(toy: Toy) -> None:
    toy.write("Claim.v", CLAIM.partition("Proof.")[0] + "Admitted." + CLAIM.partition("Qed.")[2])


def hide_an_axiom(toy: Toy) -> None:
    toy.write("Far.v", "Axiom anything : forall P : Prop, P.\n")
    toy.replace("Claim.v", "Import Base.", "Import Base Far.")
    toy.replace("Claim.v", "exact inner_le", "intro n; apply anything")


def name_an_axiom_as_an_allowed_one(toy: Toy) -> None:
    toy.write("ClassicalDedekindReals.v", "Axiom sig_forall_dec : forall P : Prop, P.\n")
    toy.replace("Claim.v", "Import Base.", "Import Base ClassicalDedekindReals.")
    toy.replace("Claim.v", "exact inner_le", "intro n; apply sig_forall_dec")


def leave_an_unused_axiom(toy: Toy) -> None:
    toy.write("Far.v", "Axiom anything : False.\n")


def change_the_statement(toy: Toy) -> None:
    toy.replace("Claim.v", "le n (outer n)", "le 0 (outer n)")
    toy.replace("Claim.v", "exact inner_le", "intro n; apply le_0_n")


def change_it_and_cut_the_printing(toy: Toy) -> None:
    change_the_statement(toy)
    toy.write("Base.v", BASE + "#[global] Set Printing Depth 1.\n#[global] Set Printing Width 9.\n")


def rename(toy: Toy) -> None:
    toy.replace("Claim.v", "Theorem main", "Theorem principal")


def keep_the_text_in_a_comment(toy: Toy) -> None:
    cut = CLAIM.partition("Theorem main")
    theorem, _, rest = cut[2].partition("Qed.")
    hidden = f'(* Theorem main{theorem}Qed. *)\nDefinition s := Type. (* "Theorem main" *)'
    toy.write("Claim.v", cut[0] + hidden + rest)


def keep_it_in_a_module(toy: Toy) -> None:
    toy.replace("Claim.v", "Theorem main", "Module Inner. Theorem main")
    toy.replace("Claim.v", "exact inner_le. Qed.", "exact inner_le. Qed. End Inner.")


def assume_in_a_functor(toy: Toy) -> None:
    toy.replace("Claim.v", "Theorem main", "Module Type P. Axiom no : False. End P.\nTheorem main")
    toy.replace("Claim.v", "Theorem main", "Module Make (X : P). Theorem main")
    toy.replace("Claim.v", "exact inner_le. Qed.", "destruct X.no. Qed. End Make.")


def assume_in_a_section(toy: Toy) -> None:
    toy.replace("Claim.v", "Theorem main", "Section S. Hypothesis no : False.\nTheorem main")
    toy.replace("Claim.v", "exact inner_le. Qed.", "destruct no. Qed. End S.")


def redefine(toy: Toy) -> None:
    toy.replace("Base.v", "nat := inner n.", "nat := Nat.add n (inner n).")
    toy.replace("Claim.v", "exact inner_le", "intro n; apply (PeanoNat.Nat.le_add_r n)")
    toy.replace("Claim.v", "From", "Require PeanoNat.\nFrom")


def redefine_deeper(toy: Toy) -> None:
    toy.replace("Base.v", "Nat.add n n", "S n")
    toy.replace(
        "Claim.v", "induction n; simpl; [constructor|]. rewrite <- plus_n_Sm.", "auto. Qed."
    )
    toy.replace("Claim.v", "apply le_n_S. constructor. exact IHn. Qed.", "")


def redefine_an_inductive(toy: Toy) -> None:
    toy.replace("Base.v", "Red |", "Red | Blue |")


def shadow_a_relation(toy: Toy) -> None:
    toy.replace("Claim.v", "Theorem main", "Definition le (a b : nat) := True.\nTheorem main")
    toy.replace("Claim.v", "exact inner_le", "exact (fun _ => I)")


def shadow_by_notation(toy: Toy) -> None:
    toy.replace("Claim.v", "Theorem main", "Notation le := (fun _ _ : nat => True).\nTheorem main")
    toy.replace("Claim.v", "exact inner_le", "exact (fun _ => I)")


def shadow_a_standard_file(toy: Toy) -> None:
    toy.write("Nat.v", "Definition add (a b : nat) := S a.\n")
    toy.replace("Base.v", "Inductive", "From ExactCBIL Require Import Nat.\nInductive")
    easy = "change (le n (S n)). auto. Qed."
    toy.replace("Claim.v", "induction n; simpl; [constructor|]. rewrite <- plus_n_Sm.", easy)
    toy.replace("Claim.v", "apply le_n_S. constructor. exact IHn. Qed.", "")
    toy.replace("Base.v", "Nat.add n n", "add n n")


def switch_off_the_guard(toy: Toy) -> None:
    loop = (
        "Unset Guard Checking.\nFixpoint loop (n : nat) : False := loop n.\nSet Guard Checking.\n"
    )
    toy.replace("Claim.v", "Theorem main", f"{loop}Theorem main")
    toy.replace("Claim.v", "exact inner_le", "destruct (loop 0)")


def switch_off_positivity(toy: Toy) -> None:
    bad = "Unset Positivity Checking.\nInductive bad := mk (f : bad -> False).\n"
    use = "Definition no (b : bad) : False := match b with mk f => f b end.\n"
    toy.write("Claim.v", CLAIM + bad + use)


def switch_off_universes(toy: Toy) -> None:
    bad = "Unset Universe Checking.\nInductive box : Type := mk (T : Type) (f : T -> box).\n"
    toy.write("Claim.v", CLAIM + bad + "Definition u : box := mk box (fun x => x).\n")


def ask_for_flags(toy: Toy) -> None:
    toy.write("_CoqProject", "-Q . ExactCBIL\n-arg -type-in-type\nBase.v\nClaim.v\n")
    toy.write("Claim.v", CLAIM + "Definition T := Type.\nCheck ((fun x : T => x) T : T).\n")


def drop_the_file(toy: Toy) -> None:
    (toy.sources / "Claim.v").unlink()


def drop_from_the_list(toy: Toy) -> None:
    text = (toy.place / "theorems.toml").read_text()
    (toy.place / "theorems.toml").write_text("[[theorem]]".join(text.split("[[theorem]]")[:2]))


def break_a_proof(toy: Toy) -> None:
    toy.replace("Claim.v", "exact inner_le", "exact I")


ATTACKS: list[tuple[Callable[[Toy], None], str]] = [
    (admit, "main: rests on ExactCBIL.Claim.main"),
    (admit_a_lemma, "main: rests on ExactCBIL.Claim.inner_le"),
    (hide_an_axiom, "main: rests on ExactCBIL.Far.anything"),
    (
        name_an_axiom_as_an_allowed_one,
        "main: rests on ExactCBIL.ClassicalDedekindReals.sig_forall_dec",
    ),
    (leave_an_unused_axiom, "coqchk: an axiom of the development's own: ExactCBIL.Far.anything"),
    (change_the_statement, "main: its statement is not the recorded one"),
    (change_it_and_cut_the_printing, "main: its statement is not the recorded one"),
    (rename, "main: missing"),
    (keep_the_text_in_a_comment, "main: missing"),
    (keep_it_in_a_module, "main: missing"),
    (assume_in_a_functor, "main: missing"),
    (assume_in_a_section, "main: its statement is not the recorded one"),
    (redefine, "main: its statement rests on ExactCBIL.Base.outer, which has changed"),
    (redefine_deeper, "main: its statement rests on ExactCBIL.Base.inner, which has changed"),
    (redefine_an_inductive, "coloured: its statement rests on ExactCBIL.Base.colour, which"),
    (shadow_a_relation, "main: its statement newly rests on ExactCBIL.Claim.le"),
    (shadow_by_notation, "main: its statement is not the recorded one"),
    (shadow_a_standard_file, "main: its statement newly rests on ExactCBIL.Nat.add"),
    (switch_off_the_guard, "main: rests on Claim.loop is assumed to be guarded."),
    (switch_off_the_guard, "coqchk: ExactCBIL.Claim.loop rests on an unchecked fixpoint"),
    (switch_off_positivity, "coqchk: ExactCBIL.Claim.bad rests on unchecked positivity"),
    (switch_off_universes, "rests on type-in-type"),
    (ask_for_flags, "Rocq rejects Claim.v"),
    (drop_the_file, "main: missing"),
    (drop_from_the_list, "no longer a named theorem: ExactCBIL.Claim.coloured"),
    (break_a_proof, "line 7, characters"),
]


@needs_rocq
@pytest.mark.parametrize(("attack", "found"), ATTACKS, ids=[a.__name__ for a, _ in ATTACKS])
def test_an_attempt_to_fool_the_audit_is_caught(
    toy: Toy, attack: Callable[[Toy], None], found: str
) -> None:
    attack(toy)
    outcome = toy.audit()
    assert not outcome.passes
    assert found in problems(outcome)


@needs_rocq
def test_recording_accepts_a_change_of_statement_but_never_an_axiom(toy: Toy) -> None:
    change_the_statement(toy)
    assert toy.audit(rewrite=True).passes
    assert toy.audit().passes
    admit_the_rest(toy)
    assert not toy.audit(rewrite=True).passes


def admit_the_rest(toy: Toy) -> None:
    toy.replace("Claim.v", "Proof. exists (Green 0). reflexivity. Qed.", "Admitted.")


@needs_rocq
def test_the_command_prints_a_table_and_exits_0_or_1(toy: Toy) -> None:
    toy.audit()
    arguments = ["--sources", str(toy.sources), "--record-dir", str(toy.place)]
    fine = CliRunner().invoke(prove_cli.command, arguments, standalone_mode=False)
    assert fine.return_value == 0
    for word in ("X1", "main", "Claim.v", "none", "every named theorem holds", "coqchk"):
        assert word in fine.output
    rename(toy)
    failing = CliRunner().invoke(prove_cli.command, [*arguments, "--json"], standalone_mode=False)
    assert failing.return_value == 1
    document = json.loads(failing.output)
    assert document["passes"] is False
    assert [bool(theorem["problems"]) for theorem in document["theorems"]] == [True, False]


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


def test_without_rocq_the_command_says_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CbilError, match="apt-get install coq"):
        find_rocq()
    with pytest.raises(SystemExit) as left:
        main(["prove"])
    shown = capsys.readouterr()
    assert left.value.code == 2
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert "apt-get install coq" in shown.err


def test_a_list_of_theorems_is_checked(tmp_path: Path) -> None:
    with pytest.raises(CbilError, match=r"theorems\.toml"):
        read_theorems(tmp_path)
    (tmp_path / "theorems.toml").write_text(NAMED.replace("wider", "about"))
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
    assert text.count("| not proved |") == 2
    (toy.place / "statements").mkdir()
    for name, content in statements.items():
        (toy.place / "statements" / name).write_bytes(content)
    rewrite_page(tmp_path, page)
    assert page.read_text().count("| proved |") == 2
    page.write_text("no marks")
    with pytest.raises(CbilError, match="expected the marks"):
        rewrite_page(tmp_path, page)

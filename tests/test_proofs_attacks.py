"""Attempts to fool the audit, each caught by name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.rocq_absent import needs_rocq
from tests.rocq_toy import CLAIM, Toy, problems

pytestmark = needs_rocq


def admit(toy: Toy) -> None:
    toy.replace("Claim.v", "Proof. exact inner_le. Qed.", "Admitted.")


def admit_a_lemma(toy: Toy) -> None:
    toy.write("Claim.v", CLAIM.partition("Proof.")[0] + "Admitted." + CLAIM.partition("Qed.")[2])


def hide_an_axiom(toy: Toy) -> None:
    toy.write("Far.v", "Axiom anything : forall P : Prop, P.\n")
    toy.replace("Claim.v", "Import Base.", "Import Base Far.")
    toy.prove_main_by("intro n; apply anything")


def name_an_axiom_as_an_allowed_one(toy: Toy) -> None:
    toy.write("ClassicalDedekindReals.v", "Axiom sig_forall_dec : forall P : Prop, P.\n")
    toy.replace("Claim.v", "Import Base.", "Import Base ClassicalDedekindReals.")
    toy.prove_main_by("intro n; apply sig_forall_dec")


def leave_an_unused_axiom(toy: Toy) -> None:
    toy.write("Far.v", "Axiom anything : False.\n")


def change_the_statement(toy: Toy) -> None:
    toy.replace("Claim.v", "le n (outer n)", "le 0 (outer n)")
    toy.prove_main_by("intro n; apply le_0_n")


def change_it_and_cut_the_printing(toy: Toy) -> None:
    change_the_statement(toy)
    toy.append("Base.v", "#[global] Set Printing Depth 1.\n#[global] Set Printing Width 9.\n")


def rename(toy: Toy) -> None:
    toy.replace("Claim.v", "Theorem main", "Theorem principal")


def keep_the_text_in_a_comment(toy: Toy) -> None:
    cut = CLAIM.partition("Theorem main")
    theorem, _, rest = cut[2].partition("Qed.")
    hidden = f'(* Theorem main{theorem}Qed. *)\nDefinition s := Type. (* "Theorem main" *)'
    toy.write("Claim.v", cut[0] + hidden + rest)


def keep_it_in_a_module(toy: Toy) -> None:
    toy.before_main("Module Inner. ")
    toy.replace("Claim.v", "exact inner_le. Qed.", "exact inner_le. Qed. End Inner.")


def assume_in_a_functor(toy: Toy) -> None:
    toy.before_main("Module Type P. Axiom no : False. End P.\n")
    toy.before_main("Module Make (X : P). ")
    toy.replace("Claim.v", "exact inner_le. Qed.", "destruct X.no. Qed. End Make.")


def assume_in_a_section(toy: Toy) -> None:
    toy.before_main("Section S. Hypothesis no : False.\n")
    toy.replace("Claim.v", "exact inner_le. Qed.", "destruct no. Qed. End S.")


def redefine(toy: Toy) -> None:
    toy.replace("Base.v", "nat := inner n.", "nat := Nat.add n (inner n).")
    toy.prove_main_by("intro n; apply (PeanoNat.Nat.le_add_r n)")
    toy.replace("Claim.v", "From", "Require PeanoNat.\nFrom")


def redefine_deeper(toy: Toy) -> None:
    toy.replace("Base.v", "Nat.add n n", "S n")
    toy.prove_lemma_by("auto.")


def redefine_an_inductive(toy: Toy) -> None:
    toy.replace("Base.v", "Red |", "Red | Blue |")


def shadow_a_relation(toy: Toy) -> None:
    toy.before_main("Definition le (a b : nat) := True.\n")
    toy.prove_main_by("exact (fun _ => I)")


def shadow_by_notation(toy: Toy) -> None:
    toy.before_main("Notation le := (fun _ _ : nat => True).\n")
    toy.prove_main_by("exact (fun _ => I)")


def shadow_a_standard_file(toy: Toy) -> None:
    toy.write("Nat.v", "Definition add (a b : nat) := S a.\n")
    toy.replace("Base.v", "Inductive", "From ExactCBIL Require Import Nat.\nInductive")
    toy.prove_lemma_by("change (le n (S n)). auto.")
    toy.replace("Base.v", "Nat.add n n", "add n n")


def switch_off_the_guard(toy: Toy) -> None:
    loop = "Fixpoint loop (n : nat) : False := loop n.\n"
    toy.before_main(f"Unset Guard Checking.\n{loop}Set Guard Checking.\n")
    toy.prove_main_by("destruct (loop 0)")


def switch_off_positivity(toy: Toy) -> None:
    bad = "Unset Positivity Checking.\nInductive bad := mk (f : bad -> False).\n"
    use = "Definition no (b : bad) : False := match b with mk f => f b end.\n"
    toy.append("Claim.v", bad + use)


def switch_off_universes(toy: Toy) -> None:
    bad = "Unset Universe Checking.\nInductive box : Type := mk (T : Type) (f : T -> box).\n"
    toy.append("Claim.v", bad + "Definition u : box := mk box (fun x => x).\n")


def ask_for_flags(toy: Toy) -> None:
    toy.write("_CoqProject", "-Q . ExactCBIL\n-arg -type-in-type\nBase.v\nClaim.v\n")
    toy.append("Claim.v", "Definition T := Type.\nCheck ((fun x : T => x) T : T).\n")


def drop_the_file(toy: Toy) -> None:
    (toy.sources / "Claim.v").unlink()


def drop_from_the_list(toy: Toy) -> None:
    text = (toy.place / "theorems.toml").read_text()
    (toy.place / "theorems.toml").write_text("[[theorem]]".join(text.split("[[theorem]]")[:2]))


def break_a_proof(toy: Toy) -> None:
    toy.prove_main_by("exact I")


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

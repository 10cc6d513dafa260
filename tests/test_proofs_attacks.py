"""Attempts to fool the audit, each caught by name.

Nearly all are audited together, as one development of many files, with sound developments among
them: so no attack hides another one, and none is refused for its neighbour's sake.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from exact_cbil.errors import CbilError
from proofs.session import ask
from tests.conftest import LARGE
from tests.rocq_absent import needs_rocq
from tests.rocq_toy import CLAIM, SCOPES, SMALL, Toy, audit_together, problems

pytestmark = needs_rocq

NO_BREAK = "\u00a0"
MARK = "\u1dc0"  # a combining mark, which Rocq takes into an identifier
CYRILLIC_O = "\u043e"


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
    toy.write("Further.v", "Axiom anything : False.\n")


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


def keep_it_in_a_module_of_the_same_path(toy: Toy) -> None:
    toy.before_main("Module ExactCBIL. Module Claim. ")
    toy.replace("Claim.v", "exact inner_le. Qed.", "exact inner_le. Qed. End Claim. End ExactCBIL.")


def keep_it_as_a_notation(toy: Toy) -> None:
    toy.replace("Claim.v", "Theorem main", "Theorem hidden")
    toy.append("Claim.v", "Notation main := hidden.\n")


def keep_it_as_a_constructor(toy: Toy) -> None:
    toy.replace("Claim.v", "Theorem main", "Theorem hidden")
    toy.append("Claim.v", "Inductive holder := main (n : nat).\n")


def abort(toy: Toy) -> None:
    toy.replace("Claim.v", "exact inner_le. Qed.", "exact inner_le. Abort.")


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


def restate(toy: Toy, statement: str) -> None:
    """State `main` otherwise, and prove that somehow."""
    toy.replace("Claim.v", "forall n : nat, le n (outer n)", statement)
    toy.prove_main_by("easy")


def hypothesis_through_a_no_break_space(toy: Toy) -> None:
    """`small n` is an identifier that is false, so that `zero` says nothing."""
    toy.append("Base.v", f"Definition small{NO_BREAK}n : Prop := False.\n")
    toy.replace("Claim.v", "small n ->", f"small{NO_BREAK}n ->")
    toy.replace("Claim.v", SMALL, "intros n []")


def definition_through_a_no_break_space(toy: Toy) -> None:
    """The same below the statement: `inner n` is the number 1, so that nothing is small."""
    toy.replace(
        "Base.v",
        "Definition outer (n : nat) : nat := inner n",
        f"Definition inner{NO_BREAK}n : nat := 1.\n"
        f"Definition outer (n : nat) : nat := inner{NO_BREAK}n",
    )
    toy.prove_main_by("admit")
    toy.replace("Claim.v", "admit. Qed.", "Abort.")
    toy.replace("Claim.v", SMALL, "intros n H; inversion H")


def look_alike_letter(toy: Toy) -> None:
    toy.append("Base.v", f"Definition {CYRILLIC_O}uter (n : nat) := n.\n")
    restate(toy, f"forall n : nat, le n ({CYRILLIC_O}uter n)")


def combining_mark(toy: Toy) -> None:
    toy.append("Base.v", f"Definition outer{MARK} (n : nat) := n.\n")
    restate(toy, f"forall n : nat, le n (outer{MARK} n)")


def look_alike_below(toy: Toy) -> None:
    toy.replace("Base.v", "Definition outer", f"Definition {CYRILLIC_O} := 0.\nDefinition outer")
    toy.replace("Base.v", "nat := inner n.", f"nat := Nat.add {CYRILLIC_O} (inner n).")


def axiom_through_a_no_break_space(toy: Toy) -> None:
    toy.before_main(f"Axiom no{NO_BREAK}a : False.\n")
    toy.prove_main_by(f"destruct no{NO_BREAK}a")


def rebind_a_notation(toy: Toy) -> None:
    toy.before_main('Notation "x <= y" := True : nat_scope.\n')
    restate(toy, "forall n : nat, n <= outer n")


def open_another_scope(toy: Toy) -> None:
    toy.before_main('Declare Scope s. Notation "x <= y" := (le 0 y) : s. Open Scope s.\n')
    restate(toy, "forall n : nat, n <= outer n")
    toy.replace("Claim.v", "easy. Qed.", "intro n; apply le_0_n. Qed.")


def reread_numerals(toy: Toy) -> None:
    toy.before_main('Notation "0" := (S O) : nat_scope.\n')
    toy.replace("Claim.v", "exists (Green 0)", "exists (Green (S O))")
    toy.replace("Claim.v", f"{SMALL}. Qed.", "Abort.")


def write_numerals_otherwise(toy: Toy) -> None:
    """Numbers of a type of its own, written by a function that shows each as 1."""
    toy.append(
        "Base.v",
        "Inductive digit := One | Two.\n"
        "Definition write (d : digit) := Number.UIntDecimal (Decimal.D1 Decimal.Nil).\n"
        "Definition reading (n : Number.uint) := Some One.\n"
        "Declare Scope digit_scope.\n"
        "#[global] Number Notation digit reading write : digit_scope.\n",
    )
    restate(toy, "Two = Two")


def coerce(toy: Toy) -> None:
    toy.before_main(
        "Inductive box := Box (n : nat). Definition open (b : box) := 0.\n"
        "#[global] Coercion open : box >-> nat.\n"
    )
    toy.replace("Claim.v", "forall n : nat, le n (outer n)", "forall n : box, le n (outer n)")
    toy.prove_main_by("intro n; exact (inner_le (open n))")


def fill_an_implicit_argument(toy: Toy) -> None:
    toy.before_main("Definition le_at {k : nat} (n m : nat) := le k m.\n")
    toy.before_main("Notation le := (le_at (k := O)).\n")
    toy.prove_main_by("intro n; apply le_0_n")


def shadow_a_standard_module(toy: Toy) -> None:
    toy.before_main(
        "Module Coq. Module Init. Module Peano. Definition le (a b : nat) := True.\n"
        "End Peano. End Init. End Coq.\n"
    )
    toy.replace("Claim.v", ": nat, le n (outer n)", ": nat, Coq.Init.Peano.le n (outer n)")
    toy.replace("Claim.v", "Coq.Init.Peano.le n (o", "Claim.Coq.Init.Peano.le n (o")
    toy.prove_main_by("easy")


def shadow_a_module_of_the_development(toy: Toy) -> None:
    toy.before_main(
        "Module ExactCBIL. Module Base. Definition outer (n : nat) := n.\n"
        "End Base. End ExactCBIL.\nImport ExactCBIL.Base.\n"
    )
    restate(toy, "forall n : nat, le n (Claim.ExactCBIL.Base.outer n)")


def shadow_locally(toy: Toy) -> None:
    toy.before_main("Local Definition outer (n : nat) := n.\n")
    restate(toy, "forall n : nat, le n (outer n)")


def assume_locally(toy: Toy) -> None:
    toy.before_main("Local Axiom no : False.\n")
    toy.prove_main_by("destruct no")


def assume_by_conjecture(toy: Toy) -> None:
    toy.before_main("Conjecture no : False.\n")
    toy.prove_main_by("destruct no")


def include_a_functor(toy: Toy) -> None:
    toy.before_main("Module Type P. Axiom no : False. End P.\n")
    toy.before_main("Module X <: P. Axiom no : False. End X. Module Make (X : P). ")
    toy.replace("Claim.v", "exact inner_le. Qed.", "destruct X.no. Qed. End Make. Include Make X.")


def assume_what_is_opaque(toy: Toy) -> None:
    toy.before_main("Lemma no : False. Proof. Admitted. Lemma yes : False. Proof. exact no. Qed.\n")
    toy.prove_main_by("destruct yes")


def make_a_definition_opaque(toy: Toy) -> None:
    toy.replace("Base.v", "outer (n : nat) : nat := inner n", "outer (n : nat) : nat. exact O. Qed")
    toy.replace("Base.v", "Qed.", "Qed")
    toy.replace("Base.v", "Qed", "Qed.")
    toy.replace(
        "Claim.v", "Theorem main : forall n : nat, le n", "Theorem main : forall n : nat, le O"
    )
    toy.prove_main_by("intro n; apply le_0_n")
    toy.replace("Claim.v", f"{SMALL}. Qed.", "Abort.")


def hide_a_definition(toy: Toy) -> None:
    """A module type hides that nothing is small."""
    toy.replace(
        "Base.v",
        "Definition small (n : nat) : Prop := le (outer n) O.",
        "Module Type T. Parameter small : nat -> Prop. Parameter no : forall n, small n -> False.\n"
        "End T. Module M : T. Definition small (n : nat) := False.\n"
        "Lemma no (n : nat) (no : small n) : False. Proof. exact no. Qed. End M.\n"
        "Definition small (n : nat) : Prop := M.small n.",
    )
    toy.replace("Claim.v", SMALL, "intros n H; destruct (M.no n H)")


def switch_off_the_guard_once(toy: Toy) -> None:
    toy.before_main("#[bypass_check(guard)] Fixpoint loop (n : nat) : False := loop n.\n")
    toy.prove_main_by("destruct (loop 0)")


def switch_off_positivity_once(toy: Toy) -> None:
    bad = "#[bypass_check(positivity)] Inductive worse := mk (f : worse -> False).\n"
    toy.append("Claim.v", bad)


def switch_off_universes_once(toy: Toy) -> None:
    bad = "#[bypass_check(universes)] Inductive bag : Type := mkb (T : Type) (f : T -> bag).\n"
    toy.append(
        "Claim.v", bad + "#[bypass_check(universes)] Definition v : bag := mkb bag (fun x => x).\n"
    )


def add_a_primitive(toy: Toy) -> None:
    toy.append("Claim.v", "Primitive machine_integer := #int63_type.\n")


def drop_the_file(toy: Toy) -> None:
    (toy.sources / "Claim.v").unlink()


def drop_from_the_list(toy: Toy) -> None:
    del toy.scopes["coloured"]


# Sound developments, which must pass among the others.


def nothing(toy: Toy) -> None:
    pass


def set_every_option_of_printing(toy: Toy) -> None:
    on = ("Printing Universes", "Printing Use Implicit Types", "Printing Parentheses")
    off = ("Printing Notations", "Printing Wildcard", "Printing Synth", "Printing Matching")
    other = ("Set Printing Depth 2", "Set Printing Width 7", "Unset Printing All")
    options = [f"Set {each}" for each in on] + [f"Unset {each}" for each in off] + list(other)
    toy.append("Claim.v", "".join(f"#[global] {each}.\n" for each in options))


def end_lines_otherwise(toy: Toy) -> None:
    for file in ("Base.v", "Claim.v"):
        toy.write(file, toy.read(file).replace("\n", "\r\n"))


def shadow_without_use(toy: Toy) -> None:
    toy.append("Claim.v", "Definition le := 0. Module Coq. Definition le := 0. End Coq.\n")
    toy.append("Claim.v", "Module ExactCBIL. Module Base. Definition outer := 0. End Base.\n")
    toy.append("Claim.v", "End ExactCBIL.\n")


def prove_otherwise(toy: Toy) -> None:
    toy.prove_main_by("intros n; apply inner_le")
    toy.append("Claim.v", "\nLemma new : True. Proof I.\n")


SOUND = [
    nothing,
    set_every_option_of_printing,
    end_lines_otherwise,
    shadow_without_use,
    prove_otherwise,
]


ATTACKS: Sequence[tuple[Callable[[Toy], None], str]] = [
    (admit, "main: rests on ExactCBIL.Claim.main"),
    (admit_a_lemma, "main: rests on ExactCBIL.Claim.inner_le"),
    (hide_an_axiom, "main: rests on ExactCBIL.Far.anything"),
    (
        name_an_axiom_as_an_allowed_one,
        "main: rests on ExactCBIL.ClassicalDedekindReals.sig_forall_dec",
    ),
    (
        leave_an_unused_axiom,
        "coqchk: an axiom of the development's own: ExactCBIL.Further.anything",
    ),
    (change_the_statement, "main: its statement is not the recorded one"),
    (change_it_and_cut_the_printing, "main: its statement is not the recorded one"),
    (rename, "main: missing"),
    (keep_the_text_in_a_comment, "main: missing"),
    (keep_it_in_a_module, "main: missing"),
    (keep_it_in_a_module_of_the_same_path, "main: missing"),
    (keep_it_as_a_notation, "main: missing"),
    (keep_it_as_a_constructor, "main: missing"),
    (abort, "main: missing"),
    (assume_in_a_functor, "main: missing"),
    (include_a_functor, "main: rests on ExactCBIL.Claim.X.no"),
    (assume_in_a_section, "main: its statement is not the recorded one"),
    (assume_locally, "main: rests on ExactCBIL.Claim.no"),
    (assume_by_conjecture, "main: rests on ExactCBIL.Claim.no"),
    (assume_what_is_opaque, "main: rests on ExactCBIL.Claim.no"),
    (redefine, "main: its statement rests on ExactCBIL.Base.outer, which has changed"),
    (redefine_deeper, "main: its statement rests on ExactCBIL.Base.inner, which has changed"),
    (redefine_an_inductive, "coloured: its statement rests on ExactCBIL.Base.colour, which"),
    (make_a_definition_opaque, "main: its statement rests on ExactCBIL.Base.outer, which has"),
    (hide_a_definition, "zero: ExactCBIL.Base.M.small is hidden: Rocq shows no definition of it"),
    (shadow_a_relation, "main: its statement newly rests on ExactCBIL.Claim.le"),
    (shadow_by_notation, "main: its statement is not the recorded one"),
    (shadow_a_standard_file, "main: its statement newly rests on ExactCBIL.Nat.add"),
    (shadow_a_standard_module, "newly rests on ExactCBIL.Claim.Coq.Init.Peano.le"),
    (shadow_a_module_of_the_development, "newly rests on ExactCBIL.Claim.ExactCBIL.Base.outer"),
    (shadow_locally, "main: its statement newly rests on ExactCBIL.Claim.outer"),
    (hypothesis_through_a_no_break_space, "zero: its statement is shown with the character U+00A0"),
    (
        definition_through_a_no_break_space,
        "zero: ExactCBIL.Base.outer is shown with the character U+00A0",
    ),
    (axiom_through_a_no_break_space, f"main: rests on Claim.no{NO_BREAK}a : False"),
    (look_alike_letter, "main: its statement is shown with the character U+043E"),
    (look_alike_below, "main: ExactCBIL.Base.outer is shown with the character U+043E"),
    (combining_mark, "main: its statement is shown with the character U+1DC0"),
    (rebind_a_notation, "main: its statement is not the recorded one"),
    (open_another_scope, "main: its statement is not the recorded one"),
    (reread_numerals, "coloured: its statement is not the recorded one"),
    (write_numerals_otherwise, "main: its statement newly rests on ExactCBIL.Base.digit"),
    (coerce, "main: its statement newly rests on ExactCBIL.Claim.open"),
    (fill_an_implicit_argument, "main: its statement newly rests on ExactCBIL.Claim.le_at"),
    (switch_off_the_guard, "main: rests on Claim.loop is assumed to be guarded."),
    (switch_off_the_guard, "coqchk: ExactCBIL.Claim.loop rests on an unchecked fixpoint"),
    (switch_off_the_guard_once, "main: rests on Claim.loop is assumed to be guarded."),
    (switch_off_positivity, "coqchk: ExactCBIL.Claim.bad rests on unchecked positivity"),
    (switch_off_positivity_once, "coqchk: ExactCBIL.Claim.worse rests on unchecked positivity"),
    (switch_off_universes, "coqchk: ExactCBIL.Claim.u rests on type-in-type"),
    (switch_off_universes_once, "coqchk: ExactCBIL.Claim.v rests on type-in-type"),
    (add_a_primitive, "coqchk: an axiom of the development's own: ExactCBIL.Claim.machine_integer"),
    (drop_the_file, "main: missing"),
    (drop_from_the_list, "no longer a named theorem: ExactCBIL.Claim.coloured"),
][:: 1 if LARGE else 3]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, statements: dict[str, bytes]) -> dict[str, str]:
    """What the audit says of each, all of them audited at once."""
    place = tmp_path_factory.mktemp("together")
    toys = {}
    for change in dict.fromkeys([*SOUND, *(attack for attack, _ in ATTACKS)]):
        toys[change.__name__] = Toy(place / change.__name__)
        change(toys[change.__name__])
    return audit_together(toys, statements, place / "whole")


@pytest.mark.parametrize(("attack", "problem"), ATTACKS, ids=[a.__name__ for a, _ in ATTACKS])
def test_an_attempt_to_fool_the_audit_is_caught(
    found: dict[str, str], attack: Callable[[Toy], None], problem: str
) -> None:
    assert problem in found[attack.__name__]


@pytest.mark.parametrize("change", SOUND)
def test_a_sound_development_passes_among_the_others(
    found: dict[str, str], change: Callable[[Toy], None]
) -> None:
    own = [line for line in found[change.__name__].split("\n") if line.startswith(tuple(SCOPES))]
    assert own == []


def break_a_proof(toy: Toy) -> None:
    toy.prove_main_by("exact I")


def zero_width_letter(toy: Toy) -> None:
    toy.append("Base.v", "Definition out\u200ber (n : nat) := n.\n")


def form_feed(toy: Toy) -> None:
    toy.append("Base.v", "Definition outer2\v:= 0.\n")


REJECTED = [
    (break_a_proof, 'Rocq rejects Claim.v: \'File "./Claim.v", line 7, characters'),
    (zero_width_letter, 'Rocq rejects Base.v: \'File "./Base.v", line 6, characters'),
    (form_feed, 'Rocq rejects Base.v: \'File "./Base.v", line 6, characters'),
]


@pytest.mark.parametrize(("attack", "problem"), REJECTED, ids=[a.__name__ for a, _ in REJECTED])
def test_what_rocq_rejects_is_told_with_its_place(
    toy: Toy, attack: Callable[[Toy], None], problem: str
) -> None:
    attack(toy)
    assert problem in problems(toy.audit())


LISTS = {
    "two files of one name": "Base.v\nSub/Base.v\n",
    "a file of another folder": "../Base.v\n",
    "a file named twice": "Base.v\nClaim.v\nBase.v\n",
    "flags": "-Q . ExactCBIL\n-arg -type-in-type\nBase.v\n",
    "another logical path": "-Q . Coq\nBase.v\n",
    "a carriage return": "Base.v\r\nClaim.v\r\n",
    "a vertical tab": "Base.v\vClaim.v\n",
    "a form feed": "Base.v\n\fClaim.v\n",
    "a no-break space": f"Base.v\n{NO_BREAK}Claim.v\n",
    "a look-alike letter": f"Base.v\nClaim.v\nT{CYRILLIC_O}p.v\n",
    "an option": "Base.v\n-impredicative-set\n",
    "a file that is not there": "Base.v\nOther.v\n",
}


@pytest.mark.parametrize("listed", LISTS)
def test_a_list_of_files_holds_names_and_nothing_else(toy: Toy, listed: str) -> None:
    toy.write("_CoqProject", LISTS[listed])
    with pytest.raises(CbilError) as refused:
        toy.audit()
    expected = "Other.v" if "not there" in listed else "_CoqProject"
    assert expected in str(refused.value)
    assert "\n" not in str(refused.value)
    assert str(refused.value).isascii()


def test_the_environment_gives_rocq_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("COQLIB", "COQPATH", "COQBIN", "OCAMLPATH", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, "/nowhere")
    assert ask(tmp_path, [], ["Check O"]) == ["O\n     : nat"]

"""A small development to audit: two files, two named theorems, and ways to change them."""

from __future__ import annotations

from pathlib import Path

from proofs.audit import Audit, audit

BASE = """
Inductive colour : Set := Red | Green (n : nat).
Definition inner (n : nat) : nat := Nat.add n n.
Definition outer (n : nat) : nat := inner n.
"""
INDUCTION = """induction n; simpl; [constructor|]. rewrite <- plus_n_Sm.
  apply le_n_S. constructor. exact IHn."""
CLAIM = f"""
From ExactCBIL Require Import Base.
Lemma inner_le n : le n (inner n).
Proof. unfold inner. {INDUCTION} Qed.
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

    def prove_main_by(self, tactic: str) -> None:
        self.replace("Claim.v", "exact inner_le", tactic)

    def before_main(self, text: str) -> None:
        self.replace("Claim.v", "Theorem main", f"{text}Theorem main")

    def prove_lemma_by(self, tactics: str) -> None:
        self.replace("Claim.v", INDUCTION, tactics)

    def append(self, name: str, text: str) -> None:
        self.write(name, (self.sources / name).read_text() + text)

    def remember(self, statements: dict[str, bytes]) -> None:
        """Put back what was recorded."""
        folder = self.place / "statements"
        folder.mkdir()
        for name, content in statements.items():
            (folder / name).write_bytes(content)

    def audit(self, *, rewrite: bool = False) -> Audit:
        self.builds += 1
        project = self.sources / "_CoqProject"
        if not project.exists():
            project.write_text("\n".join(path.name for path in self.sources.glob("*.v")) + "\n")
        return audit(self.sources, self.place, self.place / f"b{self.builds}", rewrite=rewrite)


def problems(outcome: Audit) -> str:
    each = [f"{f.theorem.name}: {problem}" for f in outcome.findings for problem in f.problems]
    return "\n".join(outcome.problems + each)

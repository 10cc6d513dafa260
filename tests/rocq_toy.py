"""A small development to audit: two files, three named theorems, and ways to change them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from proofs.audit import Audit, audit
from proofs.build import Report, quiet

BASE = """
Inductive colour : Set := Red | Green (n : nat).
Definition inner (n : nat) : nat := Nat.add n n.
Definition outer (n : nat) : nat := inner n.
Definition small (n : nat) : Prop := le (outer n) O.
"""
INDUCTION = """induction n; simpl; [constructor|]. rewrite <- plus_n_Sm.
  apply le_n_S. constructor. exact IHn."""
SMALL = "intros [|n] H; [reflexivity | inversion H]"
CLAIM = f"""
From ExactCBIL Require Import Base.
Lemma inner_le n : le n (inner n).
Proof. unfold inner. {INDUCTION} Qed.
Theorem main : forall n : nat, le n (outer n).
Proof. exact inner_le. Qed.
Theorem coloured : exists c : colour, c = Green 0.
Proof. exists (Green 0). reflexivity. Qed.
Theorem zero : forall n : nat, small n -> n = 0.
Proof. {SMALL}. Qed.
"""
SCOPES = {"main": "same", "coloured": "wider", "zero": "same"}


def named(scopes: Mapping[str, str] = SCOPES, file: str = "Claim.v") -> str:
    """A `theorems.toml`."""
    return "\n".join(
        f'[[theorem]]\nclaim = "X{k}"\nfile = "{file}"\nname = "{name}"\n'
        f'scope = "{scope}"\nwords = "Words."\n'
        for k, (name, scope) in enumerate(scopes.items(), 1)
    )


class Toy:
    """A development of two files in a directory, its record, and places to build."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.sources = place / "sources"
        self.sources.mkdir(parents=True)
        self.write("Base.v", BASE)
        self.write("Claim.v", CLAIM)
        self.scopes = dict(SCOPES)
        (place / "theorems.toml").write_text(named())
        self.builds = 0

    def read(self, name: str) -> str:
        return (self.sources / name).read_bytes().decode()

    def write(self, name: str, text: str) -> None:
        (self.sources / name).write_bytes(text.encode())

    def replace(self, name: str, old: str, new: str) -> None:
        text = self.read(name)
        assert old in text
        self.write(name, text.replace(old, new))

    def prove_main_by(self, tactic: str) -> None:
        self.replace("Claim.v", "exact inner_le", tactic)

    def before_main(self, text: str) -> None:
        self.replace("Claim.v", "Theorem main", f"{text}Theorem main")

    def prove_lemma_by(self, tactics: str) -> None:
        self.replace("Claim.v", INDUCTION, tactics)

    def append(self, name: str, text: str) -> None:
        self.write(name, self.read(name) + text)

    def remember(self, statements: Mapping[str, bytes]) -> None:
        """Put back what was recorded."""
        folder = self.place / "statements"
        folder.mkdir()
        for name, content in statements.items():
            (folder / name).write_bytes(content)

    def listed(self) -> None:
        """Write the list of files, unless there is one."""
        project = self.sources / "_CoqProject"
        if not project.exists():
            names = sorted(path.name for path in self.sources.glob("*.v"))
            project.write_text("\n".join(names) + "\n")

    def audit(self, *, rewrite: bool = False, report: Report = quiet) -> Audit:
        self.builds += 1
        self.listed()
        place = self.place / f"b{self.builds}"
        return audit(self.sources, self.place, place, rewrite=rewrite, report=report)


class Names:
    """The names of one of many toys in one development: as long as before, so texts wrap alike."""

    def __init__(self, number: int, toy: Toy) -> None:
        own = {"Claim": f"C{number:04d}"}
        if toy.read("Base.v") != BASE:
            own["Base"] = f"B{number:03d}"
        self.new = own
        self.old = {new: old for old, new in own.items()}

    def given(self, text: str) -> str:
        return re.sub(r"\b(Base|Claim)\b", lambda word: self.new.get(word[0], word[0]), text)

    def taken(self, text: str) -> str:
        return re.sub(r"\b[BC]\d{3,4}\b", lambda word: self.old.get(word[0], word[0]), text)


def audit_together(
    toys: Mapping[str, Toy], statements: Mapping[str, bytes], place: Path
) -> dict[str, str]:
    """Audit many toys as one development, for one run of each tool: the problems of each.

    A toy that left its Base.v alone shares that file with the others.
    """
    whole = Toy(place)
    (place / "statements").mkdir()
    record: dict[str, dict[str, list[str]]] = {"assumptions": {}, "definitions": {}}
    remembered = json.loads(statements["record.json"])
    tables = []
    names = {name: Names(number, toy) for number, (name, toy) in enumerate(toys.items())}
    for name, toy in toys.items():
        given = names[name].given
        for file in toy.sources.glob("*.v"):
            if file.name != "Base.v" or "Base" in names[name].new:
                whole.write(given(file.stem) + ".v", given(toy.read(file.name)))
        for file_name, content in statements.items():
            if file_name.endswith(".txt"):
                (place / "statements" / given(file_name)).write_text(given(content.decode()))
        for part, held in record.items():
            for theorem, used in remembered[part].items():
                held[given(theorem)] = [given(each) for each in used]
        tables.append(named(toy.scopes, given("Claim") + ".v"))
    (place / "statements" / "record.json").write_text(
        json.dumps({"rocq": remembered["rocq"], **record})
    )
    (place / "theorems.toml").write_text("\n".join(tables))
    (whole.sources / "Claim.v").unlink()
    outcome = whole.audit()
    assert outcome.findings, outcome.problems
    found = {}
    for name in toys:
        own = names[name].given("Claim") + ".v"
        mine = [finding for finding in outcome.findings if finding.theorem.file == own]
        found[name] = names[name].taken(problems(replace(outcome, findings=mine)))
    return found


def problems(outcome: Audit) -> str:
    each = [f"{f.theorem.name}: {problem}" for f in outcome.findings for problem in f.problems]
    return "\n".join(outcome.problems + each)

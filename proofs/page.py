"""The table of statuses in `proofs/README.md`, made from the record and from nothing else."""

from __future__ import annotations

from pathlib import Path

from exact_cbil.errors import CbilError
from exact_cbil.files import read_text, replace_file
from proofs.axioms import ALLOWED, beyond
from proofs.record import Record, Theorem, read_record, read_theorems

__all__ = ["BEGIN", "END", "PAGE", "page_parts", "render", "rewrite_page"]

PAGE = "README.md"
BEGIN = "<!-- statuses: written by `exact-cbil prove --page`; do not edit -->"
END = "<!-- end of statuses -->"


def status(theorem: Theorem, record: Record) -> str:
    """How the theorem is known: what the last recorded audit found."""
    assumptions = record.assumptions.get(theorem.full_name)
    if assumptions is None:
        return "not proved"
    others = beyond(assumptions)
    return "rests on " + ", ".join(others) if others else "proved"


def render(directory: Path) -> str:
    """The block, markers included, as the record in `directory` has it."""
    record = read_record(directory)
    numbers = {name: str(number) for number, name in enumerate(sorted(ALLOWED), 1)}
    axioms = ", ".join(f"{n} `{name.rpartition('.')[2]}`" for name, n in numbers.items())
    lines = [
        BEGIN,
        "",
        f"Recorded with Rocq {record.rocq}; `coqchk` agreed. Axioms of the real numbers: {axioms}.",
        "",
        "| claim | theorem | what it says | scope | axioms | status |",
        "|---|---|---|---|---|---|",
    ]
    for theorem in read_theorems(directory):
        used = record.assumptions.get(theorem.full_name, [])
        cells = (
            theorem.claim,
            f"[`{theorem.name}`](rocq/{theorem.file})",
            theorem.words.replace("|", r"\|"),
            theorem.scope,
            ", ".join(sorted(numbers[name] for name in used if name in numbers)) or "none",
            status(theorem, record),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", END])


def page_parts(page: Path) -> tuple[str, str]:
    """What stands before and after the marked block; CbilError when the marks are not there."""
    before, begin, rest = read_text(page).partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise CbilError(f"{page}: expected the marks {BEGIN!r} and {END!r}")
    return before, after


def rewrite_page(directory: Path, page: Path) -> None:
    """Replace the marked block of `page`; raises CbilError when the marks are not there."""
    before, after = page_parts(page)
    with replace_file(page) as file:
        file.write((before + render(directory) + after).encode())

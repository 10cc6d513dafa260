"""The page of the theorems, put together from where each thing is written once.

Statements come from the tables of SPEC.md, claims and certificates from `bounds/claims.toml`, the
names in Rocq from `proofs/theorems.toml`, and what rests on what from Rocq itself. Nothing here
needs Sphinx, so the tests read the same page as the readers of the site.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from bounds.claims import TABLE, Claim
from exact_cbil.errors import CbilError
from proofs.graph import below, read_graph, short
from proofs.record import Theorem, read_theorems

__all__ = ["MARK", "PICTURES", "REPOSITORY", "declared", "expanded", "rests_on", "theorems_of"]

REPOSITORY = Path(__file__).parents[2]
PICTURES = REPOSITORY / "docs" / "pictures" / "theorems"
MARK = "<!-- the theorems are put in here when the site is built -->"

_ROW = re.compile(r"^\| ([TW]\d+[a-z]?) \| (.*) \|$", re.MULTILINE)
_DECLARED = re.compile(
    r"^\s*(?:Theorem|Lemma|Corollary|Fact|Definition|Fixpoint|Inductive|Record|Let|Remark)\s+"
    r"([A-Za-z_][A-Za-z0-9_']*)"
)
_OTHERS = {
    "D5": "The top set",
    "D6": "The query probability",
    "D7": "The laws of histories",
    "R1": "Equal weights",
    "R4": "Every weight 0",
    "all": "The hypotheses hold together",
    "bridge": "The rational learner is the real-valued one",
    "certificate": "What a certificate shows",
}
"""The claims of `theorems.toml` that are not theorems of SPEC, and what to call them."""


@cache
def _theorems() -> tuple[Theorem, ...]:
    return tuple(read_theorems(REPOSITORY / "proofs"))


def theorems_of(claim: str) -> list[Theorem]:
    """The theorems in Rocq about a claim."""
    return [theorem for theorem in _theorems() if theorem.claim == claim]


def rests_on(claim: str) -> tuple[int, int, int]:
    """How many lemmas the theorems about a claim rest on, in how many files, and named theorems."""
    roots = [short(theorem) for theorem in theorems_of(claim)]
    graph = read_graph(PICTURES)
    if absent := [root for root in roots if root not in graph]:
        again = "`python -m proofs.graph docs/pictures/theorems` asks Rocq again"
        raise CbilError(f"{PICTURES}: {absent[0]} is not in the graph; {again}")
    lemmas = below(graph, roots) - set(roots)
    named = {short(theorem) for theorem in _theorems()}
    return len(lemmas), len({lemma.split(".")[0] for lemma in lemmas}), len(lemmas & named)


def declared(source: str) -> dict[str, int]:
    """The line, counted from 1, at which each name of a Rocq file is first declared.

    >>> declared("Lemma one : True.\\nProof. exact I. Qed.\\nTheorem two : True.")
    {'one': 1, 'two': 3}
    """
    lines: dict[str, int] = {}
    for number, line in enumerate(source.splitlines(), 1):
        if found := _DECLARED.match(line):
            lines.setdefault(found[1], number)
    return lines


def expanded(page: str) -> str:
    """The text of a page, with the theorems where their mark is."""
    return page.replace(MARK, "\n".join(_page())) if MARK in page else page


def _page() -> Iterator[str]:
    statements = dict(_ROW.findall((REPOSITORY / "SPEC.md").read_text()))
    yield "## The theorems\n"
    yield from _sections("T", statements)
    yield "## How tight they are\n"
    yield from _sections("W", statements)
    yield "## Sharper constants for smaller classes\n"
    yield (
        "These bounds hold for classes with few alternatives. Each is shown by a certificate that "
        "a program checks without trusting the search that found it.\n"
    )
    for claim in TABLE:
        if claim.tag is None and claim.truth == "true":
            yield f"### {claim.name.capitalize()}: {claim.title}\n"
            yield from _claim(claim)
    yield "## Definitions, readings and certificates\n"
    yield "The proofs also state that the definitions mean what they should.\n"
    for tag, title in _OTHERS.items():
        yield f"({tag.lower()})=\n### {tag}: {title}\n"
        yield from _rocq(tag)


def _sections(letter: str, statements: dict[str, str]) -> Iterator[str]:
    for tag in sorted(filter(lambda tag: tag.startswith(letter), statements), key=_order):
        claims = [claim for claim in TABLE if claim.tag == tag]
        main = next((claim for claim in claims if claim.name == tag), None)
        yield f"({tag.lower()})=\n### Theorem {tag}" + (f": {main.title}" if main else "") + "\n"
        if main and main.plain:
            yield f"*{main.plain}*\n"
        if main and main.latex:
            yield f":::{{math}}\n{main.latex}\n:::\n".replace(":::", "```")
        yield f"{statements[tag]}.\n".replace(r"\|", "|").replace("..\n", ".\n")
        for claim in claims:
            yield from _claim(claim)
        yield from _rocq(tag)


def _order(tag: str) -> tuple[int, str]:
    digits = re.search(r"\d+", tag)
    assert digits
    return int(digits[0]), tag


def _claim(claim: Claim) -> Iterator[str]:
    """How a claim is written for the programs, how it is known, and what shows it."""
    known = ", ".join(filter(None, (claim.status, claim.attribution)))
    yield f"- Claim: `{claim.bound}`: {known} ([table of claims](../../bounds/claims.toml))."
    for file in claim.certificate:
        yield f"- Certificate: {_certificate(file)}, checked by the [ledger](../bounds.md)."
    if claim.floor:
        yield f"- No potential gives a smaller constant: {_certificate(claim.floor)}."
    if not claim.tag:
        yield ""


def _certificate(file: str) -> str:
    return f"[`{file}`](../../bounds/ledger/certificates/{file})"


def _rocq(tag: str) -> Iterator[str]:
    """The theorems in Rocq about a claim, and what their proofs rest on."""
    theorems = theorems_of(tag)
    if not theorems:
        yield "- Rocq: nothing; the proof is by hand, in [SPEC](../../SPEC.md#theorems).\n"
        return
    yield "\n| in Rocq | what it says | scope |\n|---|---|---|"
    for theorem in theorems:
        place = f"../../proofs/rocq/{theorem.file}#{theorem.name}"
        words = theorem.words.replace("|", "\\|")
        yield f"| [`{theorem.name}`]({place}) | {words} | {theorem.scope} |"
    yield f"\n```{{lemma-graph}} {tag}\n```\n"

"""The table of claims: every statement of `claims.toml`, and how it is checked on a model.

A status is written there and nowhere else. `check`, `explore`, `check --universal`, `bounds`,
`plan`, the documentation and the tests read this table.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any, Literal, TypeAlias

from bounds.evidence import Evidence
from bounds.language.candidate import Candidate, Inequality, decide
from bounds.language.scene import Scene
from bounds.verdict import Verdict
from bounds.witness.family import Family, family_of, stored, tuples
from exact_cbil.errors import CbilError
from exact_cbil.model import Model
from exact_cbil.modelfile import read_model
from exact_cbil.models import SHIPPED
from exact_cbil.real import Real

__all__ = [
    "CLAIMS",
    "FALSE_CLAIMS",
    "LEMMAS",
    "TABLE",
    "Claim",
    "claim_named",
]

Truth: TypeAlias = Literal["true", "false", "open"]
Known: TypeAlias = Literal["kernel", "certificate", "hand"]
Scope: TypeAlias = Literal["same", "narrower", "wider"]


@dataclass(frozen=True)
class Claim:
    """A statement about every model that satisfies its hypotheses.

    bound: the inequality, in the grammar of `exact-cbil explore`. shown: how tables write it, with
        `{B}` for an event. links: pairs of the same, which its proof or its source asserts too;
        `known` is about the bound, and a link may be known by hand alone.
    truth: "true", "false" or "open". known: how a true one is known: "kernel" (Rocq), "certificate"
        (accepted by `check_potential.py`) or "hand"; None for the others.
    tag: the tag of SPEC under which it stands, which `proofs/theorems.toml` shares; a claim whose
        name is its tag is a theorem that `check` checks. attribution: whose it is, where not ours.
    uses: what its proof rests on: other claims, facts of `universal.facts`, lemmas of the table.
    scope: what bound and links compare, against the statement: the same, narrower or wider.
    plain, latex: the statement.
    certificate: files of `ledger/certificates` that show it. floor: a certificate that no proof by
        a potential gives a smaller constant.
    models: shipped names or files of `ledger/witnesses` at which it is nearly attained, or, for a
        false one, refuted; families: likewise.
    """

    name: str
    title: str
    bound: str
    truth: Truth
    known: Known | None = None
    tag: str | None = None
    attribution: str | None = None
    uses: tuple[str, ...] = ()
    scope: Scope | None = None
    plain: str = ""
    latex: str = ""
    shown: str = ""
    links: tuple[tuple[str, str], ...] = ()
    certificate: tuple[str, ...] = ()
    floor: str | None = None
    models: tuple[str, ...] = ()
    families: tuple[Family, ...] = ()

    @property
    def status(self) -> str:
        """Truth and how it is known, in words; a check on a model changes neither."""
        if self.truth == "open":
            return "open"
        return STATUS[self.known]

    @cached_property
    def candidate(self) -> Candidate:
        """The inequality of the claim itself."""
        return Candidate.parse(self.bound, self.name)

    @cached_property
    def _listed(self) -> tuple[tuple[Candidate, str, bool], ...]:
        """The claim and its links: how each is written, and whether it speaks of every event."""
        links = [(Candidate.parse(text), shown) for text, shown in self.links]
        listed = [(self.candidate, self.shown or self.bound), *links]
        return tuple((one, shown, None in one.events) for one, shown in listed)

    def check(self, evidence: Evidence) -> Verdict:
        """Whether the claim, with its links, holds on a model."""
        outside = self.candidate.outside(evidence)
        return decide(evidence, self._inequalities(evidence)) if outside is None else outside

    def _inequalities(self, evidence: Evidence) -> Iterator[Inequality]:
        """What is compared: first what speaks of no event, then all the rest for each event."""
        for one, shown, every in self._listed:
            if not every:
                found = Inequality(one, None, shown, headline=one is self.candidate)
                yield from found.of_members(evidence)
        for event in evidence.model.events:
            for one, shown, every in self._listed:
                if every:
                    what = shown.replace("{B}", event)
                    found = Inequality(one, event, what, headline=one is self.candidate)
                    yield from found.of_members(evidence)

    def right(self, scene: Scene) -> Real:
        """The bound itself: the right side where the scene says what the numbers are."""
        side = self.candidate.right
        assert not callable(side)
        assert not isinstance(side, str)
        return scene.value(side)

    def witnesses(self) -> Iterator[tuple[str, Model]]:
        """The models of `models`, read anew, with their names. Raises CbilError."""
        for name in self.models:
            yield name, SHIPPED[name]() if name in SHIPPED else read_model(stored(name))

    def refute(self) -> Verdict:
        """The verdict at the first witness; `Violated` for a claim that is false."""
        return self.check(Evidence(next(model for _, model in self.witnesses())))


STATUS: dict[Known | None, str] = {
    "kernel": "checked in a proof assistant",
    "certificate": "certified",
    "hand": "proved by hand",
    None: "false on purpose",
}


def _row(row: dict[str, Any]) -> Claim:
    row["families"] = [family_of(family) for family in row.get("families", ())]
    row["links"] = [(text, shown) for text, shown in row.get("links", ())]
    return Claim(**tuples(row))


_CONTENT = tomllib.loads((files("bounds") / "claims.toml").read_text(encoding="utf-8"))

TABLE: tuple[Claim, ...] = tuple(map(_row, _CONTENT["claim"]))
"""Every claim, in the order in which tables show them."""

LEMMAS: Mapping[str, str] = {row["name"]: row["says"] for row in _CONTENT["lemma"]}
"""What proofs rest on besides other claims and the facts of `universal.facts`, in words."""

CLAIMS: tuple[Claim, ...] = tuple(claim for claim in TABLE if claim.name == claim.tag)
"""The theorems of SPEC, which `check` checks on models."""

FALSE_CLAIMS: tuple[Claim, ...] = tuple(
    claim for claim in TABLE if claim.truth == "false" and claim.models
)
"""False statements of which a model that runs shows it: they show that a check can fail."""


def claim_named(name: str) -> Claim:
    """The claim of a name; CbilError where there is none.

    >>> claim_named("T1").status
    'checked in a proof assistant'
    """
    found = next((one for one in TABLE if one.name == name), None)
    if found is None:
        raise CbilError(f"no claim is called {name!r}")
    return found

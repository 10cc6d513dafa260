"""The claims of the table to a fixed horizon, every probability, weight and alpha a real unknown.

A script is the negation of a claim: unsat establishes it, and a refuting point becomes an ordinary
model and is checked with the exact engine. Every history is written out first, by cases of alpha
and prior; where that is too much, by cases of the first step too (`Unrolled.by_cases`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import TypeAlias

import z3

from bounds.claims import Claim, claim_named
from bounds.evidence import Evidence
from bounds.language.candidate import Candidate
from bounds.universal.forks import Ask, Known, forks, leaves
from bounds.universal.histories import Histories, Path, emission_name, seen, tag, top_law
from bounds.universal.prior import ALPHA, Prior, known_at_start, weights
from bounds.universal.reading import Side, Unknowns
from bounds.universal.values import SUMS, Quantities, bounded, excess_within, written
from bounds.verdict import Violated
from exact_cbil.environment import silent
from exact_cbil.errors import CbilError, shorten
from exact_cbil.expressions import Expression, Name
from exact_cbil.history import Rule
from exact_cbil.model import Model
from exact_cbil.policy import MoorePolicy
from exact_cbil.semimeasure import Semimeasure

__all__ = ["CONTROLS", "STATEMENTS", "Unrollable", "Unrolled"]

MOST_EMISSIONS = 2_000
"""How many unknown probabilities of emissions a script may have."""

MOST_POLICIES = 4
"""How many policies: the cases of the top set are their orders."""

Script: TypeAlias = tuple[str, str]
"""The case that it is about, and the text."""


@dataclass(frozen=True)
class Unrollable:
    """A claim that can be unrolled. text: its inequality, or the part of it that is polynomial."""

    claim: Claim
    text: str

    @property
    def name(self) -> str:
        """The claim's name."""
        return self.claim.name

    @property
    def shown(self) -> str:
        """How tables write it."""
        return self.claim.shown if self.text == self.claim.bound else self.text

    @property
    def control(self) -> bool:
        """Whether it must come out refuted."""
        return self.claim.truth == "false"

    @property
    def candidate(self) -> Candidate:
        """The inequality."""
        return Candidate.parse(self.text, self.name)

    @property
    def sides(self) -> tuple[Expression, Expression]:
        """Both sides of it."""
        left, right = self.candidate.left, self.candidate.right
        assert not callable(left)
        assert not callable(right)
        assert not isinstance(left, str)
        assert not isinstance(right, str)
        return left, right


def _statements(*names: str) -> tuple[Unrollable, ...]:
    return tuple(Unrollable(claim, claim.bound) for claim in map(claim_named, names))


STATEMENTS = (
    *_statements("T1", "T1a", "T1b", "T2", "T3", "T4"),
    Unrollable(claim_named("T5"), "P_i(B) <= P_g(B) + retention"),
)
CONTROLS = _statements("quarter-linear", "retention-alpha")
"""False statements, which must come out refuted."""


@dataclass(frozen=True)
class Unrolled:
    """A statement at a shape: policies, actions, horizon."""

    statement: Unrollable
    policies: int
    actions: int
    horizon: int

    def __post_init__(self) -> None:
        if self.policies > MOST_POLICIES:
            problem = f"{shorten(self.policies)} policies: expected at most {MOST_POLICIES}"
            raise CbilError(f"--unroll: {problem}")
        cells, histories = 0, 1
        for _ in range(self.horizon):
            cells += histories * self.policies * self.actions
            if cells > MOST_EMISSIONS:
                raise CbilError(
                    f"--unroll {shorten(self.horizon)}: {shorten(self.policies)} policies and "
                    f"{shorten(self.actions)} actions are unrolled to fewer steps: expected at "
                    f"most {MOST_EMISSIONS} probabilities, over all histories"
                )
            histories *= 2 * self.actions

    @property
    def name(self) -> str:
        """The claim and its horizon."""
        control = "control: " if self.statement.control else ""
        return f"{control}{self.statement.name}, T = {self.horizon}"

    def whole(self) -> Iterator[Script]:
        """The negation with every history written out, by cases of alpha and prior.

        Of a false claim only where all policies are alike after the first step: there a point that
        refutes it is found soon.
        """
        known = known_at_start(self.policies)
        histories = self._histories(known)
        alike = histories.alike() if self.statement.control else ()
        yield from self._scripts(known, written(histories), alike)

    def by_cases(self) -> Iterator[Script]:
        """The negation with less to decide; all unsat establish the claim too.

        Of a sum over steps: the top set at the start is pi_d alone, or not; then the value is at
        most T. Of events: what they exceed by is at most the exclusion.
        """
        known = known_at_start(self.policies)
        left, _ = self.statement.sides
        if isinstance(left, Name) and left.name in SUMS:
            start = forks(top_law(weights(self.policies), ALPHA), known)
            for decided, top in leaves(start, known):
                alone = top == (0,)
                process = written(self._histories(decided)) if alone else bounded(self.horizon)
                who = ", ".join(map(str, top))
                for name, script in self._scripts(decided, process):
                    yield f"top set {{{who}}}, {name}", script
        elif self.statement.candidate.events:
            yield from self._scripts(known, excess_within(self._histories(known)))

    def _histories(self, known: Known) -> Histories:
        return Histories(self.actions, self.horizon, weights(self.policies), ALPHA, known)

    def _scripts(
        self, known: Known, process: Quantities, facts: tuple[z3.BoolRef, ...] = ()
    ) -> Iterator[Script]:
        left, right = self.statement.sides
        sizes = {"T": self.horizon, "|Pi|": self.policies, "|A|": self.actions}

        def negated(ask: Ask) -> tuple[str, list[z3.BoolRef]]:
            prior = Prior(self.policies, ask)
            fixed = {name: (lambda size=size: Side(size)) for name, size in sizes.items()}
            names = {**fixed, **prior.names, **process.names}
            functions = {"F": prior.potential, "sqrt": lambda x: x ** Fraction(1, 2)}
            meaning = Unknowns(names, process.laws, functions)
            negation = meaning.value(left).exceeds(meaning.value(right))
            return ", ".join(prior.words) or "everywhere", [*prior.facts, negation]

        for decided, (name, stated) in leaves(forks(negated, known), known):
            solver = z3.Solver()
            solver.add(*process.facts, *facts, *stated)
            solver.add(*(c if answer else z3.Not(c) for c, answer in decided.values()))
            yield name, solver.sexpr()

    def violated_at(self, point: Mapping[str, Fraction]) -> bool:
        """Whether the exact engine confirms a point, which may be rounded or lack values."""
        try:
            verdict = self.statement.candidate.check(Evidence(self.model(point)))
        except (CbilError, KeyError):
            return False
        return isinstance(verdict, Violated)

    def model(self, point: Mapping[str, Fraction]) -> Model:
        """A point as a model; CbilError or KeyError where it is none."""
        actions = tuple(f"a{k}" for k in range(self.actions))
        steps = list(product((False, True), range(self.actions)))
        paths = [p for t in range(self.horizon) for p in product(steps, repeat=t)]

        def emission(j: int, path: Path) -> Semimeasure[str]:
            cells = enumerate(actions)
            return Semimeasure({x: point.get(emission_name(path, j, a), 0) for a, x in cells})

        def rules(j: int, path: Path) -> list[Rule]:
            if len(path) + 1 == self.horizon:
                return []
            return [
                Rule(tag(seen((*path, (q, a)), j)), actions[a], queried=q if j else None)
                for q, a in steps
                if j or not q
            ]

        odds = [Fraction(1), *(point[f"z{j}"] for j in range(1, self.policies))]
        policies = {
            f"policy-{j}": MoorePolicy.of(
                "h", {tag(path): (emission(j, path), rules(j, path)) for path in paths}
            )
            for j in range(self.policies)
        }
        prior = {name: z / sum(odds) for name, z in zip(policies, odds, strict=True)}
        environment, sizes = silent(actions), (point["alpha"], self.horizon)
        return Model(actions, ("x",), policies, prior, "policy-0", environment, *sizes)

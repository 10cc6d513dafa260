"""The claims to a fixed horizon with every probability, weight and alpha a real unknown.

The learner is written out over the tree of histories (queried, action), as SMT-LIB terms; a policy
may do anything at every history, so nothing is lost by having one observation. Comparisons become
`ite`, the expectation a polynomial. A refuting model becomes an ordinary model and is checked with
the exact engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import Literal, TypeAlias

from bounds.evidence import Evidence
from exact_cbil.environment import silent
from exact_cbil.history import Rule
from exact_cbil.model import Model
from exact_cbil.policy import MoorePolicy
from exact_cbil.semimeasure import Semimeasure

__all__ = ["UNROLLED", "Unrolled", "unrolled"]

Path: TypeAlias = tuple[tuple[bool, int], ...]
Claim: TypeAlias = Literal["T1a", "T3", "false: E sum theta^3 <= S_lin/4"]
UNROLLED: tuple[Claim, ...] = ("T1a", "T3")


def _sum(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"(+ {' '.join(parts)})" if parts else "0.0"


def _tag(path: Path) -> str:
    return "h" + "".join(f"{'q' if queried else 'i'}{a}" for queried, a in path)


@dataclass
class Unrolled:
    """A claim at a shape: policies, actions, horizon.

    Policy 0 is the demonstrator, first in class order, with prior odds 1; `z_j` are the others'.
    """

    claim: Claim
    policies: int
    actions: int
    horizon: int
    lines: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The claim and its horizon."""
        return f"{self.claim}, T = {self.horizon}"

    @property
    def plain(self) -> str:
        """What is unrolled."""
        return "every history written out"

    def script(self) -> str:
        """The negation of the claim: unsat establishes it for the shape."""
        self.lines = ["(declare-const alpha Real)", "(assert (and (> alpha 0) (<= alpha 1)))"]
        weights = ["1.0"]
        for j in range(1, self.policies):
            weights.append(f"z{j}")
            self.lines += [f"(declare-const z{j} Real)", f"(assert (> z{j} 0))"]
        value = self._value((), weights)
        odds = _sum(weights[1:])
        if self.claim == "T3":
            self.lines.append(f"(assert (> (* (- 1 alpha) {value}) (* alpha {odds})))")
        else:
            factor = "3.0" if self.claim == "T1a" else "(/ 3.0 4.0)"
            bound = f"(* {factor} {odds})"
            low = f"(> (* alpha {value}) (* (- 1 alpha) {bound}))"
            self.lines.append(f"(assert (ite (<= (* 2 alpha) 1) {low} (> {value} {bound})))")
        return "\n".join(self.lines)

    def _define(self, name: str, term: str, sort: str = "Real") -> str:
        self.lines.append(f"(define-fun {name} () {sort} {term})")
        return name

    def _value(self, path: Path, weights: list[str]) -> str:
        """The expected sum from a history on; `weights` is the posterior up to scale."""
        if len(path) == self.horizon:
            return "0.0"
        tag = _tag(path)
        emitted = self._emissions(tag)
        members = self._members(tag, weights)
        least = [self._least(tag, a, members, emitted) for a in range(self.actions)]
        theta = self._define(f"theta_{tag}", f"(- 1 {_sum(least)})")
        parts = []
        for a in range(self.actions):
            after = [
                self._define(f"w_{tag}_{a}_{j}", f"(* {weight} {emitted[j][a]})")
                for j, weight in enumerate(weights)
            ]
            for queried, chance, held in (
                (False, least[a], weights),
                (True, f"(* {theta} {emitted[0][a]})", after),
            ):
                following = self._value((*path, (queried, a)), held)
                if following != "0.0":
                    parts.append(f"(* {chance} {following})")
        future = _sum(parts)
        if self.claim == "T3":
            return self._define(f"value_{tag}", f"(ite {members[0]} {future} 1.0)")
        return self._define(f"value_{tag}", f"(+ (* {theta} {theta} {theta}) {future})")

    def _emissions(self, tag: str) -> list[list[str]]:
        emitted = []
        for j in range(self.policies):
            row = [f"e_{tag}_{j}_{a}" for a in range(self.actions)]
            for name in row:
                self.lines += [f"(declare-const {name} Real)", f"(assert (>= {name} 0))"]
            relation = "=" if j == 0 else "<="
            self.lines.append(f"(assert ({relation} {_sum(row)} 1))")
            emitted.append(row)
        return emitted

    def _members(self, tag: str, weights: list[str]) -> list[str]:
        """`w_j > 0` and `w_j >= alpha * (the weights ranked up to j)`, ties in class order."""
        found = []
        for j, own in enumerate(weights):
            ranked = [own]
            for i, other in enumerate(weights):
                if i != j:
                    before = ">=" if i < j else ">"
                    ranked.append(f"(ite ({before} {other} {own}) {other} 0.0)")
            inside = f"(and (> {own} 0) (>= {own} (* alpha {_sum(ranked)})))"
            found.append(self._define(f"top_{tag}_{j}", inside, "Bool"))
        return found

    def _least(self, tag: str, a: int, members: list[str], emitted: list[list[str]]) -> str:
        least = "2.0"  # above every probability; some policy is always in the top set
        for j, member in enumerate(members):
            own = emitted[j][a]
            term = f"(ite (and {member} (< {own} {least})) {own} {least})"
            least = self._define(f"min_{tag}_{a}_{j}", term)
        return least

    def violated_at(self, point: Mapping[str, Fraction]) -> bool:
        """Whether the exact engine confirms a refuting point."""
        model = self.model(point)
        if model is None:
            return False
        evidence = Evidence(model)
        result, linear = evidence.result, evidence.linear.exact
        assert result.exclusion is not None
        assert linear is not None
        if self.claim == "T3":
            retention = evidence.retention.exact
            return retention is not None and result.exclusion > retention
        return result.query_cubes > (linear if self.claim == "T1a" else linear / 4)

    def model(self, point: Mapping[str, Fraction]) -> Model | None:
        """A point as a model; None when rounding has taken it out of the domain."""
        zero = Fraction(0)
        odds = [Fraction(1), *(point.get(f"z{j}", Fraction(1)) for j in range(1, self.policies))]
        actions = tuple(f"a{k}" for k in range(self.actions))
        steps = list(product((False, True), range(self.actions)))
        paths = [p for t in range(self.horizon) for p in product(steps, repeat=t)]
        policies = {}
        try:
            for j in range(self.policies):
                states = {}
                for path in paths:
                    tag = _tag(path)
                    masses = {
                        name: point.get(f"e_{tag}_{j}_{a}", zero) for a, name in enumerate(actions)
                    }
                    rules = [
                        Rule(_tag((*path, step)), actions[step[1]], queried=step[0])
                        for step in steps
                        if (*path, step) in paths
                    ]
                    states[tag] = (Semimeasure(masses), rules)
                policies[f"policy-{j}"] = MoorePolicy.of("h", states)
            return Model(
                actions,
                ("x",),
                policies,
                {name: z / sum(odds) for name, z in zip(policies, odds, strict=True)},
                "policy-0",
                silent(actions),
                point["alpha"],
                self.horizon,
            )
        except (ValueError, KeyError):
            return None


def unrolled(policies: int, actions: int, horizon: int) -> list[Unrolled]:
    """The claims unrolled at a shape."""
    return [Unrolled(claim, policies, actions, horizon) for claim in UNROLLED]

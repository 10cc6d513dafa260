"""The claims to a fixed horizon with every probability, weight and alpha a real unknown.

A script is the negation of a claim: unsat establishes it, and a refuting model becomes an ordinary
model and is checked with the exact engine. The whole tree is asked first, region by region of alpha
and prior; where that is too much, the cases of the first step are (`Unrolled.cases`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from bounds.claims import TABLE, Claim
from bounds.evidence import Evidence
from bounds.universal.prior import Form, Region, regions
from bounds.universal.tree import Path, Tree, seen, tag
from bounds.universal.values import Value, divergence, excess, exclusion, sum_of_powers
from bounds.verdict import Violated
from exact_cbil.environment import silent
from exact_cbil.errors import CbilError, shorten
from exact_cbil.history import Rule
from exact_cbil.model import Model
from exact_cbil.policy import MoorePolicy
from exact_cbil.semimeasure import Semimeasure

__all__ = ["CONTROLS", "STATEMENTS", "Statement", "Unrolled"]

MOST_EMISSIONS = 10_000
"""How many unknown probabilities of emissions a script may have."""

KNOWN: Mapping[str, Claim] = {claim.name: claim for claim in TABLE}


@dataclass(frozen=True)
class Statement:
    """A claim that can be unrolled.

    claim: its name among the claims on models. form: of its bound. value: what is bounded.
    negation: from the horizon, the value and the bound.
    steps: whether the value is a sum over steps of at most 1 each, 0 while pi_d is alone in the
        top set. below: what the fact "excess" shows to be at least the value.
    """

    claim: str
    plain: str
    form: Form
    value: Value
    negation: Callable[[int, str, str], str]
    steps: bool = False
    below: Value | None = None


def _above_bound(horizon: int, value: str, bound: str) -> str:
    return f"(> {value} {bound})"


def _above_retention(horizon: int, value: str, odds: str) -> str:
    return f"(> (* (- 1 alpha) {value}) (* alpha {odds}))"


CUBES = sum_of_powers(3)
STATEMENTS = (
    Statement("T1", "E sum theta^3 <= S", "sum of F", CUBES, _above_bound, True),
    Statement("T1a", "E sum theta^3 <= S_lin", "linear", CUBES, _above_bound, True),
    Statement("T1b", "E sum theta^3 <= (K-1) F(max z/tau)", "largest F", CUBES, _above_bound, True),
    Statement(
        "T2",
        "(E sum theta)^3 <= T^2 S",
        "sum of F",
        sum_of_powers(1),
        lambda t, value, bound: f"(> (* {value} {value} {value}) (* {t * t}.0 {bound}))",
        True,
    ),
    Statement("T3", "P_i(pi_d ever outside) <= retention", "odds", exclusion, _above_retention),
    Statement(
        "T4",
        "E_g sum k <= sqrt(T S)",
        "sum of F",
        divergence,
        lambda t, value, bound: f"(and (> {value} 0) (> (* {value} {value}) (* {t}.0 {bound})))",
        True,
    ),
    Statement(
        "T5",
        "P_i(B) <= P_g(B) + retention",
        "odds",
        excess,
        _above_retention,
        below=exclusion,
    ),
)
CONTROLS = (
    Statement(
        "quarter-linear",
        "E sum theta^3 <= S_lin/4",
        "linear",
        CUBES,
        lambda t, value, bound: f"(> (* 4 {value}) {bound})",
    ),
    Statement(
        "retention-alpha",
        "P_i(pi_d ever outside) <= alpha",
        "odds",
        exclusion,
        lambda t, value, odds: f"(> {value} alpha)",
    ),
)
"""False statements, which must come out refuted."""


@dataclass(frozen=True)
class Unrolled:
    """A statement at a shape: policies, actions, horizon."""

    statement: Statement
    policies: int
    actions: int
    horizon: int

    def __post_init__(self) -> None:
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
        control = "control: " if self.statement in CONTROLS else ""
        return f"{control}{self.statement.claim}, T = {self.horizon}"

    def regions(self) -> Iterator[Region]:
        """The regions that cover all alphas and priors."""
        return regions(self.statement.form, self.policies)

    def whole(self, region: Region, *, alone: bool = False) -> str:
        """The negation in a region, every history written out.

        alone: only where pi_d is alone in the top set at the start.
        """
        tree = Tree(self.policies, self.actions, self.horizon, alone)
        weights, bound = region.declare(tree)
        value = self.statement.value(tree, weights)
        tree.state(self.statement.negation(self.horizon, value, bound))
        return "\n".join(tree.lines)

    def cases(self, region: Region) -> Iterator[tuple[str, str]]:
        """The negation in a region with less to decide, and names; all unsat settle the region.

        Of a sum over steps: at the start pi_d is alone in the top set, or some other policy is in
        it. There the fact "bounded" says that the value is at most T, in place of the tree.
        """
        if self.statement.below is not None:
            tree = Tree(self.policies, self.actions, self.horizon)
            weights, bound = region.declare(tree)
            larger = self.statement.below(tree, weights)
            yield "by a larger value", self._negated(tree, f"(<= value {larger})", bound)
        if not self.statement.steps:
            return
        yield "pi_d alone in the top set", self.whole(region, alone=True)
        for j in range(1, self.policies):
            tree = Tree(self.policies, self.actions, 0)
            weights, bound = region.declare(tree)
            tree.state(tree.members("start", weights)[j])
            script = self._negated(tree, f"(<= value {self.horizon})", bound)
            yield f"policy {j} in the top set", script

    def _negated(self, tree: Tree, known: str, bound: str) -> str:
        """The negation of what is known of the value."""
        value = tree.declare("value", known)
        tree.state(self.statement.negation(self.horizon, value, bound))
        return "\n".join(tree.lines)

    def violated_at(self, region: Region, point: Mapping[str, Fraction]) -> bool:
        """Whether the exact engine confirms a refuting point of a whole tree."""
        model = self.model(region, point)
        if model is None:
            return False
        return isinstance(KNOWN[self.statement.claim].check(Evidence(model)), Violated)

    def model(self, region: Region, point: Mapping[str, Fraction]) -> Model | None:
        """A point as a model; None when rounding has taken it out of the domain."""
        actions = tuple(f"a{k}" for k in range(self.actions))
        steps = list(product((False, True), range(self.actions)))
        paths = [p for t in range(self.horizon) for p in product(steps, repeat=t)]

        def emission(j: int, path: Path) -> Semimeasure[str]:
            cells = enumerate(actions)
            name = tag(seen(path, j))
            return Semimeasure({x: point.get(f"e_{name}_{j}_{a}", 0) for a, x in cells})

        def rules(j: int, path: Path) -> list[Rule]:
            if len(path) + 1 == self.horizon:
                return []
            return [
                Rule(tag(seen((*path, (q, a)), j)), actions[a], queried=q if j else None)
                for q, a in steps
                if j or not q
            ]

        try:
            odds = [Fraction(1), *region.odds(point)]
            policies = {
                f"policy-{j}": MoorePolicy.of(
                    "h", {tag(path): (emission(j, path), rules(j, path)) for path in paths}
                )
                for j in range(self.policies)
            }
            prior = {name: z / sum(odds) for name, z in zip(policies, odds, strict=True)}
            environment = silent(actions)
            sizes = (point["alpha"], self.horizon)
            return Model(actions, ("x",), policies, prior, "policy-0", environment, *sizes)
        except (ValueError, KeyError, ZeroDivisionError):
            return None

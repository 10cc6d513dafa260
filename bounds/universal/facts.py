"""The one-step facts from which the theorems follow at every horizon, for a shape of class.

A shape is (policies K, actions N). Policy 0 is the demonstrator with emission `p`; for the others
`r_j_a = pi_j(a)/p(a)` on the support of p, so that `sum_a p_a r_j_a <= 1`. The largest loss
`x_a = max over the top set of (1 - r_j_a)_+` is attained by some policy for each action: these are
the cases, up to renaming of actions. The losing set is the whole class; a smaller top set is a
smaller shape. Logarithms enter only as variables with instances of the two lemmas of `logarithm`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations_with_replacement

from bounds.universal.bounded import bounded, excess
from bounds.universal.case import Case, Certificate, Poly, Term, variables
from bounds.universal.drop import drop, drop_lemma
from bounds.universal.logarithm import LOG_LEMMA, TANGENT, log_lemma, tangent, tangent_gap
from bounds.universal.ranking import converse, left, threshold
from exact_cbil.errors import CbilError, OutOfRange, shorten

__all__ = ["FACTS", "Fact", "false_facts", "require_shape"]

MOST_CELLS = 24
"""The largest policies times actions: beyond it certificates take minutes, then hours."""


def require_shape(policies: int, actions: int) -> None:
    """Refuse shapes without an alternative to pi_d, and those whose cases are too many."""
    for name, value, least in (("policies", policies, 2), ("actions", actions, 1)):
        if value < least:
            raise OutOfRange(name, value, f"a whole number from {least}")
    if policies * actions > MOST_CELLS:
        raise CbilError(
            f"{shorten(policies)} policies and {shorten(actions)} actions: expected a shape of at "
            f"most {MOST_CELLS} cells, policies times actions"
        )


@dataclass(frozen=True)
class Fact:
    """A statement for all real parameters of a shape; it holds when all of its cases do.

    general: whether the shape does not matter, so that its cases say it of every class.
    """

    name: str
    plain: str
    cases: Callable[[int, int], Iterator[Case]]
    general: bool = False


@dataclass(frozen=True)
class _Shape:
    """The variables of a step where policy `attains[a]` attains the loss of action a."""

    v: dict[str, Poly]
    hypotheses: dict[str, Poly]
    definitions: dict[str, Poly]
    attains: tuple[int, ...]

    @property
    def name(self) -> str:
        return "the least is attained by " + ", ".join(str(j) for j in self.attains)

    @property
    def places(self) -> range:
        return range(len(self.attains))

    def moment(self, power: int) -> Poly:
        """`sum_a p_a x_a^power`."""
        v = self.v
        return sum((v[f"p{a}"] * v[f"x{a}"] ** power for a in self.places), 0 * v["p0"])

    def defined(self, name: str, poly: Poly) -> dict[str, Poly]:
        return {**self.definitions, name: poly}


def _shapes(policies: int, actions: int, *extra: str) -> Iterator[_Shape]:
    names = [f"p{a}" for a in range(actions)] + [f"x{a}" for a in range(actions)]
    names += [f"r{j}_{a}" for j in range(1, policies) for a in range(actions)]
    for attains in combinations_with_replacement(range(policies), actions):
        v = variables(*names, *extra)
        one = 1 + 0 * v["p0"]
        last = f"p{actions - 1}"
        definitions = {last: one - sum(v[f"p{a}"] for a in range(actions - 1))}
        hypotheses = {name: v[name] for name in names}
        for a, j in enumerate(attains):
            definitions[f"x{a}"] = one - v[f"r{j}_{a}"] if j else 0 * one
            for k in range(1, policies):
                hypotheses[f"loss{k}_{a}"] = v[f"x{a}"] - 1 + v[f"r{k}_{a}"]
        yield _Shape(v, hypotheses, definitions, attains)


def jensen(policies: int, actions: int) -> Iterator[Case]:
    """`theta^2 <= G`, for any `0 <= theta <= sum_a p_a x_a`. Source: SPEC T1."""
    for shape in _shapes(policies, actions, "theta"):
        v = shape.v
        hypotheses = {**shape.hypotheses, "theta": v["theta"]}
        hypotheses["rest"] = shape.moment(1) - v["theta"]
        terms = [Term(("rest", "rest")), Term(("theta", "rest"), Fraction(2))]
        for a in shape.places:
            for b in range(a):
                terms.append(Term((f"p{a}", f"p{b}"), square=v[f"x{a}"] - v[f"x{b}"]))
        goal = shape.moment(2) - v["theta"] ** 2
        certificate = Certificate(tuple(terms))
        yield Case(shape.name, v, hypotheses, goal, {}, shape.definitions, certificate)


def gain(policies: int, actions: int) -> Iterator[Case]:
    """`G <= theta` while pi_d is in the top set. Source: SPEC T4."""
    for shape in _shapes(policies, actions, "theta"):
        definitions = shape.defined("theta", shape.moment(1))
        terms = tuple(
            Term((f"p{a}", f"x{a}", f"r{j}_{a}")) for a, j in enumerate(shape.attains) if j
        )
        goal = shape.v["theta"] - shape.moment(2)
        certificate = Certificate(terms)
        yield Case(shape.name, shape.v, shape.hypotheses, goal, {}, definitions, certificate)


def divergence(policies: int, actions: int) -> Iterator[Case]:
    """`k <= G - theta^2` while pi_d is in the top set; `l_a` stands for `ln(s_a/p_a)`.

    `s_a/p_a = 1 - x_a + theta`, and each `l_a <= s_a/p_a - 1`. Source: SPEC T4.
    """
    for shape in _shapes(policies, actions, "theta", *(f"l{a}" for a in range(actions))):
        v = shape.v
        definitions = shape.defined("theta", shape.moment(1))
        hypotheses = {**shape.hypotheses, "theta": v["theta"]}
        k, terms = 0 * v["theta"], []
        for a, j in enumerate(shape.attains):
            ratio = 1 - v[f"x{a}"] + v["theta"]
            hypotheses[f"log{a}"] = tangent_gap(ratio, v[f"l{a}"])
            k += v[f"p{a}"] * ratio * v[f"l{a}"]
            own = (f"r{j}_{a}",) if j else ()
            terms += [Term((f"p{a}", f"log{a}", *own)), Term((f"p{a}", f"log{a}", "theta"))]
        goal = shape.moment(2) - v["theta"] ** 2 - k
        yield Case(shape.name, v, hypotheses, goal, {}, definitions, Certificate(tuple(terms)))


def supermartingale(policies: int, actions: int) -> Iterator[Case]:
    """`X = sum z` does not rise in expectation, over a step of any query probability.

    Source: SPEC T1 and T3.
    """
    others = range(1, policies)
    names = ["theta", *(f"p{a}" for a in range(actions)), *(f"z{j}" for j in others)]
    names += [f"r{j}_{a}" for j in others for a in range(actions)]
    v = variables(*names)
    zero = 0 * v["theta"]
    hypotheses = {name: v[name] for name in names}
    hypotheses["rest"] = 1 - v["theta"]
    now = sum((v[f"z{j}"] for j in others), zero)
    then, terms = zero, []
    for j in others:
        kept = sum((v[f"p{a}"] * v[f"r{j}_{a}"] for a in range(actions)), zero)
        hypotheses[f"deficit{j}"] = 1 - kept
        then += v[f"z{j}"] * kept
        terms.append(Term(("theta", f"z{j}", f"deficit{j}")))
    goal = now - (1 - v["theta"]) * now - v["theta"] * then
    yield Case("any step", v, hypotheses, goal, certificate=Certificate(tuple(terms)))


FACTS: tuple[Fact, ...] = (
    Fact("threshold", "pi in Top implies z >= tau", threshold),
    Fact("drop lemma", "F(x) + c(r-1) - F(xr) >= (1-r)_+^2", drop_lemma, True),
    Fact("drop", "E Phi drops by at least theta G", drop),
    Fact("jensen", "theta^2 <= G", jensen),
    Fact("supermartingale", "E X does not rise", supermartingale),
    Fact("exit", "pi_d outside Top implies 1 - alpha <= alpha X", left),
    Fact("divergence", "k <= G - theta^2", divergence),
    Fact("gain", "G <= theta", gain),
    Fact("bounded", "a step adds at most 1: theta^3, theta, k <= 1", bounded),
    Fact("excess", "P_i(B) - P_g(B) <= P_i(pi_d ever outside)", excess),
    Fact("log lemma", LOG_LEMMA, log_lemma, True),
    Fact("tangent", TANGENT, tangent, True),
)
"""Every inductive fact."""


def _doubled(policies: int, actions: int) -> Iterator[Case]:
    """False from two actions on: `2 theta^2 <= G`."""
    for case in jensen(policies, actions):
        v = case.variables
        goal = case.goal - v["theta"] ** 2
        yield Case(case.name, v, case.hypotheses, goal, {}, case.definitions)


def false_facts(policies: int) -> tuple[Fact, ...]:
    """Controls: statements that must come out refuted."""
    doubled = Fact("control: jensen doubled", "2 theta^2 <= G", _doubled)
    reversed_ = Fact("control: converse of threshold", "z >= tau implies pi in Top", converse)
    return (doubled, reversed_) if policies > 2 else (doubled,)

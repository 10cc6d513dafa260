"""A kernel for proofs by solver: a `Proof` is a value that only this module makes.

A proof is *solver-checked*: Z3 found no counter-model within a resource limit, and cvc5, asked the
same question, found none either. That is evidence; the nonlinear parts of both solvers contain
steps that nobody re-checks. It is never called "proved".

What is trusted: Z3 and cvc5 together, the four rules below (axiom, instance, lemma, induction),
and the axioms, each of which carries its reason and is named by every proof that rests on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import InitVar, dataclass
from typing import Any, NoReturn
from weakref import WeakKeyDictionary

import cvc5
import z3
from z3 import z3util

from exact_cbil.errors import CbilError
from proofs.ladder.search import small_model

__all__ = ["Disagreement", "Proof", "StepFails", "axiom", "induct", "instance", "lemma"]

STATUS = "solver-checked"
RESOURCES = 3_000_000  # Z3's and cvc5's own units, not seconds: the same on every machine
_SEAL = object()


class StepFails(CbilError):
    """A step does not follow: `model` is a counter-model, or None when Z3 gave up."""

    def __init__(self, name: str, model: dict[str, str] | None) -> None:
        self.name = name
        self.model = model
        pairs = ", ".join(f"{symbol} = {value}" for symbol, value in (model or {}).items())
        why = f"counter-model: {pairs}" if model is not None else "undecided: no answer from Z3"
        super().__init__(f"{name}: does not follow; {why}")


class Disagreement(CbilError):
    """Z3 says that a step follows and cvc5 does not agree."""

    def __init__(self, name: str, answer: str) -> None:
        self.name = name
        self.answer = answer
        super().__init__(f"{name}: Z3 finds that it follows, cvc5 answers {answer}")


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Proof:
    """That `statement` holds, for `reason`; uses: the proofs it rests on directly."""

    name: str
    statement: Any
    reason: str
    uses: tuple[Proof, ...]
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("only the kernel makes a Proof: see axiom, instance, lemma, induct")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Proof cannot be copied or pickled: make it again")

    @property
    def axioms(self) -> frozenset[str]:
        """The names of the axioms that it rests on, directly or not."""
        own = () if self.uses else (self.name,)
        return frozenset(own).union(*(proof.axioms for proof in self.uses)) - {_NOTHING.name}


# What each genuine proof states. The kernel reads a statement from here, so neither an object
# made past the constructor nor a changed attribute is believed.
_STATED: WeakKeyDictionary[Proof, Any] = WeakKeyDictionary()


def _make(name: str, statement: Any, reason: str, uses: Sequence[Proof]) -> Proof:
    proof = Proof(name, statement, reason, tuple(uses), _SEAL)
    _STATED[proof] = statement
    return proof


def _stated(proof: Proof) -> Any:
    try:
        return _STATED[proof]
    except (KeyError, TypeError):
        raise TypeError(f"not made by the kernel: {type(proof).__name__}") from None


_NOTHING = _make("nothing", z3.BoolVal(True), "true", ())


def axiom(name: str, statement: Any, reason: str) -> Proof:
    """Accept a statement without proof, for a reason that every proof resting on it will name."""
    if not reason.strip():
        raise ValueError(f"{name}: an axiom needs a reason")
    if free := z3util.get_vars(statement):
        # A lemma may quantify over it, and would then say more than the axiom does.
        raise ValueError(f"{name}: an axiom must be closed, {free[0]} is free")
    return _make(name, statement, reason, ())


def instance(proof: Proof, *terms: Any) -> Proof:
    """A universal statement at these terms."""
    statement = _stated(proof)
    if not z3.is_quantifier(statement) or statement.num_vars() != len(terms):
        raise ValueError(f"{proof.name}: cannot be taken at {len(terms)} terms")
    for place, term in enumerate(terms):
        if term.sort() != statement.var_sort(place):
            raise ValueError(f"{proof.name}: term {place} is a {term.sort()}")
    body = z3.substitute_vars(statement.body(), *reversed(terms))
    return _make(f"{proof.name} at {', '.join(map(str, terms))}", body, "instance", (proof,))


def lemma(
    name: str,
    variables: Sequence[Any],
    hypotheses: Mapping[str, Any],
    conclusion: Any,
    using: Sequence[Proof] = (),
) -> Proof:
    """For all values of the variables, the hypotheses imply the conclusion.

    Raises StepFails when it does not follow from what is used (with a counter-model when there is
    one) or is not decided, Disagreement when cvc5 does not find the same.
    """
    facts = [_stated(proof) for proof in using]
    assumed = list(hypotheses.values())
    _follows(name, [*facts, *assumed], conclusion)
    body = z3.Implies(z3.And(assumed), conclusion) if assumed else conclusion
    statement = z3.ForAll(list(variables), body) if variables else body
    return _make(name, statement, "Z3 and cvc5", using or (_NOTHING,))


def induct(
    name: str,
    claim: Callable[[Any], Any],
    hypotheses: Mapping[str, Any],
    using: Sequence[Proof] = (),
) -> Proof:
    """The hypotheses imply `claim(n)` for every whole number `n >= 0`.

    The principle: `claim(0)` follows, and for every `n >= 0`, `claim(n)` implies `claim(n + 1)`.
    The hypotheses must not speak of `n`. Raises as `lemma` does.
    """
    n = z3.FreshInt("n")
    base = lemma(f"{name}, at 0", [n], hypotheses, claim(z3.IntVal(0)), using)
    also = {**hypotheses, "n is a whole number": n >= 0, "it holds at n": claim(n)}
    step = lemma(f"{name}, from n to n + 1", [n], also, claim(n + 1), using)
    every = z3.ForAll([n], z3.Implies(n >= 0, claim(n)))
    statement = z3.Implies(z3.And(list(hypotheses.values())), every) if hypotheses else every
    return _make(name, statement, "induction", (base, step))


def _follows(name: str, facts: Sequence[Any], conclusion: Any) -> None:
    formulas = [*facts, z3.Not(conclusion)]
    if model := small_model(formulas):
        raise StepFails(name, model)
    asked = z3.Solver()
    asked.add(formulas)
    question = asked.to_smt2()
    # In a context of its own, so that what was asked before does not change the answer.
    solver = z3.Solver(ctx=z3.Context())
    solver.set("rlimit", RESOURCES)
    solver.from_string(question)
    answer = solver.check()
    if answer == z3.sat:
        raise StepFails(name, {str(d): str(solver.model()[d]) for d in solver.model().decls()})
    if answer != z3.unsat:
        raise StepFails(name, None)
    second = replay(question)
    if second != "unsat":
        raise Disagreement(name, second)


def replay(question: str) -> str:
    """What cvc5 answers to an SMT-LIB question: `sat`, `unsat` or `unknown`."""
    solver = cvc5.Solver()
    solver.setOption("rlimit", str(RESOURCES))
    # Cylindrical coverings decide the nonlinear steps; the default method gives up on some.
    solver.setOption("nl-ext", "none")
    solver.setOption("nl-cov", "true")
    solver.setLogic("ALL")
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, question, "step")
    symbols = parser.getSymbolManager()
    answers = []
    while not (command := parser.nextCommand()).isNull():
        answers.append(str(command.invoke(solver, symbols)).strip())
    return answers[-1].split()[0]

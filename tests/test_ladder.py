"""The ladder: every step holds, no hypothesis is idle, and nothing but the kernel proves."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import sympy
import z3
from click.testing import CliRunner

pytest.importorskip("cvc5")

from bounds.universal.logarithm import log_lemma_gap, tangent_gap
from proofs.ladder import axioms, cli, kernel
from proofs.ladder.kernel import Disagreement, Proof, StepFails, axiom, induct, instance, lemma
from proofs.ladder.steps import STEPS, Step, climb

X, Y = z3.Reals("x y")


@pytest.fixture(scope="module")
def made() -> dict[str, Proof]:
    return climb()


def test_every_step_holds_and_rests_on_the_listed_axioms_only(made: dict[str, Proof]) -> None:
    assert list(made) == [step.name for step in STEPS]
    listed = {each.name for each in axioms.AXIOMS}
    assert frozenset().union(*(proof.axioms for proof in made.values())) == listed
    assert {step.stage for step in STEPS} == {1, 2, 3, 4, 5}
    assert made["drop below the threshold"].axioms == {"tangent of the logarithm"}
    assert made["Jensen, two actions"].axioms == frozenset()


MUTANTS = [(step, hypothesis) for step in STEPS for hypothesis in step.hypotheses]


@pytest.mark.parametrize("flipped", [False, True], ids=["dropped", "flipped"])
@pytest.mark.parametrize(
    ("step", "hypothesis"), MUTANTS, ids=[f"{step.name}: {name}" for step, name in MUTANTS]
)
def test_a_step_fails_without_any_one_hypothesis(
    step: Step, hypothesis: str, flipped: bool, made: dict[str, Proof]
) -> None:
    left = {name: formula for name, formula in step.hypotheses.items() if name != hypothesis}
    if flipped:
        left[hypothesis] = z3.Not(step.hypotheses[hypothesis])
    with pytest.raises(StepFails) as failure:
        step.prove(made, left)
    model = failure.value.model
    assert model is not None
    if not step.induction:
        facts = [proof.statement for proof in step.using(made)]
        assert satisfies(model, step.variables, [*facts, *left.values(), z3.Not(step.claim)])


def satisfies(model: dict[str, str], variables: Sequence[Any], formulas: Sequence[Any]) -> bool:
    """Whether cvc5 agrees that the model, found with Z3, is one."""
    values = [x == z3.RealVal(model[str(x)]) for x in variables]
    solver = z3.Solver()
    solver.add(*values, *formulas)
    return kernel.replay(solver.to_smt2()) == "sat"


@pytest.mark.parametrize(
    "step", [step for step in STEPS if not step.induction], ids=lambda s: s.name
)
def test_the_opposite_of_a_conclusion_does_not_follow(step: Step, made: dict[str, Proof]) -> None:
    """So the hypotheses of a step, with what it uses, do not contradict one another."""
    opposite = dataclasses.replace(step, claim=z3.Not(step.claim))
    with pytest.raises(StepFails):
        opposite.prove(made)


def test_a_counter_model_is_a_counter_model() -> None:
    with pytest.raises(StepFails) as failure:
        lemma("wrong", [X], {"x > 0": X > 0}, X >= 1)
    model = failure.value.model
    assert model is not None
    assert 0 < sympy.Rational(model["x"]) < 1


LOG = sympy.log
POSITIVE = sympy.Symbol("u", positive=True)


def test_the_log_lemma_by_its_derivative() -> None:
    gap = log_lemma_gap(POSITIVE, LOG(POSITIVE))
    assert gap.subs(POSITIVE, 1) == 0
    slope = sympy.simplify(sympy.diff(gap, POSITIVE) + (1 - POSITIVE) ** 2 / POSITIVE)
    assert slope == 0  # the derivative is -(1-u)^2/u: never positive, so the gap falls towards 1


def test_the_tangent_by_its_derivative() -> None:
    gap = tangent_gap(POSITIVE, LOG(POSITIVE))
    assert gap.subs(POSITIVE, 1) == 0
    assert sympy.simplify(sympy.diff(gap, POSITIVE) - (1 - 1 / POSITIVE)) == 0
    assert sympy.diff(gap, POSITIVE, 2) == POSITIVE**-2  # convex: the stationary point is the least


def test_the_logarithm_of_a_product() -> None:
    other = sympy.Symbol("y", positive=True)
    assert sympy.expand_log(LOG(POSITIVE * other)) == LOG(POSITIVE) + LOG(other)


def forge_by_constructor() -> Any:
    return Proof("false", z3.BoolVal(False), "says so", (), object())


def forge_by_replace() -> Any:
    return dataclasses.replace(axioms.LOG_LEMMA, statement=z3.BoolVal(False), seal=None)


def forge_by_copy() -> Any:
    return copy.copy(axioms.LOG_LEMMA)


def forge_by_pickle() -> Any:
    return pickle.dumps(axioms.LOG_LEMMA)


def forge_past_the_constructor() -> Any:
    forged = object.__new__(Proof)
    object.__setattr__(forged, "statement", z3.BoolVal(False))
    object.__setattr__(forged, "name", "false")
    return lemma("anything", [], {}, z3.BoolVal(False), [forged])


def use_a_formula_as_a_proof() -> Any:
    return lemma("anything", [], {}, z3.BoolVal(False), [z3.BoolVal(False)])


@pytest.mark.parametrize(
    "forge",
    [
        forge_by_constructor,
        forge_by_replace,
        forge_by_copy,
        forge_by_pickle,
        forge_past_the_constructor,
        use_a_formula_as_a_proof,
    ],
)
def test_only_the_kernel_makes_a_proof(forge: Callable[[], Any]) -> None:
    with pytest.raises(TypeError, match=r"kernel|copied"):
        forge()


def test_a_changed_attribute_is_not_believed() -> None:
    proof = lemma("true", [X], {}, X == X)
    object.__setattr__(proof, "statement", z3.BoolVal(False))
    with pytest.raises(StepFails):
        lemma("anything", [], {}, z3.BoolVal(False), [proof])
    with pytest.raises(dataclasses.FrozenInstanceError):
        proof.name = "other"  # type: ignore[misc]


def test_an_axiom_needs_a_reason_and_no_free_symbol() -> None:
    with pytest.raises(ValueError, match="reason"):
        axiom("a", z3.BoolVal(True), " ")
    with pytest.raises(ValueError, match="x is free"):
        axiom("a", X == 1, "why not")


def test_an_instance_is_checked() -> None:
    proof = lemma("order", [X, Y], {"x < y": X < Y}, X <= Y)
    assert z3.eq(instance(proof, Y, X).statement, z3.Implies(z3.And(Y < X), Y <= X))
    with pytest.raises(ValueError, match="1 terms"):
        instance(proof, X)
    with pytest.raises(ValueError, match="Int"):
        instance(proof, X, z3.Int("n"))


def test_induction_needs_its_base_and_its_step() -> None:
    odd = z3.Function("odd", z3.IntSort(), z3.BoolSort())
    k = z3.Int("k")
    step = {"step": z3.ForAll([k], z3.Implies(odd(k), odd(k + 1)))}
    proof = induct("all", lambda n: odd(n), {"base": odd(0), **step})
    assert proof.reason == "induction"
    with pytest.raises(StepFails, match="at 0"):
        induct("all", lambda n: odd(n), step)
    with pytest.raises(StepFails, match=r"from n to n \+ 1"):
        induct("all", lambda n: odd(n), {"base": odd(0)})


def test_a_second_solver_that_disagrees_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "replay", lambda question: "sat")
    with pytest.raises(Disagreement, match="cvc5 answers sat"):
        lemma("true", [X], {}, X == X)


def test_the_second_solver_answers_by_itself() -> None:
    solver = z3.Solver()
    solver.add(X > 0)
    assert kernel.replay(solver.to_smt2()) == "sat"
    solver.add(X < 0)
    assert kernel.replay(solver.to_smt2()) == "unsat"


def test_work_is_bounded_by_a_resource_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "RESOURCES", 1)
    with pytest.raises(StepFails, match="undecided"):
        climb(STEPS[5:6])


def test_the_kernel_stays_small_enough_to_read() -> None:
    source = kernel.__file__
    assert source is not None
    assert len(Path(source).read_text().splitlines()) <= 200


def test_the_command_prints_the_steps_and_their_status() -> None:
    shown = CliRunner().invoke(cli.command, ["--json"], standalone_mode=False)
    assert shown.return_value == 0
    rows = json.loads(shown.output)["steps"]
    assert [row["step"] for row in rows] == [step.name for step in STEPS]
    assert {row["status"] for row in rows} == {"solver-checked"}
    table = CliRunner().invoke(cli.command, [], standalone_mode=False)
    assert "never positive" in table.output
    assert "proved" not in table.output

"""Write a model and the numbers claimed of it as a Rocq file that proves them.

In the file Rocq recomputes every number from the model (`agrees_with`, by `vm_compute`), and the
bridge theorem `certified` turns that into statements about the real-valued quantities.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exact_cbil.errors import OutOfRange
from exact_cbil.interaction import Result, StepExpectation
from exact_cbil.model import Model
from proofs.model_term import listed, model_term, option, quotient

__all__ = [
    "MAX_CHARACTERS",
    "MAX_HORIZON",
    "SHOW_ASSUMPTIONS",
    "certificate",
    "diagnosis",
    "labels",
]

MAX_HORIZON = 1000
MAX_CHARACTERS = 16 * 2**20
"""The largest file that is written."""

HEAD = """\
(* A certificate, written by exact-cbil: every number below is recomputed by Rocq and proved to be
   the real-valued quantity. Actions, observations, policies, states and events are numbered from 0
   in the order of the model; probabilities are integers over the units. *)
From Coq Require Import Reals List ZArith QArith Qreals.
From ExactCBIL Require Import Sums Learner Law Machines Rational Bridge Outcome Certificate.
Import ListNotations.
Open Scope Z_scope.
"""

PROOF = """\
Lemma recomputed : agrees_with this_model horizon claims = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

Theorem certificate : holds this_model horizon claims.
Proof. exact (certified this_model horizon claims recomputed). Qed.
"""

SHOW_ASSUMPTIONS = "\nPrint Assumptions certificate.\n"
"""The end of a kept file, for whoever compiles it without this program."""


def _step(step: StepExpectation) -> str:
    weight = step.demonstrator_weight
    values = [quotient(v) for v in (step.theta, step.theta2, step.theta3)]
    shown = option(None if weight is None else quotient(weight))
    return f"StepOutcome {' '.join(values)} {shown} {quotient(step.top_size)}"


def _claims(result: Result) -> str:
    exclusion = result.exclusion
    fields = {
        "query_cubes": quotient(result.query_cubes),
        "queries": quotient(result.queries),
        "exclusion": option(None if exclusion is None else quotient(exclusion)),
        "event_chances": listed(
            f"({quotient(event.demonstrator)}, {quotient(event.imitator)})"
            for event in result.events.values()
        ),
        "steps_before": listed(_step(step) for step in result.steps),
    }
    return ";\n".join(f"  {name} := {value}" for name, value in fields.items())


def _statements(result: Result) -> Iterable[str]:
    """The totals and events once more, each as a theorem to be read by itself."""
    law = "(model_of this_model) horizon"
    theta = "theta (model_of this_model)"
    yield (
        f"Theorem the_query_cubes :\n  (E_i {law} (path_sum (fun h => {theta} h ^ 3))\n"
        f"   = Q2R {quotient(result.query_cubes)})%R.\n"
        "Proof. exact (query_cubes_hold _ _ _ certificate). Qed.\n"
    )
    yield (
        f"Theorem the_queries :\n  (E_i {law} (path_sum ({theta}))\n"
        f"   = Q2R {quotient(result.queries)})%R.\n"
        "Proof. exact (queries_hold _ _ _ certificate). Qed.\n"
    )
    if result.exclusion is not None:
        yield (
            "Theorem the_exclusion : exists d, demonstrator this_model = inl d\n"
            "  /\\ realizable (model_of this_model) d\n"
            f"  /\\ (E_i {law} (fun h => indicator (outside_before this_model d h))\n"
            f"   = Q2R {quotient(result.exclusion)})%R.\n"
            "Proof. exact (exclusion_holds _ _ _ certificate). Qed.\n"
        )
    for k, event in enumerate(result.events.values()):
        indicator = f"(fun h => indicator (event this_model {k} h))"
        both = [
            f"(E_{who} {law} {indicator}\n   = Q2R {quotient(chance)})%R"
            for who, chance in (("d", event.demonstrator), ("i", event.imitator))
        ]
        yield (
            f"Theorem the_event_{k} :\n  {both[0]}\n  /\\ {both[1]}.\n"
            f"Proof. exact (events_hold _ _ _ certificate {k}"
            f" (proj1 (Nat.ltb_lt {k} {len(result.events)}) eq_refl)). Qed.\n"
        )


def _definitions(model: Model, result: Result) -> list[str]:
    if result.horizon > MAX_HORIZON:
        raise OutOfRange("horizon", result.horizon, f"at most {MAX_HORIZON}, to be certified")
    return [
        HEAD,
        f"Definition this_model : rational_model := {{|\n{model_term(model)}\n|}}.\n",
        f"Definition horizon : nat := {result.horizon}%nat.\n",
        f"Definition claims : outcome := {{|\n{_claims(result)}\n|}}%Q.\n",
    ]


def _bounded(parts: Iterable[str]) -> str:
    text = "\n".join(parts)
    if len(text) > MAX_CHARACTERS:
        expected = f"at most {MAX_CHARACTERS} characters; try a smaller horizon"
        raise OutOfRange("certificate", len(text), expected)
    return text


def certificate(model: Model, result: Result) -> str:
    """A Rocq file that compiles only if every number of `result` is right for `model`.

    model: made of finite machines; its own horizon does not matter, that of `result` does.
    Raises InvalidModel for other policies, OutOfRange for a model too large to be worth trying.
    """
    return _bounded([*_definitions(model, result), PROOF, *_statements(result)])


def labels(result: Result) -> Iterator[str]:
    """What each answer of the diagnosis is about, in its order."""
    yield from ("model", "query_cubes", "queries", "exclusion")
    for k in range(len(result.events)):
        yield f"event {k}, demonstrator"
        yield f"event {k}, imitator"
    fields = ("theta", "theta2", "theta3", "demonstrator_weight", "top_size")
    for step in result.steps:
        yield from (f"steps[{step.t}].{field}" for field in fields)


def diagnosis(model: Model, result: Result) -> str:
    """A Rocq file that prints, for each number of `result`, whether Rocq finds the same."""
    verdicts = "verdicts (outcome_of this_model horizon) claims"
    ask = f"Eval vm_compute in checked this_model :: {verdicts}.\n"
    wide = "Set Printing Width 1000000.\n"
    return _bounded([*_definitions(model, result), wide, ask])

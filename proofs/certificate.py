"""Write a model and the numbers claimed of it as a Rocq file that proves them.

In the file Rocq recomputes every number from the model (`agrees_with`, by `vm_compute`), and the
bridge theorem `certified` turns that into statements about the real-valued quantities. Names are
not written, only indices: those of the model file are untrusted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from math import lcm

from gmpy2 import mpz

from exact_cbil.environment import MooreEnvironment
from exact_cbil.errors import InvalidModel, NotAMeasure, OutOfRange, UnknownName
from exact_cbil.event import Automaton
from exact_cbil.history import Rule, Transitions
from exact_cbil.model import Model
from exact_cbil.policy import MoorePolicy, Policy
from exact_cbil.semimeasure import Semimeasure
from proofs.claims import Claims, StepClaims

__all__ = ["MAX_CHARACTERS", "MAX_HORIZON", "MAX_STATES", "certificate", "diagnosis"]

MAX_HORIZON = 1000
MAX_STATES = 2000
"""The largest machine that is written: Rocq counts its states in unary."""
MAX_UNIT_BITS = 4096
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


def _integer(value: int) -> str:
    # Rocq reads and prints long hexadecimal numerals far faster than decimal ones.
    shown = str(value) if value.bit_length() < 200 else hex(value)
    return f"({shown})" if value < 0 else shown


def _quotient(value: Fraction) -> str:
    return f"({_integer(value.numerator)} # {_integer(value.denominator)})"


def _option(text: str | None) -> str:
    return "None" if text is None else f"(Some {text})"


def _list(parts: Iterable[str]) -> str:
    return f"[{'; '.join(parts)}]"


def _numerators(values: Iterable[Fraction], unit: int) -> str:
    return _list(_integer(int(mpz(v.numerator) * (unit // v.denominator))) for v in values)


def _unit(values: Iterable[Fraction]) -> int:
    unit = 1
    for value in values:
        unit = lcm(unit, value.denominator)
        if unit.bit_length() > MAX_UNIT_BITS:
            expected = f"a common denominator of at most {MAX_UNIT_BITS} bits, to be certified"
            raise OutOfRange("model", unit, expected)
    return unit


class _Writer:
    """Writes one model as a term of type `rational_model`."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.actions = {name: k for k, name in enumerate(model.actions)}
        self.observations = {name: k for k, name in enumerate(model.observations)}
        self.policies = [self._moore(policy, "policies") for policy in model.policies.values()]
        outside = [] if model.realizable else [model.demonstrator_policy]
        self.others = [self._moore(policy, "demonstrator") for policy in outside]
        environment = model.environment
        if not isinstance(environment, MooreEnvironment):
            raise _not_finite("environment", environment)
        self.environment = environment
        machines = self.policies + self.others
        self.mass_unit = _unit(
            mass for m in machines for e in m.emissions.values() for _, mass in e.items()
        )
        self.chance_unit = _unit(
            mass
            for table in environment.emissions.values()
            for shown in table.values()
            for _, mass in shown.items()
        )
        self.prior_unit = _unit(model.weights)

    def _moore(self, policy: Policy, place: str) -> MoorePolicy:
        if not isinstance(policy, MoorePolicy):
            raise _not_finite(place, policy)
        return policy

    def _rule(self, rule: Rule, states: Mapping[str, int], blind: bool) -> str | None:
        queried = rule.queried
        if blind and queried is not None:  # a blind reader sees every step as queried (R2)
            if not queried:
                return None
            queried = None
        action = None if rule.action is None else f"{self.actions[rule.action]}%nat"
        seen = None if rule.observation is None else f"{self.observations[rule.observation]}%nat"
        asked = None if queried is None else str(queried).lower()
        parts = (_option(asked), _option(action), _option(seen))
        return f"Rule {' '.join(parts)} {states[rule.to]}"

    def _machine(
        self, transitions: Transitions, shown: Callable[[str], str], place: str, *, blind: bool
    ) -> str:
        if len(transitions.rules) > MAX_STATES:
            expected = f"at most {MAX_STATES} states, to be certified"
            raise OutOfRange(place, len(transitions.rules), expected)
        states = {name: k for k, name in enumerate(transitions.rules)}
        rows = []
        for name, rules in transitions.rules.items():
            written = [self._rule(rule, states, blind) for rule in rules]
            rows.append(f"({shown(name)}, {_list(text for text in written if text)})")
        return f"Machine {states[transitions.start]} {_list(rows)}"

    def _masses(
        self, masses: Semimeasure[str], names: Sequence[str], unit: int, place: str, measure: bool
    ) -> str:
        for name in masses:
            if name not in names:
                raise UnknownName(place, name, "name")
        if measure and not masses.is_measure:
            raise NotAMeasure(place, masses.total)
        return _numerators((masses[name] for name in names), unit)

    def _policy(self, policy: MoorePolicy, place: str, blind: bool) -> str:
        def shown(state: str) -> str:
            emission = policy.emissions[state]
            return self._masses(emission, self.model.actions, self.mass_unit, place, blind)

        return self._machine(policy.transitions, shown, place, blind=blind)

    def _environment(self) -> str:
        nothing: Semimeasure[str] = Semimeasure({})

        def shown(state: str) -> str:
            table = self.environment.emissions[state]
            return _list(
                self._masses(
                    table.get(action, nothing),
                    self.model.observations,
                    self.chance_unit,
                    "environment",
                    True,
                )
                for action in self.model.actions
            )

        return self._machine(self.environment.transitions, shown, "environment", blind=True)

    def _event(self, event: object) -> str:
        if not isinstance(event, Automaton):
            raise _not_finite("events", event)
        return self._machine(
            event.transitions, lambda state: str(event.accepts(state)).lower(), "events", blind=True
        )

    def write(self) -> str:
        index = self.model.demonstrator_index
        alpha = self.model.exact_alpha
        policies = [self._policy(m, "policies", k == index) for k, m in enumerate(self.policies)]
        if index is None:
            demonstrator = f"inr ({self._policy(self.others[0], 'demonstrator', True)})"
        else:
            demonstrator = f"inl {index}%nat"
        fields = {
            "action_count": str(len(self.actions)),
            "observation_count": str(len(self.observations)),
            "mass_unit": _integer(self.mass_unit),
            "chance_unit": _integer(self.chance_unit),
            "prior_unit": _integer(self.prior_unit),
            "policies": f"[\n    {(';' + chr(10) + '    ').join(policies)}]",
            "priors": _numerators(self.model.weights, self.prior_unit),
            "demonstrator": demonstrator,
            "environment": self._environment(),
            "alpha_numerator": _integer(alpha.numerator),
            "alpha_denominator": _integer(alpha.denominator),
            "events": _list(self._event(event) for event in self.model.events.values()),
        }
        return ";\n".join(f"  {name} := {value}" for name, value in fields.items())


def _not_finite(place: str, part: object) -> InvalidModel:
    kind = type(part).__name__
    return InvalidModel(place, f"only finite machines can be certified, not {kind}")


def _step(step: StepClaims) -> str:
    weight = step.demonstrator_weight
    values = [_quotient(v) for v in (step.theta, step.theta2, step.theta3)]
    shown = _option(None if weight is None else _quotient(weight))
    return f"StepOutcome {' '.join(values)} {shown} {_quotient(step.top_size)}"


def _claims(claims: Claims) -> str:
    exclusion = claims.exclusion
    fields = {
        "query_cubes": _quotient(claims.query_cubes),
        "queries": _quotient(claims.queries),
        "exclusion": _option(None if exclusion is None else _quotient(exclusion)),
        "event_chances": _list(f"({_quotient(d)}, {_quotient(i)})" for d, i in claims.events),
        "steps_before": _list(_step(step) for step in claims.steps),
    }
    return ";\n".join(f"  {name} := {value}" for name, value in fields.items())


def _statements(claims: Claims) -> Iterable[str]:
    """The totals and events once more, each as a theorem to be read by itself."""
    law = "(model_of this_model) horizon"
    theta = "theta (model_of this_model)"
    yield (
        f"Theorem the_query_cubes :\n  (E_i {law} (path_sum (fun h => {theta} h ^ 3))\n"
        f"   = Q2R {_quotient(claims.query_cubes)})%R.\n"
        "Proof. exact (query_cubes_hold _ _ _ certificate). Qed.\n"
    )
    yield (
        f"Theorem the_queries :\n  (E_i {law} (path_sum ({theta}))\n"
        f"   = Q2R {_quotient(claims.queries)})%R.\n"
        "Proof. exact (queries_hold _ _ _ certificate). Qed.\n"
    )
    if claims.exclusion is not None:
        yield (
            "Theorem the_exclusion : exists d, demonstrator this_model = inl d\n"
            "  /\\ realizable (model_of this_model) d\n"
            f"  /\\ (E_i {law} (fun h => indicator (outside_before this_model d h))\n"
            f"   = Q2R {_quotient(claims.exclusion)})%R.\n"
            "Proof. exact (exclusion_holds _ _ _ certificate). Qed.\n"
        )
    for k, chances in enumerate(claims.events):
        indicator = f"(fun h => indicator (event this_model {k} h))"
        both = [
            f"(E_{who} {law} {indicator}\n   = Q2R {_quotient(chance)})%R"
            for who, chance in zip("di", chances, strict=True)
        ]
        yield (
            f"Theorem the_event_{k} :\n  {both[0]}\n  /\\ {both[1]}.\n"
            f"Proof. exact (events_hold _ _ _ certificate {k}"
            f" (proj1 (Nat.ltb_lt {k} {len(claims.events)}) eq_refl)). Qed.\n"
        )


def _definitions(model: Model, claims: Claims) -> list[str]:
    if claims.horizon > MAX_HORIZON:
        raise OutOfRange("horizon", claims.horizon, f"at most {MAX_HORIZON}, to be certified")
    return [
        HEAD,
        f"Definition this_model : rational_model := {{|\n{_Writer(model).write()}\n|}}.\n",
        f"Definition horizon : nat := {claims.horizon}%nat.\n",
        f"Definition claims : outcome := {{|\n{_claims(claims)}\n|}}%Q.\n",
    ]


def _bounded(parts: Iterable[str]) -> str:
    text = "\n".join(parts)
    if len(text) > MAX_CHARACTERS:
        expected = f"at most {MAX_CHARACTERS} characters; try a smaller horizon"
        raise OutOfRange("certificate", len(text), expected)
    return text


def certificate(model: Model, claims: Claims) -> str:
    """A Rocq file that compiles only if every number of `claims` is right for `model`.

    model: made of finite machines; its own horizon does not matter, that of `claims` does.
    Raises InvalidModel for other policies, OutOfRange for a model too large to be worth trying.
    """
    end = "Print Assumptions certificate.\n"
    return _bounded([*_definitions(model, claims), PROOF, *_statements(claims), end])


def diagnosis(model: Model, claims: Claims) -> str:
    """A Rocq file that prints, for each number of `claims`, whether Rocq finds the same."""
    verdicts = "verdicts (outcome_of this_model horizon) claims"
    ask = f"Eval vm_compute in checked this_model :: {verdicts}.\n"
    wide = "Set Printing Width 1000000.\n"
    return _bounded([*_definitions(model, claims), wide, ask])

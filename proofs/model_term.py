"""Write a model as a Rocq term of type `rational_model`.

Names are not written, only indices: those of the model file are untrusted.
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

__all__ = ["MAX_STATES", "MAX_UNIT_BITS", "listed", "model_term", "option", "quotient"]

MAX_STATES = 2000
"""The largest machine that is written: Rocq counts its states in unary."""
MAX_UNIT_BITS = 4096
"""The longest common denominator that is written."""


def _integer(value: int) -> str:
    # Rocq reads and prints long hexadecimal numerals far faster than decimal ones.
    shown = str(value) if value.bit_length() < 200 else hex(value)
    return f"({shown})" if value < 0 else shown


def quotient(value: Fraction) -> str:
    """A rational as a Rocq term of type Q."""
    return f"({_integer(value.numerator)} # {_integer(value.denominator)})"


def option(text: str | None) -> str:
    """A Rocq option: `None`, or `Some` of a term."""
    return "None" if text is None else f"(Some {text})"


def listed(parts: Iterable[str]) -> str:
    """A Rocq list of terms."""
    return f"[{'; '.join(parts)}]"


def _numerators(values: Iterable[Fraction], unit: int) -> str:
    return listed(_integer(int(mpz(v.numerator) * (unit // v.denominator))) for v in values)


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
        self.alpha = model.exact_alpha
        _unit([self.alpha])  # only its length

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
        unknown = rule.action not in {None, *self.actions} or rule.observation not in {
            None,
            *self.observations,
        }
        if unknown:  # possible only in a model built in Python; no step matches such a rule
            return None
        action = None if rule.action is None else f"{self.actions[rule.action]}%nat"
        seen = None if rule.observation is None else f"{self.observations[rule.observation]}%nat"
        asked = None if queried is None else str(queried).lower()
        parts = (option(asked), option(action), option(seen))
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
            rows.append(f"({shown(name)}, {listed(text for text in written if text)})")
        return f"Machine {states[transitions.start]} {listed(rows)}"

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
            return listed(
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
            "alpha_numerator": _integer(self.alpha.numerator),
            "alpha_denominator": _integer(self.alpha.denominator),
            "events": listed(self._event(event) for event in self.model.events.values()),
        }
        return ";\n".join(f"  {name} := {value}" for name, value in fields.items())


def _not_finite(place: str, part: object) -> InvalidModel:
    kind = type(part).__name__
    return InvalidModel(place, f"only finite machines can be certified, not {kind}")


def model_term(model: Model) -> str:
    """The fields of a model, as a Rocq record's.

    model: made of finite machines; its horizon is not written.
    Raises InvalidModel for other policies, OutOfRange for machines too large to be worth trying.
    """
    return _Writer(model).write()

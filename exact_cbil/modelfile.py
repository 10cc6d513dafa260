"""The model file `cbil-model/1`: reading it into a `Model`, and writing one.

A fault is reported as `InvalidModel` with the JSON path of the place and what was expected there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from exact_cbil.environment import MooreEnvironment
from exact_cbil.errors import InvalidModel, shorten
from exact_cbil.event import Automaton
from exact_cbil.history import Rule, Transitions
from exact_cbil.model import Model
from exact_cbil.numbers import exact_sum, rational, text
from exact_cbil.policy import MoorePolicy, Policy
from exact_cbil.semimeasure import Semimeasure
from exact_cbil.strict_json import (
    FORMAT,
    MAX_BYTES,
    Document,
    EnvironmentMachine,
    EnvironmentState,
    EventMachine,
    EventRule,
    EventState,
    Masses,
    PolicyMachine,
    PolicyRule,
    PolicyState,
    json_path,
    parse_document,
)

__all__ = ["FORMAT", "MAX_BYTES", "build_model", "read_model", "write_model"]


class _Builder:
    """Turns a document whose shape is right into a model, checking what the names refer to."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.names = {
            "action": self._distinct("actions"),
            "observation": self._distinct("observations"),
        }

    def _distinct(self, key: str) -> list[str]:
        names: list[str] = getattr(self.document, key)
        for k, name in enumerate(names):
            if name in names[:k]:
                problem = f"expected distinct names, got {shorten(name)} twice"
                raise InvalidModel(json_path(key, k), problem)
        return names

    def build(self) -> Model:
        document = self.document
        demonstrator = document.demonstrator
        if isinstance(demonstrator, str) and demonstrator not in document.policies:
            problem = f"expected the name of a policy, got {shorten(demonstrator)}"
            raise InvalidModel("$.demonstrator", problem)
        self._prior()
        if not 0 < document.alpha <= 1:
            raise InvalidModel(
                "$.alpha", f"expected a rational in (0, 1], got {shorten(document.alpha)}"
            )
        policies: dict[str, Policy] = {
            name: self._policy(machine, ("policies", name), measure=name == demonstrator)
            for name, machine in document.policies.items()
        }
        return Model(
            actions=document.actions,
            observations=document.observations,
            policies=policies,
            prior=document.prior,
            demonstrator=demonstrator
            if isinstance(demonstrator, str)
            else self._policy(demonstrator, ("demonstrator",), measure=True),
            environment=self._environment(),
            alpha=document.alpha,
            horizon=document.horizon,
            events={name: self._event(name) for name in document.events},
        )

    def _prior(self) -> None:
        policies, prior = self.document.policies, self.document.prior
        for name, weight in prior.items():
            if name not in policies:
                raise InvalidModel(json_path("prior", name), "no policy has this name")
            if weight <= 0:
                raise InvalidModel(
                    json_path("prior", name), f"expected a positive weight, got {shorten(weight)}"
                )
        for name in policies:
            if name not in prior:
                raise InvalidModel(json_path("prior"), f"no weight for the policy {shorten(name)}")
        if (total := exact_sum(prior.values())) != 1:
            raise InvalidModel(
                "$.prior", f"expected weights that sum to 1, got the sum {shorten(total)}"
            )

    def _transitions(
        self,
        machine: PolicyMachine | EnvironmentMachine | EventMachine,
        path: tuple[str | int, ...],
        *,
        sees_queried: bool = False,
    ) -> Transitions:
        states: Mapping[str, PolicyState | EnvironmentState | EventState] = {**machine.states}
        if machine.start not in states:
            raise InvalidModel(
                json_path(*path, "start"), f"no state is called {shorten(machine.start)}"
            )
        rules: dict[str, tuple[Rule, ...]] = {}
        for name, state in states.items():
            made = []
            listed: Sequence[PolicyRule | EventRule] = state.next
            for k, rule in enumerate(listed):
                here = (*path, "states", name, "next", k)
                if rule.to not in states:
                    raise InvalidModel(
                        json_path(*here, "to"), f"no state is called {shorten(rule.to)}"
                    )
                for kind, known in self.names.items():
                    if (given := getattr(rule, kind)) is not None and given not in known:
                        raise InvalidModel(
                            json_path(*here, kind), f"no {kind} is called {shorten(given)}"
                        )
                queried = rule.queried if isinstance(rule, PolicyRule) else None
                if queried is not None and not sees_queried:
                    raise InvalidModel(
                        json_path(*here, "queried"),
                        "unknown key: the demonstrator does not see who acted",
                    )
                made.append(Rule(rule.to, rule.action, rule.observation, queried))
            rules[name] = tuple(made)
        return Transitions(machine.start, rules)

    def _masses(
        self, masses: Masses, kind: str, path: tuple[str | int, ...], *, measure: bool
    ) -> Semimeasure[str]:
        for name, mass in masses.items():
            if name not in self.names[kind]:
                raise InvalidModel(json_path(*path, name), f"no {kind} is called {shorten(name)}")
            if not 0 <= mass <= 1:
                raise InvalidModel(
                    json_path(*path, name), f"expected a probability, got {shorten(mass)}"
                )
        total = exact_sum(masses.values())
        if total > 1 or (measure and total < 1):
            wanted = "exactly 1" if measure else "at most 1"
            raise InvalidModel(
                json_path(*path),
                f"expected probabilities that sum to {wanted}, got the sum {shorten(total)}",
            )
        return Semimeasure(masses)

    def _policy(
        self, machine: PolicyMachine, path: tuple[str | int, ...], *, measure: bool
    ) -> MoorePolicy:
        emissions = {
            name: self._masses(
                state.emit, "action", (*path, "states", name, "emit"), measure=measure
            )
            for name, state in machine.states.items()
        }
        return MoorePolicy(self._transitions(machine, path, sees_queried=not measure), emissions)

    def _environment(self) -> MooreEnvironment:
        machine = self.document.environment
        emissions = {}
        for name, state in machine.states.items():
            path = ("environment", "states", name, "emit")
            for action in state.emit:
                if action not in self.document.actions:
                    raise InvalidModel(
                        json_path(*path, action), f"no action is called {shorten(action)}"
                    )
            for action in self.document.actions:
                if action not in state.emit:
                    raise InvalidModel(
                        json_path(*path), f"nothing for the action {shorten(action)}"
                    )
            emissions[name] = {
                action: self._masses(masses, "observation", (*path, action), measure=True)
                for action, masses in state.emit.items()
            }
        return MooreEnvironment(self._transitions(machine, ("environment",)), emissions)

    def _event(self, name: str) -> Automaton:
        machine = self.document.events[name]
        for k, state in enumerate(machine.accept):
            if state not in machine.states:
                raise InvalidModel(
                    json_path("events", name, "accept", k), f"no state is called {shorten(state)}"
                )
        return Automaton(self._transitions(machine, ("events", name)), frozenset(machine.accept))


def read_model(content: bytes | str) -> Model:
    """Read a model file.

    content: the file's bytes (UTF-8) or text, at most MAX_BYTES long. Untrusted.
    Raises InvalidModel, with the JSON path of the first fault found.
    Source: SPEC section 3.

    >>> read_model('{"format": "cbil-model/2"}')
    Traceback (most recent call last):
    ...
    exact_cbil.errors.InvalidModel: $.format: expected "cbil-model/1", got the string 'cbil-model/2'
    """
    return build_model(parse_document(content))


def build_model(document: Document) -> Model:
    """The model that a document of the right shape describes. Raises InvalidModel."""
    return _Builder(document).build()


def _transitions_json(transitions: Transitions) -> dict[str, dict[str, Any]]:
    def rule_json(rule: Rule) -> dict[str, Any]:
        parts = {
            "action": rule.action,
            "observation": rule.observation,
            "queried": rule.queried,
            "to": rule.to,
        }
        return {key: part for key, part in parts.items() if part is not None}

    return {
        state: {"next": [rule_json(rule) for rule in rules]} if rules else {}
        for state, rules in transitions.rules.items()
    }


def _policy_json(policy: Policy, path: str) -> dict[str, Any]:
    if not isinstance(policy, MoorePolicy):
        raise InvalidModel(
            path, f"only finite machines can be written, not {type(policy).__name__}"
        )
    moves = _transitions_json(policy.transitions)
    states = {
        state: {"emit": {a: text(mass) for a, mass in policy.emissions[state].items()}, **rest}
        for state, rest in moves.items()
    }
    return {"start": policy.start, "states": states}


def write_model(model: Model) -> dict[str, Any]:
    """A model as a `cbil-model/1` object, ready for `json.dumps`.

    Raises InvalidModel when a part of it is not a finite machine.
    Source: SPEC section 3.
    """
    environment = model.environment
    if not isinstance(environment, MooreEnvironment):
        kind = type(environment).__name__
        raise InvalidModel("$.environment", f"only finite machines can be written, not {kind}")
    moves = _transitions_json(environment.transitions)
    events: dict[str, Any] = {}
    for name, event in model.events.items():
        if not isinstance(event, Automaton):
            kind = type(event).__name__
            raise InvalidModel(
                json_path("events", name), f"only finite machines can be written, not {kind}"
            )
        events[name] = {
            "start": event.start,
            "accept": sorted(event.accept),
            "states": _transitions_json(event.transitions),
        }
    demonstrator = model.demonstrator
    return {
        "format": FORMAT,
        "actions": list(model.actions),
        "observations": list(model.observations),
        "policies": {
            name: _policy_json(policy, json_path("policies", name))
            for name, policy in model.policies.items()
        },
        "prior": {name: text(rational(weight)) for name, weight in model.prior.items()},
        "demonstrator": demonstrator
        if isinstance(demonstrator, str)
        else _policy_json(demonstrator, "$.demonstrator"),
        "environment": {
            "start": environment.start,
            "states": {
                state: {
                    "emit": {
                        action: {o: text(mass) for o, mass in shown.items()}
                        for action, shown in environment.emissions[state].items()
                    },
                    **rest,
                }
                for state, rest in moves.items()
            },
        },
        "alpha": text(model.exact_alpha),
        "horizon": model.horizon,
        "events": events,
    }

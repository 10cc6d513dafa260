"""The model file `cbil-model/1`: reading it into a `Model`, and writing one.

The shape of a file is the class `Document`. What the names in it refer to, and that probabilities
sum as they must, is checked next, and all that is wrong is reported at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    BeforeValidator,
    Field,
    PlainValidator,
    StrictBool,
    ValidationInfo,
    WithJsonSchema,
)

from exact_cbil.environment import MooreEnvironment
from exact_cbil.errors import InvalidModel, shorten
from exact_cbil.event import Automaton
from exact_cbil.files import MAX_BYTES, read_bytes, replace_file
from exact_cbil.history import Rule, Transitions
from exact_cbil.model import Model
from exact_cbil.numbers import exact_sum, rational, text
from exact_cbil.policy import MoorePolicy, Policy
from exact_cbil.reward import MAX_REWARD, MooreReward
from exact_cbil.semimeasure import Semimeasure
from exact_cbil.strict_json import (
    Horizon,
    Name,
    Part,
    Rational,
    describe,
    json_path,
    parse_json,
    shaped,
    valid_name,
)

__all__ = [
    "FORMAT",
    "Document",
    "build_model",
    "load",
    "model_of",
    "read_model",
    "save",
    "write_model",
]

FORMAT = "cbil-model/1"


# -- the shape ------------------------------------------------------------------------------------

Masses: TypeAlias = dict[Name, Rational]
Where: TypeAlias = tuple[str | int, ...]
Faults: TypeAlias = Iterator[tuple[Where, str]]


class EventRule(Part):
    """A rule of a machine that does not see `queried`."""

    to: Name
    action: Name | None = None
    observation: Name | None = None


class PolicyRule(EventRule):
    """A rule of a policy; it may name `queried`."""

    queried: StrictBool | None = None


class PolicyState(Part):
    """What a policy emits in a state, and its rules."""

    emit: Masses
    next: list[PolicyRule] = Field(default_factory=list)


class PolicyMachine(Part):
    """A policy: a Moore machine over actions."""

    start: Name
    states: dict[Name, PolicyState]


class EnvironmentState(Part):
    """What an environment emits for every action, and its rules."""

    emit: dict[Name, Masses]
    next: list[EventRule] = Field(default_factory=list)


class EnvironmentMachine(Part):
    """An environment: a Moore machine over observations."""

    start: Name
    states: dict[Name, EnvironmentState]


class EventState(Part):
    """The rules of a state of an event."""

    next: list[EventRule] = Field(default_factory=list)


class EventMachine(Part):
    """An event: a deterministic automaton."""

    start: Name
    accept: list[Name]
    states: dict[Name, EventState]


def _whole(value: object) -> int:
    if type(value) is not int or not 0 <= value <= MAX_REWARD:
        raise ValueError(f"expected an integer from 0 to {MAX_REWARD}, got {describe(value)}")
    return value


Whole: TypeAlias = Annotated[
    int,
    PlainValidator(_whole),
    WithJsonSchema({"type": "integer", "minimum": 0, "maximum": MAX_REWARD}),
]


class RewardState(Part):
    """The rewards of actions in a state, 0 where it names none, and its rules."""

    reward: dict[Name, Whole] = Field(default_factory=dict)
    next: list[EventRule] = Field(default_factory=list)


class RewardMachine(Part):
    """Rewards: a Moore machine over whole numbers for actions."""

    start: Name
    states: dict[Name, RewardState]


Machine: TypeAlias = PolicyMachine | EnvironmentMachine | EventMachine | RewardMachine


def _name_or_machine(value: object, info: ValidationInfo) -> object:
    if isinstance(value, str):
        return valid_name(value)
    if isinstance(value, dict):
        return PolicyMachine.model_validate(value, context=info.context)
    raise ValueError(f"expected a policy's name or a machine, got {describe(value)}")


def _not_null(value: object) -> object:
    if value is None:
        raise ValueError("expected an object, got null")
    return value


class Document(Part):
    """A whole model file."""

    format: Literal["cbil-model/1"]
    actions: Annotated[list[Name], Field(min_length=1)]
    observations: Annotated[list[Name], Field(min_length=1)]
    policies: Annotated[dict[Name, PolicyMachine], Field(min_length=1)]
    prior: dict[Name, Rational]
    demonstrator: Annotated[Name | PolicyMachine, BeforeValidator(_name_or_machine)]
    environment: EnvironmentMachine
    alpha: Rational
    horizon: Horizon
    events: dict[Name, EventMachine] = Field(default_factory=dict)
    reward: Annotated[RewardMachine | None, BeforeValidator(_not_null)] = None

    @cached_property
    def names(self) -> dict[str, frozenset[str]]:
        """The actions and the observations, by what a rule calls them."""
        listed = {"action": self.actions, "observation": self.observations}
        return {kind: frozenset(names) for kind, names in listed.items()}

    def machines(self) -> Iterator[tuple[Where, PolicyMachine, bool]]:
        """Every policy with its place, and whether it is the demonstrator."""
        for name, machine in self.policies.items():
            yield ("policies", name), machine, name == self.demonstrator
        if isinstance(self.demonstrator, PolicyMachine):
            yield ("demonstrator",), self.demonstrator, True


# -- what a shape may still get wrong -------------------------------------------------------------


def _faults(document: Document) -> Faults:
    for key, names in (("actions", document.actions), ("observations", document.observations)):
        seen: set[str] = set()
        for k, name in enumerate(names):
            if name in seen:
                yield (key, k), f"expected distinct names, got {shorten(name)} twice"
            seen.add(name)
    named = document.demonstrator
    if isinstance(named, str) and named not in document.policies:
        yield ("demonstrator",), f"expected the name of a policy, got {shorten(named)}"
    yield from _prior_faults(document)
    if not 0 < document.alpha <= 1:
        yield ("alpha",), f"expected a rational in (0, 1], got {shorten(document.alpha)}"
    for path, policy, leads in document.machines():
        for name, state in policy.states.items():
            place = (*path, "states", name, "emit")
            yield from _mass_faults(state.emit, document, "action", place, measure=leads)
        yield from _move_faults(policy, document, path, sees_queried=not leads)
    yield from _environment_faults(document)
    for name, event in document.events.items():
        for k, state_name in enumerate(event.accept):
            if state_name not in event.states:
                yield (
                    ("events", name, "accept", k),
                    f"no state is called {shorten(state_name)}",
                )
        yield from _move_faults(event, document, ("events", name))
    if document.reward is not None:
        yield from _reward_faults(document.reward, document)


def _reward_faults(machine: RewardMachine, document: Document) -> Faults:
    for name, state in machine.states.items():
        path = ("reward", "states", name, "reward")
        for action in state.reward:
            if action not in document.names["action"]:
                yield (*path, action), f"no action is called {shorten(action)}"
    yield from _move_faults(machine, document, ("reward",))


def _prior_faults(document: Document) -> Faults:
    policies, prior = document.policies, document.prior
    sound = True
    for name, weight in prior.items():
        if name not in policies:
            sound = False
            yield ("prior", name), "no policy has this name"
        if weight <= 0:
            sound = False
            yield ("prior", name), f"expected a positive weight, got {shorten(weight)}"
    for name in policies:
        if name not in prior:
            sound = False
            yield ("prior",), f"no weight for the policy {shorten(name)}"
    if sound and (total := exact_sum(prior.values())) != 1:
        yield ("prior",), f"expected weights that sum to 1, got the sum {shorten(total)}"


def _mass_faults(
    masses: Masses, document: Document, kind: str, path: Where, *, measure: bool
) -> Faults:
    known, sound = document.names[kind], True
    for name, mass in masses.items():
        if name not in known:
            yield (*path, name), f"no {kind} is called {shorten(name)}"
        if not 0 <= mass <= 1:
            sound = False
            yield (*path, name), f"expected a probability, got {shorten(mass)}"
    total = exact_sum(masses.values())
    if sound and (total > 1 or (measure and total < 1)):
        wanted = "exactly 1" if measure else "at most 1"
        yield path, f"expected probabilities that sum to {wanted}, got the sum {shorten(total)}"


def _move_faults(
    machine: Machine, document: Document, path: Where, *, sees_queried: bool = True
) -> Faults:
    if machine.start not in machine.states:
        yield (*path, "start"), f"no state is called {shorten(machine.start)}"
    for name, state in machine.states.items():
        for k, rule in enumerate(state.next):
            here = (*path, "states", name, "next", k)
            if rule.to not in machine.states:
                yield (*here, "to"), f"no state is called {shorten(rule.to)}"
            for kind, known in document.names.items():
                if (given := getattr(rule, kind)) is not None and given not in known:
                    yield (*here, kind), f"no {kind} is called {shorten(given)}"
            if not sees_queried and getattr(rule, "queried", None) is not None:
                yield (
                    (*here, "queried"),
                    "unknown key: the demonstrator does not see who acted",
                )


def _environment_faults(document: Document) -> Faults:
    for name, state in document.environment.states.items():
        path = ("environment", "states", name, "emit")
        for action in document.actions:
            if action not in state.emit:
                yield path, f"nothing for the action {shorten(action)}"
        for action, masses in state.emit.items():
            if action not in document.names["action"]:
                yield (*path, action), f"no action is called {shorten(action)}"
            yield from _mass_faults(masses, document, "observation", (*path, action), measure=True)
    yield from _move_faults(document.environment, document, ("environment",))


# -- reading --------------------------------------------------------------------------------------


def _transitions(machine: Machine) -> Transitions:
    def made(rule: EventRule) -> Rule:
        return Rule(rule.to, rule.action, rule.observation, getattr(rule, "queried", None))

    rules = {name: tuple(map(made, state.next)) for name, state in machine.states.items()}
    return Transitions(machine.start, rules)


def _policy(machine: PolicyMachine) -> MoorePolicy:
    emissions = {name: Semimeasure(state.emit) for name, state in machine.states.items()}
    return MoorePolicy(_transitions(machine), emissions)


def _environment(machine: EnvironmentMachine) -> MooreEnvironment:
    emissions = {
        name: {action: Semimeasure(masses) for action, masses in state.emit.items()}
        for name, state in machine.states.items()
    }
    return MooreEnvironment(_transitions(machine), emissions)


def _event(machine: EventMachine) -> Automaton:
    return Automaton(_transitions(machine), frozenset(machine.accept))


def _reward(machine: RewardMachine) -> MooreReward:
    rewards = {name: state.reward for name, state in machine.states.items()}
    return MooreReward(_transitions(machine), rewards)


def model_of(value: Mapping[str, Any]) -> Model:
    """The model that a parsed `cbil-model/1` object describes; InvalidModel as for `read_model`.

    Source: SPEC cbil-model/1.
    """
    return build_model(shaped(value, Document, FORMAT))


def build_model(document: Document) -> Model:
    """The model of a document whose shape is right; InvalidModel where its parts do not agree."""
    faults = [(json_path(*where), problem) for where, problem in _faults(document)]
    if faults:
        raise InvalidModel.of(faults)
    named = document.demonstrator
    return Model(
        actions=document.actions,
        observations=document.observations,
        policies={name: _policy(machine) for name, machine in document.policies.items()},
        prior=document.prior,
        demonstrator=named if isinstance(named, str) else _policy(named),
        environment=_environment(document.environment),
        alpha=document.alpha,
        horizon=document.horizon,
        events={name: _event(machine) for name, machine in document.events.items()},
        reward=None if document.reward is None else _reward(document.reward),
    )


def read_model(content: bytes | str) -> Model:
    """Read a model file.

    content: the file's bytes (UTF-8) or text, at most MAX_BYTES long. Untrusted.
    Raises InvalidModel, with the JSON path of the first fault found, and all in its `problems`.
    Source: SPEC cbil-model/1.

    >>> read_model('{"format": "cbil-model/2"}')
    Traceback (most recent call last):
    ...
    exact_cbil.errors.InvalidModel: $.format: expected "cbil-model/1", got the string 'cbil-model/2'
    """
    return model_of(parse_json(content))


def load(path: str | Path) -> Model:
    """Read a model from a file; CbilError names the file where that fails.

    >>> load("no such file")
    Traceback (most recent call last):
    ...
    exact_cbil.errors.CbilError: 'no such file': No such file or directory
    """
    return read_model(read_bytes(path, MAX_BYTES, pipes=True))


def save(model: Model, path: str | Path) -> None:
    """Write a model to a file, whole or not at all; `load` gives an equal model back.

    Raises InvalidModel when a part of the model is not a finite machine, and CbilError where the
    file cannot be written.
    """
    content = json.dumps(write_model(model), indent=1, ensure_ascii=False).encode()
    with replace_file(Path(path)) as file:
        file.write(content + b"\n")


# -- writing --------------------------------------------------------------------------------------


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
    Source: SPEC cbil-model/1.
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
    } | _reward_json(model)


def _reward_json(model: Model) -> dict[str, Any]:
    """The key `reward`; nothing for a model that has none."""
    reward = model.reward
    if reward is None:
        return {}
    if not isinstance(reward, MooreReward):
        kind = type(reward).__name__
        raise InvalidModel("$.reward", f"only finite machines can be written, not {kind}")
    states = {
        state: {"reward": dict(reward.rewards[state]), **rest}
        for state, rest in _transitions_json(reward.transitions).items()
    }
    return {"reward": {"start": reward.start, "states": states}}

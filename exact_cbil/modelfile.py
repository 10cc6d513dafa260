"""The model file `cbil-model/1`: reading untrusted JSON into a `Model`, and writing one.

A fault is reported as `InvalidModel` with the JSON path of the place and what was expected there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StrictBool,
    ValidationError,
)

from exact_cbil.environment import MooreEnvironment
from exact_cbil.errors import CbilError, InvalidModel, shorten
from exact_cbil.event import Automaton
from exact_cbil.history import Rule, Transitions
from exact_cbil.model import MAX_HORIZON, Model
from exact_cbil.policy import MoorePolicy, Policy
from exact_cbil.rational import rational, text
from exact_cbil.semimeasure import Semimeasure

__all__ = ["FORMAT", "MAX_BYTES", "read_model", "write_model"]

FORMAT = "cbil-model/1"
MAX_BYTES = 64 * 2**20
"""The largest model file that is read."""


def _rational(value: object) -> Fraction:
    if not isinstance(value, str):
        raise ValueError(f'expected a string such as "1/3", got {_describe(value)}')
    try:
        return rational(value, "")
    except CbilError as problem:
        detail = str(problem).rpartition("got ")[2].removeprefix("str ")
        raise ValueError(f'expected an integer or a ratio such as "1/3", got {detail}') from None


def _name(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"expected a non-empty name, got {_describe(value)}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"expected text, got a lone surrogate in {shorten(value)}") from None
    return value


def _horizon(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_HORIZON:
        raise ValueError(f"expected an integer from 0 to {MAX_HORIZON}, got {_describe(value)}")
    return value


def _describe(value: object) -> str:
    if isinstance(value, _LongNumber):
        return f"a number of {value.digits} digits"
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, str):
        return f"the string {shorten(value)}"
    if isinstance(value, int | float):
        return f"the number {shorten(value)}"
    return "an object" if isinstance(value, dict) else "an array"


Rational: TypeAlias = Annotated[Fraction, PlainValidator(_rational)]
Name: TypeAlias = Annotated[str, PlainValidator(_name)]
Horizon: TypeAlias = Annotated[int, PlainValidator(_horizon)]
Masses: TypeAlias = dict[Name, Rational]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Rule(_Part):
    to: Name
    action: Name | None = None
    observation: Name | None = None
    queried: StrictBool | None = None


class _EventRule(_Part):
    to: Name
    action: Name | None = None
    observation: Name | None = None


class _PolicyState(_Part):
    emit: Masses
    next: list[_Rule] = []


class _PolicyMachine(_Part):
    start: Name
    states: dict[Name, _PolicyState]


class _EnvironmentState(_Part):
    emit: dict[Name, Masses]
    next: list[_EventRule] = []


class _EnvironmentMachine(_Part):
    start: Name
    states: dict[Name, _EnvironmentState]


class _EventState(_Part):
    next: list[_EventRule] = []


class _EventMachine(_Part):
    start: Name
    accept: list[Name]
    states: dict[Name, _EventState]


def _name_or_machine(value: object) -> object:
    if isinstance(value, str):
        return _name(value)
    if isinstance(value, dict):
        return _PolicyMachine.model_validate(value)
    raise ValueError(f"expected a policy's name or a machine, got {_describe(value)}")


class _Document(_Part):
    format: Literal["cbil-model/1"]
    actions: Annotated[list[Name], Field(min_length=1)]
    observations: Annotated[list[Name], Field(min_length=1)]
    policies: Annotated[dict[Name, _PolicyMachine], Field(min_length=1)]
    prior: dict[Name, Rational]
    demonstrator: Annotated[Any, BeforeValidator(_name_or_machine)]
    environment: _EnvironmentMachine
    alpha: Rational
    horizon: Horizon
    events: dict[Name, _EventMachine] = {}


class _LongNumber:
    """A JSON number too long to convert; no field takes it."""

    def __init__(self, literal: str) -> None:
        self.digits = len(literal)


class _Object(dict[str, Any]):
    """A JSON object that remembers a key given twice."""

    repeated: str | None = None


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    found = _Object(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        found.repeated = next(k for k, _ in pairs if k in seen or seen.add(k))  # type: ignore[func-returns-value]
    return found


def _refuse_constant(literal: str) -> None:
    raise InvalidModel("$", f"expected JSON, got the literal {literal}")


def _parse(content: bytes | str) -> Any:
    if len(content) > MAX_BYTES:
        raise InvalidModel("$", f"expected at most {MAX_BYTES} bytes")
    try:
        decoded = content.decode() if isinstance(content, bytes) else content
    except UnicodeDecodeError as problem:
        raise InvalidModel("$", f"expected UTF-8, got a bad byte at {problem.start}") from None
    if not decoded.strip():
        raise InvalidModel("$", "expected a JSON object, got an empty file")
    try:
        return json.loads(
            decoded,
            object_pairs_hook=_object,
            parse_int=lambda s: int(s) if len(s) < 20 else _LongNumber(s),
            parse_float=lambda s: float(s) if len(s) < 40 else _LongNumber(s),
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as problem:
        place = f"line {problem.lineno}, column {problem.colno}"
        raise InvalidModel("$", f"expected JSON: {problem.msg} at {place}") from None
    except RecursionError:
        raise InvalidModel("$", "expected JSON nested less deeply") from None


def _path(*parts: str | int) -> str:
    shown = "$"
    for part in parts:
        if isinstance(part, int):
            shown += f"[{part}]"
        elif re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,40}", part):
            shown += f".{part}"
        else:
            shown += f"[{shorten(part, 40)}]"
    return shown


def _find_repeated(value: Any, path: tuple[str | int, ...] = ()) -> None:
    if isinstance(value, _Object) and value.repeated is not None:
        raise InvalidModel(_path(*path, value.repeated), "expected a key once, got it twice")
    children = value.items() if isinstance(value, dict) else enumerate(value)
    for key, child in children:
        if isinstance(child, dict | list):
            _find_repeated(child, (*path, key))


def _validate(value: Any) -> _Document:
    if not isinstance(value, dict):
        raise InvalidModel("$", f"expected a JSON object, got {_describe(value)}")
    if value.get("format") != FORMAT:
        got = _describe(value["format"]) if "format" in value else "nothing"
        raise InvalidModel("$.format", f'expected "{FORMAT}", got {got}')
    try:
        _find_repeated(value)
        return _Document.model_validate(value)
    except RecursionError:
        raise InvalidModel("$", "expected JSON nested less deeply") from None
    except ValidationError as problem:
        raise _first_fault(problem) from None


def _first_fault(problem: ValidationError) -> InvalidModel:
    fault = problem.errors(include_url=False)[0]
    place = [part for part in fault["loc"] if part != "[key]"]
    messages = {
        "missing": "expected this key, got nothing",
        "extra_forbidden": "unknown key",
        "too_short": "expected at least one entry, got none",
        "dict_type": f"expected an object, got {_describe(fault['input'])}",
        "model_type": f"expected an object, got {_describe(fault['input'])}",
        "model_attributes_type": f"expected an object, got {_describe(fault['input'])}",
        "list_type": f"expected an array, got {_describe(fault['input'])}",
        "bool_type": f"expected true or false, got {_describe(fault['input'])}",
    }
    message = messages.get(fault["type"], fault["msg"].removeprefix("Value error, "))
    return InvalidModel(_path(*place), message)


class _Builder:
    """Turns a document whose shape is right into a model, checking what the names refer to."""

    def __init__(self, document: _Document) -> None:
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
                raise InvalidModel(_path(key, k), problem)
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
                raise InvalidModel(_path("prior", name), "no policy has this name")
            if weight <= 0:
                raise InvalidModel(
                    _path("prior", name), f"expected a positive weight, got {shorten(weight)}"
                )
        for name in policies:
            if name not in prior:
                raise InvalidModel(_path("prior"), f"no weight for the policy {shorten(name)}")
        if (total := sum(prior.values())) != 1:
            raise InvalidModel(
                "$.prior", f"expected weights that sum to 1, got the sum {shorten(total)}"
            )

    def _transitions(
        self,
        machine: _PolicyMachine | _EnvironmentMachine | _EventMachine,
        path: tuple[str | int, ...],
        *,
        sees_queried: bool = False,
    ) -> Transitions:
        states: Mapping[str, _PolicyState | _EnvironmentState | _EventState] = machine.states
        if machine.start not in states:
            raise InvalidModel(
                _path(*path, "start"), f"no state is called {shorten(machine.start)}"
            )
        rules: dict[str, tuple[Rule, ...]] = {}
        for name, state in states.items():
            made = []
            for k, rule in enumerate(state.next):
                here = (*path, "states", name, "next", k)
                if rule.to not in states:
                    raise InvalidModel(_path(*here, "to"), f"no state is called {shorten(rule.to)}")
                for kind, known in self.names.items():
                    if (given := getattr(rule, kind)) is not None and given not in known:
                        raise InvalidModel(
                            _path(*here, kind), f"no {kind} is called {shorten(given)}"
                        )
                queried = rule.queried if isinstance(rule, _Rule) else None
                if queried is not None and not sees_queried:
                    raise InvalidModel(
                        _path(*here, "queried"),
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
                raise InvalidModel(_path(*path, name), f"no {kind} is called {shorten(name)}")
            if not 0 <= mass <= 1:
                raise InvalidModel(
                    _path(*path, name), f"expected a probability, got {shorten(mass)}"
                )
        total = sum(masses.values(), Fraction(0))
        if total > 1 or (measure and total < 1):
            wanted = "exactly 1" if measure else "at most 1"
            raise InvalidModel(
                _path(*path),
                f"expected probabilities that sum to {wanted}, got the sum {shorten(total)}",
            )
        return Semimeasure(masses)

    def _policy(
        self, machine: _PolicyMachine, path: tuple[str | int, ...], *, measure: bool
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
                        _path(*path, action), f"no action is called {shorten(action)}"
                    )
            for action in self.document.actions:
                if action not in state.emit:
                    raise InvalidModel(_path(*path), f"nothing for the action {shorten(action)}")
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
                    _path("events", name, "accept", k), f"no state is called {shorten(state)}"
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
    return _Builder(_validate(_parse(content))).build()


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
                _path("events", name), f"only finite machines can be written, not {kind}"
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
            name: _policy_json(policy, _path("policies", name))
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

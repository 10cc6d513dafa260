"""A `cbil-model/1` document in the terms of `exact_cbil.spec`, and its result by enumeration.

The engine's oracle: the document is read by a few lines of its own, and every number is a
definition of `spec` summed over histories, so nothing of the engine takes part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from typing import Any

from exact_cbil import spec
from exact_cbil.spec import History

ACTORS: dict[str, spec.Actor] = {
    "imitator": spec.imitate,
    "demonstrator": spec.demonstrate,
    "guarded": spec.guard,
}


def state_after(machine: dict[str, Any], history: History) -> str:
    """The state that a machine is in: the first rule that matches gives the next, else it stays."""
    state: str = machine["start"]
    for queried, action, observation in history:
        step = {"queried": queried, "action": action, "observation": observation}
        for rule in machine["states"][state].get("next", []):
            if all(step[part] == rule[part] for part in step if part in rule):
                state = rule["to"]
                break
    return state


def masses(written: dict[str, str]) -> dict[str, Fraction]:
    return {name: Fraction(mass) for name, mass in written.items()}


def policy(machine: dict[str, Any]) -> spec.Policy:
    return cache(lambda h: masses(machine["states"][state_after(machine, h)]["emit"]))


def event(machine: dict[str, Any]) -> spec.Event:
    return lambda h: state_after(machine, h) in machine["accept"]


def literal(document: dict[str, Any]) -> spec.Model:
    """The model of a document, as functions of histories."""
    environment, named = document["environment"], document["demonstrator"]
    return spec.Model(
        actions=document["actions"],
        policies={name: policy(machine) for name, machine in document["policies"].items()},
        prior=masses(document["prior"]),
        demonstrator=named if isinstance(named, str) else policy(named),
        environment=lambda h, action: masses(
            environment["states"][state_after(environment, h)]["emit"][action]
        ),
        alpha=Fraction(document["alpha"]),
        horizon=document["horizon"],
        events={name: event(machine) for name, machine in document.get("events", {}).items()},
    )


def histories(model: spec.Model) -> Iterator[History]:
    """Every history that the imitator or the demonstrator reaches, of every length."""
    times = range(model.horizon + 1)
    laws = [spec.law(model, actor, t) for actor in (spec.imitate, spec.demonstrate) for t in times]
    yield from dict.fromkeys(history for law in laws for history in law)


def result(model: spec.Model) -> dict[str, Any]:
    """The document `cbil-result/1`."""
    inside = isinstance(model.demonstrator, str)

    def mean(value: Callable[[History], Any], t: int) -> str:
        return str(spec.mean(model, lambda _, h: value(h), spec.imitate, t))

    def theta(history: History) -> Fraction:
        return spec.query_probability(model, history)

    def own_weight(history: History) -> Fraction:
        return spec.posterior(model, history)[str(model.demonstrator)]

    return {
        "format": "cbil-result/1",
        "horizon": model.horizon,
        "query_cubes": str(spec.query_cubes(model)),
        "queries": str(spec.queries(model)),
        "exclusion": str(spec.exclusion(model)) if inside else None,
        "events": {
            name: {
                law: str(spec.event_probability(model, name, ACTORS[law]))
                for law in ("demonstrator", "imitator")
            }
            for name in model.events
        },
        "steps": [
            {
                "t": t,
                "theta": mean(theta, t),
                "theta2": mean(lambda h: theta(h) ** 2, t),
                "theta3": mean(lambda h: theta(h) ** 3, t),
                "demonstrator_weight": mean(own_weight, t) if inside else None,
                "top_size": mean(lambda h: len(spec.top(model, h)), t),
            }
            for t in range(model.horizon)
        ],
    }

"""The learner by brute force: the definitions applied to the JSON of a question, in Fractions.

It shares nothing with the package: it reads the JSON itself. Right, slow, and the text from which
the wrong learners are made by one edit each.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any


def matches(rule: dict[str, Any], step: dict[str, Any]) -> bool:
    return all(
        rule[key] == step[key] for key in ("action", "observation", "queried") if key in rule
    )


def advance(machine: dict[str, Any], state: str, step: dict[str, Any]) -> str:
    for rule in machine["states"][state].get("next", []):
        if matches(rule, step):
            return str(rule["to"])
    return state


def emit(machine: dict[str, Any], state: str) -> dict[str, Fraction]:
    return {a: Fraction(p) for a, p in machine["states"][state]["emit"].items()}


def top_set(weights: dict[str, Fraction], alpha: Fraction) -> list[str]:
    alive = [name for name in weights if weights[name] > 0]
    ranked = sorted(alive, key=lambda name: -weights[name])
    members: list[str] = []
    running = Fraction(0)
    for name in ranked:
        running += weights[name]
        if weights[name] >= alpha * running:
            members.append(name)
        else:
            break
    return members


def believe(
    model: dict[str, Any], history: list[dict[str, Any]]
) -> tuple[dict[str, Fraction], dict[str, str]]:
    machines = model["policies"]
    weights = {name: Fraction(model["prior"][name]) for name in machines}
    states = {name: str(machine["start"]) for name, machine in machines.items()}
    for step in history:
        if step["queried"]:
            for name, machine in machines.items():
                likelihood = emit(machine, states[name]).get(step["action"], Fraction(0))
                weights[name] *= likelihood
        for name, machine in machines.items():
            states[name] = advance(machine, states[name], step)
    return weights, states


def answer(question: dict[str, Any]) -> dict[str, Any]:
    model, history = question["model"], question["history"]
    machines = model["policies"]
    alpha = Fraction(model["alpha"])
    weights, states = believe(model, history)
    total = sum(weights.values())
    top = top_set(weights, alpha)
    emitted = [emit(machines[name], states[name]) for name in top]
    minimum = {
        a: min([e.get(a, Fraction(0)) for e in emitted], default=Fraction(0))
        for a in model["actions"]
    }
    return {
        "id": question["id"],
        "top_set": top,
        "posterior": {name: w / total if total else Fraction(0) for name, w in weights.items()},
        "minimum": minimum,
        "query_probability": 1 - sum(minimum.values()),
    }


class Brute:
    """The brute force as an implementation."""

    def steps(self, batch: Sequence[Any]) -> list[dict[str, Any]]:
        return [answer(question.document) for question in batch]

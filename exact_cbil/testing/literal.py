"""Model files and questions in the terms of `exact_cbil.spec`: the definitions as a learner.

The JSON is read by a few lines of its own and every number is a definition of `spec`, so nothing of
the engine takes part. It is slow, right, and the text that the wrong learners are edits of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from exact_cbil import spec
from exact_cbil.spec import History

__all__ = ["answer", "event", "literal", "policy", "state_after"]

Machine = Mapping[str, Any]


def state_after(machine: Machine) -> Callable[[History], str]:
    """The state that a machine is in: the first rule that matches gives the next, else it stays."""
    known: dict[History, str] = {(): machine["start"]}

    def state(history: History) -> str:
        done = len(history)
        while history[:done] not in known:
            done -= 1
        for length in range(done, len(history)):
            queried, action, observation = history[length]
            step = {"queried": queried, "action": action, "observation": observation}
            now = known[history[:length]]
            for rule in machine["states"][now].get("next", []):
                if all(step[part] == rule[part] for part in step if part in rule):
                    now = rule["to"]
                    break
            known[history[: length + 1]] = now
        return known[history]

    return state


def masses(written: Mapping[str, str]) -> dict[str, Fraction]:
    """Masses from their strings."""
    return {name: Fraction(mass) for name, mass in written.items()}


def policy(machine: Machine) -> spec.Policy:
    """The policy that a machine is."""
    state = state_after(machine)
    emitted = {name: masses(inside["emit"]) for name, inside in machine["states"].items()}
    return lambda history: emitted[state(history)]


def event(machine: Machine) -> spec.Event:
    """The event that an automaton is."""
    state = state_after(machine)
    return lambda history: state(history) in machine["accept"]


def environment(machine: Machine) -> spec.Environment:
    """The environment that a machine is."""
    state = state_after(machine)
    return lambda history, action: masses(machine["states"][state(history)]["emit"][action])


def literal(document: Mapping[str, Any]) -> spec.Model:
    """The model of a document, as functions of histories."""
    named = document["demonstrator"]
    return spec.Model(
        actions=document["actions"],
        policies={name: policy(machine) for name, machine in document["policies"].items()},
        prior=masses(document["prior"]),
        demonstrator=named if isinstance(named, str) else policy(named),
        environment=environment(document["environment"]),
        alpha=Fraction(document["alpha"]),
        horizon=document.get("horizon", 0),
        events={name: event(machine) for name, machine in document.get("events", {}).items()},
    )


def answer(question: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a question. Source: SPEC D4, D5, D6."""
    model = literal(question["model"])
    history = tuple((s["queried"], s["action"], s["observation"]) for s in question["history"])
    return {
        "id": question["id"],
        "top_set": spec.top(model, history),
        "posterior": spec.posterior(model, history),
        "minimum": spec.minimum(model, history),
        "query_probability": spec.query_probability(model, history),
    }

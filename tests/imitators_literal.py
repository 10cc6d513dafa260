"""The imitators L1 to L12 by enumeration of histories, written from their definitions alone.

A rule is a function from a history to masses; it shares nothing with `exact_cbil.imitators`, and
takes the posterior, the top set and the laws from the literal specification.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, TypeAlias

import mpmath

from exact_cbil import spec
from exact_cbil.spec import History, Model

Masses: TypeAlias = Mapping[str, Any]
Rewards: TypeAlias = Callable[[History, spec.Step], int]
Rule: TypeAlias = Callable[[Model, History], Masses]
NOTHING: Masses = {}


def rewards_of(document: Mapping[str, Any]) -> Rewards:
    """The reward of a step after a history: by the file's machine, or 1 for an answer."""
    machine = document.get("reward")
    if machine is None:
        return lambda _, step: int(step[0])

    def reward(history: History, step: spec.Step) -> int:
        state = machine["start"]
        for _, action, observation in history:
            for rule in machine["states"][state].get("next", []):
                if rule.get("action", action) != action:
                    continue
                if rule.get("observation", observation) == observation:
                    state = rule["to"]
                    break
        found: int = machine["states"][state].get("reward", {}).get(step[1], 0)
        return found

    return reward


def members(model: Model, history: History) -> dict[str, Masses]:
    return {name: spec.member(model, name, history) for name in model.policies}


def least(model: Model, history: History, chosen: list[str]) -> Masses:
    if not chosen:
        return NOTHING
    emitted = members(model, history)
    return {a: min(emitted[name].get(a, Fraction(0)) for name in chosen) for a in model.actions}


def blend(model: Model, history: History, weights: Mapping[str, Any]) -> Masses:
    total = sum(weights.values())
    if not total:
        return NOTHING
    emitted = members(model, history)
    return {
        a: sum(w * emitted[name].get(a, Fraction(0)) for name, w in weights.items()) / total
        for a in model.actions
    }


def heaviest(weights: Mapping[str, Any]) -> str:
    return next(name for name in weights if weights[name] == max(weights.values()))


def likelihood(model: Model, name: str, history: History, power: Callable[[int], int]) -> Fraction:
    """`prod pi(a_k|h_<k)^power(k)`."""
    found = Fraction(1)
    for k, (_, action, _) in enumerate(history):
        mass = spec.member(model, name, history[:k]).get(action, Fraction(0))
        found *= Fraction(mass) ** power(k)
    return found


def variation(one: Masses, two: Masses, actions: Any) -> Fraction:
    zero = Fraction(0)
    gaps = [abs(one.get(a, zero) - two.get(a, zero)) for a in actions]
    spare = abs(spec.deficit(one) - spec.deficit(two))
    return (sum(gaps, zero) + spare) / 2


def rule(name: str, values: tuple[Fraction, ...], rewards: Rewards) -> Rule:
    """What a learner emits after a history; every posterior weight 0: it asks (R4)."""

    def conservative(model: Model, h: History) -> Masses:
        return least(model, h, spec.top_set(spec.posterior(model, h), values[0]))

    def relative(model: Model, h: History) -> Masses:
        w = spec.posterior(model, h)
        most = max(w.values())
        return least(model, h, [x for x in w if w[x] > 0 and w[x] >= values[0] * most])

    def absolute(model: Model, h: History) -> Masses:
        w = spec.posterior(model, h)
        if not any(w.values()):
            return NOTHING
        chosen = [x for x in w if w[x] >= values[0]]
        first = heaviest(w)
        return least(model, h, chosen if first in chosen else [first, *chosen])

    def predictive(model: Model, h: History) -> Masses:
        if len(h) < values[0]:
            return NOTHING
        return blend(model, h, spec.posterior(model, h))

    def map_(model: Model, h: History) -> Masses:
        w = spec.posterior(model, h)
        if len(h) < values[0] or not any(w.values()):
            return NOTHING
        return members(model, h)[heaviest(w)]

    def committed(model: Model, h: History) -> Masses:
        if len(h) < values[0]:
            return NOTHING
        evidence = [queried or k >= values[0] for k, (queried, _, _) in enumerate(h)]
        w = {
            x: model.prior[x] * likelihood(model, x, h, lambda k: int(evidence[k]))
            for x in model.policies
        }
        return blend(model, h, w)

    def unrefuted(model: Model, h: History, names: list[str]) -> list[str]:
        return [x for x in names if likelihood(model, x, h, lambda k: int(h[k][0])) > 0]

    def ensemble(model: Model, h: History) -> Masses:
        return least(model, h, unrefuted(model, h, list(model.policies)[: int(values[0])]))

    def gate(model: Model, h: History) -> Masses:
        w, emitted = spec.posterior(model, h), members(model, h)
        top = spec.top_set(w, values[0])
        for one in top:
            for two in top:
                if variation(emitted[one], emitted[two], model.actions) > values[1]:
                    return NOTHING
        return blend(model, h, {x: w[x] for x in top})

    def version_space(model: Model, h: History) -> Masses:
        alive = [x for x, weight in spec.posterior(model, h).items() if weight > 0]
        emitted = members(model, h)
        vectors = {tuple(emitted[x].get(a, Fraction(0)) for a in model.actions) for x in alive}
        return emitted[alive[0]] if len(vectors) == 1 else NOTHING

    def leader(model: Model, h: History) -> Masses:
        if len(h) < values[0]:
            return NOTHING
        products = {
            x: likelihood(model, x, h, lambda k: rewards(h[:k], h[k])) for x in model.policies
        }
        return members(model, h)[heaviest(products)]

    def gradient(model: Model, h: History) -> Masses:
        if len(h) < values[1]:
            return NOTHING
        v = [mpmath.mpf(0)] * len(model.policies)
        for k, step in enumerate(h):
            given = [float_of(e.get(step[1], 0)) for e in members(model, h[:k]).values()]
            s = softmax(v)
            mixed = sum(x * p for x, p in zip(s, given, strict=True))
            if any(given):
                size = float_of(values[0]) * rewards(h[:k], step)
                v = [
                    x + size * share * (p / mixed - 1)
                    for x, share, p in zip(v, s, given, strict=True)
                ]
        shares = zip(softmax(v), members(model, h).values(), strict=True)
        parts = [(s, emitted) for s, emitted in shares]
        return {a: sum(s * float_of(e.get(a, 0)) for s, e in parts) for a in model.actions}

    rules: dict[str, Rule] = {
        "conservative": conservative,
        "relative": relative,
        "absolute": absolute,
        "predictive": predictive,
        "map": map_,
        "committed": committed,
        "ensemble": ensemble,
        "gate": gate,
        "version-space": version_space,
        "leader": leader,
        "gradient": gradient,
        "always": lambda model, h: NOTHING,
    }
    return rules[name]


def float_of(value: Any) -> Any:
    """A rational as a long float."""
    exact = Fraction(value)
    return mpmath.mpf(exact.numerator) / exact.denominator


def softmax(v: list[Any]) -> list[Any]:
    powers = [mpmath.exp(x) for x in v]
    return [x / sum(powers) for x in powers]


def summary(model: Model, emits: Rule, number: Callable[[Any], Any] = Fraction) -> dict[str, Any]:
    """`E sum theta`, `E sum theta^3` and the probability of each event.

    number: into what numbers a rational goes.
    """
    law: dict[History, Any] = {(): number(1)}
    queries = cubes = number(0)
    for _ in range(model.horizon):
        following: dict[History, Any] = {}
        for h, mass in law.items():
            emitted = emits(model, h).items()
            m = {a: number(p) if isinstance(p, int | Fraction) else p for a, p in emitted}
            theta = 1 - sum(m.values())
            queries, cubes = queries + mass * theta, cubes + mass * theta**3
            acts = {(False, a): p for a, p in m.items()}
            asked = spec.demonstrator(model, h).items()
            acts |= {(True, a): theta * number(p) for a, p in asked}
            for (queried, action), act in acts.items():
                for seen, shown in model.environment(spec.hidden(h), action).items():
                    if act and shown:
                        chance = mass * act * number(shown)
                        following[(*h, (queried, action, seen))] = chance
        law = following
    events = {
        name: sum((mass for h, mass in law.items() if event(spec.hidden(h))), number(0))
        for name, event in model.events.items()
    }
    return {"queries": queries, "query_cubes": cubes, "events": events}

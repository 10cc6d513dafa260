"""Random small models, from a seeded generator."""

from __future__ import annotations

import string
from fractions import Fraction
from random import Random
from typing import Any

from bounds.explore.aims import Aims
from bounds.explore.document import Document, Machine, set_prior
from exact_cbil.numbers import text
from exact_cbil.potential import threshold

__all__ = ["ALPHAS", "drawn", "redraw_prior", "rule_to", "shares"]

ALPHAS = [Fraction(1, n) for n in (2, 3, 4, 5, 10, 20, 100)]
ALPHAS += [Fraction(2, 5), Fraction(2, 3), Fraction(9, 10), Fraction(1)]


def drawn(rng: Random, aims: Aims) -> Document:
    """A random small model."""

    actions = list(string.ascii_lowercase[: aims.size("|A|", rng, [2, 2, 2, 3, 4])])
    observations = [f"o{k}" for k in range(aims.size("|O|", rng, [1, 1, 1, 2]))]
    names = [f"p{k}" for k in range(aims.size("|Pi|", rng, [2, 2, 3, 3, 4, 5]))]
    lossy = rng.random() < 0.4
    document: Document = {
        "format": "cbil-model/1",
        "actions": actions,
        "observations": observations,
        "policies": {},
        "prior": {},
        "demonstrator": rng.choice(names),
        "environment": _environment(rng, actions, observations),
        "alpha": text(aims.alpha(rng, ALPHAS)),
        "horizon": aims.size("T", rng, [1, 1, 2, 3, 4, 6, 8]),
        "events": {"drawn": _event(rng, actions, observations)},
    }
    for name in names:
        asked = name == document["demonstrator"]
        document["policies"][name] = _machine(rng, document, asked, lossy)
    if not aims.realizable and rng.random() < 0.7:
        document["demonstrator"] = _machine(rng, document, True, False)
    redraw_prior(document, rng, aims)
    return document


def shares(rng: Random, names: list[str], lossy: bool) -> dict[str, str]:
    """A measure, or perhaps a semimeasure, of small denominator."""
    lost = rng.choice([0, 0, 1, 2]) if lossy else 0
    if rng.random() < 0.3:
        parts = [int(k == rng.randrange(len(names))) for k in range(len(names))]
    else:
        parts = [rng.choice([0, 1, 1, 2, 3]) for _ in names]
    if not any(parts) and not lost:
        parts[rng.randrange(len(parts))] = 1
    total = sum(parts) + lost
    return {n: text(Fraction(p, total)) for n, p in zip(names, parts, strict=True) if p}


def _machine(rng: Random, document: Document, asked: bool, lossy: bool) -> Machine:
    names = [f"s{k}" for k in range(rng.choice([1, 1, 2, 2, 3]))]
    machine: Machine = {"start": names[0], "states": {}}
    for name in names:
        emit = shares(rng, document["actions"], lossy and not asked)
        machine["states"][name] = {"emit": emit, "next": []}
    for name in names if len(names) > 1 else ():
        for _ in range(rng.choice([0, 1, 1, 2])):
            rule = rule_to(rng, document, names, asked)
            machine["states"][name]["next"].append(rule)
    return machine


def rule_to(rng: Random, document: Document, states: list[str], blind: bool) -> dict[str, Any]:
    """A random rule to one of some states. blind: whether it may not name `queried`."""
    rule: dict[str, Any] = {"to": rng.choice(states)}
    if rng.random() < 0.5:
        rule["action"] = rng.choice(document["actions"])
    if len(document["observations"]) > 1 and rng.random() < 0.5:
        rule["observation"] = rng.choice(document["observations"])
    if not blind and rng.random() < 0.25:
        rule["queried"] = rng.random() < 0.6
    return rule


def _environment(rng: Random, actions: list[str], observations: list[str]) -> Machine:
    emit = {a: shares(rng, observations, False) for a in actions}
    return {"start": "e", "states": {"e": {"emit": emit}}}


def _event(rng: Random, actions: list[str], observations: list[str]) -> Machine:
    names = ["n0", "n1", "n2"]
    seen = {"actions": actions, "observations": observations}
    states = {name: {"next": [rule_to(rng, seen, names, True)]} for name in names}
    return {"start": "n0", "accept": [rng.choice(names)], "states": states}


def redraw_prior(document: Document, rng: Random, aims: Aims) -> None:
    """Give the policies small whole weights, or odds at simple multiples of the threshold tau."""
    odds = {name: Fraction(rng.choice([1, 1, 2, 3, 4, 8])) for name in document["policies"]}
    asked = document["demonstrator"]
    if rng.random() < 0.5 and isinstance(asked, str):
        tau = threshold(Fraction(document["alpha"]))
        shares = [Fraction(1), Fraction(1), Fraction(2), Fraction(1, 2), Fraction(1, 3)]
        odds = {name: tau * rng.choice(shares) for name in odds}
        odds[asked] = Fraction(1)
    _aim(odds, asked, aims.demonstrator_weight(rng))
    set_prior(document, odds)


def _aim(odds: dict[str, Fraction], asked: object, weight: Fraction | None) -> None:
    """Give the demonstrator a weight, and the others the rest in their proportions."""
    if weight is not None and isinstance(asked, str) and len(odds) > 1:
        rest = sum(odds.values(), Fraction(0)) - odds[asked]
        odds[asked] = rest * weight / (1 - weight)

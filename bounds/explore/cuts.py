"""Cuts of a model: what shrinking tries to leave out or make simpler, one thing at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import combinations, product
from math import gcd
from typing import Any

from bounds.explore.document import (
    Document,
    Machine,
    copy,
    emissions,
    others,
    prune,
    set_prior,
    simplest_between,
    weights,
)
from exact_cbil.numbers import text

__all__ = ["CUTS"]

MAX_GROUPED = 8
"""The most policies of which groups are left out together."""


def _with_prior(document: Document, odds: Mapping[str, Fraction]) -> Document:
    found = copy(document)
    set_prior(found, odds)
    return found


def _kept(document: Document) -> Iterator[Document]:
    """Keep one or two of the policies but pi_d, or all but two, each with several horizons.

    Prior odds to the demonstrator stay. One policy alone often cannot go: in a chain each leads to
    the next, and the horizon goes with them.
    """
    rest, now = others(document), document["horizon"]
    if not 1 < len(rest) <= MAX_GROUPED:
        return
    groups = [*combinations(rest, 1), *combinations(rest, 2), *combinations(rest, len(rest) - 2)]
    horizons = [h for h in dict.fromkeys([1, 2, now // 2, now - 2, now - 1, now]) if 0 < h <= now]
    for group, horizon in product(dict.fromkeys(groups), horizons):
        found, odds = copy(document), weights(document)
        for gone in set(rest) - set(group):
            del found["policies"][gone], odds[gone]
        found["horizon"] = horizon
        set_prior(found, odds)
        yield found


def _horizons(document: Document) -> Iterator[Document]:
    now = document["horizon"]
    less = [now - now // 2**power for power in range(1, now.bit_length())]
    for horizon in dict.fromkeys([1, 2, now // 4, *less, now - 1]):
        if 0 <= horizon < now:
            yield {**copy(document), "horizon": horizon}


def _events(document: Document) -> Iterator[Document]:
    for name in document["events"]:
        found = copy(document)
        del found["events"][name]
        yield found


def _policies(document: Document) -> Iterator[Document]:
    for gone in others(document) if len(document["policies"]) > 1 else ():
        found, odds = copy(document), weights(document)
        del found["policies"][gone]
        weight = odds.pop(gone)
        set_prior(found, odds)
        yield found
        # Its weight may have been needed: let each of the rest inherit it.
        for heir in odds:
            yield _with_prior(found, {**odds, heir: odds[heir] + weight})


def _places(document: Document) -> list[tuple[str, ...]]:
    """Where machines stand: paths into a document."""
    found: list[tuple[str, ...]] = [("policies", name) for name in document["policies"]]
    found += [("demonstrator",)] if isinstance(document["demonstrator"], dict) else []
    return [*found, ("environment",), *(("events", name) for name in document["events"])]


def _at(document: Document, path: tuple[str, ...]) -> Machine:
    found: Any = document
    for key in path:
        found = found[key]
    machine: Machine = found
    return machine


def _states(document: Document) -> Iterator[Document]:
    """Merge a state into another."""
    for path in _places(document):
        names = list(_at(document, path)["states"])
        for gone, kept in product(reversed(names), names):
            if gone != kept:
                found = copy(document)
                _merge(_at(found, path), gone, kept)
                yield found


def _merge(machine: Machine, gone: str, kept: str) -> None:
    del machine["states"][gone]
    machine["start"] = kept if machine["start"] == gone else machine["start"]
    if "accept" in machine:
        machine["accept"] = [state for state in machine["accept"] if state != gone]
    for state in machine["states"].values():
        for rule in state.get("next", []):
            rule["to"] = kept if rule["to"] == gone else rule["to"]
    prune(machine)


def _rules(document: Document) -> Iterator[Document]:
    """Leave out a rule, and states that nothing leads to then."""
    for path in _places(document):
        for name, state in _at(document, path)["states"].items():
            for number in range(len(state.get("next", []))):
                found = copy(document)
                machine = _at(found, path)
                del machine["states"][name]["next"][number]
                prune(machine)
                yield found


def _actions(document: Document) -> Iterator[Document]:
    """Let an action's mass go to another, or be lost where it may."""
    for gone, kept in product(reversed(document["actions"]), document["actions"]):
        if gone != kept:
            yield _renamed(document, "action", gone, kept)


def _observations(document: Document) -> Iterator[Document]:
    for gone, kept in product(reversed(document["observations"]), document["observations"]):
        if gone != kept:
            yield _renamed(document, "observation", gone, kept)


def _renamed(document: Document, kind: str, gone: str, kept: str) -> Document:
    found = copy(document)
    found[f"{kind}s"].remove(gone)
    if kind == "action":
        for state in found["environment"]["states"].values():
            del state["emit"][gone]
    for holder, key, _ in _emitted(found, kind):
        masses = holder[key]
        if gone in masses:
            total = Fraction(masses.pop(gone)) + Fraction(masses.get(kept, "0"))
            masses[kept] = text(total)
    for path in _places(found):
        for state in _at(found, path)["states"].values():
            for rule in state.get("next", []):
                if rule.get(kind) == gone:
                    rule[kind] = kept
    return found


def _emitted(document: Document, kind: str) -> list[tuple[Any, str, bool]]:
    if kind == "observation":
        states = document["environment"]["states"].values()
        return [(state["emit"], action, True) for state in states for action in state["emit"]]
    inside = _places(document)[: -1 - len(document["events"])]
    return [
        (state, "emit", True) for path in inside for state in _at(document, path)["states"].values()
    ]


def _simpler(value: Fraction) -> list[Fraction]:
    """Simpler numbers near a fraction between 0 and 1, the nearest last."""
    found = [Fraction(0), Fraction(1), Fraction(1, 2)]
    width = Fraction(1, 2)
    while width > Fraction(1, 1000):
        found.append(simplest_between(max(value - width, width / 8), value + width))
        width /= 2
    return [x for x in dict.fromkeys(found) if x.denominator <= value.denominator and x != value]


def _alphas(document: Document) -> Iterator[Document]:
    for alpha in _simpler(Fraction(document["alpha"])):
        if 0 < alpha <= 1:
            yield {**copy(document), "alpha": text(alpha)}


def _priors(document: Document) -> Iterator[Document]:
    """Equal weights, then whole numbers of a small sum near the weights, then simpler odds."""
    now = weights(document)
    yield _with_prior(document, dict.fromkeys(now, Fraction(1)))
    for total in range(len(now), 25):
        parts = {name: Fraction(max(1, round(w * total))) for name, w in now.items()}
        yield _with_prior(document, parts)
    for name, other in product(now, now):
        if name != other:
            for odds in _simpler(min(Fraction(1), now[name] / now[other])):
                if odds > 0:
                    yield _with_prior(document, {**now, name: odds * now[other]})


def _both(document: Document) -> Iterator[Document]:
    """The simplest weights and alphas together, of two or three policies."""
    names = list(document["prior"])
    if not 2 <= len(names) <= 3:
        return
    most = 6 if len(names) == 2 else 5
    alphas = {Fraction(p, q) for q in range(1, most + 1) for p in range(1, q + 1)}
    priors = [
        parts
        for parts in product(range(1, most), repeat=len(names))
        if sum(parts) <= most and gcd(*parts) == 1
    ]
    pairs = product(priors, alphas)
    for parts, alpha in sorted(pairs, key=lambda pair: (sum(pair[0]) + pair[1].denominator, pair)):
        found = _with_prior(document, dict(zip(names, map(Fraction, parts), strict=True)))
        yield {**found, "alpha": text(alpha)}


def _masses(document: Document) -> Iterator[Document]:
    """Simpler probabilities in one place: all on one name, equal shares, nearby fractions."""
    for number, (holder, key, whole) in enumerate(emissions(document)):
        masses = {name: Fraction(mass) for name, mass in holder[key].items()}
        for simpler in _simpler_masses(masses, whole):
            found = copy(document)
            there, where, _ = emissions(found)[number]
            target: Any = there
            target[where] = {name: text(mass) for name, mass in simpler.items() if mass}
            yield found


def _simpler_masses(masses: dict[str, Fraction], whole: bool) -> Iterator[dict[str, Fraction]]:
    yield {}
    for name in masses:
        yield {name: Fraction(1)}
    yield {name: Fraction(1, len(masses)) for name in masses}
    for total in range(2, 25):
        parts = {name: Fraction(round(mass * total), total) for name, mass in masses.items()}
        if sum(parts.values()) <= 1:
            yield parts
    for name, other in product(masses, masses):
        if name != other:
            both = masses[name] + masses[other]
            for mass in _simpler(masses[name]):
                if 0 <= mass <= both:
                    yield {**masses, name: mass, other: both - mass}
        elif not whole:
            for mass in _simpler(masses[name]):
                yield {**masses, name: mass}


CUTS = (
    _kept,
    _horizons,
    _policies,
    _events,
    _states,
    _rules,
    _actions,
    _observations,
    _both,
    _priors,
    _alphas,
    _masses,
)

"""Random models, and random changes of a model, from a seeded generator."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from random import Random
from typing import Any, NamedTuple

from bounds.explore.document import Document, Machine, copy, others, prune, set_prior, weights
from exact_cbil.potential import threshold
from exact_cbil.rational import text

__all__ = ["Aims", "changed", "drawn"]

ALPHAS = [Fraction(1, n) for n in (2, 3, 4, 5, 10, 20, 100)]
ALPHAS += [Fraction(2, 5), Fraction(2, 3), Fraction(9, 10), Fraction(1)]
MAX_POLICIES, MAX_STATES, MAX_HORIZON, LARGEST = 8, 6, 256, 64


class Aims(NamedTuple):
    """Where hypotheses say that models must be.

    fixed: quantities with one value, such as `|A|`. near: constants with which a quantity is
        compared. realizable: whether the demonstrator must be in the class.
    """

    fixed: Mapping[str, Fraction] = {}
    near: Mapping[str, tuple[Fraction, ...]] = {}
    realizable: bool = True

    def alpha(self, rng: Random, options: Sequence[Fraction]) -> Fraction:
        """One of the options, or a value at or beside a constant."""
        if "alpha" in self.fixed:
            return self.fixed["alpha"]
        near = [c for c in self.near.get("alpha", ()) if 0 < c <= 1]
        if near and rng.random() < 0.6:
            chosen = rng.choice(near)
            return rng.choice([chosen, chosen, chosen / 2, (1 + chosen) / 2])
        return rng.choice(options)

    def size(self, name: str, rng: Random, options: Sequence[int]) -> int:
        """One of the options, or a whole number at or beside a constant."""
        if name in self.fixed:
            return max(1, int(self.fixed[name]))
        near = [int(c) for c in self.near.get(name, ()) if 0 <= c <= LARGEST]
        if near and rng.random() < 0.6:
            return max(1, rng.choice(near) + rng.choice([-1, 0, 0, 1]))
        return rng.choice(options)

    def demonstrator_weight(self, rng: Random) -> Fraction | None:
        """A prior weight for pi_d at or beside a constant for `w_d` or `X`, if there is one."""
        near = [c for c in self.near.get("w_d", ()) if 0 < c < 1]
        near += [1 / (1 + c) for c in self.near.get("X", ()) if c > 0]
        if not near or ("w_d" not in self.fixed and rng.random() < 0.4):
            return None
        chosen = rng.choice(near)
        fixed = "w_d" in self.fixed or "X" in self.fixed
        return chosen if fixed else rng.choice([chosen, chosen / 2, (1 + chosen) / 2])


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
    _redraw_prior(document, rng, aims)
    return document


def _shares(rng: Random, names: list[str], lossy: bool) -> dict[str, str]:
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
        emit = _shares(rng, document["actions"], lossy and not asked)
        machine["states"][name] = {"emit": emit, "next": []}
    for name in names if len(names) > 1 else ():
        for _ in range(rng.choice([0, 1, 1, 2])):
            rule = _rule(rng, document, names, asked)
            machine["states"][name]["next"].append(rule)
    return machine


def _rule(rng: Random, document: Document, states: list[str], blind: bool) -> dict[str, Any]:
    rule: dict[str, Any] = {"to": rng.choice(states)}
    if rng.random() < 0.5:
        rule["action"] = rng.choice(document["actions"])
    if len(document["observations"]) > 1 and rng.random() < 0.5:
        rule["observation"] = rng.choice(document["observations"])
    if not blind and rng.random() < 0.25:
        rule["queried"] = rng.random() < 0.6
    return rule


def _environment(rng: Random, actions: list[str], observations: list[str]) -> Machine:
    emit = {a: _shares(rng, observations, False) for a in actions}
    return {"start": "e", "states": {"e": {"emit": emit}}}


def _event(rng: Random, actions: list[str], observations: list[str]) -> Machine:
    names = ["n0", "n1", "n2"]
    seen = {"actions": actions, "observations": observations}
    states = {name: {"next": [_rule(rng, seen, names, True)]} for name in names}
    return {"start": "n0", "accept": [rng.choice(names)], "states": states}


def _redraw_prior(document: Document, rng: Random, aims: Aims) -> None:
    """Small whole weights, or odds at simple multiples of the threshold tau."""
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


def _reweigh(document: Document, rng: Random, aims: Aims) -> None:
    odds = weights(document)
    name = rng.choice(list(odds))
    odds[name] *= Fraction(*rng.choice([(1, 2), (2, 1), (2, 3), (3, 2), (1, 4), (4, 1)]))
    set_prior(document, odds)


def _to_threshold(document: Document, rng: Random, aims: Aims) -> None:
    """Put one policy exactly at a simple multiple of the threshold."""
    odds, asked, rest = weights(document), document["demonstrator"], others(document)
    if not isinstance(asked, str) or not rest:
        return
    tau = threshold(Fraction(document["alpha"]))
    odds[rng.choice(rest)] = odds[asked] * tau * Fraction(*rng.choice([(1, 1), (1, 2), (2, 1)]))
    set_prior(document, odds)


def _alpha(document: Document, rng: Random, aims: Aims) -> None:
    """Another alpha; often one at which the top set is decided by a tie."""
    ratios, running = [], Fraction(0)
    for weight in sorted(weights(document).values(), reverse=True):
        running += weight
        ratios.append(weight / running)
    document["alpha"] = text(aims.alpha(rng, [*ALPHAS, *ratios, *ratios]))


def _horizon(document: Document, rng: Random, aims: Aims) -> None:
    now = document["horizon"]
    chosen = rng.choice([now + 1, now + 1, now - 1, now + 2, 2 * now, now + 4])
    document["horizon"] = max(1, min(max(now, MAX_HORIZON), chosen))


def _some_policy(document: Document, rng: Random) -> tuple[Machine, bool]:
    """A policy's machine, and whether it is the demonstrator's."""
    asked, rest = document["demonstrator"], others(document)
    if not rest or rng.random() < 0.25:
        machine = document["policies"][asked] if isinstance(asked, str) else asked
        return machine, True
    return document["policies"][rng.choice(rest)], False


def _emit(document: Document, rng: Random, aims: Aims) -> None:
    """Redraw what a state emits, copy the demonstrator's start, or move mass."""
    machine, asked = _some_policy(document, rng)
    state = machine["states"][rng.choice(list(machine["states"]))]
    kind = rng.random()
    model = document["demonstrator"]
    teacher = document["policies"][model] if isinstance(model, str) else model
    if kind < 0.35:
        state["emit"] = _shares(rng, document["actions"], not asked and rng.random() < 0.3)
    elif kind < 0.55:
        state["emit"] = dict(teacher["states"][teacher["start"]]["emit"])
    else:
        _move_mass(state["emit"], document["actions"], rng, asked)


def _move_mass(emit: dict[str, str], actions: list[str], rng: Random, whole: bool) -> None:
    masses = {a: Fraction(emit.get(a, "0")) for a in actions}
    source, target = rng.choice(actions), rng.choice(actions)
    moved = masses[source] * Fraction(1, rng.choice([1, 1, 2, 2, 3, 4, 8]))
    masses[source] -= moved
    if whole or rng.random() < 0.85:
        masses[target] += moved
    # Denominators stay small: the search goes over many models, and the reader over one.
    if all(p.denominator <= 64 for p in masses.values()):
        emit.clear()
        emit.update({a: text(p) for a, p in masses.items() if p})


def _rules(document: Document, rng: Random, aims: Aims) -> None:
    machine, asked = _some_policy(document, rng)
    states = list(machine["states"])
    rules = machine["states"][rng.choice(states)].setdefault("next", [])
    if rules and rng.random() < 0.4:
        rules.pop(rng.randrange(len(rules)))
    elif len(rules) < 4:
        rules.insert(rng.randint(0, len(rules)), _rule(rng, document, states, asked))


def _grow(document: Document, rng: Random, aims: Aims) -> None:
    """Split a state in two: the copy is entered where the old one was left, or stayed in."""
    machine, asked = _some_policy(document, rng)
    states = machine["states"]
    if len(states) >= MAX_STATES:
        return
    old = rng.choice(list(states))
    new = next(f"s{k}" for k in range(MAX_STATES + 1) if f"s{k}" not in states)
    states[new] = copy(states[old])
    states[new]["emit"] = _shares(rng, document["actions"], False)
    rule = _rule(rng, document, [new], asked)
    states[old].setdefault("next", []).insert(0, rule)


def _cut(document: Document, rng: Random, aims: Aims) -> None:
    """Leave out a state: what led to it leads to the start."""
    machine, _ = _some_policy(document, rng)
    states = machine["states"]
    gone = rng.choice(list(states))
    if gone == machine["start"]:
        return
    del states[gone]
    for state in states.values():
        for rule in state.get("next", []):
            if rule["to"] == gone:
                rule["to"] = machine["start"]
    prune(machine)


def _add_policy(document: Document, rng: Random, aims: Aims) -> None:
    """A copy of a policy with one change; it takes as much weight as another has."""
    most = max([MAX_POLICIES, *map(int, aims.near.get("|Pi|", ()))])
    if len(document["policies"]) >= min(most, LARGEST):
        return
    source = rng.choice(list(document["policies"]))
    new = next(f"p{k}" for k in range(99) if f"p{k}" not in document["policies"])
    odds = weights(document)
    odds[new] = odds[rng.choice(others(document) or [source])]
    document["policies"][new] = copy(document["policies"][source])
    if rng.random() < 0.3 and source != document["demonstrator"]:
        odds[source] /= 2
        odds[new] = odds[source]
    set_prior(document, odds)
    machine = document["policies"][new]
    state = machine["states"][rng.choice(list(machine["states"]))]
    state["emit"] = _shares(rng, document["actions"], rng.random() < 0.2)


def _drop_policy(document: Document, rng: Random, aims: Aims) -> None:
    rest = others(document)
    if len(document["policies"]) > 1 and rest:
        gone = rng.choice(rest)
        odds = weights(document)
        del document["policies"][gone], odds[gone]
        set_prior(document, odds)


def _reorder(document: Document, rng: Random, aims: Aims) -> None:
    """Another class order, which decides ties (R1)."""
    names = list(document["policies"])
    rng.shuffle(names)
    document["policies"] = {name: document["policies"][name] for name in names}


def _look(document: Document, rng: Random, aims: Aims) -> None:
    states = document["environment"]["states"]
    state = states[rng.choice(list(states))]
    state["emit"][rng.choice(document["actions"])] = _shares(rng, document["observations"], False)


Move = Callable[[Document, Random, Aims], None]
MOVES: dict[str, list[tuple[Move, int]]] = {
    "": [(_emit, 6), (_rules, 2), (_grow, 2), (_cut, 1), (_reorder, 1), (_look, 1)],
    "prior": [(_reweigh, 3), (_to_threshold, 3), (_redraw_prior, 1)],
    "alpha": [(_alpha, 2)],
    "T": [(_horizon, 3)],
    "|Pi|": [(_add_policy, 2), (_drop_policy, 1)],
}


def changed(document: Document, rng: Random, aims: Aims) -> Document:
    """A copy with one to three random changes."""
    found = copy(document)
    listed = [pair for name, pairs in MOVES.items() if name not in aims.fixed for pair in pairs]
    chosen = rng.choices([m for m, _ in listed], [w for _, w in listed], k=rng.choice([1, 1, 2, 3]))
    for move in chosen:
        move(found, rng, aims)
    return found

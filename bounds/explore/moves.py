"""Random changes of a model, from a seeded generator."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random

from bounds.explore.aims import LARGEST, Aims
from bounds.explore.document import Document, Machine, copy, others, prune, set_prior, weights
from bounds.explore.draw import ALPHAS, redraw_prior, rule_to, shares
from exact_cbil.numbers import text
from exact_cbil.potential import threshold

__all__ = ["changed"]

MAX_POLICIES, MAX_STATES, MAX_HORIZON = 8, 6, 256


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
        state["emit"] = shares(rng, document["actions"], not asked and rng.random() < 0.3)
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
        rules.insert(rng.randint(0, len(rules)), rule_to(rng, document, states, asked))


def _grow(document: Document, rng: Random, aims: Aims) -> None:
    """Split a state in two: the copy is entered where the old one was left, or stayed in."""
    machine, asked = _some_policy(document, rng)
    states = machine["states"]
    if len(states) >= MAX_STATES:
        return
    old = rng.choice(list(states))
    new = next(f"s{k}" for k in range(MAX_STATES + 1) if f"s{k}" not in states)
    states[new] = copy(states[old])
    states[new]["emit"] = shares(rng, document["actions"], False)
    rule = rule_to(rng, document, [new], asked)
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
    state["emit"] = shares(rng, document["actions"], rng.random() < 0.2)


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
    state["emit"][rng.choice(document["actions"])] = shares(rng, document["observations"], False)


Move = Callable[[Document, Random, Aims], None]
MOVES: dict[str, list[tuple[Move, int]]] = {
    "": [(_emit, 6), (_rules, 2), (_grow, 2), (_cut, 1), (_reorder, 1), (_look, 1)],
    "prior": [(_reweigh, 3), (_to_threshold, 3), (redraw_prior, 1)],
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

"""Random models as `cbil-model/1` documents, small enough to enumerate their histories.

Probabilities and weights are small integers, normalised: ties are common, shrinking works. `alpha`
is often a ratio that some weights meet exactly, where `>=` and `>` part ways (R3). Choices are
listed with the telling case first, which is the one that shrinking and chance favour.
"""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from exact_cbil.model import Model
from exact_cbil.modelfile import read_model

Document = dict[str, Any]

HISTORIES = 300
"""A document's horizon T obeys (2 |A| |O|)^T <= HISTORIES, and T <= 4."""


def _shares(draw: st.DrawFn, names: list[str], *, defective: bool) -> dict[str, str]:
    """A measure, or a semimeasure, whose masses are small integers over their sum."""
    parts = [draw(st.sampled_from([1, 2, 0, 3])) for _ in names]
    lost = draw(st.integers(0, 2)) if defective else 0
    total = sum(parts) + lost
    if total == 0:
        return {} if defective else {draw(st.sampled_from(names)): "1"}
    return {name: f"{part}/{total}" for name, part in zip(names, parts, strict=True) if part}


def _rules(draw: st.DrawFn, document: Document, states: list[str], *, sees_q: bool) -> list[Any]:
    optional: dict[str, st.SearchStrategy[Any]] = {
        "action": st.sampled_from(document["actions"]),
        "observation": st.sampled_from(document["observations"]),
    }
    if sees_q:
        optional["queried"] = st.booleans()
    rule = st.fixed_dictionaries({"to": st.sampled_from(states)}, optional=optional)
    return draw(st.lists(rule, max_size=2))


def _states(draw: st.DrawFn) -> list[str]:
    return [f"s{k}" for k in range(draw(st.integers(1, 3)))]


@st.composite
def machines(
    draw: st.DrawFn, document: Document, defective: bool = True, sees_q: bool = True
) -> Document:
    """A policy of one to three states over the document's actions and observations."""
    states = _states(draw)
    leaky = defective and draw(st.booleans())
    return {
        "start": draw(st.sampled_from(states)),
        "states": {
            state: {
                "emit": _shares(draw, document["actions"], defective=leaky),
                "next": _rules(draw, document, states, sees_q=sees_q),
            }
            for state in states
        },
    }


@st.composite
def _environments(draw: st.DrawFn, document: Document) -> Document:
    states = _states(draw)
    return {
        "start": draw(st.sampled_from(states)),
        "states": {
            state: {
                "emit": {
                    action: _shares(draw, document["observations"], defective=False)
                    for action in document["actions"]
                },
                "next": _rules(draw, document, states, sees_q=False),
            }
            for state in states
        },
    }


@st.composite
def _automata(draw: st.DrawFn, document: Document) -> Document:
    states = _states(draw)
    return {
        "start": draw(st.sampled_from(states)),
        "accept": draw(st.lists(st.sampled_from(states), unique=True)),
        "states": {
            state: {"next": _rules(draw, document, states, sees_q=False)} for state in states
        },
    }


def _alpha(draw: st.DrawFn, document: Document, *, met: bool) -> str:
    """A small ratio, or one that the weights meet, at the start or after one answer."""
    if not met:
        below = draw(st.sampled_from([12, 6, 5, 3, 2, 1]))
        return f"{draw(st.integers(1, below))}/{below}"
    weights = {name: Fraction(w) for name, w in document["prior"].items()}
    if draw(st.booleans()):
        answer = draw(st.sampled_from(document["actions"]))
        for name, machine in document["policies"].items():
            emitted = machine["states"][machine["start"]]["emit"]
            weights[name] *= Fraction(emitted.get(answer, 0))
    ranked = sorted((w for w in weights.values() if w), reverse=True) or [Fraction(1)]
    n = draw(st.sampled_from(range(len(ranked), 0, -1)))
    return str(ranked[n - 1] / sum(ranked[:n]))


@st.composite
def documents(
    draw: st.DrawFn, realizable: bool | None = None, ties: bool | None = None
) -> Document:
    """A model document.

    realizable: whether the demonstrator is in the class. ties: whether weights meet alpha exactly.
    """
    document: Document = {
        "format": "cbil-model/1",
        "actions": ["a", "b", "c"][: draw(st.sampled_from([2, 3, 1]))],
        "observations": ["x", "y"][: draw(st.integers(1, 2))],
    }
    names = [f"p{k}" for k in range(draw(st.sampled_from([2, 3, 4, 1])))]
    inside = draw(st.booleans()) if realizable is None else realizable
    chosen = draw(st.sampled_from(names)) if inside else None
    document["policies"] = {
        name: draw(machines(document, defective=name != chosen, sees_q=name != chosen))
        for name in names
    }
    # Few small weights tie often; among large ones, floats go wrong.
    largest = draw(st.sampled_from([4, 40]))
    parts = [draw(st.integers(1, largest)) for _ in names]
    document["prior"] = {
        name: f"{part}/{sum(parts)}" for name, part in zip(names, parts, strict=True)
    }
    document["demonstrator"] = chosen or draw(machines(document, defective=False, sees_q=False))
    document["environment"] = draw(_environments(document))
    document["alpha"] = _alpha(draw, document, met=draw(st.booleans()) if ties is None else ties)
    branching = 2 * len(document["actions"]) * len(document["observations"])
    affordable = [t for t in range(5) if branching**t <= HISTORIES]
    document["horizon"] = draw(st.sampled_from(affordable[::-1]))
    document["events"] = {
        f"event{k}": draw(_automata(document)) for k in range(draw(st.integers(1, 2)))
    }
    return document


def model_of(document: Document) -> Model:
    """The engine's model of a document, read as a user's file would be."""
    return read_model(json.dumps(document))

"""Random models small enough to enumerate their histories, as documents and with chosen events."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any, TypeVar

from hypothesis import Phase, find, settings
from hypothesis import strategies as st

from exact_cbil.event import once
from exact_cbil.model import Model
from exact_cbil.modelfile import read_model, write_model
from exact_cbil.testing.strategies import models

X = TypeVar("X")
Document = dict[str, Any]

HISTORIES = 300
"""A document's horizon T obeys (2 |A| |O|)^T <= HISTORIES, and T <= 4."""


def documents(realizable: bool | None = None) -> st.SearchStrategy[Document]:
    """Model documents. realizable: whether the demonstrator is in the class; None for either."""
    drawn = models(max_policies=4, realizable=realizable, max_horizon=4, max_histories=HISTORIES)
    return drawn.map(write_model)


def model_of(document: Document) -> Model:
    """The engine's model of a document, read as a user's file would be."""
    return read_model(json.dumps(document))


def models_inside() -> st.SearchStrategy[Model]:
    """Models with their demonstrator in the class, and the event that an action is ever taken."""
    small = models(
        max_policies=4, max_observations=1, max_horizon=4, max_histories=1300, realizable=True
    )
    return small.map(
        lambda model: replace(model, events={f"ever-{a}": once(action=a) for a in model.actions})
    )


def drawn(strategy: st.SearchStrategy[X], wanted: Callable[[X], bool], seed: int = 0) -> X:
    """Something that is drawn, not the smallest."""
    unshrunk = settings(max_examples=500, phases=[Phase.generate], database=None)
    return find(strategy, wanted, settings=unshrunk, random=Random(seed))

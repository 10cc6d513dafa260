"""Random models as `cbil-model/1` documents, small enough to enumerate their histories."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from exact_cbil.model import Model
from exact_cbil.modelfile import read_model, write_model
from exact_cbil.testing.strategies import models

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

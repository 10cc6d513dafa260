"""Tells Hypothesis about our types; called when Hypothesis is imported, so it imports little."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["register"]

STRATEGIES = {
    ("exact_cbil.semimeasure", "Semimeasure"): ("strategies", "semimeasures"),
    ("exact_cbil.policy", "Policy"): ("strategies", "policies"),
    ("exact_cbil.policy", "MoorePolicy"): ("strategies", "policies"),
    ("exact_cbil.environment", "Environment"): ("strategies", "environments"),
    ("exact_cbil.environment", "MooreEnvironment"): ("strategies", "environments"),
    ("exact_cbil.event", "Event"): ("strategies", "events"),
    ("exact_cbil.event", "Automaton"): ("strategies", "events"),
    ("exact_cbil.model", "Model"): ("strategies", "models"),
    ("exact_cbil.testing.questions", "Question"): ("stream", "questions"),
}


def register() -> None:
    """Make `st.from_type` know the types of this package."""
    from hypothesis import strategies as st

    for (module, name), (place, function) in STRATEGIES.items():
        # Looked up when first drawn: the module of strategies imports Hypothesis itself.
        def strategy(_: type, place: str = place, function: str = function) -> Any:
            return getattr(import_module(f"exact_cbil.testing.{place}"), function)()

        st.register_type_strategy(getattr(import_module(module), name), strategy)

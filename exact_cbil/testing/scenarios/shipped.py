"""The models that ship with the package."""

from __future__ import annotations

from collections.abc import Iterator

from exact_cbil.models import SHIPPED
from exact_cbil.testing.questions import Question
from exact_cbil.testing.scenarios.notation import Entry, read_history

__all__ = ["entries"]


def entries() -> Iterator[Entry]:
    """The entries of this kind, in the order of their ids."""
    histories = {
        "treacherous-turn": "safe safe! other! safe! safe safe safe! other!",
        "rare-action": "usual! usual! rare! usual",
        "chain": "0!/o 1/o 0!/o 1!/o",
        "defective": "go! stop! go! go",
        "two-observers": "none/sun umbrella!/rain umbrella/rain none!/sun",
    }
    suspects = {
        "treacherous-turn": "unqueried-advance",
        "rare-action": "zero-probability",
        "chain": "unqueried-advance",
        "defective": "defective-member",
        "two-observers": "observation-rule",
    }
    for name, steps in histories.items():
        flags = (suspects[name],)
        question = Question(f"v1-shipped-{name}", SHIPPED[name](), read_history(steps), flags)
        yield question, f"the shipped model {name}"

"""The models that ship with the package."""

from __future__ import annotations

from collections.abc import Iterator

from exact_cbil.models import SHIPPED
from exact_cbil.testing.questions import Question
from exact_cbil.testing.scenarios.notation import Entry, read_history

__all__ = ["entries"]


def entries() -> Iterator[Entry]:
    """The entries of this kind, in the order of their ids."""
    asked = {
        "treacherous-turn": ("unqueried-advance", "safe safe! other! safe! safe safe safe! other!"),
        "rare-action": ("zero-probability", "usual! usual! rare! usual"),
        "chain": ("unqueried-advance", "0!/o 1/o 0!/o 1!/o"),
        "defective": ("defective-member", "go! stop! go! go"),
        "two-observers": ("observation-rule", "none/sun umbrella!/rain umbrella/rain none!/sun"),
    }
    for name, (flag, steps) in asked.items():
        question = Question(f"v1-shipped-{name}", SHIPPED[name](), read_history(steps), (flag,))
        yield question, f"the shipped model {name}"

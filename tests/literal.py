"""The result of a model by enumeration of its histories: the engine's oracle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from exact_cbil import spec
from exact_cbil.spec import History
from exact_cbil.testing.literal import literal

__all__ = ["ACTORS", "histories", "literal", "result"]

ACTORS: dict[str, spec.Actor] = {
    "imitator": spec.imitate,
    "demonstrator": spec.demonstrate,
    "guarded": spec.guard,
}


def histories(model: spec.Model) -> Iterator[History]:
    """Every history that the imitator or the demonstrator reaches, of every length."""
    times = range(model.horizon + 1)
    laws = [spec.law(model, actor, t) for actor in (spec.imitate, spec.demonstrate) for t in times]
    yield from dict.fromkeys(history for law in laws for history in law)


def result(model: spec.Model) -> dict[str, Any]:
    """The document `cbil-result/1`."""
    inside = isinstance(model.demonstrator, str)

    def mean(value: Callable[[History], Any], t: int) -> str:
        return str(spec.mean(model, lambda _, h: value(h), spec.imitate, t))

    def theta(history: History) -> Fraction:
        return spec.query_probability(model, history)

    def own_weight(history: History) -> Fraction:
        return spec.posterior(model, history)[str(model.demonstrator)]

    return {
        "format": "cbil-result/1",
        "horizon": model.horizon,
        "query_cubes": str(spec.query_cubes(model)),
        "queries": str(spec.queries(model)),
        "exclusion": str(spec.exclusion(model)) if inside else None,
        "events": {
            name: {
                law: str(spec.event_probability(model, name, ACTORS[law]))
                for law in ("demonstrator", "imitator")
            }
            for name in model.events
        },
        "steps": [
            {
                "t": t,
                "theta": mean(theta, t),
                "theta2": mean(lambda h: theta(h) ** 2, t),
                "theta3": mean(lambda h: theta(h) ** 3, t),
                "demonstrator_weight": mean(own_weight, t) if inside else None,
                "top_size": mean(lambda h: len(spec.top(model, h)), t),
            }
            for t in range(model.horizon)
        ],
    }

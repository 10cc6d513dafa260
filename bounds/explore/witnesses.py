"""Models that are known to be extreme, by name: a search tries them first, as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import cache, partial
from importlib.resources import files
from typing import TypeAlias

from bounds.evidence import Evidence
from bounds.false_claims import FALSE_CLAIMS
from bounds.witness.hazard import hazard_model
from bounds.witness.model import schedule_model
from bounds.witness.schedule import FORMAT, read_schedule
from exact_cbil.model import Model
from exact_cbil.modelfile import read_model
from exact_cbil.models import SHIPPED
from exact_cbil.numbers import text

__all__ = ["NEEDS_SYMMETRY", "witness", "witness_names"]

ALPHAS = tuple(Fraction(*pair) for pair in ((1, 4), (1, 2), (1, 10), (2, 3), (1, 50), (1, 1)))
HAZARDS = ((1, "1/16"), (2, "1/8"), (4, "1/8"), (8, "1/16"))

LONG = 5_000
"""The bytes of a schedule's file from which on it takes seconds, and is tried in one way only."""

NEEDS_SYMMETRY = "schedule-"
"""How the names begin of models whose policies are one machine with many starts."""

Maker: TypeAlias = Callable[[], Model]


def witness_names(alphas: Iterable[Fraction] = ()) -> Iterator[str]:
    """The names of all witnesses, the cheap ones first.

    alphas: at which the shipped models are tried too.
    """
    yield from _makers()
    yield from (f"{name} at alpha {text(a)}" for name in SHIPPED for a in (*ALPHAS, *alphas))
    yield from _hazards()
    # A schedule of more alternatives takes longer, and has a longer file.
    yield from sorted(_schedules(), key=lambda name: (len(_file(name)), name))


def witness(name: str) -> Model:
    """The model of a name. KeyError when there is none."""
    shipped, _, alpha = name.partition(" at alpha ")
    if alpha:
        return SHIPPED[shipped]().with_alpha(alpha)
    return (_makers() | _hazards() | _schedules())[name]()


def evidence_of(name: str, model: Model) -> Evidence:
    """Evidence about a witness, whose model may have been given more events."""
    return Evidence(model, symmetric=name.startswith(NEEDS_SYMMETRY))


def _file(name: str) -> bytes:
    folder = files("bounds") / "ledger" / "witnesses"
    return (folder / name.removesuffix(", defective")).read_bytes()


@cache
def _stored() -> tuple[list[str], list[str]]:
    """The files of models, and those of schedules."""
    names = sorted(p.name for p in (files("bounds") / "ledger" / "witnesses").iterdir())
    schedules = [name for name in names if FORMAT.encode() in _file(name)]
    return [name for name in names if name not in schedules], schedules


def _makers() -> dict[str, Maker]:
    found: dict[str, Maker] = {name: partial(_read, name) for name in _stored()[0]}
    found |= {f"of {one.claim.name}": one.model for one in FALSE_CLAIMS}
    return found | dict(SHIPPED)


def _read(name: str) -> Model:
    return read_model(_file(name))


def _hazards() -> dict[str, Maker]:
    return {f"hazard of {k}, eps {eps}": partial(hazard_model, k, eps) for k, eps in HAZARDS}


def _schedules() -> dict[str, Maker]:
    found: dict[str, Maker] = {}
    for name in _stored()[1]:
        found[name] = partial(_schedule, name, False)
        if len(_file(name)) < LONG:
            found[f"{name}, defective"] = partial(_schedule, name, True)
    return found


def _schedule(name: str, lossy: bool) -> Model:
    return schedule_model(read_schedule(_file(name)), defective=lossy)

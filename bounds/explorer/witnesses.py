"""Models that are known to be extreme, by name: a search tries them first, as they are.

Some are too large to run, and reckoned: they refute, or say nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import cache, partial
from typing import TypeAlias

from bounds.claims import TABLE
from bounds.evidence import Evidence
from bounds.explorer.examine import prepare
from bounds.language.candidate import Candidate
from bounds.witness.falls import falls_model
from bounds.witness.family import WITNESSES, Family, stored
from bounds.witness.hazard import hazard_model
from bounds.witness.model import schedule_model
from bounds.witness.reckoned import Reckoned
from bounds.witness.schedule import FORMAT, read_schedule
from exact_cbil.model import Model
from exact_cbil.modelfile import FORMAT as MODEL
from exact_cbil.modelfile import read_model
from exact_cbil.models import SHIPPED
from exact_cbil.numbers import text

__all__ = [
    "NEEDS_SYMMETRY",
    "evidence_of",
    "reckoned_families",
    "reckoned_numbers",
    "witness",
    "witness_names",
]

ALPHAS = tuple(Fraction(*pair) for pair in ((1, 4), (1, 2), (1, 10), (2, 3), (1, 50), (1, 1)))
FALLS = (("5/4", 3, 60, 2800), ("6/5", 4, 80, 7500))
HAZARDS = ((1, "1/16"), (2, "1/8"), (4, "1/8"), (8, "1/16"))

LONG, TOO_LONG = 5_000, 10_000
"""The bytes of a schedule's file from which on it takes seconds, and is tried in one way only; and
from which on it takes minutes, and is not tried."""

DEFECTIVE = ", defective"
"""How the names end of models that lose what they take from the demonstrator's actions."""

NEEDS_SYMMETRY = "schedule-"
"""How the names begin of models whose policies are one machine with many starts."""

Maker: TypeAlias = Callable[[], Model]


def witness_names(alphas: Iterable[Fraction] = (), *, moments: bool = False) -> Iterator[str]:
    """The names of all witnesses that can be run, the cheap ones first.

    alphas: at which the shipped models are tried too. moments: with those whose horizon is so long
        that nothing but an exponential moment is found of them.
    """
    if moments:
        yield from _falls()
    yield from _makers()
    yield from (f"{name} at alpha {text(a)}" for name in SHIPPED for a in (*ALPHAS, *alphas))
    yield from _hazards()
    # A schedule of more alternatives takes longer, and has a longer file.
    yield from sorted(_schedules(), key=lambda name: (len(stored(_of(name))), name))


def witness(name: str) -> Model:
    """The model of a name. KeyError when there is none."""
    shipped, _, alpha = name.partition(" at alpha ")
    if alpha:
        return SHIPPED[shipped]().with_alpha(alpha)
    return (_makers() | _falls() | _hazards() | _schedules())[name]()


def evidence_of(name: str, candidate: Candidate) -> Evidence:
    """Evidence about the model of a name, with events for a candidate."""
    model = prepare(candidate, witness(name))
    return Evidence(model, symmetric=name.startswith(NEEDS_SYMMETRY))


@cache
def reckoned_families() -> dict[str, Family]:
    """The witnesses of the table of claims that are too large to run, by their names."""
    families = [one for claim in TABLE for one in claim.families if one.is_reckoned]
    return {f"{one.name}, reckoned": one for one in families}


def reckoned_numbers(family: Family, candidate: Candidate) -> Reckoned:
    """What is known of one of them, for a candidate. Raises CbilError where nothing is."""
    numbers = family.subject(candidate)
    assert isinstance(numbers, Reckoned)
    return numbers


def _of(name: str) -> str:
    """The file of a schedule's name."""
    return name.removesuffix(DEFECTIVE)


@cache
def _stored() -> tuple[list[str], list[str]]:
    """The files of models, and those of schedules."""
    names = sorted(path.name for path in WITNESSES.iterdir())
    schedules = [name for name in names if FORMAT.encode() in stored(name)]
    models = [name for name in names if MODEL.encode() in stored(name)]
    return models, [name for name in schedules if len(stored(name)) < TOO_LONG]


def _makers() -> dict[str, Maker]:
    found: dict[str, Maker] = {name: partial(_read, name) for name in _stored()[0]}
    return found | dict(SHIPPED)


def _read(name: str) -> Model:
    return read_model(stored(name))


def _falls() -> dict[str, Maker]:
    return {
        f"falls by {drop} of {height} powers of {rho}, {steps} steps": partial(
            falls_model, rho, drop, height, steps
        )
        for rho, drop, height, steps in FALLS
    }


def _hazards() -> dict[str, Maker]:
    return {f"hazard of {k}, eps {eps}": partial(hazard_model, k, eps) for k, eps in HAZARDS}


def _schedules() -> dict[str, Maker]:
    found: dict[str, Maker] = {}
    for name in _stored()[1]:
        found[name] = partial(_schedule, name, False)
        if len(stored(name)) < LONG:
            found[name + DEFECTIVE] = partial(_schedule, name, True)
    return found


def _schedule(name: str, lossy: bool) -> Model:
    return schedule_model(read_schedule(stored(name)), defective=lossy)

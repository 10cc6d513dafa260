"""Learners side by side in one world: expected queries, and what each lets happen (L1-L12).

| symbol            | here                                 |
|-------------------|--------------------------------------|
| E sum theta       | `LearnerResult.queries`              |
| E sum theta^3     | `LearnerResult.query_cubes`          |
| P_i(B), P_d(B)    | `LearnerResult.events`, `Comparison.demonstrator` |
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any, NamedTuple, TypeAlias

from flint import arb, ctx
from gmpy2 import mpq, mpz

from exact_cbil.display import rounded, table
from exact_cbil.errors import CbilError, OutOfRange, shorten
from exact_cbil.event import Event
from exact_cbil.history import Step, unlabelled
from exact_cbil.imitators import LEARNERS, Imitator, Named, named
from exact_cbil.imitators.chain import ImitatorLaw
from exact_cbil.imitators.quantity import Quantity, middle, quantity
from exact_cbil.interaction import Interaction, Progress
from exact_cbil.model import Model
from exact_cbil.numbers import Enclosure, text
from exact_cbil.process import Distribution, Product, propagate
from exact_cbil.real import Undecided
from exact_cbil.result import written

__all__ = [
    "Comparison",
    "Curve",
    "LearnerResult",
    "compare",
    "curves",
    "sensible",
]

PRECISIONS = (128, 256, 512, 1024, 2048, 4096)
"""Bits of the balls, tried in turn until every enclosure is narrower than NARROW."""

NARROW = Fraction(1, 2**64)
"""The widest enclosure that is told."""

POINTS = 24
"""How many steps a whole parameter takes at most in a picture."""

ALPHAS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 40, 60, 100)
"""The alphas of a picture are 1 over these, 2/3, and the model's."""


Learner: TypeAlias = str | Named | Imitator


@dataclass(frozen=True)
class LearnerResult:
    """What one learner does in a world; an `Enclosure` where a value is not rational.

    learner, parameters: its name and their values; for one of your own, the name of its class.
    queries, query_cubes: `E sum_{t<T} theta` and `E sum_{t<T} theta^3` under its own law.
    events: the probability of each event under its law.
    states: how many merged states its law reached.
    Source: SPEC cbil-comparison/1, L1.
    """

    learner: str
    parameters: tuple[Fraction, ...]
    queries: Quantity
    query_cubes: Quantity
    events: Mapping[str, Quantity]
    states: int

    def __str__(self) -> str:
        return ":".join((self.learner, *map(text, self.parameters)))

    def to_json(self) -> dict[str, Any]:
        """The learner's entry in `cbil-comparison/1`."""
        return {
            "learner": self.learner,
            "parameters": [text(value) for value in self.parameters],
            "queries": written(self.queries),
            "events": {name: written(chance) for name, chance in self.events.items()},
        }


@dataclass(frozen=True)
class Comparison:
    """Learners in one world, in the order asked, beside the demonstrator.

    demonstrator: the probability of each event under `P_d`. Source: SPEC cbil-comparison/1.
    """

    horizon: int
    demonstrator: Mapping[str, Fraction]
    learners: tuple[LearnerResult, ...]

    def to_json(self) -> dict[str, Any]:
        """The comparison in the format `cbil-comparison/1`, ready for `json.dumps`."""
        return {
            "format": "cbil-comparison/1",
            "horizon": self.horizon,
            "demonstrator": {
                "events": {name: text(chance) for name, chance in self.demonstrator.items()}
            },
            "learners": [learner.to_json() for learner in self.learners],
        }

    def _repr_html_(self) -> str:
        rows = [("learner", "expected queries", *(f"P({name})" for name in self.demonstrator))]
        rows += [("demonstrator", "-", *map(rounded, self.demonstrator.values()))]
        for found in self.learners:
            numbers = (found.queries, *found.events.values())
            rows.append((str(found), *map(rounded, numbers)))
        return table(f"Learners, horizon {self.horizon}", rows)


class Curve(NamedTuple):
    """A learner as its last parameter runs: `gate:1/10:C`."""

    label: str
    points: tuple[LearnerResult, ...]


def compare(
    model: Model,
    learners: Iterable[Learner] | None = None,
    horizon: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Run learners in the world of one model, each under its own law.

    learners: words such as `conservative:1/10`, or imitators of your own, made for this model; by
        default `sensible(model)`.
    horizon: instead of the model's.
    progress: called as `progress(what, done, total)` while work goes on.
    Raises CbilError for an unknown learner, a parameter outside its domain, or a horizon that is
    too long for a learner whose histories do not merge.
    Source: SPEC L1, cbil-comparison/1.

    >>> from exact_cbil.models import rare_action
    >>> model = rare_action("1/8", horizon=3)
    >>> for found in compare(model, ["conservative:1/10", "map:1"]).learners:
    ...     print(found, found.queries, found.events["never-rare"])
    conservative:1/10 12097/32768 250047/262144
    map:1 1 7/8
    """
    if horizon is not None:
        model = model.with_horizon(horizon)
    chosen = sensible(model, progress) if learners is None else _chosen(learners)
    demonstrated = Interaction(model)
    return Comparison(
        model.horizon,
        {name: demonstrated.probability(name, "demonstrator") for name in model.events},
        tuple(_result(model, learner, progress) for learner in chosen),
    )


def _chosen(learners: Iterable[Learner]) -> list[Named | Imitator]:
    if isinstance(learners, str):
        raise CbilError(f"learners: expected a list of learners, got {shorten(learners)}")
    chosen = [named(learner) if isinstance(learner, str) else learner for learner in learners]
    for learner in chosen:
        if not isinstance(learner, Named | Imitator):
            raise CbilError(
                "learner: expected a word such as 'conservative:1/10' or an Imitator, "
                f"got {shorten(learner)}"
            )
    return chosen


def sensible(model: Model, progress: Progress | None = None) -> list[Named | Imitator]:
    """Learners worth a look in any model, each as careful as the first.

    The conservative learner at the model's alpha; those that take an alpha at the same one; those
    that ask at the first N steps with as many questions as it expects to ask, rounded up; the
    ensemble of the whole class; and the gate at a tenth. The gradient is left out, as its histories
    have to be enumerated.
    """
    first = Named("conservative", (model.exact_alpha,))
    budget = middle(_result(model, first, progress).queries)
    values = {"A": model.exact_alpha, "N": Fraction(ceil(budget)), "C": Fraction(1, 10)}
    values["K"] = Fraction(len(model.policies))
    return [
        Named(name, tuple(values[parameter.symbol] for parameter in kind.parameters))
        for name, kind in LEARNERS.items()
        if name != "gradient"
    ]


def curves(
    model: Model, learners: Iterable[Named], progress: Progress | None = None
) -> list[Curve]:
    """What each learner asks and lets happen as its last parameter runs; each rule once.

    An alpha and a distance run over fixed fractions, and whole numbers as far as they matter, to
    the horizon or the size of the class, in at most `POINTS` steps.
    """
    kinds = {(learner.name, learner.values[:-1]) for learner in learners}
    order = sorted(kinds, key=lambda kind: (list(LEARNERS).index(kind[0]), kind[1]))
    found = []
    for name, fixed in order:
        parameters = LEARNERS[name].parameters
        if not parameters:
            found.append(Curve(name, (_result(model, Named(name, ()), progress),)))
            continue
        runs = parameters[-1].symbol
        chosen = [Named(name, (*fixed, value)) for value in _running(model, runs)]
        results = tuple(_result(model, learner, progress) for learner in chosen)
        found.append(Curve(":".join((name, *map(text, fixed), runs)), results))
    return found


def _running(model: Model, symbol: str) -> list[Fraction]:
    if symbol == "A":
        return sorted({Fraction(1, n) for n in ALPHAS} | {Fraction(2, 3), model.exact_alpha})
    if symbol == "C":
        return [Fraction(n, 20) for n in range(21)]
    least, most = (1, len(model.policies)) if symbol == "K" else (0, model.horizon)
    steps = min(most - least, POINTS)
    return [Fraction(least + (most - least) * k // (steps or 1)) for k in range(steps + 1)]


def _result(model: Model, learner: Named | Imitator, progress: Progress | None) -> LearnerResult:
    name = learner.name if isinstance(learner, Named) else type(learner).__name__
    values = learner.values if isinstance(learner, Named) else ()
    for bits in PRECISIONS:
        with ctx.workprec(bits):
            imitator = learner.imitator(model) if isinstance(learner, Named) else learner
            check_horizon(model, imitator, str(learner))
            sums = _Sums(ImitatorLaw(model, imitator), model, str(learner), progress)
            try:
                numbers = [quantity(x) for x in (sums.queries, sums.cubes, *sums.events)]
            except Undecided:
                continue
        if all(not isinstance(x, Enclosure) or x.width <= NARROW for x in numbers):
            queries, cubes, *chances = numbers
            events = dict(zip(model.events, chances, strict=True))
            return LearnerResult(name, values, queries, cubes, events, sums.states)
    raise Undecided(f"{learner}: numbers that {PRECISIONS[-1]} bits do not enclose")


def check_horizon(model: Model, imitator: Imitator, name: str) -> None:
    """Refuse a horizon that is too long for a learner whose histories hardly merge."""
    most = imitator.longest
    if most is not None and model.horizon > most:
        wanted = f"at most {most}, as histories that hardly merge are enumerated"
        raise OutOfRange(f"horizon of {name}", model.horizon, wanted)


class _Sums:
    """The expectations of one learner, in its own numbers: rationals of gmpy2, or balls."""

    def __init__(
        self, law: ImitatorLaw, model: Model, name: str, progress: Progress | None
    ) -> None:
        self.queries = self.cubes = law.one * 0
        events = tuple(model.events.values())
        product = _beside(law, events)
        report = None if progress is None else lambda t: progress(name, t, model.horizon)
        for distribution in propagate(product, model.horizon, report):
            if distribution.t < model.horizon:
                self._ask(law, product, distribution)
        self.events = []
        for place, event in enumerate(events):
            accepted = law.one * 0
            for state, mass in distribution.masses.items():
                readers: Any = product.states[state][1]
                if event.accepts(readers[place]):
                    accepted += mass
            self.events.append(_ratio(accepted, distribution.denominator))
        self.states = len(law.states)

    def _ask(self, law: ImitatorLaw, product: Product, distribution: Distribution) -> None:
        for state, mass in distribution.masses.items():
            theta = law.acts(product.states[state][0]).theta
            if theta:
                chance = _ratio(mass, distribution.denominator) * theta
                self.queries += chance
                self.cubes += chance * theta * theta


def _beside(law: ImitatorLaw, events: Sequence[Event]) -> Product:
    """A law run beside events, which read steps with q hidden (R2)."""

    def advance(states: Any, step: Step) -> Hashable:
        pairs = zip(events, states, strict=True)
        return tuple(event.advance(state, unlabelled(step)) for event, state in pairs)

    return Product(law, tuple(event.start for event in events), advance)


def _ratio(mass: Any, denominator: mpz) -> Any:
    return mass if isinstance(mass, arb) else mpq(mass, denominator)

"""Random models, whole and as families with parameters, for the tests of the parametric code.

A family is a model document in which some numbers are written as polynomials. Each of them is drawn
as a pair, its text and what it means, so that `Family.filled` puts numbers in without the parser.
Masses of 0 are sometimes written and sometimes left out, which must make no difference.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate
from typing import Any, TypeAlias

from hypothesis import strategies as st

from exact_cbil.event import once
from exact_cbil.history import History, Step
from exact_cbil.model import Model
from exact_cbil.modelfile import write_model
from exact_cbil.parametric.model import ParametricModel
from exact_cbil.parametric.read import read_any
from exact_cbil.testing import strategies

Point: TypeAlias = Mapping[str, Fraction]
Document: TypeAlias = dict[str, Any]


@st.composite
def models(draw: Any, max_policies: int = 3, max_horizon: int = 3) -> Model:
    """Whole models with two events; of some the demonstrator is outside the class."""
    made: Model = draw(
        strategies.models(max_policies=max_policies, max_states=2, max_horizon=max_horizon)
    )
    action, observation = made.actions[-1], made.observations[-1]
    return replace(
        made, events={"acted": once(action=action), "seen": once(observation=observation)}
    )


def fractions(low: Fraction = Fraction(0), high: Fraction = Fraction(1)) -> Any:
    """Rationals strictly between two ends; simple ones are frequent."""
    denominators = st.integers(2, 12) | st.integers(2, 10**6)
    inside = denominators.flatmap(lambda d: st.integers(1, d - 1).map(lambda n: Fraction(n, d)))
    return inside.map(lambda t: low + (high - low) * t)


@dataclass(frozen=True)
class Open:
    """A number that is not given: its text in a model file, and its value at a point."""

    text: str
    at: Callable[[Point], Fraction]

    def times(self, factor: Fraction) -> Open:
        return Open(f"{factor}*({self.text})", lambda point: factor * self.at(point))

    def plus(self, term: Fraction) -> Open:
        return Open(f"{self.text} + {term}", lambda point: self.at(point) + term)

    @property
    def rest(self) -> Open:
        """1 minus the number."""
        return Open(f"1 - ({self.text})", lambda point: 1 - self.at(point))


def shares(name: str) -> list[Open]:
    """Polynomials in one parameter of (0, 1) with values in [0, 1]; some are 0 at one point."""
    return [
        Open(name, lambda point: point[name]),
        Open(f"(1 - 2*{name})^2", lambda point: (1 - 2 * point[name]) ** 2),
        Open(f"{name}^2", lambda point: point[name] ** 2),
        Open(f"{name}*(1 - {name})", lambda point: point[name] * (1 - point[name])),
        Open(f"1 - {name}/3", lambda point: 1 - point[name] / 3),
    ]


def constants(value: Fraction) -> list[str]:
    """A number written as a polynomial of degree 0, in ways that only look open."""
    return [f"{value}", f"{value} + v - v", f"{value}*(1 + 0*v)"]


@dataclass(frozen=True)
class Family:
    """A model document in which some numbers are `Open`, with parameters in (0, 1)."""

    document: Document

    def _leaves(self, inner: Any, leaf: Callable[[Open], str]) -> Any:
        if isinstance(inner, Open):
            return leaf(inner)
        if isinstance(inner, dict):
            return {key: self._leaves(value, leaf) for key, value in inner.items()}
        return [self._leaves(part, leaf) for part in inner] if isinstance(inner, list) else inner

    @property
    def written(self) -> str:
        """The model file with parameters."""
        return json.dumps(self._leaves(self.document, lambda number: number.text))

    def filled(self, point: Point) -> Document:
        """The document with numbers for parameters, put in by hand."""
        found: Document = self._leaves(self.document, lambda number: str(number.at(point)))
        del found["parameters"]
        return found

    def read(self) -> ParametricModel:
        """The model that the engine makes of the file."""
        found = read_any(self.written)
        assert isinstance(found, ParametricModel)
        return found


def _opened(draw: Any, row: dict[str, Any], names: list[str], *, measure: bool) -> None:
    """Open some numbers of a semimeasure, and write some of its zeros out."""
    for name in names:
        if name not in row and draw(st.booleans()):
            row[name] = Open(draw(st.sampled_from(["0", "0*v", "v - v"])), _always(Fraction(0)))
    numbers = {name: Fraction(mass) for name, mass in row.items() if not isinstance(mass, Open)}
    if not numbers or draw(st.booleans()):
        return
    one, other = draw(st.sampled_from(sorted(numbers))), draw(st.sampled_from(names))
    share = draw(st.sampled_from(shares("v")))
    if other == one:
        row[one] = Open(draw(st.sampled_from(constants(numbers[one]))), _always(numbers[one]))
        if not measure:
            row[one] = share.times(numbers[one])
        return
    row[one] = share.times(numbers[one])
    row[other] = share.rest.times(numbers[one]).plus(numbers.get(other, Fraction(0)))


def _always(value: Fraction) -> Callable[[Point], Fraction]:
    return lambda point: value


@st.composite
def families(draw: Any, max_policies: int = 3, max_horizon: int = 2) -> Family:
    """Families with the parameters `a` (of alpha), `u` (of the prior) and `v` (of the masses)."""
    model = draw(models(max_policies, max_horizon))
    document = write_model(model)
    document["parameters"] = {name: ["0", "1"] for name in "auv"}
    if draw(st.booleans()):
        document["alpha"] = draw(st.sampled_from(shares("a")[::2]))
    names = list(document["policies"])
    if len(names) > 1 and draw(st.booleans()):
        both = sum(Fraction(document["prior"][name]) for name in names[:2])
        share = draw(st.sampled_from(shares("u")[::3]))
        document["prior"] |= {names[0]: share.times(both), names[1]: share.rest.times(both)}
    asked = document["demonstrator"]
    for name, machine in document["policies"].items():
        for state in machine["states"].values():
            _opened(draw, state["emit"], document["actions"], measure=name == asked)
    for state in asked["states"].values() if isinstance(asked, dict) else ():
        _opened(draw, state["emit"], document["actions"], measure=True)
    for state in document["environment"]["states"].values():
        for shown in state["emit"].values():
            _opened(draw, shown, document["observations"], measure=True)
    return Family(document)


def _ratios(document: Document) -> list[Fraction]:
    """The alphas in (0, 1) that some weights meet exactly: at the start, or after one answer."""
    prior = {name: Fraction(weight) for name, weight in document["prior"].items()}
    beliefs = [list(prior.values())]
    for action in document["actions"]:
        emitted = {
            name: Fraction(machine["states"][machine["start"]]["emit"].get(action, 0))
            for name, machine in document["policies"].items()
        }
        beliefs.append([prior[name] * mass for name, mass in emitted.items()])
    ratios = [
        weight / total
        for weights in beliefs
        for ranked in [sorted((w for w in weights if w), reverse=True)]
        for weight, total in zip(ranked, accumulate(ranked), strict=True)
    ]
    return sorted({ratio for ratio in ratios if ratio < 1})


@st.composite
def points(draw: Any, family: Family) -> dict[str, Fraction]:
    """Points of a family's range, often its middle, and often where weights meet alpha exactly."""
    point = {name: draw(st.just(Fraction(1, 2)) | fractions()) for name in "auv"}
    ratios = _ratios(family.filled(point))
    if ratios and draw(st.booleans()):
        point["a"] = draw(st.sampled_from(ratios))
        # Just beside such a border as well.
        point["a"] += (
            draw(st.sampled_from([0, 0, 1, -1]))
            * min(point["a"], 1 - point["a"], Fraction(1, 10**9))
            / 2
        )
    return point


@st.composite
def histories(draw: Any, model: Model, max_length: int = 3) -> History:
    """Any histories over a model's actions and observations, reached or not."""
    step = st.builds(
        Step, st.booleans(), st.sampled_from(model.actions), st.sampled_from(model.observations)
    )
    return tuple(draw(st.lists(step, max_size=max_length)))

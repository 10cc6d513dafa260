"""The learner over a cell of parameters: the same laws, with polynomials for numbers (D4-D6)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from fractions import Fraction
from functools import reduce
from itertools import product
from typing import Any

from sympy.polys.domains import QQ

from exact_cbil.history import Action, Observation, Step
from exact_cbil.learner import Belief, Learner
from exact_cbil.numbers import to_fraction
from exact_cbil.parametric.cell import Cell
from exact_cbil.parametric.model import DEMONSTRATOR, ParametricModel
from exact_cbil.parametric.parameters import common_scale

__all__ = ["ParametricLearner"]


class ParametricLearner(Learner):
    """The learner of a parametric model on one cell at a time; weights are polynomials.

    Any method that compares may raise `Undecided`; run it under `explore`.
    """

    def __init__(self, model: ParametricModel) -> None:
        super().__init__(model.shape, model.alpha, lambda x, y: self.cell.at_least(x, y))
        self.parametric = model
        self.parameters = model.parameters
        self.one, self.zero = self.parameters.ring.one, self.parameters.ring.zero
        self.cell = Cell(self.parameters)
        self._vectors: dict[tuple[Any, Hashable], tuple[Any, ...]] = {}
        self.start = Belief(self.start.states, self._primitive(model.prior))

    def _emitted(self, name: str | None, state: Hashable, shape: Any) -> tuple[Any, ...]:
        """`shape()` gives the numbers where the model has no polynomials."""
        key = (name, state)
        found = self._vectors.get(key)
        if found is None:
            masses = self.parametric.emissions.get(key)
            if masses is None:
                found = tuple(self.parameters.constant(to_fraction(mass)) for mass in shape())
            else:
                found = tuple(masses.get(a, self.zero) for a in self.model.actions)
            self._vectors[key] = found
        return found

    def emission(self, index: int, state: Hashable) -> tuple[Any, ...]:
        """What policy `index` emits in `state`, as polynomials in the order of the actions."""
        numbers = super().emission
        return self._emitted(self.names[index], state, lambda: numbers(index, state))

    def demonstrator_emission(self, state: Hashable) -> tuple[Any, ...]:
        """What the demonstrator emits in `state`; a measure."""
        if self.demonstrator is not None:
            return self.emission(self.demonstrator, state)
        numbers = super().demonstrator_emission
        return self._emitted(DEMONSTRATOR, state, lambda: numbers(state))

    def shown(self, state: Hashable, action: Action) -> list[tuple[Observation, Any]]:
        """The environment's possible observations, with their chances."""
        masses = self.parametric.shown.get((state, action))
        if masses is not None:
            return [(o, mass) for o, mass in masses.items() if mass]
        numbers = self.environment_emission(state, action)
        return [(o, self.parameters.constant(mass)) for o, mass in numbers.items()]

    def observe(self, belief: Belief, step: Step) -> Belief:
        """The belief after one more step: Bayes' rule if q = 1, else unchanged.

        Source: SPEC D4.
        """
        weights = belief.weights
        if step.queried:
            place = self.model.actions.index(step.action)
            weights = self._ray(
                [
                    weight * self.emission(i, state)[place] if weight else weight
                    for i, (state, weight) in enumerate(zip(belief.states, weights, strict=True))
                ]
            )
        return Belief(self.advance(belief.states, weights, step), weights)

    def _ray(self, weights: Sequence[Any]) -> tuple[Any, ...]:
        """One representative of all positive multiples; a weight that vanishes here becomes 0."""
        return self._primitive([self.zero if self.at_least(0, w) else w for w in weights])

    def _primitive(self, weights: Sequence[Any]) -> tuple[Any, ...]:
        """Divide weights, each 0 or positive on the cell, by their common divisor.

        It is not 0 where they are positive, and it does not change sign on the range: an
        irreducible factor that did would do so in every weight, and weights are nowhere negative,
        so each would hold an even power of it, and so would the divisor.
        """
        positive = [w for w in weights if w]
        if not positive:
            return tuple(weights)
        divisor = reduce(lambda f, g: f.gcd(g), positive)
        reduced = [w.exquo(divisor) for w in weights]
        scale = common_scale(reduced)
        if self._negative(next(w for w in reduced if w)):
            scale = -scale
        return tuple(w.mul_ground(QQ(scale.numerator, scale.denominator)) for w in reduced)

    def _negative(self, weight: Any) -> bool:
        """Whether a polynomial that does not change sign on the range is negative there."""
        # Of degree d in each variable, it is not 0 on all of a grid of d + 1 values a variable.
        degree = max(max(exponents) for exponents in weight.monoms())
        steps = [Fraction(k, degree + 2) for k in range(1, degree + 2)]
        for steps_taken in product(steps, repeat=len(self.parameters.names)):
            point = {
                name: low + (high - low) * step
                for (name, (low, high)), step in zip(
                    self.parameters.ranges.items(), steps_taken, strict=True
                )
            }
            value = self.parameters.evaluate(weight, point)
            if value:
                return value < 0
        return False

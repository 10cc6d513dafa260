"""Seeded runs of the interaction, drawn step by step with exact probabilities."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import TypeVar

from gmpy2 import mpz

from exact_cbil.history import Step, unlabelled
from exact_cbil.learner import ImitatorStep, Learner
from exact_cbil.model import Model
from exact_cbil.numbers import common_integers, to_fraction
from exact_cbil.semimeasure import Semimeasure

__all__ = ["SampledStep", "draw", "draw_place", "sample"]

X = TypeVar("X", bound=Hashable)


def draw(nu: Semimeasure[X], rng: Random) -> X | None:
    """Draw an element with exactly the probability `nu` gives it; None with the deficit.

    >>> draw(Semimeasure.point("a"), Random(0))
    'a'
    """
    masses, denominator = common_integers(nu[x] for x in nu)
    place = draw_place(masses, denominator, rng)
    return None if place is None else list(nu)[place]


def draw_place(masses: Iterable[mpz], denominator: mpz, rng: Random) -> int | None:
    """Draw a place with the probability `mass/denominator`; None with what is left over."""
    ticket = rng.randrange(int(denominator))
    for place, mass in enumerate(masses):
        if ticket < mass:
            return place
        ticket -= int(mass)
    return None


@dataclass(frozen=True)
class SampledStep:
    """One step of a run: what the learner was about to do at time `t`, and what happened."""

    t: int
    learner: ImitatorStep
    step: Step

    @property
    def theta(self) -> Fraction:
        """The chance that the learner asks."""
        return self.learner.query_probability


def sample(model: Model, rng: Random) -> Iterator[SampledStep]:
    """Draw one run of the model under `P_i`, to its horizon.

    rng: a seeded `random.Random`; the same seed gives the same run. Source: SPEC D6.

    >>> from exact_cbil.models import shared_error
    >>> [(drawn.step.queried, drawn.step.action) for drawn in sample(shared_error(2), Random(0))]
    [(False, 'wrong'), (True, 'right')]
    """
    learner = Learner(model)
    belief = learner.start
    demonstrator, environment = model.demonstrator_policy.start, model.environment.start
    for t in range(model.horizon):
        upcoming = learner.imitator_step(belief)
        emitted = learner.demonstrator_emission(demonstrator)
        target = Semimeasure(
            {a: to_fraction(p) for a, p in zip(model.actions, emitted, strict=True)}
        )
        acted = draw(upcoming.law(target), rng)
        assert acted is not None  # the law of a step is a measure
        queried, action = acted
        observation = draw(learner.environment_emission(environment, action), rng)
        assert observation is not None
        step = Step(queried, action, observation)
        yield SampledStep(t, upcoming, step)
        belief = learner.observe(belief, step)
        demonstrator = model.demonstrator_policy.advance(demonstrator, unlabelled(step))
        environment = model.environment.advance(environment, unlabelled(step))

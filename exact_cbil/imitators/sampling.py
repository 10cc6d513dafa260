"""Seeded runs of any imitator, each step drawn from its law with its exact probability."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from flint import arb, ctx, fmpq

from exact_cbil.history import Step
from exact_cbil.imitators.chain import ImitatorLaw
from exact_cbil.imitators.imitator import Imitator
from exact_cbil.imitators.quantity import Quantity, quantity
from exact_cbil.model import Model
from exact_cbil.real import Undecided
from exact_cbil.sampling import draw_place

__all__ = ["DrawnStep", "sample"]

BITS = 512
"""Of the balls by which a run is drawn; they leave a draw open once in `2^400` runs or so."""

WORD = 64


@dataclass(frozen=True)
class DrawnStep:
    """One step of a run: the chance at time `t` that the imitator asks, and what happened."""

    t: int
    theta: Quantity
    step: Step


def sample(model: Model, imitator: Imitator, rng: Random) -> Iterator[DrawnStep]:
    """Draw one run of an imitator to the model's horizon.

    rng: a seeded `random.Random`; the same seed gives the same run. Source: SPEC D6, L1.

    >>> from exact_cbil.imitators import named
    >>> from exact_cbil.models import shared_error
    >>> model = shared_error(2)
    >>> [each.step.action for each in sample(model, named("map:1").imitator(model), Random(0))]
    ['right', 'right']
    """
    with ctx.workprec(BITS):
        law, state = ImitatorLaw(model, imitator), 0
    for t in range(model.horizon):
        with ctx.workprec(BITS):
            edges, theta = law.edges(state), quantity(law.acts(state).theta)
            chances = [numerator for _, numerator, _ in edges.labelled]
            drawn = (
                _draw_ball(chances, rng)
                if imitator.enclosed
                else draw_place(chances, edges.denominator, rng)
            )
        assert drawn is not None  # the chances of a step sum to 1
        state, _, step = edges.labelled[drawn]
        yield DrawnStep(t, theta, step)


def _draw_ball(chances: Sequence[Any], rng: Random) -> int:
    """Draw a place with the probability that its ball encloses.

    The ticket is a number in [0, 1) of which ever more bits are drawn, until it is known between
    which two of the sums of chances it lies.
    """
    ticket = 0
    for words in range(1, BITS // WORD):
        ticket = ticket << WORD | rng.getrandbits(WORD)
        scale = 1 << WORD * words
        low, high = arb(fmpq(ticket, scale)), arb(fmpq(ticket + 1, scale))
        running = arb(0)
        for place, chance in enumerate(chances):
            begins, running = running, running + chance
            last = place == len(chances) - 1
            if (place == 0 or low >= begins) and (last or high <= running):
                return place
    raise Undecided("which step was drawn")

"""Sampled runs: exactly the learner's step at each history, and only possible steps."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from exact_cbil import Interaction, Semimeasure, imitator_step, spec
from exact_cbil.history import History
from exact_cbil.models import rare_action
from exact_cbil.sampling import draw, sample
from tests.literal import literal
from tests.strategies import documents, model_of


@given(documents(), st.integers(0, 2**32))
def test_sampled_steps_are_those_of_the_learner(document: dict[str, Any], seed: int) -> None:
    model = model_of(document)
    history: History = ()
    for t, drawn in enumerate(sample(model, Random(seed))):
        assert drawn.t == t
        assert drawn.learner == imitator_step(model, history)
        history = (*history, drawn.step)
    assert len(history) == model.horizon
    assert spec.law(literal(document), spec.imitate, model.horizon)[history] > 0


@given(documents(), st.integers(0, 2**32))
def test_a_seed_fixes_the_run(document: dict[str, Any], seed: int) -> None:
    model = model_of(document)
    assert list(sample(model, Random(seed))) == list(sample(model, Random(seed)))


class Tickets(Random):
    """Every ticket once, in order."""

    def __init__(self) -> None:
        super().__init__(0)
        self.next = 0

    def randrange(self, *arguments: Any) -> int:
        self.next += 1
        return self.next - 1


@given(st.lists(st.integers(0, 4), min_size=1, max_size=4), st.integers(0, 3))
def test_a_draw_has_exactly_the_masses(parts: list[int], lost: int) -> None:
    """Over all equally likely tickets, each element comes up in proportion to its mass."""
    total = sum(parts) + lost
    if total == 0:
        return
    nu = Semimeasure({k: f"{n}/{total}" for k, n in enumerate(parts)})
    rng = Tickets()
    drawn = [draw(nu, rng) for _ in range(total)]
    # The draw works over the least common denominator, which divides the total.
    size = next(n for n in range(1, total + 1) if all((nu[k] * n).denominator == 1 for k in nu))
    for k in range(len(parts)):
        assert drawn[:size].count(k) == nu[k] * size


def test_whole_runs_are_distributed_as_the_law_of_histories() -> None:
    """Frequencies over fixed seeds stay within five standard deviations of the exact law."""
    from exact_cbil.models import rare_action

    model = rare_action("1/4").with_horizon(2)
    runs = 4000
    counts: dict[History, int] = {}
    for seed in range(runs):
        history = tuple(drawn.step for drawn in sample(model, Random(seed)))
        counts[history] = counts.get(history, 0) + 1
    law = Interaction(model).history_law()
    assert set(counts) <= set(law)
    for history, p in law.items():
        assert (counts.get(history, 0) - runs * p) ** 2 <= 25 * runs * p * (1 - p) + 1


def test_a_seed_draws_in_the_order_of_the_supports() -> None:
    step = imitator_step(rare_action("1/8"), ())
    law = step.law(Semimeasure({"rare": "1/8", "usual": "7/8"}))
    assert list(law) == [(False, "usual"), (True, "rare"), (True, "usual")]

"""Deliberately wrong learners, each of which the comparison with the definitions must catch.

A mutant replaces one law of the learner; a search over the same random models as in the tests of
the engine must find one on which the result differs. The unharmed engine must survive that search.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import numpy as np
import pytest
from gmpy2 import mpq
from hypothesis import Phase, find, settings
from hypothesis.errors import NoSuchExample

from exact_cbil import learner, run
from exact_cbil.history import Step, unlabelled
from exact_cbil.learner import Belief, Learner
from tests.literal import literal, result
from tests.strategies import documents, model_of

Patch = pytest.MonkeyPatch
rank, top_set, minimum = learner.rank, learner.top_set, learner.minimum
observe, advance = Learner.observe, Learner.advance


def ties_reversed(patch: Patch) -> None:
    def reversed_rank(weights: Sequence[Any], at_least: Any = operator.ge) -> list[int]:
        last = len(weights) - 1
        return [last - i for i in rank(weights[::-1], at_least)]

    patch.setattr(learner, "rank", reversed_rank)


def greater_for_at_least(patch: Patch) -> None:
    def strict(weights: Sequence[Any], alpha: Any) -> tuple[int, ...]:
        members, running = [], 0
        for i in rank(weights):
            running += weights[i]
            if not weights[i] > alpha * running:
                break
            members.append(i)
        return tuple(members)

    patch.setattr(learner, "top_set", strict)


def total_for_running_weight(patch: Patch) -> None:
    def of_total(weights: Sequence[Any], alpha: Any) -> tuple[int, ...]:
        return tuple(i for i in rank(weights) if weights[i] >= alpha * sum(weights))

    patch.setattr(learner, "top_set", of_total)


def dead_policies_in_the_top_set(patch: Patch) -> None:
    def with_dead(weights: Sequence[Any], alpha: Any) -> tuple[int, ...]:
        dead = tuple(i for i, weight in enumerate(weights) if weight == 0)
        return top_set(weights, alpha) + dead

    def keep_states(self: Learner, states: Any, weights: Any, step: Step) -> tuple[Any, ...]:
        return advance(self, states, [1] * len(states), step)

    patch.setattr(learner, "top_set", with_dead)
    patch.setattr(Learner, "advance", keep_states)


def evidence_from_unqueried_steps(patch: Patch) -> None:
    def always_update(self: Learner, belief: Belief, step: Step) -> Belief:
        weights = observe(self, belief, step._replace(queried=True)).weights
        return Belief(self.advance(belief.states, weights, step), weights)

    patch.setattr(Learner, "observe", always_update)


def no_evidence_at_all(patch: Patch) -> None:
    def never_update(self: Learner, belief: Belief, step: Step) -> Belief:
        return Belief(self.advance(belief.states, belief.weights, step), belief.weights)

    patch.setattr(Learner, "observe", never_update)


def members_blind_to_queries(patch: Patch) -> None:
    def blind(self: Learner, states: Any, weights: Any, step: Step) -> tuple[Any, ...]:
        return advance(self, states, weights, unlabelled(step))

    patch.setattr(Learner, "advance", blind)


def renormalised_minimum(patch: Patch) -> None:
    def renormalised(emissions: Sequence[Any], width: int) -> tuple[Any, ...]:
        least = minimum(emissions, width)
        return tuple(x / sum(least) for x in least) if sum(least) else least

    patch.setattr(learner, "minimum", renormalised)


def maximum_for_minimum(patch: Patch) -> None:
    def maximum(emissions: Sequence[Any], width: int) -> tuple[Any, ...]:
        return minimum(emissions, width, operator.le) if emissions else (0,) * width

    patch.setattr(learner, "minimum", maximum)


def imitator_that_does_not_defer(patch: Patch) -> None:
    def uniform_if_empty(emissions: Sequence[Any], width: int) -> tuple[Any, ...]:
        return minimum(emissions, width) if emissions else (mpq(1, width),) * width

    patch.setattr(learner, "minimum", uniform_if_empty)


def _in_floats(patch: Patch, number: Callable[[Any], Any]) -> None:
    def rounded(weights: Sequence[Any], alpha: Any) -> tuple[int, ...]:
        total = number(sum(weights) or 1)
        return top_set([number(w) / total for w in weights], number(alpha))

    patch.setattr(learner, "top_set", rounded)


def float64_arithmetic(patch: Patch) -> None:
    _in_floats(patch, float)


def float32_arithmetic(patch: Patch) -> None:
    _in_floats(patch, np.float32)


MUTANTS: list[Callable[[Patch], None]] = [
    ties_reversed,
    greater_for_at_least,
    total_for_running_weight,
    dead_policies_in_the_top_set,
    evidence_from_unqueried_steps,
    no_evidence_at_all,
    members_blind_to_queries,
    renormalised_minimum,
    maximum_for_minimum,
    imitator_that_does_not_defer,
    float64_arithmetic,
    float32_arithmetic,
]


def differs(document: dict[str, Any]) -> bool:
    """Whether the engine, such as it now is, gives another result than the definitions."""
    return run(model_of(document)).to_json() != result(literal(document))


def search(examples: int) -> dict[str, Any]:
    only_search = settings(max_examples=examples, phases=[Phase.generate], database=None)
    return find(documents(ties=True), differs, settings=only_search, random=Random(0))


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_mutant_is_caught(mutant: Callable[[Patch], None]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        mutant(patch)
        caught_on = search(examples=5000)
        assert differs(caught_on)
    assert not differs(caught_on)


def test_the_unharmed_engine_is_not_caught() -> None:
    with pytest.raises(NoSuchExample):
        search(examples=300)

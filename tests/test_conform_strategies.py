"""The published strategies: valid, reachable, registered, shrinking; and the stream."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from fractions import Fraction
from itertools import islice
from typing import Any

import pytest
from hypothesis import find, given
from hypothesis import strategies as st

from exact_cbil import Model, Semimeasure
from exact_cbil.environment import Environment, MooreEnvironment
from exact_cbil.errors import CbilError
from exact_cbil.event import Automaton, Event
from exact_cbil.history import History
from exact_cbil.learner import Learner, imitator_step
from exact_cbil.modelfile import read_model, write_model
from exact_cbil.policy import MoorePolicy, Policy
from exact_cbil.testing import Question, Reference, read_question
from exact_cbil.testing import strategies as cbil
from exact_cbil.testing.axes import covered
from exact_cbil.testing.kept import COUNT, SEED
from exact_cbil.testing.questions import KeptQuestion
from exact_cbil.testing.reference import distance
from exact_cbil.testing.shrinking import shrink
from exact_cbil.testing.stream import drawn as drawn_questions
from exact_cbil.testing.stream import origin, stream
from tests.conftest import LARGE, examples
from tests.strategies import drawn

few = examples(30)


@given(cbil.semimeasures(), cbil.semimeasures(measure=True))
def test_semimeasures(any_mass: Semimeasure[str], full: Semimeasure[str]) -> None:
    assert 0 <= any_mass.total <= 1
    assert full.total == 1


@few
@given(cbil.models(max_horizon=3))
def test_models_can_be_written_and_read(model: Model) -> None:
    document = write_model(model)
    assert write_model(read_model(json.dumps(document))) == document


@few
@given(st.data())
def test_histories_are_reachable(data: st.DataObject) -> None:
    model = data.draw(cbil.models())
    assert chance_of(model, data.draw(cbil.histories(model))) > 0


def chance_of(model: Model, history: History) -> Fraction:
    """Multiply the probabilities of the steps, by the definition of the interaction."""
    learner, chance = Learner(model), Fraction(1)
    for t, step in enumerate(history):
        asked = tuple(s._replace(queried=True) for s in history[:t])
        now = learner.imitator_step(learner.belief(history[:t]))
        act = now.law(model.demonstrator_policy(asked))[(step.queried, step.action)]
        chance *= act * model.environment(asked, step.action)[step.observation]
    return chance


@few
@given(cbil.near_tie_models())
def test_near_tie_models_are_near_a_boundary(model: Model) -> None:
    away = distance(model.weights, model.exact_alpha)
    assert len(model.policies) == 1 or (away is not None and away < Fraction(1, 2**50))


@few
@given(st.data())
def test_runs_are_whole_and_reachable(data: st.DataObject) -> None:
    model = data.draw(cbil.models(max_horizon=4))
    drawn = data.draw(cbil.runs(model))
    assert [one.t for one in drawn] == list(range(model.horizon))
    history = tuple(one.step for one in drawn)
    assert chance_of(model, history) > 0
    for one in drawn:
        assert one.learner == imitator_step(model, history[: one.t])


KINDS: list[type] = [
    Semimeasure,
    Policy,
    MoorePolicy,
    Environment,
    MooreEnvironment,
    Event,
    Automaton,
    Model,
    Question,
]


@pytest.mark.parametrize("kind", KINDS)
def test_types_are_registered(kind: type) -> None:
    assert isinstance(drawn(st.from_type(kind), lambda _: True), kind)


def test_models_have_horizons_events_and_starts_that_are_not_the_first() -> None:
    model = find(st.from_type(Model), lambda m: m.horizon > 1 and len(m.events) > 1)
    assert (model.horizon, len(model.events), len(model.policies)) == (2, 2, 1)

    def starts_elsewhere(model: Model) -> bool:
        machines: list[Any] = [*model.policies.values(), model.environment]
        machines += model.events.values()
        return any(machine.start != next(iter(states_of(machine))) for machine in machines)

    assert drawn(cbil.models(), starts_elsewhere)


def states_of(machine: Any) -> Any:
    return machine.transitions.rules


def test_sizes_are_obeyed() -> None:
    sizes = cbil.models(max_actions=10, max_observations=7, max_policies=9)
    assert drawn(sizes, lambda m: m.actions[-1] == "a9").actions[3:5] == ("d", "a4")
    assert drawn(sizes, lambda m: len(m.observations) == 7)
    assert drawn(sizes, lambda m: len(m.policies) >= 7)

    @few
    @given(cbil.models(max_actions=2, max_observations=1, max_policies=2, max_events=0))
    def no_more(model: Model) -> None:
        assert len(model.actions) <= 2
        assert len(model.observations) == 1
        assert len(model.policies) <= 2
        assert not model.events

    @few
    @given(cbil.models(max_horizon=9, max_histories=50))
    def few_histories(model: Model) -> None:
        assert (2 * len(model.actions) * len(model.observations)) ** model.horizon <= 50

    no_more()
    few_histories()


def met(model: Model) -> bool:
    return model.alpha in cbil.threshold_ratios(model.weights)


def met_later(model: Model) -> bool:
    after = [
        w * policy.emit(policy.start)[model.actions[0]]
        for w, policy in zip(model.weights, model.policies.values(), strict=True)
    ]
    return not met(model) and model.alpha in cbil.threshold_ratios(after)


@pytest.mark.parametrize("wanted", [met, met_later, lambda m: not met(m) and not met_later(m)])
def test_alpha_often_meets_the_weights_and_often_does_not(wanted: Callable[[Model], bool]) -> None:
    """Exactly, at first or after one answer; a single policy is met by alpha = 1 alone."""
    assert drawn(cbil.models(), lambda m: len(m.policies) > 2 and m.exact_alpha < 1 and wanted(m))


def test_a_model_shrinks_to_the_smallest() -> None:
    model = find(cbil.models(), lambda _: True)
    assert (len(model.policies), len(model.actions), len(model.observations)) == (1, 1, 1)
    two = find(cbil.models(), lambda m: len(m.policies) > 1 and m.alpha != 1)
    assert len(two.policies) == 2
    assert two.weights == (Fraction(1, 2), Fraction(1, 2))


def test_the_stream_is_a_function_of_its_seed() -> None:
    first, again, other = ([q.line for q in stream(seed, 40)] for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert len(set(first)) == 40


def test_what_is_kept_is_what_would_be_drawn() -> None:
    """The question, its answer, its distance and its levels, and what is asked of it later."""
    reference, anew = Reference(), drawn_questions(SEED)
    for kept in islice(stream(SEED), COUNT if LARGE else 60):
        question = next(anew)
        assert (kept.id, kept.line) == (question.id, question.line)
        right, known = reference.expected(question), reference.expected(kept)
        assert (known.step, known.distance) == (right.step, right.distance)
        assert known.actions == right.actions
        assert covered(known) == covered(right)
        top = question.model.policies if all(right.step.posterior.values()) else ()
        assert known.minimum(list(top)) == right.minimum(list(top))
        half = len(question.history) // 2
        assert kept.prefix(half).line == question.prefix(half).line


def test_the_stream_goes_on_after_what_is_kept() -> None:
    last, beyond = islice(stream(SEED), COUNT - 1, COUNT + 1)
    assert isinstance(last, KeptQuestion)
    assert not isinstance(beyond, KeptQuestion)
    assert (origin(last), origin(beyond)) == ((SEED, COUNT - 1), (SEED, COUNT))
    for question in (last, beyond):
        assert question.line == next(drawn_questions(*origin(question) or ())).line


def test_questions_of_the_stream_survive_the_line_protocol() -> None:
    reference = Reference()
    for question in stream(3, 150):
        read = read_question(question.line)
        assert read.line == question.line
        assert reference.expected(read).step == reference.expected(question).step


def test_a_failure_of_the_stream_shrinks() -> None:
    def ignores_evidence(question: Question) -> bool:
        expected = Reference().expected(question)
        return expected.step.posterior != dict(question.model.prior)

    index = next(n for n, q in enumerate(stream(0, 50)) if ignores_evidence(q))
    found = shrink(0, index, ignores_evidence, seconds=math.inf)
    assert found is not None
    assert ignores_evidence(found)
    assert len(found.history) == 1
    assert len(found.model.policies) <= 2


def test_a_failure_that_needs_the_keys_in_their_order_keeps_it() -> None:
    def matches_by_place(question: Question) -> bool:
        return next(iter(question.document)) != "format" and len(question.model.policies) > 1

    index = next(n for n, q in enumerate(stream(0, 50)) if matches_by_place(q))
    found = shrink(0, index, matches_by_place, tries=60, seconds=math.inf)
    assert found is not None
    assert matches_by_place(found)


def test_shrinking_asks_no_more_questions_than_it_may() -> None:
    asked = []

    def fails(question: Question) -> bool:
        asked.append(question)
        return len(question.model.policies) > 1

    assert shrink(0, 0, fails, tries=5, seconds=math.inf) is not None
    assert len(asked) == 5


def test_a_failure_that_does_not_happen_again_is_not_shrunk() -> None:
    assert shrink(0, 0, lambda _: False) is None


QUESTION: dict[str, Any] = next(iter(stream(0, 1))).document
STEP = {"queried": True, "action": "a", "observation": "x"}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"format": "cbil-question/2"}, r"\$\.format: expected"),
        ({"id": ""}, r"\$\.id: expected a non-empty name"),
        ({"model": []}, r"\$\.model: expected an object"),
        ({"history": {}}, r"\$\.history: expected an array"),
        ({"history": [{}]}, r"\$\.history\[0\]\.queried: expected this key"),
        (
            {"history": [{"queried": 1, "action": "a", "observation": "x"}]},
            r"history\[0\].queried",
        ),
        (
            {"history": [{"queried": True, "action": "?", "observation": "x"}]},
            r"history\[0\].action",
        ),
        ({"model": {**QUESTION["model"], "alpha": "0.5"}}, r"\$\.model\.alpha"),
        ({"history": [STEP] * 100_001}, r"\$\.history: expected at most 100000 steps"),
        ({"extra": 1}, r"\$\.extra: unknown key"),
    ],
)
def test_malformed_questions(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(CbilError, match=problem):
        read_question(json.dumps({**QUESTION, **change}))

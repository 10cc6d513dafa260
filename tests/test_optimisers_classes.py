"""P5: the programs for a task as a class of policies, and what merging them keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import product
from random import Random

import pytest

from exact_cbil import Model, Step, posterior, run
from exact_cbil.comparison import compare
from exact_cbil.errors import CbilError
from exact_cbil.modelfile import model_of, write_model
from exact_cbil.models import hash_optimisers, maze_optimisers
from exact_cbil.numbers import Enclosure
from exact_cbil.optimisers.classes import PURSUED, Course, held_back, model_of_programs
from exact_cbil.optimisers.listing import Listing
from exact_cbil.optimisers.program import Program, Search
from exact_cbil.optimisers.task import Task
from exact_cbil.optimisers.tasks import Gate, hash_game, maze, rule, task_named

SMALL = [
    (replace(rule().of(1, 1), search_bits=0), 9, 0),
    (replace(hash_game().of(1, 1), search_bits=0), 9, 0),
    (replace(hash_game().of(2, 1), search_bits=1), 13, 2),
    (replace(maze().of(1, 1), search_bits=0), 8, 1),
]
"""Tasks, the longest programs, and the lessons that came before."""


def solves(task: Task, program: Program, number: int) -> bool:
    return task.instances[number].succeeds(task.base, program.run(task, number))


def listed(task: Task, longest: int, trained: int) -> list[tuple[int, Program]]:
    lessons = task.lessons[:trained]
    return [
        (length, program)
        for length, program in Listing(task, longest)
        if all(solves(task, program, number) for number in lessons)
    ]


def unmerged(task: Task, longest: int, trained: int, alpha: Fraction) -> Model:
    """The class with one policy for each program: what the merged one stands for."""
    course, programs = Course(task, trained), listed(task, longest, trained)
    weights = {str(program): Fraction(1, 2**length) for length, program in programs}
    total = sum(weights.values())
    leader = Search(task.turns, task.base)
    return replace(
        model_of_programs(task, longest, alpha, trained=trained),
        policies={str(p): course.policy(course.behaviour(p)) for _, p in programs},
        prior={name: weight / total for name, weight in weights.items()},
        demonstrator=str(leader),
    )


@pytest.mark.parametrize(("task", "longest", "trained"), SMALL)
def test_the_posterior_of_a_merged_policy_is_the_sum_of_its_programs(
    task: Task, longest: int, trained: int
) -> None:
    course = Course(task, trained)
    both = [
        model_of_programs(task, longest, 1, trained=trained),
        unmerged(task, longest, trained, Fraction(1)),
    ]
    first: dict[tuple[str, ...], str] = {}
    for _, program in listed(task, longest, trained):
        first.setdefault(course.behaviour(program), str(program))
    rng = Random(0)
    for _ in range(20):
        history = tuple(
            Step(rng.random() < 0.5, rng.choice(task.actions), "x")
            for _ in range(rng.randrange(course.horizon))
        )
        merged, single = (posterior(model, history) for model in both)
        sums = dict.fromkeys(both[0].policies, Fraction(0))
        for _, program in listed(task, longest, trained):
            sums[first[course.behaviour(program)]] += single[str(program)]
        assert {name: merged[name] for name in sums} == sums


@pytest.mark.parametrize(("task", "longest", "trained"), SMALL)
def test_where_alpha_keeps_everyone_merging_changes_no_law(
    task: Task, longest: int, trained: int
) -> None:
    """Below the least weight the top set is all that no answer has refuted, merged or not."""
    alpha = min(unmerged(task, longest, trained, Fraction(1)).weights)
    single = unmerged(task, longest, trained, alpha)
    merged = model_of_programs(task, longest, alpha, trained=trained)
    assert len(merged.policies) < len(single.policies)
    one, other = run(merged), run(single)
    assert one.events == other.events
    assert [(s.theta, s.theta2, s.theta3) for s in one.steps] == [
        (s.theta, s.theta2, s.theta3) for s in other.steps
    ]
    assert one.exclusion == other.exclusion == 0


def test_at_larger_alphas_merging_can_change_the_law() -> None:
    """Copies of a policy may each be too light for the top set, and together heavy enough."""
    differ = 0
    for task, longest, trained in SMALL[:2]:
        for alpha in (Fraction(1, k) for k in (2, 3, 5, 8, 12, 20, 30)):
            merged = run(model_of_programs(task, longest, alpha, trained=trained))
            single = run(unmerged(task, longest, trained, alpha))
            differ += merged.queries != single.queries
    assert differ


@pytest.mark.parametrize("name", ["maze", "hash", "rule"])
def test_policies_and_the_event_are_what_programs_do(name: str) -> None:
    """Against the programs run by their own code, over all sequences of actions."""
    task = replace(task_named(name).of(1, 1), search_bits=0)
    course = Course(task)
    model = model_of_programs(task, 8, "1/3")
    programs = {
        str(program): program for _, program in Listing(task, 8) if str(program) in model.policies
    }
    event = model.events[PURSUED]
    rng = Random(1)
    everything = list(product(task.actions, repeat=course.horizon))
    for actions in rng.sample(everything, min(60, len(everything))):
        history = tuple(Step(True, action, "x") for action in actions)
        states, pursued = [], False
        for number in range(2):
            state = task.instances[number].start
            for turn in range(task.turns):
                states.append((number, turn, state))
                state = task.instances[number].step(state, actions[len(states) - 1])
            proxy = task.proxy
            assert proxy is not None
            goals = [task.instances[number].succeeds(o, state) for o in (task.base, proxy)]
            pursued |= number == 1 and goals == [False, True]
        assert (history in event) == pursued
        for policy, program in programs.items():
            for t, place in enumerate(states):
                assert model.policies[policy](history[:t])[program.act(task, *place)] == 1


def test_a_proxy_that_comes_with_the_base_is_not_held_against_it() -> None:
    lit = (True, False, True)
    task = replace(rule().of(1, 0), deployment=(Gate(lit, lit),), search_bits=0)
    model = model_of_programs(task, 8, "1/3")
    right = tuple(Step(True, "open" if light else "wait", "x") for light in lit)
    first = tuple(Step(True, "open", "x") for _ in lit)
    assert first + right not in model.events[PURSUED]


def test_the_shipped_classes_hold_the_proxy_back_up_to_an_exact_alpha() -> None:
    for model, name, most in (
        (maze_optimisers(), "search(3, exit)", Fraction(1, 78)),
        (hash_optimisers(), "search(2, bit)", Fraction(1, 34)),
    ):
        assert model.demonstrator == name
        assert held_back(model) == most
        assert run(model.with_alpha(most)).events[PURSUED].imitator == 0
        above = run(model.with_alpha(most + Fraction(1, 10**6)))
        assert above.events[PURSUED].imitator > 0
        assert above.events[PURSUED].demonstrator == 0
        assert model_of(write_model(model)) == model


def test_bad_classes_are_refused() -> None:
    task = rule().of(1, 1)
    calls: tuple[Callable[[], Model], ...] = (
        lambda: model_of_programs(task, 10, "1/3"),
        lambda: model_of_programs(maze().of(2, 1), 20, "1/3"),
        lambda: model_of_programs(task, 14, "1/3", trained=2),
        lambda: model_of_programs(task, 14, "0"),
        lambda: model_of_programs(rule().of(1, 0), 14, "1/3", trained=1),
        lambda: model_of_programs(replace(task, objectives=("light",)), 14, "1/3"),
    )
    for bad in calls:
        with pytest.raises(CbilError) as refused:
            bad()
        assert "\n" not in str(refused.value)


def test_learners_in_the_classes_of_programs() -> None:
    """Every learner; what follows from the definitions of some, and L1 against `run` and R1."""
    words = ["conservative:1/50", "relative:1/50", "absolute:1/50", "predictive:2", "map:2"]
    words += ["committed:2", "ensemble:3", "gate:1/50:1/10", "version-space", "leader:2", "always"]
    for model in (maze_optimisers(), hash_optimisers()):
        compared = compare(model, words)
        assert compared.demonstrator == {PURSUED: 0}
        found = {str(learner): learner for learner in compared.learners}
        alone = run(model.with_alpha("1/50"))
        assert found["conservative:1/50"].queries == alone.queries
        assert found["conservative:1/50"].events[PURSUED] == alone.events[PURSUED].imitator
        assert found["always"].queries == model.horizon
        for careful in ("always", "version-space"):
            # The demonstrator is in the class, and these never act against anyone in it.
            assert found[careful].events[PURSUED] == 0
        for clock in ("predictive:2", "map:2", "committed:2", "leader:2"):
            assert found[clock].queries == 2


def test_a_learner_by_gradients_pursues_the_proxy_sometimes() -> None:
    (found,) = compare(hash_optimisers(), ["gradient:1:2"]).learners
    pursued = found.events[PURSUED]
    assert isinstance(pursued, Enclosure)
    assert 0 < pursued.lo <= pursued.hi < 1


@pytest.mark.parametrize(("task", "longest", "trained"), SMALL)
def test_learners_that_go_by_the_mixture_do_not_see_the_merging(
    task: Task, longest: int, trained: int
) -> None:
    merged = model_of_programs(task, longest, 1, trained=trained)
    single = unmerged(task, longest, trained, Fraction(1))
    for word in ("predictive:0", "predictive:2", "committed:1", "version-space"):
        (one,), (other,) = (compare(model, [word]).learners for model in (merged, single))
        assert (one.queries, one.events) == (other.queries, other.events)

"""P6: linear programs against their vertices, tests against every strategy, and the tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, product
from math import log2
from random import Random

import pytest

from exact_cbil.errors import CbilError
from exact_cbil.optimisers.program import Constant, Program, Search
from exact_cbil.optimisers.rewards import Optimum, Rewards, maximise
from exact_cbil.optimisers.task import Task
from exact_cbil.optimisers.tasks import TASKS, task_named
from exact_cbil.optimisers.telling_apart import (
    EXHAUSTIVE,
    Strategy,
    outcomes,
    surviving,
    tell_apart,
)

Rows = list[list[Fraction]]


def solve(rows: Rows, right: list[Fraction]) -> list[Fraction] | None:
    """Gauss's elimination for a square system; None where it is singular."""
    table = [[*row, b] for row, b in zip(rows, right, strict=True)]
    for k in range(len(table)):
        pivot = next((i for i in range(k, len(table)) if table[i][k]), None)
        if pivot is None:
            return None
        table[k], table[pivot] = table[pivot], table[k]
        table[k] = [x / table[k][k] for x in table[k]]
        for i in range(len(table)):
            if i != k:
                table[i] = [x - table[i][k] * y for x, y in zip(table[i], table[k], strict=True)]
    return [row[-1] for row in table]


def dot(one: Sequence[Fraction], other: Sequence[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(one, other, strict=True)), Fraction(0))


def best_vertex(objective: list[Fraction], rows: Rows) -> Fraction:
    """The most over all vertices of the polytope: every choice of so many tight inequalities."""
    size = len(objective)
    unit = [[Fraction(int(i == j)) for j in range(size)] for i in range(size)]
    sides = [(row, Fraction(0)) for row in rows]
    sides += [(row, Fraction(end)) for row in unit for end in (-1, 1)]
    found = []
    for chosen in combinations(sides, size):
        point = solve([row for row, _ in chosen], [end for _, end in chosen])
        if (
            point is not None
            and all(abs(w) <= 1 for w in point)
            and all(dot(row, point) >= 0 for row in rows)
        ):
            found.append(dot(objective, point))
    return max(found)


def test_linear_programs_are_solved_as_by_all_vertices() -> None:
    rng = Random(0)
    for _ in range(40):
        size = rng.randint(1, 3)
        vector = [[Fraction(rng.randint(-3, 3), rng.randint(1, 3)) for _ in range(size)]]
        rows = [
            [Fraction(rng.randint(-2, 2)) for _ in range(size)] for _ in range(rng.randint(0, 4))
        ]
        found = maximise(vector[0], rows)
        assert found.value == found.bound == best_vertex(vector[0], rows)


def test_an_answer_that_is_no_optimum_is_refused() -> None:
    one, row = (Fraction(1),), ((Fraction(-1),),)
    assert Optimum(one, row, (Fraction(0),), (Fraction(1),)).value == 0
    for point, multiplier in ((0, 0), (1, 1), (-1, 1), (0, 2), (2, 1), (0, -1)):
        with pytest.raises(CbilError):
            Optimum(one, row, (Fraction(point),), (Fraction(multiplier),))
    # A multiplier below 0 would prove a bound that is false: the most of w over 0 <= w <= 1 is 1.
    with pytest.raises(CbilError):
        Optimum(one, (one,), (Fraction(0),), (Fraction(-1),))


def loss(task: Task, program: Program, number: int, weights: tuple[Fraction, ...]) -> Fraction:
    """What a reward loses on an instance, by trying every plan."""
    instance = task.instances[number]

    def reward(state: object) -> Fraction:
        held = zip(weights, task.objectives, strict=True)
        return sum((w for w, o in held if instance.succeeds(o, state)), Fraction(0))

    best = max(reward(instance.after(plan)) for plan in task.plans())
    return best - reward(program.run(task, number))


@pytest.mark.parametrize("name", TASKS)
def test_no_reward_of_a_grid_loses_more_than_the_gap(name: str) -> None:
    task, levels = task_named(name).of(2, 2), tuple(Fraction(k) for k in (-1, 0, 1))
    for seen in ((), (0, 1), (0, 2)):
        for program in (Search(task.turns, task.base), Constant(task.actions[0])):
            rewards = Rewards(task, seen, program)
            gap = rewards.gap(task.deployed)
            assert gap is not None
            lost = []
            for weights in product(levels, repeat=len(task.objectives)):
                survives = not any(loss(task, program, number, weights) for number in seen)
                assert survives == all(dot(row, weights) >= 0 for row in rewards.rows)
                if survives:
                    lost += [loss(task, program, number, weights) for number in task.deployed]
            assert max(lost) <= gap.value
            # The reward that is named survives, and loses what is said where it is said.
            worst = tuple(gap.reward[o] for o in task.objectives)
            assert not any(loss(task, program, number, worst) for number in seen)
            assert loss(task, program, gap.instance, worst) == gap.value
    assert Rewards(task, ()).gap(()) is None


def test_lessons_leave_open_what_deployment_decides() -> None:
    task = task_named("hash").of(12)
    gaps = []
    for count in range(4):
        gap = Rewards(task, [*task.lessons, *task.deployed[:count]]).gap(task.deployed)
        assert gap is not None
        gaps.append(gap.value)
    assert gaps == [3, 2, 0, 0]
    assert surviving(task, task.lessons) == ["bit", "mark", "stamp"]
    assert surviving(task, [*task.lessons, *task.deployed]) == ["bit"]


def test_objectives_survive_where_they_hold_or_cannot_be_reached() -> None:
    task = replace(task_named("hash", 3).of(12), turns=1)
    survivals = 0
    for number in (*task.lessons, *task.deployed):
        instance, end = task.instances[number], Search(1, "bit").run(task, number)
        for objective in task.objectives:
            ways = [instance.succeeds(objective, instance.after((a,))) for a in task.actions]
            held = instance.succeeds(objective, end)
            assert (objective in surviving(task, [number])) == (held or not any(ways))
            survivals += not any(ways)
    assert survivals


# -- tests ----------------------------------------------------------------------------------------


def enough(rows: list[tuple[bool, ...]], tests: frozenset[int], most: int) -> bool:
    """Whether so many tests tell rows apart, by trying every strategy."""
    if len(rows) < 2:
        return True
    if most == 0:
        return False
    return any(
        enough([row for row in rows if row[test]], tests - {test}, most - 1)
        and enough([row for row in rows if not row[test]], tests - {test}, most - 1)
        for test in tests
    )


def leads_to(strategy: Strategy, row: Sequence[bool]) -> tuple[int, ...]:
    """What a strategy leaves possible for what it tests."""
    while strategy.test is not None:
        following = strategy.reached if row[strategy.test] else strategy.missed
        assert following is not None
        strategy = following
    return strategy.left


def test_strategies_are_the_best_of_all_on_lists_of_up_to_8() -> None:
    rng = Random(1)
    for number in range(120):
        columns = rng.randint(1, 5)
        count = rng.randint(1, 8)
        rows = [tuple(rng.random() < 0.5 for _ in range(columns)) for _ in range(count)]
        found = tell_apart(rows)
        distinct = list(dict.fromkeys(rows))
        assert found.optimal
        assert enough(distinct, frozenset(range(columns)), found.tests), number
        if found.tests:
            assert not enough(distinct, frozenset(range(columns)), found.tests - 1), number
        assert log2(len(distinct)) <= found.least <= found.tests <= max(0, len(distinct) - 1)
        for place, row in enumerate(rows):
            left = leads_to(found.strategy, row)
            assert place in left
            assert all(rows[other] == row for other in left)
            assert left in found.blocks
        sizes = [
            max(sum(row[test] for row in distinct), sum(not row[test] for row in distinct))
            for test in range(columns)
        ]
        if found.best_split is None:
            assert len(distinct) == 1
        else:
            assert sizes[found.best_split] == min(sizes)


def test_the_most_and_the_fewest_tests() -> None:
    for count in range(1, 9):
        alone = [[row == test for test in range(count)] for row in range(count)]
        assert tell_apart(alone).tests == count - 1
        numbered = [[bool(row >> test & 1) for test in range(3)] for row in range(count)]
        assert tell_apart(numbered).tests == (count - 1).bit_length()


def test_longer_lists_are_split_evenly_and_not_called_optimal() -> None:
    rng = Random(2)
    rows = [tuple(rng.random() < 0.5 for _ in range(20)) for _ in range(300)]
    found = tell_apart(rows)
    assert not found.optimal
    assert found.least == 9 <= found.tests <= 20
    assert all(leads_to(found.strategy, row) in found.blocks for row in rows)
    assert tell_apart(rows[:EXHAUSTIVE]).optimal


@pytest.mark.parametrize("name", TASKS)
def test_outcomes_are_those_of_searches(name: str) -> None:
    task = task_named(name).of(4)
    found = outcomes(task, task.objectives, task.deployed)
    # The base's search reaches the base, and no search for the proxy does where they part.
    assert all(found[0])
    assert not any(found[1])
    assert tell_apart(found).tests <= len(task.objectives) - 1
    with pytest.raises(CbilError):
        tell_apart([])

"""P2 to P4 against a count of all programs up to 14 bits, read and run by the letter."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import pairwise, product
from math import ceil, floor, log2

import pytest

from exact_cbil.errors import CbilError
from exact_cbil.optimisers.census import Census, bits_of
from exact_cbil.optimisers.listing import MAX_PROGRAMS, Listing
from exact_cbil.optimisers.program import Conditional, Constant, Entry, Search
from exact_cbil.optimisers.task import MAX_PLANS, Instance, Task
from exact_cbil.optimisers.tasks import TASKS, Gate, HashGame, Maze, hash_game, task_named
from exact_cbil.optimisers.winners import Winners, predicted
from tests import optimisers_literal as literal
from tests.conftest import LARGE

LONGEST = 16 if LARGE else 14
SMALL = {name: replace(make(0).of(4, 2), search_bits=2) for name, make in TASKS.items()}


@cache
def known(name: str) -> list[tuple[int, int, str | None, tuple[tuple[bool, ...], ...]]]:
    """Length, time, what is searched for, and which objectives hold where each instance ends."""
    task = SMALL[name]
    found = []
    for code, clauses in literal.programs(task, LONGEST):
        ends = tuple(
            tuple(instance.succeeds(o, literal.end(task, clauses, n)) for o in task.objectives)
            for n, instance in enumerate(task.instances)
        )
        searches = clauses[-1][2] if clauses[-1][0] == "search" else None
        found.append((len(code), literal.time(task, clauses), searches, ends))
    return found


@pytest.mark.parametrize("name", TASKS)
def test_the_listing_is_every_text_of_bits_that_is_a_program(name: str) -> None:
    task = SMALL[name]
    texts = [code for code, _ in literal.programs(task, LONGEST)]
    listing = Listing(task, LONGEST)
    listed = [(length, program.code(task)) for length, program in listing]
    assert sorted(code for _, code in listed) == sorted(texts)
    assert all(length == len(code) for length, code in listed)
    assert [length for length, _ in listed] == sorted(length for length, _ in listed)
    assert listing.total == len(texts)
    # No program is the beginning of another, so their weights sum to at most 1.
    assert not any(two.startswith(one) for one, two in pairwise(sorted(texts)))
    assert listing.kraft == sum(Fraction(1, 2 ** len(code)) for code in texts) <= 1


@pytest.mark.parametrize("name", TASKS)
def test_programs_do_what_their_code_says(name: str) -> None:
    task = SMALL[name]
    for length, program in Listing(task, 12):
        clauses = literal.read(task, program.code(task))
        assert (program.length(task), program.time(task)) == (length, literal.time(task, clauses))
        for number in range(len(task.instances)):
            assert program.run(task, number) == literal.end(task, clauses, number)


@pytest.mark.parametrize("penalty", [False, True])
@pytest.mark.parametrize("name", TASKS)
def test_shares_and_power_are_those_of_brute_force(name: str, penalty: bool) -> None:
    task, programs = SMALL[name], known(name)
    census = Census(Listing(task, LONGEST), penalty)
    lessons = [
        n
        for n in range(len(task.training))
        if any(
            task.instances[n].succeeds(task.base, task.instances[n].after(plan))
            for plan in product(task.actions, repeat=task.turns)
        )
    ]
    assert list(task.lessons) == lessons

    def weight(program: tuple[int, int, object, object]) -> Fraction:
        return Fraction(1, 2 ** program[0] * (program[1] if penalty else 1))

    total = sum(map(weight, programs))
    for count in range(len(lessons) + 1):
        solved = [sum(ends[n][0] for n in lessons[:count]) for *_, ends in programs]
        for score in range(count + 1):
            reaching = [p for p, s in zip(programs, solved, strict=True) if s >= score]
            power = census.power(score, count)
            assert power.count == Fraction(len(reaching), len(programs))
            assert power.prior == sum(map(weight, reaching)) / total
        # Bayes' rule: the likelihood of a lesson solved is 1 or 0.
        left = [p for p, s in zip(programs, solved, strict=True) if s == count]
        if not left:
            with pytest.raises(CbilError):
                census.shares(count)
            continue
        shares, mass = census.shares(count), sum(map(weight, left))
        for k, objective in enumerate(task.objectives):
            searching = sum((weight(p) for p in left if p[2] == objective), Fraction(0))
            assert shares.searching[objective] == searching / mass
            deployed = [sum(p[3][n][k] for n in task.deployed) for p in left]
            reached = sum(weight(p) * hits for p, hits in zip(left, deployed, strict=True))
            assert shares.pursuing[objective] == reached / mass / len(task.deployed)
        betrayed = sum(
            weight(p) * sum(p[3][n][1] and not p[3][n][0] for n in task.deployed) for p in left
        )
        assert shares.betrayed == betrayed / mass / len(task.deployed)
        assert shares.search == sum(shares.searching.values()) <= 1


@pytest.mark.parametrize("penalty", [False, True])
@pytest.mark.parametrize("name", TASKS)
def test_winners_are_those_of_brute_force(name: str, penalty: bool) -> None:
    task, winners, compared = SMALL[name], Winners(SMALL[name]), 0
    for count in range(len(task.lessons) + 1):
        won = winners.after(count, penalty)
        for program in won.programs:
            ends = [program.run(task, n) for n in task.lessons[:count]]
            tried = zip(task.lessons[:count], ends, strict=True)
            assert all(task.instances[n].succeeds(task.base, end) for n, end in tried)
        solving = [
            (2**length * (time if penalty else 1), searches)
            for length, time, searches, ends in known(name)
            if all(ends[n][0] for n in task.lessons[:count])
        ]
        cost = 2**won.length * (won.time if penalty else 1)
        # Nothing that is cheaper is missing from the programs listed, which have all such lengths.
        if cost < 2**LONGEST:
            compared += 1
            assert min(c for c, _ in solving) == cost
            assert set(won.searches) == {what for c, what in solving if c == cost}
    assert compared >= 3


def test_the_toy_predicts_where_tables_give_way_to_search() -> None:
    for name, at in (("maze", 3), ("hash", 7)):
        task = task_named(name)
        winners = Winners(task.of(16))
        searching = [winners.after(n).searches != (None,) for n in range(1, 12)]
        assert searching == [n >= at for n in range(1, 12)]
        (end,) = predicted(task).break_points
        assert at - 1 <= end <= at
    rule = Winners(task_named("rule").of(16))
    assert all(rule.after(n).searches == (None,) for n in range(1, 12))


def test_time_penalties_delay_search() -> None:
    winners = Winners(task_named("maze").of(8))
    assert winners.after(3).time == winners.after(5, True).time == 85
    assert winners.after(3, True).time == winners.after(4, True).time == 1


def test_nothing_but_search_solves_the_hash_game() -> None:
    """Without search, each instance solved beyond chance takes a bit of program and more."""
    task = hash_game()
    plans = list(task.plans())
    good = [
        [instance.succeeds(task.base, instance.after(plan)) for plan in plans]
        for instance in task.training
    ]
    chance = Fraction(sum(map(sum, good)), len(plans))
    assert len(good) == 64
    assert 24 < chance < 40
    # What no plan solves, exactly; search solves all the rest.
    unsolvable = [n for n, row in enumerate(good) if not any(row)]
    assert len(unsolvable) == 64 - len(task.lessons) == 6
    search = Search(task.turns, task.base)
    solved = [n for n in range(64) if task.instances[n].succeeds("bit", search.run(task, n))]
    assert tuple(solved) == task.lessons
    census = Census(Listing(task, 18))
    best = census.best_without_search()
    assert best
    for length, most in best.items():
        assert most - chance < length
    # A program of 16 bits that searches solves all that can be solved, which is more than that.
    assert search.length(task) == 16
    assert max(best.values()) < len(task.lessons) - 16


def test_bits_of_a_share_are_enclosed() -> None:
    assert bits_of(Fraction(0)) is None
    for share in (Fraction(1), Fraction(1, 2), Fraction(3, 7), Fraction(1, 1000003)):
        found = bits_of(share)
        assert found is not None
        low, high = found.interval()
        assert low <= high
        assert abs(float(low) + log2(share)) < 1e-9
        # 2^floor(64 low) <= (1/share)^64 <= 2^ceil(64 high), in rationals.
        assert Fraction(2) ** floor(64 * low) <= (1 / share) ** 64 <= Fraction(2) ** ceil(64 * high)
        assert high - low < Fraction(1, 10**12)


class Ladder(Instance):
    """A task of a user's own: climb to a rung; the colour of the top rung is a feature."""

    def __init__(self, rungs: int) -> None:
        self.rungs = rungs

    @property
    def start(self) -> int:
        return 0

    def step(self, state: int, action: str) -> int:
        return state + 1 if action == "up" else max(0, state - 1)

    def succeeds(self, objective: str, state: int) -> bool:
        return state == self.rungs if objective == "rung" else state >= 2

    def has(self, feature: str, state: int) -> bool:
        return state >= self.rungs


def test_a_task_of_ones_own() -> None:
    ladders = tuple(map(Ladder, (1, 3, 3, 1)))
    task = Task("ladder", ("down", "up"), 3, ("rung", "high"), ("there",), ladders, (Ladder(1),))
    assert task.lessons == (0, 1, 2, 3)
    census = Census(Listing(task, 16))
    assert census.shares(4).pursuing["rung"] > 0
    # Up, down and up again ends on rung 1, and up thrice on rung 3.
    assert str(Winners(task).after(4).program) == "there: down; always up"


@pytest.mark.parametrize("name", TASKS)
def test_objectives_are_one_in_training_and_part_in_deployment(name: str) -> None:
    for seed in range(3):
        task = task_named(name, seed)
        proxy = task.proxy
        assert proxy is not None
        for number in range(len(task.training)):
            instance = task.instances[number]
            ends = [instance.after(plan) for plan in task.plans()]
            assert all(
                instance.succeeds(task.base, end) == instance.succeeds(proxy, end) for end in ends
            )
        for number in task.deployed:
            assert task.solvable(number)
            assert task.solvable(number, proxy)
            instance = task.instances[number]
            ends = [instance.after(plan) for plan in task.plans()]
            assert any(
                instance.succeeds(task.base, end) != instance.succeeds(proxy, end) for end in ends
            )


def test_tasks_are_the_same_on_every_machine() -> None:
    """The first instances of seed 0, as they were when the page about them was written."""
    assert [task_named(name).training[0] for name in TASKS] == FIRST


FIRST: list[Instance] = [
    Maze(
        (0, 1),
        frozenset(
            frozenset(pair)
            for pair in (((1, 0), (0, 0)), ((1, 0), (2, 0)), ((1, 1), (1, 2)), ((2, 1), (2, 2)))
        ),
        exit=(2, 2),
        door=(2, 2),
        lamp=(2, 2),
    ),
    HashGame(b"\x07@\xe2\x7fO\t\xe8\x04", mark=1, stamp=1),
    Gate(lit=(True, True, True), red=(True, True, True)),
]


def test_bad_tasks_and_programs_are_refused() -> None:
    task = hash_game().of(2)
    for bad in (
        lambda: task_named("chess"),
        lambda: replace(task, actions=()),
        lambda: replace(task, objectives=("bit", "bit")),
        lambda: replace(task, turns=0),
        lambda: replace(task, turns=MAX_PLANS),
        lambda: replace(task, turns=10**9),
        lambda: replace(task, search_bits=-1),
        lambda: task.of(3),
        lambda: task.of(-1),
        lambda: task.of(1, 9),
        lambda: task.solvable(0, "exit"),
        lambda: Constant("C").code(task),
        lambda: Conditional("wet", "A", Constant("A")).code(task),
        lambda: Search(3, "bit").code(task),
        lambda: Search(1, "exit").code(task),
        lambda: Entry(99, ("A", "A"), Constant("A")).code(task),
        lambda: Entry(1, ("A", "A"), Entry(0, ("A", "A"), Constant("A"))).code(task),
        lambda: Entry(1, ("A",), Constant("A")).code(task),
        lambda: Listing(task, -1),
        lambda: Listing(task, 65),
        lambda: Listing(task, 40),
        lambda: Census(Listing(task, 1)).shares(0),
        lambda: Census(Listing(task, 4)).shares(9),
        lambda: Winners(task).after(9),
        lambda: Winners(replace(task, features=tuple("abcdefgh"))),
    ):
        with pytest.raises(CbilError) as refused:
            bad()
        assert "\n" not in str(refused.value)


def test_too_many_programs_are_refused_before_they_are_listed() -> None:
    with pytest.raises(CbilError, match=str(MAX_PROGRAMS)):
        Listing(task_named("maze"), 64)

"""P2 to P4 against a count of all programs up to 14 bits, read and run by the letter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from hashlib import sha256
from itertools import pairwise, product
from math import ceil, floor, log2
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exact_cbil.errors import CbilError
from exact_cbil.optimisers.census import Census, bits_of
from exact_cbil.optimisers.listing import MAX_PROGRAMS, Listing
from exact_cbil.optimisers.outcomes import Outcomes
from exact_cbil.optimisers.program import Conditional, Constant, Entry, Program, Search
from exact_cbil.optimisers.task import MAX_PLANS, Instance, Task
from exact_cbil.optimisers.tasks import TASKS, Gate, HashGame, Maze, hash_game, task_named
from exact_cbil.optimisers.winners import Winners, predicted
from tests import optimisers_literal as literal
from tests.conftest import LARGE

LONGEST = 16 if LARGE else 14
SMALL = {name: replace(make(0).of(4, 2), search_bits=2) for name, make in TASKS.items()}


class Counted(NamedTuple):
    """A program as the literal reading has it; `ends` says which objectives hold in each end."""

    length: int
    time: int
    searches: str | None
    ends: tuple[tuple[bool, ...], ...]


def counted(task: Task, longest: int) -> list[Counted]:
    """Every program of at most so many bits."""
    found = []
    for code, clauses in literal.programs(task, longest):
        ends = tuple(
            tuple(instance.succeeds(o, literal.end(task, clauses, n)) for o in task.objectives)
            for n, instance in enumerate(task.instances)
        )
        searches = clauses[-1][2] if clauses[-1][0] == "search" else None
        found.append(Counted(len(code), literal.time(task, clauses), searches, ends))
    return found


@cache
def known(name: str) -> list[Counted]:
    return counted(SMALL[name], LONGEST)


@dataclass(frozen=True)
class Chart(Instance):
    """An instance whose steps, objectives and features are tables: any small one."""

    moves: tuple[tuple[int, ...], ...]
    goals: tuple[tuple[bool, ...], ...]
    sights: tuple[tuple[bool, ...], ...]

    @property
    def start(self) -> int:
        return 0

    def step(self, state: int, action: str) -> int:
        return self.moves[state]["abc".index(action)]

    def succeeds(self, objective: str, state: int) -> bool:
        return self.goals[state]["pqr".index(objective)]

    def has(self, feature: str, state: int) -> bool:
        return self.sights[state]["xy".index(feature)]


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    """Small tasks of every shape: one action, no feature, no proxy, no deployment and so on."""
    actions, objectives, features = draw(st.tuples(*(st.integers(*r) for r in SIZES)))

    def rows(width: int, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        row = st.tuples(*[values] * width)
        return st.tuples(row, row, row)

    chart = st.builds(
        Chart,
        rows(actions, st.integers(0, 2)),
        rows(objectives, st.booleans()),
        rows(features, st.booleans()),
    )
    return Task(
        "drawn",
        tuple("abc"[:actions]),
        draw(st.integers(1, 2)),
        tuple("pqr"[:objectives]),
        tuple("xy"[:features]),
        tuple(draw(st.lists(chart, max_size=3))),
        tuple(draw(st.lists(chart, max_size=2))),
        draw(st.integers(0, 2)),
    )


SIZES = ((1, 3), (1, 3), (0, 2))
"""Of actions, objectives and features."""


@given(tasks())
@settings(max_examples=200 if LARGE else 25)
def test_any_task_is_counted_as_by_brute_force(task: Task) -> None:
    programs = counted(task, 10)
    check_listing(task, 10)
    for penalty in (False, True):
        check_shares(task, Census(Listing(task, 10), penalty), programs)
        check_winners(task, programs, 10, penalty)


@pytest.mark.parametrize("name", TASKS)
def test_ends_are_those_of_programs_of_any_order(name: str) -> None:
    """Entries above, between and below conditionals, in programs too long to be listed."""
    task, rng = SMALL[name], Random(0)
    endings = [*map(Constant, task.actions), *(Search(2, o) for o in task.objectives)]
    for _ in range(200):
        program: Program = rng.choice(endings)
        numbers = list(range(len(task.instances)))
        for _ in range(rng.randint(1, 5)):
            if numbers and rng.random() < 0.5:
                plan = tuple(rng.choice(task.actions) for _ in range(task.turns))
                program = Entry(numbers.pop(), plan, program)
            else:
                feature, action = rng.choice(task.features), rng.choice(task.actions)
                program = Conditional(feature, action, program)
        clauses = literal.read(task, program.code(task))
        reached = Outcomes(task).of(program)
        for number, instance in enumerate(task.instances):
            end = literal.end(task, clauses, number)
            assert program.run(task, number) == end
            held = [instance.succeeds(objective, end) for objective in task.objectives]
            assert [bool(bits >> number & 1) for bits in reached] == held


@pytest.mark.parametrize("name", TASKS)
def test_the_listing_is_every_text_of_bits_that_is_a_program(name: str) -> None:
    check_listing(SMALL[name], LONGEST)


def check_listing(task: Task, longest: int) -> None:
    texts = [code for code, _ in literal.programs(task, longest)]
    listing = Listing(task, longest)
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
    check_shares(SMALL[name], Census(Listing(SMALL[name], LONGEST), penalty), known(name))


def check_shares(task: Task, census: Census, programs: list[Counted]) -> None:
    lessons = [
        n
        for n in range(len(task.training))
        if any(
            task.instances[n].succeeds(task.base, task.instances[n].after(plan))
            for plan in product(task.actions, repeat=task.turns)
        )
    ]
    assert list(task.lessons) == lessons

    def weigh(chosen: Iterable[Counted]) -> Fraction:
        times = ((p.length, p.time if census.time_penalty else 1) for p in chosen)
        return sum((Fraction(1, 2**length * time) for length, time in times), Fraction(0))

    for count in range(len(lessons) + 1):
        solved = [sum(p.ends[n][0] for n in lessons[:count]) for p in programs]
        for score in range(count + 1):
            reaching = [p for p, s in zip(programs, solved, strict=True) if s >= score]
            power = census.power(score, count)
            assert power.count == Fraction(len(reaching), len(programs))
            assert power.prior == weigh(reaching) / weigh(programs)
        # Bayes' rule: the likelihood of a lesson solved is 1 or 0.
        left = [p for p, s in zip(programs, solved, strict=True) if s == count]
        if not left:
            with pytest.raises(CbilError):
                census.shares(count)
            continue
        shares, mass = census.shares(count), weigh(left)
        deployed = max(1, len(task.deployed))
        for k, objective in enumerate(task.objectives):
            searching = weigh(p for p in left if p.searches == objective)
            assert shares.searching[objective] == searching / mass
            reached = sum(weigh(p for p in left if p.ends[n][k]) for n in task.deployed)
            assert shares.pursuing[objective] == reached / mass / deployed
        if task.proxy is None:
            assert shares.betrayed is None
        else:
            wrong = sum(
                weigh(p for p in left if p.ends[n][1] and not p.ends[n][0]) for n in task.deployed
            )
            assert shares.betrayed == wrong / mass / deployed
        assert shares.search == sum(shares.searching.values()) <= 1


@pytest.mark.parametrize("penalty", [False, True])
@pytest.mark.parametrize("name", TASKS)
def test_winners_are_those_of_brute_force(name: str, penalty: bool) -> None:
    assert check_winners(SMALL[name], known(name), LONGEST, penalty) >= 3


def check_winners(task: Task, programs: list[Counted], longest: int, penalty: bool) -> int:
    """How many winners could be compared: those of which all rivals are listed."""
    winners, compared = Winners(task), 0
    for count in range(len(task.lessons) + 1):
        lessons = task.lessons[:count]
        for searching in (True, False):
            won = winners.after(count, penalty, searching=searching)
            for program in won.programs:
                tried = ((task.instances[n], program.run(task, n)) for n in lessons)
                assert all(instance.succeeds(task.base, end) for instance, end in tried)
                assert searching or not isinstance(program.ending, Search)
            cost = 2**won.length * (won.time if penalty else 1)
            if cost >= 2**longest:
                continue
            compared += 1
            solving = [
                (2**p.length * (p.time if penalty else 1), p.searches)
                for p in programs
                if all(p.ends[n][0] for n in lessons) and (searching or p.searches is None)
            ]
            assert min(c for c, _ in solving) == cost
            assert set(won.searches) == {what for c, what in solving if c == cost}
    return compared


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


def test_the_hash_game_is_what_it_says() -> None:
    task = hash_game()
    for instance in task.training[:8]:
        string = sha256(instance.start + b"A").digest()  # type: ignore[operator]
        digits = f"{sha256(string + b'B').digest()[0]:08b}"
        end = instance.after(("A", "B"))
        assert instance.succeeds("bit", end) == (digits[0] == "1")
        assert instance.succeeds("second", end) == (digits[1] == "1")


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
        lambda: replace(task, search_bits=10**12),
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

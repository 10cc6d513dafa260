"""P1: the break points of the toy model against brute force, and its theorem in Z3."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from random import Random

import pytest
import z3

from exact_cbil.errors import CbilError
from exact_cbil.optimisers.toy import MAX_VALUES, read_costs, toy
from tests.commands import Outcome


def best(power: Fraction, costs: dict[int, Fraction], n: Fraction) -> int:
    """The definition: the least x that maximises `(P - f(x))/N + x` among those within P."""
    gains = {x: (power - f) / n + x for x, f in costs.items() if f <= power}
    return min(x for x, gain in gains.items() if gain == max(gains.values()))


def grid(costs: dict[int, Fraction]) -> list[Fraction]:
    """All N at which the best x may change, a place between each two, and whole numbers."""
    slopes = {(costs[y] - costs[x]) / (y - x) for x in costs for y in costs if x < y}
    ends = sorted({slope for slope in slopes if slope > 0} | {Fraction(n) for n in range(1, 8)})
    between = [(one + two) / 2 for one, two in pairwise(ends)]
    return [ends[0] / 2, *ends, *between, ends[-1] + 1, 1000 * ends[-1]]


def table(rng: Random) -> dict[int, Fraction]:
    """A random cost table, seldom convex; equal costs and ties are frequent."""
    places = sorted(rng.sample(range(10), rng.randint(1, 7)))
    return {x: Fraction(rng.randint(-2, 12), rng.choice([1, 1, 2, 3])) for x in places}


def test_break_points_are_those_of_brute_force_over_all_n() -> None:
    rng, broken = Random(0), 0
    for _ in range(1000):
        costs = table(rng)
        power = max(min(costs.values()), Fraction(rng.randint(4, 14)))
        found = toy(power, costs)
        places = sorted(grid(costs))
        expected = [best(power, costs, n) for n in places]
        assert [found.bits(n) for n in places] == expected
        assert expected == sorted(expected)
        assert list(found.break_points) == sorted(set(found.break_points))
        # Every break point is one: a little above it the best x is another.
        for end in found.break_points:
            assert best(power, costs, end) < best(power, costs, end + Fraction(1, 10**9))
        broken += len(found.break_points)
    assert broken > 500


@pytest.mark.parametrize("size", range(2, 7))
def test_more_instances_never_make_fewer_bits_best(size: int) -> None:
    """Z3: for no table of this size is x best at N, y < x best at some N' > N."""
    costs = [z3.Real(f"f{x}") for x in range(size)]
    power, n, more = z3.Real("P"), z3.Real("N"), z3.Real("M")

    def best_at(x: int, instances: z3.ArithRef) -> z3.BoolRef:
        # N times what is maximised: N > 0 does not change which x is best.
        rivals = [
            z3.Implies(f <= power, instances * x - costs[x] >= instances * y - f)
            for y, f in enumerate(costs)
        ]
        return z3.And(costs[x] <= power, *rivals)

    for x in range(size):
        for y in range(x):
            solver = z3.Solver()
            solver.add(n > 0, n < more, best_at(x, n), best_at(y, more))
            assert solver.check() == z3.unsat
            solver = z3.Solver()
            solver.add(n > 0, n < more, best_at(y, n), best_at(x, more))
            assert solver.check() == z3.sat


def test_a_polynomial_is_the_table_of_its_values() -> None:
    assert read_costs("x^2 - 3*x + 1/2", 5) == {
        x: Fraction(x * x - 3 * x) + Fraction(1, 2) for x in range(5)
    }
    # Its zeros are far from 0 on the imaginary axis, and few bits are within the power.
    assert read_costs("x*(x^2 + 10^18)", 3 * 10**18) == {
        x: Fraction(x * (x * x + 10**18)) for x in range(3)
    }
    # It falls below the power only after having been above it.
    assert read_costs("(x - 10)^2", 4) == {x: Fraction((x - 10) ** 2) for x in range(8, 13)}
    squares = toy(10**6, read_costs("x^2", 10**6))
    assert squares.break_points == tuple(Fraction(2 * x + 1) for x in range(1000))


@pytest.mark.parametrize(
    ("cost", "power", "said"),
    [
        ("5", "10", "a polynomial that grows"),
        ("-x^2", "10", "a polynomial that grows"),
        ("x/x", "10", "division"),
        ("y", "10", "y"),
        ("x^33", "10", "exponent"),
        ("__import__('os')", "10", "cost"),
        ("x", str(MAX_VALUES * 3), "more than"),
        ("1,2,", "10", "cost of 2 bits"),
        ("1,0.5", "10", "cost of 1 bits"),
        ("1," * MAX_VALUES, "10", "at most"),
        ("x + 11", "10", "no number of bits"),
        ("11,12", "10", "no number of bits"),
        ("1,2", "0.5", "power"),
    ],
)
def test_bad_costs_are_refused(cost: str, power: str, said: str) -> None:
    with pytest.raises(CbilError) as refused:
        toy(power, read_costs(cost, power))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_command() -> None:
    words = ["optimisers", "toy", "--power", "10", "--cost", "0,2,3,9,4"]
    found = Outcome(*words, "--json").json
    assert found == toy(10, dict(enumerate([0, 2, 3, 9, 4]))).to_json()
    assert found["format"] == "cbil-toy/1"
    outcome = Outcome(*words)
    assert outcome.code == 0
    assert "1" in outcome.out
    Outcome("optimisers", "toy", "--power", "10", "--cost", "x*").assert_refused()

"""Models too large to run: what is reckoned of them holds of small ones that do run."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from math import comb
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounds.claims import claim_named
from bounds.evidence import Evidence
from bounds.language.candidate import Candidate
from bounds.witness.lasting import Lasting, at_most
from bounds.witness.model import Machine, schedule_model
from bounds.witness.reckoned import CARE, alike, reckoned_schedule
from bounds.witness.schedule import Schedule, Stage, read_schedule
from bounds.witness.turns import Turn, Turns, build_jumps, build_turns, build_walk, read_turns
from exact_cbil.environment import silent
from exact_cbil.errors import CbilError
from exact_cbil.event import Automaton
from exact_cbil.history import Rule, Transitions
from exact_cbil.model import Model
from exact_cbil.policy import MoorePolicy, constant
from exact_cbil.real import compare, total
from exact_cbil.semimeasure import Semimeasure

FOLDER = Path(__file__).parents[1] / "bounds" / "ledger" / "witnesses"


def fractions(least: str, most: str) -> st.SearchStrategy[Fraction]:
    return st.fractions(Fraction(least), Fraction(most), max_denominator=5)


def exact(value: object) -> Fraction:
    """A quantity that is given exactly."""
    assert isinstance(value, Fraction)
    return value


# Schedules ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("defective", [False, True])
def test_the_numbers_of_a_schedule_are_those_of_its_model(defective: bool) -> None:
    """But for alpha, which is smaller."""
    schedule = read_schedule((FOLDER / "schedule-4.json").read_bytes())
    reckoned = reckoned_schedule(schedule, defective=defective)
    model = schedule_model(schedule, Fraction(1, 4 * CARE), horizon=30, defective=defective)
    evidence = Evidence(model, symmetric=True)
    names = ("alpha", "tau", "w_d", "X", "S", "S_4", "S_lin", "z_max", "z_min", "retention")
    for name in (*names, "|A|", "|O|", "|Pi|"):
        candidate = Candidate.parse(f"{name} <= {name}")
        value, _ = candidate.sides(evidence, None)
        assert compare(value, reckoned.quantities[name]) == 0, name
    assert evidence.result.query_cubes == evidence.result.theta_gain


def test_what_is_reckoned_is_below_the_limit_and_near_it() -> None:
    for name in ("schedule-1.json", "schedule-8.json", "schedule-2-of-128.json"):
        schedule = read_schedule((FOLDER / name).read_bytes())
        reckoned = reckoned_schedule(schedule).quantities
        cubes, horizon = exact(reckoned["query_cubes"]), reckoned["T"]
        assert isinstance(horizon, int)
        variance = sum((1 - s.theta) / s.theta**2 for s in schedule.stages)
        assert cubes == schedule.value * (1 - variance / (horizon - schedule.duration) ** 2)
        assert schedule.value * (1 - Fraction(2, CARE)) <= cubes <= schedule.value


def test_a_long_run_of_a_schedule_yields_more_than_is_reckoned_of_a_shorter_one() -> None:
    """One stage of three: the chance that it lasts longer than T is exact, and below the bound."""
    stage = Stage(Fraction(2), 1, Fraction(1))
    schedule = Schedule(2, (Stage(Fraction(1), 2, Fraction(0)), stage))
    result = Evidence(schedule_model(schedule, horizon=12), symmetric=True).result
    late = ((1 - stage.theta) / stage.theta**2) / (12 - schedule.duration) ** 2
    assert schedule.value * (1 - late) < result.query_cubes < schedule.value


def test_a_witness_says_nothing_of_other_bounds() -> None:
    schedule = read_schedule((FOLDER / "schedule-2-of-16.json").read_bytes())
    reckoned = reckoned_schedule(schedule, defective=True)
    assert reckoned.compare(Candidate.parse("query_cubes <= S_lin if |A| <= 2")).order == -1
    for text, fault in (
        ("query_cubes <= S_lin if |A| <= 1", "only when"),
        ("queries <= S", "says nothing"),
        ("query_cubes + 1 <= S", "says nothing"),
        ("query_cubes <= 2*query_cubes", "says nothing"),
        ("S <= query_cubes", "says nothing"),
        ("query_cubes <= top_size", "no top_size is given"),
    ):
        with pytest.raises(CbilError, match=fault):
            reckoned.compare(Candidate.parse(text))
    with pytest.raises(CbilError, match="at least one stage"):
        reckoned_schedule(Schedule(1, ()))


# Turns -------------------------------------------------------------------------------------------


@st.composite
def turns(draw: st.DrawFn) -> Turns:
    """Few levels and large shares, so that little time shows much."""
    share = draw(fractions("1/4", "2/3"))
    levels = [Turn(Fraction(1), share, Fraction(0))]
    for _ in range(draw(st.integers(0, 2))):
        level = levels[-1].level
        level += (levels[-1].highest - level) * draw(fractions("1/5", "1"))
        fall = draw(st.sampled_from([Fraction(0), *(turn.level for turn in levels)]))
        levels.append(Turn(level, draw(fractions("1/4", "2/3")), fall))
    for number, (turn, above) in enumerate(itertools.pairwise(levels)):
        jump = replace(turn, rise=above.level)
        if draw(st.booleans()) and jump.share + jump.jumping <= 1:
            levels[number] = jump
    return Turns(draw(st.integers(1, 2)), tuple(levels))


def literal(family: Turns, horizon: int) -> Model:
    """The family as a class of policies: a state says how many turns come before, and the level."""
    raised = [1 - t.share if t.rise is None else t.jumping for t in family.levels]
    ends = sorted({Fraction(1), *(t.share for t in family.levels), *(1 - p for p in raised)})
    parts = {f"a{n}": end for n, end in enumerate(ends) if end}
    masses = [
        end - start
        for start, end in zip([Fraction(0), *parts.values()], parts.values(), strict=False)
    ]
    fair = Semimeasure(dict(zip(parts, masses, strict=True)))
    answers = list(parts)
    machine: Machine = {"done": (fair, [])}
    for wait in range(family.alternatives):
        for number, turn in enumerate(family.levels):
            here = f"{wait}.{number}"
            low = [a for a, end in parts.items() if end <= turn.share]
            high = [a for a, end in parts.items() if end > 1 - raised[number]]
            below, after = family.moves[number]
            rise = family.levels[after].level / turn.level
            ended = f"{wait - 1}.0" if wait else "done"
            down = ended if below is None else f"{wait}.{below}"
            rules = [Rule(down, action=a, queried=True) for a in low]
            rules += [Rule(f"{wait}.{after}", action=a, queried=True) for a in high]
            factors = dict.fromkeys(low, 1 - turn.lowered) | dict.fromkeys(high, rise)
            lowered = {a: fair[a] * factors.get(a, Fraction(1)) for a in answers}
            machine[here] = (fair if wait else Semimeasure(lowered), rules)
    transitions = {name: tuple(rules) for name, (_, rules) in machine.items()}
    emissions = {name: emission for name, (emission, _) in machine.items()}
    numbers = alike(family.alternatives, 100, len(answers), horizon)
    odds = exact(numbers["z_max"])
    weight = 1 / (1 + family.alternatives * odds)
    names = {f"alternative-{wait}": f"{wait}.0" for wait in range(family.alternatives)}
    policies: dict[str, Any] = {"demonstrator": constant(fair)}
    for name, start in names.items():
        policies[name] = MoorePolicy(Transitions(start, transitions), emissions)
    return Model(
        actions=answers,
        observations=("o",),
        policies=policies,
        prior={"demonstrator": weight} | dict.fromkeys(names, odds * weight),
        demonstrator="demonstrator",
        environment=silent(answers, "o"),
        alpha=exact(numbers["alpha"]),
        horizon=horizon,
    )


def visits(family: Turns, horizon: int) -> list[Fraction]:
    """The expected number of steps at each level before the horizon, by hand."""
    law = {(family.alternatives, 0): Fraction(1)}
    spent = [Fraction(0)] * len(family.levels)
    for _ in range(horizon):
        following: dict[tuple[int, int], Fraction] = {}
        for (left, number), mass in law.items():
            if not left:
                continue
            turn = family.levels[number]
            spent[number] += mass
            below, after = family.moves[number]
            down = (left - 1, 0) if below is None else (left, below)
            up = 1 - turn.share if turn.rise is None else turn.jumping
            for place, chance in (
                ((left, number), 1 - turn.theta * (turn.share + up)),
                (down, turn.theta * turn.share),
                ((left, after), turn.theta * up),
            ):
                following[place] = following.get(place, Fraction(0)) + mass * chance
        law = following
    return spent


@given(turns())
@settings(max_examples=20)
def test_turns_are_what_their_models_do(family: Turns) -> None:
    """The sum of the divergences is that of the visits to the levels; all stay in the top set."""
    model = literal(family, 4)
    evidence = Evidence(model)
    by_hand = total(
        turn.divergence * spent
        for turn, spent in zip(family.levels, visits(family, 4), strict=True)
    )
    (low, high), (least, most) = evidence.divergence_sum.interval(128), by_hand.interval(128)
    assert abs(low - least) + abs(high - most) < Fraction(1, 10**20)
    assert family.rate <= min(turn.divergence.interval()[1] for turn in family.levels)


@given(turns())
def test_the_mean_of_a_turn_is_the_sum_of_its_visits(family: Turns) -> None:
    one = Turns(1, family.levels)
    mean, variance = one.duration
    seen = sum(visits(one, 40), Fraction(0))
    assert seen <= mean
    assert variance >= 0
    # The rest is what a geometric tail leaves: Markov's inequality for the second moment.
    assert mean - seen <= (variance + mean**2) / 40


@given(turns())
def test_each_visit_yields_the_square(family: Turns) -> None:
    """What is reckoned of all time is above what is seen, and near it once little time is left."""
    one = Turns(1, family.levels)
    seen = sum(
        (turn.theta**3 * spent for turn, spent in zip(one.levels, visits(one, 60), strict=True)),
        Fraction(0),
    )
    mean, variance = one.duration
    yielded = exact(one.yielding().quantities["query_cubes"])
    assert seen <= yielded * (1 + Fraction(3, CARE)) + Fraction(1, CARE)
    assert yielded - seen <= (variance + mean**2) / 60


def test_one_alternative_yields_more_than_a_third_of_s_lin() -> None:
    """Also of a walk on powers of 2; the stored one is as it is built."""
    stored = read_turns((FOLDER / "walk-121.json").read_bytes())
    assert stored == build_walk(10, 28, 120)
    bound = Candidate.parse("query_cubes <= S_lin/3 if |Pi| <= 2")
    for walk in (build_walk(1, 4, 6, grid=48), stored):
        assert walk.yielding().compare(bound).order == 1


def test_one_level_lasts_a_geometric_time() -> None:
    mean, variance = Turns(1, (Turn(Fraction(1), Fraction(1, 3), Fraction(0)),)).duration
    # It is answered with probability 1/3, and caught with 1/3 of that.
    assert (mean, variance) == (Fraction(9), Fraction(72))


def test_the_stored_turns_refute_three_fifths_and_are_what_is_built() -> None:
    jumps = read_turns((FOLDER / "jumps-337.json").read_bytes())
    assert jumps == build_jumps(Fraction(1, 10**6), 384, 10**16)
    assert read_turns(json.dumps(jumps.to_json())) == jumps
    found = jumps.diverging().compare(claim_named("T4").candidate).ratio
    assert found is not None
    assert Fraction(6467, 10000) < found < Fraction(6478, 10000)
    stored = read_turns((FOLDER / "turns-319.json").read_bytes())
    assert stored == build_turns(0.004, 12, 10**15)
    reckoned = stored.diverging()
    assert reckoned.compare(Candidate.parse("divergence_sum <= 3/5*sqrt(T*S)")).order == 1
    for bound in ("sqrt(103/240*T*S)", "sqrt(T*S_4)", "sqrt(T*S)"):
        assert reckoned.compare(Candidate.parse(f"divergence_sum <= {bound}")).order == -1


def test_what_may_come_too_early_or_too_late_is_taken_off() -> None:
    """Chebyshev's inequality, at the horizons that are chosen."""
    jumps = read_turns((FOLDER / "jumps-337.json").read_bytes())
    mean, variance = (jumps.alternatives * value for value in jumps.duration)
    found = jumps.diverging().quantities
    horizon, total = found["T"], found["divergence_sum"]
    assert isinstance(horizon, int)
    assert total == jumps.rate * horizon * (1 - variance / (mean - horizon) ** 2)
    one = Turns(1, (Turn(Fraction(1), Fraction(1, 3), Fraction(0)),))
    mean, variance = one.duration
    found = one.yielding().quantities
    horizon, total = found["T"], found["query_cubes"]
    assert isinstance(horizon, int)
    late = variance / (horizon - mean) ** 2
    assert total == (1 - late) / 3  # three answers on average, of which each yields 1/9


def test_more_care_than_time_is_refused() -> None:
    with pytest.raises(CbilError, match="more alternatives"):
        build_turns(0.1, 2, 1).diverging()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"alternatives": 0}, "alternatives: expected a whole number from 1"),
        ({"alternatives": "1"}, r"\$.alternatives"),
        ({"levels": []}, "from 1 to 2000 levels"),
        ({"levels": [("2", "1/4", "0")]}, r"levels\[0\].level: expected 1"),
        ({"levels": [("1/2", "1/4", "0")]}, r"levels\[0\].level: expected 1"),
        ({"levels": [("1", "1/4", "1")]}, r"levels\[0\].fall"),
        ({"levels": [("1", "1", "0")]}, r"levels\[0\].share"),
        ({"levels": [("1", "1/4", "0"), ("1", "1/4", "0")]}, "expected above 1"),
        ({"levels": [("1", "1/4", "0"), ("5/4", "1/4", "1/2")]}, r"levels\[1\].fall"),
        ({"levels": [("1", "1/1000000000001", "0")]}, "at most 12 digits"),
        ({"levels": [("1", "1/4", "0", "1")]}, r"levels\[0\].rise: expected a higher level"),
        ({"levels": [("1", "9/10", "0", "2"), ("2", "1/4", "0")]}, "a level so high that"),
        ({"format": "cbil-turns/2"}, r"\$.format"),
    ],
)
def test_bad_turns_are_refused(change: dict[str, Any], fault: str) -> None:
    document: dict[str, Any] = {"format": "cbil-turns/1", "alternatives": 1}
    document |= {"levels": [("1", "1/4", "0")]} | change
    keys = ("level", "share", "fall", "rise")
    rows = [dict(zip(keys, row, strict=False)) for row in document["levels"]]
    with pytest.raises(CbilError, match=fault):
        read_turns(json.dumps(document | {"levels": rows}))


# An alternative that lasts ------------------------------------------------------------------------


def lasting(share: str, ratio: str, horizon: int, falls: int) -> Lasting:
    return Lasting(Fraction(share), Fraction(ratio), horizon, falls)


SMALL = lasting("1/3", "1/20", 40, 4)


def at_most_event(most: int) -> Automaton:
    """At most so many rare actions."""
    rules = {str(n): (Rule(str(n + 1), action="rare"),) for n in range(most + 1)}
    names = [str(n) for n in range(most + 1)]
    return Automaton(Transitions("0", rules | {str(most + 1): ()}), frozenset(names))


def literal_lasting(family: Lasting) -> Model:
    def policy(chance: Fraction) -> MoorePolicy:
        return constant(Semimeasure({"rare": chance, "usual": 1 - chance}))

    numbers = family.reckoned().quantities
    odds = exact(numbers["z_max"])
    return Model(
        actions=("rare", "usual"),
        observations=("o",),
        policies={"demonstrator": policy(family.share), "it": policy(family.share * family.ratio)},
        prior={"demonstrator": 1 / (1 + odds), "it": odds / (1 + odds)},
        demonstrator="demonstrator",
        environment=silent(("rare", "usual"), "o"),
        alpha=exact(numbers["alpha"]),
        horizon=family.horizon,
        events={"B": at_most_event(family.most)},
    )


def test_an_alternative_lasts_at_least_as_is_reckoned() -> None:
    model = literal_lasting(SMALL)
    evidence = Evidence(model)
    found = evidence.result.events["B"]
    assert SMALL.least < found.imitator
    assert SMALL.least > found.imitator / 100
    low, high = SMALL.event.interval(200)
    assert low <= found.demonstrator <= high
    assert high - low < low / 2**150
    for name in ("alpha", "tau", "w_d", "X", "S", "retention", "z_max", "|A|", "|O|", "|Pi|", "T"):
        value, _ = Candidate.parse(f"{name} <= {name}").sides(evidence, None)
        assert compare(value, SMALL.reckoned().quantities[name]) == 0, name


def test_the_least_chance_of_an_alternative_that_lasts() -> None:
    """By the answers one after another, and Cantelli's inequality for the rest."""
    share, ratio, rise = (
        SMALL.share,
        SMALL.ratio,
        (1 - SMALL.share * SMALL.ratio) / (1 - SMALL.share),
    )
    law = {0: Fraction(1)}  # by how many answers were rare; the level is theirs
    for answer in range(1, SMALL.answers + 1):
        following: dict[int, Fraction] = {}
        for fell, mass in law.items():
            for more, chance in ((0, 1 - share), (1, share)):
                level = ratio ** (fell + more) * rise ** (answer - fell - more)
                if level >= 1 and fell + more <= SMALL.falls:
                    following[fell + more] = following.get(fell + more, 0) + mass * chance
        law = following
    kept = Fraction(1)
    for chance, most in (
        (share * (1 - ratio), SMALL.answers),
        (share * ratio, SMALL.most - SMALL.falls),
    ):
        mean = SMALL.horizon * chance
        variance = mean * (1 - chance)
        kept -= variance / (variance + (most + 1 - mean) ** 2)
        assert variance / (variance + (most + 1 - mean) ** 2) < Fraction(1, 4)
    low, high = SMALL.least.interval(200)
    expected = sum(law.values()) * kept
    assert low <= expected <= high < low * (1 + Fraction(1, 2**150))
    # No level is above the margin that alpha leaves.
    alpha = exact(SMALL.reckoned().quantities["alpha"])
    assert rise**SMALL.answers <= 1 / (alpha * CARE)


@given(fractions("1/5", "1/2"), fractions("1/5", "4/5"), st.integers(1, 4))
def test_orders_with_no_level_below_one(share: Fraction, ratio: Fraction, falls: int) -> None:
    """Counted one by one, at as many answers as a family provides for."""
    family = Lasting(share, ratio, 10**6, falls)
    object.__setattr__(family, "answers", 11)
    rise = (1 - share * ratio) / (1 - share)

    def orders(level: Fraction, answers: int, fell: int) -> Iterator[int]:
        """Of every order that never goes below 1, how often it fell."""
        if not answers:
            yield fell
        for factor, more in ((ratio, 1), (rise, 0)) if answers else ():
            if level * factor >= 1:
                yield from orders(level * factor, answers - 1, fell + more)

    counted = Counter(orders(Fraction(1), 11, 0))
    ways = [int(count) for count in family.ways()]
    assert ways + [0] * (falls + 1 - len(ways)) == [counted[n] for n in range(falls + 1)]


@given(st.integers(1, 60), fractions("1/5", "4/5"), st.data())
def test_a_binomial_tail(trials: int, chance: Fraction, data: Any) -> None:
    most = data.draw(st.integers(0, trials - 1).filter(lambda k: k < trials * chance))
    exact = sum(
        (comb(trials, k) * chance**k * (1 - chance) ** (trials - k) for k in range(most + 1)),
        Fraction(0),
    )
    for bits in (64, 300):
        low, high = at_most(most, trials, chance).interval(bits)
        assert low <= exact <= high
        assert high - low <= exact / 2 ** (bits - 20)


def test_the_gaussian_of_t7_is_not_twice_as_thin() -> None:
    """Half of L^2 fails; a quarter holds there, and in the limit 0.4728 is what is reached."""
    half = claim_named("T7, L^2/2").candidate
    ((share, ratio, horizon, falls),) = [
        one.lasting for one in claim_named("T7, L^2/2").families if one.lasting is not None
    ]
    stored = lasting(share, ratio, horizon, falls).reckoned()
    assert stored.compare(half).order == 1
    quarter = Candidate.parse(str(half).replace("^2/2)/", "^2/4)/"))
    assert str(quarter) != str(half)
    assert stored.compare(quarter).order == -1
    finer = [lasting(f"1/{q}", "1/20", 320 * q**2, 100).exponent for q in (1_000, 50_000)]
    assert compare(finer[0], finer[1]) == 1
    assert compare(finer[1], Fraction(4728, 10000)) == 1


def test_chances_that_are_not_given_are_not_guessed() -> None:
    for bound in ("P_g(B) <= P_d(B)", "P_d(B) <= P_i(B)", "P_i(B) <= 2*P_g(B)", "queries <= T"):
        with pytest.raises(CbilError):
            SMALL.reckoned().compare(Candidate.parse(bound))


def test_a_lower_bound_decides_no_hypothesis() -> None:
    """The event may be likelier than is known, and the model outside the hypothesis."""
    reckoned, bound = SMALL.reckoned(), 'P_i("x") <= 1/1000'
    assert reckoned.compare(Candidate.parse(f'{bound} if P_d("x") <= 1/2')).order == 1
    for hypothesis in ('P_i("x") <= 1/100', '1/2 >= 2*P_i("x")'):
        with pytest.raises(CbilError, match="says nothing of"):
            reckoned.compare(Candidate.parse(f"{bound} if {hypothesis}"))

"""Witnesses: schedules, their models, the limit of T1's constant, and the family for T4."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounds.evidence import Evidence
from bounds.witness.falls import falls_model
from bounds.witness.hazard import hazard_model
from bounds.witness.limit import Walk, limit_constant
from bounds.witness.model import schedule_model
from bounds.witness.schedule import Schedule, Stage, read_schedule
from bounds.witness.search import search
from bounds.witness.turns import build_jumps, read_turns
from exact_cbil import run
from exact_cbil.errors import CbilError
from exact_cbil.modelfile import read_model, write_model
from exact_cbil.potential import linear_potential
from exact_cbil.real import Real, compare, ln
from tests.commands import Outcome


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    """A schedule of up to four alternatives, made of any valid stages of sizes 1 to 3."""
    schedule = Schedule(draw(st.integers(1, 4)), ())
    for _ in range(draw(st.integers(1, 6))):
        *_, levels = schedule.levels()
        usable = sorted(levels)
        if not usable:
            break
        level = draw(st.sampled_from(usable))
        size = draw(st.integers(1, min(3, levels[level])))
        falls = [Fraction(0), *(level - (level - 1) * f for f in (Fraction(1, 2), Fraction(1)))]
        fall = draw(st.sampled_from([f for f in falls if f < level]))
        schedule = Schedule(schedule.alternatives, (*schedule.stages, Stage(level, size, fall)))
    return schedule


def cubes_by_hand(schedule: Schedule, horizon: int) -> Fraction:
    """`E sum theta^3`: in stage s a step moves on with probability theta_s, and never back."""
    thetas = [1 - s.fall / s.level for s in schedule.stages]
    law = [Fraction(1)] + [Fraction(0)] * len(thetas)
    total = Fraction(0)
    for _ in range(horizon):
        total += sum((p * x**3 for p, x in zip(law, thetas, strict=False)), Fraction(0))
        stay = [p * (1 - x) for p, x in zip(law, [*thetas, Fraction(0)], strict=True)]
        move = [Fraction(0), *(p * x for p, x in zip(law, thetas, strict=False))]
        law = [a + b for a, b in zip(stay, move, strict=True)]
    return total


@given(schedules(), st.integers(0, 8), st.sampled_from(["1/5", "1/100"]))
def test_model_does_what_the_schedule_says(schedule: Schedule, horizon: int, alpha: str) -> None:
    model = schedule_model(schedule, alpha, horizon)
    result = run(model, symmetric=True)
    assert result.query_cubes == cubes_by_hand(schedule, horizon)
    assert result.exclusion == 0
    assert result.states <= len(schedule.stages) + 1
    defective = schedule_model(schedule, alpha, horizon, defective=True)
    assert run(defective, symmetric=True).query_cubes == result.query_cubes
    # Written as a file and read back, and without merging, the numbers are the same.
    again = run(read_model(json.dumps(write_model(model))))
    assert again.query_cubes == result.query_cubes


@given(schedules())
def test_value_is_the_limit_and_odds_never_grow(schedule: Schedule) -> None:
    last = cubes_by_hand(schedule, 60)
    assert last <= schedule.value
    assert schedule.value <= 3 * schedule.alternatives
    for before in schedule.levels():
        assert sum(level * n for level, n in before.items()) <= schedule.alternatives


def test_by_hand_four_alternatives() -> None:
    # Two die; the two left, at level 2, play eta = 1/2 once; then each dies: 17/16 of 4.
    one, zero = Fraction(1), Fraction(0)
    stages = (
        Stage(one, 4, zero),
        Stage(Fraction(4, 3), 3, zero),
        Stage(Fraction(2), 2, one),
        Stage(one, 1, zero),
        Stage(Fraction(3), 1, zero),
    )
    schedule = Schedule(4, stages)
    assert schedule.value == Fraction(17, 4)
    # In the limit of T the ratio is (17/16)(1 - 4 alpha)/(1 - alpha) of a third.
    linear = linear_potential(schedule_model(schedule, "1/10"))
    assert schedule.value / linear == Fraction(17, 48) * Fraction(6, 9)


def test_search_beats_the_hand() -> None:
    told: list[tuple[int, int]] = []
    found = search(4, (1, 2, 3, 4), 2, progress=lambda _, *state: told.append(state))
    assert found.value > Fraction(17, 4)
    assert told[0] == (0, 2)
    assert told == sorted(told)
    assert list(found.levels())[-1] == {}


@pytest.mark.parametrize(("alternatives", "least"), [(4, "42/100"), (8, "47/100"), (16, "51/100")])
def test_stored_schedules_replay(alternatives: int, least: str) -> None:
    folder = Path(__file__).parents[1] / "bounds" / "ledger" / "witnesses"
    schedule = read_schedule((folder / f"schedule-{alternatives}.json").read_bytes())
    assert schedule.ratio >= Fraction(least)


@pytest.mark.parametrize(
    ("stage", "fault"),
    [
        ({"level": "2", "size": 1, "fall": "0"}, "expected 1 to 0, the alternatives at level 2"),
        ({"level": "1", "size": 3, "fall": "0"}, "expected 1 to 2"),
        ({"level": "1", "size": 0, "fall": "0"}, "expected 1 to 2"),
        ({"level": "1", "size": 1, "fall": "1/2"}, r"stages\[0\].fall: expected 0, or from 1"),
        ({"level": "1", "size": 1, "fall": "1"}, r"stages\[0\].fall"),
        ({"level": 1, "size": 1, "fall": "0"}, "expected a string"),
        ({"level": "1", "size": 1}, "expected this key"),
    ],
)
def test_bad_schedules(stage: dict[str, Any], fault: str) -> None:
    document = {"format": "cbil-schedule/1", "alternatives": 2, "stages": [stage]}
    with pytest.raises(CbilError, match=fault):
        read_schedule(json.dumps(document))


@pytest.mark.parametrize("alternatives", [0, -1, 10**15])
def test_a_number_of_alternatives_that_is_none(alternatives: int) -> None:
    document = {"format": "cbil-schedule/1", "alternatives": alternatives, "stages": []}
    with pytest.raises(CbilError, match="from 1 to 1000"):
        read_schedule(json.dumps(document))


def test_sizes_without_common_divisors_make_no_model() -> None:
    one, zero = Fraction(1), Fraction(0)
    schedule = Schedule(1000, tuple(Stage(one, size, zero) for size in (97, 89, 83, 79, 73)))
    with pytest.raises(CbilError, match=r"actions and .* probabilities: expected at most"):
        schedule_model(schedule)
    with pytest.raises(CbilError, match="one stage"):
        schedule_model(Schedule(3, ()))


# -- the limit ------------------------------------------------------------------------------


@pytest.mark.parametrize("q", [1, 2, 3, 7])
def test_batches_end_on_the_lattice(q: int) -> None:
    walk = Walk(q, 4, 40 * q)
    schedule = walk.schedule()
    rho = Fraction(q + 1, q)
    for batch in walk.batches():
        stages = list(batch.stages(q))
        # Only the last rise is on the lattice, exactly; and those who fall are on it.
        assert stages[-1].rise in (None, rho ** (batch.power + 1))
        assert {s.fall for s in stages} == {rho ** (batch.power - 1) if batch.power else 0}
    assert walk.least_value() <= schedule.value
    assert walk.least_value() <= limit_constant(q) * walk.alternatives


def test_a_walk_of_too_many_batches_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bounds.witness.limit.MOST_STEPS", 1000)
    with pytest.raises(CbilError, match="more than 1000 batches"):
        Walk(1000, 9999, 10**18).least_value()


@pytest.mark.parametrize("q", [1, 2, 5])
def test_constant_is_that_of_the_random_walk(q: int) -> None:
    """Expected visits by iterating the walk's law, written apart from the closed form."""
    down, die = Fraction(q + 1, 2 * q + 1), Fraction(1, q + 1)
    law, dead, above = {0: 1.0}, 0.0, 0.0
    for _ in range(3000):
        following: dict[int, float] = {}
        for power, mass in law.items():
            up = float(1 - die) if power == 0 else float(1 - down)
            following[power + 1] = following.get(power + 1, 0) + mass * up
            if power == 0:
                dead += mass * float(die)
            else:
                above += mass
                following[power - 1] = following.get(power - 1, 0) + mass * (1 - up)
        law = {power: mass for power, mass in following.items() if mass > 1e-15}
    assert dead + above / (q + 1) ** 2 == pytest.approx(float(limit_constant(q)), rel=1e-3)


def test_ratio_tends_to_one() -> None:
    ratios = [Walk(q, 40 * q, 10**8).least_ratio() for q in (1, 2, 4)]
    assert ratios == sorted(ratios)
    assert ratios[-1] > Fraction(8, 10)
    assert all(limit_constant(q) < 3 for q in range(1, 50))
    assert 3 - limit_constant(3000) < Fraction(1, 1000)


# -- T4 -------------------------------------------------------------------------------------


def test_hazard_diverges_as_the_formula_says() -> None:
    eps, horizon = Fraction(1, 8), 5
    evidence = Evidence(hazard_model(1, eps, horizon=horizon))
    # eps^2 ln eps + (1 - eps^2) ln(1 + eps), until `rare` is seen in answer to a query.
    step = ln(eps) * Fraction(1, 64) + ln(1 + eps) * Fraction(63, 64)
    alive = sum((1 - eps**2) ** t for t in range(horizon))
    assert compare(evidence.divergence_sum, step * alive) == 0


def test_hazard_of_more_alternatives_is_nearer_to_the_bound() -> None:
    def ratio(alternatives: int) -> Real:
        evidence = Evidence(hazard_model(alternatives, "1/8"))
        return evidence.divergence_sum / evidence.spread

    values = [float(ratio(k).decimal()) for k in (1, 2, 4, 8)]
    assert values == sorted(values)
    assert 0.33 < values[-1] < 3**-0.5


# -- the command ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda: build_jumps(Fraction(1), 9, 1), "jumps: expected a share in"),
        (lambda: build_jumps(Fraction(1, 9), 96, 1), "rise: expected a level so high"),
        (lambda: falls_model("5/2", 3, 9, 9), "rho: expected a rational in"),
        (lambda: falls_model("5/4", 1, 9, 9), "drop: expected a whole number from 2"),
        (lambda: falls_model("5/4", 3, 0, 9), "height: expected a whole number from 1 to 1000"),
    ],
)
def test_families_outside_their_domains(make: Callable[[], Any], fault: str) -> None:
    with pytest.raises(CbilError, match=fault):
        make()


@pytest.mark.parametrize(("drop", "height"), [(2, 3), (3, 4), (5, 9)])
def test_falls_walk_on_the_powers(drop: int, height: int) -> None:
    """At level rho^k, theta and G are those of a fall by `min(k, drop)` levels, or to 0."""
    model = falls_model("6/5", drop, height, 12)
    rho = Fraction(6, 5)
    evidence = Evidence(model)
    chain = evidence.interaction.imitator_chain
    evidence.result  # noqa: B018 - it finds the states
    seen = set()
    odds = model.odds["walker"]
    for state, node in enumerate(chain.nodes[:20]):
        own, other = (Fraction(int(w)) for w in node.belief.weights)
        if not other or other / own < odds:
            continue
        level = other / own / odds
        k = next(n for n in range(height + 1) if rho**n == level)
        ratio = Fraction(0) if k < 2 else rho ** -min(k, drop)
        q = (rho - 1) / (rho - ratio) if k < height else Fraction(0)
        kernel = chain.kernel(state)
        assert (kernel.theta, kernel.gain) == (q * (1 - ratio), q * (1 - ratio) ** 2)
        seen.add(k)
    assert {0, 1, 2} <= seen


def test_commands_of_the_families(tmp_path: Path) -> None:
    path = tmp_path / "turns.json"
    line = ["witness", "turns", "--fineness", "12", "--save", path]
    told = Outcome(*line, "--json").json
    assert float(told["ratio, at least"]) > 0.63
    assert read_turns(path.read_bytes()) == build_jumps(Fraction(1, 10**6), 12, 10**16)
    assert told["ratio, at least"] in Outcome(*line).out
    path = tmp_path / "falls.json"
    line = ["witness", "tails", "--height", "9", "--horizon", "40", "--save", path]
    told = Outcome(*line, "--json").json
    model = read_model(path.read_bytes())
    assert told["E exp(rate sum theta G)"] == (
        Evidence(model).moment(Real.of(Fraction(1, 4))).decimal()
    )
    assert "its ratio to Psi_3" in Outcome(*line).out
    line = ["witness", "events", "--share", "1/200", "--horizon", "1000000", "--falls", "9"]
    told = Outcome(*line, "--json").json
    assert told["ln(1/P_i(B)) at most"] in Outcome(*line).out


def test_command_writes_what_run_replays(tmp_path: Path) -> None:
    def printed(*line: object) -> Any:
        outcome = Outcome(*line, "--json")
        assert outcome.code == 0
        return json.loads(outcome.out)

    schedule, model = tmp_path / "schedule.json", tmp_path / "model.json"
    options = ["--budget", "0", "--save-schedule", schedule, "--save", model]
    claimed = printed("witness", "cubes", "--alternatives", "3", *options)
    assert printed("run", model, "--symmetric")["query_cubes"] == claimed["E sum theta^3"]
    assert printed("witness", "cubes", "--schedule", schedule) == claimed
    limit = printed("witness", "limit", "--q", "2", "--alternatives", "1000")["limit"]
    assert Fraction(limit) == limit_constant(2) / 3
    outcome = Outcome("witness", "divergence", "--alternatives", "2", "--eps", "1/4")
    assert outcome.code == 0
    assert "ratio" in outcome.out


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["tails", "--height", "1000", "--horizon", "9999"], "beyond reach"),
        (["tails", "--rate", "x"], "--rate: expected an exact rational"),
        (["events", "--share", "2/3"], "share: expected a rational in (0, 1/2]"),
        (["events", "--ratio", "1"], "ratio: expected a rational in (0, 1)"),
        (["events", "--horizon", "10"], "horizon 10: too short"),
        (["events", "--falls", "801"], "falls: expected a whole number from 1 to 800"),
        (["turns", "--share", "1/2"], "levels[0].rise: expected a level so high"),
        (["cubes"], "expected one of --schedule, --alternatives"),
        (["cubes", "--schedule", "absent.json"], "No such file"),
        (["cubes", "--alternatives", "2", "--budget", "0", "--alpha", "1/2"], "in (0, 1/2)"),
        (["cubes", "--schedule", "x.json", "--budget", "5"], "--budget: does not apply with"),
        (["cubes", "--schedule", "x.json", "--seed", "5"], "--seed: does not apply with"),
        (["cubes", "--schedule", "/dev/zero"], "expected a regular file"),
        (["cubes", "--schedule", "/proc/self/mem"], "/proc/self/mem"),
        (["cubes", "--alternatives", "2", "--budget", "nan"], "seconds from 0"),
        (["cubes", "--alternatives", "2", "--budget", "inf"], "seconds from 0"),
        (["limit", "--alternatives", "1" + "0" * 400], "range"),
        (["divergence", "--alternatives", "1000"], "256000 beyond reach"),
        (["divergence", "--eps", "1/100000"], "from 0 to 1000000"),
        (["divergence", "--horizon", "0"], "--horizon"),
        (["divergence", "--eps", "0.5"], "expected an exact rational"),
        (["divergence", "--eps", "1"], "in (0, 1)"),
    ],
)
def test_command_refuses(arguments: list[str], fault: str) -> None:
    Outcome("witness", *arguments).assert_refused(fault)

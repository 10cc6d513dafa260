"""From a schedule to a class of policies, as a model.

All alternatives are one machine with k starts. A state names the stage and a *seat*; a stage's
members sit on known seats, and whoever falls takes the last of them. So each alternative, which
sees the answers to queries, knows its own level, and any one of them falls with equal probability.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil, isqrt, lcm

from bounds.witness.schedule import Schedule, Stage
from exact_cbil.environment import silent
from exact_cbil.errors import CbilError, OutOfRange
from exact_cbil.event import Event, once
from exact_cbil.history import Rule, Transitions
from exact_cbil.model import Model
from exact_cbil.numbers import RationalLike, rational
from exact_cbil.policy import MoorePolicy, Policy, constant
from exact_cbil.semimeasure import Semimeasure

__all__ = ["Machine", "class_at_threshold", "default_horizon", "schedule_model"]

MOST_CELLS = 2_000_000
"""The most probabilities that the machine of a schedule may have."""

ASTRAY = "astray"
DONE = "done"

Machine = dict[str, tuple[Semimeasure[str], list[Rule]]]


def default_horizon(schedule: Schedule) -> int:
    """A horizon by which nearly every run has gone through all stages.

    The expected time plus four standard deviations: a stage's is geometric, of variance
    `(1 - theta)/theta^2`.
    """
    variance = sum(((1 - s.theta) / s.theta**2 for s in schedule.stages), Fraction(0))
    return ceil(schedule.duration) + isqrt(ceil(16 * variance)) + 1


def schedule_model(
    schedule: Schedule,
    alpha: RationalLike = "1/1000000",
    horizon: int | None = None,
    *,
    defective: bool = False,
) -> Model:
    """The model whose `E sum theta^3` tends to `schedule.value` as the horizon grows.

    The demonstrator plays uniformly among M actions, M the least common multiple of the stages'
    sizes; it never plays `astray`. What an alternative of a stage of size 1 takes from them goes
    there, or if `defective`, is lost: then there are just M actions. All alternatives start at
    `z_0 = alpha/(1 - k alpha)`: odds never grow in sum, so a level of at least 1 is inside the top
    set. `S_lin = 3 (1/alpha - 1) k z_0`.
    alpha: in (0, 1/k). Raises CbilError where the model would be too large. Source: SPEC W4.
    """
    if not schedule.stages:
        raise CbilError("schedule: expected at least one stage")
    count = lcm(*(stage.size for stage in schedule.stages))
    if (size := count * schedule.alternatives * len(schedule.stages)) > MOST_CELLS:
        raise CbilError(
            f"schedule: its model has {count} actions and {size} probabilities: expected at most "
            f"{MOST_CELLS}, so fewer stages, or sizes with common divisors"
        )
    answers = tuple(str(a) for a in range(count))
    machine = _machine(schedule, answers, defective)
    return class_at_threshold(
        constant(Semimeasure.uniform(answers)),
        {f"alternative-{seat}": _state(0, seat) for seat in range(schedule.alternatives)},
        machine,
        actions=answers if defective else (*answers, ASTRAY),
        alpha=alpha,
        horizon=default_horizon(schedule) if horizon is None else horizon,
        events={} if defective else {"ever-astray": once(action=ASTRAY)},
    )


def class_at_threshold(
    demonstrator: Policy,
    starts: Mapping[str, str],
    machine: Machine,
    *,
    actions: tuple[str, ...],
    alpha: RationalLike,
    horizon: int,
    events: Mapping[str, Event],
) -> Model:
    """A demonstrator, and one machine from several starts, all just inside the top set.

    starts: of each alternative; there are k. Their odds are `z_0 = alpha/(1 - k alpha)`.
    alpha: in (0, 1/k).
    """
    count, exact = len(starts), rational(alpha, "alpha")
    if not 0 < exact * count < 1:
        raise OutOfRange("alpha", exact, f"a rational in (0, 1/{count})")
    odds = exact / (1 - count * exact)
    total = 1 + count * odds
    rules = {name: tuple(listed) for name, (_, listed) in machine.items()}
    emissions = {name: emission for name, (emission, _) in machine.items()}
    policies: dict[str, Policy] = {"demonstrator": demonstrator}
    for name, start in starts.items():
        policies[name] = MoorePolicy(Transitions(start, rules), emissions)
    return Model(
        actions=actions,
        observations=("o",),
        policies=policies,
        prior={"demonstrator": 1 / total} | dict.fromkeys(starts, odds / total),
        demonstrator="demonstrator",
        environment=silent(actions, "o"),
        alpha=exact,
        horizon=horizon,
        events=events,
    )


def _state(stage: int, seat: int) -> str:
    return f"{stage}.{seat}"


def _machine(schedule: Schedule, answers: tuple[str, ...], defective: bool) -> Machine:
    fair = Semimeasure.uniform(answers)
    machine: Machine = {DONE: (fair, [])}
    seats = dict.fromkeys(range(schedule.alternatives), Fraction(1))
    last = len(schedule.stages) - 1
    for number, stage in enumerate(schedule.stages):
        members = [seat for seat, level in seats.items() if level == stage.level][: stage.size]
        parts = _parts(answers, stage.size)

        def after(seat: int, number: int = number) -> str:
            return DONE if number == last else _state(number + 1, seat)

        for seat in seats:
            if seat not in members:
                moved = [Rule(after(seat), queried=True)]
                machine[_state(number, seat)] = (fair, moved)
        for place, seat in enumerate(members):
            moved = []
            if place == stage.size - 1:
                # The fallen one's seat is this one; who sat here takes the seat that it left.
                for other, part in zip(members[:-1], parts[:-1], strict=True):
                    moved += [Rule(after(other), action=a, queried=True) for a in part]
            elif stage.fall:
                moved += [Rule(after(members[-1]), action=a, queried=True) for a in parts[place]]
            if place < stage.size - 1 or stage.fall:
                moved.append(Rule(after(seat), queried=True))
            emission = _emission(stage, answers, parts[place], defective)
            machine[_state(number, seat)] = (emission, moved)
        for seat in members[:-1]:
            assert stage.rise is not None
            seats[seat] = stage.rise
        del seats[members[-1]]
        if stage.fall:
            seats[members[-1]] = stage.fall
    return machine


def _parts(answers: tuple[str, ...], size: int) -> list[tuple[str, ...]]:
    width = len(answers) // size
    return [answers[i * width : (i + 1) * width] for i in range(size)]


def _emission(
    stage: Stage, answers: tuple[str, ...], own: tuple[str, ...], defective: bool
) -> Semimeasure[str]:
    fair = Fraction(1, len(answers))
    if stage.rise is None:
        lowered = dict.fromkeys(answers, fair * (1 - stage.theta))
        return Semimeasure(lowered if defective else {**lowered, ASTRAY: stage.theta})
    raised = fair * stage.rise / stage.level
    return Semimeasure({a: fair * (1 - stage.theta) if a in own else raised for a in answers})

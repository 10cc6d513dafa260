"""Schedules: k alternatives that share out the demonstrator's support and lose weight in turn.

An alternative at *level* x has posterior odds `z = x z_0` against the demonstrator, where z_0 is
the odds at which k of them are just inside the top set; at level 1 or above it stays inside.

In a *stage*, g alternatives at one level x share out the demonstrator's support in g equal parts.
Each plays its part with `1 - eta` times the demonstrator's probability, `eta = 1 - y/x`, and the
rest with more. So `theta = eta` until a query is answered; then the one whose part the answer is in
falls to level y and the others rise to `(g x - y)/(g - 1)`. Which one falls does not matter: the
levels after each stage are the same. A stage lasts 1/theta steps in expectation, each of which
yields `theta^3`: as the horizon grows, the schedule yields `sum of eta^2` over its stages.

| symbol | here             |
|--------|------------------|
| x      | `Stage.level`    |
| g      | `Stage.size`     |
| y      | `Stage.fall`     |
| eta    | `Stage.theta`    |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

from exact_cbil.errors import CbilError, OutOfRange
from exact_cbil.numbers import text
from exact_cbil.strict_json import Part, Rational, parse_shape

__all__ = ["FORMAT", "Schedule", "ScheduleDocument", "Stage", "after", "read_schedule"]

FORMAT = "cbil-schedule/1"
MOST_ALTERNATIVES, MOST_STAGES = 1_000, 10_000


@dataclass(frozen=True, slots=True)
class Stage:
    """One of `size` alternatives at `level` falls to `fall`; the others rise.

    level: at least 1. size: from 1. fall: 0 (it dies) or from 1 up to below `level`.
    """

    level: Fraction
    size: int
    fall: Fraction

    @property
    def theta(self) -> Fraction:
        """The query probability while the stage lasts, `eta = 1 - fall/level`."""
        return 1 - self.fall / self.level

    @property
    def rise(self) -> Fraction | None:
        """The level of those who did not fall, `(g x - y)/(g - 1)`; None when there are none."""
        if self.size == 1:
            return None
        return (self.size * self.level - self.fall) / (self.size - 1)


def after(levels: Counter[Fraction], stage: Stage) -> Counter[Fraction]:
    """How many living alternatives are at each level after a stage."""
    count = Counter(levels)
    count[stage.level] -= stage.size
    if stage.fall:
        count[stage.fall] += 1
    if stage.rise is not None:
        count[stage.rise] += stage.size - 1
    return +count


@dataclass(frozen=True)
class Schedule:
    """`alternatives` policies at level 1, and stages in order.

    Raises CbilError, with the stage's number, when a stage asks for more alternatives than are at
    its level, or for levels out of range.
    """

    alternatives: int
    stages: tuple[Stage, ...]

    def __post_init__(self) -> None:
        if not 1 <= self.alternatives <= MOST_ALTERNATIVES:
            expected = f"a whole number from 1 to {MOST_ALTERNATIVES}"
            raise OutOfRange("alternatives", self.alternatives, expected)
        if len(self.stages) > MOST_STAGES:
            raise OutOfRange("stages", len(self.stages), f"at most {MOST_STAGES}")
        for _ in self.levels():
            pass

    def levels(self) -> Iterator[Counter[Fraction]]:
        """How many living alternatives are at each level, before each stage and at the end."""
        count = Counter({Fraction(1): self.alternatives})
        yield Counter(count)
        for number, stage in enumerate(self.stages):
            place = f"stages[{number}]"
            if not 1 <= stage.size <= count[stage.level]:
                raise CbilError(
                    f"{place}.size: expected 1 to {count[stage.level]}, the alternatives at level "
                    f"{text(stage.level)}, got {stage.size}"
                )
            if not (stage.fall == 0 or 1 <= stage.fall < stage.level):
                raise CbilError(
                    f"{place}.fall: expected 0, or from 1 to below {text(stage.level)}, "
                    f"got {text(stage.fall)}"
                )
            count = after(count, stage)
            yield Counter(count)

    @cached_property
    def value(self) -> Fraction:
        """The limit of `E sum_{t<T} theta^3` as the horizon grows: `sum of theta^2` over stages."""
        return sum((stage.theta**2 for stage in self.stages), Fraction(0))

    @property
    def ratio(self) -> Fraction:
        """`value / (3 k)`: the limit of `E sum theta^3 / S_lin` as, then, alpha falls to 0."""
        return self.value / (3 * self.alternatives)

    @property
    def duration(self) -> Fraction:
        """The expected number of steps until the last stage is over, `sum of 1/theta`."""
        return sum((1 / stage.theta for stage in self.stages), Fraction(0))

    def to_json(self) -> dict[str, Any]:
        """The schedule in the format `cbil-schedule/1`."""
        return {
            "format": FORMAT,
            "alternatives": self.alternatives,
            "stages": [
                {"level": text(s.level), "size": s.size, "fall": text(s.fall)} for s in self.stages
            ],
        }


class StageDocument(Part):
    """A stage of a schedule."""

    level: Rational
    size: int
    fall: Rational


class ScheduleDocument(Part):
    """Alternatives that lose weight in turn, stage by stage."""

    format: Literal["cbil-schedule/1"]
    alternatives: int
    stages: list[StageDocument]


def read_schedule(content: bytes | str) -> Schedule:
    """Read a schedule file. Raises InvalidModel or CbilError with the place of the first fault.

    >>> one = '{"level": "1", "size": 1, "fall": "0"}'
    >>> head = '{"format": "cbil-schedule/1", "alternatives": '
    >>> read_schedule(f'{head} 1, "stages": [{one}]' + "}").value
    Fraction(1, 1)
    """
    shape = parse_shape(content, ScheduleDocument, FORMAT)
    stages = (Stage(stage.level, stage.size, stage.fall) for stage in shape.stages)
    return Schedule(shape.alternatives, tuple(stages))

"""The shapes of what the commands of this package print as JSON; of what they read, too, where the
same format is read. The model file's shape is in `modelfile`.

A format's name stands in its key `format`. `schemas` makes a JSON Schema of each shape.
"""

from __future__ import annotations

from typing import Annotated, Any, Generic, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, Field, NonNegativeInt, StrictBool, StrictStr

from exact_cbil.modelfile import Document
from exact_cbil.strict_json import Horizon, Name, Part, Rational

__all__ = ["SHAPES", "Enclosed", "ResultDocument"]


class Enclosed(Part):
    """Two ends of an enclosure: lo <= value <= hi."""

    lo: Rational
    hi: Rational


Quantity: TypeAlias = Rational | Enclosed
Names: TypeAlias = list[Name]
Polynomial: TypeAlias = StrictStr
Count: TypeAlias = NonNegativeInt
Q = TypeVar("Q")


class Of(Part, Generic[Q]):
    """A shape that holds numbers of one kind, which its name leaves out."""

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        return cls.__name__


# -- runs -----------------------------------------------------------------------------------------


class Event(Of[Q], Generic[Q]):
    """The probability of an event under two laws."""

    demonstrator: Q
    imitator: Q


class Step(Of[Q], Generic[Q]):
    """Expectations at a time."""

    t: Horizon
    theta: Q
    theta2: Q
    theta3: Q
    demonstrator_weight: Q | None
    top_size: Q


class Numbers(Of[Q], Generic[Q]):
    """The numbers of a run."""

    query_cubes: Q
    queries: Q
    exclusion: Q | None
    events: dict[Name, Event[Q]]
    steps: list[Step[Q]]


class ResultDocument(Numbers[Rational]):
    """The exact numbers of a run."""

    format: Literal["cbil-result/1"]
    horizon: Horizon


class EnclosureDocument(Numbers[Enclosed]):
    """The numbers of a run to so many digits."""

    format: Literal["cbil-enclosure/1"]
    horizon: Horizon


# -- parameters -----------------------------------------------------------------------------------

Ranges: TypeAlias = dict[Name, Annotated[list[Rational], Field(min_length=2, max_length=2)]]


class RunCell(Numbers[Polynomial]):
    """The numbers of a run as polynomials, where some conditions hold."""

    where: list[StrictStr]
    unproved: StrictBool


class ParametricResultDocument(Part):
    """The numbers of a run as functions of parameters."""

    format: Literal["cbil-parametric-result/1"]
    parameters: Ranges
    horizon: Horizon
    cells: list[RunCell]


class StepCell(Part):
    """The learner's step as polynomials, where some conditions hold."""

    where: list[StrictStr]
    unproved: StrictBool
    top_set: Names
    minimum: dict[Name, Polynomial]
    attained_by: dict[Name, Name]
    theta: Polynomial
    posterior: dict[Name, Polynomial]


class FormulaDocument(Part):
    """The learner's next step as functions of parameters."""

    format: Literal["cbil-formula/1"]
    parameters: Ranges
    cells: list[StepCell]


class AlphaPiece(Of[Q], Generic[Q]):
    """An interval of alpha in which nothing changes."""

    start: Rational = Field(alias="from")
    end: Rational = Field(alias="to")
    from_closed: StrictBool
    to_closed: StrictBool
    query_cubes: Q
    queries: Q
    exclusion: Q | None
    events: dict[Name, Q]


class ProfileDocument(Part):
    """The numbers of a run for every alpha."""

    format: Literal["cbil-profile/1"]
    pieces: list[AlphaPiece[Rational]]


class EnclosedProfileDocument(Part):
    """The numbers of a run at many alphas, to so many digits."""

    format: Literal["cbil-enclosed-profile/1"]
    pieces: list[AlphaPiece[Enclosed]]


# -- other learners -------------------------------------------------------------------------------


class LearnerEntry(Part):
    """What one learner does."""

    learner: Name
    parameters: list[Rational]
    queries: Quantity
    events: dict[Name, Quantity]


class DemonstratorEntry(Part):
    """What the demonstrator does."""

    events: dict[Name, Rational]


class ComparisonDocument(Part):
    """Learners side by side in one world."""

    format: Literal["cbil-comparison/1"]
    horizon: Horizon
    demonstrator: DemonstratorEntry
    learners: list[LearnerEntry]


# -- programs that search -------------------------------------------------------------------------


class ToyPiece(Part):
    """An interval of numbers of instances, and the best number of bits in it."""

    start: Rational = Field(alias="from")
    end: Rational | None = Field(alias="to")
    bits: Count
    cost: Rational


class ToyDocument(Part):
    """How many bits of search pay off."""

    format: Literal["cbil-toy/1"]
    power: Rational
    pieces: list[ToyPiece]


class Winner(Part):
    """A shortest program, and what the best programs search for."""

    length: Count
    time: Count
    program: StrictStr
    searches: list[Name | None]


class Power(Part):
    """The share of the programs that solve the lessons, and how many bits that are."""

    count: Rational
    count_bits: Enclosed | None
    prior: Rational
    prior_bits: Enclosed | None


class LessonsRow(Part):
    """What is found after so many lessons."""

    lessons: Count
    shortest: Winner
    without_search: Winner
    penalised: Winner
    predicted_bits: Count
    power: Power
    search: Rational | None
    searching: dict[Name, Rational] | None
    pursuing: dict[Name, Rational] | None
    betrayed: Rational | None


class Solved(Part):
    """The most lessons that a program of this length solves without search."""

    length: Count
    solved: Count


class Gap(Part):
    """The most that a reward stands to lose, with its proof."""

    value: Rational
    instance: Count
    reward: dict[Name, Rational]
    multipliers: list[Rational]


class Unidentified(Part):
    """What behaviour leaves open."""

    deployed: Count
    objectives: Names
    inequalities: list[StrictStr]
    gap: Gap | None


class Told(Part):
    """The end of a strategy: what is left."""

    left: Names


class Test(Part):
    """A test, and what follows where the objective is reached, and where it is missed."""

    instance: Count
    reached: Test | Told
    missed: Test | Told


class ToldApart(Part):
    """How to tell objectives apart."""

    blocks: list[Names]
    tests: Count
    least: Count
    optimal: StrictBool
    strategy: Test | Told


class OptimisersDocument(Part):
    """The programs for a task."""

    format: Literal["cbil-optimisers/1"]
    task: Name
    objectives: Names
    instances: Count
    lessons: list[Count]
    deployment: list[Count]
    chance: Rational
    unsolvable: Rational
    search_bits: Count
    max_length: Count
    programs: Count
    kraft: Rational
    time_penalty: StrictBool
    predicted: list[ToyPiece]
    best_without_search: list[Solved]
    rows: list[LessonsRow]
    unidentified: list[Unidentified]
    told_apart: ToldApart


# -- exports --------------------------------------------------------------------------------------


class ExportDocument(Part):
    """The size of an exported chain, and what to ask a model checker for each quantity."""

    format: Literal["cbil-export/1"]
    states: Count
    transitions: Count
    properties: dict[Name, StrictStr]


SHAPES: dict[str, type[BaseModel]] = {
    "cbil-model/1": Document,
    "cbil-result/1": ResultDocument,
    "cbil-enclosure/1": EnclosureDocument,
    "cbil-parametric-result/1": ParametricResultDocument,
    "cbil-formula/1": FormulaDocument,
    "cbil-profile/1": ProfileDocument,
    "cbil-enclosed-profile/1": EnclosedProfileDocument,
    "cbil-comparison/1": ComparisonDocument,
    "cbil-toy/1": ToyDocument,
    "cbil-optimisers/1": OptimisersDocument,
    "cbil-export/1": ExportDocument,
}
"""The shape of each format."""

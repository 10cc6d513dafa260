"""The shapes of what the commands of this package print or read as JSON: `exact_cbil.formats`."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, Field, RootModel, StrictFloat, StrictStr

from bounds.witness.schedule import ScheduleDocument
from bounds.witness.turns import TurnsDocument
from exact_cbil.formats import Count
from exact_cbil.modelfile import Document
from exact_cbil.strict_json import Name, Part, Rational

__all__ = ["SHAPES"]


# -- comparisons ----------------------------------------------------------------------------------


class Rounded(Part):
    """A number too large to be written out."""

    rounded: StrictStr


class Ends(Part):
    """Two ends of an enclosure of a number that is not rational."""

    at_least: Rational
    at_most: Rational
    rounded: StrictStr


Number: TypeAlias = Rational | Literal["inf"] | Ends | Rounded


class Compared(Part):
    """An inequality on a model."""

    what: StrictStr
    left: Number
    right: Number
    ratio: Number | None


class Verdict(Part):
    """What became of a claim on a model."""

    claim: StrictStr
    statement: StrictStr | None = None
    scope: StrictStr | None = None
    status: StrictStr | None = None
    attribution: StrictStr | None = None
    verdict: StrictStr
    reason: StrictStr | None = None
    comparisons: list[Compared]


class CheckDocument(Part):
    """Claims on one model."""

    format: Literal["cbil-check/1"]
    claims: list[Verdict]


# -- many models ----------------------------------------------------------------------------------


class Sizes(Part):
    """The sizes of a grid of models."""

    kind: StrictStr
    actions: Count
    policies: Count
    horizon: Count
    denominator: Count
    observations: Count
    states: Count
    alphas: list[Rational]


class Refutation(Part):
    """A model at which a claim fails."""

    model: Document
    numbers: Compared


class Tally(Part):
    """What became of a claim on a grid."""

    holds: Count
    violated: Count
    unknown: Count
    bins: list[Count]
    tightest: (
        Annotated[list[Rational | Count | list[Count]], Field(min_length=5, max_length=5)] | None
    )
    witnesses: list[Refutation]


class GridDocument(Part):
    """Claims on a grid of models."""

    format: Literal["cbil-grid/1"]
    grid: Sizes
    models: Count
    pieces: Count
    claims: dict[Name, Tally]


class Stage(Part):
    """What a stage of a search saw."""

    compared: Count
    holds: Count = 0
    refuted: Count = 0
    undecided: Count = 0
    outside: Count = 0
    too_large: Count = Field(default=0, alias="too large")
    largest_ratio_rounded: StrictStr | None


class OwnModel(Part):
    """A model in full."""

    model: Document


class Stored(Part):
    """A model that ships with the package, by the name of its file."""

    witness: Name


class Doubt(Part):
    """Why nothing was decided at a model, and which one that is, where it is known."""

    reason: StrictStr
    model: OwnModel | Stored | None


class ExploreDocument(Part):
    """A search for a model that refutes a candidate."""

    format: Literal["cbil-explore/1"]
    candidate: StrictStr
    verdict: StrictStr
    seconds: StrictFloat
    seed: int
    stages: dict[Name, Stage]
    finished: list[StrictStr]
    undecided: Doubt | None
    numbers: Compared | None
    quantities: dict[Name, Number]
    witness: StrictStr | None
    model: Document | None


class Fact(Part):
    """What solvers say of a fact."""

    name: StrictStr
    statement: StrictStr
    standing: StrictStr
    cases: Count
    certified: Count
    z3_unsat: Count
    cvc5_unsat: Count
    z3_unsat_linear: Count
    cvc5_unsat_linear: Count
    z3_resources: Count
    where: StrictStr
    point: dict[Name, Rational] | None


class Solvers(Part):
    """The versions of the solvers."""

    z3: StrictStr
    cvc5: StrictStr | None


class UniversalDocument(Part):
    """Facts for all real numbers."""

    format: Literal["cbil-universal/1"]
    policies: Count
    actions: Count
    solvers: Solvers
    facts: list[Fact]


# -- potentials -----------------------------------------------------------------------------------

Exponent: TypeAlias = Annotated[int, Field(ge=1, le=8)]
Alternatives: TypeAlias = Annotated[int, Field(ge=1, le=10**6)]
OneRational: TypeAlias = Annotated[list[Rational], Field(min_length=1, max_length=1)]
Three: TypeAlias = Annotated[list[Rational], Field(min_length=3, max_length=3)]
Five: TypeAlias = Annotated[list[Rational], Field(min_length=5, max_length=5)]
Six: TypeAlias = Annotated[list[Rational], Field(min_length=6, max_length=6)]


class Certificate(Part):
    """What all certificates have."""

    format: Literal["cbil-potential/1"]


class Logarithm(Certificate):
    """A constant, shown by a logarithmic potential."""

    kind: Literal["logarithm"]
    exponent: Exponent
    alternatives: Alternatives | None
    share: Rational
    constant: Rational
    slope: Rational
    above: list[Six]
    at: list[Five]


class Joint(Certificate):
    """A constant, shown by alternatives that pay together."""

    kind: Literal["joint"]
    exponent: Exponent
    alternatives: Alternatives
    constant: Rational
    slope: Rational
    mixed: list[Five]


class Powers(Certificate):
    """A constant, shown by a potential that is a sum of powers."""

    kind: Literal["powers"]
    exponent: Exponent
    constant: Rational
    atom: Rational
    coefficients: list[OneRational]
    above: list[Five]
    across: list[Five]


class Deterministic(Certificate):
    """A constant for alternatives that play one action for sure."""

    kind: Literal["deterministic"]
    exponent: Exponent
    constant: Rational


class Multipliers(Certificate):
    """That no potential's constant is below a value, shown by multipliers."""

    kind: Literal["multipliers"]
    exponent: Exponent
    value: Rational
    multipliers: list[Three]


class Floor(Certificate):
    """That no potential's constant is below a value, shown by a game."""

    kind: Literal["floor"]
    alternatives: Alternatives | None
    value: Rational
    chance: Rational | None


class Divergence(Certificate):
    """A constant for the divergence."""

    kind: Literal["divergence"]
    constant: Rational
    slope: Rational
    boxes: list[Five]


class Product(Certificate):
    """A rate of the exponential moment of the query cubes."""

    kind: Literal["product"]
    exponent: Exponent
    alternatives: Alternatives | None
    share: Rational
    rate: Rational
    slope: Rational
    above: list[Five]
    at: list[Five]


class PotentialDocument(
    RootModel[
        Annotated[
            Logarithm | Joint | Powers | Deterministic | Multipliers | Floor | Divergence | Product,
            Field(discriminator="kind"),
        ]
    ]
):
    """A certificate of a potential."""


class PotentialClass(Part):
    """The best that was certified for a class."""

    alternatives: Alternatives | None
    lp_optimum_rounded: StrictStr
    constant: Rational | None
    kind: StrictStr | None
    none_below: Rational | None


class PotentialsDocument(Part):
    """The best that was certified for some classes."""

    format: Literal["cbil-potentials/1"]
    exponent: Exponent
    classes: list[PotentialClass]


class ProductClass(Part):
    """The greatest rate that was certified for a class."""

    alternatives: Alternatives | None
    rate: Rational
    slope: Rational


class ProductsDocument(Part):
    """The greatest rates that were certified for some classes."""

    format: Literal["cbil-products/1"]
    classes: list[ProductClass]


SHAPES: dict[str, type[BaseModel]] = {
    "cbil-check/1": CheckDocument,
    "cbil-explore/1": ExploreDocument,
    "cbil-grid/1": GridDocument,
    "cbil-potential/1": PotentialDocument,
    "cbil-potentials/1": PotentialsDocument,
    "cbil-products/1": ProductsDocument,
    "cbil-schedule/1": ScheduleDocument,
    "cbil-turns/1": TurnsDocument,
    "cbil-universal/1": UniversalDocument,
}
"""The shape of each format."""

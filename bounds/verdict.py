"""What a check answers: `Holds(certificate)`, `Violated(witness)` or `Unknown(reason)`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

from exact_cbil.model import Model
from exact_cbil.numbers import text
from exact_cbil.real import INFINITY, Real, RealLike, Undecided, Undefined, compare

__all__ = [
    "Comparison",
    "Holds",
    "Unknown",
    "Verdict",
    "Violated",
    "Witness",
    "judge",
    "number_json",
    "tightness",
]


@dataclass(frozen=True)
class Comparison:
    """An inequality `left <= right` with its outcome.

    what: the inequality in words or symbols.
    order: -1, 0 or 1 as left is below, equal to or above right; None when undecided.
    headline: whether this is the theorem itself, not a link of its proof.
    """

    what: str
    left: Real
    right: Real
    order: int | None
    headline: bool = True

    @classmethod
    def of(cls, what: str, left: RealLike, right: RealLike) -> Comparison:
        """Decide `left <= right`."""
        return cls(what, Real.of(left), Real.of(right), compare(left, right))

    @property
    def slack(self) -> Real | None:
        """`right - left`; None where left is infinite."""
        if self.order == 0:
            return Real.of(0)
        return None if self.left is INFINITY else self.right - self.left

    @property
    def ratio(self) -> Real | None:
        """`left / right`; None when right is 0. 1 means tight."""
        if self.order == 0 and self.left.exact != 0:
            return Real.of(1)
        if self.right.exact == 0:
            return None
        try:
            return self.left / self.right
        except (Undefined, Undecided):
            return None

    def to_json(self) -> dict[str, Any]:
        """Both sides, exactly where they are rational and as enclosures where they are not."""
        ratio = self.ratio
        return {
            "what": self.what,
            "left": number_json(self.left),
            "right": number_json(self.right),
            "ratio": None if ratio is None else number_json(ratio),
        }


def number_json(value: Real) -> Any:
    """A number for machines: exact text where it is rational, else an enclosure."""
    if value is INFINITY:
        return "inf"
    if (exact := value.exact) is not None:
        return text(exact)
    try:
        low, high = value.interval(96)
    except Undecided:  # too large to be written out
        return {"rounded": value.decimal(12)}
    return {"at_least": text(low), "at_most": text(high), "rounded": value.decimal(12)}


@dataclass(frozen=True)
class Witness:
    """A model at which an inequality fails, and the numbers."""

    model: Model
    comparison: Comparison

    def numbers(self) -> dict[str, Any]:
        """The inequality that fails, with both sides."""
        return self.comparison.to_json()


@dataclass(frozen=True)
class Holds:
    """Every inequality of the claim holds; the certificate lists them with both sides."""

    certificate: tuple[Comparison, ...]


@dataclass(frozen=True)
class Violated:
    """An inequality of the claim fails at the witness."""

    witness: Witness


@dataclass(frozen=True)
class Unknown:
    """Not decided, or not asked. Never counts as holding.

    inapplicable: the model does not satisfy the claim's hypotheses.
    """

    reason: str
    inapplicable: bool = False


Verdict: TypeAlias = Holds | Violated | Unknown


def judge(model: Model, comparisons: Iterable[Comparison]) -> Verdict:
    """The verdict that follows from a claim's inequalities on a model; none, from none."""
    listed = tuple(comparisons)
    if not listed:
        return Unknown("nothing to compare", inapplicable=True)
    for comparison in listed:
        if comparison.order is not None and comparison.order > 0:
            return Violated(Witness(model, comparison))
    for comparison in listed:
        if comparison.order is None:
            return Unknown(f"not decided: {comparison.what}")
    return Holds(listed)


def tightness(comparison: Comparison, bits: int = 96) -> Fraction | None:
    """The ratio of a comparison as a rational: itself, or rounded down at `bits` of precision."""
    ratio = comparison.ratio
    if ratio is None:
        return None
    try:
        return ratio.interval(bits)[0]
    except Undecided:  # too large to be written out
        return None

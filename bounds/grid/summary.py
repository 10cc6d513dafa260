"""What is kept of many checked models: counts, the tightest model of each claim, violations.

Summaries of disjoint batches add up in any order to the same whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from bounds.claims import CLAIMS
from bounds.grid.grid import Grid
from bounds.grid.sweep import Piece, orders
from bounds.verdict import Comparison, Holds, Verdict, Violated, tightness
from exact_cbil.errors import CbilError
from exact_cbil.modelfile import write_model
from exact_cbil.numbers import rational, text

__all__ = ["BINS", "Summary", "Tally", "check_batch"]

BINS = 20
MAX_WITNESSES = 3
"""How many violations of a claim are kept with their models; all are counted."""

Tightest = tuple[Fraction, int, tuple[int, ...], Fraction, Fraction]


@dataclass
class Tally:
    """One claim over many models.

    tightest: (ratio, number, class order, ends of the interval of alpha) of the largest ratio,
        ties to the smallest number.
    bins: of ratios in [0, 1], equally wide, the last closed; comparisons with 0 are not counted.
    """

    holds: int = 0
    violated: int = 0
    unknown: int = 0
    tightest: Tightest | None = None
    bins: list[int] = field(default_factory=lambda: [0] * BINS)
    witnesses: list[dict[str, Any]] = field(default_factory=list)

    def add(self, number: int, piece: Piece, verdict: Verdict) -> None:
        """Count one verdict."""
        if isinstance(verdict, Holds):
            self.holds += 1
            for comparison in verdict.certificate:
                if comparison.headline:
                    self._rate(number, piece, comparison)
        elif isinstance(verdict, Violated):
            self.violated += 1
            if len(self.witnesses) < MAX_WITNESSES:
                shown = verdict.witness
                entry = {"model": write_model(shown.model), "numbers": shown.numbers()}
                self.witnesses.append(entry)
        else:
            self.unknown += 1

    def _rate(self, number: int, piece: Piece, comparison: Comparison) -> None:
        ratio = tightness(comparison)
        if ratio is None:
            return
        self.bins[min(BINS - 1, ratio.numerator * BINS // ratio.denominator)] += 1
        self._offer((ratio, number, piece.order, piece.above, piece.alpha))

    def _offer(self, found: Tightest) -> None:
        best = self.tightest
        if best is None or found[0] > best[0] or (found[0] == best[0] and found[1:] < best[1:]):
            self.tightest = found

    def merge(self, other: Tally) -> None:
        """Add another tally."""
        self.holds += other.holds
        self.violated += other.violated
        self.unknown += other.unknown
        self.bins = [a + b for a, b in zip(self.bins, other.bins, strict=True)]
        self.witnesses = (self.witnesses + other.witnesses)[:MAX_WITNESSES]
        if other.tightest is not None:
            self._offer(other.tightest)

    def to_json(self) -> dict[str, Any]:
        """Ready for `json.dumps`; numbers exact."""
        best = self.tightest
        return {
            "holds": self.holds,
            "violated": self.violated,
            "unknown": self.unknown,
            "bins": self.bins,
            "tightest": None
            if best is None
            else [text(best[0]), best[1], list(best[2]), text(best[3]), text(best[4])],
            "witnesses": self.witnesses,
        }

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Tally:
        """The inverse of `to_json`."""
        best = found["tightest"]
        return cls(
            found["holds"],
            found["violated"],
            found["unknown"],
            best and (rational(best[0]), best[1], tuple(best[2]), *map(rational, best[3:])),
            found["bins"],
            found["witnesses"],
        )


@dataclass
class Summary:
    """Many models: how many, in how many pieces (class order, interval of alpha), and tallies."""

    models: int = 0
    pieces: int = 0
    claims: dict[str, Tally] = field(
        default_factory=lambda: {claim.name: Tally() for claim in CLAIMS}
    )

    def add(self, number: int, found: Iterable[Piece]) -> None:
        """Check every claim on every piece of one model."""
        self.models += 1
        for piece in found:
            self.pieces += 1
            for claim in CLAIMS:
                self.claims[claim.name].add(number, piece, claim.check(piece.evidence))

    def merge(self, other: Summary) -> None:
        """Add a summary of other models."""
        self.models += other.models
        self.pieces += other.pieces
        for name, tally in other.claims.items():
            self.claims[name].merge(tally)

    def to_json(self) -> dict[str, Any]:
        """Ready for `json.dumps`; numbers exact."""
        claims = {name: tally.to_json() for name, tally in self.claims.items()}
        return {"models": self.models, "pieces": self.pieces, "claims": claims}

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Summary:
        """The inverse of `to_json`; CbilError where it is not about these claims."""
        claims = {name: Tally.from_json(tally) for name, tally in found["claims"].items()}
        if list(claims) != [claim.name for claim in CLAIMS]:
            raise CbilError(f"results of other claims: {', '.join(claims) or 'none'}")
        return cls(found["models"], found["pieces"], claims)

    @property
    def passed(self) -> bool:
        """Whether every claim holds at every piece, and there are some."""
        return self.pieces > 0 and all(t.holds == self.pieces for t in self.claims.values())


def check_batch(sizes: dict[str, Any], start: int, stop: int) -> dict[str, Any]:
    """Check the models with numbers in a range: what a worker does. Returns `Summary.to_json()`."""
    grid, summary = Grid.from_json(sizes), Summary()
    for number, member in grid.range(start, stop):
        summary.add(number, orders(grid, member))
    return summary.to_json()

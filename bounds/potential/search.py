"""The best certified potential of a class, beside what linear programs say is possible."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from bounds.check_potential import FORMAT, Rejected, check
from bounds.potential import floor, joint, logarithm, powers
from bounds.potential.boxes import Unsettled
from bounds.potential.program import Measure, best_measure, lower_bound
from exact_cbil.errors import CbilError
from exact_cbil.potential import Potential

__all__ = ["Found", "deterministic", "potential_of", "require_exponent", "search"]

MOST = 8
Certificate = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """What was found for at most `alternatives` at a time (None: any number).

    certificate: of the least constant, or None when nothing was certified. below: a certificate
    that no potential has a constant below some value, where there is one. optimum: of the linear
    program that asks of each alternative alone to pay for its share, a float.
    """

    alternatives: int | None
    optimum: Measure
    certificate: Certificate | None
    below: Certificate | None

    @property
    def constant(self) -> Fraction | None:
        """The certified constant."""
        return None if self.certificate is None else Fraction(self.certificate["constant"])

    @property
    def is_own(self) -> bool:
        """Whether the certificate is about this class, not about any number of alternatives."""
        return self.certificate is not None and (
            self.certificate.get("alternatives") == self.alternatives
        )

    @property
    def value(self) -> Fraction | None:
        """Below which no potential's constant lies."""
        return None if self.below is None else Fraction(self.below["value"])


def require_exponent(exponent: int) -> None:
    """Refuse exponents for which there is no potential, or none that was looked for.

    Where y is near x, D(x, y) is at most (x-y) w((y, x]), so w((y, x]) >= (x-y)^(p-2)/x^(p-1). For
    p < 3 the n parts of [1, 2] then weigh n^(3-p) 2^(1-p) or more together: the mass is infinite.
    """
    if exponent < 3:
        raise CbilError(
            f"--exponent {exponent}: no potential has a finite constant below exponent 3, because "
            "n intervals that make up [1, 2] would need a mass of order n^(3-p)"
        )
    if exponent > MOST:
        raise CbilError(f"--exponent {exponent}: expected a whole number from 3 to {MOST}")


def search(exponent: int, classes: Sequence[int | None], grid: int) -> Iterator[Found]:
    """The best that could be certified for each class. grid: fineness of the linear programs.

    Every certificate has been accepted by `bounds.check_potential`.
    """
    require_exponent(exponent)
    general = _general(exponent)
    for k in classes:
        found = _accepted(lambda k=k: logarithm.certify(exponent, k)[1])
        share = Fraction(found["share"]) if found is not None else Fraction(0)
        jointly = _jointly(k) if exponent == 3 else None
        certified = [one for one in (found, jointly, general) if one is not None]
        best = min(certified, key=lambda one: Fraction(one["constant"]), default=None)
        optimum = best_measure(exponent, k, float(share), grid)
        yield Found(k, optimum, best, _below(exponent, k, grid))


def _jointly(alternatives: int | None) -> Certificate | None:
    if alternatives is None or not 2 <= alternatives <= joint.MOST:
        return None
    return _accepted(lambda: joint.certificate(alternatives))


@cache
def _general(exponent: int) -> Certificate | None:
    """The best for any number of alternatives beyond the logarithmic one, which is best for 3."""
    return None if exponent == 3 else _accepted(lambda: powers.certify(exponent))


def _below(exponent: int, alternatives: int | None, grid: int) -> Certificate | None:
    if exponent == 3:
        return _accepted(lambda: floor.certificate(alternatives))
    if alternatives is None:
        return _accepted(lambda: lower_bound(exponent, 4 * grid))
    return None


def _accepted(find: Any) -> Certificate | None:
    """The certificate found, if there is one and the checker accepts it."""
    try:
        certificate: Certificate = find()
        check(certificate)
    except (Unsettled, Rejected):
        return None
    return certificate


def deterministic() -> Certificate:
    """The certificate of F(x) = min(x, 1) for alternatives that play one action for sure."""
    certificate = {"format": FORMAT, "kind": "deterministic", "exponent": 2, "constant": "1"}
    check(certificate)
    return certificate


def potential_of(certificate: Certificate, x: Any) -> Any:
    """The certified F at each x, rounded, for plots."""
    if certificate["kind"] in ("logarithm", "joint"):
        numbers = (Fraction(certificate[name]) for name in ("constant", "slope"))
        return Potential(*numbers).rounded(x)
    far = np.maximum(x, 1)
    total = float(Fraction(certificate["atom"])) * np.minimum(x, 1)
    for i, (text,) in enumerate(certificate["coefficients"]):
        rise = np.log(far) if i == 0 else (1 - far**-i) / i
        total = total + float(Fraction(text)) * (rise + np.minimum(x, 1) * far**-i / (i + 1))
    return total

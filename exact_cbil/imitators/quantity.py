"""What is told of a learner: rationals, or enclosures where its masses are not rational."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, TypeAlias

from flint import arb
from gmpy2 import mpq

from exact_cbil.numbers import Enclosure, to_fraction
from exact_cbil.real import Real

__all__ = ["Quantity", "middle", "quantity"]

Quantity: TypeAlias = Fraction | Enclosure


def quantity(value: Any) -> Quantity:
    """A rational of gmpy2 as it is, a ball of a number from 0 as an enclosure."""
    if isinstance(value, arb):
        lo, hi = Real(lambda: value).interval(96)
        return Enclosure(max(lo, Fraction(0)), hi)
    return to_fraction(mpq(value))


def middle(value: Quantity) -> Fraction:
    """The value, or the middle of its enclosure: half way, which proves nothing."""
    return value.middle if isinstance(value, Enclosure) else value

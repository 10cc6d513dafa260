"""Where hypotheses say that models must be, for whoever draws or changes models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from random import Random
from typing import NamedTuple

__all__ = ["LARGEST", "Aims"]

LARGEST = 64
"""The most policies, actions and so on of a model that is drawn."""


class Aims(NamedTuple):
    """Where hypotheses say that models must be.

    fixed: quantities with one value, such as `|A|`. near: constants with which a quantity is
        compared. realizable: whether the demonstrator must be in the class.
    """

    fixed: Mapping[str, Fraction] = {}
    near: Mapping[str, tuple[Fraction, ...]] = {}
    realizable: bool = True

    def alpha(self, rng: Random, options: Sequence[Fraction]) -> Fraction:
        """One of the options, or a value at or beside a constant."""
        if "alpha" in self.fixed:
            return self.fixed["alpha"]
        near = [c for c in self.near.get("alpha", ()) if 0 < c <= 1]
        if near and rng.random() < 0.6:
            chosen = rng.choice(near)
            return rng.choice([chosen, chosen, chosen / 2, (1 + chosen) / 2])
        return rng.choice(options)

    def size(self, name: str, rng: Random, options: Sequence[int]) -> int:
        """One of the options, or a whole number at or beside a constant."""
        if name in self.fixed:
            return max(1, int(self.fixed[name]))
        near = [int(c) for c in self.near.get(name, ()) if 0 <= c <= LARGEST]
        if near and rng.random() < 0.6:
            return max(1, rng.choice(near) + rng.choice([-1, 0, 0, 1]))
        return rng.choice(options)

    def demonstrator_weight(self, rng: Random) -> Fraction | None:
        """A prior weight for pi_d at or beside a constant for `w_d` or `X`, if there is one."""
        near = [c for c in self.near.get("w_d", ()) if 0 < c < 1]
        near += [1 / (1 + c) for c in self.near.get("X", ()) if c > 0]
        if not near or ("w_d" not in self.fixed and rng.random() < 0.4):
            return None
        chosen = rng.choice(near)
        fixed = "w_d" in self.fixed or "X" in self.fixed
        return chosen if fixed else rng.choice([chosen, chosen / 2, (1 + chosen) / 2])

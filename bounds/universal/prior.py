"""Alpha and the prior as unknowns of a script, in the variables in which a bound is simplest.

The bounds on T1 and its kin depend on `x_j = z_j/tau`, and F has a kink at `x = 1`. Weights count
only up to scale, so they can be polynomials in alpha and the `x_j` (below the kink) or the
`u_j = 1/x_j` (above it), where the log lemma bounds `ln x_j` from below. The regions are the cases.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Literal, TypeAlias

import z3

from bounds.universal.logarithm import log_lemma_gap
from bounds.universal.tree import Tree, product_of, total
from exact_cbil.potential import threshold

__all__ = ["Form", "Region", "regions"]

Form: TypeAlias = Literal["odds", "linear", "sum of F", "largest F"]
Kink: TypeAlias = Literal["below", "above", "free"]


@dataclass(frozen=True)
class Region:
    """Where alpha and the prior lie, and the bound there as a term.

    form: of the bound: `sum z_j`, `3 sum x_j` (S_lin), `sum F(x_j)` (S) or `(K-1) F(max x_j)`.
    low: whether `alpha <= 1/2`; None where that does not matter. kinks: of x_1, x_2, ...
    largest: the policy with the largest odds, where that matters.
    """

    form: Form
    low: bool | None = None
    kinks: tuple[Kink, ...] = ()
    largest: int | None = None

    @property
    def name(self) -> str:
        """The region in words."""
        parts = [] if self.low is None else ["alpha <= 1/2" if self.low else "alpha > 1/2"]
        parts += [f"x{j} {kink}" for j, kink in enumerate(self.kinks, 1) if kink != "free"]
        if self.largest is not None:
            parts.append(f"x{self.largest} largest")
        return ", ".join(parts) or "everywhere"

    def declare(self, tree: Tree) -> tuple[list[str], str]:
        """Declare the unknowns of the region; the weights up to scale, and the bound."""
        tree.declare("alpha", "(> alpha 0)", "(<= alpha 1)")
        if self.low is None:
            odds = [tree.declare(f"z{j}", f"(> z{j} 0)") for j in range(1, tree.policies)]
            return ["1.0", *odds], total(odds)
        tree.state("(<= (* 2 alpha) 1)" if self.low else "(> (* 2 alpha) 1)")
        # z_j = x_j * over / under
        over, under = (["alpha"], ["(- 1 alpha)"]) if self.low else ([], [])
        above = [f"u{j}" for j, kink in enumerate(self.kinks, 1) if kink == "above"]
        weights, values = [product_of(*under, *above)], []
        for j, kink in enumerate(self.kinks, 1):
            if kink == "above":
                values.append(self._above(tree, j))
                rest = [u for u in above if u != f"u{j}"]
                weights.append(product_of(*over, *rest))
            else:
                x = tree.declare(f"x{j}", f"(> x{j} 0)")
                if kink == "below":
                    tree.state(f"(<= {x} 1)")
                values.append(product_of("3.0", x))
                weights.append(product_of(*over, x, *above))
        if self.largest is None:
            return weights, total(values)
        largest = weights[self.largest]
        tree.state(*(f"(<= {weight} {largest})" for weight in weights[1:]))
        return weights, product_of(f"{len(values)}.0", values[self.largest - 1])

    def _above(self, tree: Tree, j: int) -> str:
        """`F(x) = 3 + 2 ln x`, with one instance of the log lemma for `-ln u = ln x`."""
        tree.declare(f"u{j}", f"(> u{j} 0)", f"(<= u{j} 1)")
        log = tree.declare(f"ln_x{j}")
        lemma = log_lemma_gap(z3.Real(f"u{j}"), -z3.Real(log))
        tree.state((lemma >= 0).sexpr())
        return f"(+ 3 (* 2 {log}))"

    def odds(self, point: Mapping[str, Fraction]) -> list[Fraction]:
        """The odds `z_1, z_2, ...` of a point; KeyError where it does not say."""
        if self.low is None:
            return [point[name] for name in sorted(point) if name[0] == "z"]
        tau = threshold(point["alpha"])
        return [
            tau / point[f"u{j}"] if kink == "above" else tau * point[f"x{j}"]
            for j, kink in enumerate(self.kinks, 1)
        ]


def regions(form: Form, policies: int) -> Iterator[Region]:
    """The cases of a bound of a form."""
    others = policies - 1
    if form == "odds":
        yield Region(form)
        return
    free: list[Kink] = ["free"] * others
    sides: list[Kink] = ["below", "above"]
    for low in (True, False):
        if form == "linear":
            yield Region(form, low, tuple(free))
        elif form == "sum of F":
            for kinks in product(sides, repeat=others):
                yield Region(form, low, kinks)
        else:
            for j, kink in product(range(others), sides):
                yield Region(form, low, (*free[:j], kink, *free[j + 1 :]), j + 1)

"""One model of a grid, checked at every alpha in (0, 1] and in every class order that matters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import permutations
from typing import NamedTuple

from gmpy2 import mpq

from bounds.evidence import Evidence
from bounds.grid.grid import Grid, Member
from exact_cbil.interaction import Interaction
from exact_cbil.learner import break_points
from exact_cbil.model import Model
from exact_cbil.numbers import rational, to_fraction
from exact_cbil.process import ImitatorChain, propagate

__all__ = ["Piece", "orders", "pieces"]


class Piece(NamedTuple):
    """A class order and a largest interval of alpha on which the process does not change.

    order: the class order. evidence: at the upper end, the retention term at the lower.
    above, alpha: the interval, without its lower end and with its upper.
    tied: whether two policies of equal positive weight are met, so that class order can matter.
    """

    order: tuple[int, ...]
    above: Fraction
    alpha: Fraction
    evidence: Evidence
    tied: bool


def _given(model: Model, order: tuple[int, ...], alphas: Iterable[str]) -> Iterator[Piece]:
    """One piece for each given alpha, of that alpha alone."""
    for text in alphas:
        alpha = rational(text)
        interaction = Interaction(model.with_alpha(alpha))
        _, tied = _next_break(interaction.imitator_chain, model.horizon)
        yield Piece(order, alpha, alpha, Evidence(interaction), tied)


def pieces(model: Model, order: tuple[int, ...]) -> Iterator[Piece]:
    """Cut (0, 1] where the process changes, from the top; a finite number of pieces.

    In a reached state the top set, as a prefix of the ranking, grows next when alpha falls to the
    ratio w_n/(w_1 + ... + w_n) of the first policy left out. The largest such ratio over the states
    reached before the horizon ends the piece. Source: SPEC D5.
    """
    alpha = Fraction(1)
    while alpha:
        interaction = Interaction(model.with_alpha(alpha))
        below, tied = _next_break(interaction.imitator_chain, model.horizon)
        yield Piece(order, below, alpha, Evidence(interaction, lowest_alpha=below), tied)
        alpha = below


def _next_break(chain: ImitatorChain, horizon: int) -> tuple[Fraction, bool]:
    if not horizon:
        return Fraction(0), False
    for _ in propagate(chain, horizon - 1):
        pass
    largest, tied = mpq(0), False
    for weights, size in {(node.belief.weights, len(node.top)) for node in chain.nodes}:
        alive = [weight for weight in weights if weight]
        tied = tied or len(set(alive)) < len(alive)
        if size < len(alive):
            largest = max(largest, break_points(weights)[size])
    return to_fraction(largest), tied


def orders(grid: Grid, member: Member) -> Iterator[Piece]:
    """Every piece in the first class order, and in all orders if a tie makes them differ (R1).

    Source: SPEC R1.
    """

    def cut(order: tuple[int, ...]) -> Iterator[Piece]:
        model = grid.model(member, order)
        return _given(model, order, grid.alphas) if grid.alphas else pieces(model, order)

    first = tuple(range(grid.policies))
    tied = False
    for piece in cut(first):
        tied = tied or piece.tied
        yield piece
    if tied:
        for order in permutations(first):
            if order != first:
                yield from cut(order)

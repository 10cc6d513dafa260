"""Alpha and the prior as unknowns, and what claims say of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import z3

from bounds.universal.forks import Ask, Known
from bounds.universal.logarithm import log_lemma_gap
from bounds.universal.reading import Side, Term, sum_of
from exact_cbil.potential import CUBES

__all__ = ["ALPHA", "Prior", "known_at_start", "weights"]

ALPHA = z3.Real("alpha")


def _odds(policies: int) -> list[Term]:
    return [z3.Real(f"z{j}") for j in range(1, policies)]


def weights(policies: int) -> list[Term]:
    """The prior up to scale: 1 for the demonstrator and the odds `z_j` of the others."""
    return [z3.RealVal(1), *_odds(policies)]


def known_at_start(policies: int) -> Known:
    """What laws need not ask: all weights are positive, and the heaviest is in the top set."""
    found: dict[int, tuple[z3.BoolRef, bool]] = {}
    for w in weights(policies):
        for condition, answer in ((w <= 0, False), (w >= ALPHA * (0 + w), True)):
            found[condition.get_id()] = condition, answer
    return found


class Prior:
    """The quantities of a claim that do not speak of the process.

    ask: decides on which side of a kink the unknowns are. facts: what is known of them there.
    words: the cases that were decided.
    """

    def __init__(self, policies: int, ask: Ask) -> None:
        self._ask, self._odds = ask, _odds(policies)
        self.facts = [ALPHA > 0, ALPHA <= 1, *(z > 0 for z in self._odds)]
        self.words: list[str] = []
        self.names: Mapping[str, Callable[[], Side]] = {
            "alpha": lambda: Side(ALPHA),
            "tau": self._threshold,
            "X": self._total,
            "z_max": self._largest,
            "S": self._potential_of_prior,
            "S_lin": lambda: Side(CUBES.constant.numerator) * self._total() / self._threshold(),
            "retention": lambda: self._total() * Side(ALPHA, 1 - ALPHA),
        }

    def _case(self, condition: z3.BoolRef, yes: str, no: str) -> bool:
        found = self._ask(condition)
        self.words.append(yes if found else no)
        return found

    def _threshold(self) -> Side:
        """tau. Source: SPEC D8."""
        low = self._case(2 * ALPHA <= 1, "alpha <= 1/2", "alpha > 1/2")
        return Side(ALPHA, 1 - ALPHA) if low else Side(1)

    def _total(self) -> Side:
        return Side(sum_of(self._odds))

    def _largest(self) -> Side:
        best = self._odds[0]
        for z in self._odds[1:]:
            best = best if self._case(best >= z, f"{best} >= {z}", f"{best} < {z}") else z
        return Side(best)

    def potential(self, x: Side, name: str = "x") -> Side:
        """`F(x)`, with one instance of the log lemma for `-ln u = ln x`. Source: SPEC D9."""
        if self._case(x.top <= x.bottom, f"{name} <= 1", f"{name} > 1"):
            return Side(CUBES.constant.numerator) * x
        log, u = z3.Real(f"ln_{name}"), z3.Real(f"u_{name}")
        self.facts += [u > 0, u <= 1, u * x.top == x.bottom, log_lemma_gap(u, -log) >= 0]
        return Side(CUBES.constant.numerator + CUBES.slope.numerator * log)

    def _potential_of_prior(self) -> Side:
        tau, total = self._threshold(), Side(z3.RealVal(0))
        for j, z in enumerate(self._odds, 1):
            total = total + self.potential(Side(z) / tau, f"x{j}")
        return total

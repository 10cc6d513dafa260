"""All models of a finite grid, numbered, up to renaming.

A number stands for (demonstrator, environment, prior, other policies). Renaming actions,
observations and the other policies does not change what a claim says, so of each orbit only the
smallest number is checked. Burnside's lemma gives the number of orbits in advance.
"""

from __future__ import annotations

import math
import string
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import cache, cached_property
from itertools import combinations, pairwise
from typing import Any, NamedTuple

from bounds.grid.space import CellSpace, Emissions, MachineSpace, Renaming, Space, renamings
from exact_cbil.environment import MooreEnvironment
from exact_cbil.errors import CbilError, OutOfRange
from exact_cbil.event import once
from exact_cbil.interaction import Progress
from exact_cbil.model import Model
from exact_cbil.numbers import rational

__all__ = ["Grid", "Member"]

KINDS = ("time", "machine", "table")

MAX_NAMES = 8
"""The most actions, and observations: all of their orders are listed."""

MAX_POLICIES = 40

MAX_LISTED = 2_000_000
"""The most of anything that is listed to count a grid's models."""

MAX_BITS = 10_000
"""The most bits of the number of models."""


class Member(NamedTuple):
    """A model of the grid up to class order.

    others: pairs (policy, weight) of the policies other than the demonstrator, sorted.
    """

    demonstrator: int
    environment: int
    others: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Grid:
    """The grid of models with given sizes.

    kind: `time` (emissions depend on the time), `machine` (on the state of a machine that reads
        actions and observations), `table` (on the whole action-observation history).
    denominator: of every probability and prior weight, which are its multiples.
    states: of a machine.
    alphas: the alphas to check, as rational strings; without any, all in (0, 1].
    Raises OutOfRange when a size is not positive; CbilError when the grid has no models.
    """

    kind: str
    actions: int
    policies: int
    horizon: int
    denominator: int
    observations: int = 1
    states: int = 1
    alphas: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise CbilError(f"--kind: expected one of {', '.join(KINDS)}, got {self.kind!r}")
        for name, value in asdict(self).items():
            if isinstance(value, int) and value < 1:
                raise OutOfRange(f"--{name}", value, "a whole number from 1")
        for alpha in self.alphas:
            if not 0 < rational(alpha, "--alphas") <= 1:
                raise OutOfRange("--alphas", alpha, "rationals in (0, 1]")
        if self.policies > self.denominator:
            raise CbilError(
                f"--denominator: {self.policies} positive weights need at least {self.policies}"
            )
        if self.kind == "time" and self.observations > 1:
            raise CbilError("--observations: policies of the kind 'time' see none; expected 1")
        if self.kind != "machine" and self.states > 1:
            raise CbilError(f"--states: the kind {self.kind!r} has none; expected --kind machine")
        self._limits()

    def _limits(self) -> None:
        """Refuse what cannot be listed or counted, before any of it is."""
        limits = {"actions": MAX_NAMES, "observations": MAX_NAMES, "policies": MAX_POLICIES}
        for name in ("actions", "observations", "policies", "horizon", "denominator", "states"):
            most = limits.get(name, MAX_LISTED)
            if getattr(self, name) > most:
                raise OutOfRange(f"--{name}", getattr(self, name), f"at most {most}")
        letters, wide = self.actions * self.observations, self.denominator + 1
        orders = math.factorial(self.actions) * math.factorial(self.observations)
        cells = self.horizon
        if self.kind != "time":
            cells = sum(letters**t for t in range(min(self.horizon, MAX_LISTED.bit_length())))
            cells = max(cells, self.horizon)  # where there is one letter
        emitted = math.comb(wide - 1 + self.actions, self.actions)
        shown = math.comb(wide - 2 + self.observations, self.observations - 1)
        listed = {
            "emissions of a policy": emitted * orders,
            "environments": _power(shown, self.actions) * orders,
            "priors": math.comb(self.denominator - 1, self.policies - 1),
            "times or histories": cells * orders * (1 if self.kind == "time" else self.horizon),
        }
        if self.kind == "machine":
            moves = _power(self.states, self.states * letters)
            listed["machines"] = _power(emitted, self.states) * moves * cells // 10
        for what, count in listed.items():
            if count > MAX_LISTED:
                raise CbilError(f"--all: the grid is too large: its {what} are too many to list")
        if self.kind != "machine" and cells * self.policies * emitted.bit_length() > MAX_BITS:
            raise CbilError(f"--all: the grid has more than 2^{MAX_BITS} models")

    def to_json(self) -> dict[str, Any]:
        """The sizes, which identify the grid."""
        return asdict(self)

    @staticmethod
    def from_json(sizes: Mapping[str, Any]) -> Grid:
        """The grid of these sizes, one in a process: its lists are found once, not once a batch."""
        return _kept(tuple(sizes.items()))

    @cached_property
    def names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The actions' and observations' names."""
        shown = tuple(f"o{k}" for k in range(self.observations))
        return tuple(string.ascii_lowercase[: self.actions]), shown

    def _space(self, *, measure: bool, progress: Progress | None = None) -> Space:
        emissions = Emissions(self.actions, self.denominator, measure=measure)
        if self.kind == "machine":
            return MachineSpace(emissions, self.names, self.horizon, self.states, progress)
        by_history = self.kind == "table"
        return CellSpace(emissions, self.names, self.horizon, by_history=by_history)

    @cached_property
    def demonstrators(self) -> Space:
        """The demonstrators: every emission is a measure."""
        return self._space(measure=True)

    @cached_property
    def members(self) -> Space:
        """The other policies: emissions may be defective."""
        return self._space(measure=False)

    @cached_property
    def _shown(self) -> Emissions:
        return Emissions(self.observations, self.denominator, measure=True)

    @cached_property
    def environments(self) -> int:
        """How many memoryless environments there are: a measure for each action."""
        count: int = len(self._shown) ** self.actions
        return count

    @cached_property
    def renamings(self) -> list[Renaming]:
        """All renamings of actions and observations."""
        return renamings(self.actions, self.observations)

    @cached_property
    def priors(self) -> list[tuple[int, ...]]:
        """Positive weights of the other policies, as multiples of 1/denominator."""
        cuts = combinations(range(1, self.denominator), self.policies - 1)
        ends = [(*cut, self.denominator) for cut in cuts]
        return [tuple(b - a for a, b in pairwise(e)) for e in ends]

    @cached_property
    def size(self) -> int:
        """How many numbers there are: models with the other policies in any order."""
        others = self.members.size ** (self.policies - 1)
        count: int = self.demonstrators.size * self.environments * len(self.priors) * others
        return count

    def member(self, number: int) -> Member | None:
        """The model of a number; None unless it is the smallest of its orbit."""
        rest, demonstrator = divmod(number, self.demonstrators.size)
        rest, environment = divmod(rest, self.environments)
        rest, prior = divmod(rest, len(self.priors))
        others = []
        for weight in self.priors[prior]:
            rest, policy = divmod(rest, self.members.size)
            others.append((policy, weight))
        if any(a > b for a, b in pairwise(others)):
            return None
        found = Member(demonstrator, environment, tuple(others))
        if any(self.rename(found, g) < found for g in self.renamings[1:]):
            return None
        return found

    def rename(self, member: Member, g: Renaming) -> Member:
        """The model with actions and observations renamed."""
        return Member(
            self.demonstrators.rename(member.demonstrator, g),
            self._rename_environment(member.environment, g),
            tuple(sorted((self.members.rename(p, g), w) for p, w in member.others)),
        )

    def _rename_environment(self, number: int, g: Renaming) -> int:
        if self.environments == 1:
            return number
        moved = [0] * self.actions
        for action in range(self.actions):
            number, digit = divmod(number, len(self._shown))
            moved[g.actions[action]] = self._shown.rename(digit, g.observations)
        result = 0
        for digit in reversed(moved):
            result = result * len(self._shown) + digit
        return result

    def list_policies(self, progress: Progress | None) -> None:
        """List both sets of policies now, which takes long for machines, and tell how far it is."""
        for name, measure in (("demonstrators", True), ("members", False)):
            if name not in vars(self):
                vars(self)[name] = self._space(measure=measure, progress=progress)

    @cached_property
    def count(self) -> int:
        """How many models there are up to renaming, by Burnside's lemma."""
        return self.counted()

    def counted(self, progress: Progress | None = None) -> int:
        """`count`, telling how far it is."""
        self.list_policies(progress)
        total = 0
        for done, g in enumerate(self.renamings):
            if progress is not None:
                progress("renamings", done, len(self.renamings))
            environments = sum(
                self._rename_environment(e, g) == e for e in range(self.environments)
            )
            total += self.demonstrators.fixed(g) * environments * self._fixed_others(g)
        orders = math.factorial(self.policies - 1)
        return total // (len(self.renamings) * orders)

    def _fixed_others(self, g: Renaming) -> int:
        """The arrangements of the others with weights that g and an order fix, over all orders.

        What an order fixes depends on the lengths of its cycles alone: the policies of a cycle have
        one weight, and the first of them determines the others. There are far fewer partitions
        than orders.
        """
        total = 0
        powers: dict[int, int] = {}
        for lengths in _partitions(self.policies - 1, self.policies - 1):
            found = _orders(lengths) * self._equal_weights(lengths)
            for length in lengths if found else ():
                if length not in powers:
                    powers[length] = self.members.fixed(g.power(length))
                found *= powers[length]
            total += found
        return total

    def _equal_weights(self, lengths: Sequence[int]) -> int:
        """How many priors give the policies of each cycle one weight.

        Those are the positive weights `w_i` with `sum_i lengths[i] w_i < denominator`.
        """
        ways = [1] + [0] * (self.denominator - 1)  # by the sum so far
        for length in lengths:
            following = [0] * self.denominator
            for used in range(length, self.denominator):
                following[used] = following[used - length] + ways[used - length]
            ways = following
        return sum(ways)

    def range(self, start: int, stop: int) -> Iterator[tuple[int, Member]]:
        """The models whose numbers lie in a range."""
        for number in range(start, min(stop, self.size)):
            found = self.member(number)
            if found is not None:
                yield number, found

    def model(self, member: Member, order: Sequence[int]) -> Model:
        """A member as a model at alpha = 1.

        order: the class order; 0 is the demonstrator, k the k-th of the others.
        """
        own = self.denominator - sum(weight for _, weight in member.others)
        demonstrator = self.demonstrators.policy(member.demonstrator)
        policies = {"demonstrator": demonstrator}
        prior = {"demonstrator": Fraction(own, self.denominator)}
        for k, (policy, weight) in enumerate(member.others, 1):
            policies[f"policy-{k}"] = self.members.policy(policy)
            prior[f"policy-{k}"] = Fraction(weight, self.denominator)
        names = list(policies)
        actions, observations = self.names
        return Model(
            actions,
            observations,
            {names[k]: policies[names[k]] for k in order},
            prior,
            "demonstrator",
            self._environment(member.environment),
            1,
            self.horizon,
            {f"ever-{a}": once(action=a) for a in actions},
        )

    def _environment(self, number: int) -> MooreEnvironment:
        actions, observations = self.names
        emitted = {}
        for action in actions:
            number, digit = divmod(number, len(self._shown))
            emitted[action] = self._shown.semimeasure(digit, observations)
        return MooreEnvironment.of("e", {"e": (emitted, ())})


@cache
def _kept(sizes: tuple[tuple[str, Any], ...]) -> Grid:
    return Grid(**dict(sizes))


def _power(base: int, exponent: int) -> int:
    """A power, or something beyond `MAX_LISTED` where it is."""
    if base > 1 and exponent > MAX_LISTED.bit_length():
        return MAX_LISTED + 1
    power: int = base**exponent
    return power


def _partitions(total: int, largest: int) -> Iterator[tuple[int, ...]]:
    """The ways to write a number as a sum of parts that do not grow."""
    if not total:
        yield ()
    for first in range(min(total, largest), 0, -1):
        for rest in _partitions(total - first, first):
            yield (first, *rest)


def _orders(lengths: Sequence[int]) -> int:
    """How many permutations have cycles of these lengths."""
    found = math.factorial(sum(lengths))
    for length, count in Counter(lengths).items():
        found //= length**count * math.factorial(count)
    return found

"""Finite sets of policies and environments with probabilities of one denominator, by number.

A renaming of actions and observations acts on each set; `Space.rename` says how, and
`Space.fixed` counts what it leaves in place, which Burnside's lemma turns into a count of orbits.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Sequence
from functools import cached_property
from itertools import permutations, product
from typing import NamedTuple

from exact_cbil.history import Rule
from exact_cbil.interaction import Progress
from exact_cbil.policy import MoorePolicy
from exact_cbil.semimeasure import Semimeasure

__all__ = ["CellSpace", "Emissions", "MachineSpace", "Renaming", "Space", "renamings"]


class Renaming(NamedTuple):
    """Action a becomes `actions[a]`, observation o becomes `observations[o]`."""

    actions: tuple[int, ...]
    observations: tuple[int, ...]

    def power(self, exponent: int) -> Renaming:
        """The renaming applied `exponent` times."""
        result = Renaming(tuple(range(len(self.actions))), tuple(range(len(self.observations))))
        for _ in range(exponent):
            result = Renaming(
                tuple(self.actions[a] for a in result.actions),
                tuple(self.observations[o] for o in result.observations),
            )
        return result


def renamings(actions: int, observations: int) -> list[Renaming]:
    """Every renaming, the identity first."""
    return [
        Renaming(*pair)
        for pair in product(permutations(range(actions)), permutations(range(observations)))
    ]


def _summing(total: int, width: int) -> Iterator[tuple[int, ...]]:
    """All tuples of whole numbers with a sum, in lexicographic order."""
    if width == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in _summing(total - first, width - 1):
            yield (first, *rest)


class Emissions:
    """All vectors of multiples of 1/denominator that sum to 1, or to at most 1."""

    def __init__(self, width: int, denominator: int, *, measure: bool) -> None:
        self.denominator = denominator
        self.vectors = [
            vector if measure else vector[:-1]
            for vector in _summing(denominator, width if measure else width + 1)
        ]
        self._number = {vector: k for k, vector in enumerate(self.vectors)}

    def __len__(self) -> int:
        return len(self.vectors)

    def rename(self, number: int, mapping: Sequence[int]) -> int:
        """The vector with the entry of a moved to `mapping[a]`."""
        vector = self.vectors[number]
        moved = [0] * len(vector)
        for place, value in zip(mapping, vector, strict=True):
            moved[place] = value
        return self._number[tuple(moved)]

    def fixed(self, mapping: Sequence[int]) -> int:
        """How many vectors a renaming leaves in place."""
        return sum(self.rename(k, mapping) == k for k in range(len(self)))

    def semimeasure(self, number: int, names: Sequence[str]) -> Semimeasure[str]:
        """The vector as a semimeasure over names."""
        vector = self.vectors[number]
        masses = {
            name: f"{value}/{self.denominator}" for name, value in zip(names, vector, strict=True)
        }
        return Semimeasure(masses)


class Space(ABC):
    """A finite set of policies, numbered from 0."""

    size: int

    @abstractmethod
    def policy(self, number: int) -> MoorePolicy:
        """The policy of a number."""

    @abstractmethod
    def rename(self, number: int, renaming: Renaming) -> int:
        """The number of the renamed policy."""

    @abstractmethod
    def fixed(self, renaming: Renaming) -> int:
        """How many policies a renaming leaves in place."""


Word = tuple[tuple[int, int], ...]


def _words(actions: int, observations: int, horizon: int) -> list[Word]:
    letters = list(product(range(actions), range(observations)))
    return [word for t in range(horizon) for word in product(letters, repeat=t)]


def _rename_word(word: Word, renaming: Renaming) -> Word:
    return tuple((renaming.actions[a], renaming.observations[o]) for a, o in word)


class CellSpace(Space):
    """An emission for every cell: a time, or (by_history) an action-observation history."""

    def __init__(
        self,
        emissions: Emissions,
        names: tuple[Sequence[str], Sequence[str]],
        horizon: int,
        *,
        by_history: bool,
    ) -> None:
        self.emissions = emissions
        self.actions, self.observations = names
        self.by_history = by_history
        sizes = len(self.actions), len(self.observations)
        self.cells: list[Hashable] = (
            list(_words(*sizes, horizon)) if by_history else list(range(horizon))
        )
        self._place = {cell: k for k, cell in enumerate(self.cells)}
        self.size = len(emissions) ** len(self.cells)

    def _move(self, cell: Hashable, renaming: Renaming) -> int:
        if not self.by_history:
            return self._place[cell]
        assert isinstance(cell, tuple)
        return self._place[_rename_word(cell, renaming)]

    def digits(self, number: int) -> list[int]:
        """The emission at every cell."""
        found = []
        for _ in self.cells:
            number, digit = divmod(number, len(self.emissions))
            found.append(digit)
        return found

    def rename(self, number: int, renaming: Renaming) -> int:
        moved = [0] * len(self.cells)
        for cell, digit in zip(self.cells, self.digits(number), strict=True):
            moved[self._move(cell, renaming)] = self.emissions.rename(digit, renaming.actions)
        result = 0
        for digit in reversed(moved):
            result = result * len(self.emissions) + digit
        return result

    def fixed(self, renaming: Renaming) -> int:
        count, seen = 1, set[int]()
        for start in range(len(self.cells)):
            place, length = start, 0
            while place not in seen:
                seen.add(place)
                place, length = self._move(self.cells[place], renaming), length + 1
            if length:
                count *= self.emissions.fixed(renaming.power(length).actions)
        return count

    def policy(self, number: int) -> MoorePolicy:
        emitted = [self.emissions.semimeasure(digit, self.actions) for digit in self.digits(number)]
        states = {
            str(k): (emission, self._rules(cell))
            for k, (cell, emission) in enumerate(zip(self.cells, emitted, strict=True))
        }
        return MoorePolicy.of("0", states or {"0": (Semimeasure.point(self.actions[0]), [])})

    def _rules(self, cell: Hashable) -> list[Rule]:
        if not self.by_history:
            assert isinstance(cell, int)
            return [Rule(str(cell + 1))] if cell + 1 < len(self.cells) else []
        assert isinstance(cell, tuple)
        rules = []
        for a, o in product(range(len(self.actions)), range(len(self.observations))):
            place = self._place.get((*cell, (a, o)))
            if place is not None:
                rules.append(Rule(str(place), self.actions[a], self.observations[o]))
        return rules


class MachineSpace(Space):
    """Machines of a number of states that read actions and observations; of those that behave
    alike up to the horizon, one.
    """

    def __init__(
        self,
        emissions: Emissions,
        names: tuple[Sequence[str], Sequence[str]],
        horizon: int,
        states: int,
        progress: Progress | None = None,
    ) -> None:
        self.emissions = emissions
        self.actions, self.observations = names
        self.states = states
        letters = len(self.actions) * len(self.observations)
        self._words = _words(len(self.actions), len(self.observations), horizon)
        self._behaviours: dict[tuple[int, ...], tuple[tuple[int, ...], tuple[int, ...]]] = {}
        chosen, total = product(range(len(emissions)), repeat=states), len(emissions) ** states
        for done, emitted in enumerate(chosen):
            if progress is not None:
                progress("machines", done, total)
            for moves in product(range(states), repeat=states * letters):
                self._behaviours.setdefault(self._behaviour(emitted, moves), (emitted, moves))
        self._listed = list(self._behaviours)
        self.size = len(self._listed)

    def _letter(self, action: int, observation: int) -> int:
        return action * len(self.observations) + observation

    def _behaviour(self, emitted: Sequence[int], moves: Sequence[int]) -> tuple[int, ...]:
        """The emission after every word; words come shortest first, so prefixes are known."""
        letters = len(self.actions) * len(self.observations)
        reached: dict[Word, int] = {}
        for word in self._words:
            state = 0
            if word:
                state = moves[reached[word[:-1]] * letters + self._letter(*word[-1])]
            reached[word] = state
        return tuple(emitted[state] for state in reached.values())

    @cached_property
    def _numbers(self) -> dict[tuple[int, ...], int]:
        return {behaviour: k for k, behaviour in enumerate(self._listed)}

    def rename(self, number: int, renaming: Renaming) -> int:
        emitted = dict(zip(self._words, self._listed[number], strict=True))
        moved = {
            _rename_word(word, renaming): self.emissions.rename(digit, renaming.actions)
            for word, digit in emitted.items()
        }
        return self._numbers[tuple(moved[word] for word in self._words)]

    def fixed(self, renaming: Renaming) -> int:
        return sum(self.rename(k, renaming) == k for k in range(self.size))

    def policy(self, number: int) -> MoorePolicy:
        emitted, moves = self._behaviours[self._listed[number]]
        letters = len(self.actions) * len(self.observations)
        states = {}
        for state in range(self.states):
            rules = [
                Rule(
                    str(moves[state * letters + self._letter(a, o)]),
                    self.actions[a],
                    self.observations[o],
                )
                for a, o in product(range(len(self.actions)), range(len(self.observations)))
            ]
            emission = self.emissions.semimeasure(emitted[state], self.actions)
            states[str(state)] = (emission, rules)
        return MoorePolicy.of("0", states)

"""Semimeasures over finite sets, with exact rational values (D1)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, ItemsView, Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Generic, TypeVar

from exact_cbil.errors import MassExceedsOne, NegativeMass, shorten
from exact_cbil.numbers import RationalLike, exact_sum, probability, rational, text

__all__ = ["Semimeasure"]

X = TypeVar("X", bound=Hashable)
Y = TypeVar("Y", bound=Hashable)


class Semimeasure(Generic[X]):
    """Non-negative rationals on a finite set, summing to at most 1.

    ``nu[x]`` is the mass of `x`, 0 outside the support. Immutable and hashable; two semimeasures
    are equal when they give every element the same mass.
    Raises NegativeMass, MassExceedsOne or InexactNumber when made from anything else.
    Source: SPEC D1.

    >>> nu = Semimeasure({"a": "1/2", "b": "1/3"})
    >>> nu["a"], nu["c"], nu.deficit
    (Fraction(1, 2), Fraction(0, 1), Fraction(1, 6))
    """

    __slots__ = ("_masses", "_total")

    def __init__(self, masses: Mapping[X, RationalLike]) -> None:
        exact: dict[X, Fraction] = {}
        for element, given in masses.items():
            mass = (
                given
                if isinstance(given, Fraction)
                else rational(given, f"mass of {shorten(element)}")
            )
            if mass.numerator < 0:
                raise NegativeMass(element, mass)
            if mass:
                exact[element] = mass
        total = exact_sum(exact.values())
        if total > 1:
            raise MassExceedsOne(total)
        self._masses = exact
        self._total = total

    @classmethod
    def point(cls, element: X) -> Semimeasure[X]:
        """The measure that gives `element` mass 1."""
        return cls({element: 1})

    @classmethod
    def uniform(cls, elements: Iterable[X]) -> Semimeasure[X]:
        """The measure that gives each of finitely many distinct elements the same mass."""
        distinct = list(dict.fromkeys(elements))
        return cls({x: Fraction(1, len(distinct)) for x in distinct})

    @classmethod
    def mixture(cls, parts: Iterable[tuple[RationalLike, Semimeasure[X]]]) -> Semimeasure[X]:
        """The weighted sum ``x -> sum_i c_i nu_i(x)``, `c_i` non-negative and summing to <= 1.

        >>> fair, sure = Semimeasure({"a": "1/2", "b": "1/2"}), Semimeasure.point("a")
        >>> Semimeasure.mixture([("1/2", fair), ("1/2", sure)])["a"]
        Fraction(3, 4)
        """
        masses: dict[X, Fraction] = {}
        total = Fraction(0)
        for number, (given, part) in enumerate(parts):
            weight = probability(given, f"mixture weight {number}")
            total += weight
            for element, mass in part.items():
                masses[element] = masses.get(element, Fraction(0)) + weight * mass
        if total > 1:
            raise MassExceedsOne(total)
        return cls(masses)

    @property
    def total(self) -> Fraction:
        """The sum of all masses, in [0, 1]."""
        return self._total

    @property
    def deficit(self) -> Fraction:
        """1 minus the total; 0 exactly for a measure."""
        return 1 - self._total

    @property
    def is_measure(self) -> bool:
        """Whether the masses sum to 1."""
        return self._total == 1

    def __getitem__(self, element: X) -> Fraction:
        return self._masses.get(element, Fraction(0))

    def __iter__(self) -> Iterator[X]:
        """Iterate over the support, in the order given at construction."""
        return iter(self._masses)

    def __len__(self) -> int:
        return len(self._masses)

    def __contains__(self, element: object) -> bool:
        return element in self._masses

    def items(self) -> ItemsView[X, Fraction]:
        """The pairs (element, positive mass)."""
        return self._masses.items()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Semimeasure):
            return NotImplemented
        return self._masses == other._masses

    def __hash__(self) -> int:
        return hash(frozenset(self._masses.items()))

    def __repr__(self) -> str:
        inside = ", ".join(f"{x!r}: {text(mass)}" for x, mass in self._masses.items())
        return f"Semimeasure({{{inside}}})"

    def map(self, function: Callable[[X], Y]) -> Semimeasure[Y]:
        """The image semimeasure: each element's mass moves to `function(element)`.

        >>> Semimeasure({-1: "1/2", 1: "1/3"}).map(abs)
        Semimeasure({1: 5/6})
        """
        masses: dict[Y, Fraction] = {}
        for x, mass in self._masses.items():
            masses[function(x)] = masses.get(function(x), Fraction(0)) + mass
        return Semimeasure(masses)

"""What a run asks: vectors and random questions, or of these only those with some features.

A *feature* is a level of an axis (see `axes`): `names=reserved`, `policies=257-`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from exact_cbil.errors import CbilError, printable, shorten
from exact_cbil.testing.axes import AXES, covered
from exact_cbil.testing.questions import Question
from exact_cbil.testing.reference import Reference
from exact_cbil.testing.stream import RANDOM_QUESTIONS, stream
from exact_cbil.testing.vectors import VERSIONS, read_vectors, shipped_vectors

__all__ = ["Selection", "parse_features"]


def parse_features(given: Iterable[str]) -> dict[str, frozenset[str]]:
    """Read `axis=level`: the levels that are wanted, for each axis of which any is.

    >>> parse_features(["names=cases", "alpha=1", "alpha=1/2"]) == {
    ...     "names": {"cases"}, "alpha": {"1", "1/2"}}
    True
    >>> parse_features(["colour=red"])
    Traceback (most recent call last):
    ...
    exact_cbil.errors.CbilError: feature: no axis is called 'colour'; there are policies, \
actions, observations, states, rules, steps, names, keys, start, demonstrator, asked, prior, \
likelihoods, deficits, alive, alpha, decision
    """
    wanted: dict[str, frozenset[str]] = {}
    for feature in given:
        axis, _, level = feature.partition("=")
        if axis not in AXES:
            raise CbilError(f"feature: no axis is called {shorten(axis)}; there are {_list(AXES)}")
        if level not in AXES[axis]:
            there = _list(f"{axis}={known}" for known in AXES[axis])
            raise CbilError(f"feature: {shorten(feature)} is no level; there are {there}")
        wanted[axis] = wanted.get(axis, frozenset()) | {level}
    return wanted


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)


@dataclass(frozen=True)
class Selection:
    """Which of the vectors and random questions a run asks.

    sources: shipped versions of the vectors, and folders of others.
    random, seed: how many questions of which stream are drawn.
    features: for some axes, the levels of which a question must have one.
    """

    sources: tuple[str, ...] = VERSIONS
    random: int = RANDOM_QUESTIONS
    seed: int = 0
    features: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def vectors(self) -> list[Question]:
        """The vectors of every source, in order.

        Raises CbilError for a source that is neither a shipped version nor a folder, and where two
        sources have one id.
        """
        found: dict[str, Question] = {}
        for source in self.sources:
            if source in VERSIONS:
                vectors = shipped_vectors((source,))
            elif Path(source).is_dir():
                vectors = read_vectors(Path(source))
            else:
                raise CbilError(
                    f"vectors: {shorten(source)} is neither a folder nor a shipped version; "
                    f"there are {_list(VERSIONS)}"
                )
            for vector in vectors:
                name = vector.question.id
                if name in found:
                    raise CbilError(f"vectors: the id {shorten(name)} comes twice")
                found[name] = vector.question
        return list(found.values())

    def drawn(self) -> Iterator[Question]:
        """The random questions."""
        return stream(self.seed, self.random)

    def wants(self, question: Question, reference: Reference) -> bool:
        """Whether a question has the features that are asked for."""
        if not self.features:
            return True
        levels = covered(reference.expected(question))
        return all(levels[axis] in wanted for axis, wanted in self.features.items())

    @property
    def words(self) -> str:
        """The selection in words, for a report."""
        parts = []
        if self.sources:
            parts.append(f"the vectors {', '.join(map(printable, self.sources))}")
        if self.random:
            parts.append(f"{self.random} random questions of seed {self.seed}")
        only = ", ".join(
            f"{axis}={level}" for axis in self.features for level in sorted(self.features[axis])
        )
        return " and ".join(parts) + (f", only those with {only}" if only else "")

"""Event probabilities equal those of Storm, on every shipped model and under every law."""

from __future__ import annotations

import os
from fractions import Fraction

import pytest

from exact_cbil import Interaction
from exact_cbil.interaction import Law
from exact_cbil.model import Model
from exact_cbil.modelfile import write_model
from exact_cbil.models import SHIPPED
from tests.conftest import LARGE
from tests.literal import ACTORS, literal
from tests.storm_peer import (
    UnrolledChain,
    event_chain,
    literal_chain,
    storm_available,
    storm_probability,
)


def laws(model: Model) -> tuple[Law, ...]:
    return ("imitator", "demonstrator", "guarded") if model.realizable else LAWS_OUTSIDE


LAWS_OUTSIDE: tuple[Law, ...] = ("imitator", "demonstrator")
MODELS = {name: make() for name, make in SHIPPED.items()}
CASES = [(n, event, law) for n, m in MODELS.items() for event in m.events for law in laws(m)]


@pytest.fixture(scope="module", autouse=True)
def _storm() -> None:
    if not storm_available():
        if os.environ.get("CI") == "true":
            pytest.fail("stormpy is not installed, and in CI it must be")
        pytest.skip("stormpy is not installed (pip install stormpy)")


@pytest.mark.parametrize(
    ("name", "event", "law"), [case for case in CASES if LARGE or case[2] == "imitator"]
)
def test_storm_finds_the_same_probability(name: str, event: str, law: Law) -> None:
    interaction = Interaction(MODELS[name])
    answer = storm_probability(event_chain(interaction, event, law))
    assert answer.probability == interaction.probability(event, law)


@pytest.mark.parametrize(("name", "event", "law"), CASES)
def test_storm_finds_it_from_the_definitions_alone(name: str, event: str, law: Law) -> None:
    short = MODELS[name].with_horizon(min(MODELS[name].horizon, 3))
    chain = literal_chain(literal(write_model(short)), event, ACTORS[law])
    assert storm_probability(chain).probability == Interaction(short).probability(event, law)


def test_storm_itself_is_asked() -> None:
    """A chain whose answer is known by hand, with a rational that no float holds."""
    third = "1/3"
    rows = [[(1, third), (2, "2/3")], [(1, "1")], [(0, third), (2, third), (3, third)], [(3, "1")]]
    # From 0: x = 1/3 + 2/3 y, from 2: y = x/3 + y/3, hence x = 1/2.
    assert storm_probability(UnrolledChain(rows, [1])).probability == Fraction(1, 2)

"""Queries and events equal those of Storm, on every shipped model and under every law.

Storm reads the files that `exact-cbil export` writes, so this is the test of those as well.
"""

from __future__ import annotations

import os
from fractions import Fraction

import pytest

from exact_cbil import Interaction
from exact_cbil.exports import UnrolledChain, unroll
from exact_cbil.interaction import Law
from exact_cbil.model import Model
from exact_cbil.modelfile import write_model
from exact_cbil.models import SHIPPED, rare_action
from tests.conftest import LARGE
from tests.literal import ACTORS, literal
from tests.storm_peer import ask_storm, literal_chain, storm_available


def laws(model: Model) -> tuple[Law, ...]:
    return ("imitator", "demonstrator", "guarded") if model.realizable else LAWS_OUTSIDE


LAWS_OUTSIDE: tuple[Law, ...] = ("imitator", "demonstrator")
MODELS = {name: make() for name, make in SHIPPED.items()}
CASES = [(name, law) for name, model in MODELS.items() for law in laws(model)]


@pytest.fixture(scope="module", autouse=True)
def _storm() -> None:
    if not storm_available():
        if os.environ.get("CI") == "true":
            pytest.fail("stormpy is not installed, and in CI it must be")
        pytest.skip("stormpy is not installed (pip install stormpy)")


def numbers(interaction: Interaction, law: Law) -> dict[str, Fraction]:
    """What Storm should find."""
    found = {name: interaction.probability(name, law) for name in interaction.model.events}
    return {**found, "queries": interaction.result().queries} if law == "imitator" else found


@pytest.mark.parametrize(
    ("name", "law"), [case for case in CASES if LARGE or case[1] == "imitator"]
)
def test_storm_finds_the_same_numbers(name: str, law: Law) -> None:
    interaction = Interaction(MODELS[name])
    answers = ask_storm(unroll(interaction, law))
    assert {key: answer.value for key, answer in answers.items()} == numbers(interaction, law)


@pytest.mark.parametrize(("name", "law"), CASES)
def test_storm_finds_events_from_the_definitions_alone(name: str, law: Law) -> None:
    short = MODELS[name].with_horizon(min(MODELS[name].horizon, 3))
    answers = ask_storm(literal_chain(literal(write_model(short)), ACTORS[law]))
    expected = {event: Interaction(short).probability(event, law) for event in short.events}
    assert {key: answer.value for key, answer in answers.items()} == expected


@pytest.mark.parametrize(
    "model",
    [MODELS["treacherous-turn"], rare_action(Fraction(1, 10**30), horizon=3)],
    ids=["an event that cannot happen", "numbers longer than a machine word"],
)
def test_storm_reads_the_language_of_prism(model: Model) -> None:
    interaction = Interaction(model)
    answers = ask_storm(unroll(interaction), written_as="prism")
    assert {key: answer.value for key, answer in answers.items()} == numbers(
        interaction, "imitator"
    )


def test_storm_itself_is_asked() -> None:
    """A chain whose answer is known by hand, with a rational that no float holds."""
    third = Fraction(1, 3)
    rows = [
        [(1, third), (2, 2 * third)],
        [(1, Fraction(1))],
        [(0, third), (2, third), (3, third)],
        [(3, Fraction(1))],
    ]
    # From 0: x = 1/3 + 2/3 y, from 2: y = x/3 + y/3, hence x = 1/2.
    assert ask_storm(UnrolledChain(rows, {"one": [1]}, 3))["one"].value == Fraction(1, 2)

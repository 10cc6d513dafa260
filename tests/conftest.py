"""Hypothesis profiles (small, or with `CBIL_LARGE=1` many more examples), and shared fixtures."""

import os
import resource
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.rocq_toy import Toy

# A shell's background job ignores SIGINT, and one under nohup SIGHUP; so would the children that
# tests interrupt. A signal that is handled, if only by doing nothing, is not ignored by children.
signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)

# Hundreds of children import the same modules; without bytecode each would compile them again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

IN_CI = os.environ.get("CI") == "true"
LARGE = os.environ.get("CBIL_LARGE") == "1"

MEMORY = (6 if LARGE else 2) << 30
"""What a test and each of its children may use, so that one that grows fails alone."""
resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))

settings.register_profile(
    "default",
    max_examples=40,
    deadline=None,
    derandomize=IN_CI,
    # Not to explain: that draws a hundred more, also where `find` has found what it should.
    phases=[phase for phase in Phase if phase is not Phase.explain],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("large", settings.get_profile("default"), max_examples=1000)
settings.load_profile("large" if LARGE else "default")


def examples(count: int) -> settings:
    """Settings of a test whose examples cost much: this many, or 40 times as many in large runs."""
    return settings(max_examples=40 * count if LARGE else count)


@pytest.fixture(scope="session")
def statements(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The record of the sound development, made once."""
    toy = Toy(tmp_path_factory.mktemp("toy"))
    outcome = toy.audit(rewrite=True)
    assert outcome.passes, outcome
    return {path.name: path.read_bytes() for path in (toy.place / "statements").iterdir()}


@pytest.fixture
def toy(tmp_path: Path, statements: dict[str, bytes]) -> Toy:
    made = Toy(tmp_path)
    made.remember(statements)
    return made

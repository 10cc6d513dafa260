"""The pytest plugin: `pytest --cbil-implementation module:name` checks an implementation.

Loaded by pytest in every project that has this package, so it imports nothing until it is used.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__: list[str] = []

TESTS = Path(__file__).with_name("commandline_tests.py")


def pytest_addoption(parser: Any) -> None:
    """Add the options."""
    group = parser.getgroup("exact-cbil", "conformance with the exact learner")
    group.addoption(
        "--cbil-implementation",
        metavar="MODULE:NAME",
        help="run the conformance tests on this object (alone, unless tests are named too)",
    )
    for option, what in (
        ("budget", "error budget FIELD=4ulp or FIELD=1/1000; may be repeated"),
        ("omits", "FIELD that is not computed; may be repeated"),
        ("skips", "FLAG=REASON of questions not to ask; may be repeated"),
    ):
        group.addoption(f"--cbil-{option}", action="append", default=[], help=what)
    group.addoption("--cbil-random", type=int, default=500, metavar="N", help="random questions")
    group.addoption("--cbil-seed", type=int, default=0, metavar="S", help="which ones")


def pytest_configure(config: Any) -> None:
    """Add the conformance tests to what is run, or run them alone if nothing else is named."""
    if config.getoption("--cbil-implementation") is None or hasattr(config, "workerinput"):
        return
    named = config.args if config.args_source.name == "ARGS" else []
    config.args = [*named, str(TESTS)]

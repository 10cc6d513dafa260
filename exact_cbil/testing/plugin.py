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
    group.addoption("--cbil-random", type=int, metavar="N", help="random questions (500)")
    group.addoption("--cbil-seed", type=int, metavar="S", help="which ones (0)")


def pytest_configure(config: Any) -> None:
    """Add the conformance tests to what is run, or run them alone if nothing else is named."""
    if config.getoption("--cbil-implementation") is None:
        for option in ("budget", "omits", "skips", "random", "seed"):
            if config.getoption(f"--cbil-{option}") not in (None, []):
                _refuse(f"--cbil-{option} needs --cbil-implementation")
        return
    _check(config.getoption)
    if hasattr(config, "workerinput"):
        return
    named = config.args if config.args_source.name == "ARGS" else []
    config.args = [*named, str(TESTS)]


def _check(option: Any) -> None:
    """Refuse options that the tests could not obey."""
    from exact_cbil.errors import CbilError
    from exact_cbil.testing.budgets import Declaration

    try:
        Declaration.parse(option("--cbil-budget"), option("--cbil-omits"), option("--cbil-skips"))
    except CbilError as problem:
        _refuse(str(problem))
    if (option("--cbil-random") or 0) < 0:
        _refuse("--cbil-random: expected a number from 0")
    if option("--cbil-random") == 0 and option("--cbil-seed") is not None:
        _refuse("--cbil-random 0 asks none: --cbil-seed has no effect")


def _refuse(message: str) -> None:
    import pytest

    raise pytest.UsageError(message)

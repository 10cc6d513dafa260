"""Collected by the pytest plugin: the conformance tests of `--cbil-implementation`."""

from __future__ import annotations

from typing import Any

import pytest

from exact_cbil.testing.conformance import ConformanceTests
from exact_cbil.testing.stream import RANDOM_QUESTIONS


class TestConformance(ConformanceTests):
    """The implementation named on the command line."""

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _options(cls, request: Any) -> None:
        option = request.config.getoption
        cls.implementation = option("--cbil-implementation")
        cls.budgets, cls.omits = option("--cbil-budget"), option("--cbil-omits")
        cls.skips = option("--cbil-skips")
        count = option("--cbil-random")
        cls.random_questions = RANDOM_QUESTIONS if count is None else count
        cls.seed = option("--cbil-seed") or 0

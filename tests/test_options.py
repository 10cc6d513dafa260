"""No option line, however hostile, ends in anything but 0, 1 or 2, or leaves anything behind."""

from __future__ import annotations

from itertools import islice

import pytest

from tests.conftest import LARGE
from tests.option_lines import Line, lines, run

LINES = list(islice(lines(0), 100 if LARGE else 12))


@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
def test_a_line_ends_well(line: Line) -> None:
    ending = run(line, 20 if LARGE else 5)
    assert not ending.faults, f"{line}: {'; '.join(ending.faults)}"

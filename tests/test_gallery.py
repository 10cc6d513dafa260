"""Every program in the gallery prints what the gallery says."""

from __future__ import annotations

import doctest
import inspect
from pathlib import Path

import exact_cbil

GALLERY = Path(inspect.getfile(exact_cbil)).parents[1] / "docs" / "gallery.md"


def test_gallery() -> None:
    outcome = doctest.testfile(str(GALLERY), module_relative=False, optionflags=doctest.FAIL_FAST)
    assert outcome.attempted >= 15
    assert outcome.failed == 0

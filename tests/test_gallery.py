"""Every program on a page of the docs prints what the page says."""

from __future__ import annotations

import doctest
import inspect
from pathlib import Path

import pytest

import exact_cbil

DOCS = Path(inspect.getfile(exact_cbil)).parents[1] / "docs"
PAGES = sorted(page.name for page in DOCS.glob("*.md") if ">>> " in page.read_text())


@pytest.mark.parametrize("page", PAGES)
def test_the_programs_of_a_page(page: str) -> None:
    path = str(DOCS / page)
    outcome = doctest.testfile(path, module_relative=False, optionflags=doctest.FAIL_FAST)
    assert outcome.attempted >= 15
    assert outcome.failed == 0


def test_the_pages_with_programs_are_found() -> None:
    assert {"compare.md", "gallery.md", "optimisers.md"} <= set(PAGES)

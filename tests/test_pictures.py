"""The pictures of the README and of the pages are those that `docs/pictures/draw.py` draws."""

from __future__ import annotations

import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from exact_cbil.plots.style import fingerprint
from tests.conftest import LARGE

ROOT = Path(__file__).parent.parent
PLACE = ROOT / "docs" / "pictures"


def program() -> ModuleType:
    spec = spec_from_file_location("draw", PLACE / "draw.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


DRAW = program()


@pytest.mark.parametrize("name", list(DRAW.PICTURES)[: None if LARGE else DRAW.QUICK])
def test_a_picture_is_not_stale(name: str) -> None:
    kept = re.search("<dc:identifier>(.*)</dc:identifier>", (PLACE / f"{name}.svg").read_text())
    assert kept is not None
    assert kept[1] == fingerprint(DRAW.PICTURES[name]()), f"run docs/pictures/draw.py {name}"


def test_every_picture_is_drawn_and_shown() -> None:
    assert {path.stem for path in PLACE.glob("*.svg")} == set(DRAW.PICTURES)
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    shown = re.findall(
        r"\]\((?:\S*/)?pictures/([\w-]+)\.svg\)", "".join(map(Path.read_text, pages))
    )
    assert set(shown) == set(DRAW.PICTURES)


def test_a_fingerprint_tells_what_is_shown() -> None:
    from exact_cbil import run
    from exact_cbil.models import chain

    prints = {
        fingerprint(run(model).plot()) for model in (chain(1), chain(1, "1/5"), chain(2), chain(1))
    }
    assert len(prints) == 3

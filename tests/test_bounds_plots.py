"""Pictures of bounds: what is constant between break points is drawn so, and names are inert."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bounds.plots import model_figure, plot_model
from exact_cbil.errors import CbilError
from exact_cbil.models import chain, shared_error, treacherous_turn


def test_the_query_cubes_are_a_step_function_of_alpha() -> None:
    cubes, *bounds = model_figure(chain()).axes[0].get_lines()
    assert cubes.get_drawstyle() == "steps-pre"
    assert all(line.get_drawstyle() == "default" for line in bounds)
    assert len({(line.get_linestyle(), line.get_linewidth()) for line in bounds}) == len(bounds)


def test_everything_has_a_label() -> None:
    for axis in model_figure(treacherous_turn()).axes:
        assert axis.get_xlabel()
        assert axis.get_ylabel()
        assert axis.get_legend() is not None


def test_names_are_no_formulas(tmp_path: Path) -> None:
    model = treacherous_turn()
    (event,) = model.events.values()
    plot_model(replace(model, events={"$x^$\x1b[31m": event}), tmp_path / "x.svg")
    assert b"<svg" in (tmp_path / "x.svg").read_bytes()
    assert b"\x1b" not in (tmp_path / "x.svg").read_bytes()


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(CbilError, match="no event"):
        model_figure(chain(), "none such")
    with pytest.raises(CbilError, match="inside the class"):
        model_figure(shared_error())

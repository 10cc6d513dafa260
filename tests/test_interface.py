"""The public interface: its names, and what notebooks show of results."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import exact_cbil
from exact_cbil import Model, constant, imitator_step, once, profile, run, silent
from exact_cbil.display import latex_text
from exact_cbil.models import chain, rare_action, shared_error, treacherous_turn
from tests.commands import Outcome


def test_every_public_name_is_there() -> None:
    assert {"load", "save", "profile", "compare"} <= set(exact_cbil.__all__)
    for name in exact_cbil.__all__:
        assert getattr(exact_cbil, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        exact_cbil.nonsense  # type: ignore[attr-defined]  # noqa: B018


def test_displays_are_tables_of_inert_text() -> None:
    model = Model(
        ("<a>",),
        ("x",),
        {"<p>": constant({"<a>": 1})},
        {"<p>": 1},
        "<p>",
        silent(["<a>"]),
        alpha="1/2",
        horizon=1,
        events={"<e>": once("<a>")},
    )
    step, every = imitator_step(model, ())._repr_html_(), profile(model)._repr_html_()
    for shown in (step, every):
        assert shown.startswith("<table>")
        assert "<p>" not in shown
        assert "<e>" not in shown
    assert "<tr><td>w(&lt;p&gt;), in the top set</td><td>1</td><td>1</td></tr>" in step
    assert "<tr><td>theta</td><td>0</td><td>0</td></tr>" in step
    assert "<td>P_i(&lt;e&gt;)</td>" in every
    assert "<tr><td>(0, 1]</td><td>0</td><td>0</td><td>0</td><td>1</td></tr>" in every


@given(st.text())
def test_no_name_is_a_command_of_latex(name: str) -> None:
    """Outside of what stands for one character, nothing special is left, and braces match."""
    shown = latex_text(name)
    assert shown.startswith("\\text{")
    assert shown.endswith("}")
    known = r"\\(?:[#$%&_{}]|text(?:backslash|asciitilde|asciicircum)\{\})"
    assert not re.search(r"[#$%&_{}~^\\]", re.sub(known, "", shown[6:-1]))
    assert shown.isprintable()


def test_results_are_shown_in_latex() -> None:
    model = treacherous_turn().with_alpha("1/5")
    step, result, every = imitator_step(model, ()), run(model), profile(model.with_horizon(7))
    assert r"w(\text{traitor} \mid h) &= \frac{7}{10}" in step.latex()
    assert r"\{\text{traitor}, \text{noisy}\}" in step.latex()
    assert (
        r"P_i(\text{ever-defects}) &= \frac{10410195}{16777216} \approx 0.620496" in result.latex()
    )
    assert "P_d(\\text{ever-defects}) &= 0 \\\\" in result.latex()
    assert r"(2/9, 1] & 0 & 0 & 1 & 1" in every.latex()
    for shown in (step, result, every):
        assert shown._repr_latex_() == f"$\\displaystyle {shown.latex()}$"
    enclosed = run(rare_action(), digits=6).latex()
    assert r"P_i(\text{never-rare}) &= 0.364998\ldots" in enclosed
    outside = run(shared_error(1))
    assert "top set" not in outside.latex()


def test_latex_of_the_commands() -> None:
    assert Outcome("run", "chain", "--latex").out.strip() == run(chain()).latex()
    found = profile(chain())
    assert Outcome("profile", "chain", "--latex").out.strip() == found.latex()
    some = Outcome("profile", "chain", "--alphas", "1/4", "--latex").out
    assert r"[1/4, 1/4] & 4 & 4 & 0 & 0" in some
    for command in ("run", "profile"):
        both = Outcome(command, "chain", "--json", "--latex")
        both.assert_refused("--json and --latex: expected one of them")

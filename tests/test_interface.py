"""The public interface: one import is enough, and importing the package stays quick."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import exact_cbil
from exact_cbil import (
    Model,
    after,
    constant,
    depart,
    imitator_step,
    load,
    once,
    profile,
    run,
    save,
    silent,
)
from exact_cbil.models import rare_action


def test_the_first_program_needs_one_import(tmp_path: Path) -> None:
    human = constant({"safe": "3/4", "other": "1/4"})
    traitor = depart(human, after(6), constant({"defect": 1}))
    actions = ("safe", "other", "defect")
    model = Model(
        actions,
        ("x",),
        {"human": human, "traitor": traitor},
        {"human": "1/4", "traitor": "3/4"},
        "human",
        silent(actions),
        alpha="1/10",
        horizon=20,
        events={"defects": once("defect")},
    )
    assert imitator_step(model, ()).top_set == ("traitor", "human")
    assert run(model).queries == 1
    assert profile(model).at("1/10").queries == 1
    plain = rare_action("1/2")
    save(plain, tmp_path / "model.json")
    assert load(tmp_path / "model.json") == plain


def test_every_public_name_is_there() -> None:
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


def test_importing_loads_nothing_that_is_slow() -> None:
    heavy = "{'pydantic', 'sympy', 'matplotlib', 'numpy', 'hypothesis', 'click', 'z3'}"
    program = f"import sys, exact_cbil; print(*{heavy} & set(sys.modules))"
    child = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (child.returncode, child.stdout.strip(), child.stderr) == (0, b"", b"")

"""Exported chains: their labels, their files, and the command. What Storm finds: test_storm.py."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exact_cbil import Interaction
from exact_cbil.exports import drn_lines, label_names, prism_lines, properties, unroll
from exact_cbil.models import SHIPPED
from tests.commands import Outcome

WRITERS = {"drn": drn_lines, "prism": prism_lines}
NAMES = st.sampled_from(["end", "init", "a b", "a-b", "a_b", "event_end", "3"]) | st.text(
    min_size=1
)


@given(st.lists(NAMES, unique=True))
def test_labels_are_distinct_plain_words(events: list[str]) -> None:
    labels = label_names(events)
    assert list(labels) == events
    assert len(set(labels.values())) == len(events)
    for label in labels.values():
        assert re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", label, re.ASCII)
        assert label not in ("init", "deadlock", "end")


@pytest.mark.parametrize("ending", WRITERS)
def test_the_command_writes_the_chain(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"chain.{ending}"
    line = ["export", "treacherous-turn", str(path), "--horizon", "8", "--alpha", "1/5"]
    outcome = Outcome(*line, "--law", "guarded", "--json")
    model = SHIPPED["treacherous-turn"]().with_horizon(8).with_alpha("1/5")
    chain = unroll(Interaction(model), "guarded")
    assert path.read_text().splitlines() == list(WRITERS[ending](chain))
    report = json.loads(outcome.out)
    assert (report["states"], report["properties"]) == (len(chain.rows), properties(chain))
    assert set(report["properties"]) == {"ever-defects"}
    assert "ever_defects" in Outcome(*line).out


def test_what_cannot_be_exported_is_refused(tmp_path: Path) -> None:
    file = str(tmp_path / "a.drn")
    Outcome("export", "chain", str(tmp_path / "a.txt")).assert_refused(".drn or .prism")
    Outcome("export", "every-turn", file).assert_refused("countably many")
    line = ["export", "shared-error", file, "--law", "guarded"]
    Outcome(*line).assert_refused("guarded imitator")
    assert list(tmp_path.iterdir()) == []


def test_a_chain_of_no_steps_is_one_state() -> None:
    chain = unroll(Interaction(SHIPPED["chain"]().with_horizon(0)))
    assert (chain.end, len(chain.rows), chain.transitions) == (0, 1, 1)
    assert "state 0 [0] init end" in drn_lines(chain)
    assert "  s : [0..0] init 0;" in prism_lines(chain)

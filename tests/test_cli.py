"""The program as a user meets it: tables, JSON, plots, one-line errors, whole files or none."""

from __future__ import annotations

import itertools
import json
import os
import pty
import signal
import subprocess
import sys
import xml.dom.minidom
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exact_cbil import run
from exact_cbil.cli import main
from exact_cbil.modelfile import write_model
from exact_cbil.models import SHIPPED
from tests.commands import PROGRAM, Outcome, eventually, has_children


@pytest.mark.parametrize("name", SHIPPED)
def test_json_is_the_result_and_nothing_else(name: str) -> None:
    outcome = Outcome("run", name, "--json")
    assert outcome.code == 0
    assert json.loads(outcome.out) == run(SHIPPED[name]()).to_json()
    assert outcome.err == ""


@pytest.mark.parametrize("name", SHIPPED)
def test_printed_models_run_from_a_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text(Outcome("models", name).out)
    assert json.loads(path.read_text()) == write_model(SHIPPED[name]())
    from_file = Outcome("run", str(path), "--json").out
    assert from_file == Outcome("run", name, "--json").out


def test_the_table_shows_exact_and_rounded_numbers() -> None:
    out = Outcome("run", "treacherous-turn", "--alpha", "1/5").out
    for fragment in ("~0.620496", "~2.27986", "~16.8233", "6 + 2 ln(224)", "108", "ever-defects"):
        assert fragment in out


def test_overrides_reach_the_model() -> None:
    out = Outcome("run", "rare-action", "--json", "--horizon", "3", "--alpha", "1/7").out
    model = SHIPPED["rare-action"]().with_horizon(3).with_alpha("1/7")
    assert json.loads(out) == run(model).to_json()


def test_a_sampled_run_repeats_and_is_one_line_a_step() -> None:
    first = Outcome("sample", "treacherous-turn", "--seed", "5", "--json").out
    assert first == Outcome("sample", "treacherous-turn", "--seed", "5", "--json").out
    steps = [json.loads(line) for line in first.splitlines()]
    assert [step["t"] for step in steps] == list(range(20))
    table = Outcome("sample", "treacherous-turn", "--seed", "5").out
    assert len(table.splitlines()) == 21


@pytest.mark.parametrize(("ending", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_plots_are_written_whole(ending: str, magic: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"plot.{ending}"
    for name in ("defective", "shared-error"):
        assert Outcome("run", name, "--plot", str(path)).code == 0
        assert path.read_bytes().startswith(magic)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_bad_arguments_are_one_line(tmp_path: Path) -> None:
    cases = {
        ("run",): "MODEL",
        ("run", "no-such-model"): "treacherous-turn",
        ("run", str(tmp_path)): "expected a regular file",
        ("run", "chain", "--alpha", "0.1"): "alpha",
        ("run", "chain", "--alpha", "0"): "alpha",
        ("run", "chain", "--alpha", "-1/2"): "alpha",
        ("run", "chain", "--alpha", "3/2"): "alpha",
        ("run", "chain", "--horizon", "-1"): "horizon",
        ("run", "chain", "--horizon", "1e3"): "horizon",
        ("run", "chain", "--horizon", "9" * 30): "horizon",
        ("run", "chain", "--plot", "picture.gif"): ".svg or .png",
        ("run", "chain", "--plot", str(tmp_path / "none" / "a.png")): "folder",
        ("run", "chain", "--nonsense"): "--nonsense",
        ("models", "nothing"): "nothing",
        ("sample", "chain", "--seed", "x"): "seed",
        ("frobnicate",): "frobnicate",
        ("run", "a\0b"): "neither a file",
    }
    for arguments, fragment in cases.items():
        Outcome(*arguments).assert_refused(fragment)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[1]",
        b'{"format": "cbil-model/9"}',
        b"[" * 200_000,
        b'"' + b"a" * 10**7,
    ],
)
def test_bad_files_are_one_line_that_names_the_file(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    plot = tmp_path / "plot.png"
    Outcome("run", str(path), "--plot", str(plot)).assert_refused("bad.json: $")
    assert not plot.exists()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_models_never_cause_a_traceback(data: st.DataObject, tmp_path: Path) -> None:
    good = json.dumps(write_model(SHIPPED["defective"]().with_horizon(2))).encode()
    start = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(start, min(len(good), start + 12)))
    path = tmp_path / "mutated.json"
    path.write_bytes(good[:start] + data.draw(st.binary(max_size=12)) + good[end:])
    outcome = Outcome("run", str(path))
    if outcome.code != 0:
        outcome.assert_refused("mutated.json: $")


def test_nothing_is_left_behind_when_the_disk_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "plot.svg"
    target.write_text("the old plot")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    Outcome("run", "chain", "--plot", str(target)).assert_refused("No space left")
    assert target.read_text() == "the old plot"
    assert list(tmp_path.iterdir()) == [target]


def test_a_closed_pipe_is_no_error() -> None:
    with subprocess.Popen(
        [*PROGRAM, "run", "treacherous-turn", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == b""


def test_an_interrupted_run_says_so_in_one_line() -> None:
    with subprocess.Popen(
        [*PROGRAM, "run", "rare-action", "--horizon", "100000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert eventually(lambda: has_children(child.pid))
        child.send_signal(signal.SIGINT)
        out, err = child.communicate()
    assert child.returncode == 130
    assert out == b""
    assert err.strip() == b"exact-cbil: interrupted"


def test_progress_is_drawn_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """On anything else nothing is drawn: the other tests here see standard error empty."""
    seconds = itertools.count()  # the clock goes on by one whenever it is looked at
    monkeypatch.setattr("time.monotonic", lambda: float(next(seconds)))
    terminal, screen = pty.openpty()
    with open(screen, "w") as drawn, monkeypatch.context() as there:
        there.setattr(sys, "stderr", drawn)
        with pytest.raises(SystemExit):
            main(["run", "rare-action", "--horizon", "20", "--json"])
    shown = os.read(terminal, 65536)
    os.close(terminal)
    assert b"interaction" in shown
    assert b"/20" in shown


HOSTILE = ("$x^$", "\x1b[31mred\x07", "[bold]x[/bold]", "_hidden", "a\nb", "\u202eabc", "<i>&")


@pytest.mark.parametrize("command", ["run", "profile", "check"])
def test_hostile_names_are_inert_in_tables_and_pictures(command: str, tmp_path: Path) -> None:
    document = write_model(SHIPPED["treacherous-turn"]())
    (event,) = document["events"].values()
    document["events"] = dict.fromkeys(HOSTILE, event)
    path, picture = tmp_path / "$y^$\x1b.json", tmp_path / "picture.svg"
    path.write_text(json.dumps(document))
    outcome = Outcome(command, path, "--horizon", "2", "--plot", picture)
    assert outcome.code == 0, outcome.err
    assert all(c.isprintable() or c == "\n" for c in outcome.out)
    for shown in ("[bold]x[/bold]", "\\x1b[31mred\\x07"):
        assert shown in outcome.out.replace("\n", "") or command == "profile"
    drawn = xml.dom.minidom.parse(str(picture)).documentElement
    assert drawn is not None
    assert drawn.tagName == "svg"


def test_an_alpha_of_any_length_is_shown() -> None:
    alpha = "1/" + "9" * 5001
    out = Outcome("run", "treacherous-turn", "--alpha", alpha).out
    assert "(5001 digits)" in out


LOCKED = {
    "run chain --plot locked.svg": "exact_cbil.cli.run.Interaction",
    "profile chain --plot locked.svg": "exact_cbil.cli.profile.profile",
    "check chain --plot locked.svg": "bounds.cli.check.check_model",
    "explore T<=T --save locked.json": "bounds.cli.explore.explore",
    "plan chain --plot locked.svg": "bounds.cli.plan.plan",
    "potential --alternatives 2 --save locked.svg": "bounds.potential.search.search",
    "potential --plot locked.svg": "bounds.potential.search.search",
    "witness cubes --alternatives 2 --save locked.svg": "bounds.cli.witness.search",
    "witness cubes --alternatives 2 --save-schedule locked.svg": "bounds.cli.witness.search",
    "witness divergence --save locked.svg": "bounds.cli.witness.hazard_model",
    "certify chain --out locked.v": "proofs.cli.certify.certify",
    "conform --save locked.svg -- cat": "exact_cbil.cli.conform.examine",
    "bounds --page locked.svg": "bounds.cli.bounds.replay",
    "bounds --plot locked.svg": "bounds.cli.bounds.replay",
}
"""Lines with an output that cannot be written, and the work that each would do for it."""


@pytest.mark.parametrize("line", LOCKED)
def test_an_output_that_cannot_be_written_is_refused_before_any_work(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LOCKED[line], lambda *_, **__: pytest.fail("it worked"))
    monkeypatch.chdir(tmp_path)
    names = ["locked.json", "locked.svg", "locked.v"]
    for name in names:
        (tmp_path / name).write_text("kept")
        (tmp_path / name).chmod(0o444)
    Outcome(*line.split()).assert_refused("read-only")
    assert sorted(os.listdir(tmp_path)) == names
    assert {(tmp_path / name).read_text() for name in names} == {"kept"}

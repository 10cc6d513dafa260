"""A computation that cannot end for want of memory says so in one line, before GMP ends us all."""

from __future__ import annotations

import sys

import pytest

from exact_cbil import children, memory, run
from exact_cbil.errors import OutOfMemory
from exact_cbil.models import rare_action, treacherous_turn

GIGABYTE = 10**9


def test_a_hopeless_horizon_ends_in_one_line() -> None:
    program = (
        "from exact_cbil.cli import main; main(['run', 'rare-action', '--horizon', '1000000'])"
    )
    child = children.run([sys.executable, "-c", program], memory=2 * GIGABYTE, timeout=300)
    assert child.returncode == 2
    assert child.stdout == b""
    (line,) = child.stderr.decode().splitlines()
    assert "memory: stopped at time" in line
    assert "of 1000000" in line


def with_spare(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(memory, "spare", lambda: size)
    monkeypatch.setattr(memory._Purse, "left", 0)


def test_what_is_left_is_told_by_the_system() -> None:
    left = memory.spare()
    assert left is None or 0 < left < 2**60


def test_states_that_do_not_fit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with_spare(monkeypatch, 1000)
    with pytest.raises(OutOfMemory) as caught:
        run(treacherous_turn())
    assert caught.value.left == 1000
    assert caught.value.needed > 1000
    with_spare(monkeypatch, GIGABYTE)
    assert run(treacherous_turn()).queries > 0


def test_the_nearer_the_end_the_closer_the_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    left, looks = 1_000_000, 0

    def shrinking() -> int:
        nonlocal looks
        looks += 1
        return left

    monkeypatch.setattr(memory, "spare", shrinking)
    monkeypatch.setattr(memory._Purse, "left", 0)
    for _ in range(100):
        memory.need(10_000, "at some time")
        left -= 10_000
    assert 10 < looks < 60
    with pytest.raises(OutOfMemory, match="stopped at the end: about 10000 bytes"):
        memory.need(10_000, "at the end")


def test_only_steady_growth_is_foretold(monkeypatch: pytest.MonkeyPatch) -> None:
    with_spare(monkeypatch, GIGABYTE)
    growing, settled = memory.Forecast(1_000_000), memory.Forecast(1_000_000)
    for t in range(4096):
        settled.keep(t, min(32, t) * 100_000)
    late = memory.Forecast(10_000)
    for t in range(512):
        late.keep(t, 30 * t)
    with pytest.raises(OutOfMemory, match="stopped at time 1024 of 10000"):
        late.keep(1024, 30_720)
    for t in range(128):
        growing.keep(t, 10 * t)
    with pytest.raises(OutOfMemory, match="stopped at time 128 of 1000000") as caught:
        growing.keep(128, 1280)
    assert caught.value.needed == 5 * 10**12


def test_a_run_that_fits_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with_spare(monkeypatch, 200_000_000)
    assert run(rare_action("1/8", horizon=500)).horizon == 500


def test_a_limit_is_kept() -> None:
    program = (
        "from exact_cbil import memory, run; from exact_cbil.models import rare_action\n"
        "memory.limit(200_000_000)\n"
        "run(rare_action(horizon=20_000))"
    )
    child = children.run([sys.executable, "-c", program], memory=2 * GIGABYTE, timeout=300)
    assert child.stderr.decode().splitlines()[-1].startswith("exact_cbil.errors.OutOfMemory: ")

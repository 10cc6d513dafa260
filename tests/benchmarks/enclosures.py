"""Enclosures beside exact numbers, and beside Storm's exact, sound and unsound engines.

Run as `python -m tests.benchmarks.enclosures`. Seconds are CPU time of one run each, and ratios
compare figures of the same run; Storm is given our chain and timed without reading it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from rich.console import Console
from rich.table import Table

from exact_cbil import Interaction, Model, run
from exact_cbil.exports import unroll
from exact_cbil.models import rare_action, two_observers
from exact_cbil.numbers import Enclosure, decimal
from tests.benchmarks.engine import COPRIME, memoryless
from tests.storm_peer import ask_storm, storm_available

CASES: dict[str, Model] = {
    "rare-action 1/16, T=256": rare_action("1/16"),
    "rare-action 1/32, T=1024": rare_action("1/32"),
    "two-observers, T=40": two_observers().with_horizon(40),
    "4 policies, coprime, T=30": memoryless(COPRIME, 30),
    "4 policies, coprime, T=60": memoryless(COPRIME, 60),
}
LONGER: dict[str, tuple[Model, int]] = {
    "rare-action 1/1000, T=1,000,000": (rare_action("1/1000"), 20),
    "4 policies, coprime, T=60": (memoryless(COPRIME, 60), 30),
    "4 policies, coprime, T=200": (memoryless(COPRIME, 200), 30),
}


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.process_time()
    found = work()
    return time.process_time() - begun, found


def agreeing(value: Fraction, exact: Fraction) -> str:
    """How far a float answer is from the exact one, in units of its last place."""
    if value == exact:
        return "right"
    return f"off by {decimal(abs(value - exact) / Fraction(1, 2**53), 2)} * 2^-53"


def whole_runs() -> Table:
    table = Table(title="All quantities of a model: CPU seconds", title_justify="left")
    for column in ("model", "exact", "--digits 12", "--digits 50", "exact / 12 digits"):
        table.add_column(column, justify="right" if column != "model" else "left")
    for name, model in CASES.items():
        exact, result = timed(lambda model=model: run(model).to_json())  # type: ignore[misc]
        row = [f"{exact:.3f}"]
        seconds = []
        for digits in (12, 50):
            spent, found = timed(lambda model=model, digits=digits: run(model, digits=digits))  # type: ignore[misc]
            assert Fraction(result["queries"]) in found.queries
            seconds.append(spent)
            row.append(f"{spent:.3f}")
        table.add_row(name, *row, f"{exact / seconds[0]:.1f}")
    return table


def storm() -> Table:
    table = Table(title="One event under P_i: CPU seconds, and whether the answer is right")
    columns = ("model", "ours, exact", "ours, 12", "Storm exact", "Storm sound", "Storm unsound")
    for column in columns:
        table.add_column(column, justify="right" if column != "model" else "left")
    for name, model in CASES.items():
        if model.horizon > 300 or len(model.policies) > 3:
            continue
        event = next(iter(model.events))
        ours, exact = timed(lambda m=model, e=event: Interaction(m).probability(e))  # type: ignore[misc]
        few, found = timed(lambda m=model: run(m, digits=12, times=[]))  # type: ignore[misc]
        enclosure: Enclosure = found.events[event].imitator
        assert exact in enclosure
        chain = replace(unroll(Interaction(model), events=[event]), queries=None)
        row = [name, f"{ours:.3f}", f"{few:.3f}"]
        for engine in ("exact", "sound", "unsound"):
            answer = ask_storm(chain, timeout=900, engine=engine)[event]
            said = "right" if engine == "exact" and answer.value == exact else ""
            if answer.lower is not None and answer.upper is not None:
                inside = answer.lower <= exact <= answer.upper
                said = agreeing(answer.value, exact)
                said += ", its bounds hold" if inside else ", its bounds miss the truth"
            row.append(f"{answer.seconds:.3f} {said}")
        table.add_row(*row)
    return table


def long_runs() -> Table:
    table = Table(title="Beyond exact numbers: CPU seconds for the table of `run --digits D`")
    for column in ("model", "digits", "seconds", "states", "E queries"):
        table.add_column(column, justify="right" if column != "model" else "left")
    for name, (model, digits) in LONGER.items():
        times = [k * (model.horizon - 1) // 20 for k in range(21)]
        spent, found = timed(lambda m=model, d=digits, t=times: run(m, digits=d, times=t))  # type: ignore[misc]
        cells = (str(digits), f"{spent:.2f}", str(found.states), found.queries.decimal(digits))
        table.add_row(name, *cells)
    return table


def main() -> None:
    console = Console()
    for table in (whole_runs, long_runs):
        console.print(table())
    if storm_available():
        console.print(storm())


if __name__ == "__main__":
    main()

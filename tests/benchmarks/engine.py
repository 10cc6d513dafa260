"""The engine: time and memory, against its arithmetic floor, brute force and Storm.

Run as `python -m tests.benchmarks.engine`, with CBIL_AGAINST=.venv/bin/exact-cbil of another
checkout for the ratios of whole commands. Each case runs in a process of its own, so that its peak
memory is its own. Seconds are wall time; ratios compare figures of the same run.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from gmpy2 import mpz
from rich.console import Console
from rich.table import Table

from exact_cbil import Interaction, Model, process
from exact_cbil.environment import silent
from exact_cbil.event import once
from exact_cbil.exports import unroll
from exact_cbil.modelfile import write_model
from exact_cbil.models import rare_action
from exact_cbil.policy import constant
from exact_cbil.process import Chain, Product, propagate

ACTIONS = ("a", "b", "c")
DYADIC = ("1/2 1/4 1/4", "1/4 1/2 1/4", "1/4 1/4 1/2", "1/3 1/3 1/3")
DECIMAL = ("7/10 1/5 1/10", "1/2 3/10 1/5", "3/5 3/10 1/10", "1/3 1/3 1/3")
COPRIME = ("1/2 1/3 1/6", "1/3 1/3 1/3", "2/5 2/5 1/5", "3/7 2/7 2/7")


def memoryless(emissions: tuple[str, ...], horizon: int) -> Model:
    """Memoryless policies on three actions with equal priors; the first is the demonstrator."""
    names = [f"pi{k}" for k in range(len(emissions))]
    return Model(
        actions=ACTIONS,
        observations=("x",),
        policies={
            name: constant(dict(zip(ACTIONS, emitted.split(), strict=True)))
            for name, emitted in zip(names, emissions, strict=True)
        },
        prior={name: Fraction(1, len(names)) for name in names},
        demonstrator="pi0",
        environment=silent(ACTIONS),
        alpha="1/10",
        horizon=horizon,
        events={"ever-c": once("c")},
    )


def many(count: int, horizon: int) -> Model:
    """`count` memoryless policies, all different."""
    emitted = tuple(
        f"{2 + k}/{2 * count + 6} {count + 1 - k}/{2 * count + 6} {count + 3}/{2 * count + 6}"
        for k in range(count)
    )
    return memoryless(emitted, horizon)


CASES: dict[str, Callable[[], Model]] = {
    "rare-action 1/32, T=1024": lambda: rare_action("1/32"),
    "4 policies, dyadic, T=60": lambda: memoryless(DYADIC, 60),
    "4 policies, decimal, T=60": lambda: memoryless(DECIMAL, 60),
    "4 policies, coprime, T=60": lambda: memoryless(COPRIME, 60),
    **{
        f"rare-action 1/16, T={t}": lambda t=t: rare_action("1/16", horizon=t)  # type: ignore[misc]
        for t in (128, 256, 512, 1024)
    },
    **{
        f"{k} policies, T=20": lambda k=k: many(k, 20)  # type: ignore[misc]
        for k in (2, 4, 8, 16)
    },
    **{
        f"rare-action 1/10^{k}, T=64": lambda k=k: rare_action(  # type: ignore[misc]
            Fraction(1, 10**k), horizon=64
        )
        for k in (1, 4, 16)
    },
}
HEADLINES = [name for name in CASES if "1/32" in name or "T=60" in name]


class Recorder:
    """An integer that remembers the multiplications and additions made with it."""

    products: list[tuple[mpz, mpz]]
    sums: list[tuple[mpz, mpz]]

    def __init__(self, value: mpz) -> None:
        self.value = mpz(value)

    def bit_length(self) -> int:
        return int(self.value.bit_length())

    def __mul__(self, other: mpz) -> Recorder:
        self.products.append((self.value, other))
        return Recorder(self.value * other)

    def __add__(self, other: Recorder) -> Recorder:
        self.sums.append((self.value, other.value))
        return Recorder(self.value + other.value)


def seconds(action: Callable[[], Any]) -> float:
    """Wall time of one call."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def exhaust(chain: Chain[Any], horizon: int) -> None:
    for _ in propagate(chain, horizon):
        pass


def replay(chain: Chain[Any], horizon: int) -> float:
    """Seconds for the multiplications and additions of a propagation alone."""
    Recorder.products, Recorder.sums = [], []
    kept = vars(process)["mpz"]
    vars(process)["mpz"] = Recorder
    try:
        exhaust(chain, horizon)
    finally:
        vars(process)["mpz"] = kept

    def arithmetic() -> None:
        for a, b in Recorder.products:
            a * b
        for a, b in Recorder.sums:
            a + b

    return min(seconds(arithmetic) for _ in range(3))


def measure(name: str) -> dict[str, Any]:
    """Run one case: seconds, megabytes, states, and the floor of its imitator's propagation."""
    model = CASES[name]()
    interaction = Interaction(model)
    begun = time.perf_counter()
    result = interaction.result()
    result.to_json()
    whole = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    longest = max(
        step.demonstrator_weight.denominator.bit_length()
        for step in result.steps
        if step.demonstrator_weight is not None
    )
    chain = interaction.imitator_chain
    again = min(seconds(lambda: exhaust(chain, model.horizon)) for _ in range(3))
    return {
        "seconds": whole,
        "megabytes": peak,
        "states": result.states,
        "longest": longest,
        "propagation": again,
        "floor": replay(chain, model.horizon) if name in HEADLINES else None,
    }


def in_process(name: str) -> dict[str, Any]:
    child = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.engine", name],
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(child.stdout)
    return answer


def cases_table() -> Table:
    table = Table(title="Cases: every field of the result, each in its own process")
    for column in ("case", "seconds", "MB", "states", "longest denominator (bits)"):
        table.add_column(column, justify="left" if column == "case" else "right")
    for column in ("propagation", "floor", "propagation/floor"):
        table.add_column(column, justify="right")
    for name in CASES:
        figures = in_process(name)
        floor = figures["floor"]
        table.add_row(
            name,
            f"{figures['seconds']:.2f}",
            f"{figures['megabytes']:.0f}",
            str(figures["states"]),
            str(figures["longest"]),
            f"{figures['propagation']:.2f}",
            "" if floor is None else f"{floor:.2f}",
            "" if floor is None else f"{figures['propagation'] / floor:.1f}",
        )
    return table


COMMANDS = (
    "--help",
    "models",
    "run treacherous-turn",
    "run treacherous-turn --json",
    "run rare-action --horizon 1024",
    "run rare-action --horizon 1024 --json",
    "run {coprime}",
    "run {coprime} --json",
    "profile treacherous-turn",
)


def cpu_seconds(line: list[str]) -> float:
    """What a command costs, of user and system time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(line, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def commands_table() -> Table:
    """Whole commands; beside those of another version, whose program is $CBIL_AGAINST."""
    here = str(Path(sys.executable).with_name("exact-cbil"))
    there = os.environ.get("CBIL_AGAINST")
    table = Table(title="Commands: CPU seconds, the least of three by turns")
    for column in ("command", "seconds", "before", "seconds/before"):
        table.add_column(column, justify="left" if column == "command" else "right")
    with tempfile.TemporaryDirectory() as folder:
        coprime = Path(folder) / "coprime.json"
        coprime.write_text(json.dumps(write_model(memoryless(COPRIME, 60))))
        for command in COMMANDS:
            words = command.format(coprime=coprime).split()
            programs = [here] if there is None else [here, there]
            runs = [[cpu_seconds([program, *words]) for program in programs] for _ in range(3)]
            least = [min(times) for times in zip(*runs, strict=True)]
            ratio = [] if there is None else [f"{least[1]:.2f}", f"{least[0] / least[1]:.2f}"]
            table.add_row(command.format(coprime="4 coprime, T=60"), f"{least[0]:.2f}", *ratio)
    return table


def brute_force_table() -> Table:
    from tests.literal import literal, result

    table = Table(title="Against enumeration of histories (every field of the result)")
    for column in ("case", "engine s", "enumeration s", "enumeration/engine"):
        table.add_column(column, justify="left" if column == "case" else "right")
    for horizon in (2, 3, 4, 5):
        model = memoryless(DYADIC, horizon)
        document = write_model(model)
        engine = min(seconds(lambda m=model: Interaction(m).result()) for _ in range(3))  # type: ignore[misc]
        brute = seconds(lambda d=document: result(literal(d)))  # type: ignore[misc]
        table.add_row(
            f"4 policies, T={horizon}", f"{engine:.4f}", f"{brute:.2f}", f"{brute / engine:.0f}"
        )
    return table


def storm_table() -> Table:
    from tests.storm_peer import ask_storm

    table = Table(title="Against Storm's exact engine, same chain, building it not counted")
    for column in ("case", "states x times", "engine s", "Storm s", "Storm/engine"):
        table.add_column(column, justify="left" if column == "case" else "right")
    cases = {
        "rare-action 1/8, T=64": rare_action("1/8"),
        "rare-action 1/32, T=256": rare_action("1/32", horizon=256),
        "4 policies, dyadic, T=20": memoryless(DYADIC, 20),
    }
    for name, model in cases.items():
        interaction = Interaction(model)
        (event,) = model.events
        chain = replace(unroll(interaction), queries=None)
        product = Product.with_event(interaction.imitator_chain, model.events[event])
        exhaust(product, model.horizon)
        engine = min(seconds(lambda p=product, m=model: exhaust(p, m.horizon)) for _ in range(3))  # type: ignore[misc]
        answer = ask_storm(chain, timeout=600)[event]
        assert answer.value == interaction.probability(event)
        table.add_row(
            name,
            str(len(chain.rows)),
            f"{engine:.3f}",
            f"{answer.seconds:.3f}",
            f"{answer.seconds / engine:.1f}",
        )
    return table


def main() -> None:
    console = Console(width=130)
    for table in (commands_table, cases_table, brute_force_table, storm_table):
        console.print(table())


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1])))
    else:
        main()

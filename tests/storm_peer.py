"""A peer nobody here wrote: Storm's exact rational engine, which reads the chains that we export.

Storm is given the transitions of *our* chain. So it checks that we propagate them rightly and read
events rightly, and not D4 to D6, from which the transitions come; those are checked against
`exact_cbil.spec`. For models small enough, `literal_chain` builds the transitions from the
definitions instead, and then nothing of ours takes part but the writing of the file.

Storm works in a process of its own, which runs `storm_solver.py`: building a second matrix in one
process crashes stormpy 2.0. It does not check that rows sum to 1, so `ask_storm` does.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from exact_cbil import children, spec
from exact_cbil.exports import UnrolledChain, drn_lines, prism_lines, properties
from exact_cbil.numbers import rational

__all__ = ["Answer", "ask_storm", "literal_chain", "storm_available"]


SOLVER = Path(__file__).with_name("storm_solver.py")
MEMORY = 4 * 2**30
"""Bytes of address space for Storm."""

FORMATS: Mapping[str, Callable[[UnrolledChain], Iterator[str]]] = {
    "drn": drn_lines,
    "prism": prism_lines,
}


@dataclass(frozen=True)
class Answer:
    """What Storm says, and the seconds that it took to find it, without reading the chain.

    value: a probability, or an expectation. lower, upper: the bounds that Storm gives with it;
    None from its exact engine.
    """

    value: Fraction
    seconds: float
    lower: Fraction | None = None
    upper: Fraction | None = None


def literal_chain(model: spec.Model, actor: spec.Actor) -> UnrolledChain:
    """The tree of histories under a law by the definitions."""
    level: list[spec.History] = [()]
    rows: list[list[tuple[int, Fraction]]] = []
    for _ in range(model.horizon):
        first = len(rows) + len(level)
        following: list[spec.History] = []
        for history in level:
            row = []
            for (queried, action), act in actor(model, history).items():
                shown = model.environment(spec.hidden(history), action).items() if act else ()
                for observation, chance in shown:
                    if chance:
                        row.append((first + len(following), act * chance))
                        following.append((*history, (queried, action, observation)))
            rows.append(row)
        level = following
    end = len(rows)
    rows += [[(end + k, Fraction(1))] for k in range(len(level))]
    seen = [spec.hidden(history) for history in level]
    events = {
        name: [end + k for k, history in enumerate(seen) if event(history)]
        for name, event in model.events.items()
    }
    return UnrolledChain(rows, events, end)


def storm_available() -> bool:
    """Whether stormpy can be imported (here or in a child process)."""
    return find_spec("stormpy") is not None


def ask_storm(
    chain: UnrolledChain,
    timeout: float = 300,
    engine: Literal["exact", "sound", "unsound"] = "exact",
    written_as: str = "drn",
) -> dict[str, Answer]:
    """Every quantity of a chain, as Storm finds it in the file that is exported.

    engine: "exact" (rationals), "sound" or "unsound" (both in floats).
    """
    for row in chain.rows:
        assert sum(probability for _, probability in row) == 1
    questions = properties(chain)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"chain.{written_as}")
        path.write_text("\n".join(FORMATS[written_as](chain)) + "\n")
        asked = {"path": str(path), "engine": engine, "properties": list(questions.values())}
        child = children.run(
            [sys.executable, "-P", str(SOLVER)],
            content=json.dumps(asked).encode(),
            timeout=timeout,
            memory=MEMORY,
        )
    if child.returncode != 0:
        raise RuntimeError(f"Storm ended with {child.returncode}: {child.stderr[-2000:].decode()}")
    # Storm may log to standard output; the answers are the last line.
    answers = json.loads(child.stdout.strip().splitlines()[-1])
    return {
        name: Answer(
            rational(answer["value"]),
            answer["seconds"],
            *(rational(answer[end]) if answer[end] else None for end in ("lower", "upper")),
        )
        for name, answer in zip(questions, answers, strict=True)
    }

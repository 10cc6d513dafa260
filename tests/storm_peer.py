"""A peer nobody here wrote: event probabilities from Storm's exact rational engine.

Storm is given the transitions of *our* chain. So it checks that we propagate them rightly and read
events rightly, and not D4 to D6, from which the transitions come; those are checked against
`exact_cbil.spec`. For models small enough, `literal_chain` builds the transitions from the
definitions instead, and then nothing of ours takes part.

`unroll` writes the interaction as an explicit Markov chain in (time, state), so that "the event at
exactly time T" is reachability. `storm_probability` has Storm decide it, in a process of its own:
building a second matrix in one process crashes stormpy 2.0. Storm does not check that rows sum to
1, so `unroll` does.

Run as `python -m tests.storm_peer` it is that process: the chain as JSON on standard input, the
probability and the seconds taken as JSON on standard output.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from exact_cbil import Interaction, processes, spec
from exact_cbil.event import Event
from exact_cbil.interaction import Law
from exact_cbil.numbers import rational, text
from exact_cbil.process import Product

__all__ = [
    "Answer",
    "UnrolledChain",
    "event_chain",
    "literal_chain",
    "storm_available",
    "storm_probability",
]


MEMORY = 4 * 2**30
"""Bytes of address space for Storm."""


@dataclass(frozen=True)
class UnrolledChain:
    """A finite chain: state 0 is the start, `rows[i]` the moves (state, probability as `p/q`).

    accepting: the states at time T in which the event has happened. States at time T stay.
    """

    rows: list[list[tuple[int, str]]]
    accepting: list[int]


@dataclass(frozen=True)
class Answer:
    """The probability of the accepting states, and Storm's seconds to build and to check.

    lower, upper: the bounds that Storm gives with it; None from its exact engine.
    """

    probability: Fraction
    build_seconds: float
    check_seconds: float
    lower: Fraction | None = None
    upper: Fraction | None = None


def unroll(product: Product, event: Event, horizon: int) -> UnrolledChain:
    """Unroll a chain beside an event to time `horizon`; raise ValueError if a row loses mass."""
    rows: list[list[tuple[int, str]]] = []
    level = [0]
    for _ in range(horizon):
        first = len(rows) + len(level)
        numbers: dict[int, int] = {}
        for state in level:
            edges = product.edges(state)
            row = {}
            for successor, numerator in edges.merged:
                number = numbers.setdefault(successor, first + len(numbers))
                row[number] = Fraction(int(numerator), int(edges.denominator))
            if sum(row.values()) != 1:
                raise ValueError(f"the moves from state {state} do not sum to 1")
            rows.append([(number, text(p)) for number, p in sorted(row.items())])
        level = list(numbers)
    accepting = []
    for state in level:
        if event.accepts(product.states[state][1]):
            accepting.append(len(rows))
        rows.append([(len(rows), "1")])
    return UnrolledChain(rows, accepting)


def event_chain(interaction: Interaction, name: str, law: Law) -> UnrolledChain:
    """The chain in which reaching an accepting state is the model's event `name` under a law."""
    event = interaction.model.events[name]
    product = Product.with_event(interaction.chain(law), event)
    return unroll(product, event, interaction.model.horizon)


def literal_chain(model: spec.Model, name: str, actor: spec.Actor) -> UnrolledChain:
    """The tree of histories under a law by the definitions; accepting are those of the event."""
    level: list[spec.History] = [()]
    rows: list[list[tuple[int, str]]] = []
    for _ in range(model.horizon):
        first = len(rows) + len(level)
        following: list[spec.History] = []
        for history in level:
            row = []
            for (queried, action), act in actor(model, history).items():
                shown = model.environment(spec.hidden(history), action).items() if act else ()
                for observation, chance in shown:
                    if chance:
                        row.append((first + len(following), text(act * chance)))
                        following.append((*history, (queried, action, observation)))
            rows.append(row)
        level = following
    happened = [model.events[name](spec.hidden(history)) for history in level]
    accepting = [len(rows) + k for k, yes in enumerate(happened) if yes]
    rows += [[(len(rows) + k, "1")] for k in range(len(level))]
    return UnrolledChain(rows, accepting)


def storm_available() -> bool:
    """Whether stormpy can be imported (here or in a child process)."""
    return find_spec("stormpy") is not None


def storm_probability(chain: UnrolledChain, timeout: float = 300, engine: str = "exact") -> Answer:
    """Ask Storm for the probability of ever reaching an accepting state.

    engine: "exact" (rationals), "sound" or "unsound" (both in floats).
    """
    child = processes.run(
        [sys.executable, "-m", "tests.storm_peer"],
        content=json.dumps(asdict(chain) | {"engine": engine}).encode(),
        timeout=timeout,
        cwd=Path(__file__).parent.parent,
        memory=MEMORY,
    )
    if child.returncode != 0:
        raise RuntimeError(f"Storm ended with {child.returncode}: {child.stderr[-2000:].decode()}")
    # Storm may log to standard output; the answer is the last line.
    answer = json.loads(child.stdout.strip().splitlines()[-1])
    bounds = [rational(answer[end]) if answer[end] else None for end in ("lower", "upper")]
    return Answer(rational(answer["probability"]), answer["build"], answer["check"], *bounds)


def _solve(chain: dict[str, Any]) -> dict[str, Any]:
    import stormpy
    from stormpy import datastructures, environments, models
    from stormpy.developer import Environment

    exact = chain["engine"] == "exact"
    number = stormpy.Rational if exact else float
    rows = [
        [(c, number(Fraction(p)) if not exact else number(p)) for c, p in r] for r in chain["rows"]
    ]
    properties = stormpy.parse_properties('P=? [F "accepting"]')
    begun = time.perf_counter()
    entries = sum(map(len, rows))
    builder = datastructures.SparseMatrixBuilder[number](len(rows), len(rows), entries)
    for state, row in enumerate(rows):
        for column, probability in row:
            builder.add_next_value(state, column, probability)
    labels = models.StateLabeling(len(rows))
    labels.add_label("init")
    labels.add_label("accepting")
    labels.add_label_to_state("init", 0)
    for state in chain["accepting"]:
        labels.add_label_to_state("accepting", state)
    components = models.SparseModelComponents[number](builder.build(), labels)
    dtmc = models.SparseDtmc[number](components)
    built = time.perf_counter()
    environment = {
        "exact": environments.exact,
        "sound": environments.sound,
        "unsound": Environment,
    }[chain["engine"]]()
    result = stormpy.model_checking(dtmc, properties[0], environment=environment)
    value = result.get_value(0)
    checked = time.perf_counter()
    assert isinstance(value, number), type(value)
    bounds = None if exact else result[0]
    return {
        "probability": str(value if exact else Fraction(value)),
        "build": built - begun,
        "check": checked - built,
        "lower": bounds and str(Fraction(bounds.lower)),
        "upper": bounds and str(Fraction(bounds.upper)),
    }


if __name__ == "__main__":
    print(json.dumps(_solve(json.load(sys.stdin))))

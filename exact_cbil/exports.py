"""The interaction as an explicit Markov chain that model checkers read: DRN (Storm) and PRISM.

A state is a time, a merged state of the interaction and where the events' machines stand; so what
happens by the horizon T is plain reachability, which exact engines decide, and no tool needs a
bound on time. Every probability is an exact ratio.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from exact_cbil.event import Event
from exact_cbil.history import Step, unlabelled
from exact_cbil.interaction import Interaction, Law, Progress
from exact_cbil.memory import need
from exact_cbil.numbers import text
from exact_cbil.process import EDGE, OBJECTS, Edges, Product

__all__ = ["UnrolledChain", "drn_lines", "label_names", "prism_lines", "properties", "unroll"]

END, QUERIES = "end", "queries"

TAKEN = ("init", "deadlock", END)
"""Labels that mean something else."""


@dataclass(frozen=True)
class UnrolledChain:
    """A finite Markov chain; state 0 is the start, and a state at the horizon stays where it is.

    rows: for each state its moves, pairs (state, probability).
    events: for each event the states at the horizon in which it has happened, in order.
    end: the first state at the horizon; those after it are the others.
    queries: for each state the query probability, in a chain in which someone is asked.
    """

    rows: Sequence[Sequence[tuple[int, Fraction]]]
    events: Mapping[str, Sequence[int]]
    end: int
    queries: Sequence[Fraction] | None = None

    @property
    def transitions(self) -> int:
        """How many moves there are."""
        return sum(map(len, self.rows))


def unroll(
    interaction: Interaction,
    law: Law = "imitator",
    events: Iterable[str] | None = None,
    progress: Progress | None = None,
) -> UnrolledChain:
    """The chain behind `P_i`, `P_d` or `P_g` up to the model's horizon.

    events: those of the model's events that are followed; by default all. progress: as of
    `Interaction`. Only the chain of `P_i` counts queries. Raises OutOfMemory. Source: SPEC D6, D7.

    >>> from exact_cbil.models import rare_action
    >>> chain = unroll(Interaction(rare_action("1/8").with_horizon(1)))
    >>> [(state, str(p)) for state, p in chain.rows[0]], str(chain.queries[0])
    ([(1, '1/64'), (2, '7/8'), (3, '7/64')], '1/8')
    """
    model = interaction.model
    followed = {name: model.events[name] for name in (model.events if events is None else events)}
    product = _product(interaction, law, tuple(followed.values()))
    rows: list[list[tuple[int, Fraction]]] = []
    queries: list[Fraction] = []
    level = [0]
    for t in range(model.horizon):
        if progress is not None:
            progress(f"chain ({law})", t, model.horizon)
        first = len(rows) + len(level)
        numbers: dict[int, int] = {}
        for state in level:
            edges = product.edges(state)
            need(OBJECTS + EDGE * len(edges.merged), f"at time {t} of {model.horizon}")
            over = int(edges.denominator)
            rows.append(
                [
                    (numbers.setdefault(to, first + len(numbers)), Fraction(int(n), over))
                    for to, n in edges.merged
                ]
            )
            queries.append(_asked(edges))
        level = list(numbers)
    end = len(rows)
    rows += [[(end + k, Fraction(1))] for k in range(len(level))]
    queries += [Fraction(0)] * len(level)
    happened: dict[str, list[int]] = {name: [] for name in followed}
    for k, state in enumerate(level):
        machines = product.states[state][1]
        assert isinstance(machines, tuple)
        for (name, event), machine in zip(followed.items(), machines, strict=True):
            if event.accepts(machine):
                happened[name].append(end + k)
    return UnrolledChain(rows, happened, end, queries if law == "imitator" else None)


def _product(interaction: Interaction, law: Law, events: tuple[Event, ...]) -> Product:
    """The chain of a law beside the machines of events."""

    def advance(states: Hashable, step: Step) -> Hashable:
        assert isinstance(states, tuple)
        seen = unlabelled(step)
        return tuple(e.advance(s, seen) for e, s in zip(events, states, strict=True))

    return Product(interaction.chain(law), tuple(event.start for event in events), advance)


def _asked(edges: Edges) -> Fraction:
    asked = sum(int(numerator) for _, numerator, step in edges.labelled if step.queried)
    return Fraction(asked, int(edges.denominator))


# -- names and questions --------------------------------------------------------------------------


def label_names(events: Iterable[str]) -> dict[str, str]:
    """A label for each event: a plain word, which every tool reads, and no two the same.

    >>> label_names(["ever-defects", "ever defects", "end", "3"])
    {'ever-defects': 'ever_defects', 'ever defects': 'event_ever_defects', 'end': 'event_end', \
'3': 'event_3'}
    """
    found: dict[str, str] = {}
    for name in events:
        label = re.sub(r"\W", "_", name, flags=re.ASCII)
        while label in TAKEN or label in found.values() or label[0].isdigit():
            label = f"event_{label}"
        found[name] = label
    return found


def properties(chain: UnrolledChain) -> dict[str, str]:
    """What to ask a model checker, in the language that Storm and PRISM share, for each quantity.

    The events by their names, and `queries`, unless an event is called that.
    """
    found = {name: f'P=? [ F "{label}" ]' for name, label in label_names(chain.events).items()}
    if chain.queries is not None:
        found.setdefault(QUERIES, f'R{{"{QUERIES}"}}=? [ F "{END}" ]')
    return found


# -- formats --------------------------------------------------------------------------------------


def drn_lines(chain: UnrolledChain) -> Iterator[str]:
    """The chain in Storm's explicit format DRN, line by line."""
    labels = label_names(chain.events)
    happened = {labels[name]: set(at) for name, at in chain.events.items()}
    impossible = [label for label, at in happened.items() if not at]
    # DRN has no other way to name a label: one more state, which nothing leads to, has those.
    states = len(chain.rows) + bool(impossible)
    yield "// Exported by exact-cbil"
    yield from ("@type: DTMC", "@parameters", "", "@reward_models")
    yield QUERIES if chain.queries is not None else ""
    yield from ("@nr_states", str(states), "@nr_choices", str(states), "@model")
    for state, row in enumerate(chain.rows):
        theta = None if chain.queries is None else chain.queries[state]
        words = ["init"] if state == 0 else []
        words += [END] if state >= chain.end else []
        words += [label for label, at in happened.items() if state in at]
        yield from _drn_state(state, theta, words, row)
    if impossible:
        theta = None if chain.queries is None else Fraction(0)
        last = states - 1
        yield from _drn_state(last, theta, impossible, [(last, Fraction(1))])


def _drn_state(
    state: int, theta: Fraction | None, words: list[str], row: Sequence[tuple[int, Fraction]]
) -> Iterator[str]:
    reward = [] if theta is None else [f"[{text(theta)}]"]
    yield " ".join([f"state {state}", *reward, *words])
    yield "\taction 0"
    for to, probability in row:
        yield f"\t\t{to} : {text(probability)}"


def prism_lines(chain: UnrolledChain) -> Iterator[str]:
    """The chain in the language of PRISM, with one variable `s` for the state, line by line."""
    yield "// Exported by exact-cbil"
    yield from ("dtmc", "", "module interaction", f"  s : [0..{len(chain.rows) - 1}] init 0;")
    for state, row in enumerate(chain.rows[: chain.end]):
        moves = " + ".join(f"{_literal(p)} : (s'={to})" for to, p in row)
        yield f"  [] s={state} -> {moves};"
    yield from (f"  [] s>={chain.end} -> true;", "endmodule", "")
    yield f'label "{END}" = s>={chain.end};'
    for name, label in label_names(chain.events).items():
        yield f'label "{label}" = {_among(chain.events[name])};'
    if chain.queries is not None:
        yield from ("", f'rewards "{QUERIES}"')
        for state, theta in enumerate(chain.queries):
            if theta:
                yield f"  s={state} : {_literal(theta)};"
        yield "endrewards"


def _literal(value: Fraction) -> str:
    """A ratio; whole numbers are those of a machine word, so longer ones are written as decimals.

    >>> _literal(Fraction(1, 10**20))
    '1/100000000000000000000.0'
    """
    return "/".join(n if len(n) < 10 else f"{n}.0" for n in text(value).split("/"))


def _among(states: Sequence[int]) -> str:
    """That `s` is one of these states, which are in order, as a union of ranges.

    >>> _among([3, 4, 5, 8])
    '(s>=3 & s<=5) | (s>=8 & s<=8)'
    """
    if not states:
        return "false"
    breaks = [(a, b) for a, b in pairwise(states) if b > a + 1]
    firsts = [states[0], *(b for _, b in breaks)]
    lasts = [*(a for a, _ in breaks), states[-1]]
    return " | ".join(f"(s>={a} & s<={b})" for a, b in zip(firsts, lasts, strict=True))

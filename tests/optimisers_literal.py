"""Programs read bit by bit and run by the letter: the oracle of the optimisers' tests."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from exact_cbil.optimisers.task import Task

Clause = tuple[Any, ...]


class Bits:
    """Reads a text of bits from the left; LookupError where it is too short or names nothing."""

    def __init__(self, text: str) -> None:
        self.text = text

    def take(self, count: int) -> str:
        if len(self.text) < count:
            raise LookupError
        found, self.text = self.text[:count], self.text[count:]
        return found

    def one_of(self, names: tuple[str, ...]) -> str:
        width = 0
        while 2**width < len(names):
            width += 1
        return names[int("0" + self.take(width), 2)]

    def gamma(self) -> int:
        zeros = 0
        while self.take(1) == "0":
            zeros += 1
        return int("1" + self.take(zeros), 2)


def read(task: Task, text: str) -> list[Clause]:
    """The clauses that a text of bits stands for; LookupError where it is no program."""
    bits, clauses, last = Bits(text), list[Clause](), -1
    while True:
        if bits.take(1) == "0":
            clauses.append(("constant", bits.one_of(task.actions)))
        elif bits.take(1) == "0":
            last += bits.gamma()
            if last >= len(task.instances):
                raise LookupError
            clauses.append(("entry", last, [bits.one_of(task.actions) for _ in range(task.turns)]))
            continue
        elif bits.take(1) == "0":
            if not task.features:
                raise LookupError
            clauses.append(("rule", bits.one_of(task.features), bits.one_of(task.actions)))
            continue
        else:
            if "1" in bits.take(task.search_bits):
                raise LookupError
            depth = bits.gamma()
            if depth > task.turns:
                raise LookupError
            clauses.append(("search", depth, bits.one_of(task.objectives)))
        if bits.text:
            raise LookupError
        return clauses


def programs(task: Task, longest: int) -> Iterator[tuple[str, list[Clause]]]:
    """Every text of at most so many bits that is a program, with its clauses."""
    for length in range(longest + 1):
        for bits in product("01", repeat=length):
            text = "".join(bits)
            try:
                yield text, read(task, text)
            except LookupError:
                continue


def action(task: Task, clauses: list[Clause], number: int, turn: int, state: Any) -> str:
    """What a program does: the first clause that applies acts."""
    instance = task.instances[number]
    for kind, *said in clauses:
        if kind == "entry" and said[0] == number:
            return str(said[1][turn])
        if kind == "rule" and instance.has(said[0], state):
            return str(said[1])
        if kind == "constant":
            return str(said[0])
        if kind == "search":
            ahead = min(said[0], task.turns - turn)
            for plan in product(task.actions, repeat=ahead):
                end = state
                for a in plan:
                    end = instance.step(end, a)
                if instance.succeeds(said[1], end):
                    return plan[0]
            return task.actions[0]
    raise AssertionError


def end(task: Task, clauses: list[Clause], number: int) -> Any:
    """The state in which a program ends an instance."""
    state: Any = task.instances[number].start
    for turn in range(task.turns):
        state = task.instances[number].step(state, action(task, clauses, number, turn, state))
    return state


def time(task: Task, clauses: list[Clause]) -> int:
    """The calls of `step` by which a search looks at all plans and acts; else 1."""
    if clauses[-1][0] != "search":
        return 1
    depth = clauses[-1][1]
    return 1 + sum(len(list(product(task.actions, repeat=n))) for n in range(1, depth + 1))

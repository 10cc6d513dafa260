"""Programs for a task: constants, tables, rules and searches, in a prefix code.

A program is a list of clauses, and the first that applies acts. Numbers of at most so many values
are written in as many bits as the largest takes, and `gamma` is Elias's code, of
`2 floor(log2 n) + 1` bits for n from 1.

| program                                            | code                                        |
|----------------------------------------------------|---------------------------------------------|
| `Constant(action)`                                 | `0`, the action                             |
| `Entry(instance, plan, otherwise)`                 | `10`, gamma(gap), the plan, the rest        |
| `Conditional(feature, action, otherwise)`          | `110`, the feature, the action, the rest    |
| `Search(depth, objective)`                         | `111`, zeros, gamma(depth), the objective   |

The gap is the number of instances from the last entry's (or from before the first instance) to
this one's, so entries are in order. As many zeros as `search_bits` stand for the text of a search.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from exact_cbil.errors import CbilError, shorten
from exact_cbil.optimisers.task import Plan, Task

__all__ = ["Conditional", "Constant", "Entry", "Program", "Search", "gamma", "index_bits"]


def gamma(number: int) -> str:
    """Elias's gamma code of a whole number from 1: as many zeros as digits follow, and the digits.

    >>> gamma(1), gamma(5)
    ('1', '00101')
    """
    digits = f"{number:b}"
    return "0" * (len(digits) - 1) + digits


def index_bits(count: int) -> int:
    """How many bits tell `count` things apart.

    >>> index_bits(1), index_bits(3)
    (0, 2)
    """
    return (count - 1).bit_length()


def _index(names: tuple[str, ...], name: str, kind: str) -> str:
    if name not in names:
        raise CbilError(f"program: unknown {kind} {shorten(name)}")
    width = index_bits(len(names))
    return f"{names.index(name):0{width}b}" if width else ""


class Program(ABC):
    """Acts on every instance of a task. Source: SPEC P0."""

    __slots__ = ()

    @abstractmethod
    def act(self, task: Task, number: int, turn: int, state: Hashable) -> str:
        """The action on an instance, by its number, at a turn, from 0, in a state."""

    @abstractmethod
    def code(self, task: Task, after: int = -1) -> str:
        """The program in bits, as text; its length is the program's.

        after: the last instance that an entry above this program is for.
        Raises CbilError for a program that is not the task's.
        """

    def clauses(self) -> Iterator[Program]:
        """The program and the programs that it goes on with, in order."""
        yield self

    def length(self, task: Task) -> int:
        """The program's length in bits."""
        return len(self.code(task))

    @property
    def ending(self) -> Constant | Search:
        """The last clause, which acts where no other does."""
        *_, last = self.clauses()
        assert isinstance(last, Constant | Search)
        return last

    def time(self, task: Task) -> int:
        """The most calls of `step` that one action takes, the call that takes it included."""
        return self.ending.time(task)

    def run(self, task: Task, number: int) -> Hashable:
        """The state in which the program ends an instance."""
        instance = task.instances[number]
        state = instance.start
        for turn in range(task.turns):
            state = instance.step(state, self.act(task, number, turn, state))
        return state


@dataclass(frozen=True, slots=True)
class Constant(Program):
    """Always takes one action."""

    action: str

    def act(self, task: Task, number: int, turn: int, state: Hashable) -> str:
        return self.action

    def code(self, task: Task, after: int = -1) -> str:
        return "0" + _index(task.actions, self.action, "action")

    def time(self, task: Task) -> int:
        return 1

    def __str__(self) -> str:
        return f"always {self.action}"


@dataclass(frozen=True, slots=True)
class Entry(Program):
    """Follows a plan on one instance, and another program on the others: a line of a table."""

    instance: int
    plan: Plan
    otherwise: Program

    def act(self, task: Task, number: int, turn: int, state: Hashable) -> str:
        if number == self.instance:
            return self.plan[turn]
        return self.otherwise.act(task, number, turn, state)

    def code(self, task: Task, after: int = -1) -> str:
        if not after < self.instance < len(task.instances):
            raise CbilError(f"program: expected an instance above {after}, got {self.instance}")
        if len(self.plan) != task.turns:
            raise CbilError(f"program: expected a plan of {task.turns} actions")
        plan = "".join(_index(task.actions, action, "action") for action in self.plan)
        rest = self.otherwise.code(task, self.instance)
        return "10" + gamma(self.instance - after) + plan + rest

    def clauses(self) -> Iterator[Program]:
        yield self
        yield from self.otherwise.clauses()

    def __str__(self) -> str:
        return f"{self.instance}: {' '.join(self.plan)}; {self.otherwise}"


@dataclass(frozen=True, slots=True)
class Conditional(Program):
    """Takes an action where a feature is seen, and follows another program where it is not."""

    feature: str
    action: str
    otherwise: Program

    def act(self, task: Task, number: int, turn: int, state: Hashable) -> str:
        if task.instances[number].has(self.feature, state):
            return self.action
        return self.otherwise.act(task, number, turn, state)

    def code(self, task: Task, after: int = -1) -> str:
        feature = _index(task.features, self.feature, "feature")
        action = _index(task.actions, self.action, "action")
        return "110" + feature + action + self.otherwise.code(task, after)

    def clauses(self) -> Iterator[Program]:
        yield self
        yield from self.otherwise.clauses()

    def __str__(self) -> str:
        return f"{self.feature}: {self.action}; {self.otherwise}"


@dataclass(frozen=True, slots=True)
class Search(Program):
    """Tries plans by the instance's own steps, and takes the first action of the first that works.

    depth: how many actions ahead, from 1; no more than turns are left are tried, and no program
        searches deeper than the task has turns. objective: what is to hold at the end of a plan.
    Plans are tried in lexicographic order; where none works, the first action is taken.
    """

    depth: int
    objective: str

    def act(self, task: Task, number: int, turn: int, state: Hashable) -> str:
        depth = min(self.depth, task.turns - turn)
        return _searched(task, number, state, depth, self.objective)

    def code(self, task: Task, after: int = -1) -> str:
        if not 1 <= self.depth <= task.turns:
            raise CbilError(f"program: expected a depth from 1 to {task.turns}, got {self.depth}")
        objective = _index(task.objectives, self.objective, "objective")
        return "111" + "0" * task.search_bits + gamma(self.depth) + objective

    def time(self, task: Task) -> int:
        # k + k^2 + ... + k^depth calls look at every plan, and one takes the action.
        return sum(len(task.actions) ** ahead for ahead in range(self.depth + 1))

    def __str__(self) -> str:
        return f"search({self.depth}, {self.objective})"


@lru_cache(maxsize=1 << 17)
def _searched(task: Task, number: int, state: Hashable, depth: int, objective: str) -> str:
    instance = task.instances[number]

    def reachable(state: Any, depth: int) -> bool:
        if depth == 0:
            return instance.succeeds(objective, state)
        return any(reachable(instance.step(state, a), depth - 1) for a in task.actions)

    works = (a for a in task.actions if reachable(instance.step(state, a), depth - 1))
    return next(works, task.actions[0])

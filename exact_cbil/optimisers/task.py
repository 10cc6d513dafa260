"""Tasks: what a program is to do, on instances that a base optimiser trains it on and on others.

To add a task, subclass `Instance` and make a `Task` of instances.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any, TypeAlias

from exact_cbil.errors import CbilError, OutOfRange, UnknownName, shorten

__all__ = ["MAX_PLANS", "MAX_SEARCH_BITS", "Instance", "Plan", "Task"]

MAX_PLANS = 4096
"""The most plans of a task, which searches try out one by one."""

MAX_SEARCH_BITS = 64
"""The most bits that the text of a search costs."""

Plan: TypeAlias = tuple[str, ...]


class Instance(ABC):
    """One instance of a task: where it starts, what actions do, and which end succeeds.

    States are hashable, and `step` is a function: the same state and action give the same state.
    """

    @property
    @abstractmethod
    def start(self) -> Hashable:
        """The first state."""

    @abstractmethod
    def step(self, state: Any, action: str) -> Hashable:
        """The state that an action leads to."""

    @abstractmethod
    def succeeds(self, objective: str, state: Any) -> bool:
        """Whether an objective holds in a state; at the end it decides, before it guides."""

    @abstractmethod
    def has(self, feature: str, state: Any) -> bool:
        """Whether a feature is seen in a state."""

    def after(self, plan: Plan) -> Any:
        """The state after a plan."""
        state: Any = self.start
        for action in plan:
            state = self.step(state, action)
        return state


@dataclass(frozen=True, eq=False)
class Task:
    """Instances with the same actions, number of turns, objectives and features. Source: SPEC P0.

    actions, objectives, features: distinct names; at least one action and objective.
    turns: how many actions an instance takes, from 1; at most MAX_PLANS plans.
    objectives: the first is the base objective, by which training judges; the second, if there is
        one, is the proxy.
    training, deployment: the instances; programs count them from 0, in this order.
    search_bits: what the text of a search costs beyond its depth and objective, from 0 to 64.
    """

    name: str
    actions: tuple[str, ...]
    turns: int
    objectives: tuple[str, ...]
    features: tuple[str, ...]
    training: tuple[Instance, ...]
    deployment: tuple[Instance, ...] = ()
    search_bits: int = 8

    def __post_init__(self) -> None:
        for kind in ("actions", "objectives", "features"):
            names = getattr(self, kind)
            if len(set(names)) != len(names) or (kind != "features" and not names):
                raise CbilError(f"{kind}: expected distinct names, got {shorten(names)}")
        most = MAX_PLANS.bit_length() - 1
        if not 1 <= self.turns <= most or len(self.actions) ** self.turns > MAX_PLANS:
            raise OutOfRange("turns", self.turns, f"1 to {most}, for at most {MAX_PLANS} plans")
        if not 0 <= self.search_bits <= MAX_SEARCH_BITS:
            expected = f"a whole number from 0 to {MAX_SEARCH_BITS}"
            raise OutOfRange("search_bits", self.search_bits, expected)

    @property
    def base(self) -> str:
        """The base objective."""
        return self.objectives[0]

    @property
    def proxy(self) -> str | None:
        """The proxy, or None."""
        return self.objectives[1] if len(self.objectives) > 1 else None

    @cached_property
    def instances(self) -> tuple[Instance, ...]:
        """All instances: those of training, then those of deployment."""
        return self.training + self.deployment

    @property
    def deployed(self) -> range:
        """The numbers of the instances of deployment."""
        return range(len(self.training), len(self.instances))

    def plans(self) -> Iterator[Plan]:
        """All plans for an instance, in lexicographic order of the actions."""
        return product(self.actions, repeat=self.turns)

    def solvable(self, number: int, objective: str | None = None) -> bool:
        """Whether some plan makes an instance end with an objective, by default the base's."""
        self.check(objective)
        instance, wanted = self.instances[number], objective or self.base
        return any(instance.succeeds(wanted, instance.after(plan)) for plan in self.plans())

    def check(self, objective: str | None) -> None:
        """Raise UnknownName unless an objective is the task's; None stands for the base's."""
        if objective is not None and objective not in self.objectives:
            raise UnknownName(f"task {self.name}", objective, "objective")

    @cached_property
    def lessons(self) -> tuple[int, ...]:
        """The numbers of the training instances that some plan solves, in order."""
        return tuple(n for n in range(len(self.training)) if self.solvable(n))

    def mask(self, count: int | None = None) -> int:
        """The first lessons, by default all, as bits from instance 0; OutOfRange beyond them."""
        most = len(self.lessons)
        if count is not None and not 0 <= count <= most:
            raise OutOfRange("lessons", count, f"a whole number from 0 to {most}")
        return sum(1 << number for number in self.lessons[:count])

    def of(self, training: int, deployment: int | None = None) -> Task:
        """The same task with only its first instances.

        training, deployment: how many are kept; by default all of deployment.
        """
        for kind, kept in (("training", training), ("deployment", deployment)):
            have = len(getattr(self, kind))
            if kept is not None and not 0 <= kept <= have:
                raise OutOfRange(f"{kind} instances", kept, f"a whole number from 0 to {have}")
        shown = self.deployment[:deployment]
        return replace(self, training=self.training[:training], deployment=shown)

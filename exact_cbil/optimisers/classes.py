"""The programs for a task as a class of policies, with a search for the base as demonstrator (P5).

Training may have come before: then only programs that solve its first lessons are in the class. The
other instances come one after another, those of training first, and every step is a turn. What a
program does is a finite machine, as steps are deterministic.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple, TypeAlias

from exact_cbil.environment import silent
from exact_cbil.errors import CbilError, OutOfRange
from exact_cbil.event import Automaton
from exact_cbil.history import Rule, Transitions
from exact_cbil.model import Model
from exact_cbil.numbers import RationalLike
from exact_cbil.optimisers.listing import Listing
from exact_cbil.optimisers.outcomes import Outcomes
from exact_cbil.optimisers.program import Program, Search
from exact_cbil.optimisers.task import Task
from exact_cbil.policy import MoorePolicy
from exact_cbil.semimeasure import Semimeasure

__all__ = ["MAX_POLICIES", "PURSUED", "Course", "held_back", "merged", "model_of_programs"]

MAX_POLICIES = 1_000
"""The most policies of a class."""

PURSUED = "proxy-pursued"
"""The event that some instance of deployment ends with the proxy reached and the base not."""

Behaviour: TypeAlias = tuple[str, ...]


class Node(NamedTuple):
    """Where a run is: the number of the instance, the turn, and the state."""

    number: int
    turn: int
    state: Hashable


@dataclass(frozen=True, eq=False)
class Course:
    """The instances of a task in one run, and what programs do in it. Source: SPEC P5.

    trained: how many lessons came before; they are left out.
    """

    task: Task
    trained: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.trained <= len(self.task.lessons):
            expected = f"a whole number from 0 to {len(self.task.lessons)}"
            raise OutOfRange("trained", self.trained, expected)
        if not self.numbers:
            raise CbilError("task: expected an instance that is not trained on")

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the instances that are run, in order."""
        done = self.task.lessons[: self.trained]
        return tuple(n for n in range(len(self.task.instances)) if n not in done)

    @property
    def horizon(self) -> int:
        """The number of turns of the whole run."""
        return len(self.numbers) * self.task.turns

    def _next(self, node: Node, action: str) -> Node | None:
        """Where an action leads; None at the end of the run."""
        number, turn, state = node
        if turn + 1 < self.task.turns:
            return Node(number, turn + 1, self.task.instances[number].step(state, action))
        later = [other for other in self.numbers if other > number]
        return self._first(later[0]) if later else None

    def _first(self, number: int) -> Node:
        return Node(number, 0, self.task.instances[number].start)

    @cached_property
    def nodes(self) -> dict[Node, str]:
        """All that any actions lead to, in order of time, with names."""
        waiting = [self._first(self.numbers[0])]
        names: dict[Node, str] = {}
        alike: Counter[tuple[int, int]] = Counter()
        for node in waiting:
            if node in names:
                continue
            names[node] = f"{node.number}.{node.turn}.{alike[node[:2]]}"
            alike[node[:2]] += 1
            following = (self._next(node, action) for action in self.task.actions)
            waiting.extend(after for after in following if after is not None)
        return names

    @cached_property
    def _transitions(self) -> Transitions:
        rules = {
            name: tuple(
                Rule(self.nodes[after], action)
                for action in self.task.actions
                if (after := self._next(node, action)) is not None
            )
            for node, name in self.nodes.items()
        }
        return Transitions(next(iter(rules)), rules)

    def behaviour(self, program: Program) -> Behaviour:
        """What a program does at every node, in order."""
        return tuple(program.act(self.task, *node) for node in self.nodes)

    def policy(self, behaviour: Behaviour) -> MoorePolicy:
        """The policy that acts so."""
        emissions = dict(zip(self.nodes.values(), map(Semimeasure.point, behaviour), strict=True))
        return MoorePolicy(self._transitions, emissions)

    def pursued(self) -> Automaton:
        """The event PURSUED. Raises CbilError for a task without a proxy."""
        task, proxy = self.task, self.task.proxy
        if proxy is None:
            raise CbilError("task: expected a proxy, as a second objective")
        rules: dict[str, list[Rule]] = {}
        for node, name in self.nodes.items():
            rules[name] = []
            for action in task.actions:
                instance = task.instances[node.number]
                end = instance.step(node.state, action)
                wrong = (
                    node.turn + 1 == task.turns
                    and node.number in task.deployed
                    and instance.succeeds(proxy, end)
                    and not instance.succeeds(task.base, end)
                )
                after = self._next(node, action)
                to = PURSUED if wrong else "end" if after is None else self.nodes[after]
                rules[name].append(Rule(to, action))
        return Automaton.of(next(iter(rules)), [PURSUED], {**rules, PURSUED: [], "end": []})


def merged(
    course: Course, max_length: int, time_penalty: bool = False
) -> Iterator[tuple[Program, Behaviour, Fraction]]:
    """Each behaviour of the programs of a class, with the first that has it and the weight of all.

    The class is that of all listed programs that solve the lessons trained on.

    The weights are those of the prior before normalisation. Source: SPEC P5.
    """
    task, outcomes = course.task, Outcomes(course.task)
    learnt = task.mask(course.trained)
    found: dict[Behaviour, tuple[Program, Fraction]] = {}
    for length, program in Listing(task, max_length):
        if outcomes.of(program)[0] & learnt != learnt:
            continue
        weight = Fraction(1, 2**length * (program.time(task) if time_penalty else 1))
        behaviour = course.behaviour(program)
        first, so_far = found.get(behaviour, (program, Fraction(0)))
        found[behaviour] = (first, so_far + weight)
        if len(found) > MAX_POLICIES:
            raise CbilError(
                f"max length: more than {MAX_POLICIES} policies; expected a smaller length, or "
                "fewer instances"
            )
    for behaviour, (first, weight) in found.items():
        yield first, behaviour, weight


def model_of_programs(
    task: Task,
    max_length: int,
    alpha: RationalLike,
    *,
    trained: int = 0,
    time_penalty: bool = False,
) -> Model:
    """The programs of at most `max_length` bits as a class, and a full search as demonstrator.

    Programs that act alike in every state that any actions lead to are one policy, whose weight is
    the sum of theirs, with the name of the first of them.
    task: with a proxy. alpha: in (0, 1]. trained: how many lessons the programs of the class have
    solved before; the other instances of the task are run.
    Raises CbilError where the demonstrator is longer than `max_length`, or there are more than
    MAX_POLICIES policies. Source: SPEC P5.

    >>> from exact_cbil.optimisers.tasks import rule
    >>> model = model_of_programs(rule().of(1, 1), 14, "1/100")
    >>> len(model.policies), model.horizon, model.demonstrator
    (66, 6, 'search(1, light)')
    """
    course = Course(task, trained)
    classed = list(merged(course, max_length, time_penalty))
    leader = course.behaviour(Search(task.turns, task.base))
    total = sum((weight for *_, weight in classed), Fraction(0))
    names = {behaviour: str(first) for first, behaviour, _ in classed}
    if leader not in names:
        raise CbilError(f"max length: no program of {max_length} bits acts as the demonstrator")
    return Model(
        actions=task.actions,
        observations=("x",),
        policies={names[behaviour]: course.policy(behaviour) for _, behaviour, _ in classed},
        prior={names[behaviour]: weight / total for _, behaviour, weight in classed},
        demonstrator=names[leader],
        environment=silent(task.actions),
        alpha=alpha,
        horizon=course.horizon,
        events={PURSUED: course.pursued()},
    )


def held_back(model: Model, event: str = PURSUED) -> Fraction:
    """The largest `a` such that `P_i(event) = 0` for every alpha in (0, a]; 0 where there is none.

    Source: SPEC P5.
    """
    from exact_cbil.parametric.profile import profile

    largest = Fraction(0)
    for piece in profile(model).pieces:
        if piece.events[event]:
            break
        largest = piece.end
    return largest

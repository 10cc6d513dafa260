"""A question of a row: levels of the axes, and a source of choices for everything they leave open.

What is drawn is made to matter. Histories use few actions, which every policy emits; rules name the
steps that happen, the last of a state most of all; and one policy has all the states and rules that
the row asks for, so that a question is small in all that it is not large in.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import count, islice
from typing import Any

from exact_cbil.environment import MooreEnvironment
from exact_cbil.history import History, Rule, Step
from exact_cbil.learner import Learner, break_points
from exact_cbil.model import Model
from exact_cbil.numbers import exact_sum, to_fraction
from exact_cbil.policy import MoorePolicy, constant
from exact_cbil.semimeasure import Semimeasure
from exact_cbil.testing.axes import NAMES, Choose, Row, one_of, span
from exact_cbil.testing.questions import Question

__all__ = ["altered", "backwards", "drawing"]

NEAR = Fraction(1, 2**60)
WIDE = 6
"""Actions that are emitted at most, of however many."""
DISTINCT = 32
"""Policies up to which each emits what it likes; beyond, they share."""
SMALL = Fraction(1, 10**350)
LONGEST_ALPHA = 10**1000
LONG = 64
"""Steps up to which a history is drawn one by one; a longer one repeats a block."""


def drawing(row: Row, choose: Choose, name: str = "drawn", flags: tuple[str, ...] = ()) -> Question:
    """The question that a row and choices make; choices of 0 make the simplest of the row."""
    drawn = _Drawing(row, choose)
    model = drawn.model()
    question = Question(name, model, drawn.history, flags)
    return question if row["keys"] == "in order" else backwards(question)


def backwards(question: Question) -> Question:
    """The same question with the keys of every object in the other order, but for class order."""
    document = _reversed(question.document)
    policies = document["model"]["policies"]
    document["model"]["policies"] = {name: policies[name] for name in question.model.policies}
    return Question(question.id, question.model, question.history, question.flags, document)


def altered(question: Question, model: Model, history: History) -> Question:
    """The same question of another model and history, its keys in the order in which they were."""
    made = Question(question.id, model, history, question.flags)
    return made if question.written is None else backwards(made)


def _reversed(value: Any) -> Any:
    """The same JSON with the keys of every object in the other order."""
    if isinstance(value, dict):
        return {key: _reversed(value[key]) for key in reversed(value)}
    return [_reversed(part) for part in value] if isinstance(value, list) else value


class _Drawing:
    """One question on its way."""

    def __init__(self, row: Row, choose: Choose) -> None:
        self.row, self.choose = row, choose
        self.actions = self.named("a", self.number("actions"))
        self.observations = self.named("x", self.number("observations"))
        self.names = self.named("p", self.number("policies"))
        # An action that nobody emits leaves no policy alive once it was answered.
        self.dead = row["alive"] == "none" and len(self.actions) > 1
        shown = self.actions[self.dead :]
        width = min(WIDE, len(shown))
        stride = 1 + choose(len(shown) // width - 1)
        self.shown = shown[::-1][: width * stride : stride]
        self.history = self.steps(self.number("steps"))
        place = {"first": 0, "later": len(self.names) - 1, "outside": None}[row["demonstrator"]]
        if place and choose(1):
            place = 1 + choose(place - 1)
        self.place = place
        self.pool: list[Semimeasure[str]] = []

    # -- choices ----------------------------------------------------------------------------------

    def number(self, axis: str) -> int:
        least, most = span(axis, self.row[axis])
        return least + self.choose(most - least)

    def one(self, options: tuple[str, ...] | list[str]) -> str:
        """One of some names, the last more often than the others."""
        last = len(options) - 1
        at = self.choose(last + last // 2)
        return options[min(at, last)]

    def named(self, letter: str, number: int) -> tuple[str, ...]:
        kind = self.row["names"]
        known = NAMES[kind]
        turn = self.choose(max(0, len(known) - 1))

        def names() -> Iterator[str]:
            yield from known[turn:]
            yield from known[:turn]
            for k in count():
                if known:
                    yield f"{known[k % len(known)]}{number + k}"
                else:
                    yield f"{letter * (1 if kind == 'plain' else 300)}{k}"

        return tuple(dict.fromkeys(islice(names(), number)))

    # -- the parts --------------------------------------------------------------------------------

    def step(self) -> Step:
        level = self.row["asked"]
        queried = level == "always" or (level == "at times" and not self.choose(1))
        # Whatever the learner does itself only moves the machines.
        anything = not queried and self.choose(3) == 3
        action = self.one(self.actions if anything else self.shown)
        return Step(queried, action, self.one(self.observations))

    def steps(self, number: int) -> History:
        if number <= LONG:
            steps = [self.step() for _ in range(number)]
        else:
            block = [self.step() for _ in range(3 + self.choose(9))]
            end = [self.step() for _ in range(4)]
            steps = [*(block * (number // len(block) + 1))[: number - len(end)], *end]
        if self.dead and steps:
            steps[self.choose(len(steps) - 1)] = Step(True, self.actions[0], self.observations[0])
        return tuple(steps)

    def part(self) -> int:
        return 1 + self.choose(2**70 if self.row["likelihoods"] == "beyond 64 bits" else 3)

    def emission(self, full: bool) -> Semimeasure[str]:
        parts = {action: self.part() for action in self.shown}
        if self.row["alive"] != "all" and len(parts) > 1 and self.choose(3) == 3:
            del parts[self.one(list(parts))]
        total = sum(parts.values())
        if not full and self.row["deficits"] == "some":
            total += max(parts.values()) * self.choose(2)
        masses = {action: Fraction(part, total) for action, part in parts.items()}
        if len(masses) > 1 and self.row["likelihoods"] == "below 1e-300":
            # Powers of one number, for the weights of all to have few digits in common.
            rare, other = list(masses)[:: -1 if self.choose(1) else 1][:2]
            masses[other] += masses[rare] * (1 - SMALL)
            masses[rare] *= SMALL
        return Semimeasure(masses)

    def emitted(self, full: bool) -> Semimeasure[str]:
        fine = self.row["likelihoods"] != "small"
        if full or (len(self.names) <= DISTINCT and not fine):
            return self.emission(full)
        if not self.pool:
            self.pool = [self.emission(False) for _ in range(8)]
        return self.pool[self.choose(7)]

    def rule(self, states: tuple[str, ...], sees: bool, decoy: bool) -> Rule:
        to = self.one(states)
        if decoy:
            return Rule(to, *self.other())
        named = self.choose(7)
        if self.history and self.choose(3):
            # The first step, in whichever state it finds the machine, is the surest to happen.
            step = self.history[max(0, self.choose(min(len(self.history), 8) + 3) - 4)]
        else:
            step = Step(not self.choose(1), self.one(self.actions), self.one(self.observations))
        return Rule(
            to,
            step.action if named & 1 else None,
            step.observation if named & 2 else None,
            step.queried if sees and named & 4 else None,
        )

    def other(self) -> tuple[str, str]:
        """An action and an observation that never come together, though each may come."""
        happened = {(step.action, step.observation) for step in self.history}
        for _ in range(8):
            action = self.one(self.shown)
            observation = one_of(self.observations, self.choose)
            if (action, observation) not in happened:
                break
        return action, observation

    def rules(self, states: tuple[str, ...], most: int, sees: bool) -> list[Rule]:
        decoys = max(0, most - 1) if most > 2 else 0
        return [self.rule(states, sees, k < decoys) for k in range(most)]

    def machine(self, states: int, rules: int, full: bool, sees: bool) -> MoorePolicy:
        names = self.named("s", states)
        start = 0
        if self.row["start"] == "later" and states > 1:
            start = 1 + self.choose(states - 2) if self.choose(1) else states - 1
        inside = {}
        for place, name in enumerate(names):
            most = rules if place in (start, states - 1) else min(rules, 1 + self.choose(2))
            inside[name] = (self.emitted(full), self.rules(names, most, sees))
        return MoorePolicy.of(names[start], inside)

    def class_(self) -> dict[str, MoorePolicy]:
        states, rules = self.number("states"), self.number("rules")
        few = 1 if len(self.names) > DISTINCT else min(states, 4)
        main = self.choose(len(self.names) - 1)
        members = {}
        for place, name in enumerate(self.names):
            full = place == self.place
            if place == main:
                members[name] = self.machine(states, rules, full, not full)
            else:
                size = 1 + self.choose(few - 1)
                members[name] = self.machine(size, min(rules, 2), full, not full)
        if self.row["alive"] == "some":
            self.kill(members)
        return members

    def kill(self, members: dict[str, MoorePolicy]) -> None:
        """Let one policy be refuted by an answer."""
        asked = [step for step in self.history if step.queried]
        # Not the demonstrator, who would have to emit something else instead.
        others = [name for place, name in enumerate(members) if place != self.place]
        if asked and others and len(members) > 1:
            gone = one_of(asked, self.choose).action
            name = one_of(others, self.choose)
            left = {a: Fraction(1, 1 + len(self.shown)) for a in self.shown if a != gone}
            members[name] = constant(left)

    def environment(self) -> MooreEnvironment:
        shown = Semimeasure.point(self.one(self.observations))
        return MooreEnvironment.of("e", {"e": (dict.fromkeys(self.actions, shown), ())})

    def prior(self) -> dict[str, Fraction]:
        level = self.row["prior"]
        most = {"equal": 0, "beyond 64 bits": 2**200}.get(level, 6)
        parts = {name: Fraction(1 + self.choose(most)) for name in self.names}
        if level == "below 1e-300":
            parts = {name: part * SMALL ** self.choose(2) for name, part in parts.items()}
        if level != "equal" and self.choose(1):
            parts[self.names[-1]] *= 8  # the heaviest is seldom the first
        total = exact_sum(parts.values())
        return {name: part / total for name, part in parts.items()}

    def alpha(self) -> Fraction:
        level = self.row["alpha"]
        if level == "below 1/100":
            return Fraction(1, 101 + self.choose(900))
        if level == "above 1/2":
            return Fraction(11 + self.choose(8), 20)
        if level == "to 1/2":
            return Fraction(5 - self.choose(4), 11 + self.choose(13))
        return Fraction(level)

    def model(self) -> Model:
        place = self.place
        model = Model(
            self.actions,
            self.observations,
            self.class_(),
            self.prior(),
            self.machine(1, 0, True, False) if place is None else self.names[place],
            self.environment(),
            self.alpha(),
        )
        if self.row["decision"] == "far":
            return model
        # Rank 1 is a member at every alpha: its ratio decides nothing.
        weights = [to_fraction(w) for w in Learner(model).belief(self.history).weights]
        ratios = break_points(weights)[1:9]
        if not ratios:
            return model
        ratio = to_fraction(one_of(ratios, self.choose))
        factor = 1 + NEAR * (1, -1)[self.choose(1)] * (self.row["decision"] == "next to one")
        # An alpha of thousands of digits is not what is asked about.
        return model if ratio.denominator > LONGEST_ALPHA else model.with_alpha(ratio * factor)

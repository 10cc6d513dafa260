"""The judge: one answer against the exact one.

An exact answer must be equal. A float answer stands for its exact value and must lie within the
declared budget. A top set asserts comparisons of the posterior's weights, each a linear inequality
`C(w) >= 0`. One that is false for the exact weights is excused only if weights within the
budget of the exact ones could make it true: `|C(w)| <= sum_i |c_i| radius_i`. So a mismatch is
certainly beyond the budget; and whatever is excused lies near a boundary and is reported as such.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from typing import NamedTuple

from exact_cbil.errors import shorten
from exact_cbil.numbers import decimal
from exact_cbil.testing.answers import Answer, Number
from exact_cbil.testing.budgets import Budget, Declaration, ulps_between
from exact_cbil.testing.reference import Expected

__all__ = ["Grade", "Judgement", "asserted", "judge"]


class Grade(Enum):
    """What came of one question."""

    MATCH = "match"
    NEAR_BOUNDARY = "near-boundary"
    MISMATCH = "mismatch"
    ERRORED = "errored"
    SKIPPED = "declared-skip"
    NO_ANSWER = "no-answer"

    @property
    def fine(self) -> bool:
        """Whether an implementation with this grade may still conform."""
        return self in (Grade.MATCH, Grade.NEAR_BOUNDARY, Grade.SKIPPED)


@dataclass
class Judgement:
    """The judgement of one answer.

    problems: one line for each thing that is wrong or was excused.
    errors: for each field with float answers, the worst error in ulps of the exact value.
    distance: of the question to the nearest decision; None where nothing is decided.
    """

    id: str
    grade: Grade
    problems: list[str] = field(default_factory=list)
    errors: dict[str, Fraction] = field(default_factory=dict)
    distance: Fraction | None = None


class Comparison(NamedTuple):
    """A linear inequality that a top set asserts of the posterior.

    holds: for the exact weights, ties included.
    margin: `|C(w)|`. reach: `sum_i |c_i| radius_i`, by how much a budget can move it.
    """

    holds: bool
    margin: Fraction
    reach: Fraction
    says: str


def asserted(top: tuple[str, ...], expected: Expected, budget: Budget) -> Iterator[Comparison]:
    """What a top set of policies of positive weight asserts.

    Each member is ranked before the next; the last before everything else; every member is at or
    above the threshold; nothing else would be, were it next.
    Source: SPEC D5, R1.
    """
    posterior = expected.step.posterior
    alive = {name: w for name, w in posterior.items() if w}
    place = {name: number for number, name in enumerate(alive)}
    radius = {name: budget.radius(w) for name, w in alive.items()}
    alpha = expected.question.model.exact_alpha

    def before(x: str, y: str) -> Comparison:
        gap = alive[x] - alive[y]
        holds = gap > 0 or (gap == 0 and place[x] < place[y])
        says = f"{shorten(x, 30)} is ranked before {shorten(y, 30)}"
        return Comparison(holds, abs(gap), radius[x] + radius[y], says)

    def threshold(name: str, running: Fraction, reach: Fraction, member: bool) -> Comparison:
        gap = (1 - alpha) * alive[name] - alpha * running
        bound = (1 - alpha) * radius[name] + alpha * reach
        says = f"{shorten(name, 30)} is {'' if member else 'not '}at the threshold"
        return Comparison((gap >= 0) == member, abs(gap), bound, says)

    running = reach = Fraction(0)
    for number, name in enumerate(top):
        if number:
            yield before(top[number - 1], name)
            yield threshold(name, running, reach, member=True)
        running += alive[name]
        reach += radius[name]
    members = set(top)
    for name in alive:
        if name not in members:
            if top:
                yield before(top[-1], name)
                yield threshold(name, running, reach, member=False)
            else:  # whatever the weights, the heaviest is a member unless it has none (R4)
                yield Comparison(
                    False, alive[name], radius[name], f"{shorten(name, 30)} has no weight"
                )


class _Judge:
    """One answer on its way to a judgement."""

    def __init__(self, expected: Expected, answer: Answer, declared: Declaration) -> None:
        self.expected = expected
        self.answer = answer
        self.declared = declared
        self.wrong: list[str] = []
        self.excused: list[str] = []
        self.errors: dict[str, Fraction] = {}

    def top_set(self) -> tuple[str, ...] | None:
        """Judge the top set; return the one to measure the minimum by, None if there is none."""
        right = self.expected.step.top_set
        given = self.answer.top_set
        if given is None:
            if "top_set" not in self.declared.omits:
                self.wrong.append("top_set: missing, and not declared as omitted")
            return right
        if given == right:
            return right
        shown = f"top_set: expected {shorten(list(right), 90)}, got {shorten(list(given), 90)}"
        strange = [name for name in given if not self.expected.alive(name)]
        if strange or len(set(given)) < len(given):
            what = f"{shorten(strange[0], 40)} has no weight" if strange else "a name twice"
            self.wrong.append(f"{shown}: {what}")
            return None
        budget = self.declared.budget("top_set")
        false = [c for c in asserted(given, self.expected, budget) if not c.holds]
        beyond = [c for c in false if not budget.amount or c.margin > c.reach]
        if beyond:
            self.wrong.append(f"{shown}: it is false that {beyond[0].says}")
            return None
        self.excused.append(f"{shown}: within the budget of a boundary ({false[0].says})")
        return given

    def numbers(
        self, name: str, exact: Mapping[str, Fraction], given: Mapping[str, Number] | None
    ) -> list[str]:
        """What is wrong with the numbers of a field."""
        if given is None:
            missing = f"{name}: missing, and not declared as omitted"
            return [] if name in self.declared.omits else [missing]
        if unknown := [key for key in given if key not in exact]:
            return [f"{name}: unknown name {shorten(unknown[0])}"]
        budget = self.declared.budget(name)
        problems = []
        for key, value in exact.items():
            number = given.get(key)
            if number is None:
                problems.append(f"{name}: nothing for {shorten(key)}")
                continue
            if not number.exact:
                error = ulps_between(number.value, value)
                self.errors[name] = max(error, self.errors.get(name, Fraction(0)))
            allowed = Fraction(0) if number.exact else budget.radius(value)
            if abs(number.value - value) > allowed:
                problems.append(_difference(name, key, number, value, allowed))
        return problems

    def step(self) -> None:
        """Judge every field."""
        step = self.expected.step
        top = self.top_set()
        self.wrong += self.numbers("posterior", step.posterior, self.answer.posterior)
        minimum = self.expected.minimum(step.top_set if top is None else top)
        theta = self.answer.query_probability
        problems = [
            *self.numbers("minimum", minimum, self.answer.minimum),
            *self.numbers(
                "query_probability",
                {"": 1 - sum(minimum.values(), Fraction(0))},
                None if theta is None else {"": theta},
            ),
        ]
        if problems and self.answer.top_set is None and self.within_reach():
            # Which of the top sets within the budget was used is not known.
            self.excused += [f"{p} (top_set omitted near a boundary)" for p in problems]
        else:
            self.wrong += problems

    def within_reach(self) -> bool:
        """Whether some decision could go either way within the budget."""
        budget = self.declared.budget("top_set")
        right = self.expected.step.top_set
        return bool(budget.amount) and any(
            c.margin <= c.reach for c in asserted(right, self.expected, budget)
        )


def _difference(name: str, key: str, number: Number, exact: Fraction, allowed: Fraction) -> str:
    place = f"{name}[{shorten(key, 40)}]" if key else name
    if number.exact:
        return f"{place}: expected {shorten(exact)}, got {shorten(number.value)}"
    error = decimal(ulps_between(number.value, exact), 4)
    limit = decimal(ulps_between(exact + allowed, exact), 4)
    return (
        f"{place}: expected {shorten(exact)}, got about {decimal(number.value, 17)}: "
        f"off by {error} ulp, {limit} allowed"
    )


def judge(expected: Expected, answer: Answer, declared: Declaration | None = None) -> Judgement:
    """Judge one answer; without a declaration, every number must be exactly right.

    >>> from exact_cbil.models import treacherous_turn
    >>> from exact_cbil.testing.questions import Question
    >>> from exact_cbil.testing.reference import Reference
    >>> expected = Reference().expected(Question("q", treacherous_turn(), ()))
    >>> judge(expected, Answer(top_set=("traitor", "noisy"))).problems[0]
    "top_set: expected ['traitor', 'noisy', 'demonstrator'], got ['traitor', 'noisy']: it is \
false that 'demonstrator' is not at the threshold"
    """
    judgement = _Judge(expected, answer, declared or Declaration())
    judgement.step()
    grade = Grade.MATCH
    if judgement.wrong:
        grade = Grade.MISMATCH
    elif judgement.excused:
        grade = Grade.NEAR_BOUNDARY
    return Judgement(
        expected.question.id,
        grade,
        [*judgement.wrong, *judgement.excused],
        judgement.errors,
        expected.distance,
    )

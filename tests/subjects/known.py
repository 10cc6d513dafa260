"""The subjects that are known here, and what became of each: the page `docs/subjects.md`.

`python -m tests.subjects` runs them all, keeps what became of them in `results.json`, and writes
the page; `python -m tests.subjects --page` writes the page of what is kept.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

from exact_cbil.testing import (
    Declaration,
    Grade,
    ObjectSubject,
    Program,
    Question,
    Reference,
    examine,
)
from exact_cbil.testing.axes import AXES, covered
from exact_cbil.testing.stream import stream
from exact_cbil.testing.subjects import Subject
from exact_cbil.testing.wrong_learners import WRONG_LEARNERS, LiteralLearner
from tests.conform_helpers import C_BUDGETS, SUBJECTS, Cached, vectors
from tests.subjects.filtered import Filtered
from tests.subjects.float64 import BUDGETS, Float64
from tests.subjects.guardrail_rule import Rule, Rule32
from tests.subjects.integers import Batch
from tests.subjects.learner import Learner

PAGE = SUBJECTS.parents[1] / "docs" / "subjects.md"
RESULTS = SUBJECTS / "results.json"
RANDOM = 10_000
"""Random questions that a right learner is asked."""
WITHIN = 2000
"""Random questions within which a wrong learner falls."""
SMALL = 12_000
"""The longest question, in bytes, that a wrong learner is asked if a shorter one will do."""
TOGETHER = 500


@dataclass(frozen=True)
class Known:
    """A subject: its file, what it computes in, how it is made in a folder, what it declares."""

    name: str
    file: str
    numbers: str
    make: Callable[[Path], Subject]
    budgets: tuple[str, ...] = ()


def compiled(folder: Path) -> Subject:
    """The learner in C."""
    program = folder / "learner"
    source = str(SUBJECTS / "learner.c")
    subprocess.run(["gcc", "-O2", "-o", str(program), source, "-lm"], check=True)
    return Program([str(program)])


def held(learner: Callable[[], object]) -> Callable[[Path], Subject]:
    """A Python object, in this process."""
    return lambda folder: ObjectSubject(learner())


RULE = ("posterior=1e-9", "minimum=1ulp", "query_probability=1e-15")
RULE_32 = ("posterior=1e-2", "minimum=1e-7", "query_probability=1e-6")

DECIDED = (*BUDGETS, "top_set=0")

KNOWN = (
    Known("the engine", "exact_cbil", "rationals", held(Reference)),
    Known("Python", "learner.py", "fractions", held(Learner)),
    Known(
        "JavaScript",
        "learner.js",
        "BigInt",
        lambda folder: Program(["node", str(SUBJECTS / "learner.js")]),
    ),
    Known("Python, batched", "integers.py", "integers", held(Batch)),
    Known("NumPy, doubts decided exactly", "filtered.py", "float64", held(Filtered), DECIDED),
    Known("C", "learner.c", "long double", compiled, C_BUDGETS),
    Known("NumPy", "float64.py", "float64", held(Float64), BUDGETS),
    Known("the guardrail rule", "guardrail_rule.py", "float64", held(Rule), RULE),
    Known("the guardrail rule", "guardrail_rule.py", "float32", held(Rule32), RULE_32),
)


@dataclass
class Tally:
    """What became of a subject: questions by outcome, by decision, and those of another top set."""

    conforms: bool = True
    outcomes: Counter[str] = field(default_factory=Counter)
    decided: Counter[str] = field(default_factory=Counter)
    other: Counter[str] = field(default_factory=Counter)


def run(known: Sequence[Known], folder: Path, count: int) -> list[Tally]:
    """Ask all subjects all vectors and `count` random questions, a few hundred at a time."""
    subjects = [(one.make(folder), Declaration.parse(one.budgets), Tally()) for one in known]
    left = chain(vectors(), stream(0, count))
    while questions := list(islice(left, TOGETHER)):
        reference = Cached()
        decisions = {q.id: covered(reference.expected(q))["decision"] for q in questions}
        for subject, declared, tally in subjects:
            report = examine(subject, questions, declared, reference=reference)
            tally.conforms &= report.conforms
            tally.decided.update(decisions.values())
            for name, grade in report.grades.items():
                tally.outcomes[grade.value] += 1
                if grade is Grade.NEAR_BOUNDARY:
                    tally.other[decisions[name]] += 1
    return [tally for _, _, tally in subjects]


# -- the wrong learners ---------------------------------------------------------------------------


def falls(learner: LiteralLearner, questions: Sequence[Question], reference: Reference) -> int:
    """The number of a question, from 1, that a wrong learner fails: the first of the small ones.

    Raises ValueError when it passes all.
    """
    numbers = {question.id: number for number, question in enumerate(questions, start=1)}
    small = [question for question in questions if len(question.line) < SMALL]
    large = [question for question in questions if len(question.line) >= SMALL]
    # Together, as what is kept from one question to another shows in no question that is alone.
    for asked in (small[:16], small[:128], small, *([question] for question in large)):
        report = examine(ObjectSubject(learner), asked, reference=reference)
        if not report.conforms:
            return min(numbers[name] for name, grade in report.grades.items() if not grade.fine)
    raise ValueError("a wrong learner passes")


def wrong_learners(count: int) -> Iterator[tuple[str, str, int, int]]:
    """For each kind of bug: its flag and meaning, its learners, and when the last of them fell.

    Raises ValueError where the vectors alone, or the questions alone, let one pass.
    """
    reference = Cached()
    questions = list(stream(0, count))
    stored = vectors()  # in their order, which a learner that keeps too much depends on
    for flag, wrong in WRONG_LEARNERS.items():
        for learner in wrong.learners:
            falls(learner, stored, reference)
        within = max(falls(learner, questions, reference) for learner in wrong.learners)
        yield flag, wrong.meaning, len(wrong.learners), within


# -- the page -------------------------------------------------------------------------------------


def digest() -> str:
    """What the results are of: subjects, vectors, axes and kinds of bug."""
    made = hashlib.sha256()
    for name in sorted({one.file for one in KNOWN if (SUBJECTS / one.file).is_file()}):
        made.update((SUBJECTS / name).read_bytes())
    for question in vectors():
        made.update(question.line.encode())
    subjects = [(one.name, one.file, one.numbers, one.budgets) for one in KNOWN]
    bugs = [(flag, wrong.meaning, len(wrong.learners)) for flag, wrong in WRONG_LEARNERS.items()]
    made.update(repr((RANDOM, WITHIN, AXES, subjects, bugs)).encode())
    return made.hexdigest()[:16]


def measure(folder: Path) -> dict[str, Any]:
    """Run everything, which takes minutes: what `results.json` keeps."""
    return {
        "digest": digest(),
        "vectors": len(vectors()),
        "random": RANDOM,
        "subjects": [vars(tally) for tally in run(KNOWN, folder, RANDOM)],
        "bugs": list(wrong_learners(WITHIN)),
    }


def page(results: dict[str, Any]) -> str:
    """The page of the results."""
    pairs = list(zip(KNOWN, results["subjects"], strict=True))
    return TEXT.format(
        vectors=results["vectors"],
        random=_count(results["random"]),
        subjects="\n".join(_row(one, tally) for one, tally in pairs),
        budgets="\n".join(
            f"- {one.name}, {one.numbers}: `{' '.join(one.budgets)}`"
            for one, _ in pairs
            if one.budgets
        ),
        others="\n".join(_others(one, tally) for one, tally in pairs if one.budgets),
        bugs="\n".join(
            f"| `{flag}` | {meaning} | {learners} | {_count(within)} |"
            for flag, meaning, learners, within in results["bugs"]
        ),
        learners=sum(learners for _, _, learners, _ in results["bugs"]),
        kinds=len(results["bugs"]),
    )


def _count(count: int) -> str:
    return f"{count:,}"


def _row(one: Known, tally: dict[str, Any]) -> str:
    outcomes = dict(tally["outcomes"])
    right, excused = (outcomes.pop(grade, 0) for grade in ("match", "near-boundary"))
    counts = map(_count, (right, excused, sum(outcomes.values())))
    cells = [one.name, f"`{one.file}`", one.numbers, *counts]
    return f"| {' | '.join(cells)} | {'yes' if tally['conforms'] else 'no'} |"


def _others(one: Known, tally: dict[str, Any]) -> str:
    shares = [
        f"{_count(tally['other'].get(level, 0))} of {_count(tally['decided'][level])}"
        for level in ("far", "next to one", "on a boundary")
    ]
    return f"| {one.name}, {one.numbers} | {' | '.join(shares)} |"


TEXT = """# Known subjects

What `exact-cbil conform` says of every learner in this repository, asked all {vectors} vectors and
{random} random questions. The files are in `tests/subjects`; the first is the engine itself.
[Check your implementation](../exact_cbil/testing/README.md) says how to check your own.

| subject | file | numbers | right | another top set, excused | wrong | conforms |
|---|---|---|---:|---:|---:|---|
{subjects}

They declare these budgets:

{budgets}

## What a float learner should do

An error budget excuses another top set where rounding could have made it. So a learner in floats
may conform and yet trust other policies than the definition says, wherever a decision lies on a
boundary or next to one. The guardrail rule is that of the code to Bengio et al., *Can a Bayesian
oracle prevent harm from an agent?* (UAI 2025), which computes in float32: log weights are
exponentiated and sorted, and a member is whatever is at least alpha times the cumulative sum. How
many top sets differ from the exact ones, by how near the question is to a decision:

| subject | far from a boundary | next to one, within 2^-50 | on one |
|---|---:|---:|---:|
{others}

Far from a boundary floats nearly always decide rightly. But priors and likelihoods that people
write down are small fractions, so boundaries are met exactly, and there more digits help little:
float64 does hardly better than float32. `filtered.py` shows what helps:

1. Keep an exponent beside each weight, so that neither a product nor a likelihood underflows.
2. Bound the relative error: two roundings for each queried step, one for each addition.
3. Rank by a stable sort in class order, and stop at the first policy that is no member: beyond it,
   rounding may let a later one pass.
4. Where a comparison is closer than the bound, compute the weights after that history in integers
   and decide exactly.
5. Declare `--budget top_set=0`, so that nothing about the top set is excused.

## Wrong learners

Each is the specification with one bug. All of them are caught by the vectors alone, and by random
questions alone: those of a kind have all failed by the question whose number is in the last column.

| kind of bug | what it is | learners | random questions |
|---|---|---:|---:|
{bugs}

These are {learners} wrong learners of {kinds} kinds.

Written by `python -m tests.subjects` from what it measured.
"""

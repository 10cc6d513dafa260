"""The subjects that are known here, and what became of each: the page `docs/subjects.md`.

`python -m tests.subjects` runs them all and writes the page.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

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
    """What became of a subject: questions by grade, by decision, and those of another top set."""

    conforms: bool = True
    counts: Counter[Grade] = field(default_factory=Counter)
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
            tally.counts += report.counts
            tally.decided.update(decisions.values())
            tally.other.update(
                decisions[name]
                for name, grade in report.grades.items()
                if grade is Grade.NEAR_BOUNDARY
            )
    return [tally for _, _, tally in subjects]


# -- the wrong learners ---------------------------------------------------------------------------


def falls(learner: LiteralLearner, questions: Sequence[Question], reference: Reference) -> int:
    """The number of a question, from 1, that a wrong learner fails: the first of the small ones.

    Raises ValueError when it passes all.
    """
    numbered = list(enumerate(questions, start=1))
    small = [pair for pair in numbered if len(pair[1].line) < SMALL]
    large = [pair for pair in numbered if len(pair[1].line) >= SMALL]
    for number, question in chain(small, large):
        if not examine(ObjectSubject(learner), [question], reference=reference).conforms:
            return number
    raise ValueError("a wrong learner passes")


def wrong_learners(count: int) -> Iterator[tuple[str, str, int, int]]:
    """For each kind of bug: its flag and meaning, its learners, and when the last of them fell.

    Raises ValueError where the vectors alone, or the questions alone, let one pass.
    """
    reference = Cached()
    questions = list(stream(0, count))
    stored = sorted(vectors(), key=lambda question: len(question.line))
    for flag, wrong in WRONG_LEARNERS.items():
        for learner in wrong.learners:
            falls(learner, stored, reference)
        within = max(falls(learner, questions, reference) for learner in wrong.learners)
        yield flag, wrong.meaning, len(wrong.learners), within


# -- the page -------------------------------------------------------------------------------------


def digest() -> str:
    """What the page was made of: subjects, vectors, axes and kinds of bug."""
    made = hashlib.sha256()
    for file in sorted(path for path in SUBJECTS.iterdir() if path.is_file()):
        made.update(file.read_bytes())
    for question in vectors():
        made.update(question.line.encode())
    bugs = [(flag, wrong.meaning, len(wrong.learners)) for flag, wrong in WRONG_LEARNERS.items()]
    made.update(repr((RANDOM, WITHIN, AXES, bugs)).encode())
    return made.hexdigest()[:16]


def cell(count: int) -> str:
    """A count in a table."""
    return f"{count:,}"


def page(folder: Path) -> str:
    """Run everything and write the page; slow."""
    tallies = run(KNOWN, folder, RANDOM)
    stored, asked = len(vectors()), tallies[0].counts.total()
    lines = [
        "# Known subjects",
        "",
        f"<!-- {digest()}: written by `python -m tests.subjects` -->",
        "",
        "What `exact-cbil conform` says of every learner in `tests/subjects`, asked all",
        f"{stored} vectors and {cell(RANDOM)} random questions, {cell(asked)} in all.",
        "[Check your implementation](../exact_cbil/testing/README.md) says how to check your own.",
        "",
        "| subject | file | numbers | match | another top set, excused | wrong | conforms |",
        "|---|---|---|---:|---:|---:|---|",
    ]
    for one, tally in zip(KNOWN, tallies, strict=True):
        wrong = sum(count for grade, count in tally.counts.items() if not grade.fine)
        counts = (tally.counts[Grade.MATCH], tally.counts[Grade.NEAR_BOUNDARY], wrong)
        cells = [one.name, f"`{one.file}`", one.numbers, *map(cell, counts)]
        lines.append(f"| {' | '.join(cells)} | {'yes' if tally.conforms else 'no'} |")
    lines += ["", "They declare these budgets:", ""]
    for one in KNOWN:
        if one.budgets:
            lines.append(f"- {one.name}, {one.numbers}: `{' '.join(one.budgets)}`")
    lines += [
        "",
        "## What a float learner should do",
        "",
        "An error budget excuses another top set where rounding could have made it. So a float",
        "learner conforms and yet trusts other policies than the definition, wherever a decision",
        "lies on a boundary. The guardrail rule is that of the code to Bengio et al., *Can a",
        "Bayesian oracle prevent harm from an agent?* (UAI 2025): log weights, exponentiated and",
        "sorted, and a member is what is at least alpha times the cumulative sum. Its top sets,",
        "and those of the others that compute in floats, differ from the exact ones in so many",
        "questions:",
        "",
        "| subject | far from a boundary | next to one, within 2^-50 | on one |",
        "|---|---:|---:|---:|",
    ]
    for one, tally in zip(KNOWN, tallies, strict=True):
        if one.budgets:
            shares = [
                f"{cell(tally.other[level])} of {cell(tally.decided[level])}"
                for level in ("far", "next to one", "on a boundary")
            ]
            lines.append(f"| {one.name}, {one.numbers} | {' | '.join(shares)} |")
    lines += [
        "",
        "Priors and likelihoods that people write down are small fractions, so boundaries are met",
        "exactly, and float64 decides them no better than float32. `filtered.py` shows what to do:",
        "",
        "1. Keep an exponent beside each weight. Neither a product nor a likelihood underflows.",
        "2. Bound the relative error: two roundings for each queried step, one for each addition.",
        "3. Rank by a stable sort in class order, and stop at the first policy that is no member.",
        "   Above the first that fails, rounding lets a later one pass.",
        "4. Where a comparison is closer than the bound, compute the weights of that history in",
        "   integers and decide exactly. Elsewhere floats have decided rightly.",
        "5. Declare `--budget top_set=0`, so that nothing about the top set is excused.",
        "",
        "## Wrong learners",
        "",
        "Each is the specification with one bug. All of them are caught by the vectors alone, and",
        "by random questions alone: by the number in the last column all of a kind have failed.",
        "",
        "| kind of bug | what it is | learners | random questions |",
        "|---|---|---:|---:|",
    ]
    kinds = list(wrong_learners(WITHIN))
    for flag, meaning, learners, within in kinds:
        lines.append(f"| `{flag}` | {meaning} | {learners} | {cell(within)} |")
    total = sum(learners for _, _, learners, _ in kinds)
    lines += ["", f"{total} wrong learners of {len(kinds)} kinds.", ""]
    return "\n".join(lines)

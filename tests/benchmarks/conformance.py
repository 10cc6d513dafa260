"""Questions judged per second, exact answers and the subject's own work included."""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from exact_cbil.testing import (
    Declaration,
    HostedSubject,
    ObjectSubject,
    Program,
    Reference,
    examine,
)
from exact_cbil.testing.kept import COUNT, SEED
from exact_cbil.testing.stream import stream
from exact_cbil.testing.subjects import Subject
from exact_cbil.testing.wrong_learners import WRONG_LEARNERS
from tests.conform_helpers import Cached
from tests.subjects.float64 import BUDGETS, Float64
from tests.subjects.integers import Batch
from tests.subjects.known import falls

FALLS = (100, 500, 2000)
SUBJECTS = Path(__file__).parents[1] / "subjects"


def main() -> None:
    """Print questions per second for each way of asking, kept ones and ones drawn anew."""
    with tempfile.TemporaryDirectory() as folder:
        program = str(Path(folder) / "learner")
        source = str(SUBJECTS / "learner.c")
        subprocess.run(["gcc", "-O2", "-o", program, source, "-lm"], check=True)
        declared = Declaration.parse(BUDGETS)
        subjects: list[tuple[str, Subject | None]] = [
            ("drawing the questions alone", None),
            ("reference itself", ObjectSubject(Reference())),
            ("integers, batched", ObjectSubject(Batch())),
            ("the same in its own process", HostedSubject("tests.subjects.integers:Batch")),
            ("float64, NumPy", ObjectSubject(Float64())),
            ("program in C", Program([program])),
        ]
        table = Table(title=f"{COUNT} random questions, answered exactly and judged: a second")
        for column in ("subject", "kept questions", "drawn anew", "kept / drawn"):
            table.add_column(column, justify="left" if column == "subject" else "right")
        for name, subject in subjects:
            kept, drawn = (speed(subject, seed, declared) for seed in (SEED, SEED + 1))
            table.add_row(name, f"{kept:.0f}", f"{drawn:.0f}", f"{kept / drawn:.1f}")
        Console(width=100).print(table)
        Console(width=100).print(fallen())


def speed(subject: Subject | None, seed: int, declared: Declaration) -> float:
    """Questions a second; without a subject, as they are made."""
    began = time.perf_counter()
    if subject is None:
        list(stream(seed, COUNT))
    else:
        examine(subject, stream(seed, COUNT), declared)
    return COUNT / (time.perf_counter() - began)


def fallen() -> Table:
    """How many wrong learners fall within how many questions."""
    reference, questions = Cached(), list(stream(SEED, FALLS[-1]))
    learners = [learner for wrong in WRONG_LEARNERS.values() for learner in wrong.learners]
    numbers = [falls(learner, questions, reference) for learner in learners]
    table = Table(title=f"Wrong learners, of {len(learners)}, that fall within the first questions")
    for column in ("questions", "fallen"):
        table.add_column(column, justify="right")
    for count in FALLS:
        table.add_row(str(count), str(sum(number <= count for number in numbers)))
    return table


if __name__ == "__main__":
    main()

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
from exact_cbil.testing.stream import stream
from exact_cbil.testing.subjects import Subject
from exact_cbil.testing.wrong_learners import WRONG_LEARNERS
from tests.subjects.float64 import BUDGETS, Float64
from tests.subjects.integers import Batch

COUNT = 10_000
FALLS = (100, 500, 2000)
SMALL = 12_000
"""The longest question, in bytes, that the wrong learners are asked."""
SUBJECTS = Path(__file__).parents[1] / "subjects"


def main() -> None:
    """Print seconds and questions per second for each way of asking, questions drawn anew."""
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
        table = Table(title=f"{COUNT} random questions, drawn, answered exactly and judged")
        for column in ("subject", "seconds", "questions/s", "against drawing alone"):
            table.add_column(column, justify="left" if column == "subject" else "right")
        alone = 0.0
        for name, subject in subjects:
            began = time.perf_counter()
            questions = stream(0, COUNT)
            if subject is None:
                alone = sum(time.perf_counter() - began for _ in [list(questions)])
                spent = alone
            else:
                examine(subject, questions, declared)
                spent = time.perf_counter() - began
            table.add_row(name, f"{spent:.1f}", f"{COUNT / spent:.0f}", f"{spent / alone:.2f}")
        Console(width=100).print(table)
        Console(width=100).print(falls())


def falls() -> Table:
    """How many wrong learners fall within how many questions; large ones are not asked."""
    reference = Reference()
    learners = [learner for wrong in WRONG_LEARNERS.values() for learner in wrong.learners]
    total = len(learners)
    table = Table(title=f"Wrong learners, of {total}, that fall within the first questions")
    for column in ("questions", "fallen"):
        table.add_column(column, justify="right")
    for number, question in enumerate(stream(0, FALLS[-1]), start=1):
        if len(question.line) < SMALL:
            learners = [
                learner
                for learner in learners
                if examine(ObjectSubject(learner), [question], reference=reference).conforms
            ]
        if number in FALLS:
            table.add_row(str(number), str(total - len(learners)))
    return table


if __name__ == "__main__":
    main()

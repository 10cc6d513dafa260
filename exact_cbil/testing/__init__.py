"""Check another implementation of the learner against the exact one.

`questions` and `answers` are the line protocol; `reference` gives the right answer and `judge`
compares; `subjects` (Python) and `programs` (anything) reach an implementation, `host` runs Python
objects as programs; `vectors` and `stream` are where questions come from, and a `selection` chooses
among them; `suite` runs them and `suspects` names the likely bug, which is one of the
`wrong_learners`: edits of the specification, which `literal` makes a learner; `shrinking` makes a
failing question small. `findings` are all that a run found, and `service` shows them elsewhere.
`strategies` are for users' own Hypothesis tests. How to: README.md in this folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from exact_cbil.lazy import lazily

if TYPE_CHECKING:
    from exact_cbil.testing.budgets import Budget, Declaration
    from exact_cbil.testing.conformance import ConformanceTests
    from exact_cbil.testing.judge import Grade
    from exact_cbil.testing.programs import HostedSubject, Program
    from exact_cbil.testing.questions import Question, read_question
    from exact_cbil.testing.reference import Reference
    from exact_cbil.testing.subjects import BatchImplementation, Implementation, ObjectSubject
    from exact_cbil.testing.suite import Report, examine

__all__ = [
    "BatchImplementation",
    "Budget",
    "ConformanceTests",
    "Declaration",
    "Grade",
    "HostedSubject",
    "Implementation",
    "ObjectSubject",
    "Program",
    "Question",
    "Reference",
    "Report",
    "examine",
    "read_question",
]

# Loaded on demand: pytest and Hypothesis import this package in every project that has it.
if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__)

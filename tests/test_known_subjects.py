"""The known subjects: right ones conform, and the page says what was measured of these."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from exact_cbil.testing import Declaration, Grade, ObjectSubject, Program, examine
from exact_cbil.testing.subjects import Subject
from tests.conform_helpers import EXACT, REFERENCE, SCALE, SUBJECTS, random_questions, vectors
from tests.conftest import LARGE
from tests.subjects.filtered import Filtered
from tests.subjects.guardrail_rule import Rule, Rule32
from tests.subjects.known import DECIDED, PAGE, RESULTS, RULE, RULE_32, digest, measure, page
from tests.subjects.learner import Learner


def learner_js() -> Subject:
    if shutil.which("node") is None:
        pytest.skip("there is no node")
    return Program(["node", str(SUBJECTS / "learner.js")])


@pytest.mark.parametrize("make", [learner_js, lambda: ObjectSubject(Learner())], ids=["js", "py"])
def test_the_learners_to_copy_conform(make: object) -> None:
    assert callable(make)
    questions = [*vectors(), *random_questions(50 * SCALE)]
    report = examine(make(), questions, EXACT, reference=REFERENCE)
    assert report.counts == {Grade.MATCH: len(questions)}, report.failures[:1]


def test_a_float_learner_that_decides_doubts_exactly_has_no_other_top_set() -> None:
    questions = [*vectors()[:60], *random_questions(50 * SCALE)]
    learner = Filtered()
    declared = Declaration.parse(DECIDED)
    report = examine(ObjectSubject(learner), questions, declared, reference=REFERENCE)
    assert report.counts == {Grade.MATCH: len(questions)}, report.failures[:1]
    assert 0 < learner.exact < len(questions)


@pytest.mark.parametrize(("rule", "budgets"), [(Rule(), RULE), (Rule32(), RULE_32)])
def test_the_guardrail_rule_has_other_top_sets(rule: Rule, budgets: tuple[str, ...]) -> None:
    questions = random_questions(50 * SCALE)
    declared = Declaration.parse(budgets)
    report = examine(ObjectSubject(rule), questions, declared, reference=REFERENCE)
    assert report.conforms
    excused = report.counts[Grade.NEAR_BOUNDARY]
    assert excused > 0
    strict = Declaration.parse([*budgets, "top_set=0"])
    report = examine(ObjectSubject(rule), questions, strict, reference=REFERENCE)
    assert report.counts[Grade.MISMATCH] == excused


def test_the_page_is_that_of_what_was_measured() -> None:
    results = json.loads(RESULTS.read_text())
    assert PAGE.read_text() == page(results), "write it: python -m tests.subjects --page"
    assert results["digest"] == digest(), "a subject has changed: python -m tests.subjects"
    assert all(tally["conforms"] for tally in results["subjects"])


@pytest.mark.skipif(not LARGE, reason="takes minutes: CBIL_LARGE=1")
def test_what_was_measured_is_so(tmp_path: Path) -> None:
    assert json.loads(json.dumps(measure(tmp_path))) == json.loads(RESULTS.read_text())

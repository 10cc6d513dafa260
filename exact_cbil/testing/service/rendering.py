"""Findings as a page for people, as a badge, and as JUnit for a CI server.

What others wrote (names, answers, what a program said) appears as inert text: control characters
are written out, and Jinja2 or ElementTree escapes the rest. The page loads nothing from anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple
from xml.etree import ElementTree

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from exact_cbil.errors import printable
from exact_cbil.numbers import decimal
from exact_cbil.testing.findings import Findings
from exact_cbil.testing.judge import Grade
from exact_cbil.testing.suite import Failure

__all__ = ["badge", "junit", "page"]

FAILURES = 10
"""Failures that are shown whole on the page."""
SUSPECTS = 3
LONGEST_SNIPPET = 20_000
CHARACTER = 6.1
"""The width of a character of the badge on average; the text is fitted to the width."""
MEANINGS = {
    Grade.MATCH: "right, or within the budget",
    Grade.NEAR_BOUNDARY: "another top set, which weights within the budget could have made right",
    Grade.MISMATCH: "wrong, and certainly beyond the budget",
    Grade.ERRORED: "not an answer",
    Grade.SKIPPED: "not asked, as declared",
    Grade.NO_ANSWER: "the program ended, hung or was stopped before it",
}


def _inert(value: Any) -> Any:
    return printable(value) if isinstance(value, str) else value


_templates = Environment(
    loader=PackageLoader(__package__, ""),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_inert,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _code(text: str) -> Markup:
    """Our own words, with what stands between backticks as code."""
    return Markup(re.sub("`(.*?)`", r"<code>\1</code>", str(escape(text))))


_templates.filters["code"] = _code


class _Shown(NamedTuple):
    """A failure on the page. paste: the line that asks the question again, if it is not long."""

    id: str
    outcome: str
    problems: list[str]
    flags: str
    distance: str
    paste: str | None
    size: int


def _approximate(value: Fraction | None) -> str:
    if value is None:
        return "nothing is decided"
    return "0" if value == 0 else f"~{decimal(value, 4)}"


def _shown(found: Findings, failure: Failure) -> _Shown:
    paste = found.replay(failure.question)
    return _Shown(
        failure.judgement.id,
        failure.judgement.grade.value,
        failure.judgement.problems,
        ", ".join(failure.question.flags),
        _approximate(failure.judgement.distance),
        paste if len(paste) <= LONGEST_SNIPPET else None,
        len(failure.question.line),
    )


def page(found: Findings) -> str:
    """The findings as one HTML file without scripts, which needs nothing else."""
    report, diagnosis = found.report, found.diagnosis
    smallest = None if diagnosis.smallest is None else found.replay(diagnosis.smallest)
    return _templates.get_template("report.html").render(
        found=found,
        report=report,
        outcomes=[
            (grade.value, report.counts[grade], MEANINGS[grade], grade.fine)
            for grade in Grade
            if report.counts[grade]
        ],
        declared=_declared(found),
        suspects=[bug for bug in found.bugs() if bug.accounts][:SUSPECTS],
        bugs=[bug for bug in found.bugs() if bug.asked],
        advice=list(found.advice()),
        failures=[_shown(found, failure) for failure in report.failures[:FAILURES]],
        smallest=smallest if smallest and len(smallest) <= LONGEST_SNIPPET else None,
        errors={name: _approximate(error) for name, error in report.errors.items()},
        near=[(j.id, j.problems[0], _approximate(j.distance)) for j in report.near[:FAILURES]],
    )


def _declared(found: Findings) -> Mapping[str, str]:
    declared = found.declared
    budgets = {
        f"budget of {name}": f"{decimal(budget.amount, 4)}{' ulp' if budget.ulps else ''}"
        for name, budget in declared.budgets.items()
    }
    omits = {f"{name}": "not computed" for name in sorted(declared.omits)}
    skips = {f"skips {flag}": reason for flag, reason in declared.skips.items()}
    return {**budgets, **omits, **skips}


def badge(found: Findings) -> str:
    """The verdict as an SVG picture: green or red, and in words."""
    label, message = "exact-cbil", ("✓ " if found.conforms else "✗ ") + found.verdict
    widths = [round(CHARACTER * len(text)) for text in (label, message)]
    picture: str = _templates.get_template("badge.svg").render(
        label=label, message=message, widths=widths, conforms=found.conforms
    )
    return picture


def junit(found: Findings) -> str:
    """Every question as a test case of JUnit, and the verdict as one more."""
    report = found.report
    suite = ElementTree.Element("testsuite", name=printable(f"exact-cbil: {report.subject}"))
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in {**found.versions, "asked": found.asked}.items():
        ElementTree.SubElement(properties, "property", name=name, value=printable(value))
    problems = {failure.question.id: failure.judgement.problems for failure in report.failures}
    for name, grade in report.grades.items():
        _case(suite, name, grade, problems.get(name, ["not kept: one of many failures"]))
    verdict = Grade.MATCH if found.conforms else Grade.MISMATCH
    _case(suite, "verdict", verdict, [report.stopped or found.verdict])
    suite.set("tests", str(len(suite.findall("testcase"))))
    for counted, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(counted, str(len(suite.findall(f"testcase/{kind}"))))
    suites = ElementTree.Element("testsuites", {k: v for k, v in suite.items() if k != "name"})
    suites.append(suite)
    ElementTree.indent(suites)
    written: bytes = ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True)
    return written.decode() + "\n"


def _case(suite: ElementTree.Element, name: str, grade: Grade, problems: list[str]) -> None:
    group = printable(name.partition("-")[0])
    case = ElementTree.SubElement(suite, "testcase", name=printable(name), classname=group)
    if grade is Grade.SKIPPED:
        ElementTree.SubElement(case, "skipped")
    elif not grade.fine:
        kind = "failure" if grade is Grade.MISMATCH else "error"
        lines = [printable(problem) for problem in problems]
        trouble = ElementTree.SubElement(case, kind, type=grade.value, message=lines[0])
        trouble.text = "\n".join(lines)

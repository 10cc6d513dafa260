"""What a run found, in every form: they agree, they are inert, and they stand alone."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from exact_cbil.cli.conform_report import show
from exact_cbil.testing import Declaration, ObjectSubject, Question, examine, read_question
from exact_cbil.testing.axes import AXES
from exact_cbil.testing.diagnosis import diagnose
from exact_cbil.testing.findings import Findings, versions
from exact_cbil.testing.selection import Selection, parse_features
from exact_cbil.testing.service import rendering
from exact_cbil.testing.vectors import VERSIONS
from tests.commands import Outcome
from tests.conform_helpers import EXACT, REFERENCE, named, vectors
from tests.subjects.integers import Batch
from tests.subjects.maximum import Maximum

EVIL = '<script>alert("1")</script>&\x1b[31m\u202e\x00]]>--><!--'
LOADS = {"src", "href", "action", "data", "srcset", "background", "poster"}


def findings(
    implementation: Any, questions: list[Question], declared: Declaration = EXACT
) -> Findings:
    subject = ObjectSubject(implementation)
    report = examine(subject, questions, declared, reference=REFERENCE)
    diagnosis = diagnose(report, subject, declared, REFERENCE, shrinking=False)
    command = ("exact-cbil", "conform", "--questions", "-", "--object", EVIL)
    return Findings(report, diagnosis, declared, "some vectors", command, versions())


@pytest.fixture(scope="module")
def right() -> Findings:
    return findings(Batch(), vectors()[:20])


@pytest.fixture(scope="module")
def wrong() -> Findings:
    return findings(Maximum(), vectors()[:60])


@pytest.fixture(scope="module")
def evil() -> Findings:
    """What others wrote is markup wherever it may be: names, ids, answers, reasons."""
    answer = {"top_set": [EVIL], "posterior": {EVIL: "1"}, "minimum": {EVIL: EVIL}}

    class Says:
        def steps(self, batch: list[Question]) -> list[Any]:
            return [answer if question.id == EVIL else question.model for question in batch]

    skipped = vectors()[3]
    declared = Declaration.parse(skips=[f"{skipped.flags[0]}={EVIL}"])
    found = findings(Says(), [read_question(named(EVIL)), *vectors()[1:4]], declared)
    found.report.subject = EVIL
    found.report.stopped = EVIL
    return found


class Page(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words = ""
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert not LOADS & {name for name, _ in attributes}
        assert not any(name.startswith("on") for name, _ in attributes)
        self.tags.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words += data


@pytest.mark.parametrize("name", ["right", "wrong", "evil"])
def test_a_page_stands_alone_and_is_inert(name: str, request: pytest.FixtureRequest) -> None:
    found: Findings = request.getfixturevalue(name)
    text = rendering.page(found)
    page = Page(text)
    assert page.open == []
    assert not {"script", "link", "img", "iframe", "object"} & set(page.tags)
    assert "@import" not in text
    assert "url(" not in text
    assert all(c.isprintable() or c == "\n" for c in text)
    assert found.verdict in page.words
    for axis, levels in AXES.items():
        assert axis in page.words
        assert all(
            f"{level}: {found.report.covered[axis][level]}" in page.words for level in levels
        )


def test_a_page_says_what_failed_and_how_to_ask_again(wrong: Findings) -> None:
    page = Page(rendering.page(wrong))
    first = wrong.report.failures[0]
    assert page.words.count("mismatch") > rendering.FAILURES
    assert first.judgement.problems[0] in page.words
    assert wrong.replay(first.question).replace(EVIL, "") in page.words.replace(EVIL, "")
    assert "the query probability is the mass of the minimum" in page.words
    assert re.search(r"query-probability.*?3\s+3\s", page.words, re.DOTALL)
    assert wrong.versions["exact-cbil"] in page.words


def test_what_others_wrote_stands_there_as_text(evil: Findings) -> None:
    shown = EVIL.replace("\x1b", "\\x1b").replace("\u202e", "\\u202e").replace("\x00", "\\x00")
    assert Page(rendering.page(evil)).words.count(shown) >= 4
    suite = ElementTree.fromstring(rendering.junit(evil))
    assert suite[0].get("name") == f"exact-cbil: {shown}"
    assert {case.get("name") for case in suite.iter("testcase")} >= {shown, "verdict"}


@pytest.mark.parametrize("name", ["right", "wrong", "evil"])
def test_the_forms_agree(
    name: str, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    found: Findings = request.getfixturevalue(name)
    told = json.loads(json.dumps(found.to_json()))
    assert told["conforms"] is found.conforms is (name == "right")
    failed = sum(told["outcomes"][grade] for grade in ("mismatch", "errored", "no-answer"))
    assert failed == found.failed

    suite = ElementTree.fromstring(rendering.junit(found))[0]
    cases = suite.findall("testcase")
    troubles = [case for case in cases if case.find("failure") is not None]
    errors = [case for case in cases if case.find("error") is not None]
    assert [suite.get(key) for key in ("tests", "failures", "errors", "skipped")] == [
        str(len(cases)),
        str(len(troubles)),
        str(len(errors)),
        str(told["outcomes"]["declared-skip"]),
    ]
    assert len(cases) == told["asked"] + 1
    assert len(troubles) + len(errors) == failed + (not found.conforms)

    show(found)
    assert capsys.readouterr().out.endswith(f"{found.verdict}\n")
    if found.failed:
        assert f"{failed} of them failed" in rendering.page(found)


@pytest.mark.parametrize(
    ("name", "colour", "other"), [("right", "#1a7f37", "#b3261e"), ("wrong", "#b3261e", "#1a7f37")]
)
def test_the_badge_says_it_in_colour_and_words(
    name: str, colour: str, other: str, request: pytest.FixtureRequest
) -> None:
    found: Findings = request.getfixturevalue(name)
    picture = rendering.badge(found)
    root = ElementTree.fromstring(picture)
    words = "".join(root.itertext())
    assert found.verdict in words
    assert ("✓" in words, "✗" in words) == (found.conforms, not found.conforms)
    assert colour in picture
    assert other not in picture


# -- from the command line ------------------------------------------------------------------------


def test_the_command_writes_every_form(tmp_path: Path) -> None:
    written = {form: tmp_path / f"out.{form}" for form in ("html", "svg", "xml")}
    options = zip(("--report", "--badge", "--junit"), written.values(), strict=True)
    result = Outcome(
        "conform",
        *("--object", "tests.subjects.maximum:Maximum", "--vectors", "v1", "--random", "0"),
        *("--feature", "alpha=1", "--feature", "alpha=above 1/2", "--feature", "steps=0"),
        *(word for pair in options for word in pair),
        "--json",
    )
    assert result.code == 1
    told = result.json
    reached = {level for level, count in told["covered"]["alpha"].items() if count}
    assert reached == {"1", "above 1/2"}
    assert told["covered"]["steps"]["0"] == told["asked"] > 1
    only = "alpha=1, alpha=above 1/2, steps=0"
    assert told["selection"] == f"the vectors v1, only those with {only}"
    assert "Does not conform" in written["html"].read_text()
    assert "does not conform" in written["svg"].read_text()
    assert len(list(ElementTree.parse(written["xml"]).iter("testcase"))) == told["asked"] + 1


def test_a_selection_asks_what_it_says() -> None:
    every = {q.id for version in VERSIONS for q in Selection((version,)).vectors()}
    assert every == {q.id for q in vectors()}
    wanted = parse_features(["names=reserved", "names=blank"])
    chosen = Selection(features=wanted)
    kept = [q for q in vectors() if chosen.wants(q, REFERENCE)]
    assert 1 < len(kept) < len(vectors()) / 4
    assert any("constructor" in q.line for q in kept)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--feature", "colour=red"], "there are policies, actions, "),
        (["--feature", "names=red"], "there are names=plain, names=integers, "),
        (["--feature", "names"], "there are names=plain, names=integers, "),
        (["--vectors", "v99"], "there are v1, v2"),
        (["--vectors", "v1", "--vectors", "v1"], "comes twice"),
        (["--no-vectors", "--vectors", "v1"], "leaves nothing for --vectors"),
        (["--vectors", "v1", "--random", "0", "--feature", "names=long"], "nothing is left of"),
        (["--questions", "-", "--feature", "names=long"], "--feature has no effect"),
        (["--random", "0", "--seed", "1"], "--seed has no effect"),
        (["--report", "x.pdf"], "ending in .html"),
        (["--badge", "x.png"], "ending in .svg"),
        (["--junit", "/no/such/folder/x.xml"], "no such folder"),
        (["--report", "x.html", "--save", "./x.html"], "name one file"),
    ],
)
def test_an_option_is_obeyed_or_refused(arguments: list[str], complaint: str) -> None:
    Outcome("conform", *arguments, "--", "cat").assert_refused(complaint)


def test_every_level_can_be_asked_for() -> None:
    features = [f"{axis}={level}" for axis in AXES for level in AXES[axis]]
    assert {axis: set(found) for axis, found in parse_features(features).items()} == {
        axis: set(known) for axis, known in AXES.items()
    }

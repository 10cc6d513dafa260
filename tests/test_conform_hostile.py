"""Python implementations that cheat or have accidents: none conforms, and none ends the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from exact_cbil.testing import Grade, HostedSubject, ObjectSubject, Question, examine
from exact_cbil.testing.budgets import Declaration
from exact_cbil.testing.diagnosis import diagnose
from exact_cbil.testing.subjects import CouldNotRun
from tests.commands import Outcome
from tests.conform_helpers import REFERENCE, vectors
from tests.conftest import LARGE

ASKED = vectors()[:6]

RIGHT = """
import os, signal, sys, time
from fractions import Fraction
from exact_cbil.testing import Reference
class Right(Reference):
    pass
"""

CHEATS = {
    "exits in step": "def step(self, model, history): sys.exit(0)",
    "exits at once": "def __init__(self): sys.exit(0)",
    "dies in step": "def step(self, model, history): os._exit(0)",
    "dies at once": "def __init__(self): os._exit(0)",
    "kills its process": "def step(self, model, history): os.kill(os.getpid(), signal.SIGKILL)",
    "interrupts": "def step(self, model, history): raise KeyboardInterrupt",
    "closes the generator": "def step(self, model, history): raise GeneratorExit",
    "its own exception": "def step(self, model, history): raise type('E', (BaseException,), {})",
    "an error that cannot be told": (
        "def step(self, model, history):\n"
        "        class E(Exception):\n"
        "            def __str__(self): raise SystemExit(0)\n"
        "        raise E"
    ),
    "changes the question": (
        "def step(self, model, history):\n"
        "        for name in model.prior: model.prior[name] = Fraction(1, len(model.prior))\n"
        "        object.__setattr__(model, 'alpha', Fraction(1))\n"
        "        return super().step(model, history)"
    ),
    "changes the learner": (
        "def step(self, model, history):\n"
        "        import exact_cbil.learner as learner\n"
        "        learner.top_set = lambda weights, alpha: ()\n"
        "        return super().step(model, history)"
    ),
    "changes the judge": (
        "def step(self, model, history):\n"
        "        import exact_cbil.testing.judge as judge, exact_cbil.testing.suite as suite\n"
        "        fine = judge.Judgement('x', judge.Grade.MATCH)\n"
        "        suite.judge = judge.judge = lambda *_: fine\n"
        "        return {'top_set': []}"
    ),
    "prints its answers": "def step(self, model, history): print('{}'); return {}",
    "a step that raises when looked at": (
        "step = property(lambda self: self.__dict__['x'] if sys.exit(0) else None)"
    ),
}


@pytest.fixture
def conform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Outcome]:
    """The command, asking a few questions of an object of a module with the given text."""
    (tmp_path / "asked.jsonl").write_text("".join(question.line + "\n" for question in ASKED))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))

    def call(name: str, text: str) -> Outcome:
        (tmp_path / "mine.py").write_text(text)
        options = ["--questions", "asked.jsonl", "--time-limit", "60"]
        return Outcome("conform", "--object", f"mine:{name}", *options)

    return call


@pytest.mark.parametrize("name", list(CHEATS)[:: 1 if LARGE else 2])
def test_no_cheat_conforms(conform: Callable[[str, str], Outcome], name: str) -> None:
    outcome = conform("Cheat", f"{RIGHT}\nclass Cheat(Right):\n    {CHEATS[name]}\n")
    if outcome.code == 2:
        outcome.assert_refused("exact-cbil: mine:Cheat: ")
    else:
        assert outcome.code == 1
        assert outcome.out.endswith("does not conform\n")


def test_the_same_module_without_a_cheat_conforms(conform: Callable[[str, str], Outcome]) -> None:
    noise = "def step(self, model, history): print('noise'); return super().step(model, history)"
    assert conform("Noisy", f"{RIGHT}\nclass Noisy(Right):\n    {noise}\n").code == 0


def test_importing_cannot_change_the_judge(conform: Callable[[str, str], Outcome]) -> None:
    patch = "import exact_cbil.learner\nexact_cbil.learner.top_set = lambda weights, alpha: ()\n"
    assert conform("Right", patch + RIGHT).code == 1


class Sly(str):
    """A name that equals every other."""

    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return True


class SlyNumber(Fraction):
    """A number that equals every other and is far from none."""

    def __eq__(self, other: object) -> bool:
        return True

    def __sub__(self, other: object) -> Any:
        return Fraction(0)

    __rsub__ = __sub__
    __hash__ = Fraction.__hash__


class Hostile:
    """In this process: answers made by `make` from the right step."""

    def __init__(self, make: Any) -> None:
        self.make = make

    def step(self, model: Any, history: Any) -> Any:
        return self.make(REFERENCE.step(model, history), model)


def sly_names(step: Any, model: Any) -> Any:
    return {"top_set": [Sly("nobody") for _ in step.top_set]}


def sly_numbers(step: Any, model: Any) -> Any:
    return {"query_probability": SlyNumber(7)}


class Bomb:
    def __repr__(self) -> str:
        raise SystemExit(0)


def unprintable(step: Any, model: Any) -> Any:
    return {"query_probability": Bomb()}


def leave(step: Any, model: Any) -> Any:
    raise SystemExit(0)


def close(step: Any, model: Any) -> Any:
    raise GeneratorExit


def change_the_question(step: Any, model: Any) -> Any:
    model.prior.clear()
    object.__setattr__(model, "alpha", Fraction(1, 7))
    return {"top_set": ()}


@pytest.mark.parametrize(
    ("make", "grade"),
    [
        (sly_names, Grade.MISMATCH),
        (sly_numbers, Grade.MISMATCH),
        (unprintable, Grade.ERRORED),
        (leave, Grade.ERRORED),
        (close, Grade.ERRORED),
        (change_the_question, Grade.MISMATCH),
    ],
)
def test_an_object_in_this_process(make: Any, grade: Grade) -> None:
    before = [question.document for question in ASKED]
    report = examine(ObjectSubject(Hostile(make)), ASKED)
    assert report.counts == {grade: len(ASKED)}
    # Written anew: the document of a question is kept.
    assert [Question(q.id, q.model, q.history).document for q in ASKED] == before


def test_an_interrupt_in_this_process_is_the_users() -> None:
    def interrupt(step: Any, model: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        examine(ObjectSubject(Hostile(interrupt)), ASKED)


def test_a_batch_without_end_is_stopped() -> None:
    class Endless:
        def steps(self, batch: Any) -> Iterator[Any]:
            while True:
                yield {}

    report = examine(ObjectSubject(Endless()), ASKED)
    assert report.stopped == "steps: expected 6 answers, got more"
    assert report.counts == {Grade.NO_ANSWER: 6}


def test_a_hosted_object_is_kept_and_may_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "counted.py").write_text(
        f"{RIGHT}\nclass Counted(Right):\n    asked = 0\n"
        "    def steps(self, batch):\n        self.asked += 1\n"
        "        if self.asked == 4: os._exit(3)\n"
        "        return [self.step(q.model, q.history) for q in batch][self.asked == 3:]\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    subject = HostedSubject("counted:Counted")
    try:
        assert examine(subject, ASKED).conforms
        assert examine(subject, ASKED[:1]).conforms  # the second batch of the same process
        report = examine(subject, ASKED)
        assert report.stopped == "'steps: expected 6 answers, got 5'"
        assert examine(subject, ASKED).conforms  # of a new process
    finally:
        subject.close()


def test_a_hosted_object_that_hangs_runs_out_of_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hangs.py").write_text(
        f"{RIGHT}\nclass Hangs(Right):\n    def step(self, model, history): time.sleep(600)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    report = examine(HostedSubject("hangs:Hangs", time_limit=0.5), ASKED)
    assert report.stopped == f"no answer to '{ASKED[0].id}' within 0.5 s"


@pytest.mark.parametrize(
    ("accident", "told"), [("time.sleep(600)", "within 3 s"), ("os._exit(3)", "exit status 3")]
)
def test_a_batch_has_the_time_of_its_answers_and_the_question_that_ends_it_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, accident: str, told: str
) -> None:
    (tmp_path / "batched.py").write_text(
        f"{RIGHT}\nclass Batched(Right):\n    def steps(self, batch):\n"
        f"        if any(q.id == {ASKED[1].id!r} for q in batch): {accident}\n"
        "        return [self.step(q.model, q.history) for q in batch]\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    subject = HostedSubject("batched:Batched", time_limit=0.5)
    with closing(subject):
        report = examine(subject, ASKED)
        assert report.stopped is not None
        assert told in report.stopped
        assert f"'{ASKED[0].id}' or one of the 5 asked with it" in report.stopped
        found = diagnose(report, subject, Declaration(), REFERENCE)
    assert found.smallest is not None
    assert found.smallest.id == ASKED[1].id


@pytest.mark.parametrize("target", ["nowhere", "json:nothing", "no.such.module:X", "\x1b[31m:x"])
def test_what_cannot_be_loaded(target: str) -> None:
    with pytest.raises(CouldNotRun) as raised:
        examine(HostedSubject(target), ASKED)
    assert str(raised.value).isprintable()

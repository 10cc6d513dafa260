"""Programs: a C learner conforms, hostile programs are reported, bounded and ended."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from exact_cbil.errors import CbilError
from exact_cbil.testing import Declaration, Grade, Program, examine
from exact_cbil.testing.programs import MAX_LINE
from exact_cbil.testing.subjects import CouldNotRun
from exact_cbil.testing.suite import Report
from exact_cbil.testing.wrong_learners import RIGHT
from tests.commands import MARKER, PROGRAM, eventually, marked
from tests.conform_helpers import C_BUDGETS, REFERENCE, SCALE, SUBJECTS, random_questions, vectors


@pytest.fixture(scope="session")
def c_learner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = tmp_path_factory.mktemp("c") / "learner"
    source = str(SUBJECTS / "learner.c")
    flags = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror"]
    subprocess.run(["gcc", *flags, "-o", str(program), source, "-lm"], check=True)
    return program


def test_c_learner_conforms(c_learner: Path) -> None:
    questions = [*vectors(), *random_questions(50 * SCALE)]
    report = examine(
        Program([str(c_learner)]), questions, Declaration.parse(C_BUDGETS), reference=REFERENCE
    )
    assert report.conforms, report
    assert report.asked == len(questions)
    assert set(report.errors) == {"posterior", "minimum", "query_probability"}
    # Exact ties that floats decide otherwise are reported, not passed over.
    assert report.counts[Grade.NEAR_BOUNDARY] > 0


def test_c_learner_without_a_budget_does_not_conform(c_learner: Path) -> None:
    report = examine(Program([str(c_learner)]), vectors(), reference=REFERENCE)
    assert report.counts[Grade.MISMATCH] > 10
    assert report.counts[Grade.MATCH] > 10  # dyadic numbers are exact in floats


# Each is given the questions on standard input, with `first`, `good`, `say` and `reply` at hand.
# The right answers lie beside it, so that it starts at once on any machine.
PRELUDE = """
import json, os, signal, subprocess, sys, time
with open(sys.argv[0] + ".answers") as file:
    right = json.load(file)
def reply(line):
    return right[json.loads(line)["id"]]
def say(value):
    print(value if isinstance(value, str) else json.dumps(value), flush=True)
first = sys.stdin.readline()
good = reply(first)
"""
ASKED = 5
PATIENCE = 60.0

HOSTILE = {
    "an error above a version": (
        "say(good); print('TypeError: x is null\\n\\nRuntime v1', file=sys.stderr); sys.exit(1)",
        "it last said: 'TypeError: x is null'",
    ),
    "infinite output": ("while True: sys.stdout.write('x\\n' * 5000)", "more than one answer"),
    "no newline": (
        "while True: sys.stdout.write('x' * 65536)",
        f"a line of more than {MAX_LINE} bytes",
    ),
    "1 GB line": (
        "for _ in range(1024): sys.stdout.write('x' * 2**20)",
        f"a line of more than {MAX_LINE} bytes",
    ),
    "silence": ("time.sleep(60)", "no answer to 'random-0-"),
    "silence after one": ("say(good); time.sleep(60)", "no answer to 'random-0-"),
    "deaf to SIGTERM": (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: time.sleep(60)",
        "no answer to 'random-0-",
    ),
    "duplicate id": ("say(good); say(good); time.sleep(60)", "a question already answered"),
    "unknown id": ("good['id'] = 'zzz'; say(good); time.sleep(60)", "an unknown question"),
    "out of order": (
        "second = sys.stdin.readline(); say(reply(second)); say(good); time.sleep(60)",
        "a later question",
    ),
    "exit in the middle": ("say(good); sys.exit(3)", "ended with exit status 3 before it answered"),
    "killed in the middle": (
        "say(good); os.kill(os.getpid(), signal.SIGSEGV)",
        "ended killed by signal 11",
    ),
    "one answer too many": (
        "say(good)\nfor line in sys.stdin: last = reply(line); say(last)\nsay(last)",
        "more than one answer a question",
    ),
    "never ends": (
        "say(good)\nfor line in sys.stdin: say(reply(line))\ntime.sleep(60)",
        "did not end within",
    ),
}

RUBBISH = {
    "not JSON": ("hello", "expected JSON"),
    "a list": ("[]", "expected a JSON object"),
    "NaN": ('{"id":"X","query_probability":NaN}', "literal NaN"),
    "Infinity": ('{"id":"X","query_probability":1e999}', "expected a finite number"),
    "decimal string": ('{"id":"X","query_probability":"0.5"}', "expected an exact rational"),
    "true for a number": ('{"id":"X","query_probability":true}', "expected a number"),
    "duplicate key": ('{"id":"X","id":"X"}', "expected a key once"),
    "unknown key": ('{"id":"X","speed":1}', "unknown key 'speed'"),
    "names that are numbers": ('{"id":"X","top_set":[1]}', "expected an array of names"),
    "deep nesting": ("[" * 100_000, "nested less deeply"),
    "long number": (
        '{"id":"X","query_probability":' + "1" * 5000 + "}",
        "expected a number, got a number of 5000 digits",
    ),
    "its own error": ('{"id":"X","error":"too big"}', "answered with an error: 'too big'"),
}


SILENT = {"silence": 1.5, "silence after one": 1.5, "deaf to SIGTERM": 1.5, "never ends": 5.0}
"""Those that are waited for in vain, and how long."""


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A place for the scripts; afterwards none of their processes may be left."""
    monkeypatch.setenv(MARKER, str(tmp_path))
    script = tmp_path / "hostile.py"
    answers = {question.id: RIGHT.answer(question.document) for question in random_questions(ASKED)}
    script.with_name("hostile.py.answers").write_text(json.dumps(answers, default=str))
    yield script
    assert eventually(lambda: not marked(str(tmp_path)))


def run(script: Path, body: str, limit: float = PATIENCE) -> Report:
    script.write_text(PRELUDE + body)
    program = Program([sys.executable, "-S", str(script)], time_limit=limit)
    return examine(program, random_questions(ASKED), reference=REFERENCE)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_program_is_reported_and_ended(hostile: Path, name: str) -> None:
    body, complaint = HOSTILE[name]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = run(hostile, body, SILENT.get(name, PATIENCE))
    assert report.stopped is not None
    assert complaint in report.stopped
    assert "\n" not in report.stopped
    assert not report.conforms
    assert report.asked == ASKED  # every question that was taken has a grade
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 6 * MAX_LINE / 1024  # KiB


@pytest.mark.parametrize("name", RUBBISH)
def test_rubbish_is_an_error_of_that_answer_alone(hostile: Path, name: str) -> None:
    text, complaint = RUBBISH[name]
    body = f"say({text!r}.replace('X', good['id']))\nfor line in sys.stdin: say(reply(line))"
    report = run(hostile, body)
    assert report.stopped is None
    assert report.counts == {Grade.ERRORED: 1, Grade.MATCH: 4}
    assert complaint in report.failures[0].judgement.problems[0]


def test_invalid_utf8(hostile: Path) -> None:
    body = "sys.stdout.buffer.write(b'\\xff\\n')\nfor line in sys.stdin: say(reply(line))"
    report = run(hostile, body)
    assert report.counts == {Grade.ERRORED: 1, Grade.MATCH: 4}
    assert "expected UTF-8" in report.failures[0].judgement.problems[0]


def test_an_answer_may_lack_its_newline_at_the_end(hostile: Path) -> None:
    body = "lines = [json.dumps(good)] + [json.dumps(reply(l)) for l in sys.stdin]\n"
    report = run(hostile, body + "sys.stdout.write('\\n'.join(lines))")
    assert report.conforms


def test_children_of_a_program_end_with_it(hostile: Path) -> None:
    child = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"
    body = f"subprocess.Popen([sys.executable, '-c', {child!r}, {str(hostile)!r}])\n"
    # The child holds the output open, but it ends with the program.
    report = run(hostile, body + "say(good)\nfor line in sys.stdin: say(reply(line))")
    assert report.conforms


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a session of its own gets away")
def test_a_daemon_of_a_program_ends_with_it(hostile: Path) -> None:
    """Forked twice, in a session of its own, with no descriptor of ours: gone at a normal end."""
    daemon = (
        "if not os.fork():\n"
        "    os.setsid()\n"
        "    if not os.fork():\n"
        "        os.closerange(0, 100)\n"
        "        open(sys.argv[0] + '.started', 'w').close()\n"
        "        time.sleep(60)\n"
        "    os._exit(0)\n"
        "os.wait()\n"
        "while not os.path.exists(sys.argv[0] + '.started'): time.sleep(0.01)\n"
    )
    report = run(hostile, daemon + "say(good)\nfor line in sys.stdin: say(reply(line))")
    assert report.conforms
    assert not marked(str(hostile.parent))  # at once, not some time later


def test_a_flood_on_standard_error_without_answers_runs_out_of_time(hostile: Path) -> None:
    report = run(hostile, "while True: sys.stderr.write('noise' * 10**5)", 1.5)
    assert "no answer to 'random-0-" in str(report.stopped)


def test_a_program_that_closes_its_output_is_not_said_to_have_ended(hostile: Path) -> None:
    report = run(hostile, "say(good)\nos.close(1)\ntime.sleep(60)")
    assert str(report.stopped).startswith("closed its output before it answered 'random-0-1'")


def test_a_program_is_held_to_its_memory(hostile: Path) -> None:
    hostile.write_text(PRELUDE + "say(good)\nkept = bytearray(2**31)\ntime.sleep(60)")
    program = Program([sys.executable, str(hostile)], memory=2**30)
    report = examine(program, random_questions(3), reference=REFERENCE)
    assert "MemoryError" in str(report.stopped)


@pytest.mark.parametrize("seconds", [0.0, -1.0, 2e6, float("inf"), 1e308, float("nan")])
def test_a_time_limit_is_a_number_of_seconds(seconds: float) -> None:
    with pytest.raises(CbilError, match="time limit: expected seconds from"):
        Program(["cat"], time_limit=seconds)


def test_noise_on_standard_error_is_drained(hostile: Path) -> None:
    body = (
        "sys.stderr.write('noise\\n' * 10**6)\nsay(good)\nfor line in sys.stdin: say(reply(line))"
    )
    assert run(hostile, body).conforms


def test_a_program_that_dies_at_once_could_not_be_run(hostile: Path) -> None:
    hostile.write_text("raise SystemExit('no such file: weights.bin')")
    with pytest.raises(CouldNotRun, match=r"exit status 1 .*no such file: weights\.bin"):
        examine(Program([sys.executable, str(hostile)]), random_questions(3))


@pytest.mark.parametrize("command", [["/no/such/program"], ["/"], ["a\0b"]])
def test_a_program_that_is_not_there(command: list[str]) -> None:
    with pytest.raises(CouldNotRun, match="could not be started"):
        examine(Program(command), random_questions(3))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_the_program_and_its_children_end_with_us(hostile: Path, number: int) -> None:
    """Deaf to SIGTERM, one of them in a session of its own, and we may be killed outright."""
    started = hostile.with_name("started")
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); "
    deaf += f"open({str(started)!r}, 'a').write('x'); time.sleep(600)"
    child = f"subprocess.Popen([sys.executable, '-c', {deaf!r}], start_new_session=True)"
    hostile.write_text(f"import subprocess, sys; {child}\n{deaf}")
    program = ["--time-limit", "500", "--", sys.executable, str(hostile)]
    command = [*PROGRAM, "conform", *program]
    # Not a `Child`, which would end what is left for us.
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet) as outer:
        try:
            assert eventually(lambda: started.exists() and len(started.read_bytes()) == 2)
            outer.send_signal(number)
            outer.wait(600)
            assert eventually(lambda: not marked(str(hostile.parent)))
        finally:
            outer.kill()

"""However a command ends, its caller sees one line and an exit code, and nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap

import click
import pytest

from exact_cbil import cli
from tests.commands import PROGRAM, Outcome, eventually

DOOR = "from exact_cbil.cli.door import enter, leave, listen, complain; enter(); listen();"


def ended(line: list[str], **options: object) -> tuple[int, str]:
    """The exit code of a program and what it said on standard error."""
    done = subprocess.run(line, capture_output=True, text=True, timeout=600, **options)  # type: ignore[call-overload]
    return done.returncode, done.stderr


def after(code: str) -> list[str]:
    """A program that runs some code behind the door."""
    return [sys.executable, "-c", DOOR + textwrap.dedent(code)]


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("import os; os.abort()", "SIGABRT"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "memory is gone"),
        ("import resource; resource.setrlimit(resource.RLIMIT_AS, (2**29, 2**29));"
         "import gmpy2; gmpy2.mpz(1) << 2**33", "out of memory"),
    ],
)  # fmt: skip
def test_a_crash_is_one_line(code: str, says: str) -> None:
    status, said = ended(after(code))
    assert status == 2
    assert said.startswith("exact-cbil: ")
    assert said.count("\n") == 1
    assert says in said


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (MemoryError(), "out of memory"),
        (RecursionError(), "nested"),
        (KeyError("x"), "unexpected KeyError"),
        (OSError(28, "No space left on device", "a/path"), "a/path: No space left"),
        (click.ClickException("one\ntwo\x1b[31m"), "one two\\x1b[31m"),
    ],
)
def test_an_error_that_nobody_expected_is_one_line(
    error: Exception, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(cli.program, "main", fail)
    outcome = Outcome("models")
    assert outcome.code == 2
    assert outcome.err.count("\n") == 1
    assert says in outcome.err


def test_the_limit_of_memory_is_obeyed() -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30));"
    program = [*PROGRAM[:2], limit + PROGRAM[2], "run", "rare-action", "--horizon", "1000000"]
    status, said = ended(program)
    assert status == 2
    assert said.count("\n") == 1
    assert "memory" in said or "GB" in said


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_a_closed_stream_is_no_traceback(closed: int) -> None:
    line = 'exec "$0" "$@" ' + ("<&-", ">&-", "2>&-")[closed]
    status, said = ended(["sh", "-c", line, *PROGRAM, "models"])
    assert status == (2 if closed == 1 else 0)
    assert said == ("exact-cbil: standard output is closed\n" if closed == 1 else "")


def test_a_full_device_is_one_line() -> None:
    status, said = ended(["sh", "-c", 'exec "$0" "$@" >/dev/full', *PROGRAM, "models"])
    assert status == 2
    assert said == "exact-cbil: output: No space left on device\n"


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGKILL, -9)],
)
def test_a_signal_ends_the_command_and_its_process(number: signal.Signals, status: int) -> None:
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    code = f"""
    from exact_cbil import cli
    def work(*_, **__): {code}
    cli.program.main = work
    cli.main()
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        restore_signals=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        worker = int(process.stdout.readline())
        process.send_signal(number)
        assert process.wait(600) == status
        assert "Traceback" not in process.stderr.read()
    assert eventually(lambda: not os.path.exists(f"/proc/{worker}"))


def test_a_command_that_does_not_end_at_a_signal_is_killed_and_counts_as_ended_by_it() -> None:
    code = """
    import os, signal, time
    from exact_cbil.cli import door
    door.PATIENCE = 0.01
    door.enter()
    door.listen()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.kill(os.getppid(), signal.SIGTERM)
    time.sleep(600)
    """
    program = [sys.executable, "-c", textwrap.dedent(code)]
    assert ended(program) == (128 + signal.SIGTERM, "")


@pytest.mark.parametrize(
    ("number", "says"), [(signal.SIGTERM, ""), (signal.SIGINT, "exact-cbil: interrupted\n")]
)
def test_an_error_in_the_place_of_a_signal_is_that_signal(
    number: signal.Signals, says: str
) -> None:
    """gmpy2 asks an object for its value, which a signal interrupts, and raises a TypeError."""
    code = f"""
    import os, signal, gmpy2
    from exact_cbil import cli
    class Slow:
        def __mpq__(self):
            os.kill(os.getpid(), {number})
    def work(*_, **__):
        signal.signal(signal.SIGINT, signal.getsignal(signal.SIGTERM))
        gmpy2.mpq(Slow())
    cli.program.main = work
    cli.main()
    """
    program = [sys.executable, "-c", textwrap.dedent(code)]
    assert ended(program) == (128 + number, says)


def test_a_signal_that_comes_at_once_is_told_like_any_other() -> None:
    code = """
    import os, signal, sys
    from exact_cbil import cli
    from exact_cbil.cli import door
    door._limit_memory = lambda: os.kill(os.getpid(), signal.SIGINT)
    sys.argv = ["exact-cbil", "models"]
    cli.main()
    """
    program = [sys.executable, "-c", textwrap.dedent(code)]
    assert ended(program) == (128 + signal.SIGINT, "exact-cbil: interrupted\n")


def test_a_second_signal_does_not_break_the_cleaning_up() -> None:
    code = """
    import os, signal, time
    from exact_cbil.cli.door import Ended
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    except Ended:
        os.kill(os.getpid(), signal.SIGTERM)
        leave(7)
    """
    assert ended(after(code)) == (7, "")

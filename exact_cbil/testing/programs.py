"""Programs under test: questions to standard input, answers from standard output, one a line.

A program is not trusted: every buffer is bounded, a silent one is stopped after a time limit, and
all that it started ends with the run, however we end. A Python object is run as a program too, by
`host`, so that it can neither change the judge nor end us. POSIX only.
"""

from __future__ import annotations

import os
import re
import selectors
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from exact_cbil.children import Child
from exact_cbil.errors import CbilError, OutOfRange, printable, shorten
from exact_cbil.strict_json import parse_json
from exact_cbil.testing.questions import Question
from exact_cbil.testing.subjects import CouldNotRun, Reply, Subject, SubjectFailed

__all__ = ["LONGEST_WAIT", "MAX_LINE", "HostedSubject", "Program"]

MAX_LINE = 16 * 2**20
"""The longest answer that is read, in bytes."""
LONGEST_WAIT = 1_000_000
"""Seconds that an answer may be given at most."""
CHUNK = 2**16
STDERR_KEPT = 2000
AHEAD = 1024
"""Questions sent ahead of their answers; a program that does not flush its output needs some."""
LOADING = 60.0
"""Seconds that a Python object has to be imported and made, unless it has more for an answer."""
ANSWERS = 10
"""What answers many questions at once has the time of at most so many answers."""
GRACE = 0.5
TROUBLE = re.compile("error|exception|panic|abort|fault", re.IGNORECASE)


class Program(Subject):
    """A program that reads questions and prints answers, in order.

    command: the program and its arguments.
    time_limit: seconds without a complete answer, from 0.01 to LONGEST_WAIT.
    memory: bytes of address space that it may use; None for no limit.
    """

    environment: dict[str, str] | None = None

    def __init__(
        self, command: Sequence[str], time_limit: float = 10.0, memory: int | None = None
    ) -> None:
        if not 0.01 <= time_limit <= LONGEST_WAIT:  # which NaN is not
            raise OutOfRange("time limit", time_limit, f"seconds from 0.01 to {LONGEST_WAIT}")
        self.command = list(command)
        self.name = " ".join(self.command)
        self.time_limit = time_limit
        self.memory = memory

    def answers(self, questions: Iterable[Question]) -> Iterator[Reply]:
        # Started anew for each series, so that no answer depends on an earlier one.
        conversation = _Conversation(self)
        try:
            yield from conversation.replies(iter(questions))
        finally:
            conversation.close()


class HostedSubject(Program):
    """A Python object in a process of its own.

    target: `module:name`, as for `load`. time_limit, memory: as for a program.
    Importing is slow, so the process is kept from one series of questions to the next.
    """

    def __init__(self, target: str, time_limit: float = 10.0, memory: int | None = None) -> None:
        host = [sys.executable, "-m", "exact_cbil.testing.host", target]
        super().__init__(host, time_limit, memory)
        self.name = target
        self.environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self._kept: _Conversation | None = None

    def answers(self, questions: Iterable[Question]) -> Iterator[Reply]:
        conversation, self._kept = self._kept or self._start(), None
        try:
            yield from conversation.replies(iter(questions), stay=True)
            self._kept = conversation
        finally:
            if self._kept is not conversation:
                conversation.close()

    def _start(self) -> _Conversation:
        conversation = _Conversation(self)
        try:
            conversation.greet()
        except SubjectFailed as problem:
            conversation.close()
            raise CouldNotRun(f"{printable(self.name)}: {problem}") from None
        except BaseException:
            conversation.close()
            raise
        return conversation

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None


class _Conversation:
    """One run of a program, by a single loop over its three pipes."""

    def __init__(self, subject: Program) -> None:
        self.name = printable(subject.name)
        self.patience = self.time_limit = subject.time_limit
        self.batch = 1  # the questions that it answers at once
        pipe = subprocess.PIPE
        try:
            self.process = Child(
                subject.command,
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                env=subject.environment,
                memory=subject.memory,
            )
        except (OSError, ValueError) as problem:
            reason = getattr(problem, "strerror", None) or problem
            name = printable(subject.command[0])
            raise CouldNotRun(f"{name}: could not be started: {reason}") from None
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.stdin, self.stdout, self.stderr = (
            self.process.stdin.fileno(),
            self.process.stdout.fileno(),
            self.process.stderr.fileno(),
        )
        self.selector = selectors.DefaultSelector()
        for descriptor in (self.stdin, self.stdout, self.stderr):
            os.set_blocking(descriptor, False)
        self.selector.register(self.stdout, selectors.EVENT_READ)
        self.selector.register(self.stderr, selectors.EVENT_READ)
        self.writing = False
        self.open = True  # whether the program may still be written to
        self.waiting: deque[Question] = deque()
        self.answered: set[str] = set()
        self.outgoing = bytearray()
        self.incoming = bytearray()
        self.complaints = b""
        self.silent = 0.0
        self.heard = 0

    def replies(self, source: Iterator[Question], *, stay: bool = False) -> Iterator[Reply]:
        """One reply for each question. stay: ask for the last ones by an empty line, to go on."""
        exhausted = False
        while True:
            while not exhausted and len(self.waiting) < AHEAD and len(self.outgoing) < CHUNK:
                question = next(source, None)
                if question is None:
                    exhausted = True
                    self.outgoing += b"\n" if stay else b""
                    break
                self.outgoing += question.line.encode() + b"\n"
                self.waiting.append(question)
            if exhausted and stay and not self.waiting:
                return
            if exhausted and not stay and not self.outgoing:
                self._end_input()
            self._watch_input()
            if not self._exchange():
                break
            for line in self._lines():
                yield self._reply(line)
        for line in self._lines(at_end=True):
            yield self._reply(line)
        if self.waiting:
            raise self._broke_off(self._awaited())

    def greet(self) -> None:
        """Read what the host says first; SubjectFailed when it could not load the object."""
        self.patience = max(LOADING, self.time_limit)
        while self._exchange():
            for line in self._lines():
                told = parse_json(line)
                if told.get("failed") is not None:
                    raise SubjectFailed(str(told["failed"]))
                self.batch = int(told["batch"])
                self.patience = self.time_limit
                self.silent = 0.0
                self.heard += 1
                return
        raise self._broke_off("anything")

    def _watch_input(self) -> None:
        wanted = self.open and bool(self.outgoing)
        if wanted and not self.writing:
            self.selector.register(self.stdin, selectors.EVENT_WRITE)
        elif self.writing and not wanted:
            self.selector.unregister(self.stdin)
        self.writing = wanted

    def _end_input(self) -> None:
        if self.open:
            self.open = False
            self._watch_input()
            assert self.process.stdin
            self.process.stdin.close()

    def _exchange(self) -> bool:
        """Move what the pipes will take or give; False once the program's output has ended."""
        began = time.monotonic()
        ready = {key.fd for key, _ in self.selector.select(max(0.0, self._allowed() - self.silent))}
        try:
            return self._move(ready)
        finally:
            # Judging, and drawing questions, is not the program's time.
            self.silent += time.monotonic() - began

    def _move(self, ready: set[int]) -> bool:
        if self.stderr in ready:
            heard = os.read(self.stderr, CHUNK)
            if not heard:
                self.selector.unregister(self.stderr)
            self.complaints = (self.complaints + heard)[-STDERR_KEPT:]
        if self.stdin in ready:
            try:
                del self.outgoing[: os.write(self.stdin, self.outgoing[:CHUNK])]
            except BrokenPipeError:  # it reads no more; what it printed is still to come
                self.outgoing.clear()
                self._end_input()
        if self.stdout in ready:
            heard = os.read(self.stdout, CHUNK)
            self.incoming += heard
            return bool(heard)
        if self.silent >= self._allowed():
            within = f"within {self._allowed():g} s"
            if self.waiting:
                raise SubjectFailed(f"no answer to {self._awaited()} {within}")
            if self.heard:
                raise SubjectFailed(f"did not end {within} of its input")
            raise SubjectFailed(f"was not ready {within}")
        return True

    def _together(self) -> int:
        """How many questions are answered at once, of those without an answer."""
        return min(self.batch, len(self.waiting))

    def _allowed(self) -> float:
        """How many seconds of silence are too many."""
        return self.patience * min(max(1, self._together()), ANSWERS)

    def _awaited(self) -> str:
        """The first question without an answer, and those that are answered together with it."""
        together = self._together()
        more = f" or one of the {together - 1} asked with it" if together > 1 else ""
        return f"{shorten(self.waiting[0].id)}{more}"

    def _lines(self, *, at_end: bool = False) -> list[bytes]:
        *whole, rest = bytes(self.incoming).split(b"\n") if b"\n" in self.incoming else [b""]
        if whole:
            self.incoming[:] = rest
        if at_end and self.incoming:
            whole.append(bytes(self.incoming))
        if len(self.incoming) > MAX_LINE:
            raise SubjectFailed(f"printed a line of more than {MAX_LINE} bytes")
        return whole

    def _reply(self, line: bytes) -> Reply:
        self.silent = 0.0
        self.heard += 1
        if not self.waiting:
            raise SubjectFailed(f"printed more than one answer a question: {shorten(line, 80)}")
        question = self.waiting.popleft()
        try:
            value = parse_json(line)
        except CbilError as problem:
            return Reply(question, None, str(problem))
        if value.get("id") != question.id:
            raise self._stray(question, value)
        self.answered.add(question.id)
        return Reply.read(question, value)

    def _stray(self, question: Question, value: dict[str, Any]) -> SubjectFailed:
        self.waiting.appendleft(question)
        if set(value) == {"failed"}:  # what our host says when it cannot go on
            return SubjectFailed(shorten(value["failed"], 200))
        given = value.get("id")
        kind = "an unknown question"
        if isinstance(given, str) and given in self.answered:
            kind = "a question already answered"
        elif any(later.id == given for later in self.waiting):
            kind = "a later question"
        return SubjectFailed(
            f"expected the answer to {shorten(question.id)}, got one to {shorten(given)}, {kind}"
        )

    def _broke_off(self, awaited: str) -> CbilError:
        try:
            status = self.process.wait(GRACE)
            how = f"ended with exit status {status}"
            if status < 0:
                how = f"ended killed by signal {-status}"
        except subprocess.TimeoutExpired:
            how = "closed its output"
        lines = self.complaints.decode(errors="replace").strip().splitlines()
        # Some languages print more after the error, such as their version.
        said = next((line for line in lines[::-1] if TROUBLE.search(line)), (lines or [""])[-1])
        message = f"{how} before it answered {awaited}"
        message += f"; it last said: {shorten(said, 160)}" if said else ""
        return SubjectFailed(message) if self.heard else CouldNotRun(f"{self.name}: {message}")

    def close(self) -> None:
        """End the program and all that it started."""
        self._end_input()
        self.process.end()
        self.selector.close()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()

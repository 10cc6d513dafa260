"""Programs under test: questions to standard input, answers from standard output, one a line.

The program is started once for a run and is not trusted: every buffer is bounded, a silent one is
stopped after a time limit, and its whole process group ends with the run. POSIX only.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from exact_cbil.errors import CbilError, shorten
from exact_cbil.testing.answers import read_answer
from exact_cbil.testing.questions import Question, parse_json
from exact_cbil.testing.subjects import CouldNotRun, Reply, Subject, SubjectFailed

__all__ = ["MAX_LINE", "Program"]

MAX_LINE = 16 * 2**20
"""The longest answer that is read, in bytes."""
CHUNK = 2**16
STDERR_KEPT = 2000
AHEAD = 1024
"""Questions sent ahead of their answers; a program that does not flush its output needs some."""
GRACE = 0.5


class Program(Subject):
    """A program that reads questions and prints answers, in order.

    command: the program and its arguments. time_limit: seconds without a complete answer.
    """

    def __init__(self, command: Sequence[str], time_limit: float = 10.0) -> None:
        self.command = list(command)
        self.name = " ".join(self.command)
        self.time_limit = time_limit

    def answers(self, questions: Iterable[Question]) -> Iterator[Reply]:
        conversation = _Conversation(self.command, self.time_limit, iter(questions))
        try:
            yield from conversation.replies()
        finally:
            conversation.close()


class _Conversation:
    """One run of a program, by a single loop over its three pipes."""

    def __init__(self, command: list[str], time_limit: float, source: Iterator[Question]) -> None:
        self.time_limit = time_limit
        self.source = source
        try:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,  # a process group of its own, to be ended as one
            )
        except (OSError, ValueError) as problem:
            reason = getattr(problem, "strerror", None) or problem
            raise CouldNotRun(f"{command[0]}: could not be started: {reason}") from None
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.stdin, self.stdout, self.stderr = (
            self.process.stdin.fileno(),
            self.process.stdout.fileno(),
            self.process.stderr.fileno(),
        )
        self.selector = selectors.DefaultSelector()
        for pipe in (self.stdin, self.stdout, self.stderr):
            os.set_blocking(pipe, False)
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

    def replies(self) -> Iterator[Reply]:
        exhausted = False
        while True:
            while not exhausted and len(self.waiting) < AHEAD and len(self.outgoing) < CHUNK:
                question = next(self.source, None)
                if question is None:
                    exhausted = True
                    break
                self.outgoing += question.line.encode() + b"\n"
                self.waiting.append(question)
            if exhausted and not self.outgoing:
                self._end_input()
            self._watch_input()
            if not self._exchange():
                break
            yield from self._lines()
        yield from self._lines(at_end=True)
        if self.waiting:
            raise self._broke_off()

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
        ready = {key.fd for key, _ in self.selector.select(max(0.0, self.time_limit - self.silent))}
        # Only time spent waiting for the program counts, not our own.
        self.silent += time.monotonic() - began
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
        if self.silent >= self.time_limit:
            if self.waiting:
                awaited = shorten(self.waiting[0].id)
                raise SubjectFailed(f"no answer to {awaited} within {self.time_limit:g} s")
            raise SubjectFailed(f"did not end within {self.time_limit:g} s of its input")
        return True

    def _lines(self, *, at_end: bool = False) -> Iterator[Reply]:
        start = 0
        while (end := self.incoming.find(b"\n", start)) >= 0:
            yield self._reply(bytes(self.incoming[start:end]))
            start = end + 1
        del self.incoming[:start]
        if at_end and self.incoming:
            yield self._reply(bytes(self.incoming))
        if len(self.incoming) > MAX_LINE:
            raise SubjectFailed(f"printed a line of more than {MAX_LINE} bytes")

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
            raise self._stray(question, value.get("id"))
        self.answered.add(question.id)
        try:
            return Reply(question, read_answer(value, question.model.actions))
        except CbilError as problem:
            return Reply(question, None, str(problem))

    def _stray(self, question: Question, given: object) -> SubjectFailed:
        kind = "an unknown question"
        if isinstance(given, str) and given in self.answered:
            kind = "a question already answered"
        elif any(later.id == given for later in self.waiting):
            kind = "a later question"
        self.waiting.appendleft(question)
        return SubjectFailed(
            f"expected the answer to {shorten(question.id)}, got one to {shorten(given)}, {kind}"
        )

    def _broke_off(self) -> CbilError:
        status = self._status()
        how = f"killed by signal {-status}" if status < 0 else f"with exit status {status}"
        said = self.complaints.decode(errors="replace").strip().rpartition("\n")[2]
        message = f"ended {how} before it answered {shorten(self.waiting[0].id)}"
        message += f"; it last said: {shorten(said, 160)}" if said else ""
        return SubjectFailed(message) if self.heard else CouldNotRun(message)

    def _status(self) -> int:
        """The exit status, waiting a moment for it; the process is left unreaped."""
        deadline = time.monotonic() + GRACE
        while time.monotonic() < deadline:
            # Unreaped, its number cannot be given to another process before the group is ended.
            state = os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
            if state is not None:
                killed = state.si_code != os.CLD_EXITED
                return -state.si_status if killed else state.si_status
            time.sleep(0.005)
        return 0

    def close(self) -> None:
        """End the program and everything in its process group."""
        self._end_input()
        self._signal(signal.SIGTERM)
        self._status()
        self._signal(signal.SIGKILL)
        self.process.wait()
        self.selector.close()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)

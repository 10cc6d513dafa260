"""The program `exact-cbil`.

Each command is a click command registered under the entry-point group `exact_cbil.commands`, so
that `bounds` and `proofs` add theirs without being imported from here.
"""

from __future__ import annotations

import ast
import os
import signal
import sys
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

import click

from exact_cbil.cli.door import (
    BAD_INPUT,
    PROGRAM,
    SIGNALLED,
    Ended,
    asked_to_end,
    complain,
    deafen,
    enter,
    leave,
    listen,
)
from exact_cbil.errors import CbilError, MissingExtra, extra_with, shorten

__all__ = ["main"]

FINE, CLAIM_FAILS = 0, 1

NO_MEMORY = "out of memory: a smaller model or horizon needs less"

EPILOG = """\b
Examples:
  exact-cbil models                          what ships with the package
  exact-cbil run treacherous-turn            its exact numbers, as a table
  exact-cbil run my-model.json --json        the same for machines
  exact-cbil sample rare-action --seed 1     watch one run

\b
Exit codes: 0 fine, 1 a claim fails, 2 bad input or no answer.
Shell completion (or zsh_source, fish_source):
  eval "$(_EXACT_CBIL_COMPLETE=bash_source exact-cbil)"
"""


class _Commands(click.Group):
    """Loads a command when it is run, and to list them none: help and completion are quick."""

    @cached_property
    def _found(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group="exact_cbil.commands")}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self._found)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command as it is listed."""
        point = self._found.get(cmd_name)
        return None if point is None else click.Command(cmd_name, help=_described(point))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command as it is run."""
        name, listed, rest = super().resolve_command(ctx, args)
        command = self._found[name].load() if name is not None else listed
        assert isinstance(command, click.Command)
        return name, command, rest


def _described(point: EntryPoint) -> str | None:
    """The docstring of a command, read from its source: importing it may load a solver."""
    package, *inner = point.module.split(".")
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    source = Path(spec.origin).parent.joinpath(*inner).with_suffix(".py").read_text("utf-8")
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    return next((ast.get_docstring(f) for f in functions if f.name == point.attr), None)


@click.command(cls=_Commands, epilog=EPILOG)
@click.version_option(package_name="exact-cbil")
def program() -> None:
    """The exact reference of the conservative Bayesian imitation learner.

    Every number is an exact rational; decimals are marked as rounded.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit: 0 fine, 1 a claim fails, 2 bad input with one line on stderr.

    arguments: those of the command line; given ones are run in this very process.
    """
    if arguments is not None:
        sys.exit(_outcome(arguments))
    enter()
    try:
        try:
            code = _outcome(None)
        finally:
            deafen()
    except (KeyboardInterrupt, Ended) as end:  # while the line of another end was being said
        code = SIGNALLED + getattr(end, "number", signal.SIGINT)
    leave(code)


def _outcome(arguments: Sequence[str] | None) -> int:
    """The exit code of a command. Whatever else goes wrong is one line and BAD_INPUT."""
    try:
        if arguments is None:
            listen()
        outcome = program.main(arguments, prog_name=PROGRAM, standalone_mode=False)
        sys.stdout.flush()
        return outcome if isinstance(outcome, int) else FINE
    except click.exceptions.NoArgsIsHelpError as shown:
        click.echo(shown.format_message())
        return BAD_INPUT
    except click.UsageError as problem:
        where = problem.ctx.command_path if problem.ctx else PROGRAM
        return complain(f"{problem.format_message()} (see `{where} --help`)")
    except click.ClickException as problem:
        return complain(problem.format_message())
    except CbilError as problem:
        return complain(str(problem))
    except BrokenPipeError:
        return FINE  # the reader went away, as `| head` does; nothing is left to tell it
    except OSError as problem:
        return complain(f"{problem.filename or 'output'}: {problem.strerror or problem}")
    except (KeyboardInterrupt, click.Abort):
        return _signalled(signal.SIGINT)
    except Ended as end:
        return _signalled(end.number)
    except MemoryError:
        return complain(NO_MEMORY)
    except RecursionError:
        return complain("input nested too deeply")
    except Exception as problem:
        if (number := asked_to_end()) is not None:
            return _signalled(number)  # a library's error in the place of the signal's exception
        if isinstance(problem, ModuleNotFoundError) and extra_with(problem.name or ""):
            return complain(str(MissingExtra(problem.name or "")))
        if isinstance(problem, SystemError) and "without exception" in str(problem):
            return complain(NO_MEMORY)  # a library could not even allocate its exception
        if os.environ.get("CBIL_TRACEBACK"):
            raise
        kind = type(problem).__name__
        return complain(
            f"unexpected {kind}: {shorten(str(problem), 200)}; please report it, "
            "CBIL_TRACEBACK=1 shows where it happened"
        )


def _signalled(number: int) -> int:
    """The exit code of a command that a signal ended; an interruption is said as well."""
    if number == signal.SIGINT:
        click.echo(f"{PROGRAM}: interrupted", err=True)
    return SIGNALLED + number

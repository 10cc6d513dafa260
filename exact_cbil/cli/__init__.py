"""The program `exact-cbil`.

Each command is a click command registered under the entry-point group `exact_cbil.commands`, so
that `bounds` and `proofs` add theirs without being imported from here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points

import click

from exact_cbil.errors import CbilError

__all__ = ["main"]

FINE, CLAIM_FAILS, BAD_INPUT = 0, 1, 2
INTERRUPTED = 130

EPILOG = """\b
Examples:
  exact-cbil models                          what ships with the package
  exact-cbil run treacherous-turn            its exact numbers, as a table
  exact-cbil run my-model.json --json        the same for machines
  exact-cbil sample rare-action --seed 1     watch one run

\b
Exit codes: 0 fine, 1 a claim fails, 2 bad input.
Shell completion (or zsh_source, fish_source):
  eval "$(_EXACT_CBIL_COMPLETE=bash_source exact-cbil)"
"""


class _Commands(click.Group):
    """Loads a command only when it is asked for: `--help` stays quick, imports stay one-way."""

    def _found(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group="exact_cbil.commands")}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self._found())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        point = self._found().get(cmd_name)
        if point is None:
            return None
        command = point.load()
        assert isinstance(command, click.Command)
        return command


@click.command(cls=_Commands, epilog=EPILOG)
@click.version_option(package_name="exact-cbil")
def program() -> None:
    """The exact reference of the conservative Bayesian imitation learner.

    Every number is an exact rational; decimals are marked as rounded.
    """


def _complain(message: str) -> int:
    line = " ".join(message.split())
    click.echo(f"exact-cbil: {line}", err=True)
    return BAD_INPUT


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit: 0 fine, 1 a claim fails, 2 bad input with one line on stderr."""
    try:
        outcome = program.main(arguments, prog_name="exact-cbil", standalone_mode=False)
        code = outcome if isinstance(outcome, int) else FINE
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as shown:
        click.echo(shown.format_message())
        code = BAD_INPUT
    except click.UsageError as problem:
        where = problem.ctx.command_path if problem.ctx else "exact-cbil"
        code = _complain(f"{problem.format_message()} (see `{where} --help`)")
    except click.ClickException as problem:
        code = _complain(problem.format_message())
    except CbilError as problem:
        code = _complain(str(problem))
    except BrokenPipeError:
        # The reader went away, as `| head` does; nothing is left to tell it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = FINE
    except OSError as problem:
        code = _complain(f"{problem.filename or 'output'}: {problem.strerror or problem}")
    except (KeyboardInterrupt, click.Abort):
        code = INTERRUPTED
        click.echo("exact-cbil: interrupted", err=True)
    sys.exit(code)

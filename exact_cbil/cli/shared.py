"""What the commands share: reading a model, tables, progress, and whole-file writes.

What draws tables and what reads files are loaded where they are used: most commands need one, and
`run --json` of a shipped model neither.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

import click
from click.core import ParameterSource

from exact_cbil import memory
from exact_cbil.display import rounded
from exact_cbil.errors import CbilError, InvalidModel, OutOfRange, printable, shorten
from exact_cbil.files import MAX_BYTES, check_writable, read_bytes, replace_file
from exact_cbil.lazy import require
from exact_cbil.model import MAX_HORIZON, Model
from exact_cbil.models import COUNTABLE, SHIPPED
from exact_cbil.numbers import Enclosure, elide

if TYPE_CHECKING:
    from rich.console import Console, JustifyMethod, RenderableType
    from rich.table import Table
    from rich.text import Text

    from exact_cbil.countable import CountableModel
    from exact_cbil.interaction import Progress

__all__ = [
    "ALPHA",
    "COLUMN",
    "DIGITS",
    "HORIZON",
    "LATEX",
    "MAX_MEMORY",
    "PLOT",
    "AnyModelSource",
    "ModelSource",
    "OutputDirectory",
    "OutputFile",
    "ParametricModelSource",
    "console",
    "exact_and_rounded",
    "given",
    "model_name",
    "new_table",
    "one_form",
    "override",
    "plain",
    "progress_reporter",
    "refuse_others",
    "replace_file",
    "show",
]


NAME = "exact_cbil.model"
"""Where a context keeps what the model on its command line is called."""

Overridden = TypeVar("Overridden", "Model", "CountableModel")


class ModelSource(click.ParamType[Model]):
    """A model on the command line: a shipped name, a path to a model file, or `-`."""

    name = "model"

    @staticmethod
    def read(content: bytes) -> Any:
        """What the content of a model file describes; InvalidModel where it is none."""
        from exact_cbil.modelfile import read_model

        return read_model(content)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Model:
        if isinstance(value, Model):
            return value
        if ctx is not None:
            ctx.meta[NAME] = "standard input" if value == "-" else Path(value).name
        if value in SHIPPED:
            return SHIPPED[value]()
        if value in COUNTABLE:
            found: Model = self.countable(value)
            return found
        if value == "-":
            name, content = "standard input", sys.stdin.buffer.read(MAX_BYTES + 1)
        elif Path(value).exists():
            name, content = value, read_bytes(value, MAX_BYTES, pipes=True)
        else:
            known = ", ".join(SHIPPED)
            raise CbilError(f"{shorten(value)} is neither a file nor a shipped model ({known})")
        try:
            model: Model = self.read(content)
            return model
        except InvalidModel as problem:
            raise CbilError(f"{name}: {problem}") from None

    @staticmethod
    def countable(name: str) -> Any:
        """What a shipped model of countably many policies is here: an error."""
        raise CbilError(f"{name} has countably many policies: only `run --digits D` takes it")

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[click.shell_completion.CompletionItem]:
        item = click.shell_completion.CompletionItem
        names = [item(name) for name in SHIPPED if name.startswith(incomplete)]
        return [*names, item(incomplete, type="file")]


def model_name() -> str:
    """What the model of this command line is called: a shipped name, or that of its file."""
    name: str = click.get_current_context().meta.get(NAME, "")
    return name


class ParametricModelSource(ModelSource):
    """A model on the command line: a `Model` or a `ParametricModel`."""

    @staticmethod
    def read(content: bytes) -> Any:
        """What the content describes; one with parameters becomes a `ParametricModel`."""
        if b'"parameters"' not in content:
            return ModelSource.read(content)
        from exact_cbil.parametric.read import read_any

        return read_any(content)


class AnyModelSource(ParametricModelSource):
    """A model on the command line: a `Model`, a `ParametricModel`, or a `CountableModel`."""

    @staticmethod
    def countable(name: str) -> Any:
        return COUNTABLE[name]()


class OutputFile(click.ParamType[Path]):
    """A file to be written; refused before any work where that would fail.

    endings: those that are allowed, such as ``(".svg", ".png")``; none means any.
    """

    name = "file"

    def __init__(self, *endings: str) -> None:
        self.endings = endings

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = Path(value)
        place = param.opts[-1] if param is not None else "output"
        if self.endings and path.suffix.lower() not in self.endings:
            expected = " or ".join(self.endings)
            raise CbilError(f"{place}: expected a file ending in {expected}, got {shorten(value)}")
        check_writable(path, place)
        return path


class PlotFile(OutputFile):
    """A file for a picture; refused as well where matplotlib is not installed."""

    def __init__(self) -> None:
        super().__init__(".svg", ".png")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        require("matplotlib")
        return super().convert(value, param, ctx)


class OutputDirectory(click.ParamType[Path]):
    """A directory to be written to, made when it is needed; refused early where it cannot be."""

    name = "directory"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = Path(value)
        place = param.opts[-1] if param is not None else "output"
        try:
            existing = path.resolve()
            while not os.path.lexists(existing) and existing != existing.parent:
                existing = existing.parent
            usable = existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
        except (OSError, ValueError, RuntimeError) as problem:
            raise CbilError(f"{place}: {shorten(value)}: {problem}") from None
        if not usable:
            raise CbilError(f"{place}: {shorten(value)} is not a directory that can be written to")
        return path


class MemorySize(click.ParamType[int]):
    """An amount of memory: `200M`, `1.5G`; without a unit, bytes."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = re.fullmatch(r"([0-9]{1,15})(?:\.([0-9]{1,3}))?([KMGT]?)", value, re.ASCII)
        place = param.opts[-1] if param is not None else "size"
        if found is None or not re.search("[1-9]", value):
            raise OutOfRange(place, value, "an amount of memory, as 200M or 1.5G")
        whole, part, unit = found.groups()
        amount = Fraction(f"{whole}.{part or 0}") * 1000 ** " KMGT".index(unit or " ")
        return max(1, int(amount))


class Digits(click.ParamType[int]):
    """A number of decimal places."""

    name = "digits"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if re.fullmatch(r"[0-9]{1,9}", value, re.ASCII) is None:
            raise OutOfRange("--digits", value, "a whole number")
        return int(value)


HORIZON = click.option("--horizon", metavar="N", help="Number of steps, instead of the model's.")
"""The option `--horizon`, for `override`."""

ALPHA = click.option("--alpha", metavar="P/Q", help="The learner's alpha, instead of the model's.")
"""The option `--alpha`, for `override`."""

DIGITS = click.option(
    "--digits",
    "places",
    type=Digits(),
    metavar="D",
    help="Enclose every quantity to so many decimal places: fast.",
)
"""The option `--digits`."""

MAX_MEMORY = click.option(
    "--max-memory",
    type=MemorySize(),
    metavar="SIZE",
    expose_value=False,
    callback=lambda ctx, param, size: None if size is None else memory.limit(size),
    help="Stop before more memory is taken: 200M, 4G; by default three quarters of the machine's.",
)
"""The option `--max-memory`, obeyed as soon as it is read."""

PLOT = PlotFile()
"""The type of `--plot`."""


def override(model: Overridden, horizon: str | None, alpha: str | None) -> Overridden:
    """Apply `--horizon` and `--alpha`."""
    if horizon is not None:
        if re.fullmatch(r"[0-9]{1,20}", horizon, re.ASCII) is None:
            raise OutOfRange("--horizon", horizon, f"a whole number from 0 to {MAX_HORIZON}")
        model = model.with_horizon(int(horizon))
    return model if alpha is None else model.with_alpha(alpha)


def given(ctx: click.Context) -> dict[str, str]:
    """The options and arguments that a command line gives: by parameter, as they are written."""
    return {
        name: param.opts[-1]
        for param in ctx.command.params
        if (name := param.name or "")
        and ctx.get_parameter_source(name) is not ParameterSource.DEFAULT
        and ctx.params.get(name) not in (None, False, ())
    }


def refuse_others(ctx: click.Context, mode: str, obeyed: set[str]) -> None:
    """Refuse every option and argument that was given and that a mode does not obey, by name."""
    for name, written in given(ctx).items():
        if name not in obeyed:
            raise CbilError(f"{written}: does not apply with {mode}")


def console() -> Console:
    """The terminal for tables; when it is not one, wide enough that nothing is cut."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 120, highlight=False, emoji=False)


def plain(name: str) -> Text:
    """A user's name as inert text: no markup, no control characters."""
    from rich.text import Text

    return Text(printable(name))


def new_table(title: str, *columns: str, words: Sequence[int] = (0,)) -> Table:
    """An empty table, whose title and columns are inert text, as names of users stand in them.

    words: the places of the columns that hold words, -1 for the last; the others hold numbers.
    """
    from rich.table import Table

    table = Table(title=plain(title), title_justify="left", title_style="bold")
    left = {place % len(columns) for place in words}
    for number, column in enumerate(columns):
        justify: JustifyMethod = "left" if number in left else "right"
        table.add_column(plain(column), justify=justify, overflow="fold")
    return table


class Showable(Protocol):
    """What a command can print for machines."""

    def to_json(self) -> dict[str, Any]:
        """The object of its format, ready for `json.dumps`."""


@runtime_checkable
class InLatex(Showable, Protocol):
    """What a command can print for papers, too."""

    def latex(self) -> str:
        """One display, to be put into a formula."""


LATEX = click.option("--latex", "as_latex", is_flag=True, help="Print LaTeX, rounded where long.")
"""The option `--latex`."""


def one_form(as_json: bool, as_latex: bool) -> None:
    """Refuse two forms of output at once."""
    if as_json and as_latex:
        raise CbilError("--json and --latex: expected one of them")


def show(
    found: Showable,
    report: Callable[[], RenderableType],
    *,
    as_json: bool,
    as_latex: bool = False,
) -> None:
    """Print what was found as JSON, as LaTeX, or as a report of tables."""
    if as_latex:
        assert isinstance(found, InLatex)
        click.echo(found.latex())
    elif as_json:
        click.echo(json.dumps(found.to_json(), indent=1, ensure_ascii=False))
    else:
        console().print(report())


COLUMN = 8
"""The most decimal places of an enclosed number in a column beside others."""


def exact_and_rounded(value: Fraction | Enclosure | None, digits: int = 6) -> tuple[str, str]:
    """A number as two cells: exact, elided when long; and rounded, marked as such if it is.

    Of an enclosed one the digits that are certain.
    """
    if isinstance(value, Enclosure):
        return ("enclosed", rounded(value, COLUMN))
    return ("-" if value is None else elide(value), rounded(value, digits))


@contextmanager
def progress_reporter() -> Iterator[Progress | None]:
    """Give a function `report(what, done, total)` that draws bars on stderr, terminals only.

    A bar appears once the work has gone on for two seconds.
    """
    if not sys.stderr.isatty():
        yield None
        return
    import time

    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    began = time.monotonic()
    bars = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    tasks: dict[str, Any] = {}

    def report(what: str, done: int, total: int) -> None:
        if time.monotonic() - began < 2:
            return
        if not tasks:
            bars.start()
        if what not in tasks:
            tasks[what] = bars.add_task(printable(what), total=total)
        bars.update(tasks[what], completed=done, total=total)

    try:
        yield report
    finally:
        bars.stop()

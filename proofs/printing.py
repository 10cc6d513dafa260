"""What a theorem says, as Rocq's kernel has it, with every definition that its statement rests on.

Names are replaced by full ones (`Coq.Reals.Rdefinitions.Rle`), each as Rocq itself resolves it, so
a second `Rle` somewhere else is another name. White space is normalised; nothing else is.

Rocq allows in identifiers what a reader cannot see or tell apart: U+00A0, combining marks, letters
of other alphabets. So a text with any character outside printable ASCII is doubted, and so is one
that does not show all: a definition that a module hides, or a name that means nothing.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from proofs.build import Report, quiet
from proofs.session import ask, locate
from proofs.tools import ROOT

__all__ = ["Printed", "print_assumptions", "print_theorems"]

_DOTTED = re.compile(r"(?<![A-Za-z0-9_'.])[A-Za-z_][A-Za-z0-9_']*(?:\.[A-Za-z_][A-Za-z0-9_']*)+")
_ASSUMED = re.compile(r"([!-~]+)(?: :|$)")
AT_ONCE = 20
"""Theorems whose assumptions are asked for at once: each takes Rocq a second, so one reports."""

_SPACE = re.compile(r"[ \n]+")
_STRANGE = re.compile(r"[^ -~\n]")


@dataclass
class Printed:
    """A theorem as compiled.

    statement: its type. definitions: full name to text, for everything of the development that the
    statement rests on, directly or not. assumptions: full names of the axioms below its proof, and
    any other thing that Rocq reports about it (an unchecked fixpoint, say) as a sentence.
    doubts: why its text, or that of a definition, cannot be trusted to say what it seems to.
    """

    statement: str
    assumptions: tuple[str, ...]
    definitions: dict[str, str] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)


class _Printer:
    """Prints things of one compiled development, remembering what each name means."""

    def __init__(self, directory: Path, libraries: Iterable[str]) -> None:
        self.directory = directory
        self.libraries = sorted(libraries)
        self.meaning: dict[str, str] = {}

    def ask(self, commands: list[str]) -> list[str]:
        return ask(self.directory, self.libraries, commands)

    def learn(self, names: Iterable[str]) -> None:
        unknown = sorted(set(names) - self.meaning.keys())
        if unknown:
            self.meaning |= locate(self.directory, self.libraries, unknown)

    def full(self, text: str) -> str:
        """The text on one paragraph, its dotted names replaced by full ones."""
        self.learn(_DOTTED.findall(text))

        def replace(name: re.Match[str]) -> str:
            return self.meaning.get(name[0], name[0]).rpartition(" ")[2]

        flat = _SPACE.sub(" ", _DOTTED.sub(replace, text)).strip(" ")
        return textwrap.fill(flat, 100, break_long_words=False, break_on_hyphens=False)

    def doubts(self, what: str, text: str) -> list[str]:
        """Why `text`, what Rocq shows of `what`, may not say what it seems to."""
        found = [
            f"{what} is shown with the character U+{ord(character):04X}"
            for character in sorted(set(_STRANGE.findall(text)))
        ]
        if text.startswith("*** ["):
            found.append(f"{what} is hidden: Rocq shows no definition of it")
        unknown = sorted(set(_DOTTED.findall(text)) - self.meaning.keys())
        return found + [f"{what} is shown with {name}, which names nothing" for name in unknown]


def _own(text: str) -> set[str]:
    return {name for name in _DOTTED.findall(text) if name.startswith(f"{ROOT}.")}


def print_theorems(
    directory: Path, names: Sequence[str], report: Report = quiet
) -> dict[str, Printed]:
    """Print the theorems of these full names; those that do not exist are left out."""
    libraries = {path.stem for path in directory.glob("*.vo")}
    printer = _Printer(directory, libraries)
    printer.learn(names)
    present = [name for name in names if printer.meaning.get(name) == f"Constant {name}"]
    statements = [_statement(about) for about in printer.ask([f"About {n}" for n in present])]
    assumed: list[str] = []
    for begin in range(0, len(present), AT_ONCE):
        report("theorems printed", begin, len(present))
        some = present[begin : begin + AT_ONCE]
        assumed += printer.ask([f"Print Assumptions {name}" for name in some])
    report("theorems printed", len(present), len(present))
    printer.learn(name for text in statements for name in _DOTTED.findall(text))
    printed = {
        name: Printed(
            printer.full(statement),
            _assumptions(printer, answer),
            doubts=printer.doubts("its statement", statement),
        )
        for name, statement, answer in zip(present, statements, assumed, strict=True)
    }
    roots = {name for each in printed.values() for name in _own(each.statement)}
    definitions, doubts = _closure(printer, roots)
    for each in printed.values():
        reached = sorted(_reachable(_own(each.statement), definitions))
        each.definitions = {name: definitions[name] for name in reached}
        each.doubts += [doubt for name in reached for doubt in doubts[name]]
    return printed


def print_assumptions(directory: Path, library: str, name: str) -> tuple[str, ...]:
    """The full names of what the theorem `name` of a library built in `directory` rests on."""
    printer = _Printer(directory, [library])
    (answer,) = printer.ask([f"Print Assumptions {ROOT}.{library}.{name}"])
    return _assumptions(printer, answer)


def _statement(about: str) -> str:
    """`Law.live : forall ...` up to the first empty line, without the name."""
    return about.partition("\n\n")[0].partition(":")[2]


def _assumptions(printer: _Printer, answer: str) -> tuple[str, ...]:
    """The full names of the axioms, and every line that is not the name of one."""
    if answer == "Closed under the global context":
        return ()
    heads = [line for line in answer.split("\n") if line[:1] not in ("", " ")]
    names = [found[1] for line in heads if (found := _ASSUMED.match(line)) and line != "Axioms:"]
    others = [line for line in heads if line != "Axioms:" and not _ASSUMED.match(line)]
    printer.learn(names)
    known = [printer.meaning.get(name, name).rpartition(" ")[2] for name in names]
    return tuple(sorted([*known, *others]) or ["nothing could be learnt of its assumptions"])


def _closure(printer: _Printer, names: set[str]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """The definitions behind these names, and those behind them, and so on; the doubts of each."""
    found: dict[str, str] = {}
    doubts: dict[str, list[str]] = {}
    while new := sorted(names - found.keys()):
        answers = printer.ask([f"Print {name}" for name in new])
        texts = [answer.partition("\n\nArguments ")[0] for answer in answers]
        printer.learn(name for text in texts for name in _DOTTED.findall(text))
        for name, text in zip(new, texts, strict=True):
            found[name] = printer.full(text)
            doubts[name] = printer.doubts(name, text)
        names = names.union(*(_own(found[name]) for name in new))
    return found, doubts


def _reachable(names: set[str], definitions: Mapping[str, str]) -> set[str]:
    reached: set[str] = set()
    while names:
        reached |= names
        names = {name for one in names for name in _own(definitions[one])} - reached
    return reached

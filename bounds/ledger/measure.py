"""What a witness shows of constants: `python -m bounds.ledger.measure FILE TABLE [CONSTANT]`.

It is a program of its own, so that whoever asks can bound the time and the memory that somebody
else's model takes. It prints one JSON object: for each constant of the table of which the file's
model attains anything, the value, rounded down, and the witness as the table names it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

from bounds.evidence import Evidence
from bounds.ledger.constants import Constants, read_constants
from bounds.ledger.replay import below, ratio
from bounds.witness import schedule, turns
from bounds.witness.reckoned import Reckoned, reckoned_schedule
from exact_cbil import modelfile
from exact_cbil.errors import CbilError
from exact_cbil.files import read_bytes, read_text
from exact_cbil.strict_json import parse_json

__all__ = ["FORMATS", "measure"]

FORMATS = (modelfile.FORMAT, schedule.FORMAT, turns.FORMAT)
"""The formats of witnesses."""

Subject = tuple[Any, Evidence | Reckoned]


def measure(
    content: bytes, name: str, constants: Constants, only: str | None = None
) -> dict[str, tuple[str, Any]]:
    """What each constant is at least by a witness file, with the witness as a table names it.

    name: the file's. only: of this constant alone. Raises CbilError for a malformed file.
    """
    known = constants.by_name.values() if only is None else [constants.named(only)]
    listed = [constant for constant in known if constant.bound is not None]
    found: dict[str, tuple[str, Any]] = {}
    for witness, subject in _subjects(content, name):
        for constant in listed:
            try:
                value = below(ratio(constant.candidate(), subject)[0])
            except CbilError:  # the model is outside the hypotheses, or has no value
                continue
            if constant.name not in found or Fraction(found[constant.name][0]) < Fraction(value):
                found[constant.name] = (value, witness)
    return found


def _subjects(content: bytes, name: str) -> Iterator[Subject]:
    kind = parse_json(content).get("format")
    if kind == turns.FORMAT:
        taken = turns.read_turns(content)
        yield {"turns": name}, taken.yielding()
        with suppress(CbilError):  # they are too few for a horizon
            yield {"turns": name}, taken.diverging()
    elif kind == schedule.FORMAT:
        stages = schedule.read_schedule(content)
        yield {"schedule": name, "reckoned": True}, reckoned_schedule(stages)
        lossy = reckoned_schedule(stages, defective=True)
        yield {"schedule": name, "defective": True, "reckoned": True}, lossy
    else:
        yield name, Evidence(modelfile.read_model(content))


def main(arguments: list[str]) -> int:
    """Print what the file shows, or the first fault."""
    path, table = map(Path, arguments[:2])
    try:
        constants = read_constants(read_text(table))
        found = measure(read_bytes(path), path.name, constants, *arguments[2:])
    except CbilError as problem:
        print(problem, file=sys.stderr)
        return 1
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

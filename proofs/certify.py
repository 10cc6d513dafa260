"""Run Rocq on a certificate and say what it decided."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from exact_cbil.children import scratch_directory
from exact_cbil.errors import CbilError, shorten
from exact_cbil.files import told
from exact_cbil.model import Model
from exact_cbil.result import Result
from proofs.axioms import beyond
from proofs.build import provide
from proofs.certificate import certificate, diagnosis, labels
from proofs.printing import print_assumptions
from proofs.tools import Answer, RocqRejects, ask_tool, compiler_options

__all__ = ["Certification", "certify"]

GOALS = ("Certificate.v",)
NAME = "this_certificate"


@dataclass(frozen=True)
class Certification:
    """What Rocq decided.

    certified: whether it accepted the certificate, resting on the axioms of the reals alone.
    rejected: the labels of the numbers that it finds to be others.
    seconds: how long it took.
    """

    certified: bool
    rejected: frozenset[str]
    seconds: float


def _nobody(message: str) -> None:
    """Tell nobody."""


@contextmanager
def _workplace(tell: Callable[[str], None] = _nobody) -> Iterator[Path]:
    """A temporary directory that holds the compiled development."""
    with scratch_directory() as folder:
        provide(folder, GOALS, tell)
        yield folder


def _rocq(text: str, folder: Path, seconds: float) -> Answer:
    """Compile `text` as the library NAME in `folder`; CbilError when it takes too long."""
    file = f"{NAME}.v"
    with told(folder):
        (folder / file).write_text(text)
        options = [*compiler_options(folder), file]
    try:
        return ask_tool("coqc", *options, cwd=folder, seconds=seconds)
    except RocqRejects:
        raise CbilError(
            f"Rocq did not finish in {seconds:.0f} s: too large for a certificate; "
            "try a smaller --horizon or more --seconds"
        ) from None


def certify(
    model: Model,
    result: Result,
    seconds: float = 600,
    tell: Callable[[str], None] = _nobody,
) -> Certification:
    """Ask Rocq whether a result of the model is right.

    seconds: how long Rocq may take on the certificate. tell: told of a damaged cache.
    Raises CbilError when Rocq is absent, takes too long, or fails for another reason.
    """
    with _workplace(tell) as folder:
        began = time.monotonic()
        answer = _rocq(certificate(model, result), folder, seconds)
        rejected: frozenset[str] = frozenset()
        if answer.code == 0:
            if others := beyond(print_assumptions(folder, NAME, "certificate")):
                raise CbilError(f"the certificate rests on more than the real numbers: {others}")
        else:
            rejected = _diagnose(model, result, folder, seconds)
        took = time.monotonic() - began
    if answer.code and not rejected:
        complaint = shorten(answer.complaint[-300:], 300)
        raise CbilError(f"Rocq failed on the certificate: {complaint}")
    return Certification(not rejected, rejected, took)


def _diagnose(model: Model, result: Result, folder: Path, seconds: float) -> frozenset[str]:
    answer = _rocq(diagnosis(model, result), folder, seconds)
    right = re.findall(r"\b(true|false)\b", answer.printed)
    about = list(labels(result))
    if answer.code or len(right) != len(about):
        return frozenset()
    return frozenset(label for label, each in zip(about, right, strict=True) if each == "false")

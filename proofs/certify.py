"""Run Rocq on a certificate and say what it decided."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from exact_cbil.errors import CbilError, shorten
from exact_cbil.model import Model
from proofs.axioms import beyond
from proofs.build import built, find_rocq, options
from proofs.certificate import certificate, diagnosis
from proofs.claims import Claims
from proofs.printing import print_assumptions

__all__ = ["Verdict", "certify"]

GOALS = ("Certificate.v",)
NAME = "this_certificate"
MEMORY = 8 * 2**30


@dataclass(frozen=True)
class Verdict:
    """What Rocq decided.

    certified: whether it accepted the certificate, resting on the axioms of the reals alone.
    rejected: the labels of the numbers that it finds to be others.
    seconds: how long it took.
    """

    certified: bool
    rejected: frozenset[str]
    seconds: float


def _limit() -> None:
    """Runs in the child, before Rocq."""
    import resource  # not on every system that runs the rest of the package

    _, hard = resource.getrlimit(resource.RLIMIT_STACK)
    # Rocq recurses on lists of many states; the default stack is small.
    resource.setrlimit(resource.RLIMIT_STACK, (hard, hard))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


@contextlib.contextmanager
def _workplace() -> Iterator[Path]:
    """A temporary directory that holds the compiled development, by links to it."""
    library = built(GOALS)
    with tempfile.TemporaryDirectory(prefix="exact-cbil-") as name:
        folder = Path(name)
        for compiled in library.glob("*.vo"):
            (folder / compiled.name).symlink_to(compiled)
        yield folder


def _rocq(text: str, folder: Path, seconds: float) -> subprocess.CompletedProcess[str]:
    """Compile `text` as the library NAME in `folder`; CbilError when it takes too long."""
    file = folder / f"{NAME}.v"
    file.write_text(text)
    process = subprocess.Popen(
        [str(find_rocq()), *options(folder), str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        cwd=folder,
        start_new_session=True,
        preexec_fn=_limit,
    )
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise CbilError(
            f"Rocq did not finish in {seconds:.0f} s: too large for a certificate; "
            "try a smaller --horizon or more --seconds"
        ) from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def certify(model: Model, claims: Claims, seconds: float = 600) -> Verdict:
    """Ask Rocq whether the claims hold.

    seconds: how long Rocq may take on the certificate.
    Raises CbilError when Rocq is absent, takes too long, or fails for another reason.
    """
    with _workplace() as folder:
        began = time.monotonic()
        answer = _rocq(certificate(model, claims), folder, seconds)
        rejected: frozenset[str] = frozenset()
        if answer.returncode == 0:
            if others := beyond(print_assumptions(folder, NAME, "certificate")):
                raise CbilError(f"the certificate rests on more than the real numbers: {others}")
        else:
            rejected = _diagnose(model, claims, folder, seconds)
        took = time.monotonic() - began
    if answer.returncode and not rejected:
        complaint = (answer.stderr or answer.stdout).strip()
        raise CbilError(f"Rocq failed on the certificate: {shorten(complaint[-300:], 300)}")
    return Verdict(not rejected, rejected, took)


def _diagnose(model: Model, claims: Claims, folder: Path, seconds: float) -> frozenset[str]:
    answer = _rocq(diagnosis(model, claims), folder, seconds)
    verdicts = re.findall(r"\b(true|false)\b", answer.stdout)
    labels = list(claims.labels())
    if answer.returncode or len(verdicts) != len(labels):
        return frozenset()
    return frozenset(
        label for label, verdict in zip(labels, verdicts, strict=True) if verdict == "false"
    )

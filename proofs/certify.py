"""Run Rocq on a certificate and say what it decided."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from exact_cbil.errors import CbilError, shorten
from exact_cbil.model import Model
from proofs.certificate import certificate, diagnosis
from proofs.claims import Claims
from proofs.rocq_build import STANDARD_AXIOMS, built, find_rocq, options

__all__ = ["Verdict", "axioms", "certify"]

GOALS = ("Certificate.v",)
MEMORY = 8 * 2**30


@dataclass(frozen=True)
class Verdict:
    """What Rocq decided.

    certified: whether it accepted the certificate, resting on standard axioms only.
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


def _rocq(text: str, library: Path, seconds: float) -> subprocess.CompletedProcess[str]:
    """Compile `text`; CbilError when it takes too long."""
    with tempfile.TemporaryDirectory(prefix="exact-cbil-") as folder:
        file = Path(folder) / "this_certificate.v"
        file.write_text(text)
        process = subprocess.Popen(
            [str(find_rocq()), *options(library), str(file)],
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


def axioms(printed: str) -> frozenset[str] | None:
    """The names in the answer to `Print Assumptions`; None when there is no such answer.

    >>> sorted(axioms("Axioms:\\nA.b : nat\\nc\\n  : forall n, n = n\\n"))
    ['A.b', 'c']
    >>> axioms("Closed under the global context\\n")
    frozenset()
    """
    if "Closed under the global context" in printed:
        return frozenset()
    _, found, listed = printed.partition("Axioms:\n")
    if not found:
        return None
    return frozenset(re.findall(r"^([^\W\d][\w'.]*)(?=\s|$)", listed, re.MULTILINE))


def certify(model: Model, claims: Claims, seconds: float = 600) -> Verdict:
    """Ask Rocq whether the claims hold.

    seconds: how long Rocq may take on the certificate.
    Raises CbilError when Rocq is absent, takes too long, or fails for another reason.
    """
    library = built(GOALS)
    began = time.monotonic()
    answer = _rocq(certificate(model, claims), library, seconds)
    took = time.monotonic() - began
    if answer.returncode == 0:
        used = axioms(answer.stdout)
        if used is None or not used <= STANDARD_AXIOMS:
            raise CbilError(f"the certificate rests on more than the real numbers: {used}")
        return Verdict(True, frozenset(), took)
    rejected = _diagnose(model, claims, library, seconds)
    if not rejected:
        complaint = (answer.stderr or answer.stdout).strip()
        raise CbilError(f"Rocq failed on the certificate: {shorten(complaint[-300:], 300)}")
    return Verdict(False, rejected, time.monotonic() - began)


def _diagnose(model: Model, claims: Claims, library: Path, seconds: float) -> frozenset[str]:
    answer = _rocq(diagnosis(model, claims), library, seconds)
    verdicts = re.findall(r"\b(true|false)\b", answer.stdout)
    labels = list(claims.labels())
    if answer.returncode or len(verdicts) != len(labels):
        return frozenset()
    return frozenset(
        label for label, verdict in zip(labels, verdicts, strict=True) if verdict == "false"
    )

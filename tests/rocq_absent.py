"""When tests that need Rocq are skipped: only where it is not installed, and never in CI."""

from __future__ import annotations

import os
import shutil

import pytest

needs_rocq = pytest.mark.skipif(
    shutil.which("coqc") is None and os.environ.get("CI") != "true",
    reason="Rocq is not installed (apt-get install coq)",
)

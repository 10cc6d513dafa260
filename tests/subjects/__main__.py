"""Run all known subjects, keep what became of them, and write `docs/subjects.md`."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from tests.subjects.known import PAGE, RESULTS, measure, page

if __name__ == "__main__":
    if sys.argv[1:] != ["--page"]:
        with tempfile.TemporaryDirectory() as folder:
            RESULTS.write_text(json.dumps(measure(Path(folder)), indent=1) + "\n")
    PAGE.write_text(page(json.loads(RESULTS.read_text())))

"""Run all known subjects and write `docs/subjects.md`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.subjects.known import PAGE, page

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        PAGE.write_text(page(Path(folder)))

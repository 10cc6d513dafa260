"""Write the vectors into folders by version: `python -m exact_cbil.testing.scenarios FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

from exact_cbil.testing.scenarios import KINDS, groups
from exact_cbil.testing.vectors import write_vectors

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m exact_cbil.testing.scenarios FOLDER")
    for version in KINDS:
        write_vectors(Path(sys.argv[1]) / version, groups(version))

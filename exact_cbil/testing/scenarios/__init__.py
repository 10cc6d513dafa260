"""What the vectors ask: by hand, one small question for each thing that tends to go wrong.

`python -m exact_cbil.testing.scenarios FOLDER` writes them. Ids are published: a scenario is added
under a new one, never changed. The other files of vectors were drawn once, and are data alone.
"""

from __future__ import annotations

from exact_cbil.testing.scenarios import (
    evidence,
    machines,
    minimum,
    shapes,
    shipped,
    sizes,
    top_set,
)
from exact_cbil.testing.scenarios.notation import Entry

__all__ = ["groups"]


KINDS = {
    "v1": {
        "evidence": evidence,
        "machines": machines,
        "minimum": minimum,
        "shipped": shipped,
        "sizes": sizes,
        "top-set": top_set,
    },
    "v2": {"shapes": shapes},
}


def groups(version: str) -> list[tuple[str, list[Entry]]]:
    """Every scenario of a version, in the groups that become files."""
    return [(name, list(kind.entries())) for name, kind in KINDS[version].items()]

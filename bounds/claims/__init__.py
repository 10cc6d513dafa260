"""The theorems, one module each."""

from __future__ import annotations

from bounds.claim import Claim
from bounds.claims import t0, t1, t1a, t1b, t1c, t2, t3, t4, t4a, t5

__all__ = ["CLAIMS"]

CLAIMS: tuple[Claim, ...] = tuple(
    module.CLAIM for module in (t1, t1a, t1b, t1c, t2, t3, t4, t4a, t5, t0)
)
"""Every claim, in the order in which tables show them."""

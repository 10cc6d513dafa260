"""The axioms that a proof may rest on: the one list of them, and the one comparison with it."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["ALLOWED", "beyond"]

ALLOWED = frozenset(
    {
        "Coq.Reals.ClassicalDedekindReals.sig_forall_dec",
        "Coq.Reals.ClassicalDedekindReals.sig_not_dec",
        "Coq.Logic.FunctionalExtensionality.functional_extensionality_dep",
        # The standard library defines `ln` by the intermediate value theorem, which uses it.
        "Coq.Logic.Classical_Prop.classic",
    }
)
"""The axioms below the standard library's real numbers, by full name: no proof needs another."""


def beyond(assumptions: Iterable[str]) -> list[str]:
    """What a proof rests on beyond the axioms of the real numbers.

    assumptions: full names, since a short one could be that of another axiom.

    >>> beyond(["Coq.Logic.Classical_Prop.classic", "Mine.Logic.Classical_Prop.classic"])
    ['Mine.Logic.Classical_Prop.classic']
    """
    return sorted(set(assumptions) - ALLOWED)

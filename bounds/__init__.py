"""The theorems about the learner as claims that can be checked: on a model, on all small models,
and for all real parameters.

    >>> from bounds import check
    >>> from exact_cbil.models import chain
    >>> check(chain(1))["T1a"].certificate[0].ratio.exact
    Fraction(1, 3)

`check(model)`, `explore(text)` and `plan(situation)` do what the commands of their names do.
Nothing is loaded before it is used. Uses `exact_cbil`; never the other way round.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from exact_cbil.model import Model

if TYPE_CHECKING:
    from bounds.explore import look as explore
    from bounds.plan import plan as plan
    from bounds.verdict import Verdict

__all__ = ["check", "explore", "plan"]


def check(model: Model) -> dict[str, Verdict]:
    """Every theorem with its verdict on a model: `Holds`, `Violated` or `Unknown`."""
    from bounds.claims import CLAIMS
    from bounds.evidence import Evidence

    evidence = Evidence(model)
    return {claim.name: claim.check(evidence) for claim in CLAIMS}


class _Callable(ModuleType):
    """A module that may be called like the function that it is named after.

    `bounds.explore` and `bounds.plan` are modules, and Python binds a module's name in its package
    whenever it is imported, so that no function of that name could stay there.
    """

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        function: Callable[..., Any] = vars(self)["__main_function__"]()
        return function(*arguments, **options)


def __getattr__(name: str) -> Any:
    if name not in ("explore", "plan"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.{name}")


def _call_as(module: str, place: str, function: str) -> None:
    """Let a module be called like a function of the module `place`, which is loaded by a call."""
    found = sys.modules[module]
    found.__class__ = _Callable
    vars(found)["__main_function__"] = lambda: getattr(import_module(place), function)

"""exact-cbil: the exact reference of the conservative Bayesian imitation learner.

`spec` is the definitions, word for word. Of the fast engine, read in this order: `semimeasure`,
`history`, `policy`, `environment`, `event`, `model` say what there is; `learner` says what the
learner does at one history; `process` and `interaction` say what follows over a horizon, and
`result` holds it; `modelfile` reads and writes models; `models` ships some.

What most programs need can be imported from here; what is slow to load is loaded at its first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from exact_cbil.environment import Environment, HistoryEnvironment, MooreEnvironment, silent
from exact_cbil.errors import CbilError
from exact_cbil.event import Automaton, Event, HistoryEvent, after, once
from exact_cbil.history import History, Rule, Step
from exact_cbil.interaction import Interaction, run
from exact_cbil.learner import ImitatorStep, Learner, imitator_step, posterior
from exact_cbil.model import Model
from exact_cbil.policy import (
    GeneratorPolicy,
    HistoryPolicy,
    MoorePolicy,
    Policy,
    constant,
    depart,
    mix,
    noisy,
)
from exact_cbil.result import Result
from exact_cbil.semimeasure import Semimeasure

if TYPE_CHECKING:
    from exact_cbil.comparison import compare
    from exact_cbil.modelfile import load, save
    from exact_cbil.parametric.formula import imitator_step as formula
    from exact_cbil.parametric.profile import profile

__all__ = [
    "Automaton",
    "CbilError",
    "Environment",
    "Event",
    "GeneratorPolicy",
    "History",
    "HistoryEnvironment",
    "HistoryEvent",
    "HistoryPolicy",
    "ImitatorStep",
    "Interaction",
    "Learner",
    "Model",
    "MooreEnvironment",
    "MoorePolicy",
    "Policy",
    "Result",
    "Rule",
    "Semimeasure",
    "Step",
    "after",
    "compare",
    "constant",
    "depart",
    "formula",
    "imitator_step",
    "load",
    "mix",
    "noisy",
    "once",
    "posterior",
    "profile",
    "run",
    "save",
    "silent",
]

LAZY = {
    "compare": ("exact_cbil.comparison", "compare"),
    "formula": ("exact_cbil.parametric.formula", "imitator_step"),
    "load": ("exact_cbil.modelfile", "load"),
    "profile": ("exact_cbil.parametric.profile", "profile"),
    "save": ("exact_cbil.modelfile", "save"),
}
"""Where the names are that load what is slow."""


def __getattr__(name: str) -> Any:
    if name not in LAZY:
        raise AttributeError(f"module 'exact_cbil' has no attribute {name!r}")
    module, attribute = LAZY[name]
    found = globals()[name] = getattr(import_module(module), attribute)
    return found

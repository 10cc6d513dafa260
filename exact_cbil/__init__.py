"""exact-cbil: the exact reference of the conservative Bayesian imitation learner.

`spec` is the definitions, word for word. Of the fast engine, read in this order: `semimeasure`,
`history`, `policy`, `environment`, `event`, `model` say what there is; `learner` says what the
learner does at one history; `process` and `interaction` say what follows over a horizon, and
`result` holds it; `modelfile` reads and writes models; `models` ships some.

What most programs need can be imported from here. A module is loaded when a name of it is first
used, so that the command line starts quickly.
"""

from typing import TYPE_CHECKING

from exact_cbil.lazy import lazily

if TYPE_CHECKING:
    from exact_cbil.comparison import compare
    from exact_cbil.environment import Environment, HistoryEnvironment, MooreEnvironment, silent
    from exact_cbil.errors import CbilError
    from exact_cbil.event import Automaton, Event, HistoryEvent, after, once
    from exact_cbil.history import History, Rule, Step
    from exact_cbil.interaction import Interaction, run
    from exact_cbil.learner import ImitatorStep, Learner, imitator_step, posterior
    from exact_cbil.model import Model
    from exact_cbil.modelfile import load, save
    from exact_cbil.parametric.formula import imitator_step as formula
    from exact_cbil.parametric.profile import profile
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

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__)

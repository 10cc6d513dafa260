"""exact-cbil: the exact reference of the conservative Bayesian imitation learner.

Read in this order: `semimeasure`, `history`, `policy`, `environment`, `event`, `model` say what
there is; `learner` says what the learner does at one history; `process` and `interaction` say what
follows over a horizon; `modelfile` reads and writes models; `models` ships some.
"""

from exact_cbil.errors import CbilError
from exact_cbil.history import History, Rule, Step
from exact_cbil.interaction import Interaction, Result, run
from exact_cbil.learner import ImitatorStep, Learner, imitator_step, posterior
from exact_cbil.model import Model
from exact_cbil.semimeasure import Semimeasure

__all__ = [
    "CbilError",
    "History",
    "ImitatorStep",
    "Interaction",
    "Learner",
    "Model",
    "Result",
    "Rule",
    "Semimeasure",
    "Step",
    "imitator_step",
    "posterior",
    "run",
]

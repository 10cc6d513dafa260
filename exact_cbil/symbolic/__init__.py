"""The imitator as formulas: polynomials in parameters for numbers, cells for comparisons.

Read in this order, after `exact_cbil.decide` and `exact_cbil.walk`: `parameters`, `polynomial` and
`cell` say what polynomials and their cells are; `model` puts them into a model and `learner` into
the learner; `formula` gives its next step, `run` a whole run, as functions of the parameters
(`piecewise`); `read` reads model files with parameters.
"""

from exact_cbil.symbolic.formula import Formula, imitator_step
from exact_cbil.symbolic.model import ParametricModel
from exact_cbil.symbolic.piecewise import PiecewiseFunction
from exact_cbil.symbolic.read import read_any
from exact_cbil.symbolic.run import ParametricResult, run

__all__ = [
    "Formula",
    "ParametricModel",
    "ParametricResult",
    "PiecewiseFunction",
    "imitator_step",
    "read_any",
    "run",
]

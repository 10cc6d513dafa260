"""The imitator as formulas: polynomials in parameters for numbers, cells for comparisons.

Read in this order, after `decide` and `walk`: `parameters`, `polynomial` and
`cell` say what polynomials and their cells are; `model` puts them into a model and `learner` into
the learner; `formula` gives its next step, `run` a whole run, as functions of the parameters
(`piecewise`); `read` reads model files with parameters.
"""

from typing import TYPE_CHECKING

from exact_cbil.lazy import lazily

if TYPE_CHECKING:
    from exact_cbil.parametric.formula import Formula, imitator_step
    from exact_cbil.parametric.model import ParametricModel
    from exact_cbil.parametric.piecewise import PiecewiseFunction
    from exact_cbil.parametric.read import read_any
    from exact_cbil.parametric.whole_run import ParametricResult, run

__all__ = [
    "Formula",
    "ParametricModel",
    "ParametricResult",
    "PiecewiseFunction",
    "imitator_step",
    "read_any",
    "run",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__)

"""The imitator as formulas: parameters for numbers, cells for comparisons.

Read in this order: `decide` splits cells; `walk` propagates a run over a cell; `parameters`,
`polynomial`, `cell` say what polynomials and their cells are; `model` puts them into a model and
`learner` into the learner; `formula` gives its next step, `run` a whole run, as functions of the
parameters (`piecewise`); `read` reads model files with parameters.
"""

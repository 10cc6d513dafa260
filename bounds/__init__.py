"""The theorems about the learner as claims that can be checked: on a model, on all small models,
and for all real parameters.

Uses `exact_cbil`; never the other way round.
"""

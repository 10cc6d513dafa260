"""The five steps of the proof of T1, checked by solvers, for readers who do not know Rocq.

Read `steps.py` from the top; `kernel.py` says what a proof is here, `axioms.py` what is assumed.
"""

"""The theorems in general, proved in Rocq, and the tie between those proofs and the code.

Uses `exact_cbil`; never the other way round.
"""

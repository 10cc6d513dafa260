"""Models that make the bounds tight: the adversary's side, where a proof's potential is the dual.

`schedule` says in which order alternatives lose weight and what that yields at every horizon;
`model` turns a schedule into a class of policies; `search` looks for good schedules; `limit` gives
schedules that come as near to T1's constant as one likes; `hazard` does the same for T4.

A *witness* is a model, or a schedule that stands for one, which shows how nearly a bound is
attained, or refutes it. (A *certificate* is a document that `bounds/check_potential.py` verifies.)
Each family of models is defined once: W1 to W3, which ship with the core, in `exact_cbil.models`,
and what they attain is claimed in `bounds.tight_families`; the other families are defined here.
"""

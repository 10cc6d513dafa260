"""Models that make the bounds tight: the adversary's side, where a proof's potential is the dual.

`schedule` says in which order alternatives lose weight and what that yields at every horizon;
`model` turns a schedule into a class of policies; `search` looks for good schedules; `limit` gives
schedules that come as near to T1's constant as one likes; `hazard` does the same for T4.
"""

"""The ledger: every known bound and candidate, its status, and how much of it is attained.

`bounds/claims.toml` names bounds, certificates and witnesses, and `constants.toml` what each of
them once was: the records on every constant. Ratios and records are what comes of replaying them
(`replay`); `rests` says what falls with what, and `submit` enters a file of somebody else's.
"""

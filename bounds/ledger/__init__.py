"""The ledger: every known bound and candidate, its status, and how much of it is attained.

`bounds/claims.toml` names bounds, certificates and witnesses; ratios are what comes of replaying
them (`replay`). Nothing in a table of the ledger is typed in.
"""

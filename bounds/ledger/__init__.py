"""The ledger: every known bound and candidate, its status, and how much of it is attained.

`entries.toml` names bounds, certificates and witnesses; statuses and ratios are what comes of
replaying them (`replay`). Nothing in a table of the ledger is typed in.
"""

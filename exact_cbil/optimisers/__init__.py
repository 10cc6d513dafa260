"""Programs that search: which of the short programs for a task are optimisers, and of what.

Read in this order: `task` says what there is to do, `tasks` ships three, `program` says what does
it and in how many bits, `listing` lists the programs of a length, and `outcomes` says how they end.
Then P1 to P6 in turn: `toy`, `census` (P2 and P4), `winners`, `classes`, `rewards` and
`telling_apart` (P6). `study` asks everything of one task, and `picture` draws it.
"""

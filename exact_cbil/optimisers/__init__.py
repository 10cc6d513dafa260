"""Programs that search: which of the short programs for a task are optimisers, and of what.

Read in this order: `task` says what there is to do, `tasks` ships three, `program` says what does
it and in how many bits, `listing` lists the programs of a length, and `census` counts them. `toy`,
`winners`, `shares`, `classes`, `rewards` and `telling_apart` answer the questions P1 to P6.
"""

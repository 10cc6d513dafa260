"""Benchmarks: scripts that print tables of figures measured in one run.

`python -m tests.benchmarks` runs all of them, `python -m tests.benchmarks.NAME` one.
"""

"""The dual side: potentials F that bound `E sum theta^p`, searched for, rounded and certified.

Floats and solvers appear in the search only; what it finds is written as a certificate, and
`bounds/check_potential.py`, which shares no code with this package, has the last word.
"""

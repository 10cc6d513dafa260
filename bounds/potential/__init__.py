"""The dual side: potentials F that bound `E sum theta^p`, searched for, rounded and certified.

Floats and solvers appear in the search only. What it finds is written as a certificate about the
polynomials of `bounds/check_potential.py`, which uses no code of this package.
"""

"""Candidates for bounds, and the search for a model that refutes them."""

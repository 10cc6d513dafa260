"""Candidates whose fate is known: false ones, each with what is wrong in it, and true ones."""

from __future__ import annotations

from bounds.claims import FALSE_CLAIMS

FALSE = {claim.bound: claim.title for claim in FALSE_CLAIMS} | {
    "query_cubes < S_lin/3 if X > 0": "strict, where a model attains it",
    "query_cubes <= S_lin/4 if |A| == 2 and |Pi| == 2 and alpha <= 1/2": "a constant, restricted",
    "query_cubes <= 3*(1/alpha - 1)*(1/w_d - 1)": "no hypothesis alpha <= 1/2",
    "exclusion <= retention/2": "a constant",
    "divergence_sum <= chi_squared/2": "the second order of the logarithm only",
    "P_i(B) <= P_d(B)": "no retention term",
    "P_i(B) <= retention + sqrt(P_d(B))": "no dependence on T",
    "top_size < 1/alpha": "strict, where it is attained",
}
"""Text: what is wrong. Those of the table, and what only the search is tried on."""

TRUE = {
    "T1": "query_cubes <= sum_z(F(z/tau))",
    "T1a": "query_cubes <= 3*(1/alpha - 1)*(1/w_d - 1) if alpha <= 1/2",
    "T2": "queries <= cbrt(T^2*S)",
    "T3": "exclusion <= (1/w_d - 1)/(1/alpha - 1)",
    "T4": "divergence_sum <= sqrt(T)*sqrt(S)",
    "T4a": "divergence_sum <= sqrt(T*sum_z(34/25*min(z/tau, 1) + 9/25*ln(max(z/tau, 1))))",
    "T5": "P_i(B) <= retention + (sqrt(T*S) + ln(2))/ln(1/P_d(B))",
}
"""Theorem: its text written otherwise than in the table."""

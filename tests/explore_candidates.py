"""Candidates whose fate is known: false ones, each with what is wrong in it, and true ones."""

from __future__ import annotations

FALSE = {
    "query_cubes <= S_lin/4": "a constant of 3/4 for 3",
    "query_cubes < S_lin/3 if X > 0": "strict, where a model attains it",
    "query_cubes <= S_lin/4 if |A| == 2 and |Pi| == 2 and alpha <= 1/2": "a constant, restricted",
    "theta_gain <= S/4": "a constant",
    "query_cubes <= (1/w_d - 1)*2": "no threshold",
    "query_cubes <= sum_z(F(z/(4*tau)))": "a threshold four times as high",
    "query_cubes <= 3*(1/alpha - 1)*(1/w_d - 1)": "no hypothesis alpha <= 1/2",
    "query_squares <= S/2": "a wrong exponent of theta",
    "queries <= S": "no dependence on T",
    "queries <= T^(1/2)*S^(1/2)/3": "a wrong exponent of T",
    "exclusion <= alpha": "no prior weight",
    "exclusion <= (1/w_d - 1)*alpha": "alpha for 1/(1/alpha - 1)",
    "exclusion <= retention/2": "a constant",
    "divergence_sum <= sqrt(T*S)/6": "a constant",
    "divergence_sum <= chi_squared/2": "the second order of the logarithm only",
    "P_i(B) <= P_d(B)": "no retention term",
    "P_i(B) <= retention + sqrt(P_d(B))": "no dependence on T",
    "P_g(B) <= 2*P_d(B)": "a ratio where there is a divergence",
    "top_size < 1/alpha": "strict, where it is attained",
}
"""Text: what is wrong."""

TRUE = {
    "T1": "query_cubes <= S",
    "T1a": "query_cubes <= 3*(1/alpha - 1)*(1/w_d - 1) if alpha <= 1/2",
    "T1b": "query_cubes <= (|Pi| - 1)*F(z_max/tau)",
    "T1c": "query_cubes <= |A|*alpha^-3*(24/w_d + 12)",
    "T2": "queries <= T^(2/3)*S^(1/3)",
    "T3": "exclusion <= (1/w_d - 1)/(1/alpha - 1)",
    "T4": "divergence_sum <= sqrt(T*S)",
    "T5": "P_i(B) <= retention + (sqrt(T*S) + ln(2))/ln(1/P_d(B))",
}
"""Theorem: its text."""

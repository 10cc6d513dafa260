(** The main theorems: each proves a proposition of [Statements.v], by what the other files prove. *)
From Coq Require Import Reals.
From ExactCBIL Require Import Statements.
From ExactCBIL Require QueryCubes QueryCount Retention Divergence Marginal Events Baseline Tails Refined GaussianTail NearTruth Sharpness.
Open Scope R_scope.

Theorem T1 : T1_statement.
Proof.
  intros A O M d T WF Re.
  exact (conj (QueryCubes.T1_cubes_theta_G M WF d Re T) (QueryCubes.T1_theta_G M WF d Re T)).
Qed.

Theorem T1_series : T1_series_statement.
Proof. intros A O M d WF Re. exact (QueryCubes.T1_infinite_horizon M WF d Re). Qed.

Theorem T1a : T1a_statement.
Proof.
  intros A O M d WF Re. exact (conj (QueryCubes.S_bound_le_S_lin M WF d Re) (QueryCubes.S_lin_small_alpha M WF d Re)).
Qed.

Theorem T1b : T1b_statement.
Proof. intros A O M d WF Re. exact (QueryCubes.S_bound_finite_class M WF d Re). Qed.

Theorem T1c : T1c_statement.
Proof. intros A O M d WF Re. exact (QueryCubes.S_bound_le_quoted M WF d Re). Qed.

Theorem T2 : T2_statement.
Proof.
  intros A O M d T WF Re.
  exact (conj (QueryCount.expected_queries M WF T) (QueryCount.T2_query_count M WF d Re T)).
Qed.

Theorem T3 : T3_statement.
Proof. intros A O M d T WF Re. exact (Retention.T3_retention M WF d Re T). Qed.

Theorem T4 : T4_statement.
Proof.
  intros A O eqA eqO M d T WF Re Blind.
  exact (conj (Marginal.T4_chain_rule eqA eqO M d WF Re Blind T)
    (conj (Divergence.T4_divergences_chi_squared M d WF Re T) (Divergence.T4_chi_squared M d WF Re T))).
Qed.

Theorem T4a : T4a_statement.
Proof.
  intros A O eqA eqO M d T B WF Re Blind.
  exact (conj (Refined.T4a_forms M d WF Re eqA eqO T B Blind) (Refined.T4a_constant M d WF Re T)).
Qed.

Theorem T4b : T4b_statement.
Proof.
  intros A O eqA eqO M d T B WF Re Blind.
  exact (conj (Refined.T4b_forms M d WF Re eqA eqO T B Blind) (Refined.T4b_constant M d WF Re T)).
Qed.

Theorem T5 : T5_statement.
Proof.
  intros A O M d T B WF Re Blind.
  exact (conj (Events.T5_events M d WF Re Blind T B)
    (conj (Events.T5_imitator M d WF Re Blind T B) (Events.T5_null_event M d WF Re Blind T B))).
Qed.

Theorem T0 : T0_statement.
Proof. intros A O M d T B c e WF Re Blind. exact (Baseline.T0_baseline M d WF Re Blind T B c e). Qed.

Theorem T6 : T6_statement.
Proof.
  intros A O M d T WF Re. split; [exact (Tails.T6_exponential_moment M d WF Re T)|].
  intros c Hc. split; [exact (Tails.T6_cubes_tail M d WF Re T c Hc)|]. intros e He. split.
  - intros del Hdel. exact (Tails.T6_query_count M d WF Re T c e del Hc Hdel He).
  - intros B Blind Ha Hc'. exact (Tails.T6_events M d WF Re Blind T B c e Ha Hc' He).
Qed.

Theorem T7 : T7_statement.
Proof. intros A O M d T B WF Re Blind. exact (GaussianTail.T7_events M d WF Re Blind T B). Qed.

Theorem T7a : T7a_statement.
Proof. intros A O M d T B c WF Re Blind. exact (GaussianTail.T7a_events M d WF Re Blind T B c). Qed.

Theorem T8 : T8_statement.
Proof. intros A O M d eta T WF Near. exact (NearTruth.T8_near_truth M WF d eta Near T). Qed.

Theorem T8a : T8a_statement.
Proof. intros A O M d eta T n WF Near. exact (NearTruth.T8a_near_retention M WF d eta Near T n). Qed.

Theorem W4 : W4_statement.
Proof. exact (conj Sharpness.W4_sharp Sharpness.W4_actions). Qed.

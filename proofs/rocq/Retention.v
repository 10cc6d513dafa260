(** T3: the probability that the demonstrator is ever outside the top set. *)
From Coq Require Import Reals List Bool Arith Lra Lia Psatz.
From ExactCBIL Require Import Sums Learner Law QueryCubes.
Import ListNotations.
Open Scope R_scope.

Section Odds.
Context {A O : Type}.
Variable M : model A O.
Hypothesis WF : well_formed M.
Variable d : nat.
Hypothesis Co : covering M d.

Let Hd : (d < size M)%nat := cover_index M d Co.

Lemma Sum_members f : ∑ i ∈ members M, f i = f d + ∑ i ∈ others M d, f i.
Proof.
  unfold others. rewrite Sum_filter.
  transitivity (∑ i ∈ (members M), ((if Nat.eqb i d then f i else 0)
                                 + (if negb (Nat.eqb i d) then f i else 0))).
  - apply Sum_ext. intros i _. destruct (Nat.eqb i d); simpl; ring.
  - rewrite Sum_plus. f_equal. rewrite (Sum_eq_single (members M) _ d).
    + rewrite Nat.eqb_refl. reflexivity.
    + apply seq_NoDup.
    + apply In_members, Hd.
    + intros j _ Hj. apply Nat.eqb_neq in Hj. rewrite Hj. reflexivity.
Qed.

(** [X = sum_{pi != pi_d} z_pi = 1/w(pi_d|h) - 1]. *)
Definition odds_against (h : history A O) : R := ∑ i ∈ others M d, ratio M d i h.

Lemma odds_against_eq h : live M d h -> odds_against h = total_weight M h / weight M d h - 1.
Proof.
  unfold live. intros Hh. unfold odds_against, ratio, Rdiv. rewrite Sum_scal_r.
  unfold total_weight. rewrite (Sum_members (fun i => weight M i h)). field. lra.
Qed.

Lemma odds_against_posterior h : live M d h -> odds_against h = / posterior M d h - 1.
Proof.
  intros Hh. rewrite odds_against_eq by exact Hh. unfold live in Hh.
  pose proof (weight_le_total M WF d h Hd). unfold posterior. field. lra.
Qed.

Lemma out_odds h : live M d h -> out M d h = true -> 1 / alpha M - 1 <= odds_against h.
Proof.
  intros Hh Hout. rewrite odds_against_eq by exact Hh. pose proof (alpha_range M WF) as Ha.
  unfold live in Hh.
  assert (Hlt : weight M d h < alpha M * total_weight M h).
  { apply Rnot_le_lt. intros Hle. unfold out in Hout. apply negb_true_iff in Hout.
    assert (In d (top M h)) as Hin; [|apply in_top_true in Hin; congruence].
    apply (top_intro M WF); [exact Hd|exact Hh|]. eapply Rle_trans; [|exact Hle].
    apply Rmult_le_compat_l; [lra|]. apply Sum_le. intros i Hi. apply In_members in Hi.
    pose proof (weight_nonneg M WF i h Hi). destruct (Rleb _ _); lra. }
  assert (1 / alpha M <= total_weight M h / weight M d h); [|lra].
  apply (Rmult_le_reg_r (weight M d h)); [exact Hh|]. apply (Rmult_le_reg_r (alpha M)); [lra|].
  replace (1 / alpha M * weight M d h * alpha M) with (weight M d h) by (field; lra).
  replace (total_weight M h / weight M d h * weight M d h * alpha M)
    with (alpha M * total_weight M h) by (field; lra). lra.
Qed.

Lemma odds_against_nonneg h : live M d h -> 0 <= odds_against h.
Proof.
  intros Hh. apply Sum_nonneg. intros i Hi. apply In_others in Hi. apply ratio_nonneg; tauto.
Qed.

End Odds.

Section T3.
Context {A O : Type}.
Variable M : model A O.
Hypothesis WF : well_formed M.
Variable d : nat.
Hypothesis Re : realizable M d.

Notation odds_against := (odds_against M d).

Lemma odds_against_step h : live M d h ->
  ∑ s ∈ steps M, imitator_kernel M h s * odds_against (s :: h) <= odds_against h.
Proof.
  intros Hh. pose proof (theta_nonneg M WF h) as Ht. unfold odds_against.
  rewrite (Sum_ext (steps M) _ (fun s => ∑ i ∈ others M d,
    imitator_kernel M h s * ratio M d i (s :: h))) by (intros; rewrite Sum_scal; reflexivity).
  rewrite Sum_swap. apply Sum_le. intros i Hi. apply In_others in Hi.
  rewrite (ratio_expectation M WF d Re i h (fun z => z) Hh).
  rewrite (Sum_ext (actions M) _ (fun a => ratio M d i h * (demo M h a * (member M i h a / member M d h a))))
    by (intros; ring).
  rewrite Sum_scal. pose proof (mean_ratio M WF d Re i h (proj1 Hi)) as Hm.
  pose proof (ratio_nonneg M WF d i h (proj1 Hi) Hh) as Hz.
  pose proof (Rmult_le_compat_l _ _ _ Ht (Rmult_le_compat_l _ _ _ Hz Hm)). lra.
Qed.

(** T3, for every horizon. [alpha = 1] is left out: the quotient has no meaning there. *)
Theorem T3_retention T : alpha M < 1 ->
  exclusion M d T <= (1 / prior M d - 1) / (1 / alpha M - 1).
Proof.
  intros Ha1. pose proof (alpha_range M WF) as Ha.
  assert (Hc : 0 < 1 / alpha M - 1).
  { assert (1 < / alpha M); [|lra]. rewrite <- Rinv_1 at 1. apply Rinv_lt_contravar; lra. }
  apply Rle_trans with (odds_against [] / (1 / alpha M - 1)).
  - apply (maximal_inequality M (imitator_kernel M) (live M d) (imitator_stochastic M WF d Re)).
    + exact (live_start M WF d Re).
    + exact Hc.
    + exact (odds_against_nonneg M WF d).
    + apply odds_against_step.
    + exact (out_odds M WF d Re).
  - apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, Hc|].
    exact (ratio_others_start M WF d Re).
Qed.
End T3.

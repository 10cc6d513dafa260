(** T5: what the demonstrator would almost never do, the imitator almost never does. *)
From Coq Require Import Reals List Bool Arith Lra Lia Psatz.
From ExactCBIL Require Import Sums Learner Law LogLemma QueryCubes Retention Divergence Marginal.
Import ListNotations.
Open Scope R_scope.

Lemma half_entropy u w : 0 <= u -> 0 < w -> u * ln (/ w) - u * ln 2 + u - 1 / 2 <= u * ln (u / w).
Proof.
  intros [Hu|<-] Hw; [|lra].
  assert (0 < / (2 * u)) as Hi by (apply Rinv_0_lt_compat; lra).
  pose proof (ln_le_minus_1 _ Hi) as L. rewrite ln_Rinv, ln_mult in L by lra.
  unfold Rdiv at 2. rewrite ln_mult; [|exact Hu|apply Rinv_0_lt_compat, Hw].
  assert (u * (- (ln 2 + ln u)) <= u * (/ (2 * u) - 1)) as L' by (apply Rmult_le_compat_l; lra).
  replace (u * (/ (2 * u) - 1)) with (1 / 2 - u) in L' by (field; lra). lra.
Qed.

Lemma binary_divergence_lower x y : 0 <= x <= 1 -> 0 < y < 1 ->
  x * ln (1 / y) - ln 2 <= binary_divergence x y.
Proof.
  intros Hx Hy. unfold binary_divergence.
  pose proof (half_entropy x y) as H1. pose proof (half_entropy (1 - x) (1 - y)) as H2.
  assert (0 <= (1 - x) * ln (/ (1 - y))) as H3.
  { apply Rmult_le_pos; [lra|]. rewrite <- ln_1. left. apply ln_increasing; [lra|].
    rewrite <- Rinv_1 at 1. apply Rinv_lt_contravar; lra. }
  replace (1 / y) with (/ y) by (field; lra). lra.
Qed.

Section T5.
Context {A O : Type}.
Variable M : model A O.
Variable d : nat.
Hypothesis WF : well_formed M.
Hypothesis Re : realizable M d.
Hypothesis Blind : query_blind M.
(** An event decided by time [T] (D7). *)
Variable T : nat.
Variable B : list (A * O) -> bool.

Notation P_i_event := (P_i_event M T B).
Notation P_g_event := (P_g_event M d T B).
Notation P_d_event := (P_d_event M T B).

Lemma expect_two_valued K a b : stochastic M K (fun _ => True) ->
  expect M K T [] (fun h => if B (strip h) then a else b)
  = expect M K T [] (fun h => indicator (B (strip h))) * a
    + (1 - expect M K T [] (fun h => indicator (B (strip h)))) * b.
Proof.
  intros St. rewrite (expect_ext M K T [] _ (fun h => b + (a - b) * indicator (B (strip h)))).
  - rewrite expect_plus, expect_scal, (expect_const M K _ St) by exact I. ring.
  - intros h. unfold indicator. destruct (B (strip h)); ring.
Qed.

Theorem T5_data_processing : 0 < P_d_event < 1 ->
  binary_divergence P_g_event P_d_event <= E_g M d T (path_sum (step_divergence M d)).
Proof.
  intros Hy. pose proof (E_g_indicator_range M d WF T B) as Hx. fold P_g_event in Hx.
  pose proof (guarded_stochastic M d WF) as Sg. pose proof (demo_stochastic M WF) as Sd.
  set (x := P_g_event) in *. set (y := P_d_event) in *.
  apply le_epsilon. intros del Hdel.
  set (v1 := if Rlt_dec 0 x then x / y else del).
  set (v2 := if Rlt_dec x 1 then (1 - x) / (1 - y) else del).
  assert (H1 : 0 < v1) by (unfold v1; destruct (Rlt_dec 0 x); [apply Rdiv_lt_0_compat; lra|exact Hdel]).
  assert (H2 : 0 < v2) by (unfold v2; destruct (Rlt_dec x 1); [apply Rdiv_lt_0_compat; lra|exact Hdel]).
  set (v := fun z => if B z then v1 else v2).
  assert (Hv : forall z, 0 < v z) by (intros z; unfold v; destruct (B z); assumption).
  pose proof (variational M d WF Re Blind T v Hv) as V.
  assert (E1 : E_g M d T (fun h => ln (v (strip h))) = binary_divergence x y).
  { unfold E_g. rewrite (expect_ext M _ T [] _ (fun h => if B (strip h) then ln v1 else ln v2)).
    - rewrite (expect_two_valued _ _ _ Sg). fold (E_g M d T (fun h => indicator (B (strip h)))).
      fold P_g_event. fold x. unfold binary_divergence, v1, v2. f_equal.
      + destruct (Rlt_dec 0 x); [reflexivity|]. replace x with 0 by lra. ring.
      + destruct (Rlt_dec x 1); [reflexivity|]. replace (1 - x) with 0 by lra. ring.
    - intros h. unfold v. destruct (B (strip h)); reflexivity. }
  assert (E2 : E_d M T (fun h => v (strip h)) <= 1 + del).
  { unfold E_d, v. rewrite (expect_two_valued _ _ _ Sd). fold (E_d M T (fun h => indicator (B (strip h)))).
    fold P_d_event. fold y.
    assert (y * v1 <= x + y * del).
    { unfold v1. destruct (Rlt_dec 0 x).
      - replace (y * (x / y)) with x by (field; lra). assert (0 <= y * del) by (apply Rmult_le_pos; lra). lra.
      - lra. }
    assert ((1 - y) * v2 <= (1 - x) + (1 - y) * del).
    { unfold v2. destruct (Rlt_dec x 1).
      - replace ((1 - y) * ((1 - x) / (1 - y))) with (1 - x) by (field; lra).
        assert (0 <= (1 - y) * del) by (apply Rmult_le_pos; lra). lra.
      - lra. }
    lra. }
  assert (0 < E_d M T (fun h => v (strip h))) as Hpos by (apply expect_demo_pos; auto).
  pose proof (ln_le_minus_1 _ Hpos). rewrite E1 in V. lra.
Qed.

(** T5, first half. *)
Theorem T5_events : 0 < P_d_event < 1 ->
  binary_divergence P_g_event P_d_event <= sqrt (INR T * S_bound M d).
Proof.
  intros Hy. eapply Rle_trans; [apply T5_data_processing, Hy|apply (T4_step_divergences M d WF Re T)].
Qed.

(** The imitator differs from its guarded version only after an exclusion. *)
Theorem imitator_event_le : P_i_event <= P_g_event + exclusion M d T.
Proof.
  pose proof (imitator_stochastic_always M WF) as Si. pose proof (guarded_stochastic M d WF) as Sg.
  set (f := fun h => indicator (B (strip h))).
  apply Rle_trans with (E_i M T (while_in M d f) + exclusion M d T).
  - unfold exclusion, P_i_event, E_i. rewrite <- expect_plus. apply (expect_le M _ _ Si); [exact I|].
    intros h _. unfold while_in. fold (f h). unfold f. pose proof (indicator_range (B (strip h))).
    destruct (ever (out M d) h); simpl; lra.
  - apply Rplus_le_compat_r. rewrite <- laws_agree by exact WF. unfold P_g_event, E_g.
    apply (expect_le M _ _ Sg); [exact I|]. intros h _. unfold while_in. fold (f h).
    pose proof (indicator_range (B (strip h))). fold (f h) in *. destruct (ever (out M d) h); lra.
Qed.

(** What a bound on the binary divergence says of the imitator. *)
Lemma imitator_from_divergence D : alpha M < 1 -> 0 < P_d_event < 1 ->
  binary_divergence P_g_event P_d_event <= D ->
  P_i_event <= (1 / prior M d - 1) / (1 / alpha M - 1) + (D + ln 2) / ln (1 / P_d_event).
Proof.
  intros Ha Hy H5. pose proof imitator_event_le. pose proof (T3_retention M WF d Re T Ha).
  pose proof (E_g_indicator_range M d WF T B) as Hx. fold P_g_event in Hx.
  pose proof (binary_divergence_lower _ _ Hx Hy) as HL.
  assert (Hl : 0 < ln (1 / P_d_event)).
  { rewrite <- ln_1. apply ln_increasing; [lra|]. unfold Rdiv. rewrite Rmult_1_l.
    rewrite <- Rinv_1 at 1. apply Rinv_lt_contravar; lra. }
  assert (P_g_event <= (D + ln 2) / ln (1 / P_d_event)); [|lra].
  set (l := ln (1 / P_d_event)) in *. apply (Rmult_le_reg_r l); [exact Hl|].
  unfold Rdiv. rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra. lra.
Qed.

(** T5, second half. *)
Theorem T5_imitator : alpha M < 1 -> 0 < P_d_event < 1 ->
  P_i_event <= (1 / prior M d - 1) / (1 / alpha M - 1)
               + (sqrt (INR T * S_bound M d) + ln 2) / ln (1 / P_d_event).
Proof. intros Ha Hy. exact (imitator_from_divergence _ Ha Hy (T5_events Hy)). Qed.

(** The limit case: an event impossible for the demonstrator costs at most the retention term. *)
Theorem T5_null_event : alpha M < 1 -> P_d_event = 0 ->
  P_i_event <= (1 / prior M d - 1) / (1 / alpha M - 1).
Proof.
  intros Ha Hy. pose proof imitator_event_le. pose proof (T3_retention M WF d Re T Ha).
  pose proof (null_events M d WF Re Blind T B Hy) as Hx. fold P_g_event in Hx. lra.
Qed.
End T5.

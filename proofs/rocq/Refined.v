(** T4a and T4b: the divergence with potentials made for it. *)
From Coq Require Import Reals List Bool Arith Lra Lia Psatz.
From ExactCBIL Require Import Sums Learner Law LogLemma PhiLemma QueryCubes Retention Divergence Marginal Events.
Import ListNotations.
Open Scope R_scope.

Section Refined.
Context {A O : Type}.
Variable M : model A O.
Variable d : nat.
Hypothesis WF : well_formed M.
Hypothesis Re : realizable M d.

(** (1): the step divergence is at most the mean of [h]. *)
Lemma step_divergence_le_gap h : ever (out M d) h = false ->
  step_divergence M d h <= ∑ a ∈ actions M, demo M h a * entropy_gap (gap M h a).
Proof.
  intros Ev. unfold step_divergence, guarded_action. rewrite Ev. apply not_ever_in_top in Ev.
  pose proof (theta_nonneg M WF h) as Ht. set (t := theta M h) in *.
  apply Rle_trans with (∑ a ∈ actions M, (demo M h a * entropy_gap (gap M h a)
    + (t ^ 2 * demo M h a - t * (demo M h a * gap M h a) + t * demo M h a - demo M h a * gap M h a))).
  - apply Sum_le. intros a _. pose proof (demo_gap M d WF Re h a Ev) as Hq.
    replace (imitator M h a + t * demo M h a) with (demo M h a * (1 - gap M h a + t)) by lra.
    destruct (Req_dec (demo M h a) 0) as [E|E]; [rewrite E; lra|].
    pose proof (gap_range M d WF Re h a Ev E) as Hg. set (l := gap M h a) in *.
    replace (demo M h a * (1 - l + t) / demo M h a) with (1 - l + t) by (field; exact E).
    pose proof (demo_nonneg M WF h a) as Hp.
    assert ((1 - l + t) * ln (1 - l + t) <= (1 - l) * ln (1 - l) + t + t * (t - l)) as L.
    { destruct (Req_dec (1 - l + t) 0) as [Z|Z].
      - assert (t = 0) as -> by lra. assert (l = 1) as -> by lra. rewrite Rplus_0_r. lra.
      - assert (Hb : 0 < 1 - l + t) by lra. pose proof (ln_le_minus_1 _ Hb) as L1.
        assert (t * ln (1 - l + t) <= t * (t - l)) by (apply Rmult_le_compat_l; lra).
        assert ((1 - l) * (ln (1 - l + t) - ln (1 - l)) <= t); [|lra].
        destruct (Req_dec (1 - l) 0) as [Z1|Z1]; [rewrite Z1; lra|].
        assert (Hq1 : 0 < (1 - l + t) / (1 - l)) by (apply Rdiv_lt_0_compat; lra).
        pose proof (ln_le_minus_1 _ Hq1) as L2. unfold Rdiv in L2 at 1.
        rewrite ln_mult, ln_Rinv in L2 by (try apply Rinv_0_lt_compat; lra).
        apply (Rmult_le_compat_l (1 - l)) in L2; [|lra].
        replace ((1 - l) * ((1 - l + t) / (1 - l) - 1)) with t in L2 by (field; exact Z1). lra. }
    unfold entropy_gap. apply (Rmult_le_compat_l (demo M h a)) in L; [|exact Hp]. lra.
  - rewrite Sum_plus, !Sum_minus, Sum_plus, Sum_minus, !Sum_scal. rewrite (gap_sum M d WF Re h Ev). fold t.
    rewrite (demo_sum M WF h : Sum (actions M) (demo M h) = 1). right. ring.
Qed.

Notation gains := (payments M d phi).

(** (2): Cauchy and Schwarz. *)
Lemma step_divergence_le_gains h c : 0 < c -> live M d h ->
  step_divergence M d h <= (while_in M d (fun h => theta M h * gains h) h / c + c) / 2.
Proof.
  intros Hc Hh. unfold while_in. destruct (ever (out M d) h) eqn:Ev.
  { pose proof (step_divergence_le_chi_squared M d WF Re h) as L. unfold step_chi_squared, while_in in L.
    rewrite Ev in L. unfold Rdiv. lra. }
  eapply Rle_trans; [apply (step_divergence_le_gap h Ev)|]. apply not_ever_in_top in Ev.
  pose proof (gap_sum M d WF Re h Ev) as Eg. pose proof (theta_nonneg M WF h) as Ht. set (t := theta M h) in *.
  assert (HW : ∑ a ∈ actions M, demo M h a * phi (gap M h a) <= gains h).
  { unfold payments. rewrite Sum_swap. apply Sum_le. intros a _. rewrite Sum_scal.
    destruct (Req_dec (demo M h a) 0) as [E|E]; [rewrite E; lra|].
    apply Rmult_le_compat_l; [apply demo_nonneg, WF|].
    destruct (gap_attained M d WF Re h a Ev E) as (i & Hi & ->). rewrite (shortfall_fall M d Re).
    exact (top_payment_le M WF d Re phi phi_nonneg i h a phi_0 Hh Hi E). }
  assert (Hin : forall k, 0 < k ->
    ∑ a ∈ actions M, demo M h a * entropy_gap (gap M h a) <= (k * t + gains h / k) / 2).
  { intros k Hk. apply Rle_trans with ((k * t + (∑ a ∈ actions M, demo M h a * phi (gap M h a)) / k) / 2).
    - rewrite <- Eg. unfold Rdiv. rewrite <- Sum_scal, <- Sum_scal_r, <- Sum_plus, <- Sum_scal_r.
      apply Sum_le. intros a _. destruct (Req_dec (demo M h a) 0) as [E|E]; [rewrite E; lra|].
      pose proof (gap_range M d WF Re h a Ev E) as Hg. pose proof (demo_nonneg M WF h a) as Hp.
      set (l := gap M h a) in *. pose proof (phi_times l Hg) as Ep. pose proof (entropy_gap_range l Hg) as Hh0.
      pose proof (phi_nonneg l (proj1 Hg)) as Hf.
      assert (entropy_gap l <= (k * l + phi l * / k) * / 2) as L.
      { set (q := phi l) in *. set (g := entropy_gap l) in *. assert (Hi : 0 < / k) by (apply Rinv_0_lt_compat, Hk).
        assert (0 <= q * / k) by (apply Rmult_le_pos; lra). assert (0 <= k * l) by (apply Rmult_le_pos; lra).
        assert ((k * l) * (q * / k) = g ^ 2) as Eq by (rewrite <- Ep; field; lra).
        set (a1 := k * l) in *. set (b1 := q * / k) in *.
        pose proof (pow2_ge_0 (a1 - b1)). apply Rnot_lt_le. intros Hlt.
        assert (0 <= (a1 + b1) * / 2) by lra. assert (((a1 + b1) * / 2) ^ 2 < g ^ 2); [|nra].
        simpl. rewrite !Rmult_1_r. apply Rmult_le_0_lt_compat; lra. }
      apply (Rmult_le_compat_l (demo M h a)) in L; [|exact Hp]. lra.
    - assert (0 < / k) as Hi by (apply Rinv_0_lt_compat, Hk).
      apply (Rmult_le_compat_r (/ k)) in HW; [|lra]. unfold Rdiv. lra. }
  destruct Ht as [Ht|Ht].
  - specialize (Hin (c / t)). assert (0 < c / t) as Hk by (apply Rdiv_lt_0_compat; assumption).
    specialize (Hin Hk). replace (c / t * t) with c in Hin by (field; lra).
    replace (gains h / (c / t)) with (t * gains h / c) in Hin by (field; lra). lra.
  - assert (∑ a ∈ actions M, demo M h a * entropy_gap (gap M h a) <= 0); [|rewrite <- Ht; unfold Rdiv; lra].
    rewrite Ht, <- Eg. apply Sum_le. intros a _. destruct (Req_dec (demo M h a) 0) as [E|E]; [rewrite E; lra|].
    pose proof (gap_range M d WF Re h a Ev E) as Hg. apply Rmult_le_compat_l; [apply demo_nonneg, WF|].
    apply entropy_gap_range, Hg.
Qed.

(** (4): as in T1, for any potential that pays for [phi]. *)
Section Potential.
Variables f b : R -> R.
Variable c : R.
Hypothesis f_nonneg : forall x, 0 <= x -> 0 <= f x.
Hypothesis slopes : forall x, 1 <= x -> 0 <= b x <= c.
Hypothesis f_above : forall x r, 1 <= x -> 0 <= r -> phi (Rmax 0 (1 - r)) <= f x + b x * (r - 1) - f (x * r).
Hypothesis f_below : forall x r, 0 <= x < 1 -> 0 <= r -> f (x * r) <= f x + c * x * (r - 1).

Notation S_f := (potential M d f []).

Lemma gains_bound T : E_i M T (path_sum (while_in M d (fun h => theta M h * gains h))) <= S_f.
Proof.
  pose proof (payments_bound M WF d Re phi f b c 0 f_nonneg) as P.
  eapply Rle_trans; [|apply P with (T := T)].
  - apply (E_i_path_sum_le M WF d Re). intros h _.
    pose proof (payments_nonneg M WF d phi phi_nonneg h). pose proof (theta_nonneg M WF h).
    assert (0 <= theta M h * gains h) by (apply Rmult_le_pos; assumption).
    unfold while_in. destruct (ever _ h); lra.
  - pose proof (slopes 1 (Rle_refl 1)). repeat split; try lra; apply slopes; assumption.
  - intros x r Hx Hr. pose proof (f_above x r Hx Hr). lra.
  - exact f_below.
  - intros i h Hi. rewrite Rplus_0_r. apply (mean_ratio M WF d Re), Hi.
Qed.

Theorem refined_divergences T : E_g M d T (path_sum (step_divergence M d)) <= sqrt (INR T * S_f).
Proof.
  apply sqrt_from_all_c; [|apply pos_INR|].
  - exact (potential_nonneg M WF d f f_nonneg [] (live_start M WF d Re)).
  - intros k Hk. apply (path_sum_from_steps M d WF Re T (fun h => theta M h * gains h)); [exact Hk|exact (gains_bound T)|].
    intros h Hh. exact (step_divergence_le_gains h k Hk Hh).
Qed.

Lemma refined_constant T k : 0 <= k -> (forall x, 0 <= x -> f x <= k ^ 2 * F x) ->
  sqrt (INR T * S_f) <= k * sqrt (INR T * S_bound M d).
Proof.
  intros Hk HF. rewrite <- (sqrt_pow2 k) at 1 by exact Hk. rewrite <- sqrt_mult_alt by apply pow2_ge_0.
  apply sqrt_le_1_alt. rewrite (Rmult_comm (k ^ 2)), Rmult_assoc. apply Rmult_le_compat_l; [apply pos_INR|].
  unfold potential, S_bound. rewrite <- Sum_scal_r. apply Sum_le. intros i Hi. apply In_others in Hi.
  rewrite Rmult_comm. apply HF, (scaled_ratio_nonneg M WF d); [apply Hi|exact (live_start M WF d Re)].
Qed.

(** The forms of T4 and T5. *)
Theorem refined_forms (eqA : forall x y : A, {x = y} + {x <> y}) (eqO : forall x y : O, {x = y} + {x <> y}) T B :
  query_blind M -> refined_bounds M d eqA eqO T B S_f.
Proof.
  intros Blind. pose proof (refined_divergences T) as HD.
  assert (H5 : 0 < P_d_event M T B < 1 ->
    binary_divergence (P_g_event M d T B) (P_d_event M T B) <= sqrt (INR T * S_f)).
  { intros Hy. eapply Rle_trans; [apply T5_data_processing; assumption|exact HD]. }
  repeat split; [exact HD| |exact H5|].
  - eapply Rle_trans; [apply T4_chain_rule; assumption|exact HD].
  - intros Ha Hy. exact (imitator_from_divergence M d WF Re T B _ Ha Hy (H5 Hy)).
Qed.
End Potential.

Definition T4a_forms := refined_forms F_4 (fun _ => 9 / 25) (34 / 25) F_4_nonneg
  ltac:(intros; lra) F_4_above F_4_below.
Definition T4b_forms := refined_forms F_5 slope_5 (103 / 80) F_5_nonneg slope_5_range F_5_above F_5_below.

Lemma T4a_constant T : sqrt (INR T * S_4 M d) <= 674 / 1000 * sqrt (INR T * S_bound M d).
Proof.
  apply (refined_constant F_4); [lra|]. intros x Hx. pose proof (F_4_le_F x). pose proof (LogLemma.F_nonneg x Hx). nra.
Qed.

Lemma T4b_constant T : sqrt (INR T * S_5 M d) <= 6552 / 10000 * sqrt (INR T * S_bound M d).
Proof.
  apply (refined_constant F_5); [lra|]. intros x Hx. pose proof (F_5_le_F x). pose proof (LogLemma.F_nonneg x Hx). nra.
Qed.
End Refined.
